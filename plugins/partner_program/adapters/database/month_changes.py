"""Reads whom a settled month changed: tiers, and revenue that moved much, compared with the month before."""

from sqlalchemy import Connection, and_, func, or_, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.large_change import LargeChange
from partner_program.domain.letter_order import LARGE_PART, LetterChange
from partner_program.domain.month_changes import Shown


def changed_partners(
    connection: Connection,
    month: BillingMonth,
    revision: int,
    before: tuple[BillingMonth, int] | None,
    shown: Shown,
    large_change: LargeChange,
) -> list[LetterChange]:
    """Return who fell, rose, or whose revenue moved much since the revision `before` of the month before.

    The comparison reads the index of revenue of both months, and no whole row. Who has its first tier is no change.
    """
    now, then = schema.assessment.alias("now"), schema.assessment.alias("before")
    month_before, revision_before = before or (month.preceding, 0)
    moved = func.abs(now.c.mrr_eur_cents - then.c.mrr_eur_cents)
    share = moved * LARGE_PART.denominator >= func.abs(then.c.mrr_eur_cents) * LARGE_PART.numerator
    alone = large_change.alone_cents
    large = and_(moved >= large_change.at_least_cents, share if alone is None else or_(moved >= alone, share))
    fell, rose = now.c.tier < now.c.previous_tier, now.c.tier > now.c.previous_tier
    wanted = {"": or_(fell, rose, large), "fell": fell, "rose": rose, "revenue": large}[shown]
    query = (
        select(
            now.c.partner_id, now.c.tier, now.c.previous_tier, now.c.mrr_eur_cents, then.c.mrr_eur_cents.label("was")
        )
        .join(
            then,
            (then.c.billing_month == str(month_before))
            & (then.c.revision == revision_before)
            & (then.c.partner_id == now.c.partner_id),
            isouter=True,
        )
        .where(now.c.billing_month == str(month), now.c.revision == revision, now.c.previous_tier.is_not(None), wanted)
    )
    return [
        LetterChange(
            partner_id=row.partner_id,
            tier=row.tier,
            previous_tier=row.previous_tier,
            mrr_eur_cents=row.mrr_eur_cents,
            previous_mrr_eur_cents=row.was,
            is_first=False,
            has_lapsed=False,
            keeps_legacy=False,
            reaches_nobody=False,
            large=large_change,
        )
        for row in connection.execute(query)
    ]
