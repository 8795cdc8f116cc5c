"""The last stage of a month: compares with what is in force, and takes force in one transaction."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import brake as brake_store
from partner_program.adapters.database import events as event_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import restatements as restatement_store
from partner_program.adapters.database.acts import load_acts, now_by, record_act
from partner_program.adapters.database.drafts import as_json, json_hash, load_draft
from partner_program.adapters.database.rates_approvals import approval_of
from partner_program.adapters.database.settlement_counts import keep_counts
from partner_program.domain import month_order
from partner_program.domain.acts import (
    BRAKE_STOPPED,
    BY_SCHEDULE,
    MONTH_RUN,
    MONTH_SIGNED,
    RATES_WAIT,
)
from partner_program.domain.brake import Move, brake_reasons
from partner_program.domain.decided_from import DecidedFrom, still_to_end
from partner_program.domain.events import restatement_proposed
from partner_program.domain.plurals import plural
from partner_program.domain.program import SLA_LEVELS, Program
from partner_program.domain.rates import Rate
from partner_program.domain.rates_approval import RatesApproval, check_approved
from partner_program.domain.rates_taking_force import (
    RateAhead,
    closing_rates,
    early_rises,
    ended_ahead,
    rates_ahead,
)
from partner_program.domain.refusals import (
    BrakeOn,
    IncompleteMonth,
    MonthBusy,
    MonthSigned,
    Refusal,
    Unavailable,
)
from partner_program.domain.restatement import MonthNews, month_news
from partner_program.domain.settlement import NO_HISTORY, Decision
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.decided_from import decided_from
from partner_program.usecases.month.decisions import MonthDecisions, decide_all, decision_hash, decisions_json
from partner_program.usecases.month.inputs import MonthInputs, MonthRequest, gather
from partner_program.usecases.month.lease import MonthLease, when_free
from partner_program.usecases.month.stages import GRACE, TOTALS
from partner_program.usecases.month.taking_force import take_force
from partner_program.usecases.publication import owe_rates

NAMED = 20  # how many partners a refusal names

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run did: partners newly assigned, held, and proposed for a restatement; whether anything was written.

    `raised` and `lowered` are those newly assigned whose tier is another than in the month before.

    `effective_on` is the day of this run, `own_effective_on` the one from which the month first took force.
    `failing` are entities of the month in force that cannot be relied on now: nothing of them was compared.
    """

    revision: int
    effective_on: date
    own_effective_on: date
    assigned: int
    held: int
    proposed: int
    changed: bool
    failing: tuple[str, ...] = ()
    raised: int = 0
    lowered: int = 0


NothingNew = Callable[[Connection, RunOutcome], None]
"""What is told of a look that found nothing to write: in its transaction, and what a run says that finds the same."""


def commit_month(
    installation: Installation, request: MonthRequest, lease: MonthLease, nothing_new: NothingNew | None = None
) -> RunOutcome:
    """Put what is new in force and propose what differs; nothing is written where nothing is new.

    Raises `BrakeOn`, and `RatesWait` where a person has to approve it first: nothing takes force then. Raises
    `MonthSigned` where something else than a restatement would change a signed month. With `nothing_new`, a month that
    was just written is looked at once more: whether there is nothing new about it now is seen and not believed.
    """
    outcome = _committed(installation, request, lease, nothing_new)
    if outcome.changed and nothing_new is not None:
        with suppress(Refusal), installation.database.reading() as connection:  # its inputs may be others meanwhile
            again = prepare(connection, installation, request)
            if not (again.news.is_any or again.braked):
                nothing_new(connection, _outcome(connection, request, again))
    return outcome


def _committed(
    installation: Installation, request: MonthRequest, lease: MonthLease, nothing_new: NothingNew | None
) -> RunOutcome:
    commit = when_free(lambda: _commit(installation, request, lease, nothing_new))
    lease.give_back()
    if commit.braked:
        raise BrakeOn(
            f"brake on for {request.month}: {'; '.join(commit.braked)}. Nothing took force. After looking at it: "
            f"partner-program brake release {request.month} --reason TEXT, then run the month again"
        )
    with installation.database.reading() as connection:
        if commit.waits:
            check_approved(request.month, approval_of(connection, request.month), commit.approval_hash)
        return _outcome(connection, request, commit)


