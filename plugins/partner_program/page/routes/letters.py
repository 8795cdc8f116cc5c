"""The letters of a month: counted, listed, one letter as mail, text and PDF, and the preview book."""

from typing import Annotated, Literal
from urllib.parse import unquote

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES, DeliveryState, state_words
from partner_program.domain.letter_list import NEEDS, Need, Place, WantedLetters, in_order
from partner_program.domain.letters import LETTER_KINDS, LetterKind, kind_name
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.page.installed import Installed
from partner_program.page.letter_runs import APPROVAL_TASK, Runs
from partner_program.page.links import Links
from partner_program.page.rights import LETTERS_DAG, WHO_MAY_ACT
from partner_program.page.routes.months import InPath
from partner_program.page.view import Entry, ThisView
from partner_program.page.words import month as named
from partner_program.usecases.desk.letters import PAGE, find_letters, list_months
from partner_program.usecases.letters.book import show_book
from partner_program.usecases.letters.documents import letter_pdf_content
from partner_program.usecases.letters.rendering import letter_file_name
from partner_program.usecases.letters.show import one_letter
from partner_program.usecases.reports.questions import QUESTIONS

ENTRY = Entry("Letters", "letters", also=("digests",))
router = APIRouter()
# Making the book of more letters or partners takes too long in the api-server: then the one is shown that a run wrote.
BOOK_AT_MOST = 500
# A letter or a book is a document of its own with its styles in it; nothing in it runs, and nothing is fetched.
_OWN = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
LETTER_POLICY = f"{_OWN}; frame-ancestors 'self'; sandbox"
BOOK_POLICY = f"{_OWN}; frame-ancestors 'self'"
NEED_WORDS: dict[Need, tuple[str, str]] = {
    "ambiguous": (
        "may have arrived",
        "The mail server gave no answer. Look for the Message-ID in its log, then say what you found.",
    ),
    "refused": (
        "refused",
        "The mail server said never, or it came back. Correct the address in contacts.csv, load, and run the month "
        "again; or ask to send it again.",
    ),
    "undeliverable": (
        "undeliverable",
        "They cannot be sent as they are. Correct the contact in contacts.csv, load, and run the month again; or ask "
        "to send them again.",
    ),
    "owed_to_nobody": (
        "owed to nobody",
        "Their partners have no billing contact. Add one to contacts.csv, load, and run the month again.",
    ),
}
Piece = Annotated[str, Query(max_length=200)]


def answer_link(links: Links, run_id: str) -> str:
    """Airflow's own page where a run's approval is answered."""
    return links.airflow("dags", LETTERS_DAG, "runs", run_id, "tasks", APPROVAL_TASK, "required_actions")


def run_link(links: Links, run_id: str) -> str:
    """Airflow's own page about a run."""
    return links.airflow("dags", LETTERS_DAG, "runs", run_id)


def said(reply: str | None) -> str:
    """What stands beside a row; of a letter that went into a file, the file's name without its folders."""
    words, to_file, path = (reply or "").partition("written to ")
    return f"written to {path.rpartition('/')[2]}" if to_file and not words else reply or ""


@router.get("/letters")
def months_of_letters(view: ThisView, here: Installed) -> HTMLResponse:
    """Every month that owes letters."""
    months = list_months(here)
    occurring = [state for state in STATES if any(each.states.get(state) for each in months)]
    return view.page("letters_months.html", title="Letters", months=months, states=occurring, state_words=state_words)


@router.get("/letters/{month}")
def letters_of_month(
    view: ThisView,
    here: Installed,
    month: InPath,
    runs: Runs,
    text: Piece = "",
    state: DeliveryState | Literal[""] = "",
    kind: LetterKind | Literal[""] = "",
    language: Piece = "",
    need: Need | Literal[""] = "",
    after: Piece = "",
) -> HTMLResponse:
    """A month's letters: what needs a person, how many in each state, and the list as the address asks for it."""
    asked = {"text": text.strip(), "state": state, "kind": kind, "language": language, "need": need}
    wanted = WantedLetters(text.strip(), state or None, kind or None, language, need or None)
    overview, found = find_letters(here, month, wanted, after=_place(after))
    open_ones = overview.states["rendered"] + overview.on_the_way
    kinds = [each for each in LETTER_KINDS if each in found.kinds]
    return view.page(
        "letters.html",
        title=f"Letters of {named(month)}",
        month=month,
        overview=overview,
        found=found,
        runs=runs.of_month(month) if open_ones else None,
        answer=lambda run: answer_link(view.links, run.run_id),
        run_page=lambda run: run_link(view.links, run.run_id),
        asked={**asked, "after": after},
        is_filtered=any(asked.values()),
        states=in_order(overview.states),
        cells={(row.kind, row.state): row.recipients for row in overview.counts},
        kinds=kinds,
        kind_name=kind_name,
        state_words=state_words,
        need_words=NEED_WORDS,
        said=said,
        choices={
            "state": [(each, state_words(each)) for each, _ in in_order(overview.states)],
            "kind": [(each, kind_name(each)) for each in kinds],
            "language": [(each, each) for each in found.languages],
            "need": [(each, NEED_WORDS[each][0]) for each in NEEDS],
        },
        first=view.links("letters", month, **asked),
        next=view.links("letters", month, **asked, after=found.next_after) if found.next_after else None,
        page_size=PAGE,
        who_could=WHO_MAY_ACT,
    )


