"""The page of the preview book: hostile names are shown as text, addresses are masked, ten thousand letters fit."""

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from partner_program.adapters.letters.book_page import PLAIN_ROWS, HeldGroup, LetterBook, write_letter_book
from partner_program.adapters.letters.book_view import BookLetter, LetterSize, Recipient, masked_address
from partner_program.adapters.letters.months_page import PageLink
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.letter_order import LetterChange
from partner_program.domain.sending_settings import SendingSettings
from partner_program.usecases.installation import PROJECT
from tests.letters import hostile

TEMPLATES = PROJECT / "include" / "templates" / "letters" / "pages"
EFFECTIVE = date(2015, 8, 3)
CHANGE = LetterChange(
    partner_id="P1",
    tier=1,
    previous_tier=3,
    mrr_eur_cents=1_000_00,
    previous_mrr_eur_cents=6_000_00,
    is_first=False,
    has_lapsed=False,
    keeps_legacy=True,
    reaches_nobody=False,
)
LETTER = BookLetter(
    change=CHANGE,
    company_name="Tulip Hosting",
    kind="tier_lowered",
    language="nl",
    effective_on=EFFECTIVE,
    monthly_bp=500,
    setup_bp=1000,
    previous_monthly_bp=1000,
    previous_setup_bp=3500,
    legacy=("sla",),
    recipients=(Recipient("jo@tulip.example", "rendered"), Recipient("kim@tulip.example", "rendered")),
    href="P1",
    account_count=2,
    size=LetterSize(27_001, None),
)
BOOK = LetterBook(
    billing_month="2015-07",
    previous_month="2015-06",
    today=date(2015, 8, 5),
    revision=1,
    batch_hash="ab" * 32,
    waiting=2,
    states={"rendered": 2},
    decisions=(),
    settings=SendingSettings(),
    letters=(LETTER,),
    held=(),
    links=(PageLink("Register (CSV)", "../../registers/2015-07.csv"),),
    company_name="A company",
    programme_name="Its programme",
    sender="Its desk <desk@its.example>",
)


class Page(HTMLParser):
    """The elements of a page in order, their attributes by name, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_of(folder: Path, book: LetterBook) -> str:
    return write_letter_book(folder / "index.html", book, templates=TEMPLATES).read_text("utf-8")


def say(folder: Path, book: LetterBook) -> str:
    return Page(page_of(folder, book)).text


def book_named(name: str) -> LetterBook:
    letter = replace(LETTER, company_name=name, language=name, change=replace(CHANGE, partner_id=name))
    recipients = (Recipient(f"jo@{name}", "rendered"),)
    return replace(
        BOOK,
        letters=(replace(letter, recipients=recipients),),
        held=(HeldGroup(name, (name,)),),
        decisions=(name,),
        company_name=name,
        programme_name=name,
        sender=name,
        settings=SendingSettings(live=True, allowed_domains=(f"{name}.example",)),
    )


def test_a_hostile_name_anywhere_is_shown_as_text_and_adds_no_element(tmp_path: Path) -> None:
    calm = Page(page_of(tmp_path, book_named("calm"))).elements
    for name in hostile.ALL:
        page = Page(page_of(tmp_path, book_named(name)))
        assert page.elements == calm, ascii(name[:80])
        assert " ".join(plain_name(name).split()) in page.text


def test_nothing_on_the_page_needs_a_network_or_a_script(tmp_path: Path) -> None:
    text = page_of(tmp_path, BOOK)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in Page(text).elements}
    assert "//" not in text.replace("<!doctype html>", "")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("pat@partner.example", "p…@partner.example"),
        ("a@b@partner.example", "a…@partner.example"),
        ("é@partner.example", "é…@partner.example"),
        ("@partner.example", "…"),
        ("pat", "…"),
        ("", "no billing contact"),
    ],
)
def test_an_address_shows_its_first_character_and_its_domain(address: str, shown: str) -> None:
    assert masked_address(address) == shown


def test_a_line_says_what_was_and_what_is(tmp_path: Path) -> None:
    said = say(tmp_path, BOOK)
    assert (
        "Tier 3 → Tier 1 €6,000.00 → €1,000.00 \N{MINUS SIGN}€5,000.00 (\N{MINUS SIGN}83%) 10% → 5% 35% → 10%" in said
    )
    assert "Lowered by 2 tiers Revenue down 83% Keeps older terms: SLA" in said
    assert "j…, k…@tulip.example" in said


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2015, 8, 1), "Rates from 3 August 2015 (in 2 days)"),
        (date(2015, 8, 3), "Rates from 3 August 2015 (today)"),
        (date(2015, 8, 4), "Rates since 3 August 2015 (1 day ago)"),
        (date(2015, 9, 3), "Rates since 3 August 2015 (31 days ago)"),
        (date(2015, 9, 4), "These letters are 32 days late."),
    ],
)
def test_the_page_says_how_old_the_rates_are_and_loudly_after_31_days(tmp_path: Path, today: date, said: str) -> None:
    text = say(tmp_path, replace(BOOK, today=today))
    assert said in text
    assert ("days late" in text) is (today == date(2015, 9, 4))


def test_the_page_says_whether_mail_leaves_and_which_domains_nothing_goes_to(tmp_path: Path) -> None:
    assert "They will be written to files; no mail leaves." in say(tmp_path, BOOK)
    live = say(tmp_path, replace(BOOK, settings=SendingSettings(live=True, allowed_domains=("other.example",))))
    assert "They will be sent for real, but only to the domains that are allowed." in live
    assert "only at other.example" in live
    assert "1 domain is not allowed, so nothing goes there: tulip.example." in live
    allowed = say(tmp_path, replace(BOOK, settings=SendingSettings(live=True, allowed_domains=("*",))))
    assert "whatever the domain" in allowed
    assert "They will be sent for real. " in allowed
    assert "not allowed" not in allowed


def test_ten_thousand_letters_of_a_migration_stay_below_five_megabytes_and_the_page_says_what_is_left_out(
    tmp_path: Path,
) -> None:
    def letter(number: int, change: LetterChange) -> BookLetter:
        change = replace(change, partner_id=f"P{number:05}")
        return replace(LETTER, company_name=f"Company with a long name {number}", change=change, href=change.partner_id)

    first = replace(CHANGE, previous_tier=None, previous_mrr_eur_cents=None, is_first=True, keeps_legacy=False)
    lowered = [letter(number, CHANGE) for number in range(300)]
    others = [letter(number, first) for number in range(300, 10_000)]
    text = page_of(tmp_path, replace(BOOK, letters=[*others, *lowered]))
    assert len(text.encode()) < 5_000_000
    assert text.count(".txt") == PLAIN_ROWS
    assert all(f'href="P{number:05}.html"' in text for number in range(300))
    assert "8,000 letters of 10,000 have no line here" in Page(text).text
    outliers = page_of(tmp_path, replace(BOOK, letters=[letter(number, CHANGE) for number in range(10_000)]))
    assert len(outliers.encode()) < 5_000_000
