"""The workbook of a month: what was before, what adds up, and formulas that a spreadsheet calculates to the same."""

import csv
import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from partner_program.adapters.database.register import read_previous_month, read_register
from partner_program.adapters.reports.workbook import Sheet, SheetColumn, workbook
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.register import register_file
from partner_program.usecases.reports.cost import TABLES as COST_TABLES
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE
from tests.worlds import World

SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def july(tmp_path_factory: pytest.TempPathFactory) -> World:
    """In July P1 bills a cent less than Tier 2, P2 is held, P3 as in June; P4 and P2 have services with a discount."""
    world = World(tmp_path_factory.mktemp("workbook"))
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 2_000_00)
    world.bill("A1", JULY, 1_999_99)
    world.partner("P2", {"US": "B2"})
    world.bill("B2", JUNE, 1_100_00, entity="US", months=2)
    world.partner("P3", {"NL": "A3", "US": "B3"})
    world.bill("A3", JUNE, 7_000_00, months=2)
    world.bill("B3", JUNE, 2_200_00, entity="US", months=2)
    world.partner("P4", {"NL": "A4"})
    world.bill("A4", JUNE, 2_000_00)
    order = {"ordered_on": "2015-07-28", "posted_on": "2015-07-31"}
    for product in ("cdn", "cloud", "dedicated_server"):  # list value 108.695652... each
        world.bill("A4", JULY, 100_00, product=product, discount_bp=800, **order)
    term: dict[str, Any] = {"service_start": "2015-07-01", "service_end": "2016-07-01", "term_months": 12}
    world.bill("A4", JULY, 12 * 46_00, discount_bp=800, **term, **order)
    world.bill("B2", JULY, 104_50, entity="US", discount_bp=500, **order)
    for month in (JUNE, JULY):
        world.rate(month, "USD", "1.1")
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    world.reopen(JULY, "US")
    world.settle(JULY, on="2015-08-03")
    return world


def rows(body: bytes, sheet: str) -> list[dict[str, object]]:
    found = openpyxl.load_workbook(io.BytesIO(body), data_only=True)[sheet]
    header, *below = found.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in below]


def test_each_partner_has_its_company_its_manager_and_the_month_before(july: World) -> None:
    body = register_file(july.installation, BillingMonth(2015, 7), "xlsx")
    of_p1 = rows(body, "2015-07")[0]
    assert (of_p1["partner_id"], of_p1["mrr_eur"], of_p1["previous_mrr_eur"]) == ("P1", 1_999.99, 2_000)
    assert (of_p1["mrr_change_eur"], of_p1["previous_monthly_fee_discount"]) == (-0.01, 0.08)
    assert of_p1["account_manager"]


def test_a_held_partner_has_a_sheet_with_its_reason_and_what_it_counted_before(july: World) -> None:
    body = register_file(july.installation, BillingMonth(2015, 7), "xlsx")
    held = {each["partner_id"]: each for each in rows(body, "held")}
    assert "not closed" in str(held["P2"]["reason"])
    assert (held["P2"]["previous_mrr_eur"], held["total"]["previous_mrr_eur"]) == (1_000, 1_000 + 9_000)


@pytest.mark.parametrize("month", [BillingMonth(2015, 6), BillingMonth(2015, 7)])
def test_the_month_before_has_the_figures_of_its_register(july: World, month: BillingMonth) -> None:
    """Of assigned partners and of held ones, which keep a rate and have no total."""
    with july.installation.database.reading() as connection:
        register = read_register(connection, month)
        previous = read_previous_month(connection, month)
    assert previous.unit == register.unit
    assert previous.figures == {
        each.partner_id: (each.mrr_eur_cents, each.monthly_fee_discount_bp, each.setup_fee_discount_bp, each.sla)
        for each in register.partners
    }


def test_the_first_month_has_nothing_before(july: World) -> None:
    of_p1 = rows(register_file(july.installation, BillingMonth(2015, 6), "xlsx"), "2015-06")[0]
    assert (of_p1["previous_mrr_eur"], of_p1["mrr_change_eur"]) == (None, None)


def without_results(body: bytes, path: Path) -> Path:
    """The same workbook without the values beside its formulas: what reads it has to calculate them."""
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
            new.writestr(name, content)
    return path


def number(text: str) -> float:
    return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)


