"""An entity's order database: where orders are priced with the rates that we publish (contract 2)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, create_engine, insert, select
from sqlalchemy.exc import DBAPIError

from partner_program.adapters.connections import ConnectionFields, sqlalchemy_url
from partner_program.adapters.program_schema import Day
from partner_program.domain.refusals import Refusal, Unavailable

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


def publish(fields: ConnectionFields, rates: Sequence[PublishedRate], *, published_at: date) -> int:
    """Append the rates that are not there yet and read all of them back; return how many were new.

    Nothing is changed or deleted: a row that differs from ours is named and left alone.
    """
    engine = create_engine(sqlalchemy_url(fields))
    try:
        with engine.begin() as connection:
            there = {_key(row): row for row in _read(connection)}
            new = [rate for rate in rates if _key(rate) not in there]
            if new:
                connection.execute(insert(_RATE), [{**asdict(rate), "published_at": published_at} for rate in new])
            found = {_key(row): row for row in _read(connection)}
    except DBAPIError as error:
        raise Unavailable(f"connection {fields.conn_id}: publishing failed: {error.orig}") from error
    finally:
        engine.dispose()
    differing = [rate for rate in rates if found.get(_key(rate)) != rate]
    if differing:
        named = ", ".join(f"{rate.account_id} from {rate.valid_from}" for rate in differing[:20])
        raise Refusal(f"connection {fields.conn_id}: {len(differing)} rates read back differ from ours: {named}")
    return len(new)


def _key(rate: PublishedRate) -> tuple[str, date, int]:
    return (rate.account_id, rate.valid_from, rate.revision)


def _read(connection: Connection) -> list[PublishedRate]:
    columns = [_RATE.c[name] for name in PublishedRate.__dataclass_fields__]
    return [PublishedRate(*row) for row in connection.execute(select(*columns))]
