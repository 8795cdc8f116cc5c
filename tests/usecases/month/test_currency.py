"""A programme in another unit than EUR: months settled to amounts and tiers that were worked out by hand.

For one EUR there are 1.2 USD, 0.8 GBP and 20,000 IDR in the month.
"""

import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from partner_program.adapters.database import schema
from partner_program.adapters.files.program import load_programs, read_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import Refusal, UnsoundFiles
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.months_page import make_months_page
from partner_program.usecases.register import register_file
from tests.programs import least
from tests.usecases.month.own_programme import OwnProgramme

JANUARY, FEBRUARY, MARCH = "2026-01", "2026-02", "2026-03"
NAMES = ("Bronze", "Silver", "Gold")
# From 500.00, 2,000.00 and 5,000.00: 5, 8 and 10 %.
ROWS = ((500_00, 500), (2_000_00, 800), (5_000_00, 1000))


def in_unit(unit: str, *rows: tuple[int, int], day: str = "2010-01-01", more: str = "") -> str:
    """A programme of three tiers in a unit."""
    return least(*(rows or ROWS), names=NAMES, day=day) + f"\ncurrency: {unit}\n{more}"


def world_of(folder: Path, text: str, *entities: str) -> OwnProgramme:
    """A world over a programme file, with the rates of three months."""
    world = OwnProgramme(folder, text, entities)
    for month in (JANUARY, FEBRUARY, MARCH):
        world.rate(month, "USD", "1.2")
        world.rate(month, "GBP", "0.8")
        world.rate(month, "IDR", "20000")
    return world


def partner(world: OwnProgramme, name: str, **billed: int) -> None:
    """A partner with an account at each entity, and what it was billed there in January."""
    world.partner(name, {entity: f"{name}-{entity}" for entity in billed})
    for entity, minor in billed.items():
        world.bill(f"{name}-{entity}", JANUARY, minor, entity=entity)


def settled(world: OwnProgramme, month: str = JANUARY, on: str = "2026-02-01") -> dict[str, dict[str, Any]]:
    """A month settled: the rows of its register by partner."""
    world.ready(month)
    world.settle(month, on=on)
    return {row["partner_id"]: row for row in register(world, month)["partners"]}


def register(world: OwnProgramme, month: str) -> dict[str, Any]:
    """A month's register as the command line prints it."""
    done = world.command_line("register", month, "--format", "json")
    assert done.status == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_amounts_are_in_dollars_where_the_programme_is(tmp_path: Path) -> None:
    world = world_of(tmp_path, in_unit("{code: USD}"), "NL", "US", "UK")
    partner(world, "OWN", US=2_000_00)  # needs no rate
    partner(world, "CENT", US=1_999_99)
    partner(world, "EURO", NL=1_666_67)  # 2,000.004
    partner(world, "SMALL", NL=1_666_66)  # 1,999.992: rounded up to 1,999.99
    partner(world, "ALL", US=1_000_00, NL=1_000_01, UK=100_00)  # 1,000.00 + 1,200.01 + 150.00
    rows = settled(world)
    amounts = {name: (row["mrr_cents"], row["earned_tier"]) for name, row in rows.items()}
    assert amounts == {
        "OWN": (2_000_00, 2),
        "CENT": (1_999_99, 1),
        "EURO": (2_000_00, 2),
        "SMALL": (1_999_99, 1),
        "ALL": (2_350_01, 2),
    }
    assert {row["currency"] for row in rows.values()} == {"USD"}
    assert {row["mrr_eur_cents"] for row in rows.values()} == {None}
    accounts = {each["entity"]: each for each in rows["ALL"]["accounts"]}
    assert accounts["US"] == {
        "entity": "US", "account_id": "ALL-US", "currency": "USD", "units_per_eur": None,
        "programme_units_per_eur": None, "mrr_eur_cents": None, "mrr_cents": 1_000_00,
    }  # fmt: skip
    assert (accounts["UK"]["units_per_eur"], accounts["UK"]["programme_units_per_eur"]) == ("0.8", "1.2")
    assert (accounts["NL"]["units_per_eur"], accounts["NL"]["mrr_cents"]) == ("1", 1_200_01)


