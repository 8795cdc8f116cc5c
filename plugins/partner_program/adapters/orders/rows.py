"""Reads the rows of an order database: ours, and those that somebody wrote by hand, however odd (contract 2)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from partner_program.domain.findings import one_line
from partner_program.domain.publication import PublishedRate, RateKey, rate_key


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that somebody wrote by hand, as far as it can be read; `key` is None if a part of the key is unreadable."""

    account_id: str
    valid_from: str
    key: RateKey | None
    faults: str


@dataclass(frozen=True, slots=True)
class FoundRows:
    """Every row of an order database."""

    rates: list[PublishedRate]
    unreadable: list[UnreadableRow]

    @property
    def keys(self) -> set[RateKey]:
        """Return the primary keys that are taken there, also those of unreadable rows."""
        return {rate_key(rate) for rate in self.rates} | {row.key for row in self.unreadable if row.key is not None}


def row_of(values: dict[str, Any], *, bytes_are_text: bool) -> PublishedRate | UnreadableRow:
    """Read one row; set `bytes_are_text` if a text column may be VARBINARY."""
    read, faults = dict[str, Any](), []
    for name, value in values.items():
        reader, expected = _READERS[name]
        try:
            read[name] = reader(value.decode() if bytes_are_text and isinstance(value, bytes) else value)
        except ValueError:
            faults.append(f"{name} is {_said(value)}, expected {expected}")
    if not faults:
        return PublishedRate(**read)
    has_key = {"account_id", "valid_from", "revision"} <= read.keys()
    key = (read["account_id"], read["valid_from"], read["revision"]) if has_key else None
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


_READERS: dict[str, tuple[Callable[[object], Any], str]] = {
    "account_id": (_words, "an id"),
    "valid_from": (_day, "a day as YYYY-MM-DD"),
    "tier": (_whole, "a whole number"),
    "monthly_fee_discount_bp": (_whole, "a whole number"),
    "setup_fee_discount_bp": (_whole, "a whole number"),
    "sla": (lambda value: None if value is None else _words(value), "a service level or NULL"),
    "revision": (_whole, "a whole number"),
}
