"""Reads every result that was ever settled for each partner, every revision of it, for a simulation."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import assessed_months
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import HISTORY, IN_FORCE
from partner_program.domain.registry import GraceGrant
from partner_program.domain.simulation import Discounts, SettledResult
from partner_program.domain.tier_changes import Merit


def load_results(connection: Connection) -> dict[str, list[SettledResult]]:
    """Return every result, by partner; results that were history before their month took force are left out."""
    assessment, settlement = schema.assessment, schema.settlement
    in_force = {month for month, status in assessed_months(connection).items() if status == IN_FORCE}
    outcomes = _outcomes(connection)
    query = select(assessment, settlement.c.status, settlement.c.effective_on.label("taken_on")).join(
        settlement, settlement.c.settlement_id == assessment.c.settlement_id
    )
    found: dict[str, list[SettledResult]] = defaultdict(list)
    for row in connection.execute(query):
        month = BillingMonth.parse(row.billing_month)
        if row.status == HISTORY and month in in_force:
            continue
        found[row.partner_id].append(_result(row, month, outcomes))
    held = _held(connection)
    return {who: _that_follow(own, sorted(in_force), held.get(who, set())) for who, own in found.items()}


def _held(connection: Connection) -> dict[str, set[BillingMonth]]:
    """Return the months that ever held each partner."""
    held, settlement = schema.held_partner.c, schema.settlement.c
    query = select(held.partner_id, settlement.billing_month).join_from(
        schema.held_partner, schema.settlement, settlement.settlement_id == held.settlement_id
    )
    found: dict[str, set[BillingMonth]] = defaultdict(set)
    for partner_id, month in connection.execute(query.distinct()):
        found[partner_id].add(BillingMonth.parse(month))
    return found


def _that_follow(
    results: list[SettledResult], in_force: Sequence[BillingMonth], held: Set[BillingMonth]
) -> list[SettledResult]:
    """Say of each result in force whether a month in force since the one before says nothing of its partner."""
    decided = {each.month for each in results if each.effective_on is not None}
    known = decided | held
    begins_anew, before = set[BillingMonth](), None
    for month in in_force:
        if (
            month in decided
            and before is not None
            and any(before < each < month for each in in_force if each not in known)
        ):
            begins_anew.add(month)
        before = month if month in decided else before
    return [replace(each, follows=False) if each.month in begins_anew else each for each in results]


def _result(row: Any, month: BillingMonth, outcomes: dict[tuple[str, int, str], list[Any]]) -> SettledResult:
    history = row.status == HISTORY
    discounts = Discounts(row.monthly_fee_discount_bp or 0, row.setup_fee_discount_bp or 0, row.sla)
    return SettledResult(
        month=month,
        sequence=row.settlement_id,
        partner_id=row.partner_id,
        effective_on=None if history else row.effective_on,
        taken_on=row.taken_on,
        mrr_eur_cents=row.mrr_eur_cents,
        tier=row.tier,
        discounts=None if history else discounts,
        grants=tuple(outcomes.get((row.billing_month, row.revision, row.partner_id), ())),
        earned_tier=row.earned_tier,
        merit=_merit(row),
    )


def _merit(row: Any) -> Merit | None:
    if row.earned_tier is None or row.status == HISTORY:
        return None
    merit = row.earned_tier if row.merit_tier is None else row.merit_tier
    return Merit(merit, row.earned_tier, row.months_below or 0)


def _outcomes(connection: Connection) -> dict[tuple[str, int, str], list[Any]]:
    table = schema.assessment_grant
    found = defaultdict(list)
    for row in connection.execute(select(table).order_by(table.c.grant_id)):
        found[row.billing_month, row.revision, row.partner_id].append((row.grant_id, row.outcome))
    return found


def load_grants(connection: Connection, partner_id: str | None = None) -> dict[str, list[GraceGrant]]:
    """Return every grant, settled or open, by partner; with `partner_id`, this partner's alone."""
    table = schema.grace_grant
    query = select(table).order_by(table.c.grant_id)
    if partner_id is not None:
        query = query.where(table.c.partner_id == partner_id)
    found: dict[str, list[GraceGrant]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.partner_id].append(
            GraceGrant(**{name: getattr(row, name) for name in GraceGrant.__dataclass_fields__})
        )
    return found
