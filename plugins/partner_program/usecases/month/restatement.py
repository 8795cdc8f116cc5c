"""Showing, accepting and rejecting a restatement: a month in force whose inputs have changed (rule 8)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import restatements as restatement_store
from partner_program.adapters.database import settlements as settlement_store
from partner_program.adapters.database.acts import load_acts, now_by, record_act
from partner_program.adapters.database.earlier_results import months_decided_from
from partner_program.adapters.database.restatements import ACCEPTED, REJECTED
from partner_program.adapters.database.settlement_counts import keep_counts
from partner_program.domain.acceptance import Consequence, Outlook, Standing, consequences, takes_effect_on
from partner_program.domain.acts import MONTH_RUN, RESTATEMENT_ACCEPTED, RESTATEMENT_REJECTED, Doer, same_person
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.decided_from import DecidedFrom, RestatedPartner
from partner_program.domain.month_order import HISTORY, check_acceptance_day
from partner_program.domain.refusals import Moved, NotApproved, Refusal
from partner_program.domain.restatement import Proposal
from partner_program.domain.settlement import NO_HISTORY
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.decided_from import decided_from
from partner_program.usecases.month.decisions import MonthDecisions, decide_all, decision_hash
from partner_program.usecases.month.inputs import MonthRequest, gather
from partner_program.usecases.month.stages import graced, merged, tiered
from partner_program.usecases.month.taking_force import take_force
from partner_program.usecases.publication import owe_rates


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's decision to accept a proposal: from which day, who, why.

    `decision_hash` is that of the proposal that the person looked at, None where nobody asked for it.
    """

    effective_on: date
    accepted_by: str
    reason: str
    decision_hash: str | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An acceptance decided in full, before anything is written."""

    request: MonthRequest
    decided: MonthDecisions
    consequences: tuple[Consequence, ...]
    kept: DecidedFrom


def show_restatement(installation: Installation, month: BillingMonth, *, on: date, today: date) -> Outlook:
    """The month's open proposal with what accepting it from the day `on` does; the answer says where that is refused.

    Raises `Refusal` where nothing is proposed.
    """
    with installation.database.reading() as connection:
        proposal = restatement_store.open_proposal(connection, month)
        try:
            prepared = _prepare(connection, installation, proposal, on=on, today=today)
        except Refusal as refusal:
            return Outlook(proposal, on, refused=str(refusal))
    return Outlook(proposal, on, prepared.consequences)


def reject_restatement(
    installation: Installation,
    month: BillingMonth,
    *,
    rejected_by: str,
    reason: str,
    decision_hash: str | None = None,
) -> Proposal:
    """Leave the month as it is; the same differences are not proposed again.

    Raises `Moved` where the proposal is another than the one with the hash, which the person looked at.
    """
    with installation.database.writing() as connection:
        proposal = _open_proposal(connection, month, decision_hash)
        restatement_store.close_proposal(
            connection, proposal, REJECTED, decided_by=rejected_by, reason=reason, effective_on=None
        )
        _record(connection, RESTATEMENT_REJECTED, proposal, now_by(rejected_by, reason), effective_on=None)
    return proposal


def accept_restatement(
    installation: Installation, month: BillingMonth, acceptance: Acceptance, *, today: date
) -> Outlook:
    """Put the proposed figures in force as the next revision: exactly the consequences that `show_restatement` tells.

    Partners that do not differ are carried over. Refused where the inputs have changed since the proposal, and, where
    the programme has rates approved, for whoever ran the month that proposed it. Raises `Moved` where another proposal
    is open than the one that the person looked at.
    """
    day = acceptance.effective_on
    with installation.database.writing() as connection:
        proposal = _open_proposal(connection, month, acceptance.decision_hash)
        prepared = _prepare(connection, installation, proposal, on=day, today=today)
        if not prepared.request.history and installation.program_on(day).approval == "rates":
            _check_second_person(connection, month, acceptance.accepted_by)
        _write(connection, prepared, proposal, day)
        restatement_store.close_proposal(
            connection,
            proposal,
            ACCEPTED,
            decided_by=acceptance.accepted_by,
            reason=acceptance.reason,
            effective_on=day,
        )
        doer = now_by(acceptance.accepted_by, acceptance.reason)
        _record(connection, RESTATEMENT_ACCEPTED, proposal, doer, effective_on=day)
    return Outlook(proposal, day, prepared.consequences)


def _open_proposal(connection: Connection, month: BillingMonth, looked_at: str | None) -> Proposal:
    proposal = restatement_store.open_proposal(connection, month)
    if looked_at is not None and proposal.decision_hash != looked_at:
        raise Moved(f"another restatement of {month} is proposed than the one you looked at: look at it again")
    return proposal


def _check_second_person(connection: Connection, month: BillingMonth, accepted_by: str) -> None:
    runs = [act for act in load_acts(connection, MONTH_RUN, month=month) if json.loads(act.detail)["proposed"]]
    if runs and same_person(runs[-1].doer.done_by, accepted_by):
        raise NotApproved(f"{accepted_by} ran {month}, which proposed this: somebody else has to accept it")


def _record(connection: Connection, kind: str, proposal: Proposal, doer: Doer, *, effective_on: date | None) -> None:
    month = proposal.billing_month
    detail = {
        "revision": proposal.revision,
        "decision_hash": proposal.decision_hash,
        "partners": sorted(proposal.differences),
        "effective_on": effective_on,
    }
    record_act(connection, kind, str(month), doer, detail, month=month)


def _prepare(
    connection: Connection, installation: Installation, proposal: Proposal, *, on: date, today: date
) -> _Prepared:
    """Decide the month again and what accepting it from a day does; refused where it cannot be accepted."""
    month = proposal.billing_month
    request = _request_of(connection, month, today)
    decided = _decide_again(connection, installation, request)
    if decision_hash(decided.restated) != proposal.decision_hash:
        raise Refusal(f"the inputs of {month} changed since the proposal: run the month again and look at it anew")
    if not request.history:
        not_after = [each.partner_id for each in decided.restated if each.partner_id not in decided.assigned_after]
        _check_day(connection, not_after, on)
    names = [each.partner_id for each in decided.restated]
    counted_by = months_decided_from(connection, month, names) if names else {}
    standings = {
        partner_id: _standing(connection, decided, partner_id, on, counted_by.get(partner_id, {}))
        for partner_id in names
    }
    program = None if request.history else installation.program_on(on)
    found = consequences(
        restated=decided.restated, standings=standings, program=program, day=on, unit=decided.inputs.unit
    )
    kept = decided_from(request, decided)
    kept = replace(
        kept,
        effective_on=on,
        programs={**kept.programs, **({} if program is None else {on: program.file_hash})},
        restated=tuple(RestatedPartner(name, each.rate, each.decided_by) for name, each in standings.items()),
    )
    return _Prepared(request, decided, found, kept)


def _request_of(connection: Connection, month: BillingMonth, today: date) -> MonthRequest:
    """The request that the month was run with."""
    last = settlement_history.settlements_of(connection, month)[-1]
    return MonthRequest(month, today, history=last.status == HISTORY)


def _decide_again(connection: Connection, installation: Installation, request: MonthRequest) -> MonthDecisions:
    inputs = gather(connection, installation, request)
    totals = merged(connection, inputs)
    graces = graced(inputs, tiered(inputs, totals.partners))
    return decide_all(connection, request, inputs, totals, totals.partners, graces)


def _check_day(connection: Connection, partner_ids: Sequence[str], day: date) -> None:
    for partner_id in partner_ids:
        last = settlement_history.last_decided_on(connection, partner_id)
        check_acceptance_day(partner_id=partner_id, effective_on=day, last_decided_on=last)


def _standing(
    connection: Connection,
    decided: MonthDecisions,
    partner_id: str,
    day: date,
    counted_by: Mapping[BillingMonth, int],
) -> Standing:
    inputs = decided.inputs
    return Standing(
        figures=inputs.assigned[partner_id].figures,
        rate=rate_store.rate_on(connection, partner_id, day),
        decided_by=decided.assigned_after.get(partner_id),
        open_grants=inputs.histories.get(partner_id, NO_HISTORY).open_grants,
        agreements=inputs.agreements.get(partner_id, ()),
        counted_by=counted_by,
    )


def _write(connection: Connection, prepared: _Prepared, proposal: Proposal, day: date) -> None:
    request, decided, accepted = prepared.request, prepared.decided, prepared.consequences
    own_day = settlement_history.effective_day(settlement_history.settlements_of(connection, request.month))
    head, settlement_id = take_force(
        connection,
        request,
        decided,
        [each.decision for each in accepted],
        revision=proposal.revision,
        effective_on=takes_effect_on(accepted=accepted, day=day, month_in_force_from=own_day),
        decision_hash=proposal.decision_hash,
        origin="restatement",
        kept=prepared.kept,
    )
    without_letter = {each.partner_id for each in accepted if each.letter is None}
    delivery_store.withdraw(connection, request.month, without_letter, proposal.revision)
    names = {each.partner_id for each in accepted}
    settlement_store.carry_over(connection, head, settlement_id, restated=names)
    owe_rates(connection, today=request.today, settlement_id=settlement_id)
    keep_counts(connection, settlement_id)