def ask_for_approval(installation: Installation, request: MonthRequest, lease: MonthLease) -> "Commit":
    """Ask for the approval that the month needs, once for each decision; return what is about to be written.

    Raises `RatesWait` where a person has refused it.
    """

    def asking() -> Commit:
        with installation.database.reading() as connection:
            commit = prepare(connection, installation, request)
        if commit.waits and not commit.braked:
            with installation.database.writing() as connection:
                commit = prepare(connection, installation, request)
                if commit.waits and not commit.braked and _ask(connection, request, commit):
                    lease.hold(connection)
        return commit

    commit = when_free(asking)
    if commit.waits and commit.approval and commit.approval.is_answered(commit.approval_hash, "refused"):
        check_approved(request.month, commit.approval, commit.approval_hash)
    return commit


def _commit(
    installation: Installation, request: MonthRequest, lease: MonthLease, nothing_new: NothingNew | None
) -> "Commit":
    """Write the month, or the brake's stop, in one transaction of the run that holds it."""
    with installation.database.reading() as connection:
        commit = prepare(connection, installation, request)
        if not (commit.news.is_any or commit.braked):
            if nothing_new is not None:
                nothing_new(connection, _outcome(connection, request, commit))
            return commit
    del commit  # of a large month, hundreds of megabytes
    try:
        with installation.database.writing() as connection:
            commit = prepare(connection, installation, request)
            if _wrote(connection, installation, request, commit):
                lease.hold(connection)
    except MonthBusy:
        raise
    except Unavailable:
        # The reply to COMMIT may be lost although it was done: look whether anything is still to be written.
        with installation.database.reading() as connection:
            if prepare(connection, installation, request).news.is_any:
                raise
    return commit


def _outcome(connection: Connection, request: MonthRequest, commit: "Commit") -> RunOutcome:
    decided = commit.decided
    written_down = [each.effective_on for each in decided.inputs.assigned.values() if each.effective_on is not None]
    is_proposed = restatement_store.find_proposal(connection, request.month) is not None
    settlements = settlement_history.settlements_of(connection, request.month)
    own = settlement_history.first_day(settlements) or decided.inputs.run_effective_on
    moves = [(each.tier or 0) - (each.previous_tier or 0) for each in decided.new if each.previous_tier is not None]
    return RunOutcome(
        revision=decided.inputs.revision,
        effective_on=decided.inputs.run_effective_on if decided.new else max(written_down, default=own),
        own_effective_on=own,
        assigned=len(decided.new),
        held=len(decided.totals.held),
        proposed=len(decided.differences) if is_proposed else 0,
        changed=commit.news.is_any,
        failing=commit.news.failing,
        raised=sum(move > 0 for move in moves),
        lowered=sum(move < 0 for move in moves),
    )


def _wrote(connection: Connection, installation: Installation, request: MonthRequest, commit: "Commit") -> bool:
    if commit.braked:
        is_new = brake_store.record_stop(connection, request.month, commit.decision_hash, commit.braked)
        if is_new:
            why = {"decision_hash": commit.decision_hash, "reasons": commit.braked}
            _record_who(connection, request, BRAKE_STOPPED, why)
        return is_new
    if commit.waits:
        return _ask(connection, request, commit)
    if commit.news.is_any:
        _check_not_signed(connection, request, commit)
        _apply(connection, installation, request, commit)
        decided = commit.decided
        detail = {
            "revision": decided.inputs.revision,
            "assigned": len(decided.new),
            "proposed": len(decided.differences),
            "decision_hash": commit.decision_hash,
        }
        _record_who(connection, request, MONTH_RUN, detail)
    return commit.news.is_any


def _ask(connection: Connection, request: MonthRequest, commit: "Commit") -> bool:
    """Record that this decision waits for a person, with the request that leads to it; return False if it does already.

    A person's answer is for exactly this decision.
    """
    _check_not_signed(connection, request, commit)
    if commit.approval is not None and commit.approval.decision_hash == commit.approval_hash:
        return False
    detail = {
        "decision_hash": commit.approval_hash,
        "revision": commit.decided.inputs.revision,
        "partners": len(commit.decided.new),
        "asked_on": request.today,
        "effective_on": request.effective_on,
        "migration": request.migration,
        "program_file": None if request.program_file is None else str(request.program_file.resolve()),
    }
    doer = now_by(request.started_by or BY_SCHEDULE, "ran the month")
    record_act(connection, RATES_WAIT, str(request.month), doer, detail, month=request.month)
    return True


