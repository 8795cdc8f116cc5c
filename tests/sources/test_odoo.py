"""Odoo's tables as contract 1, on PostgreSQL: one test for each trap, with amounts worked out by hand."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import SQL, Billing, copied
from tests.sources.shares import holds_contract_types, month_share

TABLES = """
CREATE TABLE res_currency(id int PRIMARY KEY, name varchar NOT NULL);
CREATE TABLE res_partner(id int PRIMARY KEY, name varchar, vat varchar, email varchar, parent_id int,
  commercial_partner_id int, company_id int);
CREATE TABLE res_partner_category(id int PRIMARY KEY, name jsonb NOT NULL);
CREATE TABLE res_partner_res_partner_category_rel(category_id int NOT NULL, partner_id int NOT NULL);
CREATE TABLE product_category(id int PRIMARY KEY, name varchar NOT NULL);
CREATE TABLE product_template(id int PRIMARY KEY, name jsonb, categ_id int, recurring_invoice boolean);
CREATE TABLE product_product(id int PRIMARY KEY, product_tmpl_id int NOT NULL);
CREATE TABLE account_move(id int PRIMARY KEY, name varchar, move_type varchar NOT NULL, state varchar NOT NULL,
  date date NOT NULL, invoice_date date, partner_id int, commercial_partner_id int, company_id int, currency_id int);
CREATE TABLE account_move_line(id int PRIMARY KEY, move_id int NOT NULL, product_id int, display_type varchar,
  price_unit numeric, quantity numeric, discount numeric, price_subtotal numeric, balance numeric, currency_id int,
  subscription_id int, is_downpayment boolean, deferred_start_date date, deferred_end_date date);
CREATE TABLE res_company(id int PRIMARY KEY, name varchar NOT NULL, sale_discount_product_id int);
CREATE TABLE sale_subscription_plan(id int PRIMARY KEY, name jsonb NOT NULL, billing_period_value int NOT NULL,
  billing_period_unit varchar NOT NULL);
