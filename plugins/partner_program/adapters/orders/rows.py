"""Reads the rows of an order database: ours, and those that somebody wrote by hand, however odd (contract 2)."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from partner_program.domain.findings import one_line


class OrderRow(Protocol):
    """A row that we publish: of an account, from a day on."""

    @property
    def account_id(self) -> str:
        """The account."""
        ...

    @property
    def valid_from(self) -> date:
        """The first day."""
        ...


Row = TypeVar("Row", bound=OrderRow)
Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row]):
    """A table of an order database: its name, the record that a row is, and the columns of its primary key.

    `without` are the fields of the record that the table has no column for.
    """

    table: str
    record: type[Row]
    key: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that we write and compare."""
        return tuple(each.name for each in fields(self.record) if each.name not in self.without)  # type: ignore[arg-type]  # each is a dataclass

    def key_of(self, row: Row) -> Key:
        """A row's primary key."""
        return tuple(getattr(row, name) for name in self.key)


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that somebody wrote by hand, as far as it can be read; `key` is None if a part of the key is unreadable."""

    account_id: str
    valid_from: str
    key: Key | None
    faults: str


@dataclass(frozen=True, slots=True)
class FoundRows(Generic[Row]):
    """Every row of a table of an order database."""

    kind: Kind[Row]
    rows: tuple[Row, ...] = ()
    unreadable: tuple[UnreadableRow, ...] = ()

    @property
    def keys(self) -> set[Key]:
        """Return the primary keys that are taken there, also those of unreadable rows."""
        return {self.kind.key_of(row) for row in self.rows} | {
            row.key for row in self.unreadable if row.key is not None
        }


def row_of(kind: Kind[Row], values: dict[str, Any], *, bytes_are_text: bool) -> Row | UnreadableRow:
    """Read one row; set `bytes_are_text` if a text column may be VARBINARY."""
    read, faults = dict[str, Any](), []
    for name, value in values.items():
        reader, expected = _READERS[name]
        try:
            read[name] = reader(value.decode() if bytes_are_text and isinstance(value, bytes) else value)
        except ValueError:
            faults.append(f"{name} is {_said(value)}, expected {expected}")
    if not faults:
        return kind.record(**read)
    key = tuple(read[name] for name in kind.key) if set(kind.key) <= read.keys() else None
    account_id, valid_from = (read.get(name, _said(values[name])) for name in ("account_id", "valid_from"))
    return UnreadableRow(account_id, str(valid_from), key, "; ".join(faults))


def _said(value: object) -> str:
    return "NULL" if value is None else f"'{one_line(value)}'" if isinstance(value, str) else one_line(value)


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _day(value: object) -> date:
    """Read a day: a date, or the ISO text of SQLite in exactly the form in which order systems compare days."""
    day = date.fromisoformat(value) if isinstance(value, str) else value
    if type(day) is not date or (isinstance(value, str) and value != day.isoformat()):
        raise ValueError
    return day


def _whole(value: object) -> int:
    if not isinstance(value, int | float | Decimal) or not math.isfinite(value) or value != int(value):
        raise ValueError
    return int(value)


def _or_null(read: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda value: None if value is None else read(value)


_READERS: dict[str, tuple[Callable[[object], Any], str]] = {
    "account_id": (_words, "an id"),
    "valid_from": (_day, "a day as YYYY-MM-DD"),
    "tier": (_whole, "a whole number"),
    "monthly_fee_discount_bp": (_whole, "a whole number"),
    "setup_fee_discount_bp": (_whole, "a whole number"),
    "sla": (_or_null(_words), "a service level or NULL"),
    "revision": (_whole, "a whole number"),
    "product": (_or_null(_words), "a product family or NULL"),
    "benefit": (_words, "the key of a benefit"),
    "status": (_words, "approved or ended"),
    "quantity": (_or_null(_whole), "a whole number or NULL"),
    "days": (_or_null(_whole), "a whole number or NULL"),
    "valid_to": (_or_null(_day), "a day as YYYY-MM-DD or NULL"),
}
