"""`register`: JSON exactly as contract 6 says, and files in which no spreadsheet finds a formula."""

import csv
import io
from datetime import datetime

import openpyxl
import pytest

from tests.cli.conftest import FORMULAS

PARTNER_FIELDS = [
    "partner_id",
    "status",
    "mrr_eur_cents",
    "earned_tier",
    "granted_tier",
    "tier",
    "previous_tier",
    "monthly_fee_discount_bp",
    "setup_fee_discount_bp",
    "sla",
    "rate_valid_from",
    "grants",
    "letter",
    "accounts",
]
IN_GRACE = {
    "partner_id": "P1",
    "status": "assigned",
    "mrr_eur_cents": 250_000,
    "earned_tier": 2,
    "granted_tier": 3,
    "tier": 3,
    "previous_tier": None,
    "monthly_fee_discount_bp": 1000,
    "setup_fee_discount_bp": 3500,
    "sla": "Gold",
    "rate_valid_from": "2015-07-27",
    "grants": [{"grant_id": "G1", "outcome": None}],
    "letter": {"kind": "migration", "status": "rendered"},
    "accounts": [
        {"entity": "NL", "account_id": "A1", "currency": "EUR", "units_per_eur": "1", "mrr_eur_cents": 250_000}
    ],
}
HELD = {
    **dict.fromkeys(PARTNER_FIELDS),
    "partner_id": "P3",
    "status": "held",
    "grants": [],
    "accounts": [],
}


@pytest.fixture
def register(settled):
    return settled("register", "2015-06", "--format", "json").json


@pytest.fixture
def rows(settled):
    return list(csv.DictReader(io.StringIO(settled("register", "2015-06", "--format", "csv").stdout, newline="")))


@pytest.fixture
def workbook(settled):
    body = settled("register", "2015-06", "--format", "xlsx").body
    return openpyxl.load_workbook(io.BytesIO(body))


@pytest.fixture
def calculated_workbook(settled):
    """Each formula as the value that was written beside it."""
    body = settled("register", "2015-06", "--format", "xlsx").body
    return openpyxl.load_workbook(io.BytesIO(body), data_only=True)


def by_id(register, partner_id):
    return next(row for row in register["partners"] if row["partner_id"] == partner_id)


def test_json_has_the_fields_of_the_contract_and_no_other(register):
    assert {name: value for name, value in register.items() if name not in ("partners", "held", "buckets")} == {
        "billing_month": "2015-06",
        "revision": 1,
        "effective_on": "2015-07-27",
        "status": "in_force",
    }
    assert list(register)[-3:] == ["partners", "held", "buckets"]


def test_json_has_every_authorised_partner_once_in_the_order_of_their_ids(register):
    ids = [row["partner_id"] for row in register["partners"]]

    assert ids == sorted([*FORMULAS, "P1", "P2", "P3"])


def test_json_gives_an_assigned_partner_its_figures_in_cents_basis_points_and_iso_days(register):
    assert by_id(register, "P1") == IN_GRACE
    assert list(by_id(register, "P1")) == PARTNER_FIELDS


def test_json_gives_a_held_partner_no_figures_and_its_reason_by_name(register):
    assert by_id(register, "P3") == HELD
    assert register["held"] == [
        {"partner_id": "P3", "entities": ["US"], "reason": "entity US: month 2015-06 not closed"}
    ]


def test_json_gives_each_bucket_its_lines_and_the_sum_of_their_whole_amounts(register):
    found = {
        (row["entity"], row["currency"], row["bucket"]): (row["lines"], row["net_amount_minor"])
        for row in register["buckets"]
    }

    assert found == {
        ("NL", "EUR", "counted"): (6, 2_500_00 + 600_00 + 4 * 500_00),
        ("NL", "EUR", "held"): (1, 700_00),
        ("NL", "EUR", "not_authorized"): (1, 800_00),
        ("NL", "EUR", "setup"): (1, 50_00),
        ("US", "USD", "held"): (1, 900_00),
    }
    assert set(map(tuple, register["buckets"])) == {("entity", "currency", "bucket", "lines", "net_amount_minor")}


def test_json_keeps_ids_that_look_like_formulas_as_they_are(register):
    assert {by_id(register, partner_id)["tier"] for partner_id in FORMULAS} == {1}


def test_csv_lets_no_id_begin_like_a_formula(rows):
    assert [row["partner_id"] for row in rows if row["partner_id"].lstrip("'") in FORMULAS] == [
        f"'{partner_id}" for partner_id in sorted(FORMULAS)
    ]
    assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@"))]


