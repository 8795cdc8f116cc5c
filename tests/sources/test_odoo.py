"""Odoo's tables as contract 1, on PostgreSQL: one test for each trap, with amounts worked out by hand."""

import re
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import SQL, Billing
from tests.sources.shares import holds_contract_types, month_share

TABLES = """
CREATE TABLE res_currency(id int PRIMARY KEY, name varchar NOT NULL);
CREATE TABLE res_partner(id int PRIMARY KEY, name varchar, vat varchar, email varchar, parent_id int,
  commercial_partner_id int, company_id int);
CREATE TABLE res_partner_category(id int PRIMARY KEY, name jsonb NOT NULL);
CREATE TABLE res_partner_res_partner_category_rel(category_id int NOT NULL, partner_id int NOT NULL);
CREATE TABLE product_category(id int PRIMARY KEY, name varchar NOT NULL);
CREATE TABLE product_template(id int PRIMARY KEY, categ_id int NOT NULL, recurring_invoice boolean);
CREATE TABLE product_product(id int PRIMARY KEY, product_tmpl_id int NOT NULL);
CREATE TABLE account_move(id int PRIMARY KEY, name varchar, move_type varchar NOT NULL, state varchar NOT NULL,
  date date NOT NULL, invoice_date date, partner_id int, commercial_partner_id int, company_id int, currency_id int);
CREATE TABLE account_move_line(id int PRIMARY KEY, move_id int NOT NULL, product_id int, display_type varchar,
  price_subtotal numeric, balance numeric, currency_id int, subscription_id int, deferred_start_date date,
  deferred_end_date date)
"""
SERVER, SETUP = 11, 12
EUR, USD = 1, 2
OWN_COMPANY, OTHER_COMPANY = 1, 2
RESELLER_TAG = 5


class Odoo:
    """The tables of one installation, with a reseller company 30 and its contact 31."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        billing.empty_tables(TABLES)
        for currency_id, code in [(EUR, "EUR"), (USD, "USD")]:
            billing.add("res_currency", id=currency_id, name=code)
        billing.add("product_category", id=1, name="dedicated_server")
        for product_id, recurs in [(SERVER, True), (SETUP, False)]:
            billing.add("product_template", id=product_id + 100, categ_id=1, recurring_invoice=recurs)
            billing.add("product_product", id=product_id, product_tmpl_id=product_id + 100)
        billing.add("res_partner_category", id=RESELLER_TAG, name='{"en_US": "Reseller", "nl_NL": "Wederverkoper"}')
        self.partner(30)
        self.partner(31, company=30)
        self.tag(30)
        self._lines = 0

    def partner(self, partner_id: int, company: int | None = None) -> None:
        self.billing.add(
            "res_partner",
            id=partner_id,
            name=f"Partner {partner_id}",
            vat="NL002",
            email=f"pay@partner{partner_id}.example",
            parent_id=company,
            commercial_partner_id=company or partner_id,
        )

    def tag(self, partner_id: int) -> None:
        self.billing.add("res_partner_res_partner_category_rel", category_id=RESELLER_TAG, partner_id=partner_id)

    def move(self, move_id: int = 1, kind: str = "out_invoice", state: str = "posted", **more: Any) -> None:
        values = {"partner_id": 31, "commercial_partner_id": 30, "company_id": OWN_COMPANY, "currency_id": EUR} | more
        days = {"date": date(2015, 6, 3), "invoice_date": date(2015, 6, 2)}
        self.billing.add("account_move", id=move_id, move_type=kind, state=state, **days, **values)

    def line(self, subtotal: str, first: str | None, last: str | None, **more: Any) -> str:
        self._lines += 1
        values = {"move_id": 1, "product_id": SERVER, "display_type": "product", "currency_id": EUR} | more
        self.billing.add(
            "account_move_line",
            id=self._lines,
            price_subtotal=Decimal(subtotal),
            deferred_start_date=first,
            deferred_end_date=last,
            **values,
        )
        return str(self._lines)

    def lines(self) -> dict[str, dict[str, Any]]:
        return self.billing.lines("odoo")

    def share(self, month: str) -> Decimal:
        return month_share(self.lines().values(), month)


@pytest.fixture
def odoo(postgres_billing: Billing) -> Odoo:
    return Odoo(postgres_billing)


def test_an_invoice_line_with_its_last_day_within_is_one_line_of_the_contract(odoo: Odoo) -> None:
    odoo.move()
    line_id = odoo.line("1200.00", "2015-06-01", "2016-05-31", subscription_id=8)

    lines = odoo.lines()

    holds_contract_types(lines[line_id])
    assert lines == {
        line_id: {
            "line_id": line_id,
            "account_id": "30",
            "service_id": "8",
            "product": "dedicated_server",
            "charge_kind": "recurring",
            "service_start": date(2015, 6, 1),
            "service_end": date(2016, 6, 1),
            "term_months": 12,
            "net_amount_minor": 1200_00,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 6, 2),
            "discount_bp": None,
            "ordered_on": None,
        }
    }


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [("2015-02-01", "2015-02-28", 1), ("2015-01-15", "2015-04-14", 3), ("2015-01-01", "2017-12-31", 36)],
)
def test_a_month_is_a_calendar_month_and_not_thirty_days(odoo: Odoo, first: str, last: str, months: int) -> None:
    """The system's own MRR divides by days / 30: February would read 7 % more than March."""
    odoo.move()
    odoo.line(f"{months * 100}.00", first, last)

    assert odoo.share("2015-02") == 100