def test_an_amount_is_rounded_once(tmp_path: Path) -> None:
    # 1,333.33 GBP are 1,666.6625 EUR and 1,999.995 USD: 2,000.00. Rounded to EUR first it would be 1,999.99.
    world = world_of(tmp_path, in_unit("{code: USD}"), "UK")
    partner(world, "P1", UK=1_333_33)
    row = settled(world)["P1"]
    assert (row["mrr_cents"], row["earned_tier"]) == (2_000_00, 2)


def test_a_currency_of_whole_units(tmp_path: Path) -> None:
    rows = ((0, 500), (1_000_000, 1000), (5_000_000, 1500))
    world = world_of(tmp_path, in_unit("{code: IDR, decimals: 0}", *rows), "NL", "DE")
    next(each for each in world.tables["entities"] if each["entity"] == "DE")["currency"] = "IDR"
    world.partner("P1", {"DE": "A1"})
    world.bill("A1", JANUARY, 999_999, entity="DE", currency="IDR")
    world.partner("P2", {"DE": "A2", "NL": "B2"})
    world.bill("A2", JANUARY, 800_000, entity="DE", currency="IDR")
    world.bill("B2", JANUARY, 10_00, entity="NL")  # 10.00 EUR are 200,000 rupiah
    world.partner("P3", {"NL": "B3"})
    world.bill("B3", JANUARY, 250_00, entity="NL")
    found = settled(world)
    assert {name: (row["mrr_cents"], row["earned_tier"]) for name, row in found.items()} == {
        "P1": (999_999, 1),
        "P2": (1_000_000, 2),
        "P3": (5_000_000, 3),
    }
    assert {(row["currency"], row["decimals"]) for row in found.values()} == {("IDR", 0)}


def test_points_are_counted_and_never_converted(tmp_path: Path) -> None:
    text = in_unit("{label: points, decimals: 0}", (10, 500), (50, 1000), (200, 1500))
    world = world_of(tmp_path, text, "NL", "DE")
    next(each for each in world.tables["entities"] if each["entity"] == "DE")["currency"] = "XXX"
    world.partner("P1", {"DE": "A1"})
    world.bill("A1", JANUARY, 1_200, entity="DE", currency="XXX")
    world.partner("P2", {"NL": "B2", "DE": "A2"})
    world.bill("B2", JANUARY, 5_000_00, entity="NL")
    world.bill("A2", JANUARY, 50, entity="DE", currency="XXX")
    rows = settled(world)
    assert (rows["P1"]["mrr_cents"], rows["P1"]["currency"], rows["P1"]["earned_tier"]) == (1_200, "points", 3)
    assert rows["P2"]["status"] == "held"
    (held,) = register(world, JANUARY)["held"]
    assert held["reason"] == "entity NL: an amount in EUR is no number of points: these are counted as XXX"


def test_without_a_rate_of_the_programmes_currency_only_its_own_amounts_count(tmp_path: Path) -> None:
    world = OwnProgramme(tmp_path, in_unit("{code: USD}"), ("NL", "US", "UK"))
    partner(world, "OWN", US=500_00)
    partner(world, "EURO", NL=500_00)
    partner(world, "POUND", UK=500_00)
    rows = settled(world)
    assert {name: row["status"] for name, row in rows.items()} == {"OWN": "assigned", "EURO": "held", "POUND": "held"}
    reasons = {each["partner_id"]: each["reason"] for each in register(world, JANUARY)["held"]}
    assert reasons == {
        "EURO": "entity NL: no exchange rate for USD in 2026-01, the programme's currency",
        "POUND": "entity UK: no exchange rate for GBP in 2026-01",
    }


