"""Six real programmes of other companies, under invented names: their files load, settle, quote and write letters.

Each is written as its public page states it, without anything bent. What a file of 2015 has and these lack is nowhere
in what their partners and people get. Tiers, prices and letters below were worked out by hand from the files.
"""

import csv
import io
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.documents import letter_pdf
from partner_program.usecases.letters.rendering import letter_batches, letters_folder, render_letters
from partner_program.usecases.months_page import make_months_page
from partner_program.usecases.register import register_file
from tests.own_folder import OwnWorld, own_brand

FILES = Path(__file__).parents[2] / "data" / "programmes"
JANUARY, DAY = "2026-01", "2026-02-01"


@dataclass(frozen=True)
class Case:
    """A programme and what it gives: the cents that its partners were billed, each with its tier and its discount.

    `quote` are what 100.00 a month costs the first partner with a promotion of 10 %, and 50.00 of set-up. `staff` are
    the certified people that every partner has, `since` the day on which it was authorised. Where a year decides,
    January is projected to it: 12 times 8,333.33 are 99,999.96, 12 times 166.66 are 1,999.92, each some cents below
    a threshold.
    """

    folder: str
    company: str
    partners: tuple[tuple[int, str, int], ...]
    quote: int
    next_tier: str
    staff: int = 0
    since: str = "2014-03-01"


CASES = [
    Case("alsterhost", "Alsterhost", ((5_000_00, "Gold", 2000), (4_999_99, "Silver", 1500), (-1, "Silver", 1500)),
         70_00, "On the way to Platinum"),
    Case("awan", "Awan", ((1_000_000_00, "Bronze", 1000), (999_999_99, "Starter", 500), (0, "Starter", 500)), 90_00,
         "On the way to Silver"),
    Case("neva", "Neva", ((30_000_00, "Partner #6+", 1500), (19_999_99, "Partner #4", 1100), (499_99, "", 0)), 75_00,
         "You are at the top"),
    Case("openline", "Openline", ((8_333_33, "Growth", 1500), (166_66, "Basic", 0), (-500_00, "Basic", 0)), 85_00,
         "On the way to Enterprise", since="2026-01-01"),
    Case("tatry", "Tatry", ((5_000_00, "Gold", 3000), (4_999_99, "Silver", 2000), (0, "Registered", 1000)), 60_00,
         "On the way to Platinum"),
    Case("waterloop", "Waterloop", ((3_000_00, "Silver", 1500), (2_999_99, "Ready", 1000), (0, "Ready", 1000)), 75_00,
         "On the way to Gold", staff=1),
]  # fmt: skip
LANGUAGES = ("en", "nl", "de")
# What stands in letters, pages and files of the programme of 2015, and is nothing of these six.
FIRST_OWNERS = re.compile(
    r"LeaseWeb|Authorized|2015|Private (?:Rack|Cloud)|\b(?:Tier|Stufe) \d|\bniveau \d"
    r"|[Ss]ervice[ -]?[Ll]evel|[Ss]erviceniveau"
    r"|Setup fee discount|auf die Einrichtungsgebühr|op de installatiekosten"
    r"|in advance|vooruit|Vorauszahlung|[Pp]repayment"
    r"|servers for tests|testservers|Testserver|Knowledge Base|Seeding"
)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.folder)
def settled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, OwnWorld]:
    """January 2026 settled with the programme's own file and brand, its letters written."""
    case: Case = request.param
    (file,) = (FILES / case.folder).glob("*.yaml")
    programs = {file.stem: file.read_text("utf-8")}
    company = programs[file.stem].partition("company: ")[2].partition("\n")[0]
    world = OwnWorld(tmp_path_factory.mktemp(case.folder), brand=own_brand(company), programs=programs)
    for place, ((cents, _, _), language) in enumerate(zip(case.partners, LANGUAGES, strict=True), start=1):
        world.partner(f"P{place}", {"NL": f"A{place}"}, language=language, authorized_on=case.since)
        if case.staff:
            world.qualified(f"P{place}", case.staff)
        kind = "credit" if cents < 0 else "recurring"
        world.bill(f"A{place}", JANUARY, cents, charge_kind=kind)
    world.ready(JANUARY)
    world.settle(JANUARY, on=DAY, migration=True)
    month = world.request(JANUARY).month
    for batch in letter_batches(world.installation, month):
        render_letters(world.installation, month, batch)
    return case, world


