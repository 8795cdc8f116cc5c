"""Reads a month in figures: counted by the database, and no partner by partner."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_overview import LetterCount, LinesRead, Movement


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


def letter_counts(connection: Connection, month: BillingMonth) -> list[LetterCount]:
    """Count the recipients of a month's letters by kind and state."""
    letter, delivery = schema.letter, schema.delivery
    same = (
        (letter.c.billing_month == delivery.c.billing_month)
        & (letter.c.revision == delivery.c.revision)
        & (letter.c.partner_id == delivery.c.partner_id)
    )
    query = (
        select(letter.c.kind, delivery.c.status, func.count())
        .join(delivery, same)
        .where(delivery.c.billing_month == str(month))
        .group_by(letter.c.kind, delivery.c.status)
        .order_by(letter.c.kind, delivery.c.status)
    )
    return [LetterCount(*row) for row in connection.execute(query)]