@pytest.mark.processes
@pytest.mark.skipif(SOFFICE is None, reason="NOT TESTED: LibreOffice (soffice) is not installed")
def test_libreoffice_opens_it_and_calculates_the_same_cents(july: World, tmp_path: Path) -> None:
    body = register_file(july.installation, BillingMonth(2015, 7), "xlsx", ask_entities=True)
    book = without_results(body, tmp_path / "book.xlsx")
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    said = subprocess.run(
        [str(SOFFICE), home, "--headless", "--convert-to", every_sheet, "--outdir", str(tmp_path), str(book)],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    said_of_it = [line for line in (said.stdout + said.stderr).splitlines() if "javaldx" not in line]  # no Java here
    assert not [line for line in said_of_it if re.search("warn|error|repair", line, re.IGNORECASE)]
    sheets = openpyxl.load_workbook(io.BytesIO(body)).sheetnames
    assert {f"cost {name}" for name in COST_TABLES} < set(sheets)
    for sheet in sheets:
        expected = rows(body, sheet)
        with (tmp_path / f"book-{sheet}.csv").open(encoding="utf-8", newline="") as file:
            calculated = list(csv.DictReader(file))
        assert len(calculated) == len(expected)
        for row, was in zip(calculated, expected, strict=True):
            numbers = {name: value for name, value in was.items() if isinstance(value, int | float)}
            assert {name: round(number(row[name]), 6) for name in numbers} == {
                name: round(value, 6) for name, value in numbers.items()
            }


def test_the_totals_of_what_the_month_cost_have_what_rounding_took(july: World) -> None:
    """List value 3 x 100.00 / 0.92 + 46.00 / 0.92 + 95.00 / 0.95 = 476.087; its products are rounded one by one."""
    body = register_file(july.installation, BillingMonth(2015, 7), "xlsx", ask_entities=True)
    products = {each["part"]: each["list_eur"] for each in rows(body, "cost products")}
    assert products == {
        "cdn": 108.70,
        "cloud": 108.70,
        "dedicated_server": 258.70,
        "rounding": -0.01,
        "total": 476.09,
    }
    posting = rows(body, "cost posting")
    assert {(each["entity"], each["debit"], each["debit_eur"]) for each in posting if each["debit_eur"]} == {
        ("NL", 8.70, 8.70),
        ("NL", 12.70, 12.70),
        ("US", 5.50, 5.00),
        (None, None, 35.10),
    }


def test_what_moved_revenue_since_the_month_before_has_sheets_of_its_own(july: World) -> None:
    moved = {
        each["partner_id"]: each
        for each in rows(register_file(july.installation, BillingMonth(2015, 7), "xlsx"), "movements partners")
    }
    assert moved["P1"]["contraction"] == -0.01
    assert (moved["P2"]["held"], moved["P3"]["held"]) == (-1_000, -9_000)


def test_each_printed_page_says_its_sheet_and_its_month(july: World) -> None:
    book = openpyxl.load_workbook(io.BytesIO(register_file(july.installation, BillingMonth(2015, 7), "xlsx")))
    feet = {(each.oddFooter.left.text, each.oddFooter.right.text) for each in book}
    assert feet == {("&A", "Register of 2015-07")}


def test_a_sheet_too_wide_for_one_page_is_printed_on_several_and_never_too_small_to_read() -> None:
    narrow = Sheet("narrow", [SheetColumn("partner_id")], [["P1"]])
    # 20 columns of 30 letters, 7 pixels each: 4,200 pixels, of which one page holds 1,045 at full size.
    wide = Sheet("wide", [SheetColumn(f"{number:030}") for number in range(20)], [], fixed=2)
    book = openpyxl.load_workbook(io.BytesIO(workbook([narrow, wide], about="x", created=date(2015, 7, 27))))
    assert (book["narrow"].sheet_properties.pageSetUpPr.fitToPage, book["narrow"].page_setup.fitToHeight) == (True, 0)
    assert (book["wide"].sheet_properties.pageSetUpPr.fitToPage, book["wide"].page_setup.scale) == (None, 60)
    assert (book["wide"].print_title_cols, book["wide"].print_title_rows) == ("$A:$B", "$1:$1")
    assert {book[name].oddFooter.center.text for name in book.sheetnames} == {"Page &P of &N"}
