"""Decides a month in full: every partner's rate and letter, and what differs from what is in force."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import restatements as restatement_store
from partner_program.adapters.database.drafts import as_json, json_hash
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.restatement import differences, figures_of
from partner_program.domain.settlement import Decision, GraceAssignment, decide_by_day, record_history_of
from partner_program.domain.totals import MonthTotals, PartnerTotal
from partner_program.usecases.month.inputs import MonthInputs, MonthRequest

_LATER_FIELDS = ("amount", "merit")


@dataclass(frozen=True, slots=True)
class MonthDecisions:
    """A month decided in full; `differences` from what is in force, in words, by partner.

    `late` are partners that a later month had assigned, or left out, before this one assigned them; `assigned_after`
    has those that later months assigned or left out, each with the newest such month.
    """

    inputs: MonthInputs
    totals: MonthTotals
    decisions: tuple[Decision, ...]
    differences: dict[str, list[str]]
    late: Set[str]
    assigned_after: Mapping[str, BillingMonth]

    @property
    def new(self) -> tuple[Decision, ...]:
        """Decisions for partners that have none in this month yet."""
        return tuple(each for each in self.decisions if each.partner_id not in self.inputs.assigned)

    @property
    def restated(self) -> tuple[Decision, ...]:
        """Decisions that differ from those in force."""
        return tuple(each for each in self.decisions if each.partner_id in self.differences)

    @property
    def program(self) -> Program | None:
        """The programme of the run's effective date; None where no table was in force (history)."""
        return self.inputs.programs.get(self.inputs.run_effective_on)


_ADDED = ("at_rates_before", "qualifications", "amount", "merit")


def decision_hash(decisions: Sequence[Decision]) -> str:
    """The hash of decisions: equal decisions have equal hashes."""
    return json_hash(decisions_json(decisions))


def decisions_json(decisions: Sequence[Decision]) -> str:
    """The canonical JSON of decisions. What a programme adds to them is left out where no decision has it.

    So decisions of a programme without it have the hash that they had in earlier versions, on record and signed.
    """
    left_out = {name for name in _ADDED if all(getattr(each, name) is None for each in decisions)}
    if not any(each.rate and each.rate.terms.families for each in decisions):
        left_out.add("rate.terms.families")
    return as_json(tuple[Decision, ...], tuple(decisions), left_out=left_out)


@without_collecting()
def decide_all(
    connection: Connection,
    request: MonthRequest,
    inputs: MonthInputs,
    totals: MonthTotals,
    partner_totals: Sequence[PartnerTotal],
    graces: Sequence[GraceAssignment],
) -> MonthDecisions:
    """Decide every partner's rate and letter, and compare them with what is in force."""
    late = _late(connection, inputs)
    assigned_after = _assigned_after(connection, request.month)
    decisions = (
        record_history_of(totals=partner_totals, graces=graces)
        if request.history
        else decide_by_day(
            totals=partner_totals,
            graces=graces,
            programs=inputs.programs,
            effective=inputs.effective,
            histories=inputs.histories,
            agreements=inputs.agreements,
            late=late,
            migration=inputs.migration,
            held=inputs.held,
        )
    )
    # Their rate is not this month's to change: it was restated on a later day, or a later month decides it.
    keeps_terms = restatement_store.accepted_partners(connection, request.month) | assigned_after.keys()
    found = _differences(decisions, inputs, keeps_terms)
    return MonthDecisions(inputs, _not_held_again(totals, inputs), decisions, found, late, assigned_after)


def _late(connection: Connection, inputs: MonthInputs) -> set[str]:
    """Return the partners whose rate a later month decided before this one assigned them: it gave one, or ended it."""
    own = settlement_history.first_settlements(connection, inputs.month)
    left_out = settlement_history.left_out_after(connection, inputs.month, own)
    return settlement_history.released_late(connection, inputs.month) | (left_out.keys() & inputs.effective.keys())


def _assigned_after(connection: Connection, month: BillingMonth) -> dict[str, BillingMonth]:
    assigned = settlement_history.assigned_after(connection, month)
    left_out = settlement_history.left_out_after(connection, month, {})
    return assigned | {each: max(by, assigned.get(each, by)) for each, by in left_out.items()}


def _not_held_again(totals: MonthTotals, inputs: MonthInputs) -> MonthTotals:
    """Leave out held partners that the month has assigned already: their decision stays in force."""
    return replace(totals, held=tuple(each for each in totals.held if each.partner_id not in inputs.assigned))


def _differences(
    decisions: Sequence[Decision], inputs: MonthInputs, keeps_terms: Collection[str]
) -> dict[str, list[str]]:
    """What differs from what is in force, in words, by partner; without the terms of partners that keep theirs."""
    found = {}
    for decision in decisions:
        own = inputs.assigned.get(decision.partner_id)
        if own is not None:
            changed = differences(
                in_force=own.figures,
                now=figures_of(decision),
                keeps_terms=decision.partner_id in keeps_terms,
                unit=inputs.unit,
            )
            if changed:
                found[decision.partner_id] = changed
    return found