def said(world: OwnWorld, *command: str) -> str:
    """What a command prints."""
    done = world.command_line(*command)
    assert done.status == 0, done.stderr
    return done.stdout


def test_each_partner_has_the_tier_and_the_discount_that_the_table_gives(settled: tuple[Case, OwnWorld]) -> None:
    case, world = settled
    rows = json.loads(said(world, "register", JANUARY, "--format", "json"))["partners"]
    found = [(row["mrr_eur_cents"], row.get("tier_name", ""), row["monthly_fee_discount_bp"]) for row in rows]
    assert tuple(found) == case.partners
    assert {(row["setup_fee_discount_bp"], row["sla"]) for row in rows} == {(0, None)}


def test_the_register_as_csv_has_the_names_beside_the_numbers(settled: tuple[Case, OwnWorld]) -> None:
    case, world = settled
    rows = list(csv.DictReader(io.StringIO(said(world, "register", JANUARY, "--format", "csv"))))
    assert [row["tier_name"] for row in rows] == [name for _, name, _ in case.partners]
    assert all(row["tier"].isdigit() for row in rows)


def test_a_quote_combines_a_promotion_as_the_programme_says(settled: tuple[Case, OwnWorld]) -> None:
    case, world = settled
    order = ("--on", DAY, "--monthly", "100.00", "--setup", "50.00", "--promo", "10", "--term", "1")
    found = json.loads(said(world, "quote", "P1", *order, "--format", "json"))
    assert (found["monthly_fee_cents"], found["setup_fee_cents"]) == (case.quote, 50_00)
    assert found["steps"][0]["rule"] == case.partners[0][1]
    told = said(world, "quote", "P1", *order)
    assert FIRST_OWNERS.findall(told) == []


def test_any_other_term_is_refused(settled: tuple[Case, OwnWorld]) -> None:
    _, world = settled
    done = world.command_line("quote", "P1", "--on", DAY, "--monthly", "1", "--setup", "0", "--term", "12")
    assert done.status != 0
    assert "a term of 12 months is not defined: the programme has 1 month" in done.stderr


def letters_of(world: OwnWorld) -> dict[str, str]:
    """Everything that partners get, by file or command: HTML, text, paper, explanation."""
    here, month = world.installation, world.request(JANUARY).month
    folder = letters_folder(here, month)
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".html", ".txt")}
    for partner in ("P1", "P2", "P3"):
        paper = PdfReader(letter_pdf(here, partner, month))
        found[f"{partner}.pdf"] = " ".join(page.extract_text() for page in paper.pages)
        found[f"{partner} explained"] = said(world, "explain", partner, JANUARY, "--for", "partner")
    return {name: " ".join(text.split()) for name, text in found.items()}


def test_no_word_of_the_first_owners_programme_is_in_what_partners_get(settled: tuple[Case, OwnWorld]) -> None:
    case, world = settled
    found = letters_of(world)
    assert len(found) == 12
    for name, text in found.items():
        shown = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
        assert FIRST_OWNERS.findall(shown) == [], name
        assert case.company in text or "explained" in name


def test_the_letter_names_the_tier_and_the_way_to_the_next(settled: tuple[Case, OwnWorld]) -> None:
    case, world = settled
    text = letters_of(world)["P1.txt"]
    _, name, bp = case.partners[0]
    assert f"Welcome: you start in {name}".upper() in text
    assert f"Monthly fee discount: {bp // 100}%" in text
    assert case.next_tier.upper() in text.upper()
    assert ("YOUR BENEFITS" in text.upper()) == (case.folder == "waterloop")


