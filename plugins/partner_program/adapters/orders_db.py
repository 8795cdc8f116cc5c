"""An entity's order database: where orders are priced with the rates that we publish (contract 2)."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, column, create_engine, insert, select
from sqlalchemy.exc import DBAPIError

from partner_program.adapters.connections import ConnectionFields, sqlalchemy_url
from partner_program.adapters.database_faults import plain_words
from partner_program.adapters.program_schema import Day
from partner_program.domain.findings import shown
from partner_program.domain.refusals import Unavailable

_RATE = Table(
    "program_discount_rate",
    MetaData(),
    Column("account_id", Text, primary_key=True),
    Column("valid_from", Day, primary_key=True),
    Column("tier", Integer),
    Column("monthly_fee_discount_bp", Integer),
    Column("setup_fee_discount_bp", Integer),
    Column("sla", Text),
    Column("revision", Integer, primary_key=True),
    Column("published_at", Day),
)


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """A rate as an order system reads it: the newest revision of the newest `valid_from` that has begun."""

    account_id: str
    valid_from: date
    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    revision: int


RateKey = tuple[str, date, int]


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that somebody made by hand, as far as it can be read; `key` where that is sound."""

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
        """The primary keys that are taken there, whatever else the rows say."""
        return {rate_key(rate) for rate in self.rates} | {row.key for row in self.unreadable if row.key is not None}


def append(fields: ConnectionFields, rates: Sequence[PublishedRate], *, published_at: date) -> int:
    """Append the rates that are not there yet; return how many. Nothing is changed or deleted, here or ever."""
    with _connected(fields, "publishing") as connection:
        there = _read(connection).keys
        new = [rate for rate in rates if rate_key(rate) not in there]
        if new:
            connection.execute(insert(_RATE), [{**asdict(rate), "published_at": published_at} for rate in new])
    return len(new)


def read_rows(fields: ConnectionFields) -> FoundRows:
    """Every row that is there, on a connection of its own: what an order system sees."""
    with _connected(fields, "reading") as connection:
        return _read(connection)


def rate_key(rate: PublishedRate) -> RateKey:
    """The primary key of contract 2."""
    return (rate.account_id, rate.valid_from, rate.revision)


@contextmanager
def _connected(fields: ConnectionFields, doing: str) -> Iterator[Connection]:
    if fields.conn_type == "sqlite" and not Path(fields.sqlite_file).is_file():
        raise Unavailable(f"connection {fields.conn_id}: {doing} failed: no file {fields.sqlite_file}")
    engine = create_engine(sqlalchemy_url(fields), poolclass=sqlalchemy.NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        words = plain_words(error.orig)  # without its cause, whose text repeats statements and values
        raise Unavailable(f"connection {fields.conn_id}: {doing} program_discount_rate failed: {words}") from None


def _read(connection: Connection) -> FoundRows:
    """Read the table as the driver gives it: SQLite keeps any value, and a server has days that Python has not."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.text_factory = lambda text: text.decode(errors="replace")
    elif connection.dialect.name == "postgresql":
        _give_odd_days_as_text(driver)
    columns: list[Any] = [column(name) for name in PublishedRate.__dataclass_fields__]
    found = FoundRows([], [])
    for values in connection.execute(select(*columns).select_from(_RATE)):
        row = _row(dict(zip(PublishedRate.__dataclass_fields__, values, strict=True)))
        if isinstance(row, PublishedRate):
            found.rates.append(row)
        else:
            found.unreadable.append(row)
    return found


def _give_odd_days_as_text(driver: Any) -> None:
    """PostgreSQL's `infinity`, and years before 1 or after 9999, for which psycopg has no day."""
    from psycopg import DataError
    from psycopg.types.datetime import DateLoader

    class AnyDay(DateLoader):
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except DataError:
                return bytes(data).decode()

    driver.adapters.register_loader("date", AnyDay)


def _row(values: dict[str, Any]) -> PublishedRate | UnreadableRow:
    read, faults = dict[str, Any](), []
    for name, value in values.items():
        reader, expected = _READERS[name]
        try:
            read[name] = reader(value)
        except ValueError:
            faults.append(f"{name} is {_said(value)}, expected {expected}")
    if not faults:
        return PublishedRate(**read)
    has_key = {"account_id", "valid_from", "revision"} <= read.keys()
    key = (read["account_id"], read["valid_from"], read["revision"]) if has_key else None
    account_id, valid_from = (read.get(name, _said(values[name])) for name in ("account_id", "valid_from"))
    return UnreadableRow(account_id, str(valid_from), key, "; ".join(faults))


def _said(value: object) -> str:
    return "NULL" if value is None else f"'{shown(value)}'" if isinstance(value, str) else shown(value)


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _day(value: object) -> date:
    """A day as a server has it, or as SQLite keeps it: only the form in which order systems compare days as text."""
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
