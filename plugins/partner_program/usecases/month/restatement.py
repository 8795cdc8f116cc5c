"""Showing, accepting and rejecting a restatement: a month in force whose inputs have changed (rule 8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import restatements as restatement_store
from partner_program.adapters.database import settlements as settlement_store
from partner_program.adapters.database.restatements import ACCEPTED, REJECTED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import HISTORY, check_acceptance_day
from partner_program.domain.rates_taking_force import rate_of_acceptance
from partner_program.domain.refusals import Refusal
from partner_program.domain.restatement import Proposal, rate_in_force
from partner_program.domain.settlement import NO_HISTORY, Decision, keep_rate
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.decisions import MonthDecisions, decide_all, decision_hash
from partner_program.usecases.month.inputs import MonthRequest, gather
from partner_program.usecases.month.stages import graced, merged, tiered
from partner_program.usecases.month.taking_force import take_force
from partner_program.usecases.publication import owe_rates


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's decision to accept a proposal: from which day, who, why."""

    effective_on: date
    accepted_by: str
    reason: str


def show_restatement(installation: Installation, month: BillingMonth) -> Proposal:
    """The month's open proposal."""
    with installation.database.reading() as connection:
        return restatement_store.open_proposal(connection, month)


def reject_restatement(installation: Installation, month: BillingMonth, *, rejected_by: str, reason: str) -> Proposal:
    """Leave the month as it is; the same differences are not proposed again."""
    with installation.database.writing() as connection:
        proposal = restatement_store.open_proposal(connection, month)
        restatement_store.close_proposal(
            connection, proposal, REJECTED, decided_by=rejected_by, reason=reason, effective_on=None
        )
    return proposal


def accept_restatement(
    installation: Installation, month: BillingMonth, acceptance: Acceptance, *, today: date
) -> Proposal:
    """Put the proposed figures in force as the next revision, with rates from the acceptance's day.

    Partners that do not differ are carried over. A partner that a later month in force has assigned gets the corrected
    figures and keeps its rate. Refused where the inputs have changed since the proposal.
    """
    with installation.database.writing() as connection:
        proposal = restatement_store.open_proposal(connection, month)
        request = _request_of(connection, month, today)
        decided = _decide_again(connection, installation, request)
        if decision_hash(decided.restated) != proposal.decision_hash:
            raise Refusal(f"the inputs of {month} changed since the proposal: run the month again and look at it anew")
        later = settlement_history.assigned_after(connection, month)
        restated = [
            keep_rate(each, rate=rate_in_force(decided.inputs.assigned[each.partner_id].figures))
            if request.history or each.partner_id in later
            else _accepted(connection, installation, decided, each, acceptance)
            for each in decided.restated
        ]
        _write(connection, request, decided, restated, acceptance, proposal)
        restatement_store.close_proposal(
            connection,
            proposal,
            ACCEPTED,
            decided_by=acceptance.accepted_by,
            reason=acceptance.reason,
            effective_on=acceptance.effective_on,
        )
    return proposal


def _request_of(connection: Connection, month: BillingMonth, today: date) -> MonthRequest:
    """The request that the month was run with."""
    last = settlement_history.settlements_of(connection, month)[-1]
    return MonthRequest(month, today, history=last.status == HISTORY)


def _decide_again(connection: Connection, installation: Installation, request: MonthRequest) -> MonthDecisions:
    inputs = gather(connection, installation, request)
    totals = merged(connection, inputs)
    graces = graced(inputs, tiered(inputs, totals.partners))
    return decide_all(connection, request, inputs, totals, totals.partners, graces)


def _accepted(
    connection: Connection,
    installation: Installation,
    decided: MonthDecisions,
    decision: Decision,
    acceptance: Acceptance,
) -> Decision:
    """Return the decision with the rate from the acceptance's day: of the corrected tier, or of a grant on that day."""
    day, partner_id = acceptance.effective_on, decision.partner_id
    last = settlement_history.last_decided_on(connection, partner_id)
    check_acceptance_day(partner_id=partner_id, effective_on=day, last_decided_on=last)
    current = rate_store.rate_on(connection, partner_id, day)
    rate = rate_of_acceptance(
        program=installation.program_on(day),
        day=day,
        earned_tier=decision.earned_tier or 0,
        open_grants=decided.inputs.histories.get(partner_id, NO_HISTORY).open_grants,
        settled_grants=decision.grants,
        agreements=decided.inputs.agreements.get(partner_id, ()),
        current=current,
    )
    return replace(decision, rate=rate, rate_is_new=rate != current, letter="restated")


def _write(
    connection: Connection,
    request: MonthRequest,
    decided: MonthDecisions,
    restated: Sequence[Decision],
    acceptance: Acceptance,
    proposal: Proposal,
) -> None:
    head, settlement_id = take_force(
        connection,
        request,
        decided,
        restated,
        revision=proposal.revision,
        effective_on=acceptance.effective_on,
        decision_hash=proposal.decision_hash,
        origin="restatement",
    )
    names = {each.partner_id for each in restated}
    settlement_store.carry_over(connection, head, settlement_id, restated=names)
    owe_rates(connection, today=request.today, settlement_id=settlement_id)
