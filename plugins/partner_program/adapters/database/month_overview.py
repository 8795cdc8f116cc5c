"""Reads a month in figures: counted by the database, and no partner by partner."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.waiting import ACCEPTED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES, DeliveryState
from partner_program.domain.letters import LetterKind
from partner_program.domain.month_overview import Close, LinesRead, Movement


def movements(connection: Connection, settlements: Sequence[int]) -> list[Movement]:
    """Count the partners that these settlements assigned, by the tier before and the tier, lowest first."""
    table = schema.assessment
    query = (
        select(table.c.previous_tier, table.c.tier, func.count())
        .where(table.c.settlement_id.in_(settlements))
        .group_by(table.c.previous_tier, table.c.tier)
    )
    found = [Movement(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: (each.previous_tier is not None, each.previous_tier or 0, each.tier or 0))


def counted_revenue(connection: Connection, month: BillingMonth, revision: int) -> int:
    """Return the revenue that a revision of a month counts for all partners, in EUR cents."""
    table = schema.assessment
    query = select(func.coalesce(func.sum(table.c.mrr_eur_cents), 0)).where(
        table.c.billing_month == str(month), table.c.revision == revision
    )
    return int(connection.execute(query).scalar_one())


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


def letter_kinds(connection: Connection, month: BillingMonth) -> dict[LetterKind, int]:
    """Count the letters of a month by kind."""
    table = schema.letter
    query = select(table.c.kind, func.count()).where(table.c.billing_month == str(month)).group_by(table.c.kind)
    return {row[0]: row[1] for row in connection.execute(query.order_by(table.c.kind))}


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