def _check_not_signed(connection: Connection, request: MonthRequest, commit: "Commit") -> None:
    """Refuse a new settlement of a signed month: only a restatement, which a person accepts, changes it (rule 13)."""
    if not commit.news.settles:
        return
    signed = load_acts(connection, MONTH_SIGNED, month=request.month)
    if signed:
        new = ", ".join(each.partner_id for each in commit.decided.new[:NAMED]) or "no partner"
        raise MonthSigned(
            f"{request.month} is signed by {signed[-1].doer.done_by}, and this run would decide it anew (partners: "
            f"{new}{' and more' if len(commit.decided.new) > NAMED else ''}); nothing is written. Only a restatement "
            "changes a signed month; the next month decides for partners that are new"
        )


def _record_who(connection: Connection, request: MonthRequest, kind: str, detail: Mapping[str, object]) -> None:
    """Record what a run did and who ran it, a person or the schedule: that person does not approve its letters."""
    if request.started_by is not None:
        doer = now_by(request.started_by, "ran the month")
        record_act(connection, kind, str(request.month), doer, detail, month=request.month)


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything that is about to be written.

    `later` are the rates that begin after the run's day, read where the month is settled anew. `decision_hash` is that
    of the new decisions; `approval_hash` that of all that takes force, with the day that was asked for, where the
    programme has rates approved. `waits` says whether a person still has to.
    """

    decided: MonthDecisions
    closing: list[tuple[str, Rate]]
    rises: list[tuple[str, Rate]]
    ahead: list[tuple[str, Rate]]
    later: Mapping[str, Sequence[RateAhead]]
    decision_hash: str
    proposal: str | None
    approval_hash: str
    approval: RatesApproval | None
    waits: bool
    braked: list[str]
    news: MonthNews


def prepare(connection: Connection, installation: Installation, request: MonthRequest) -> Commit:
    """Decide everything from the drafts and what is in force, in the caller's transaction."""
    check_may_follow(connection, request)
    inputs = gather(connection, installation, request)
    totals, partner_totals = load_draft(connection, TOTALS, request.month, inputs_hash=inputs.inputs_hash)
    inputs_hash = inputs.hash_with_histories(each.partner_id for each in partner_totals)
    _, graces = load_draft(connection, GRACE, request.month, inputs_hash=inputs_hash)
    decided = decide_all(connection, request, inputs, totals, partner_totals, graces)
    _check_complete(request, decided)
    _check_not_backwards(connection, request, decided)
    rises = _rises(request, decided)
    seen = settlement_history.entities_totalled(connection, inputs.settlements)
    digest = decision_hash([_undated(each) for each in decided.new])
    proposal = decision_hash(decided.restated) if decided.differences else None
    news = month_news(
        decides=bool(decided.new or rises),
        differs=bool(decided.differences),
        is_on_record=restatement_store.is_on_record(connection, request.month, proposal),
        has_same_totals=settlement_history.same_totals(connection, inputs.settlements, decided.totals),
        entities_in_force=seen,
        entities_now=decided.totals.entity_totals.keys(),
    )
    later = rate_store.rates_after(connection, inputs.run_effective_on) if news.settles and not request.history else {}
    closing = _closing(connection, request, inputs, later)
    ahead = _ahead(installation, request, decided, later)
    takes_force = news.settles and bool(decided.new or rises or closing)
    waits = takes_force and not request.history and decided.program is not None and decided.program.approval == "rates"
    approval = approval_of(connection, request.month) if waits else None
    approval_hash = _approval_hash(request, decided, (rises, ahead, closing)) if waits else ""
    return Commit(
        decided=decided,
        closing=closing,
        rises=rises,
        ahead=ahead,
        later=later,
        decision_hash=digest,
        proposal=proposal,
        approval_hash=approval_hash,
        approval=approval,
        waits=waits and not (approval and approval.is_answered(approval_hash, "approved")),
        braked=_brake(connection, request, decided, digest, seen),
        news=news,
    )


