"""Reads grace grants with what has become of them, and what their partners counted."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.registry import FEW_PARTNERS
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.registry import GraceGrant


def settled_grants(
    connection: Connection, partner_ids: Collection[str]
) -> dict[str, tuple[BillingMonth, GrantOutcome]]:
    """Return the grants of some partners that are settled, each with the month that did it.

    Of a month its newest revision counts.
    """
    table = schema.assessment_grant
    query = select(table).order_by(table.c.billing_month, table.c.revision)
    if len(partner_ids) <= FEW_PARTNERS:
        query = query.where(table.c.partner_id.in_(partner_ids))
    newest: dict[tuple[str, BillingMonth], GrantOutcome | None] = {}
    for row in connection.execute(query):
        newest[row.grant_id, BillingMonth.parse(row.billing_month)] = row.outcome
    found: dict[str, tuple[BillingMonth, GrantOutcome]] = {}
    for (grant_id, month), outcome in newest.items():
        if outcome is not None:
            found[grant_id] = (month, outcome)
    return found


def first_grants(
    connection: Connection,
    *,
    settled: bool | None,
    until: date | None,
    partner_id: str | None,
    manager_id: str | None,
    first: int | None,
) -> tuple[list[GraceGrant], int]:
    """Return the first grants of those wanted, those that end first before the others, and how many are wanted.

    `settled` says whether a month has settled them, None for both; `until` is the last day on which they end;
    `partner_id` and `manager_id` choose those of one partner, or of one manager's partners.
    """
    grant, partner = schema.grace_grant.c, schema.partner.c
    wanted: list[ColumnElement[bool]] = []
    if settled is not None:
        wanted.append(_is_settled() if settled else ~_is_settled())
    if until is not None:
        wanted.append(grant.ends_on <= until)
    if partner_id is not None:
        wanted.append(grant.partner_id == partner_id)
    if manager_id is not None:
        own = select(partner.partner_id).where(partner.account_manager_id == manager_id)
        wanted.append(grant.partner_id.in_(own))
    names = GraceGrant.__dataclass_fields__
    query = select(*(grant[name] for name in names)).where(*wanted)
    in_order = query.order_by(grant.ends_on, grant.partner_id, grant.grant_id)
    found = [GraceGrant(*row) for row in connection.execute(in_order if first is None else in_order.limit(first))]
    if first is None or len(found) < first:
        return found, len(found)
    number = connection.execute(select(func.count()).select_from(schema.grace_grant).where(*wanted)).scalar_one()
    return found, int(number)


def _is_settled() -> ColumnElement[bool]:
    """Whether the newest revision of a month that looked at a grant has settled it."""
    grant, outcome, later = schema.grace_grant.c, schema.assessment_grant.alias(), schema.assessment_grant.alias()
    same = (later.c.partner_id == outcome.c.partner_id) & (later.c.grant_id == outcome.c.grant_id)
    newer = select(later.c.grant_id).where(
        same, later.c.billing_month == outcome.c.billing_month, later.c.revision > outcome.c.revision
    )
    return (
        select(outcome.c.grant_id)
        .where(
            outcome.c.partner_id == grant.partner_id,
            outcome.c.grant_id == grant.grant_id,
            outcome.c.outcome.is_not(None),
            ~newer.exists(),
        )
        .exists()
    )


def counted_by_month(connection: Connection, partner_ids: Collection[str]) -> dict[str, dict[BillingMonth, int]]:
    """Return what the months in force held against the tier table for each of some partners, in EUR cents."""
    assessment, settlement = schema.assessment, schema.settlement
    amount = func.coalesce(assessment.c.qualifying_eur_cents, assessment.c.mrr_eur_cents)
    wanted = sorted(partner_ids)
    found: dict[str, dict[BillingMonth, int]] = defaultdict(dict)
    for first in range(0, len(wanted), FEW_PARTNERS):
        query = (
            select(assessment.c.partner_id, assessment.c.billing_month, amount)
            .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
            .where(settlement.c.status == IN_FORCE, assessment.c.partner_id.in_(wanted[first : first + FEW_PARTNERS]))
            .order_by(assessment.c.revision)
        )
        for partner_id, month, cents in connection.execute(query):
            found[partner_id][BillingMonth.parse(month)] = cents
    return found
