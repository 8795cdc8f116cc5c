"""An entity's order database: where orders are priced with the rates that we publish (contract 2)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import sqlalchemy
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, create_engine, insert, select
from sqlalchemy.exc import DBAPIError

from partner_program.adapters.connections import ConnectionFields, sqlalchemy_url
from partner_program.adapters.database_faults import plain_words
from partner_program.adapters.program_schema import Day
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


def append(fields: ConnectionFields, rates: Sequence[PublishedRate], *, published_at: date) -> int:
    """Append the rates that are not there yet; return how many. Nothing is changed or deleted, here or ever."""
    with _connected(fields, "publishing") as connection:
        there = {rate_key(row) for row in _read(connection)}
        new = [rate for rate in rates if rate_key(rate) not in there]
        if new:
            connection.execute(insert(_RATE), [{**asdict(rate), "published_at": published_at} for rate in new])
    return len(new)


def read_rates(fields: ConnectionFields) -> list[PublishedRate]:
    """Every rate that is there, on a connection of its own: what an order system sees."""
    with _connected(fields, "reading") as connection:
        return _read(connection)


def rate_key(rate: PublishedRate) -> tuple[str, date, int]:
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


def _read(connection: Connection) -> list[PublishedRate]:
    columns = [_RATE.c[name] for name in PublishedRate.__dataclass_fields__]
    return [PublishedRate(*row) for row in connection.execute(select(*columns))]
