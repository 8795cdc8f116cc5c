"""A restatement on a page: what accepting it does, and accepting it, which decide the whole month again.

With few partners the page's server does both at once. With more they are errands: 18 and 43 seconds of processor time
were measured for 100,000 partners.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Literal

from partner_program.adapters.database.registry import count_partners
from partner_program.adapters.database.restatements import open_proposal
from partner_program.domain import acceptance
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.domain.restatement import Proposal
from partner_program.usecases.desk.errands import Asked, begin_errand, find_errand
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.restatement import Acceptance, accept_restatement, show_restatement

AT_ONCE = 2_000  # with so many partners a page's server decides a month itself, in less than half a second
ROWS = 200  # so many partners are on the page; the command line has all

Known = Literal["known", "unknown", "working"]


@dataclass(frozen=True, slots=True)
class Look:
    """What accepting a proposal from a day does: its summary, and a row for each partner, `more` beside those.

    `known` says whether it was worked out; a row has partner, record, rate and letter. `refused` says why it cannot be
    accepted. `worked_out` is when an errand did, None where the page's server did it now.
    """

    proposal: Proposal
    known: Known
    summary: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    more: int = 0
    refused: str | None = None
    worked_out: datetime | None = None


def look_at_restatement(installation: Installation, month: BillingMonth, *, on: date) -> Look:
    """What accepting a month's open proposal on a day does, as far as it is known."""
    with installation.database.reading() as connection:
        proposal = open_proposal(connection, month)
    if takes_long(installation):
        return _of_errand(installation, proposal, on)
    outlook = show_restatement(installation, month, on=on, today=on)
    rows = _rows(outlook)
    return Look(
        proposal=outlook.proposal,
        known="known",
        summary=acceptance.summary_words(outlook.consequences),
        rows=rows[:ROWS],
        more=len(rows[ROWS:]),
        refused=outlook.refused,
    )


def takes_long(installation: Installation) -> bool:
    """Whether there are too many partners to decide a month while somebody waits for a page."""
    with installation.database.reading() as connection:
        return count_partners(connection) > AT_ONCE


def work_it_out(installation: Installation, month: BillingMonth, *, on: date, by: str) -> None:
    """Begin the errand that says what accepting the open proposal on a day does; anew if one did before."""
    with installation.database.reading() as connection:
        proposal = open_proposal(connection, month)
    asked = Asked(f"What accepting the restatement of {month} does", month=str(month))
    act = partial(outlook_lines, month=month, on=on)
    begin_errand(installation, _key(proposal, on), asked, act, by=by, again_after=("done", "refused", "ended"))


def begin_acceptance(installation: Installation, month: BillingMonth, asked: Acceptance) -> str:
    """Begin the errand that accepts the proposal that was shown; return its key. The same again begins nothing."""
    with installation.database.reading() as connection:
        proposal = open_proposal(connection, month)
    if proposal.decision_hash != asked.decision_hash:
        raise Moved(f"another restatement of {month} is proposed than the one you looked at: look at it again")
    key = _key(proposal, asked.effective_on, asked.accepted_by, asked.reason)
    begin_errand(
        installation,
        key,
        Asked(f"Accept the restatement of {month}", month=str(month)),
        partial(accept_lines, month=month, asked=asked),
        by=asked.accepted_by,
        again_after=("refused", "ended"),
    )
    return key


def outlook_lines(installation: Installation, month: BillingMonth, on: date) -> list[str]:
    """An errand: the summary, then a line for each partner, its parts between tabs."""
    outlook = show_restatement(installation, month, on=on, today=on)
    if outlook.refused:
        raise Refusal(outlook.refused)
    return [acceptance.summary_words(outlook.consequences), *("\t".join(row) for row in _rows(outlook))]


def accept_lines(installation: Installation, month: BillingMonth, asked: Acceptance) -> list[str]:
    """An errand: accept the proposal, and say what became of it."""
    done = accept_restatement(installation, month, asked, today=asked.effective_on)
    return [
        f"{month}: revision {done.proposal.revision}, {acceptance.summary_words(done.consequences)}",
        "Run the month again: that publishes the rates and renders the letters.",
    ]


def _rows(outlook: acceptance.Outlook) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            each.partner_id,
            acceptance.record_words(each).replace("\n", "; "),
            acceptance.rate_words(each),
            acceptance.letter_words(each).replace("_", " "),
        )
        for each in outlook.consequences
    )


def _of_errand(installation: Installation, proposal: Proposal, on: date) -> Look:
    try:
        errand = find_errand(installation, _key(proposal, on))
    except NotThere:
        return Look(proposal, "unknown")
    if errand.state.kind == "working":
        return Look(proposal, "working")
    if errand.state.kind == "refused":
        return Look(proposal, "known", refused=errand.state.said, worked_out=errand.begun)
    if errand.state.kind != "done":
        return Look(proposal, "unknown")
    summary, *lines = errand.said
    rows = tuple(tuple(line.split("\t")) for line in lines)
    return Look(proposal, "known", summary, rows[:ROWS], len(rows[ROWS:]), worked_out=errand.begun)


def _key(proposal: Proposal, *parts: object) -> str:
    said: Sequence[str] = [str(proposal.billing_month), proposal.decision_hash, *map(str, parts)]
    return sha256("\n".join(said).encode()).hexdigest()[:32]