def _approval_hash(request: MonthRequest, decided: MonthDecisions, others: Sequence[Sequence[tuple[str, Rate]]]) -> str:
    """The hash of all that takes force: what is approved today stays approved tomorrow, where no day was asked for."""
    day = decided.inputs.run_effective_on
    undated = [
        (partner_id, replace(rate, valid_from=date.min) if rate.valid_from == day else rate)
        for some in others
        for partner_id, rate in some
    ]
    left_out = () if any(rate.terms.families for _, rate in undated) else ("1.terms.families",)
    return json_hash(
        str(request.month),
        str(request.effective_on),
        decisions_json([_undated(each) for each in decided.new]),
        as_json(tuple[tuple[str, Rate], ...], tuple(undated), left_out=left_out),
    )


def _undated(decision: Decision) -> Decision:
    """Return a decision without the first day of its new rate: a brake released today stays released tomorrow."""
    if decision.rate is None or not decision.rate_is_new:
        return decision
    return replace(decision, rate=replace(decision.rate, valid_from=date.min))


def _check_not_backwards(connection: Connection, request: MonthRequest, decided: MonthDecisions) -> None:
    if request.history or not decided.new:
        return
    month_order.check_release_day(
        month=request.month,
        effective_on=decided.inputs.run_effective_on,
        own_effective_on=decided.inputs.own_effective_on,
        decided=settlement_history.decided_months(connection),
    )


def _check_complete(request: MonthRequest, decided: MonthDecisions) -> None:
    program = decided.program
    if program is not None and program.readings.incomplete == "stop" and decided.totals.held:
        held = "; ".join(f"{each.partner_id}: {each.reason}" for each in decided.totals.held[:20])
        raise IncompleteMonth(
            f"month {request.month} is incomplete and the programme says `incomplete: stop`: "
            f"{plural(len(decided.totals.held), 'partner')} cannot be decided: {held}"
        )


def _closing(
    connection: Connection, request: MonthRequest, inputs: MonthInputs, later: Mapping[str, Sequence[RateAhead]]
) -> list[tuple[str, Rate]]:
    """The rates that end those of partners no longer authorised, with the month's first settlement."""
    if request.history or inputs.settlements:
        return []
    day = inputs.run_effective_on
    return closing_rates(
        authorized=inputs.effective.keys() | ended_ahead(later),
        rates=rate_store.rates_on(connection, day),
        ahead=later,
        day=day,
    )


def _ahead(
    installation: Installation,
    request: MonthRequest,
    decided: MonthDecisions,
    later: Mapping[str, Sequence[RateAhead]],
) -> list[tuple[str, Rate]]:
    """The rates after the run's day that change with what it decided; a later month's rates stay as they are."""
    if request.history or not decided.new:
        return []
    tiers = {each.partner_id: each.tier or 0 for each in decided.new if each.partner_id not in decided.late}
    return rates_ahead(
        tiers=tiers,
        ahead=later,
        agreements=decided.inputs.agreements,
        programs=_later_programs(installation, request, later),
    )


def _later_programs(
    installation: Installation, request: MonthRequest, later: Mapping[str, Sequence[RateAhead]]
) -> dict[date, Program]:
    """The programme of each day on which a rate begins later."""
    days = {each.rate.valid_from for own in later.values() for each in own}
    return {day: installation.program_on(day, request.program_file) for day in sorted(days)}


def _rises(request: MonthRequest, decided: MonthDecisions) -> list[tuple[str, Rate]]:
    """The rates of held partners whose known revenue alone reaches a higher tier; only where the programme says so."""
    inputs, program = decided.inputs, decided.program
    if request.history or program is None:
        return []
    return early_rises(
        program=program,
        month=request.month,
        known_parts=decided.totals.known_parts,
        decided=inputs.assigned.keys() | decided.assigned_after.keys(),
        rates={partner_id: history.rate for partner_id, history in inputs.histories.items()},
        agreements=inputs.agreements,
        effective_on=inputs.run_effective_on,
        known_parts_before=decided.totals.known_parts_before,
        held=inputs.held,
        earlier=inputs.earlier,
    )