def test_days_of_a_month_are_the_fee_for_those_days(odoo: Odoo) -> None:
    odoo.move()
    odoo.line("50.00", "2015-06-16", "2015-06-30")

    assert odoo.share("2015-06") == 50


def test_a_period_of_months_and_days_is_split_at_the_months_ends(odoo: Odoo) -> None:
    """16 June to 31 July: 15/30 and 1 month, as 1 to 2; 150 is 50 and 100."""
    odoo.move()
    line_id = odoo.line("150.00", "2015-06-16", "2015-07-31")

    lines = odoo.lines()

    assert {key: line["net_amount_minor"] for key, line in lines.items()} == {
        f"{line_id}/1": 50_00,
        f"{line_id}/2": 100_00,
    }
    assert (odoo.share("2015-06"), odoo.share("2015-07")) == (50, 100)


def test_a_refund_is_negative_in_the_months_that_it_corrects(odoo: Odoo) -> None:
    odoo.move()
    odoo.line("1200.00", "2015-06-01", "2016-05-31")
    odoo.move(2, "out_refund")
    back = odoo.line("600.00", "2015-12-01", "2016-05-31", move_id=2)

    line = odoo.lines()[back]

    holds_contract_types(line)
    assert (line["charge_kind"], line["net_amount_minor"], line["term_months"]) == ("credit", -600_00, 6)
    assert (odoo.share("2015-11"), odoo.share("2015-12")) == (100, 0)


def test_a_discount_on_a_line_of_its_own_is_a_credit(odoo: Odoo) -> None:
    odoo.move()
    odoo.line("100.00", "2015-06-01", "2015-06-30")
    less = odoo.line("-10.00", "2015-06-01", "2015-06-30")

    assert odoo.lines()[less]["charge_kind"] == "credit"
    assert odoo.share("2015-06") == 90


def test_sections_notes_tax_and_setup_are_not_read(odoo: Odoo) -> None:
    odoo.move()
    for display_type in ("line_section", "line_note", "tax", "payment_term", "rounding"):
        odoo.line("21.00", "2015-06-01", "2015-06-30", display_type=display_type)
    odoo.line("75.00", None, None, product_id=SETUP)

    assert odoo.lines() == {}


def test_what_the_company_buys_is_not_read(odoo: Odoo) -> None:
    for move_id, kind in enumerate(["in_invoice", "in_refund", "entry", "out_receipt"], start=1):
        odoo.move(move_id, kind)
        odoo.line("100.00", "2015-06-01", "2015-06-30", move_id=move_id)

    assert odoo.lines() == {}


