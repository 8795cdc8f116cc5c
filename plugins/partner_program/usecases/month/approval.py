"""A person looks at what a month would put in force, and approves or refuses it, bound to the hash of the decision."""

from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.database.rates_approvals import approval_of
from partner_program.adapters.reports.records import record_json, records_csv
from partner_program.domain.acts import RATES_APPROVED, RATES_REFUSED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.book_of_changes import Answer, BookOfChanges, BookRow, book_rows
from partner_program.domain.fx_guard import rates_alone, rates_words
from partner_program.domain.large_change import LARGE
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates_approval import RatesApproval, check_may_approve
from partner_program.domain.refusals import Moved, NotApproved, Refusal
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.commit import Commit, move_of, prepare
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month_unit import unit_of_settled


def month_book(installation: Installation, month: BillingMonth) -> BookOfChanges:
    """The book of changes of the rates that wait, decided again from the month's drafts; refused where none wait."""
    with installation.database.reading() as connection:
        approval = _waiting(connection, month)
        request = _request(approval, month)
        commit = _as_asked(connection, installation, request, approval)
        return _book(installation, connection, request, commit, approval)


def book_now(installation: Installation, request: MonthRequest) -> BookOfChanges:
    """The book of changes of what a run is about to put in force."""
    with installation.database.reading() as connection:
        commit = prepare(connection, installation, request)
        return _book(installation, connection, request, commit, commit.approval)


def approve_rates(
    installation: Installation, month: BillingMonth, *, approved_by: str, reason: str, decision_hash: str | None = None
) -> RatesApproval:
    """Approve what waits: a run of the month puts it in force, and nothing that is decided anew.

    `decision_hash` is the hash, or its beginning, of what the person looked at: refused if something else waits now.
    Refused for whoever started the run. Approving what is approved already writes nothing; the first approval counts.
    """
    return _answer(installation, month, RATES_APPROVED, by=approved_by, reason=reason, decision_hash=decision_hash)


def refuse_rates(
    installation: Installation, month: BillingMonth, *, refused_by: str, reason: str, decision_hash: str | None = None
) -> RatesApproval:
    """Refuse what waits, or what was approved and has not taken force: the month stops until it is decided anew.

    Whoever started the run may refuse it too. Refusing it again writes nothing.
    """
    return _answer(installation, month, RATES_REFUSED, by=refused_by, reason=reason, decision_hash=decision_hash)


def _answer(
    installation: Installation, month: BillingMonth, kind: str, *, by: str, reason: str, decision_hash: str | None
) -> RatesApproval:
    if not by.strip() or not reason.strip():
        raise Refusal("an answer names who gives it and why")
    with installation.database.writing() as connection:
        approval = _waiting(connection, month)
        if kind == RATES_APPROVED:
            check_may_approve(month, approval, by=by)
        if decision_hash is not None and not approval.decision_hash.startswith(decision_hash):
            raise Moved(
                f"the rates of {month} were decided anew since they were looked at ({decision_hash[:12]}, now "
                f"{approval.decision_hash[:12]}): look at them again"
            )
        if approval.answer == ("approved" if kind == RATES_APPROVED else "refused"):
            return approval
        if kind == RATES_APPROVED:
            _as_asked(connection, installation, _request(approval, month), approval)
        doer, detail = now_by(by, reason), {"decision_hash": approval.decision_hash}
        record_act(connection, kind, str(month), doer, detail, month=month)
        answered = approval_of(connection, month)
    if answered is None:
        raise Refusal(f"the answer about {month} was not kept")
    return answered


def _waiting(connection: Connection, month: BillingMonth) -> RatesApproval:
    found = approval_of(connection, month)
    if found is None:
        raise Refusal(f"no rates of {month} wait for an approval: run `partner-program run {month}`")
    return found


def _request(approval: RatesApproval, month: BillingMonth) -> MonthRequest:
    """The request that led to the decision, as on its day: what is approved a day later was drafted on that day."""
    asked = approval.asked
    return MonthRequest(
        month,
        asked.asked_on,
        effective_on=asked.effective_on,
        migration=asked.migration,
        program_file=Path(asked.program_file) if asked.program_file else None,
        started_by=asked.asked_by,
    )


def _as_asked(
    connection: Connection, installation: Installation, request: MonthRequest, approval: RatesApproval
) -> Commit:
    """Decide the month again; refused where it would come out otherwise than what waits."""
    commit = prepare(connection, installation, request)
    if commit.approval_hash != approval.decision_hash:
        raise NotApproved(
            f"the rates of {request.month} would be decided anew now: its inputs changed since it was run. Run the "
            "month again, and look at what then waits"
        )
    return commit


def _book(
    installation: Installation,
    connection: Connection,
    request: MonthRequest,
    commit: Commit,
    approval: RatesApproval | None,
) -> BookOfChanges:
    inputs, new = commit.decided.inputs, commit.decided.new
    is_comparable = unit_of_settled(installation, connection, request.month.preceding) == inputs.unit
    before = settlement_history.revenue_of(connection, request.month.preceding) if is_comparable else {}
    program = inputs.programs.get(inputs.run_effective_on)
    rates = rate_store.rates_on(connection, inputs.run_effective_on) if commit.closing or commit.rises else {}
    rows = book_rows(
        decisions=new,
        moves={each.partner_id: move_of(each, commit.decided) for each in new},
        revenue_before=before,
        rises=commit.rises,
        closing=commit.closing,
        rates_before={partner_id: rate.terms for partner_id, rate in rates.items()},
        rates_alone=_rates_alone(commit),
        large=program.large_change if program else LARGE,
    )
    directions = [row.direction for row in rows]
    answer: Answer = approval.answer if approval else ("waits" if commit.waits else "not needed")
    return BookOfChanges(
        billing_month=request.month,
        decision_hash=commit.approval_hash,
        effective_on=inputs.run_effective_on,
        answer=answer,
        asked_by=approval.asked.asked_by if approval else None,
        answered_by=approval.answered.done_by if approval and approval.answered else None,
        falls=directions.count("falls"),
        rises=directions.count("rises") + directions.count("rises while held"),
        first=directions.count("first"),
        stays=directions.count("stays"),
        ends=directions.count("ends"),
        mrr_eur_cents=sum(each.mrr_eur_cents for each in new),
        previous_mrr_eur_cents=sum(before.get(each.partner_id, 0) for each in new),
        held=commit.decided.totals.held,
        rows=rows,
    )


def _rates_alone(commit: Commit) -> dict[str, str]:
    """Whose tier would have been another at the exchange rates that the month is held against, in words."""
    inputs = commit.decided.inputs
    found = {}
    for each in commit.decided.new:
        program = inputs.programs.get(inputs.effective[each.partner_id])
        if program is not None:
            window = [row.mrr_eur_cents for row in each.amount.months[:-1]] if each.amount else []
            alone = rates_alone(
                program=program,
                mrr_eur_cents=each.mrr_eur_cents,
                before=each.at_rates_before,
                held=dict(each.qualifications or ()),
                window=window,
            )
            if alone is not None and alone.moves:
                found[each.partner_id] = rates_words(alone, program.unit)
    return found


def book_file(book: BookOfChanges, form: Literal["json", "csv"], unit: Unit = EURO) -> str:
    """A book of changes as a file: cents and basis points; CSV has the partners' rows alone."""
    return record_json(book, unit) if form == "json" else records_csv(BookRow, book.rows, unit)
