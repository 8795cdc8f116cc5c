"""Reads grace grants with what has become of them, and what their partners counted."""

from collections import defaultdict

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.registry import Partner


def settled_grants(connection: Connection) -> dict[str, tuple[BillingMonth, GrantOutcome]]:
    """Return the grants that are settled, each with the month that did it; of a month its newest revision counts."""
    table = schema.assessment_grant
    newest: dict[tuple[str, BillingMonth], GrantOutcome | None] = {}
    for row in connection.execute(select(table).order_by(table.c.billing_month, table.c.revision)):
        newest[row.grant_id, BillingMonth.parse(row.billing_month)] = row.outcome
    found: dict[str, tuple[BillingMonth, GrantOutcome]] = {}
    for (grant_id, month), outcome in newest.items():
        if outcome is not None:
            found[grant_id] = (month, outcome)
    return found


def partners_with_grants(connection: Connection) -> dict[str, Partner]:
    """Return the partners that have a grant, by id."""
    table = schema.partner
    query = select(table).where(table.c.partner_id.in_(select(schema.grace_grant.c.partner_id)))
    return {row.partner_id: Partner(**row._asdict()) for row in connection.execute(query)}


def counted_of_partners_with_grants(connection: Connection) -> dict[str, dict[BillingMonth, int]]:
    """Return what the months in force counted for each partner that has a grant, in EUR cents."""
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(assessment.c.partner_id, assessment.c.billing_month, assessment.c.mrr_eur_cents)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(
            settlement.c.status == IN_FORCE,
            assessment.c.partner_id.in_(select(schema.grace_grant.c.partner_id)),
        )
        .order_by(assessment.c.revision)
    )
    found: dict[str, dict[BillingMonth, int]] = defaultdict(dict)
    for partner_id, month, cents in connection.execute(query):
        found[partner_id][BillingMonth.parse(month)] = cents
    return found