def _place(after: str) -> Place | None:
    try:
        return Place.parse(after) if after else None
    except Refusal as refusal:
        raise HTTPException(422, str(refusal)) from None


@router.get("/letters/{month}/book/")
def book(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """The preview book: every letter beside what was before, the unusual ones first."""
    links = [
        (f"Back to the letters of {named(month)}", view.links("letters", month)),
        ("Register (CSV)", view.links("months", month, "register.csv")),
        (QUESTIONS["missing_accounts"].words, view.links("months", month, "reports", "missing_accounts")),
    ]
    page = show_book(here, month, today=here.today(), links=links, at_most=BOOK_AT_MOST)
    return HTMLResponse(page, headers={"content-security-policy": BOOK_POLICY})


# The book names its letters' files, as they lie beside it in a folder.
@router.get("/letters/{month}/book/{file}")
def file_of_the_book(view: ThisView, month: InPath, file: str) -> RedirectResponse:
    """A letter that the book names: the page about it, or its list of accounts."""
    name, dot, ending = file.rpartition(".")
    partner_id = unquote(name)
    if not dot or ending not in ("html", "txt", "csv") or not partner_id or letter_file_name(partner_id) != name:
        raise NotThere("the preview book names no such file")
    return view.then(letter_link(view.links, month, partner_id, "accounts" if ending == "csv" else "letter"))


def letter_link(links: Links, month: BillingMonth, partner_id: str, part: str = "letter") -> str:
    """The address of a partner's letter of a month, or of a part of it."""
    return links("letters", month, part, partner_id)


@router.get("/letters/{month}/letter/{partner_id:path}")
def letter(view: ThisView, here: Installed, month: InPath, partner_id: str) -> HTMLResponse:
    """One letter: what it says beside what was before, to whom it goes, and how it looks."""
    found = one_letter(here, month, partner_id)
    return view.page(
        "letter.html",
        title=f"Letter to {found.company_name}",
        found=found,
        kind_name=kind_name,
        state_words=state_words,
        said=said,
        part=lambda name: letter_link(view.links, month, partner_id, name),
    )


# In a frame of the letter's page, and shut off by its own policy also where somebody opens it alone.
@router.get("/letters/{month}/html/{partner_id:path}")
def letter_as_mail(here: Installed, month: InPath, partner_id: str) -> HTMLResponse:
    """One letter's HTML as its recipients get it."""
    page = one_letter(here, month, partner_id).html
    return HTMLResponse(page, headers={"content-security-policy": LETTER_POLICY})


@router.get("/letters/{month}/pdf/{partner_id:path}")
def letter_as_pdf(view: ThisView, here: Installed, month: InPath, partner_id: str) -> Response:
    """One letter as PDF."""
    content = letter_pdf_content(here, partner_id, month)
    return view.file(content, name=_name(month, partner_id, "pdf"), kind="application/pdf")


@router.get("/letters/{month}/message/{partner_id:path}")
def letter_as_message(view: ThisView, here: Installed, month: InPath, partner_id: str) -> Response:
    """The whole message to the first recipient, as a file that mail programs open."""
    message = one_letter(here, month, partner_id).message
    if not message:
        raise NotThere(f"the letter of {partner_id} for {month} has no recipient: there is no message")
    return view.file(message, name=_name(month, partner_id, "eml"), kind="message/rfc822")


@router.get("/letters/{month}/accounts/{partner_id:path}")
def letter_accounts(view: ThisView, here: Installed, month: InPath, partner_id: str) -> Response:
    """The list of accounts that goes with a letter which shows sums alone."""
    attached = one_letter(here, month, partner_id).account_list
    if attached is None:
        raise NotThere(f"the letter of {partner_id} for {month} shows every account itself: it has no list")
    return view.file(attached[1], name=_name(month, partner_id, "csv"), kind="text/csv; charset=utf-8")


def _name(month: BillingMonth, partner_id: str, ending: str) -> str:
    """The name of a file to keep, plain for any partner's id."""
    return f"letter-{letter_file_name(partner_id)}-{month}.{ending}"