def test_the_same_inputs_again_change_nothing(tmp_path: Path) -> None:
    world = world_of(tmp_path, in_unit("{code: USD}"), "NL", "US", "UK")
    partner(world, "ALL", US=1_000_00, NL=1_000_01, UK=100_00)
    settled(world)
    before = world.fingerprint()
    world.settle(JANUARY)
    assert world.fingerprint() == before


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{code: usd}", "currency.code: 'usd' is not allowed, expected a currency as three capitals, as in EUR"),
        ("{code: JPY}", "currency.code: JPY has no two decimals, expected `decimals: 0` beside it, and whole JPY"),
        ("{code: KWD, decimals: 2}", "currency.decimals: KWD has no two decimals, expected 0: whole KWD"),
        (
            "{code: USD, decimals: 1}",
            "currency.decimals: 1 is neither, expected 0 for whole units, or 2 for hundredths",
        ),
        ("{code: EUR, decimals: 0}", "currency.decimals: EUR is counted in cents, expected 2, or no such key"),
        ("{code: XXX}", "currency.code: XXX is no currency, expected a label for what is counted"),
        ("{label: points}", "currency.decimals: is missing, expected 0 for whole numbers, or 2 for hundredths"),
        ("{label: 5points, decimals: 0}", "currency.label: '5points' holds a digit, expected a word"),
        ("{decimals: 0}", "currency.code: and label: neither given"),
        ("{code: USD, label: points}", "currency.code: and label: both given"),
        ("USD", "currency: 'USD' is a text, expected a mapping"),
        ("{code: USD, units: 5}", "currency.units: is not a known key"),
    ],
)
def test_a_currency_at_fault_is_refused_in_its_own_words(written: str, fault: str) -> None:
    with pytest.raises(UnsoundFiles) as refused:
        read_program("x.yaml", in_unit(written).encode())
    assert any(fault in str(each) for each in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("{code: USD}", Unit("USD")),
        ("{code: USD, decimals: 2, source: 'All prices are in dollars.'}", Unit("USD")),
        ("{code: JPY, decimals: 0}", Unit("JPY", 0)),
        ("{code: EUR}", EURO),
        ("{label: accounts, decimals: 0}", Unit("XXX", 0, "accounts")),
    ],
)
def test_a_currency_is_read(written: str, unit: Unit) -> None:
    assert read_program("x.yaml", in_unit(written).encode()).unit == unit


def changed(folder: Path, *entities: str) -> OwnProgramme:
    """A company that goes over from EUR to USD with the rates of March."""
    world = world_of(folder, least(*ROWS, names=NAMES, day="2010-01-01"), *entities)
    (world.include / "program" / "2026-03-01.yaml").write_text(in_unit("{code: USD}", day="2026-03-01"))
    world.__dict__.pop("_programs")
    world._programs = load_programs(world.include / "program")
    return world


def test_after_a_change_of_currency_totals_of_entities_are_not_compared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = changed(tmp_path, "NL")
    partner(world, "P1", NL=100_000_00)
    assert settled(world)["P1"]["mrr_eur_cents"] == 100_000_00
    world.bill("P1-NL", FEBRUARY, 50_000_00)  # half of it, and 60,000.00 USD: -40 % of other units
    assert settled(world, FEBRUARY, "2026-03-01")["P1"]["mrr_cents"] == 60_000_00
    assert "brake: NL not compared, counted in another currency before 2026-03-01" in caplog.text
    world.bill("P1-NL", MARCH, 10_000_00)
    with pytest.raises(Refusal, match=r"moves from 60,000\.00 to 12,000\.00 USD"):
        settled(world, MARCH, "2026-04-01")


