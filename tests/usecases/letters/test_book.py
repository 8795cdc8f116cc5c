"""The preview book of a month, which a person reads before approving the letters, shows the letters as they are."""

import re
import shutil
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotApproved, Refusal
from partner_program.usecases.letters.approval import waiting_batch
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.months_page import make_months_page
from tests.usecases.letter_world import MONTH, LetterWorld, letter_world
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World

TODAY = date(2015, 8, 5)
NO_TEXT = re.compile(r"<style>.*?</style>|<[^>]+>", re.DOTALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """June rendered, to copy from: letters to four recipients at P1, P2 and P3."""
    folder = tmp_path_factory.mktemp("book") / "world"
    folder.mkdir()
    return letter_world(folder).world.folder


@pytest.fixture
def june(made: Path, tmp_path: Path) -> LetterWorld:
    """June's letters; they wait for an approval."""
    return LetterWorld(World(shutil.copytree(made, tmp_path / "june"), entities=()))


def book(world: World, month: str = JUNE) -> str:
    return write_book(world.installation, BillingMonth.parse(month), today=TODAY).read_text("utf-8")


def said(page: str) -> str:
    return " ".join(unescape(NO_TEXT.sub(" ", page)).split())


def shown(page: str) -> list[str]:
    return re.findall(r'<span class="id">(P\d)</span>', page)


def render(world: World, month: str) -> None:
    at = BillingMonth.parse(month)
    for batch in letter_batches(world.installation, at):
        render_letters(world.installation, at, batch)


def bill_july(world: World, account_id: str, minor: int) -> None:
    change = "UPDATE program_mrr_line SET net_amount_minor = ? WHERE account_id = ? AND service_start = '2015-07-01'"
    world.execute("NL", change, (minor, account_id))


@pytest.fixture
def july(world: World) -> World:
    """P1 falls from 2,000 to 1,900 and loses a tier; P3 rises from 9,000 to 11,700 and gains one; P2 stays."""
    june_in_force(world)
    bill_july(world, "A1", 1_900_00)
    bill_july(world, "A3", 9_700_00)
    world.close(JULY)
    world.settle(JULY, on="2015-08-03")
    render(world, JULY)
    return world


def test_the_book_lies_beside_its_letters_and_every_link_leads_to_a_file(june: LetterWorld) -> None:
    page = book(june.world)
    folder = june.here.out / "letters" / JUNE
    links = [unquote(link) for link in re.findall(r'href="([^"]+)"', page)]
    assert {f"{partner}.{ending}" for partner in ("P1", "P2", "P3") for ending in ("html", "txt")} <= set(links)
    assert (folder / "index.html").read_text("utf-8") == page
    assert [link for link in links if not (folder / link).is_file()] == []


def test_the_head_counts_letters_and_recipients_and_names_the_batch_that_an_approval_is_bound_to(
    june: LetterWorld,
) -> None:
    text = said(book(june.world))
    assert "3 letters to 4 recipients wait for a person's approval. They will be written to files" in text
    assert "".join(text.split()).count(waiting_batch(june.here, MONTH).batch_hash) == 1
    assert "Tier raised 3 3" in text
    assert "3 are the partner's first" in text
    assert "Nobody has decided anything about these letters yet." in text


def test_equal_states_give_equal_bytes_and_leave_the_file_alone(june: LetterWorld) -> None:
    first = write_book(june.here, MONTH, today=TODAY)
    before = first.stat().st_mtime_ns, first.stat().st_ino
    write_book(june.here, MONTH, today=TODAY)
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == before


def test_against_the_month_before_a_lowered_tier_comes_before_a_large_change(july: World) -> None:
    page = book(july, JULY)
    assert shown(page) == ["P1", "P3"]
    text = said(page)
    text = re.sub(r"HTML · Text · \d+ kB", "HTML · Text", text)
    assert "Lowered by 1 tier Tier lowered en HTML · Text Tier 2 → Tier 1 €2,000.00 → €1,900.00" in text
    assert "8% → 5% 20% → 10%" in text
    assert "Revenue up 30% Tier raised en HTML · Text Tier 3 → Tier 4 €9,000.00 → €11,700.00" in text
    assert "Compared with June 2015" in text


def test_held_partners_are_counted_with_the_reason_and_have_no_line(world: World) -> None:
    three_partners(world).reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    render(world, JUNE)
    page = book(world)
    assert shown(page) == ["P1"]
    assert "Held partners, who get no letter: 2 2 · entity US: month 2015-06 not closed" in said(page)
    assert "Company P2" in said(page)


def test_no_address_is_on_the_page_in_full(june: LetterWorld) -> None:
    page = book(june.world)
    assert "j…, n…@p1.example" in page
    assert "jo@" not in page


def test_a_letter_without_a_billing_contact_is_named_as_one_that_reaches_nobody(world: World) -> None:
    three_partners(world)
    world.tables["contacts"][1]["role"] = "technical"
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    render(world, JUNE)
    text = said(book(world))
    assert "2 letters to 2 recipients wait" in text
    assert "No mail can reach Company P2" in text
    assert "no billing contact" in text.partition("Letters that are not part of this approval")[2]


def test_letters_already_sent_are_shown_and_are_not_part_of_the_next_approval(june: LetterWorld) -> None:
    june.approve()
    june.send(limit=1)
    text = said(book(june.world))
    assert "No letter waits for an approval." in text
    assert "3 approved, 1 accepted" in text
    assert "2015-07-27 12:26 UTC: approved by robin (looked at it)" in text
    assert "Letters that wait," not in text


def test_the_page_says_that_sending_is_live_and_shows_no_secret(june: LetterWorld) -> None:
    june.world.connections["letters_smtp"] = ConnectionFields(
        "letters_smtp",
        "smtp",
        host="mail.host.example",
        login="letters",
        password="a-secret",
        extra={"live": True, "allowed_domains": ["p1.example"]},
    )
    page = book(june.world)
    assert "They will be sent for real" in page
    assert "2 domains are not allowed, so nothing goes there: p2.example, p3.example." in said(page)
    assert "a-secret" not in page


def test_there_is_no_book_before_the_letters_are_rendered(world: World) -> None:
    june_in_force(world)
    with pytest.raises(NotApproved, match="3 letters of 2015-06 are not rendered yet"):
        book(world)


def test_a_month_without_an_assessment_has_no_book(world: World) -> None:
    three_partners(world)
    with pytest.raises(Refusal, match="month 2015-06 is not assessed"):
        book(world)


def test_a_partner_called_index_keeps_its_letter_beside_the_book(world: World) -> None:
    world.partner("index", {"NL": "A0"})
    world.bill("A0", JUNE, 600_00)
    world.ready(JUNE)
    world.settle(JUNE, on=GO_LIVE)
    render(world, JUNE)
    page = book(world)
    (name,) = re.findall(r'href="([^"/]+)\.html"', page)
    letter = (world.folder / "out" / "letters" / JUNE / f"{unquote(name)}.html").read_text("utf-8")
    assert letter != page
    assert "Company index" in letter


def test_an_id_that_is_not_a_file_name_is_linked_from_both_pages(world: World) -> None:
    world.partner("A/B 50%", {"NL": "A0"})
    world.tables["contacts"][0]["email"] = "jo@ab.example"
    world.bill("A0", JUNE, 600_00)
    world.ready(JUNE)
    world.settle(JUNE, on=GO_LIVE)
    render(world, JUNE)
    out = world.folder / "out"
    (from_book,) = re.findall(r'href="([^"/]+\.html)"', book(world))
    assert (out / "letters" / JUNE / unquote(from_book)).is_file()
    months = make_months_page(world.installation).read_text("utf-8")
    (from_months,) = re.findall(rf'"(letters/{JUNE}/[^"]+\.html)"', months)
    assert (out / unquote(from_months)).is_file()


def test_a_letter_that_may_miss_an_account_says_which_and_what_it_would_change(world: World) -> None:
    world.partner("P1", {"NL": "A1"}, vat_id="NL001234567B01")
    world.bill("A1", JUNE, 1_999_99)
    world.partner("P9", {"NL": "A9"})
    world.bill("A9", JUNE, 1)
    world.execute("NL", "UPDATE program_reseller_account SET vat_id = 'NL001234567B01' WHERE account_id = 'A9'")
    world.tables["account_links"] = [row for row in world.tables["account_links"] if row["partner_id"] != "P9"]
    world.ready(JUNE)
    world.settle(JUNE, on="2015-07-27")
    render(world, JUNE)
    page = book(world)
    assert "May miss A9 at NL (certain, same VAT number): 0.01 EUR, Tier 2 with it" in said(page)
    assert "1 may miss an account" in said(page)

    world.billing_db("NL").write_bytes(b"no database")
    assert "Whether a letter misses an account is not known: accounts of entity NL" in said(book(world))
