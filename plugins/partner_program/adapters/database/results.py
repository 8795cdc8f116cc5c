"""Reads every result that was ever settled for each partner, every revision of it, for a simulation."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import assessed_months
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import HISTORY, IN_FORCE
from partner_program.domain.registry import GraceGrant
from partner_program.domain.simulation import Discounts, SettledResult


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
    return found


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
    )


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
