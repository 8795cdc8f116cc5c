"""Reads every result that was ever settled for each partner, every revision of it, for a simulation."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import (
    assessed_months,
    first_deciding_settlements,
    first_settlement_of_months,
    had_no_rate,
)
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
    held, first = _held(connection), first_settlement_of_months(connection, IN_FORCE)
    deciding = first_deciding_settlements(connection)
    return {
        who: _left_out(connection, _with_gaps(own, first, held.get(who, {})), deciding, held.get(who, {}))
        for who, own in found.items()
    }


def _held(connection: Connection) -> dict[str, dict[BillingMonth, int]]:
    """Return the months that ever held each partner, each with the settlement that did so first."""
    held, settlement = schema.held_partner.c, schema.settlement.c
    query = (
        select(held.partner_id, settlement.billing_month, func.min(settlement.settlement_id))
        .join_from(schema.held_partner, schema.settlement, settlement.settlement_id == held.settlement_id)
        .group_by(held.partner_id, settlement.billing_month)
    )
    found: dict[str, dict[BillingMonth, int]] = defaultdict(dict)
    for partner_id, month, first in connection.execute(query):
        found[partner_id][BillingMonth.parse(month)] = first
    return found


def _with_gaps(
    results: list[SettledResult], in_force: Mapping[BillingMonth, int], held: Mapping[BillingMonth, int]
) -> list[SettledResult]:
    """Say of each result before which months in force others say nothing of its partner.

    What was settled after the month first decided the partner, a late release among it, was not known then. `in_force`
    and `held` have the settlement of each month that was the first to be so.
    """
    decided: dict[BillingMonth, int] = {}
    for each in results:
        if each.effective_on is not None:
            decided[each.month] = min(each.sequence, decided.get(each.month, each.sequence))
    said = sorted(decided.items())
    if len(said) == len(in_force) and [number for _, number in said] == sorted(decided.values()):
        return results  # every month, in its order
    gaps = {}
    for month, own in said:
        known = [each for each, number in said if number < own and each < month]
        silent = {each for each, number in in_force.items() if number < own} - {*known}
        silent -= {each for each, number in held.items() if number < own}
        pairs = pairwise([*known, month])
        gaps[month] = frozenset(after for before, after in pairs if any(before < each < after for each in silent))
    return [replace(each, begin_anew=gaps.get(each.month, frozenset())) for each in results]


def _left_out(
    connection: Connection,
    results: list[SettledResult],
    deciding: Mapping[BillingMonth, int],
    held: Mapping[BillingMonth, int],
) -> list[SettledResult]:
    """Say of each result whether a later month had left its partner out, without a rate, when it was settled.

    `deciding` has the first settlement of each month that decided something, `held` that of each that held the partner.
    """
    said = dict(held)
    for each in results:
        if each.effective_on is not None:
            said[each.month] = min(each.sequence, said.get(each.month, each.sequence))
    since = min((each.sequence for each in results if each.effective_on is not None), default=0)
    silent = [
        (month, first)
        for month, first in deciding.items()
        if since < first and not (month in said and said[month] <= first)
    ]
    if not silent:
        return results

    def is_left_out(result: SettledResult) -> bool:
        """Whether a later month was settled before, and had not said anything of the partner by then."""
        return result.effective_on is not None and any(
            month > result.month
            and first < result.sequence <= said.get(month, result.sequence)
            and had_no_rate(connection, result.partner_id, first)
            for month, first in silent
        )

    return [replace(each, left_out=is_left_out(each)) for each in results]


def _result(row: Any, month: BillingMonth, outcomes: dict[tuple[str, int, str], list[Any]]) -> SettledResult:
    history = row.status == HISTORY
    discounts = Discounts(row.monthly_fee_discount_bp or 0, row.setup_fee_discount_bp or 0, row.sla, row.families)
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
