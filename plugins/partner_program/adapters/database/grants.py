"""Reads grace grants with what has become of them, and what their partners counted."""

from collections import defaultdict

from sqlalchemy import ColumnElement, Connection, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.registry import Partner


def settled_grants(
    connection: Connection, partner_id: str | None = None
) -> dict[str, tuple[BillingMonth, GrantOutcome]]:
    """Return the grants that are settled, each with the month that did it; of a month its newest revision counts.

    With `partner_id`, those of this partner alone.
    """
    table = schema.assessment_grant
    query = select(table).order_by(table.c.billing_month, table.c.revision)
    if partner_id is not None:
        query = query.where(table.c.partner_id == partner_id)
    newest: dict[tuple[str, BillingMonth], GrantOutcome | None] = {}
    for row in connection.execute(query):
        newest[row.grant_id, BillingMonth.parse(row.billing_month)] = row.outcome
    found: dict[str, tuple[BillingMonth, GrantOutcome]] = {}
    for (grant_id, month), outcome in newest.items():
        if outcome is not None:
            found[grant_id] = (month, outcome)
    return found


def partners_with_grants(connection: Connection, partner_id: str | None = None) -> dict[str, Partner]:
    """Return the partners that have a grant, by id; with `partner_id`, this one alone."""
    table = schema.partner
    query = select(table).where(_have_grants(table.c.partner_id, partner_id))
    return {row.partner_id: Partner(**row._asdict()) for row in connection.execute(query)}


def _have_grants(column: ColumnElement[str], partner_id: str | None) -> ColumnElement[bool]:
    return column == partner_id if partner_id else column.in_(select(schema.grace_grant.c.partner_id))


def counted_of_partners_with_grants(
    connection: Connection, partner_id: str | None = None
) -> dict[str, dict[BillingMonth, int]]:
    """Return what the months in force counted for each partner that has a grant, in EUR cents, or for one partner."""
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(assessment.c.partner_id, assessment.c.billing_month, assessment.c.mrr_eur_cents)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(
            settlement.c.status == IN_FORCE,
            _have_grants(assessment.c.partner_id, partner_id),
        )
        .order_by(assessment.c.revision)
    )
    found: dict[str, dict[BillingMonth, int]] = defaultdict(dict)
    for partner_id, month, cents in connection.execute(query):
        found[partner_id][BillingMonth.parse(month)] = cents
    return found