def _brake(
    connection: Connection, request: MonthRequest, decided: MonthDecisions, digest: str, seen: Set[str]
) -> list[str]:
    program = decided.program
    if request.history or not decided.new or program is None:
        return []
    since = decided.inputs.counts_since
    before = settlement_history.last_entity_totals(connection, request.month, since)
    if since is not None:
        every = settlement_history.last_entity_totals(connection, request.month)
        gone = sorted((every.keys() & decided.totals.entity_totals.keys()) - before.keys())
        if gone:
            _log.warning("brake: %s not compared, counted in another currency before %s", ", ".join(gone), since)
    reasons = brake_reasons(
        brake=program.brake_in(request.month),
        moves=[move_of(each, decided) for each in decided.new],
        entity_totals={key: cents for key, cents in decided.totals.entity_totals.items() if key not in seen},
        last_entity_totals=before,
        unit=decided.inputs.unit,
    )
    return [] if brake_store.is_released(connection, request.month, digest) else reasons


def move_of(decision: Decision, decided: MonthDecisions) -> Move:
    """What a decision changes for its partner, against the rate and the tier before it."""
    before = decided.inputs.histories.get(decision.partner_id, NO_HISTORY).rate
    return Move(
        previous_tier=decision.previous_tier,
        tier=decision.tier or 0,
        previous_terms=before.terms if before else None,
        terms=decision.rate.terms if decision.rate else None,
        sla_levels=decided.program.sla_levels if decided.program else SLA_LEVELS,
    )


def _apply(connection: Connection, installation: Installation, request: MonthRequest, commit: Commit) -> None:
    decided, inputs = commit.decided, commit.decided.inputs
    if commit.news.proposes:
        _propose(connection, request, commit)
    if not commit.news.settles:
        return
    kept = _decided_from(connection, installation, request, commit)
    _, settlement_id = take_force(
        connection,
        request,
        decided,
        decided.new,
        revision=inputs.revision,
        effective_on=inputs.run_effective_on,
        decision_hash=commit.decision_hash,
        origin="settlement",
        kept=kept,
    )
    rate_store.write_rates(connection, commit.rises, origin="rise", settlement_id=settlement_id)
    rate_store.write_rates(connection, commit.ahead, origin="settlement", settlement_id=settlement_id)
    rate_store.write_rates(connection, commit.closing, origin="closing", settlement_id=settlement_id)
    owe_rates(connection, today=request.today, settlement_id=settlement_id)
    keep_counts(connection, settlement_id)


def _propose(connection: Connection, request: MonthRequest, commit: Commit) -> None:
    """Propose what differs, with its event; where nothing differs any more, only close the open proposal."""
    revision, differences = commit.decided.inputs.revision + 1, commit.decided.differences
    restatement_store.record(connection, request.month, revision, commit.proposal, differences)
    if commit.proposal is not None:
        proposed = restatement_proposed(
            month=request.month,
            revision=revision,
            decision_hash=commit.proposal,
            partners=differences,
            at=int(time.time()),
        )
        event_store.add_events(connection, [proposed])


def _decided_from(
    connection: Connection, installation: Installation, request: MonthRequest, commit: Commit
) -> DecidedFrom:
    """What this run decides from, before it writes anything."""
    kept = decided_from(request, commit.decided)
    if request.history:
        return kept
    later = _later_programs(installation, request, commit.later)
    rates = rate_store.rates_on(connection, kept.effective_on)
    return replace(
        kept,
        programs={**kept.programs, **{day: program.file_hash for day, program in later.items()}},
        ending=still_to_end(rates, commit.decided.inputs.effective),
        ahead=commit.later,
    )


def check_may_follow(connection: Connection, request: MonthRequest) -> None:
    """Refuse a month out of order, or from a day before the last one that took force."""
    settlements = settlement_history.settlements_of(connection, request.month)
    month_order.check_follows(
        month=request.month,
        history=request.history,
        assessed=settlement_history.assessed_months(connection),
        decided=settlement_history.decided_months(connection),
        effective_on=month_order.release_day(
            effective_on=request.effective_on,
            own_effective_on=settlement_history.first_day(settlements),
            today=request.today,
        ),
    )