def test_a_product_that_recurs_without_a_period_is_seen_as_faulty_and_never_as_nothing(odoo: Odoo) -> None:
    """The system's own MRR is 0 there."""
    odoo.move()
    line_id = odoo.line("100.00", None, None)

    line = odoo.lines()[line_id]

    assert (line["service_start"], line["service_end"], line["net_amount_minor"]) == (None, None, 100_00)


def test_draft_and_cancelled_invoices_are_shown_as_such(odoo: Odoo) -> None:
    """A cancelled invoice and the one issued in its place count once."""
    statuses = {}
    for move_id, state in enumerate(["draft", "cancel", "posted"], start=1):
        odoo.move(move_id, state=state)
        statuses[odoo.line("100.00", "2015-06-01", "2015-06-30", move_id=move_id)] = state

    found = {statuses[key]: line["document_status"] for key, line in odoo.lines().items()}

    assert found == {"draft": "draft", "cancel": "void", "posted": "posted"}
    assert odoo.share("2015-06") == 100


def test_the_account_is_the_company_whichever_contact_the_invoice_names(odoo: Odoo) -> None:
    odoo.partner(32, company=30)
    odoo.move(partner_id=32)
    line_id = odoo.line("100.00", "2015-06-01", "2015-06-30")

    assert odoo.lines()[line_id]["account_id"] == "30"


def test_another_company_of_the_same_database_is_another_legal_entity(odoo: Odoo) -> None:
    odoo.move(company_id=OTHER_COMPANY)
    odoo.line("100.00", "2015-06-01", "2015-06-30")

    assert odoo.lines() == {}


def test_amounts_are_in_the_currency_of_the_document(odoo: Odoo) -> None:
    odoo.move(currency_id=USD)
    line_id = odoo.line("100.00", "2015-06-01", "2015-06-30", currency_id=USD, balance=Decimal("-83.33"))

    line = odoo.lines()[line_id]

    assert (line["currency"], line["net_amount_minor"]) == ("USD", 100_00)


def test_partners_without_the_tag_are_not_read(odoo: Odoo) -> None:
    odoo.partner(40)
    odoo.move(partner_id=40, commercial_partner_id=40)
    odoo.line("100.00", "2015-06-01", "2015-06-30")

    assert odoo.lines() == {}
    assert odoo.billing.resellers("odoo") == [
        {"account_id": "30", "company_name": "Partner 30", "vat_id": "NL002", "email_domain": "partner30.example"}
    ]


def test_an_installed_view_gives_what_the_query_in_place_gives(odoo: Odoo) -> None:
    odoo.move()
    odoo.line("150.00", "2015-06-16", "2015-07-31")
    odoo.billing.install_views("odoo")

    assert len(odoo.lines()) == 2
    assert odoo.billing.view_lines() == odoo.lines()


def test_the_query_for_community_of_the_readme_reads_the_other_modules_columns(odoo: Odoo, tmp_path: Path) -> None:
    """Run the README's commands on a copy, with tables that have the columns of those modules."""
    commands = re.findall(r"```sh\n(.*?)```", (SQL / "sources" / "odoo" / "README.md").read_text(), re.DOTALL)
    shutil.copytree(SQL / "sources" / "odoo", tmp_path / "odoo")
    subprocess.run(["/bin/sh", "-ec", commands[-1]], cwd=tmp_path, check=True)
    query = (tmp_path / "odoo_community" / "program_mrr_line.sql").read_text()
    odoo.move()
    line_id = odoo.line("100.00", "2015-06-01", "2015-06-30", subscription_id=8)
    odoo.billing.script("""
        CREATE TEMPORARY VIEW community_product AS
          SELECT id, categ_id, recurring_invoice AS subscribable FROM product_template;
        CREATE TEMPORARY VIEW community_line AS
          SELECT id, move_id, product_id, display_type, price_subtotal, currency_id,
            deferred_start_date AS start_date, deferred_end_date AS end_date FROM account_move_line
    """)

    query = query.replace("product_template", "community_product").replace("account_move_line", "community_line")
    (line,) = odoo.billing.ask_as_owner(query)

    assert (line["line_id"], line["service_end"], line["service_id"]) == (line_id, date(2015, 7, 1), None)
    odoo.billing.script("DROP VIEW community_product; DROP VIEW community_line")
