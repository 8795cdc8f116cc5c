"""The skeleton of a source on the tables of its invented system: what it shows is right, on PostgreSQL and MariaDB."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.conftest import Billing
from tests.sources.shares import holds_contract_types, month_share

TABLES = """
CREATE TABLE customer(id integer, name varchar(80), vat_number varchar(20), email varchar(80), category varchar(20));
CREATE TABLE contract(id integer, months integer, price numeric(12,2));
CREATE TABLE bill(id integer, customer_id integer, type varchar(20), state varchar(20), issued_on date,
  currency char(3), discount_percent integer);
CREATE TABLE bill_item(id integer, bill_id integer, contract_id integer, corrects_id integer, type varchar(20),
  product varchar(20), first_day date, last_day date, net numeric(12,2));
"""


class System:
    """Customer 1 is a reseller, with contract 5 for 100.00 a month and 6 for 1,200.00 a year."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        billing.empty_tables(TABLES)
        for number, category in [(1, "reseller"), (2, "end user")]:
            address = f"pay@c{number}.example"
            billing.add("customer", id=number, name=f"C{number}", vat_number="", email=address, category=category)
        billing.add("contract", id=5, months=1, price=100)
        billing.add("contract", id=6, months=12, price=1200)
        self.invoice(1)

    def invoice(self, number: int, **more: Any) -> None:
        values = {"customer_id": 1, "type": "invoice", "state": "paid", "issued_on": "2015-06-01", "currency": "EUR"}
        self.billing.add("bill", id=number, **{**values, **more})

    def item(self, number: int, net: str, first: str | None, last: str | None, **more: Any) -> None:
        values = {"bill_id": 1, "contract_id": 5, "type": "fee", "product": "cloud", **more}
        self.billing.add("bill_item", id=number, net=Decimal(net), first_day=first, last_day=last, **values)

    def lines(self) -> dict[str, dict[str, Any]]:
        """The lines, with the whole numbers that its statement leaves to the database's decimals."""
        return {number: dict(map(_whole, line.items())) for number, line in self.billing.lines("skeleton").items()}

    def shares(self, *months: str) -> list[Decimal]:
        return [month_share(self.lines().values(), month) for month in months]


def _whole(cell: tuple[str, Any]) -> tuple[str, Any]:
    name, value = cell
    if not isinstance(value, Decimal):
        return cell
    assert value == int(value), name
    return name, int(value)


@pytest.fixture(params=["postgres_billing", "mariadb_billing"])
def system(request: pytest.FixtureRequest) -> System:
    return System(request.getfixturevalue(request.param))


def test_a_fee_is_one_line_of_the_contract(system: System) -> None:
    system.item(1, "100.00", "2015-06-15", "2015-07-14")

    (line,) = system.lines().values()

    holds_contract_types(line)
    assert (line["charge_kind"], line["term_months"], line["net_amount_minor"]) == ("recurring", 1, 100_00)
    assert (line["service_start"], line["service_end"]) == (date(2015, 6, 15), date(2015, 7, 15))
    assert [row["account_id"] for row in system.billing.resellers("skeleton")] == [line["account_id"]] == ["1"]


def test_each_of_the_three_ways_gives_what_rule_2_says(system: System) -> None:
    system.item(1, "1200.00", "2015-06-01", "2016-05-31", contract_id=6)
    system.item(2, "50.00", "2015-06-16", "2015-06-30")
    system.item(3, "34.00", "2015-06-14", "2015-06-30", contract_id=None)
    lines = system.lines()

    assert [lines[number]["term_months"] for number in "123"] == [12, 1, None]
    assert [lines[number]["term_amount_minor"] for number in "123"] == [None, 100_00, None]
    assert system.shares("2015-06", "2015-07") == [100 + 50 + 34, 100]


def test_a_plan_that_changes_in_mid_period_leaves_the_new_fee_alone_in_the_next_month(system: System) -> None:
    """100 that become 1,200 a year on 25 June: 20 of 30 days are given back, and July is 100.00 to the cent."""
    system.item(1, "100.00", "2015-06-15", "2015-07-14")
    system.invoice(2, type="credit note")
    system.item(2, "66.67", "2015-06-25", "2015-07-14", bill_id=2, corrects_id=1)
    system.item(3, "1200.00", "2015-06-25", "2016-06-24", contract_id=6)

    assert system.shares("2015-07") == [100]


def test_what_corrects_a_piece_takes_off_the_same_part_of_its_term(system: System) -> None:
    system.item(1, "50.00", "2015-06-16", "2015-06-30")
    system.item(2, "-10.00", None, None, type="discount", corrects_id=1, contract_id=None)

    assert system.lines()["2"]["charge_kind"] == "credit"
    assert system.shares("2015-06") == [40]


def test_a_discount_on_the_whole_invoice_is_taken_off_each_item_and_off_the_price_of_its_term(system: System) -> None:
    system.invoice(2, discount_percent=10)
    system.item(1, "100.00", "2015-06-01", "2015-06-30", bill_id=2)
    system.item(2, "50.00", "2015-06-16", "2015-06-30", bill_id=2)

    assert system.shares("2015-06") == [135]


def test_usage_counts_whole_and_what_corrects_it_is_subtracted_there(system: System) -> None:
    system.item(1, "70.00", "2015-06-10", "2015-07-09", type="usage")
    system.item(2, "8.00", "2015-06-30", "2015-06-30", type="usage")
    system.invoice(2, type="credit note")
    system.item(3, "30.00", None, None, bill_id=2, corrects_id=1)

    assert system.shares("2015-06", "2015-07") == [48, 0]


def test_drafts_and_cancelled_invoices_and_other_kinds_lie_in_their_buckets(system: System) -> None:
    for number, state in [(2, "draft"), (3, "cancelled")]:
        system.invoice(number, state=state)
        system.item(number, "100.00", "2015-06-01", "2015-06-30", bill_id=number)
    system.item(1, "99.00", "2015-06-01", "2015-06-01", type="setup")
    system.item(4, "21.00", "2015-06-01", "2015-06-01", type="tax")
    found = {number: (line["charge_kind"], line["document_status"]) for number, line in system.lines().items()}

    assert found == {
        "1": ("setup", "posted"),
        "2": ("recurring", "draft"),
        "3": ("recurring", "void"),
        "4": ("tax", "posted"),
    }


def test_what_nobody_knows_stays_as_it_is_and_a_deleted_contract_costs_no_line(system: System) -> None:
    system.invoice(2, state="disputed")
    system.item(1, "100.00", None, "2015-06-30", type="rent", bill_id=2, contract_id=77, product=None)

    line = system.lines()["1"]

    assert (line["charge_kind"], line["document_status"], line["service_start"]) == ("rent", "disputed", None)
