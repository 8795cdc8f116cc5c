"""What people decide about letters: approve them, have them sent, say what became of one.

A form, a check page on which nothing has happened yet, the act, and a page that says what comes next.
"""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from partner_program.domain.acts import (
    LETTER_AGAIN,
    LETTER_ARRIVED,
    LETTER_NEVER_CAME,
    LETTERS_APPROVED,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import state_words
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal
from partner_program.page.acting import Acting, Reason, Shown
from partner_program.page.installed import Installed
from partner_program.page.letter_runs import Runs
from partner_program.page.rights import LETTERS_DAG, WHO_MAY_ACT, may_act
from partner_program.page.routes.letters import answer_link, letter_link, run_link, said
from partner_program.page.routes.months import InPath
from partner_program.page.view import ThisView, View
from partner_program.page.words import month as named
from partner_program.usecases.desk.letters import acts_about_letters
from partner_program.usecases.letters.approval import approve_letters, letters_for_approval
from partner_program.usecases.letters.resolution import (
    Resolution,
    letters_to_resolve,
    resolve_letters,
    resolver,
)
from partner_program.usecases.letters.sending import what_to_send

router = APIRouter()
Alone = Annotated[bool, Form()]
Answer = Annotated[Resolution, Form()]
Addresses = Annotated[list[str], Form(min_length=1, max_length=1000)]
RESOLUTION_WORDS: dict[Resolution, tuple[str, str]] = {
    "accepted": ("It arrived", "its Message-ID is in the mail server's log as taken: nothing is sent again"),
    "resend": ("Send it again", "it waits for a new approval then, under a new Message-ID"),
    "never_came": ("It never came", "the mail server took it and the partner has not got it: it counts as refused"),
}
_ANSWERED: dict[Resolution, str] = {
    "accepted": LETTER_ARRIVED,
    "resend": LETTER_AGAIN,
    "never_came": LETTER_NEVER_CAME,
}


@router.get("/letters/{month}/approve")
def approve(view: ThisView, here: Installed, month: InPath, runs: Runs) -> HTMLResponse:
    """The letters that wait, and the form to approve them."""
    waiting = runs.of_month(month).waiting
    found = letters_for_approval(here, month, started_by=waiting.started_by if waiting else None)
    return view.page(
        "letters_approve.html",
        title=f"Approve the letters of {named(month)}",
        month=month,
        found=found,
        own=found.needs_somebody_else(view.person.name),
        run=waiting,
        run_page=answer_link(view.links, waiting.run_id) if waiting else None,
        is_its_batch=waiting is not None and waiting.is_about(found.batch.batch_hash),
        action=view.links("letters", month, "approve", "check"),
        go_on="Go on",
        **_around(view, month),
    )


@router.post("/letters/{month}/approve/check")
def check_approve(
    view: ThisView,
    here: Installed,
    acting: Acting,
    month: InPath,
    runs: Runs,
    reason: Reason,
    shown: Shown,
    alone: Alone = False,
) -> HTMLResponse:
    """The last look before letters are approved."""
    found = letters_for_approval(here, month, batch_hash=shown)
    waiting = runs.of_month(month).waiting
    goes_on = waiting is not None and waiting.is_about(shown)
    then = (
        f"the run {waiting.run_id} goes on and sends them: three first, then the rest"
        if waiting and goes_on
        else "nothing is sent yet: sending is an act of its own"
    )
    facts = [
        ("Letters", _counted(found.batch.deliveries, found.batch.partners)),
        ("Where they go", "to the mail server, for real" if found.live else "into files; no mail leaves"),
        ("These letters", f"{shown[:12]}: whatever is rendered anew asks again"),
        ("Holds for", plural(found.approval_days, "day")),
        ("Then", then),
        ("Your reason", reason),
        ("On record as", f"{acting.name}, alone" if alone else acting.name),
    ]
    return view.page(
        "check.html",
        title=f"Check before you approve the letters of {named(month)}",
        facts=facts,
        hidden={"reason": reason, "shown": shown, **({"alone": "true"} if alone else {})},
        action=view.links("letters", month, "approve"),
        button=f"Approve {plural(found.batch.deliveries, 'letter')}",
        danger=found.live and goes_on,
        change=view.links("letters", month, "approve"),
    )


@router.post("/letters/{month}/approve")
def do_approve(
    view: ThisView,
    here: Installed,
    acting: Acting,
    month: InPath,
    runs: Runs,
    reason: Reason,
    shown: Shown,
    alone: Alone = False,
) -> RedirectResponse:
    """Approve the letters that were shown; a run that waits for just this answer gets it."""
    waiting = runs.of_month(month).waiting
    approve_letters(
        here,
        month,
        approved_by=acting.name,
        reason=reason,
        clock=time.time,
        batch_hash=shown,
        started_by=waiting.started_by if waiting else None,
        alone=alone,
    )
    if waiting is not None and waiting.is_about(shown):
        runs.approve(waiting, alone=alone)
    return view.then(view.links("letters", month, "approve", "done"))


@router.get("/letters/{month}/approve/done")
def approve_done(view: ThisView, here: Installed, month: InPath, runs: Runs) -> HTMLResponse:
    """The letters are approved, and what comes next."""
    found = runs.of_month(month)
    after, on = [], []
    if found.waiting is not None:
        after.append(
            f"The run {found.waiting.run_id} still waits for an answer. Answered with Approve, it goes on with this "
            "approval if it asks about the same letters."
        )
        on.append((answer_link(view.links, found.waiting.run_id), "Answer it in Airflow"))
    elif found.runs:
        after.append(f"The run {found.runs[0].run_id} sends them: three first, then the rest.")
        on.append((run_link(view.links, found.runs[0].run_id), "Look at the run"))
    else:
        after.append("Nothing is sent yet: somebody has to send them.")
    sends = [] if found.runs else [(view.links("letters", month, "send"), "Send them")]
    return _done(
        view,
        here,
        month,
        title=f"The letters of {named(month)} are approved",
        kind=LETTERS_APPROVED,
        after=after,
        first=sends,
        in_airflow=on,
    )


@router.get("/letters/{month}/send")
def send(view: ThisView, here: Installed, month: InPath, runs: Runs) -> HTMLResponse:
    """What would be sent; nothing has happened yet."""
    found = what_to_send(here, month)
    of_month = runs.of_month(month)
    run = of_month.waiting or next(iter(of_month.runs), None)
    return view.page(
        "letters_send.html",
        title=f"Check before you send the letters of {named(month)}"
        if found.deliveries
        else "There is nothing to send",
        month=month,
        found=found,
        of_month=of_month,
        run=run,
        run_page=None if run is None else (answer_link if run.waits else run_link)(view.links, run.run_id),
        facts=[
            ("Letters", _counted(found.deliveries, found.partners)),
            ("Where they go", "to the mail server, for real" if found.live else "into files; no mail leaves"),
            ("These letters", found.sending_hash[:12]),
            ("How", f"a run of {LETTERS_DAG} sends three first; if one is not taken, the rest stays here"),
            ("On record as", view.person.name),
        ],
        hidden={"shown": found.sending_hash, "asked_at": str(int(time.time()))},
        action=view.links("letters", month, "send"),
        button=f"Send {_counted(found.deliveries, found.partners)}",
        danger=found.live,
        **_around(view, month),
    )


@router.post("/letters/{month}/send", dependencies=[Depends(may_act)])
def do_send(
    view: ThisView,
    here: Installed,
    month: InPath,
    runs: Runs,
    shown: Shown,
    asked_at: Annotated[int, Form(ge=0, lt=10**11)],
) -> RedirectResponse:
    """Start the run that sends what was shown."""
    found = what_to_send(here, month, sending_hash=shown)
    if not found.deliveries:
        raise Refusal(f"no letter of {month} is approved and waits to be sent")
    # The id is that of this person's form: sent twice, it starts one run.
    run_id = f"letters__{month}__{shown[:12]}__{asked_at}"
    runs.start(month, run_id)
    return view.then(view.links("letters", month, "send", "done", run=run_id))


@router.get("/letters/{month}/send/done")
def send_done(
    view: ThisView, month: InPath, runs: Runs, run: Annotated[str, Query(pattern=r"^letters__[\w-]{1,80}$")]
) -> HTMLResponse:
    """The run is started, and what it does."""
    after = [
        "It sends three letters first. If the mail server does not take one, the rest stays here and the run fails.",
        "A letter that was handed over is never sent again.",
    ]
    if runs.of_month(month).is_paused:
        after.insert(0, f"{LETTERS_DAG} is paused in Airflow: the run begins when somebody unpauses it.")
    elif runs.nothing_begins():
        after.insert(0, "No scheduler of this Airflow is alive: the run begins when one is started.")
    return view.page(
        "letters_done.html",
        title=f"A run sends the letters of {named(month)}",
        act=None,
        started=run,
        next=after,
        first=[],
        in_airflow=[(run_link(view.links, run), "Look at the run")],
        on=[(view.links("letters", month), f"Letters of {named(month)}"), (view.links(""), "Today")],
    )


@router.get("/letters/{month}/resolve/{partner_id:path}")
def resolve(view: ThisView, here: Installed, month: InPath, partner_id: str) -> HTMLResponse:
    """What can be said of a partner's letters, and the form for it."""
    found = letters_to_resolve(here, month, partner_id)
    offered = [each for each in RESOLUTION_WORDS if any(each in can for _, can in found.rows)]
    return view.page(
        "letters_resolve.html",
        title=f"Resolve the letter to {partner_id}",
        found=found,
        offered=[(each, *RESOLUTION_WORDS[each]) for each in offered],
        resolution_words=RESOLUTION_WORDS,
        state_words=state_words,
        said=said,
        letter=letter_link(view.links, month, partner_id),
        action=view.links("letters", month, "resolve-check", partner_id),
        go_on="Go on",
        **_around(view, month),
    )


@router.post("/letters/{month}/resolve-check/{partner_id:path}")
def check_resolve(
    view: ThisView,
    here: Installed,
    acting: Acting,
    month: InPath,
    partner_id: str,
    reason: Reason,
    shown: Shown,
    answer: Answer,
    recipient: Addresses,
) -> HTMLResponse:
    """The last look before a letter is resolved."""
    found = letters_to_resolve(here, month, partner_id, shown_hash=shown)
    rows = [(row, can) for row, can in found.rows if row.recipient in recipient]
    unfit = [row.recipient for row, can in rows if answer not in can]
    if unfit or not rows:
        which = ", ".join(unfit) or "any of them"
        raise HTTPException(409, f"{RESOLUTION_WORDS[answer][0]} cannot be said of {which}: go back and change it.")
    words, means = RESOLUTION_WORDS[answer]
    before = ", ".join(f"{row.recipient or 'no billing contact'} ({state_words(row.status)})" for row, _ in rows)
    facts = [
        ("Partner", partner_id),
        ("Letters", before),
        ("Message-ID", ", ".join(row.message_id or "none" for row, _ in rows)),
        ("You say", f"{words}: {means}"),
        ("Your reason", reason),
        ("On record as", acting.name),
    ]
    return view.page(
        "letters_check_resolve.html",
        title=f"Check before you resolve {plural(len(rows), 'letter')} to {partner_id}",
        facts=facts,
        hidden={"reason": reason, "shown": shown, "answer": answer},
        addresses=recipient,
        action=view.links("letters", month, "resolve", partner_id),
        button=f"{words}: resolve {plural(len(rows), 'letter')}",
        danger=answer == "resend",
        change=view.links("letters", month, "resolve", partner_id),
    )


@router.post("/letters/{month}/resolve/{partner_id:path}")
def do_resolve(
    view: ThisView,
    here: Installed,
    acting: Acting,
    month: InPath,
    partner_id: str,
    reason: Reason,
    shown: Shown,
    answer: Answer,
    recipient: Addresses,
) -> RedirectResponse:
    """Resolve the letters that were shown."""
    resolve_letters(
        here,
        month,
        answer,
        resolver(acting.name, reason, time.time),
        partners=[partner_id],
        recipients=recipient,
        shown_hash=shown,
    )
    return view.then(view.links("letters", month, "resolve-done", answer, partner_id))


@router.get("/letters/{month}/resolve-done/{answer}/{partner_id:path}")
def resolve_done(view: ThisView, here: Installed, month: InPath, answer: Resolution, partner_id: str) -> HTMLResponse:
    """A letter is resolved, and what comes next."""
    after = {
        "accepted": "Nothing more: the letter counts as accepted.",
        "resend": "It waits for an approval by somebody else than who ran the month. Then it is sent, under a new "
        "Message-ID.",
        "never_came": "Correct the contact and run the month again, or resolve it once more to send it again.",
    }[answer]
    approving = [(view.links("letters", month, "approve"), "Approve it")] if answer == "resend" else []
    return _done(
        view,
        here,
        month,
        title=f"The letter to {partner_id} is resolved",
        kind=_ANSWERED[answer],
        after=[after],
        first=approving,
        on=[(letter_link(view.links, month, partner_id), "The letter")],
        partner_id=partner_id,
    )


def _counted(letters: int, partners: int) -> str:
    return f"{plural(letters, 'letter')} to {plural(partners, 'partner')}"


def _around(view: View, month: BillingMonth) -> dict[str, Any]:
    """What every form says: where it came from, and who may use it."""
    return {
        "back": view.links("letters", month),
        "back_words": f"Letters of {named(month)}",
        "allowed": view.person.may_act,
        "who_could": WHO_MAY_ACT,
    }


def _done(
    view: View,
    here: Installed,
    month: BillingMonth,
    *,
    title: str,
    kind: str,
    after: list[str],
    first: list[tuple[str, str]],
    on: list[tuple[str, str]] | None = None,
    in_airflow: list[tuple[str, str]] | None = None,
    partner_id: str | None = None,
) -> HTMLResponse:
    acts = acts_about_letters(here, month)
    own = (each for each in acts if each.kind == kind and partner_id in (None, each.partner_id))
    return view.page(
        "letters_done.html",
        title=title,
        act=next(own, None),
        started=None,
        next=after,
        in_airflow=in_airflow or [],
        first=first,
        on=[*(on or []), (view.links("letters", month), f"Letters of {named(month)}"), (view.links(""), "Today")],
    )
