"""Counted things in English words, for messages: every number with a noun is made here."""

from collections.abc import Sequence


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Count a noun: `1 line`, `2 lines`; `many` is what does not only take an s, as in `was found`, `were found`."""
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"


def grouped(count: int, noun: str, many: str | None = None) -> str:
    """The same with thousands apart, as in the tables beside it: `5,756 lines`."""
    return f"{count:,} {plural(count, noun, many).partition(' ')[2]}"


def first_names(names: Sequence[str], most: int) -> str:
    """Name at most so many things, and count the others: `P1, P2 and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