def test_the_book_of_the_desk_has_no_word_of_it_either(settled: tuple[Case, OwnWorld]) -> None:
    _, world = settled
    content = register_file(world.installation, world.request(JANUARY).month, "xlsx")
    with ZipFile(io.BytesIO(content)) as book:
        sheets = [name for name in book.namelist() if name.startswith(("xl/worksheets/", "xl/sharedStrings"))]
        words = " ".join(book.read(name).decode() for name in sheets)
    assert FIRST_OWNERS.findall(re.sub(r"<[^>]*>", " ", words)) == []
    assert "setup_fee_discount" not in words
    assert "tier_name" in words


@pytest.mark.parametrize("command", [("register", JANUARY), ("explain", "P1", JANUARY)], ids=lambda each: each[0])
def test_the_terminal_names_tiers_and_drops_what_is_not_there(
    settled: tuple[Case, OwnWorld], command: tuple[str, ...]
) -> None:
    case, world = settled
    told = said(world, *command)
    assert case.partners[0][1] in told
    assert FIRST_OWNERS.findall(told) == []
    assert "SLA" not in told if command[0] == "explain" else True


def test_tables_of_people_have_no_column_of_what_the_programme_lacks_and_no_tiers_number(
    settled: tuple[Case, OwnWorld],
) -> None:
    case, world = settled
    head, first = said(world, "register", JANUARY, "--all").partition("┡")[0], case.partners[0][1]
    assert re.search(r"\b(?:SLA|setup|tier name)\b", head) is None
    assert "tier" in head
    near = said(world, "near", JANUARY, "--within", "50")
    assert all(name in near for _, name, _ in case.partners[1:2] if name and first)
    assert not re.search(r"│ +[1-9] +│", near)


def test_the_preview_book_has_no_column_of_setup_fees(settled: tuple[Case, OwnWorld]) -> None:
    _, world = settled
    page = write_book(world.installation, world.request(JANUARY).month, today=date(2026, 2, 2)).read_text("utf-8")
    assert ("Setup fee" in page, "Goes to" in page) == (False, True)
    assert '.table td:nth-child(7)::before{content:"Goes to"}' in page
    assert FIRST_OWNERS.findall(re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)) == []


def test_the_page_of_months_names_tiers(settled: tuple[Case, OwnWorld]) -> None:
    case, world = settled
    page = make_months_page(world.installation).read_text("utf-8")
    assert '"Tier " + tier' not in page
    assert [words for words in ("Setup fee", 'SLA"', "row[SETUP]", "row[SLA]") if words in page] == []
    assert '.table td:nth-child(6)::before{content:"Letter"}' in page
    assert all(json.dumps(name, ensure_ascii=False) in page for _, name, _ in case.partners if name)


def test_no_file_that_a_month_leaves_has_a_word_of_the_first_owner(settled: tuple[Case, OwnWorld]) -> None:
    """Quality report, pages, registers, letters, lists: whatever lies below `out` for people to read."""
    _, world = settled
    make_months_page(world.installation)
    files = [each for each in (world.folder / "out").rglob("*") if each.suffix in (".html", ".txt", ".md", ".csv")]
    assert {"index.html", "summary.md"} <= {each.name for each in files}
    for each in files:
        shown = re.sub(r"<(style|script).*?</\1>", "", each.read_text("utf-8"), flags=re.DOTALL)
        assert FIRST_OWNERS.findall(re.sub(r"<[^>]*>", " ", shown)) == [], each
        assert "Reseller Partner Program" not in shown


RULES_SAY = {
    "openline": (
        "of which January 2026 is the first.",
        "Projected to 12 months, that is €99,999.96.",
        "in January 2027.",
    ),
    "tatry": ("A tier rises at a review only; the next one is in January 2027.",),
    "waterloop": ("certified people: 2 needed, 1 on record",),
}


def test_a_letter_says_what_the_rules_beside_revenue_of_a_month_are(settled: tuple[Case, OwnWorld]) -> None:
    case, world = settled
    text = letters_of(world)["P1.txt"].replace("\N{NO-BREAK SPACE}", " ")
    for words in RULES_SAY.get(case.folder, ()):
        assert words in text
    assert "at all our entities" not in text