def test_a_month_has_one_currency(tmp_path: Path) -> None:
    world = changed(tmp_path, "NL", "UK")
    partner(world, "P1", NL=1_000_00)
    partner(world, "P2", UK=1_000_00)
    world.tables["exchange_rates"] = [each for each in world.tables["exchange_rates"] if each["currency"] != "GBP"]
    assert settled(world)["P2"]["status"] == "held"
    world.rate(JANUARY, "GBP", "0.8")
    world.load()
    with pytest.raises(Refusal, match=r"2026-01 would be counted in EUR .* and USD .*a month has one"):
        world.settle(JANUARY, on="2026-03-02")


EURO_WORDS = re.compile(r"\bEUR\b|€|\beuros?\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def dollars(tmp_path_factory: pytest.TempPathFactory) -> OwnProgramme:
    """January in USD: one partner with accounts in USD and GBP, 2,500.00 in all."""
    world = world_of(tmp_path_factory.mktemp("dollars"), in_unit("{code: USD}", more="company: LeaseWeb\n"), "US", "UK")
    partner(world, "P1", US=1_000_00, UK=1_000_00)
    settled(world)
    return world


def said(world: OwnProgramme, *command: str) -> str:
    done = world.command_line(*command)
    assert done.status == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("command", "amount"),
    [
        (("register", JANUARY), "2,500.00"),
        (("explain", "P1", JANUARY), "total 2,500.00 USD: Silver, from 2,000.00 up to 5,000.00"),
        (("explain", "P1", JANUARY, "--for", "partner"), "$2,500.00"),
        (("quote", "P1", "--on", "2026-02-01", "--monthly", "100.00", "--setup", "50.00", "--term", "1"), "92.00 USD"),
    ],
)
def test_what_people_read_has_the_programmes_currency(
    dollars: OwnProgramme, command: tuple[str, ...], amount: str
) -> None:
    told = said(dollars, *command)
    assert amount in told.replace("\u00a0", " ")
    assert not EURO_WORDS.search(told.replace("per EUR, a test", "")), told


def test_files_name_the_currency(dollars: OwnProgramme) -> None:
    header, row = said(dollars, "register", JANUARY, "--format", "csv").splitlines()
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    assert (cells["mrr_eur_cents"], cells["mrr_cents"], cells["currency"]) == ("", "250000", "USD")
    receipt = json.loads(said(dollars, "explain", "P1", JANUARY, "--format", "json"))
    assert (receipt["result"]["mrr_cents"], receipt["result"]["mrr_eur_cents"]) == (2_500_00, None)
    asked = ("quote", "P1", "--on", "2026-02-01", "--monthly", "100.00", "--setup", "50.00", "--term", "1")
    assert json.loads(said(dollars, *asked, "--format", "json"))["currency"] == "USD"
    month = dollars.request(JANUARY).month
    book = load_workbook(io.BytesIO(register_file(dollars.installation, month, "xlsx")))
    partners = book[JANUARY]
    found = {each[0].value: each[1].value for each in partners.iter_cols(max_row=2)}
    assert found["mrr_usd"] == 2500
    words = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [each for each in words if re.search(r"eur", each, re.IGNORECASE)]


def test_no_file_of_a_programme_in_dollars_speaks_of_euros(dollars: OwnProgramme) -> None:
    installation, month = dollars.installation, dollars.request(JANUARY).month
    for batch in letter_batches(installation, month):
        render_letters(installation, month, batch)
    book = write_book(installation, month, today=date(2026, 2, 1))
    page = make_months_page(installation)
    assert "US$2,500.00" in book.read_text("utf-8")
    assert '"unit":["US$","",2]' in page.read_text("utf-8")
    files = [path for path in (dollars.folder / "out").rglob("*") if path.is_file()]
    texts = {path: path.read_text("utf-8").replace("per EUR, a test", "") for path in files}
    assert {path: found[0] for path, text in texts.items() if (found := EURO_WORDS.search(text))} == {}