CREATE TABLE sale_order(id int PRIMARY KEY, name varchar NOT NULL, plan_id int, subscription_id int);
CREATE TABLE sale_order_line(id int PRIMARY KEY, order_id int NOT NULL);
CREATE TABLE sale_order_line_invoice_rel(invoice_line_id int NOT NULL, order_line_id int NOT NULL)
"""
SERVER, SETUP, DISCOUNT, REWARD = 11, 12, 13, 14
MONTHLY, YEARLY, WEEKLY = 71, 72, 73  # subscriptions
UPSELL = 79  # an order that adds to the monthly one
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
        billing.add("res_company", id=OWN_COMPANY, name="NL B.V.", sale_discount_product_id=DISCOUNT)
        billing.add("res_company", id=OTHER_COMPANY, name="US Inc.")
        for order_id, value, unit in [(MONTHLY, 1, "month"), (YEARLY, 1, "year"), (WEEKLY, 1, "week")]:
            plan = {"billing_period_value": value, "billing_period_unit": unit}
            billing.add("sale_subscription_plan", id=order_id, name="{}", **plan)
            billing.add("sale_order", id=order_id, name=f"S{order_id}", plan_id=order_id)
        billing.add("sale_order", id=UPSELL, name="S79", plan_id=MONTHLY, subscription_id=MONTHLY)
        for product_id, recurs in [(SERVER, True), (SETUP, False), (DISCOUNT, None), (REWARD, False)]:
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
        values = {"move_id": 1, "product_id": SERVER, "display_type": "product", "currency_id": EUR}
        values |= {"price_unit": Decimal(subtotal), "quantity": 1} | more
        self.billing.add(
            "account_move_line",
            id=self._lines,
            price_subtotal=Decimal(subtotal),
            deferred_start_date=first,
            deferred_end_date=last,
            **values,
        )
        return str(self._lines)

    def billed_by(self, order_id: int, line_id: str) -> None:
        """Say which order an invoice line came from."""
        self.billing.add("sale_order_line", id=int(line_id), order_id=order_id)
        self.billing.add("sale_order_line_invoice_rel", invoice_line_id=int(line_id), order_line_id=int(line_id))

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
            "term_amount_minor": None,
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


@pytest.mark.parametrize("subscription_id", [None, WEEKLY])
def test_days_pay_for_themselves_where_no_plan_says_what_a_month_costs(odoo: Odoo, subscription_id: int | None) -> None:
    odoo.move()
    line_id = odoo.line("50.00", "2015-06-16", "2015-07-15", subscription_id=subscription_id)
    cut = odoo.line("40.00", "2015-06-29", "2015-07-02", subscription_id=subscription_id)

    terms = {key: line["term_months"] for key, line in odoo.lines().items()}

    assert terms == {line_id: None if subscription_id else 1, cut: None}
    assert odoo.share("2015-06") == 25 + 20


def test_a_week_is_no_month_even_where_four_weeks_are_one(odoo: Odoo) -> None:
    odoo.move()
    line_id = odoo.line("28.00", "2015-02-10", "2015-03-09", subscription_id=WEEKLY)

    assert odoo.lines()[line_id]["term_months"] is None
    assert odoo.share("2015-03") == 9


def test_an_upsell_in_mid_period_leaves_one_fee_in_the_next_month(odoo: Odoo) -> None:
    """995.00 more from 25 June, bill day 15: 20 of 30 days are 663.33, which Odoo writes as a discount of 33.33 %."""
    odoo.move()
    cut = odoo.line("663.37", "2015-06-25", "2015-07-14", subscription_id=MONTHLY, price_unit=995, discount=33.33)
    odoo.line("995.00", "2015-07-15", "2015-08-14", subscription_id=MONTHLY)

    line = odoo.lines()[cut]

    holds_contract_types(line)
    assert (line["term_months"], line["term_amount_minor"], line["net_amount_minor"]) == (1, 995_00, 663_37)
    assert (odoo.share("2015-06"), odoo.share("2015-07")) == (199, 995)


def test_an_upsell_of_more_than_a_term_has_the_price_of_one(odoo: Odoo) -> None:
    """From 25 June to 15 August, the next period billed already: one month and 20 of 30 days at 90.00 are 150.00."""
    odoo.move()
    line_id = odoo.line("150.00", "2015-06-25", "2015-08-14", subscription_id=MONTHLY, price_unit=90, discount=-66.67)

    assert odoo.lines()[line_id]["term_amount_minor"] == 90_00
    assert (odoo.share("2015-06"), odoo.share("2015-07")) == (18, 90)


def test_a_piece_whose_price_is_cut_as_well_has_the_price_that_its_days_give(odoo: Odoo) -> None:
    """Odoo 18 and 19 cut the price of the line itself, and a discount of the contract stands in the same column."""
    odoo.move()
    odoo.line("60.00", "2015-06-13", "2015-06-30", subscription_id=MONTHLY)
    odoo.line("54.00", "2015-06-13", "2015-06-30", subscription_id=MONTHLY, price_unit=100, discount=46)

    assert [line["term_amount_minor"] for line in odoo.lines().values()] == [100_00, 90_00]
    assert odoo.share("2015-06") == 60 + 54


def test_half_a_year_of_a_yearly_upsell_is_a_piece_of_the_year(odoo: Odoo) -> None:
    """184 of 366 days of 1,200.00 are 603.28. Six months of a plan that was monthly then are what they cost."""
    odoo.move()
    cut = odoo.line("603.28", "2015-07-01", "2015-12-31", subscription_id=YEARLY, price_unit=1200, discount=49.73)
    before = odoo.line("100.00", "2015-06-01", "2015-06-30", subscription_id=YEARLY)

    lines = odoo.lines()

    assert (lines[cut]["term_months"], lines[cut]["term_amount_minor"]) == (12, 1200_00)
    assert (lines[before]["term_months"], lines[before]["term_amount_minor"]) == (1, None)
    assert odoo.share("2015-07") == 100


def test_a_month_from_the_31st_is_whole_where_a_month_has_no_31st(odoo: Odoo) -> None:
    odoo.move()
    line_id = odoo.line("90.32", "2015-05-31", "2015-06-29", subscription_id=MONTHLY)

    line = odoo.lines()[line_id]

    assert (line["term_months"], line["term_amount_minor"]) == (1, None)


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


def test_the_discount_on_a_whole_invoice_is_taken_off_its_lines_in_proportion(odoo: Odoo) -> None:
    """10 % of 100 a month, 1,200 a year and 50 setup: 135, of which 10 and 120 are for what recurs."""
    odoo.move()
    monthly = odoo.line("100.00", "2015-06-01", "2015-06-30", subscription_id=MONTHLY)
    yearly = odoo.line("1200.00", "2015-06-01", "2016-05-31", subscription_id=YEARLY)
    odoo.line("50.00", None, None, product_id=SETUP, subscription_id=MONTHLY)
    odoo.line("-135.00", None, None, product_id=DISCOUNT, subscription_id=MONTHLY)

    lines = odoo.lines()

    holds_contract_types(lines[f"{yearly}/discount"])
    assert {
        key: (line["charge_kind"], line["term_months"], line["net_amount_minor"]) for key, line in lines.items()
    } == {
        monthly: ("recurring", 1, 100_00),
        f"{monthly}/discount": ("credit", 1, -10_00),
        yearly: ("recurring", 12, 1200_00),
        f"{yearly}/discount": ("credit", 12, -120_00),
    }
    assert odoo.share("2015-06") == 90 + 90


def test_cents_of_a_discount_on_a_whole_invoice_add_up(odoo: Odoo) -> None:
    odoo.move()
    for _ in range(3):
        odoo.line("10.00", "2015-06-01", "2015-06-30")
    odoo.line("-10.00", None, None, product_id=DISCOUNT)

    assert sorted(line["net_amount_minor"] for line in odoo.lines().values()) == [-3_34, -3_33, -3_33, 1000, 1000, 1000]


def test_a_discount_is_taken_off_a_piece_at_the_price_of_its_term_and_given_back_by_a_refund(odoo: Odoo) -> None:
    """20 of 30 days of 90.00 are 60.00, less 10 % is 54.00: 81.00 a month, 18 days in June and July's 14."""
    for move_id, kind in enumerate(["out_invoice", "out_refund"], start=1):
        odoo.move(move_id, kind)
        odoo.line("60.00", "2015-06-25", "2015-07-14", subscription_id=MONTHLY, move_id=move_id, price_unit=90)
        odoo.line("-6.00", None, None, product_id=DISCOUNT, move_id=move_id)
        if kind == "out_invoice":
            assert {line["term_amount_minor"] for line in odoo.lines().values()} == {90_00, -9_00}
            assert odoo.share("2015-06") == Decimal("16.20")

    assert sorted(line["term_amount_minor"] for line in odoo.lines().values()) == [-90_00, -9_00, 9_00, 90_00]
    assert (odoo.share("2015-06"), odoo.share("2015-07")) == (0, 0)


