"""Where a value of the programme comes from: the programme's own words, or our reading of what they leave open."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the programme's text (`source`), and our choice and why (`reading`); either may be empty."""

    source: str = ""
    reading: str = ""


NO_WORDS = Words()
