"""Columns: how a field of a record stands in a table, for people and in files.

A record is one row; its fields are annotated with their `Column`. Terminal, page, CSV, JSON and workbook are made from
that list: a new column is a field there, and its value.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

from partner_program.domain.money import percent_text
from partner_program.domain.program_unit import EURO, Unit

ADDED = {"added": True}
"""Marks a field of a record that not every programme has: files are without it where no record has a value."""
Form = Literal["text", "whole", "euros", "change", "amount", "percent", "tier"]
ADDED_UP: tuple[Form, ...] = ("whole", "euros", "change")


@dataclass(frozen=True, slots=True)
class Column:
    """How a field of a record is a column.

    `heading` is its title in tables for people, who read the programme's unit for EUR; without one it is in files only.
    They show minor units as amounts with the decimals of the unit, those of a `change` with their sign, basis points as
    per cent, tier 0 as none. An `amount` is in the `currency` that its row names, and is never added up.
    `before` names the column that follows it there, where its place is another than in files. A field that JSON has in
    another place is not `in_json`; one that is `rare` stands in JSON only where it has a value. A table of which no row
    has a value for one that is `added` is without it: not every programme has what it tells of. `words` are what pages
    call its values; elsewhere they are as they are typed.
    """

    heading: str | None
    form: Form = "text"
    before: str | None = None
    in_json: bool = True
    rare: bool = False
    added: bool = False
    words: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a misspelt form where the column is written: types do not look into an annotation."""
        if self.form not in get_args(Form):
            raise ValueError(f"column {self.heading}: form {self.form!r}, expected one of {', '.join(get_args(Form))}")


def columns_of(row: type) -> dict[str, Column]:
    """The columns of a record by field; raises `ValueError` for a `before` that names no column of the table."""
    hints = get_type_hints(row, include_extras=True)
    columns = {
        name: column
        for name, hint in hints.items()
        for column in getattr(hint, "__metadata__", ())
        if isinstance(column, Column)
    }
    for name, column in columns.items():
        if column.before is not None and (column.before not in columns or columns[column.before].heading is None):
            raise ValueError(f"column {name}: before={column.before!r} is not a column of the table")
    return columns


def used(columns: Mapping[str, Column], rows: Collection[object]) -> dict[str, Column]:
    """The columns of these rows: without those that are `added` and of which no row has a value."""
    return {
        name: column
        for name, column in columns.items()
        if not column.added or any(getattr(row, name) is not None for row in rows)
    }


def headed(columns: Mapping[str, Column]) -> list[str]:
    """The names of the columns with a heading, in the order of tables for people."""
    names = [name for name, column in columns.items() if column.heading is not None]
    for name in list(names):
        before = columns[name].before
        if before is not None and before in names:
            names.remove(name)
            names.insert(names.index(before), name)
    return names


def unit_in(row: object, form: Form, unit: Unit) -> Unit:
    """What a cell's amount is in: the programme's unit, or the currency of its row."""
    return unit.of(row.currency) if form == "amount" else unit  # type: ignore[attr-defined]  # each such row has one


def shown(form: Form, value: object, unit: Unit = EURO) -> str:
    """A cell as people read it; nothing for None. Raises `TypeError` for a text in a column of numbers.

    Amounts are in `unit`: see `unit_in`.
    """
    if value is None:
        return ""
    if form == "text":
        return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number: its column is one of numbers")
    if form in _AMOUNTS:
        return f"{'+' if form == 'change' and value > 0 else ''}{unit.text(value)}"
    return _NUMBERS[form](value)


_AMOUNTS: tuple[Form, ...] = ("euros", "change", "amount")
_NUMBERS: Mapping[Form, Callable[[int], str]] = {
    "whole": lambda number: f"{number:,}",
    "percent": percent_text,
    "tier": lambda tier: str(tier or "none"),
}
