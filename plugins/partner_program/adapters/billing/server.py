"""The parts that billing databases on a server share: binds, and whole numbers sent as text."""

import re
from collections.abc import Iterable
from typing import Any

from partner_program.adapters.billing.snapshot import LONGEST_TEXT

# Places of columns that a statement returns as text, so that no driver decides what NaN or an infinite day is.
_OF_LINES = dict.fromkeys(("lines_of_accounts", "stray_lines", "term_lines"), (5, 6, 9))
_WHOLE_COLUMNS: dict[str, tuple[int, ...]] = {
    **_OF_LINES,
    "lines_of_accounts_of_orders": (1, 9, 10, 13),
    "doubtful_lines": (6,),
    "period_closes": (1, 2),
    "renewals": (5, 7, 8),
}
_BIND = re.compile(r"(?<!:):([a-z_]+[0-9]*)")
_WHOLE = re.compile(r"(-?\d+)(?:\.0+)?", re.ASCII)


def named_binds(statement: str) -> str:
    """Return a statement with the binds `:name` of our files written as `%(name)s`, which both drivers take."""
    return _BIND.sub(r"%(\1)s", statement.replace("%", "%%"))


def with_whole_numbers(
    name: str, rows: Iterable[tuple[Any, ...]], *, form: re.Pattern[str] = _WHOLE
) -> Iterable[tuple[Any, ...]]:
    """Return the rows of a statement with whole numbers as integers; any other value stays the text that it is.

    `form` is how a whole number is written: its first group holds the digits.
    """
    columns = _WHOLE_COLUMNS.get(name)
    if columns is None:
        return rows
    return (_with_whole(row, columns, form) for row in rows)


def _with_whole(row: tuple[Any, ...], columns: tuple[int, ...], form: re.Pattern[str]) -> tuple[Any, ...]:
    return tuple(_whole(value, form) if place in columns else value for place, value in enumerate(row))


def _whole(value: Any, form: re.Pattern[str]) -> Any:
    """Read a whole number; one that was cut is none, and Python reads no number of more than some thousand digits."""
    match = form.fullmatch(value) if isinstance(value, str) and len(value) <= LONGEST_TEXT else None
    return int(match[1]) if match else value
