"""Counted things in English words, for messages: every number with a noun is made here."""


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Count a noun: `1 line`, `2 lines`; `many` is what does not only take an s, as in `was found`, `were found`."""
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"
