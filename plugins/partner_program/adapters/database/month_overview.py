"""Reads what became of a month's lines and of its letters, counted by the database."""

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.waiting import ACCEPTED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES, DeliveryState
from partner_program.domain.month_overview import Close, LinesRead


def lines_read(connection: Connection, settlement_id: int) -> list[LinesRead]:
    """Return how many lines were read of each entity for a settlement, beside those in its buckets."""
    used, snapshot, bucket = schema.settlement_snapshot, schema.snapshot, schema.bucket
    query = (
        select(used.c.entity, snapshot.c.line_count)
        .join(snapshot, snapshot.c.snapshot_id == used.c.snapshot_id)
        .where(used.c.settlement_id == settlement_id)
        .order_by(used.c.entity)
    )
    counted = select(bucket.c.entity, func.sum(bucket.c.lines)).where(bucket.c.settlement_id == settlement_id)
    in_buckets = {row[0]: int(row[1]) for row in connection.execute(counted.group_by(bucket.c.entity))}
    return [LinesRead(entity, read, in_buckets.get(entity, 0)) for entity, read in connection.execute(query)]


def closes(connection: Connection, settlement_id: int) -> list[Close]:
    """Return what the entities said of the month that a settlement was made from, by entity and currency."""
    used, close = schema.settlement_snapshot, schema.snapshot_close
    query = (
        select(used.c.entity, close.c.currency, close.c.line_count, close.c.control_total_minor)
        .join(close, close.c.snapshot_id == used.c.snapshot_id)
        .where(used.c.settlement_id == settlement_id)
        .order_by(used.c.entity, close.c.currency)
    )
    return [Close(*row) for row in connection.execute(query)]


def letter_states(connection: Connection, month: BillingMonth) -> dict[DeliveryState, int]:
    """Count the recipients of a month's letters by state; what was accepted is the rest, and not read one by one."""
    table = schema.delivery
    here = table.c.billing_month == str(month)
    query = select(table.c.status, func.count()).where(here, table.c.status != ACCEPTED).group_by(table.c.status)
    found: dict[DeliveryState, int] = {row[0]: row[1] for row in connection.execute(query)}
    every = int(connection.execute(select(func.count()).select_from(table).where(here)).scalar_one())
    found["accepted"] = every - sum(found.values())
    return {state: found[state] for state in STATES if found.get(state)}


def declared_totals(connection: Connection, settlement_id: int) -> dict[tuple[str, str], int]:
    """Return the control totals of the closes behind a settlement, in minor units by entity and currency."""
    used, close = schema.settlement_snapshot, schema.snapshot_close
    query = (
        select(used.c.entity, close.c.currency, close.c.control_total_minor)
        .join(close, close.c.snapshot_id == used.c.snapshot_id)
        .where(used.c.settlement_id == settlement_id)
    )
    return {(entity, currency): total for entity, currency, total in connection.execute(query)}