def test_csv_says_of_each_partner_what_json_says(rows, register):
    of_p1 = next(row for row in rows if row["partner_id"] == "P1")
    of_p3 = next(row for row in rows if row["partner_id"] == "P3")

    assert len(rows) == len(register["partners"])
    assert (of_p1["mrr_eur_cents"], of_p1["tier"], of_p1["letter"]) == ("250000", "3", "migration")
    assert (of_p3["status"], of_p3["tier"]) == ("held", "")
    assert of_p3["held_reason"] == "entity US: month 2015-06 not closed"


def test_csv_has_the_company_by_its_name(rows):
    assert next(row for row in rows if row["partner_id"] == "P1")["company_name"] == "株式会社 <b>"


def table(sheet):
    """The rows of a sheet as dictionaries by heading; the last one has the totals."""
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def formats(sheet):
    """The formats of the last row, by heading."""
    header, *_, last = sheet.iter_rows()
    return {above.value: cell.number_format for above, cell in zip(header, last, strict=True)}


def test_a_workbook_has_formulas_in_its_totals_and_differences_and_never_in_a_text(workbook):
    formulas = {
        (sheet.title, cell.coordinate): cell.value
        for sheet in workbook
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }

    assert workbook.sheetnames == ["2015-06", "accounts", "held", "buckets", "every line", "closes", "acts"]
    assert sorted(row["partner_id"] for row in table(workbook["2015-06"])[:-1]) == sorted([*FORMULAS, "P1", "P2", "P3"])
    assert all(formula.startswith(("=ROUND(SUM(", "=IF(OR(")) for formula in formulas.values())
    assert formulas["2015-06", "E9"] == "=ROUND(SUM(E2:E8),2)"
    assert formulas["every line", "H2"] == '=IF(OR(B2="",G2=""),"",ROUND(B2-G2,2))'


def test_a_workbook_has_euros_per_cent_and_days_that_a_spreadsheet_calculates_with(workbook):
    sheet = workbook["2015-06"]
    of_p1 = next(row for row in table(sheet) if row["partner_id"] == "P1")
    of_p3 = next(row for row in table(sheet) if row["partner_id"] == "P3")

    assert (of_p1["company_name"], of_p1["mrr_eur"], of_p1["tier"]) == ("株式会社 <b>", 2_500, 3)
    assert (of_p1["monthly_fee_discount"], of_p1["setup_fee_discount"]) == (0.1, 0.35)
    assert of_p1["rate_valid_from"] == datetime(2015, 7, 27)  # noqa: DTZ001 - a day of a spreadsheet has no zone
    assert (of_p3["mrr_eur"], of_p3["tier"]) == (None, None)
    found = formats(sheet)
    assert (found["mrr_eur"], found["monthly_fee_discount"], found["rate_valid_from"]) == (
        "#,##0.00",
        "0.00%",
        "yyyy-mm-dd",
    )


def test_a_workbook_adds_up_partners_and_accounts_to_the_same_total(workbook, calculated_workbook, register):
    *partners, of_partners = table(workbook["2015-06"])
    *accounts, of_accounts = table(workbook["accounts"])
    calculated = [table(calculated_workbook[name])[-1]["mrr_eur"] for name in ("2015-06", "accounts")]
    cents = sum(row["mrr_eur_cents"] or 0 for row in register["partners"])

    assert of_partners["partner_id"] == of_accounts["partner_id"] == "total"
    assert calculated == [cents / 100] * 2 == [sum(row["mrr_eur"] for row in accounts)] * 2
    assert [(row["partner_id"], row["entity"], row["account_id"]) for row in accounts] == [
        (row["partner_id"], each["entity"], each["account_id"])
        for row in register["partners"]
        for each in row["accounts"]
    ]
    assert formats(workbook["accounts"])["units_per_eur"] == "0.000000"
    assert len(partners) == len(register["partners"])


def test_a_workbooks_buckets_have_amounts_with_two_decimals(workbook, register):
    found = {(row["entity"], row["bucket"]): row["net_amount"] for row in table(workbook["buckets"])}
    assert found["NL", "setup"] == 50
    assert formats(workbook["buckets"])["net_amount"] == "#,##0.00"
    assert len(found) == len(register["buckets"])


def test_a_workbook_of_the_same_register_has_the_same_bytes(settled):
    words = ("register", "2015-06", "--format", "xlsx")

    assert settled(*words).body == settled(*words).body


def test_the_table_shows_euros_per_cent_and_why_a_partner_is_held(settled):
    said = settled("register", "2015-06").stdout

    assert "2,500.00" in said
    assert "10 %" in said
    assert "entity US: month 2015-06 not closed" in said
    assert "=cmd()" in said


@pytest.mark.parametrize("form", ["table", "json", "csv", "xlsx"])
def test_stderr_has_no_part_of_the_answer(settled, form):
    answer = settled("register", "2015-06", "--format", form)

    assert answer.status == 0
    assert answer.body
    assert answer.stderr == ""