def test_events_name_the_currency(dollars: OwnProgramme) -> None:
    with dollars.installation.database.reading() as connection:
        told = [json.loads(row.amounts) for row in connection.execute(select(schema.event.c.amounts))]
    amounts = [each for each in told if "mrr_eur_cents" in each]
    assert amounts
    assert {each["currency"] for each in amounts} == {"USD"}
    assert {(each["mrr_eur_cents"], each["mrr_cents"]) for each in amounts} == {(None, 2_500_00)}


FUNDS = """\
benefits:
  - key: mdf
    name: MDF
    group: marketing
    tiers: [on_request, on_request, on_request]
    description: Funds for a campaign.
    reading: x
benefit_terms:
  - benefit: mdf
    proposal: true
    reading: x
"""


def test_an_amount_typed_for_a_benefit_is_in_whole_units_where_the_programme_is(tmp_path: Path) -> None:
    world = world_of(
        tmp_path, in_unit("{code: IDR, decimals: 0}", (0, 500), (1_000, 800), (5_000, 1000), more=FUNDS), "NL"
    )
    partner(world, "P1", NL=10_00)
    settled(world)
    ask = ("benefit", "request", "P1", "mdf", "--activity", "a fair", "--market", "ID")
    refused = world.command_line(*ask, "--amount", "1000.50", "--reason", "leads")
    assert refused.status == 1
    assert "IDR are whole: 1000.50 is none" in refused.stderr
    done = world.command_line(*ask, "--amount", "1000000", "--reason", "leads")
    assert done.status == 0, done.stderr
    assert world.rows("SELECT amount_cents FROM benefit_step") == [(1_000_000,)]
    assert "1,000,000" in world.command_line("benefit", "list").stdout


def test_a_month_keeps_its_unit_when_a_restatement_takes_force_under_another(tmp_path: Path) -> None:
    world = changed(tmp_path, "NL")
    partner(world, "P1", NL=1_000_00)
    settled(world)
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 300000 WHERE account_id = 'P1-NL'")
    world.close(JANUARY)
    accepted = date(2026, 3, 10)
    world.settle(JANUARY, today=str(accepted))
    month = BillingMonth.parse(JANUARY)
    accept_restatement(world.installation, month, Acceptance(accepted, "pat", "corrected"), today=accepted)
    told = register(world, JANUARY)
    assert (told["revision"], told["partners"][0]["mrr_eur_cents"]) == (2, 3_000_00)
    assert "currency" not in told["partners"][0]
    world.bill("P1-NL", FEBRUARY, 50_000_00)
    world.ready(FEBRUARY)
    world.settle(FEBRUARY, on="2026-03-11")  # the brake has no month in USD to compare with


def test_a_month_is_corrected_again_after_the_programme_changed_its_currency(tmp_path: Path) -> None:
    """The day on which the first correction was accepted is no day of the month's own: it still counts in EUR."""
    world = changed(tmp_path, "NL")
    partner(world, "P1", NL=1_000_00)
    settled(world)
    month = BillingMonth.parse(JANUARY)
    for day, cents in ((10, 3_000_00), (12, 4_000_00)):
        accepted = date(2026, 3, day)
        world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = ? WHERE account_id = 'P1-NL'", (cents,))
        world.close(JANUARY)
        assert world.settle(JANUARY, today=str(accepted)).proposed == 1
        accept_restatement(world.installation, month, Acceptance(accepted, "pat", "corrected"), today=accepted)
        assert register(world, JANUARY)["partners"][0]["mrr_eur_cents"] == cents
        assert not world.settle(JANUARY, today="2026-03-20").changed


def test_an_amount_is_typed_as_it_is_read() -> None:
    for unit, minor, typed in ((Unit("USD"), 155_00, "155.00"), (Unit("JPY", 0), 1_550, "1550.00")):
        assert unit.typed(minor) == typed
        assert unit.of_hundredths(round(Decimal(typed) * 100)) == minor