def test_a_discount_line_with_a_period_of_its_own_is_taken_off_once(odoo: Odoo) -> None:
    odoo.billing.script("UPDATE product_template SET recurring_invoice = true")
    odoo.move()
    fee = odoo.line("100.00", "2015-06-01", "2015-06-30")
    less = odoo.line("-10.00", "2015-06-01", "2015-06-30", product_id=DISCOUNT)

    assert set(odoo.lines()) == {fee, less}
    assert odoo.share("2015-06") == 90


def test_a_reduction_of_nobody_knows_what_is_seen_as_faulty(odoo: Odoo) -> None:
    """A loyalty reward, or a line typed in: which service it is for cannot be known. Deposits are not revenue."""
    odoo.move()
    odoo.line("100.00", "2015-06-01", "2015-06-30")
    reward = odoo.line("-10.00", None, None, product_id=REWARD)
    typed = odoo.line("-5.00", None, None, product_id=None)
    odoo.line("-50.00", None, None, product_id=SETUP, is_downpayment=True)
    odoo.move(2)
    odoo.line("75.00", None, None, product_id=SETUP, move_id=2)
    odoo.line("-10.00", None, None, product_id=REWARD, move_id=2)

    faulty = {key: line for key, line in odoo.lines().items() if line["charge_kind"] == "unknown reduction"}

    assert {key: line["net_amount_minor"] for key, line in faulty.items()} == {reward: -10_00, typed: -5_00}
    # a fault in the months of its invoice, and in no other
    assert (faulty[reward]["service_start"], faulty[reward]["service_end"]) == (date(2015, 6, 1), date(2015, 7, 1))


def test_a_product_without_a_category_keeps_its_lines(odoo: Odoo) -> None:
    odoo.billing.script("UPDATE product_template SET categ_id = NULL")
    odoo.move()
    line_id = odoo.line("100.00", "2015-06-01", "2015-06-30")

    assert odoo.lines()[line_id]["product"] is None
    assert odoo.share("2015-06") == 100


def test_a_line_without_a_product_is_read_where_it_has_a_period(odoo: Odoo) -> None:
    odoo.move()
    line_id = odoo.line("100.00", "2015-06-01", "2015-06-30", product_id=None)
    odoo.line("75.00", None, None, product_id=None)

    assert list(odoo.lines()) == [line_id]


