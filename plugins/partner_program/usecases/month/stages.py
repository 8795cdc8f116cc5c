"""The stages of a month as functions of its inputs, and the draft that each leaves for the next."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection

from partner_program.adapters.database.drafts import Stage
from partner_program.adapters.database.snapshots import load_revenues
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.program import Program
from partner_program.domain.settlement import GraceAssignment, TierAssignment, assign_tiers, settle_grace_periods
from partner_program.domain.totals import MonthTotals, PartnerTotal, merge_totals
from partner_program.usecases.month.inputs import MonthInputs

_OfPartner = TypeVar("_OfPartner", PartnerTotal, TierAssignment)
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
    )


@without_collecting()
def tiered(inputs: MonthInputs, totals: Sequence[PartnerTotal]) -> tuple[TierAssignment, ...]:
    """Assign tiers by the table of each partner's own effective date; none where no table was in force."""
    return tuple(
        each for program, _, part in _by_program(inputs, totals) for each in assign_tiers(program=program, totals=part)
    )


@without_collecting()
def graced(inputs: MonthInputs, tiers: Sequence[TierAssignment]) -> tuple[GraceAssignment, ...]:
    """Settle open grants, each partner on its own effective date."""
    return tuple(
        each
        for program, day, part in _by_program(inputs, tiers)
        for each in settle_grace_periods(
            program=program, month=inputs.month, effective_on=day, assignments=part, histories=inputs.histories
        )
    )


def _by_program(inputs: MonthInputs, items: Sequence[_OfPartner]) -> list[tuple[Program, date, list[_OfPartner]]]:
    """Group partners' items by effective date, with the programme of that day."""
    days = sorted({inputs.effective[item.partner_id] for item in items})
    return [
        (inputs.programs[day], day, [item for item in items if inputs.effective[item.partner_id] == day])
        for day in days
        if day in inputs.programs
    ]
