"""The stages of a month as functions of its inputs, and the draft that each leaves for the next."""

from collections.abc import Sequence

from sqlalchemy import Connection

from partner_program.adapters.database.drafts import Stage
from partner_program.adapters.database.snapshots import load_revenues
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.settlement import (
    GraceAssignment,
    TierAssignment,
    apply_changes_by_day,
    assign_tiers_by_day,
    guard_tiers_by_day,
    lacking_months,
    settle_grace_periods_by_day,
)
from partner_program.domain.totals import MonthTotals, PartnerTotal, merge_totals
from partner_program.usecases.month.inputs import MonthInputs

TOTALS = Stage("merge_totals", MonthTotals, PartnerTotal)
TIERS = Stage("assign_tiers", int, TierAssignment)
GRACE = Stage("settle_grace_periods", int, GraceAssignment)


@without_collecting()
def merged(connection: Connection, inputs: MonthInputs) -> MonthTotals:
    """Merge the latest snapshots of the month."""
    return merge_totals(
        month=inputs.month,
        entities=inputs.registry.entities,
        partners=inputs.registry.partners,
        links=inputs.registry.account_links,
        rates=inputs.rates,
        revenues=load_revenues(connection, inputs.month),
        entity_faults=inputs.entity_faults,
        doubtful_rates=inputs.doubtful_rates,
        rates_before=inputs.basis.rates_before() if inputs.basis else None,
        lacking={}
        if inputs.is_history
        else lacking_months(programs=inputs.programs, effective=inputs.effective, earlier=inputs.earlier),
        unit=inputs.unit,
    )


@without_collecting()
def tiered(inputs: MonthInputs, totals: Sequence[PartnerTotal]) -> tuple[TierAssignment, ...]:
    """Assign tiers by the table of each partner's own effective date; none where no table was in force."""
    return assign_tiers_by_day(
        month=inputs.month,
        programs=inputs.programs,
        effective=inputs.effective,
        totals=totals,
        earlier=inputs.earlier,
        held=inputs.held,
    )


@without_collecting()
def graced(inputs: MonthInputs, tiers: Sequence[TierAssignment]) -> tuple[GraceAssignment, ...]:
    """Guard the tiers against exchange rates, apply the rules for changes of tier, then settle open grants.

    Each partner by the programme of its own effective date.
    """
    guarded = guard_tiers_by_day(
        programs=inputs.programs, effective=inputs.effective, assignments=tiers, basis=inputs.basis
    )
    on_merit = (
        guarded
        if inputs.is_history
        else apply_changes_by_day(
            month=inputs.month,
            programs=inputs.programs,
            effective=inputs.effective,
            assignments=guarded,
            histories=inputs.histories,
        )
    )
    return settle_grace_periods_by_day(
        month=inputs.month,
        programs=inputs.programs,
        effective=inputs.effective,
        assignments=on_merit,
        histories=inputs.histories,
    )
