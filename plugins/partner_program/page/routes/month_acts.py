"""What people decide about a month: release the brake, approve or refuse rates, answer a restatement, sign."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from partner_program.domain import acts as kinds
from partner_program.domain.acts import same_person
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.page.acting import AnsweringRates, Deciding, Reason, Shown
from partner_program.page.installed import Installed
from partner_program.page.rates_runs import Runs, Taken, question_link
from partner_program.page.rights import WHO_MAY_DECIDE, who_may_answer_rates
from partner_program.page.routes.months import InPath
from partner_program.page.view import ThisView, View
from partner_program.page.words import day
from partner_program.page.words import month as named
from partner_program.usecases.desk.month import month_overview
from partner_program.usecases.desk.restatements import (
    begin_acceptance,
    look_at_restatement,
    takes_long,
    work_it_out,
)
from partner_program.usecases.month.approval import approve_rates, month_book, refuse_rates
from partner_program.usecases.month.brake import release_brake
from partner_program.usecases.month.restatement import (
    Acceptance,
    accept_restatement,
    reject_restatement,
)
from partner_program.usecases.month.signing import sign_month, what_is_open
from partner_program.usecases.month_unit import units_of_months

router = APIRouter()
ROWS = 200  # of a book or a proposal, so many partners are on the page; the command line has all
RUN_AGAIN = "Run the month again: only then it takes force."
CORRECT = "Correct the cause, and run the month again."
Answer = Annotated[Literal["accept", "reject"], Form()]


@router.get("/months/{month}/brake")
def brake(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """Why the brake stopped a month."""
    found = month_overview(here, month)
    if found.brake is None:
        raise NotThere(f"no brake is on for {month}: there is nothing to release")
    return _form(view, month, "brake", "Release the brake of", found=found.brake)


@router.post("/months/{month}/brake/check")
def check_brake(
    view: ThisView, here: Installed, deciding: Deciding, month: InPath, reason: Reason, shown: Shown
) -> HTMLResponse:
    """The last look before the brake is released."""
    found = month_overview(here, month)
    why = "; ".join(found.brake.reasons) if found.brake else ""
    facts = [("Month", named(month)), ("Why it stopped", why), ("Your reason", reason), ("On record as", deciding.name)]
    return _check(
        view, month, "brake", "release the brake", f"Release the brake of {named(month)}", facts, reason, shown
    )


@router.post("/months/{month}/brake")
def do_brake(
    view: ThisView, here: Installed, deciding: Deciding, month: InPath, reason: Reason, shown: Shown
) -> RedirectResponse:
    """Release the brake."""
    release_brake(here, month, released_by=deciding.name, reason=reason, decision_hashes=shown.split(","))
    return view.then(view.links("months", month, "brake", "done"))


@router.get("/months/{month}/brake/done")
def brake_done(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """The brake is released, and what comes next."""
    title = f"The brake of {named(month)} is released"
    return _done(view, here, month, title, [kinds.BRAKE_RELEASED], [RUN_AGAIN], runs=True)


@router.get("/months/{month}/rates")
def rates(view: ThisView, here: Installed, month: InPath, runs: Runs) -> HTMLResponse:
    """The book of changes of the rates that wait."""
    book = month_book(here, month)
    own = book.asked_by is not None and same_person(book.asked_by, view.person.name)
    waiting = runs.waiting(book.decision_hash)
    return _form(
        view,
        month,
        "rates",
        "Rates of",
        book=book,
        own=own,
        rows=book.rows[:ROWS],
        run=waiting,
        run_page=question_link(view.links, waiting) if waiting else None,
        allowed=view.person.may_answer_rates,
        who_could=who_may_answer_rates(),
    )


@router.post("/months/{month}/rates/check")
def check_rates(
    view: ThisView,
    here: Installed,
    answering: AnsweringRates,
    month: InPath,
    runs: Runs,
    reason: Reason,
    shown: Shown,
    answer: Answer,
) -> HTMLResponse:
    """The last look before rates are approved or refused."""
    book = month_book(here, month)
    verb, then = ("Approve", RUN_AGAIN) if answer == "accept" else ("Refuse", CORRECT)
    waiting = runs.waiting(shown)
    if waiting is not None:
        goes_on = "goes on and puts them in force" if answer == "accept" else "ends, and nothing takes force"
        then = f"the run {waiting.run_id} {goes_on}"
    facts = [
        ("Month", f"{named(month)}, rates from {day(book.effective_on)}"),
        ("What changes", f"{book.falls} fall, {book.rises} rise, {book.first} first, {len(book.held)} held"),
        ("Asked by", book.asked_by or ""),
        ("Then", then),
        ("Your reason", reason),
        ("On record as", answering.name),
    ]
    return _check(
        view,
        month,
        "rates",
        f"{verb.lower()} the rates",
        f"{verb} the rates of {named(month)}",
        facts,
        reason,
        shown,
        answer,
    )


@router.post("/months/{month}/rates")
def do_rates(
    view: ThisView,
    here: Installed,
    answering: AnsweringRates,
    month: InPath,
    runs: Runs,
    reason: Reason,
    shown: Shown,
    answer: Answer,
) -> RedirectResponse:
    """Approve or refuse the rates that were shown; a run that waits for just this answer gets it."""
    approves = answer == "accept"
    if approves:
        approve_rates(here, month, approved_by=answering.name, reason=reason, decision_hash=shown)
    else:
        refuse_rates(here, month, refused_by=answering.name, reason=reason, decision_hash=shown)
    taken = runs.answer(shown, approves=approves, reason=reason)
    return view.then(view.links("months", month, "rates", "done", run=taken))


@router.get("/months/{month}/rates/done")
def rates_done(view: ThisView, here: Installed, month: InPath, run: Taken = "") -> HTMLResponse:
    """The rates are answered, and what comes next."""
    answers = [kinds.RATES_APPROVED, kinds.RATES_REFUSED]
    after = {
        "": [f"If they are approved: {RUN_AGAIN}", f"If they are refused: {CORRECT}"],
        "has it": ["The run that asked has this answer: approved, it puts them in force; refused, it ends as failed."],
        "still waits": ["Airflow did not let you answer the run that asks: it still waits under Required Actions."],
    }[run]
    title = f"The rates of {named(month)} are answered"
    return _done(view, here, month, title, answers, after, runs=not run)


@router.get("/months/{month}/restatement")
def restatement(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """What accepting a proposal from today does, partner by partner."""
    look = look_at_restatement(here, month, on=here.today())
    work_out = view.links("months", month, "restatement", "work-out")
    return _form(view, month, "restatement", "Restatement of", look=look, work_out=work_out)


@router.post("/months/{month}/restatement/work-out")
def work_out_restatement(view: ThisView, here: Installed, deciding: Deciding, month: InPath) -> RedirectResponse:
    """Have it worked out what accepting a proposal from today does, where that takes longer than a page may."""
    work_it_out(here, month, on=here.today(), by=deciding.name)
    return view.then(view.links("months", month, "restatement"))


@router.post("/months/{month}/restatement/check")
def check_restatement(
    view: ThisView, here: Installed, deciding: Deciding, month: InPath, reason: Reason, shown: Shown, answer: Answer
) -> HTMLResponse:
    """The last look before a restatement is accepted or rejected."""
    today = here.today()
    look = look_at_restatement(here, month, on=today)
    if answer == "accept":
        if look.known != "known":
            raise Refusal(
                f"nobody has worked out what accepting the restatement of {month} today does: look at it first"
            )
        does = look.summary
        button, verb = f"Accept the restatement of {named(month)}", "accept"
    else:
        does = "nothing: the month stays as it is, and the same differences are not proposed again"
        button, verb = f"Reject the restatement of {named(month)}", "reject"
    facts = [
        ("Month", f"{named(month)}, revision {look.proposal.revision}"),
        ("From", f"{day(today)}, today"),
        ("What it does", does),
        ("Your reason", reason),
        ("On record as", deciding.name),
    ]
    return _check(view, month, "restatement", f"{verb} the restatement", button, facts, reason, shown, answer)


@router.post("/months/{month}/restatement")
def do_restatement(
    view: ThisView, here: Installed, deciding: Deciding, month: InPath, reason: Reason, shown: Shown, answer: Answer
) -> RedirectResponse:
    """Accept or reject the proposal that was shown."""
    today = here.today()
    if answer == "accept":
        asked = Acceptance(today, deciding.name, reason, shown)
        if takes_long(here):
            return view.then(view.links("errands", begin_acceptance(here, month, asked)))
        accept_restatement(here, month, asked, today=today)
    else:
        reject_restatement(here, month, rejected_by=deciding.name, reason=reason, decision_hash=shown)
    return view.then(view.links("months", month, "restatement", "done"))


@router.get("/months/{month}/restatement/done")
def restatement_done(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """The restatement is answered, and what comes next."""
    answers = [kinds.RESTATEMENT_ACCEPTED, kinds.RESTATEMENT_REJECTED]
    after = [
        "Accepted rates hold for new orders from today. Run the month again: that publishes them and renders letters.",
        "After a rejection nothing changes.",
    ]
    title = f"The restatement of {named(month)} is answered"
    return _done(view, here, month, title, answers, after, runs=True)


@router.get("/months/{month}/sign")
def sign(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """What of a month is open, and the form to sign it."""
    found = month_overview(here, month)
    if found.decided is None:
        raise NotThere(f"nothing of {month} has taken force: there is nothing to sign")
    still_open = what_is_open(here, month)
    closed = "See to that first: what is open keeps a month from being signed." if still_open else ""
    return _form(view, month, "sign", "Sign", decided=found.decided, still_open=still_open, closed=closed)


@router.post("/months/{month}/sign/check")
def check_sign(
    view: ThisView, here: Installed, deciding: Deciding, month: InPath, reason: Reason, shown: Shown
) -> HTMLResponse:
    """The last look before a month is signed."""
    decided = month_overview(here, month).decided
    facts = [
        ("Month", f"{named(month)}, revision {decided.revision if decided else ''}"),
        ("Decision", shown[:12]),
        ("Role", "finance"),
        ("Your reason", reason),
        ("On record as", deciding.name),
    ]
    return _check(view, month, "sign", "sign", f"Sign {named(month)}", facts, reason, shown)


@router.post("/months/{month}/sign")
def do_sign(
    view: ThisView, here: Installed, deciding: Deciding, month: InPath, reason: Reason, shown: Shown
) -> RedirectResponse:
    """Sign the month as it was shown."""
    sign_month(here, month, role="finance", signed_by=deciding.name, reason=reason, decision_hash=shown)
    return view.then(view.links("months", month, "sign", "done"))


@router.get("/months/{month}/sign/done")
def sign_done(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """The month is signed."""
    after = ["From now on only a restatement changes this month, and it asks for another signature."]
    return _done(view, here, month, f"{named(month)} is signed", [kinds.MONTH_SIGNED], after)


def _form(view: View, month: BillingMonth, name: str, words: str, **values: Any) -> HTMLResponse:
    return view.page(
        f"month_{name}.html",
        title=f"{words} {named(month)}",
        month=month,
        back=view.links.month(month),
        back_words=named(month),
        action=view.links("months", month, name, "check"),
        go_on="Go on",
        unit=units_of_months(view.installation)(month),
        **{"allowed": view.person.may_decide, "who_could": WHO_MAY_DECIDE, **values},
    )


def _check(
    view: View,
    month: BillingMonth,
    name: str,
    verb: str,
    button: str,
    facts: list[tuple[str, str]],
    reason: str,
    shown: str,
    answer: str | None = None,
) -> HTMLResponse:
    return view.page(
        "check.html",
        title=f"Check before you {verb}",
        facts=facts,
        hidden={"reason": reason, "shown": shown, **({} if answer is None else {"answer": answer})},
        action=view.links("months", month, name),
        button=button,
        danger=answer == "accept" or name == "brake",
        change=view.links("months", month, name),
    )


def _done(
    view: View,
    here: Installed,
    month: BillingMonth,
    title: str,
    answers: list[str],
    after: list[str],
    *,
    runs: bool = False,
) -> HTMLResponse:
    """What was done and comes next; `runs` says that the month is to be run again."""
    found = month_overview(here, month)
    wanted = {each.replace("_", " ") for each in answers}
    return view.page(
        "done.html",
        title=title,
        act=next((each for each in found.acts if each.kind in wanted), None),
        next=after,
        first=[(view.links("runs", "start", month), f"Run {named(month)}")] if runs else [],
        on=[(view.links.month(month), named(month)), (view.links(""), "Today")],
    )
