"""Names that were probably meant where a name is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(written: str, choices: Iterable[str]) -> str:
    """Return `, did you mean X?` if one of the choices is close to what was written, else an empty text."""
    by_small = {choice.lower(): choice for choice in choices}
    close = get_close_matches(written.lower(), list(by_small), n=1)
    return f", did you mean {by_small[close[0]]}?" if close else ""