def test_past_invoices_stay_when_a_product_no_longer_recurs(odoo: Odoo) -> None:
    """A setup fee in an upsell has a period and a subscription as well, and stays what it is."""
    odoo.billing.script("UPDATE product_template SET recurring_invoice = false")
    odoo.move()
    renewed = odoo.line("100.00", "2015-06-01", "2015-06-30", subscription_id=MONTHLY)
    odoo.billed_by(MONTHLY, renewed)
    added = odoo.line("50.00", "2015-06-16", "2015-06-30", subscription_id=MONTHLY, price_unit=100, discount=50)
    odoo.billed_by(UPSELL, added)
    setup = odoo.line("75.00", "2015-06-16", "2015-06-30", subscription_id=MONTHLY, product_id=SETUP)
    odoo.billed_by(UPSELL, setup)

    assert set(odoo.lines()) == {renewed, added}
    assert odoo.share("2015-06") == 150


def test_rows_that_make_no_sense_are_passed_on_and_stop_no_other(odoo: Odoo) -> None:
    """An end before the start, one date, no amount, a plan of no months, a discount without anything to reduce."""
    odoo.billing.script("UPDATE sale_subscription_plan SET billing_period_value = 0")
    for move_id, (first, last) in enumerate([("2015-07-01", "2015-06-15"), ("2015-06-16", None)], start=1):
        odoo.move(move_id)
        odoo.line("0.00", first, last, move_id=move_id, subscription_id=MONTHLY)
        odoo.line("50.00", first, last, move_id=move_id, subscription_id=MONTHLY)
    odoo.move(3)
    odoo.line("-5.00", None, None, move_id=3, product_id=DISCOUNT)
    fee = odoo.line("100.00", "2015-06-01", "2015-06-30", move_id=2)

    lines = odoo.lines()

    assert len(lines) == 5
    assert (lines[fee]["term_months"], lines[fee]["net_amount_minor"]) == (1, 100_00)


def test_amounts_in_yen_are_given_in_hundredths(odoo: Odoo) -> None:
    odoo.billing.script("UPDATE res_currency SET name = 'JPY' WHERE id = 1")
    odoo.move()
    line_id = odoo.line("1000", "2015-06-01", "2015-06-30")

    assert odoo.lines()[line_id]["net_amount_minor"] == 1000_00


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
    odoo.line("50.00", "2015-06-16", "2015-06-30", subscription_id=MONTHLY)
    odoo.line("-5.00", None, None, product_id=DISCOUNT)
    odoo.billing.install_views("odoo")

    assert len(odoo.lines()) == 2
    assert odoo.billing.view_lines() == odoo.lines()


def test_the_fields_of_the_readme_are_those_that_the_queries_read() -> None:
    folder = SQL / "sources" / "odoo"
    queries = re.sub(r"--.*", "", "".join(path.read_text() for path in folder.rglob("*.sql")))
    read = {
        (table, word, field)
        for table, word in re.findall(r"(?:FROM|JOIN) (\w+) AS (\w+)", queries)
        for field in re.findall(rf"\b{word}\.(\w+)", queries)
    }
    told = re.findall(r"(?m)^\| `(\w+)` \(`(\w+)`\) \| (.+) \|$", (folder / "README.md").read_text())

    assert {(table, word, field) for table, word, row in told for field in re.findall(r"`(\w+)`", row)} == read


def test_the_query_for_community_of_the_readme_reads_the_other_modules_columns(odoo: Odoo, tmp_path: Path) -> None:
    """Run the README's commands on a copy, with tables that have the columns of those modules."""
    query = copied("odoo", "odoo_community", tmp_path)
    odoo.move()
    line_id = odoo.line("100.00", "2015-06-01", "2015-06-30", subscription_id=8)
    odoo.billing.script("""
        CREATE TEMPORARY VIEW community_product AS
          SELECT id, categ_id, recurring_invoice AS subscribable FROM product_template;
        CREATE TEMPORARY VIEW community_line AS
          SELECT id, move_id, product_id, display_type, price_subtotal, price_unit, quantity, is_downpayment,
            currency_id, deferred_start_date AS start_date, deferred_end_date AS end_date FROM account_move_line
    """)

    query = query.replace("product_template", "community_product").replace("account_move_line", "community_line")
    (line,) = odoo.billing.ask_as_owner(query)

    assert (line["line_id"], line["service_end"], line["service_id"]) == (line_id, date(2015, 7, 1), None)
    odoo.billing.script("DROP VIEW community_product; DROP VIEW community_line")
