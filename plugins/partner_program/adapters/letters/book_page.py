"""Writes the preview book: one HTML file, without script or network, for the person who approves the letters.

It shows no time of day, so that equal facts give equal bytes, and links only to files near it, so that a copied folder
keeps working.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.letters.book_view import (
    REMARKS_IN_WORDS,
    BookLetter,
    BookRow,
    book_row,
    counted,
    day,
    kinds_and_languages,
    month_name,
)
from partner_program.adapters.letters.months_page import PageLink
from partner_program.adapters.mail_address import sending_domain
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.delivery import state_words
from partner_program.domain.email_address import domain_of
from partner_program.domain.letter_order import REMARKS, left_out, reading_order
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.sending_settings import SendingSettings

PLAIN_ROWS = 2_000
ROWS_AT_MOST = 5_000
OVERDUE_DAYS = 31
_NAMES_SHOWN = 50
_DOMAINS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """The company names of partners that get no letter for the same reason."""

    reason: str
    companies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LetterBook:
    """Everything that the page shows; `batch_hash` and `waiting` are those of the letters that wait for approval.

    `not_asked` are entities that did not say which reseller accounts they have, with the reason.
    """

    billing_month: str
    previous_month: str | None
    today: date
    revision: int
    batch_hash: str
    waiting: int
    states: Mapping[str, int]
    decisions: tuple[str, ...]
    settings: SendingSettings
    letters: Sequence[BookLetter]
    held: Sequence[HeldGroup]
    links: Sequence[PageLink]
    company_name: str
    programme_name: str
    sender: str
    owed_to_nobody: str = ""
    not_asked: tuple[str, ...] = ()
    has_setup: bool = True
    unit: Unit = EURO


@dataclass(frozen=True, slots=True)
class Section:
    """The letters of one table; `missing` counts those that are left out of it."""

    rows: list[BookRow]
    letters: int
    missing: int


def write_letter_book(path: Path, book: LetterBook, *, templates: Path) -> Path:
    """Write the page, whole or not at all; `templates` is the folder of `book.html.j2`."""
    write_if_changed(path, letter_book_page(book, templates=templates))
    return path


def letter_book_page(book: LetterBook, *, templates: Path) -> str:
    """Return the page as HTML."""
    return _template(templates).render(book=book, **_facts(book))


@cache
def _template(folder: Path) -> Template:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,  # set here, because Jinja2 would guess from the file's name that .j2 is not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "counted": counted,
        "plain": plain_name,
        "day": day,
        "month": month_name,
        "state": state_words,
    }
    return environment.get_template("book.html.j2")


def _facts(book: LetterBook) -> dict[str, object]:
    """Return the values that the template reads besides the book itself."""
    waiting = [each for each in book.letters if each.waits]
    others = [each for each in book.letters if not each.waits]
    languages, kinds = kinds_and_languages(waiting)
    days = sorted({each.effective_on for each in waiting or book.letters})
    remarks = Counter(remark for each in waiting for remark in each.change.remarks)
    unreached = [plain_name(each.company_name) for each in book.letters if each.change.reaches_nobody]
    return {
        "sections": (_section(waiting), _section(others)),
        "waiting_letters": len(waiting),
        "languages": languages,
        "kinds": kinds,
        "days": days,
        "days_past": (book.today - days[0]).days if days else 0,
        "overdue_days": OVERDUE_DAYS,
        "remarks": [
            (REMARKS_IN_WORDS[remark][remarks[remark] > 1], remarks[remark]) for remark in REMARKS if remarks[remark]
        ],
        "unreached": unreached,
        "outside": _outside(book.settings, waiting),
        "held_count": sum(len(group.companies) for group in book.held),
        "names_shown": _NAMES_SHOWN,
        "domains_shown": _DOMAINS_SHOWN,
    }


def _outside(settings: SendingSettings, letters: Sequence[BookLetter]) -> list[str]:
    """Return the domains to which letters are waiting but may not be sent, each once."""
    rows = (each for letter in letters for each in letter.recipients if each.state == "rendered")
    domains = {domain_of(each.address) for each in rows}
    return sorted(plain_name(domain) for domain in domains if not settings.allows(sending_domain(domain)))


def _section(letters: Sequence[BookLetter]) -> Section:
    found = {each.change.partner_id: each for each in letters}
    ordered = reading_order(each.change for each in letters)
    missing = left_out(ordered, plain=PLAIN_ROWS, at_most=ROWS_AT_MOST)
    rows = [book_row(found[each.partner_id]) for each in ordered if each.partner_id not in missing]
    return Section(rows, len(letters), len(missing))
