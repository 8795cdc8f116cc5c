"""Reads the tiers that partners earned, and from which day each month held for them."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.rates import FEW
from partner_program.domain.due_shares import Earned
from partner_program.domain.month_order import IN_FORCE


def earned_tiers(connection: Connection, partners: Collection[str]) -> dict[str, list[Earned]]:
    """Return what months in force earned these partners, in the order of days; of one day, the last decides."""
    assessment, settlement = schema.assessment.c, schema.settlement.c
    query = (
        select(assessment.partner_id, assessment.effective_on, assessment.earned_tier)
        .join(schema.settlement, settlement.settlement_id == assessment.settlement_id)
        .where(settlement.status == IN_FORCE, assessment.effective_on.is_not(None), assessment.earned_tier.is_not(None))
        .order_by(assessment.effective_on, assessment.settlement_id)
    )
    if len(partners) <= FEW:
        query = query.where(assessment.partner_id.in_(partners))
    found: dict[str, list[Earned]] = defaultdict(list)
    for partner_id, day, tier in connection.execute(query):
        if partner_id in partners:
            found[partner_id].append(Earned(day, tier))
    return found
