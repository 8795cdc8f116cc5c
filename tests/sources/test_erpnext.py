"""ERPNext's tables as contract 1, on MariaDB: one test for each trap, amounts worked out by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Billing, copied
from tests.sources.shares import holds_contract_types, month_share

# the types and the collation are Frappe's own: amounts have nine decimals, names ignore case
OF_ALL = """name varchar(140) PRIMARY KEY, creation datetime(6), modified datetime(6), modified_by varchar(140),
  owner varchar(140), docstatus tinyint(4) NOT NULL DEFAULT 0, idx int(8) NOT NULL DEFAULT 0"""
CHILD = "parent varchar(140), parentfield varchar(140), parenttype varchar(140), INDEX parent(parent)"
FORM = "ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
TABLES = f"""
CREATE TABLE tabCompany({OF_ALL}, company_name varchar(140), default_currency varchar(140)) {FORM};
CREATE TABLE `tabCustomer Group`({OF_ALL}, customer_group_name varchar(140), parent_customer_group varchar(140),
  is_group tinyint(4) NOT NULL DEFAULT 0, lft int(11) NOT NULL DEFAULT 0, rgt int(11) NOT NULL DEFAULT 0) {FORM};
CREATE TABLE tabCustomer({OF_ALL}, customer_name varchar(140), customer_group varchar(140), tax_id varchar(140),
  email_id varchar(140), disabled tinyint(4) NOT NULL DEFAULT 0) {FORM};
CREATE TABLE `tabSales Invoice`({OF_ALL}, customer varchar(140), company varchar(140), posting_date date,
  is_return tinyint(4) NOT NULL DEFAULT 0, is_debit_note tinyint(4) NOT NULL DEFAULT 0, return_against varchar(140),
  amended_from varchar(140), currency varchar(140), conversion_rate decimal(21,9) NOT NULL DEFAULT 0, from_date date,
  to_date date, auto_repeat varchar(140), status varchar(140) DEFAULT 'Draft') {FORM};
CREATE TABLE `tabSales Invoice Item`({OF_ALL}, item_code varchar(140), item_name varchar(140), item_group varchar(140),
  qty decimal(21,9) NOT NULL DEFAULT 0, rate decimal(21,9) NOT NULL DEFAULT 0, amount decimal(21,9) NOT NULL DEFAULT 0,
  net_amount decimal(21,9) NOT NULL DEFAULT 0, base_net_amount decimal(21,9) NOT NULL DEFAULT 0,
  enable_deferred_revenue tinyint(4) NOT NULL DEFAULT 0, service_start_date date, service_end_date date,
  service_stop_date date, sales_order varchar(140), sales_invoice_item varchar(140), {CHILD}) {FORM}
"""
INVOICE, ITEM, GROUP = "`tabSales Invoice`", "`tabSales Invoice Item`", "`tabCustomer Group`"


class ErpNext:
    """The tables of one site with the companies Host NL and, younger, Host US, and the reseller Acme."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        billing.empty_tables(TABLES)
        billing.add("tabCompany", name="Host US", creation="2012-01-01")
        billing.add("tabCompany", name="Host NL", creation="2011-01-01")
        for name, lft, rgt in [("All Customer Groups", 1, 8), ("Reseller", 2, 5), ("Hosters", 3, 4), ("Other", 6, 7)]:
            billing.add(GROUP, name=name, lft=lft, rgt=rgt)
        self.customer("Acme")

    def customer(self, name: str, group: str = "Reseller") -> None:
        values = {"customer_name": f"{name} B.V.", "tax_id": "NL1", "email_id": f"billing@{name.lower()}.example"}
        self.billing.add("tabCustomer", name=name, customer_group=group, **values)

    def invoice(self, name: str = "I1", **more: Any) -> None:
        values = {"customer": "Acme", "company": "Host NL", "posting_date": date(2015, 6, 1), "currency": "EUR"}
        self.billing.add(INVOICE, name=name, **{"docstatus": 1, **values, **more})

    def item(self, name: str, net: str, start: str | None = None, end: str | None = None, **more: Any) -> None:
        """An item of invoice I1; with dates it defers its revenue."""
        values = {"parent": "I1", "parenttype": "Sales Invoice", "item_code": "server", "item_group": "dedicated"}
        values |= {"enable_deferred_revenue": int(start is not None)} | more
        dates = {"service_start_date": start, "service_end_date": end}
        self.billing.add(ITEM, name=name, net_amount=Decimal(net), **dates, **values)

    def returned(self, net: str, of: str = "R1", **more: Any) -> None:
        """A credit note for an item of I1, as ERPNext makes it: it has no dates."""
        self.invoice("I1-RET", is_return=1, return_against="I1", posting_date=date(2015, 7, 2))
        self.item("C1", net, parent="I1-RET", sales_invoice_item=of, **{"enable_deferred_revenue": 1, **more})

    def lines(self) -> dict[str, dict[str, Any]]:
        return self.billing.lines("erpnext")

    def share(self, month: str) -> Decimal:
        return month_share(self.lines().values(), month)


@pytest.fixture
def erpnext(mariadb_billing: Billing) -> ErpNext:
    return ErpNext(mariadb_billing)


def test_an_item_with_a_service_period_is_one_line_of_the_contract(erpnext: ErpNext) -> None:
    """The last day of a period in ERPNext is part of it."""
    erpnext.invoice(posting_date=date(2015, 6, 2))
    erpnext.item("R1", "49.990000000", "2015-06-15", "2015-07-14", sales_order="SO-1")

    lines = erpnext.lines()

    holds_contract_types(lines["R1"])
    assert lines == {
        "R1": {
            "line_id": "R1",
            "account_id": "Acme",
            "service_id": "SO-1",
            "product": "dedicated",
            "charge_kind": "recurring",
            "service_start": date(2015, 6, 15),
            "service_end": date(2015, 7, 15),
            "term_months": 1,
            "term_amount_minor": None,
            "net_amount_minor": 49_99,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 6, 2),
            "discount_bp": None,
            "ordered_on": None,
            "doubt": None,
        }
    }


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2015-01-01", "2015-12-31", 12),
        ("2015-05-31", "2015-06-29", 1),
        ("2015-01-31", "2015-02-27", 1),
        ("2015-02-28", "2015-03-30", 1),
        ("2014-06-30", "2017-06-29", 36),
        ("2015-06-01", "2015-06-15", None),
        ("2015-06-01", "2015-06-01", None),
    ],
)
def test_whole_months_are_a_term_and_other_periods_pay_for_exactly_their_days(
    erpnext: ErpNext, start: str, end: str, months: int | None
) -> None:
    erpnext.invoice()
    erpnext.item("R1", "100.00", start, end)

    assert erpnext.lines()["R1"]["term_months"] == months


@pytest.mark.parametrize(
    ("start", "end", "until", "months"),
    [
        ("2015-06-01", "2015-07-01", date(2015, 7, 1), 1),
        ("2015-06-15", "2016-06-15", date(2016, 6, 15), 12),
        ("2015-01-31", "2015-02-28", date(2015, 2, 28), 1),
    ],
)
def test_a_period_that_erpnext_filled_in_does_not_have_a_day_too_many(
    erpnext: ErpNext, start: str, end: str, until: date, months: int
) -> None:
    """It adds the item's months to the first day: 1 June to 1 July is a month, and not a month and a day."""
    erpnext.invoice()
    erpnext.item("R1", "100.00", start, end)

    assert (erpnext.lines()["R1"]["service_end"], erpnext.lines()["R1"]["term_months"]) == (until, months)


def test_the_dates_of_a_subscription_count_for_items_without_dates_of_their_own(erpnext: ErpNext) -> None:
    erpnext.invoice(from_date="2015-06-01", to_date="2015-08-31")
    erpnext.item("R1", "300.00")
    erpnext.item("R2", "1200.00", "2015-06-01", "2016-05-31")

    assert erpnext.share("2015-07") == 200


def test_drafts_and_cancelled_documents_lie_in_their_buckets_and_the_amended_one_counts(erpnext: ErpNext) -> None:
    for name, docstatus, amended in [("I1", 2, None), ("I1-1", 1, "I1"), ("I2", 0, None)]:
        erpnext.invoice(name, docstatus=docstatus, amended_from=amended)
        erpnext.item(f"R-{name}", "100.00", "2015-06-01", "2015-06-30", parent=name)

    statuses = {name: line["document_status"] for name, line in erpnext.lines().items()}

    assert statuses == {"R-I1": "void", "R-I1-1": "posted", "R-I2": "draft"}
    assert erpnext.share("2015-06") == 100


def test_an_item_without_dates_that_does_not_recur_is_one_off(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("S1", "99.00")
    line = erpnext.lines()["S1"]

    assert (line["charge_kind"], line["service_start"], line["service_end"]) == (
        "one_off",
        date(2015, 6, 1),
        date(2015, 6, 2),
    )


@pytest.mark.parametrize("of", [{"enable_deferred_revenue": 1}, {}])
def test_what_recurs_without_dates_has_no_end_which_is_a_fault_of_that_line(
    erpnext: ErpNext, of: dict[str, int]
) -> None:
    erpnext.invoice(auto_repeat=None if of else "AUT-1")
    erpnext.item("R1", "100.00", **of)
    line = erpnext.lines()["R1"]

    assert (line["charge_kind"], line["service_start"], line["service_end"]) == ("recurring", date(2015, 6, 1), None)


@pytest.mark.parametrize(
    ("day", "more", "kind"),
    [
        (date(2015, 7, 16), {}, "undated"),
        (date(2015, 7, 17), {}, "one_off"),
        (date(2015, 7, 1), {"item_code": "setup"}, "one_off"),
        (date(2015, 7, 1), {"docstatus": 2}, "one_off"),
        (date(2015, 7, 1), {"customer": "Other"}, "one_off"),
        (date(2015, 7, 1), {"is_return": 1}, "one_off"),
    ],
)
def test_an_item_without_dates_that_comes_again_within_45_days_is_refused_by_its_kind(
    erpnext: ErpNext, day: date, more: dict[str, Any], kind: str
) -> None:
    """A hoster that writes the same invoice each month, without dates, must not have it counted as nothing."""
    erpnext.invoice()
    erpnext.item("R1", "100.00")
    code = {"item_code": more.pop("item_code", "server")}
    erpnext.invoice("I2", posting_date=day, **more)
    erpnext.item("R2", "100.00", parent="I2", **code)

    line = erpnext.lines()["R1"]

    assert (line["charge_kind"], line["service_start"], line["service_end"]) == (
        kind,
        date(2015, 6, 1),
        date(2015, 6, 2),
    )


def test_the_copy_of_the_readme_takes_items_that_come_again_without_dates_for_one_off(
    erpnext: ErpNext, tmp_path: Path
) -> None:
    erpnext.invoice()
    erpnext.item("R1", "100.00")
    erpnext.invoice("I2", posting_date=date(2015, 7, 1))
    erpnext.item("R2", "100.00", parent="I2")
    assert {line["charge_kind"] for line in erpnext.lines().values()} == {"undated"}

    rows = erpnext.billing.ask(copied("erpnext", "erpnext_ours", tmp_path))

    assert {row["charge_kind"] for row in rows} == {"one_off"}


@pytest.mark.parametrize(("group", "kind"), [("Setup", "setup"), ("One-off", "one_off"), ("Rental", "recurring")])
def test_items_of_the_groups_for_what_is_paid_once_are_no_service_also_on_a_subscriptions_invoice(
    erpnext: ErpNext, group: str, kind: str
) -> None:
    """A reseller pays the same setup fee for each new server: it must not be refused for coming again."""
    erpnext.invoice(from_date="2015-06-01", to_date="2015-06-30", posting_date=date(2015, 6, 2))
    erpnext.item("S1", "99.00", item_group=group)
    erpnext.invoice("I2", from_date="2015-06-01", to_date="2015-06-30")
    erpnext.item("S2", "99.00", parent="I2", item_group=group)
    line = erpnext.lines()["S1"]

    assert line["charge_kind"] == kind
    assert line["service_start"] == (date(2015, 6, 1) if kind == "recurring" else date(2015, 6, 2))


def test_free_items_without_dates_may_come_again(erpnext: ErpNext) -> None:
    for name, net in [("I1", "0.00"), ("I2", "10.00"), ("I3", "0.00")]:
        erpnext.invoice(name)
        erpnext.item(f"R-{name}", net, parent=name)

    assert {line["charge_kind"] for line in erpnext.lines().values()} == {"one_off"}


def test_items_typed_without_a_code_are_known_again_by_their_names(erpnext: ErpNext) -> None:
    for name, day in [("I1", date(2015, 6, 1)), ("I2", date(2015, 7, 1))]:
        erpnext.invoice(name, posting_date=day)
        erpnext.item(f"R-{name}", "100.00", parent=name, item_code=None, item_name="Rack 7")
        erpnext.item(f"S-{name}", "100.00", parent=name, item_code=None, item_name=f"Visit {name}")
    kinds = {name: line["charge_kind"] for name, line in erpnext.lines().items()}

    assert kinds == {"R-I1": "undated", "R-I2": "undated", "S-I1": "one_off", "S-I2": "one_off"}


def test_a_single_date_is_not_completed_by_a_guess(erpnext: ErpNext) -> None:
    erpnext.invoice(from_date="2015-06-01", to_date="2015-06-30")
    erpnext.item("R1", "100.00", None, "2015-06-30")
    erpnext.item("R2", "100.00", "2015-06-01", None)

    assert (erpnext.lines()["R1"]["service_start"], erpnext.lines()["R2"]["service_end"]) == (None, None)


def test_a_return_takes_its_part_off_each_month_of_the_returned_item(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("R1", "1200.00", "2015-06-01", "2016-05-31")
    erpnext.returned("-300.00")

    line = erpnext.lines()["C1"]

    holds_contract_types(line)
    assert (line["charge_kind"], line["term_months"], line["net_amount_minor"]) == ("credit", 12, -300_00)
    assert [erpnext.share(month) for month in ("2015-06", "2016-05", "2016-06")] == [75, 75, 0]


@pytest.mark.parametrize(("start", "end"), [("2015-07-02", "2015-08-02"), ("2015-05-20", "2015-06-20")])
def test_dates_of_a_return_that_are_not_within_those_of_its_item_are_not_its_period(
    erpnext: ErpNext, start: str, end: str
) -> None:
    """ERPNext fills them in from the posting date of the return."""
    erpnext.invoice()
    erpnext.item("R1", "100.00", "2015-06-01", "2015-06-30")
    erpnext.invoice("I1-RET", is_return=1, return_against="I1", posting_date=date(2015, 7, 2))
    erpnext.item("C1", "-100.00", start, end, parent="I1-RET", sales_invoice_item="R1")

    assert [erpnext.share(month) for month in ("2015-06", "2015-07")] == [0, 0]


def test_dates_that_somebody_typed_into_a_return_are_its_period(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("R1", "1200.00", "2015-01-01", "2015-12-31")
    erpnext.invoice("I1-RET", is_return=1, return_against="I1")
    erpnext.item("C1", "-300.00", "2015-10-01", "2015-12-31", parent="I1-RET", sales_invoice_item="R1")

    assert [erpnext.share(month) for month in ("2015-09", "2015-10", "2015-12")] == [100, 0, 0]


@pytest.mark.parametrize(
    ("stop", "back", "shares"),
    [
        ("2015-06-30", "-600.00", ["100", "0", "0"]),  # six months of twelve
        ("2015-06-30", "-604.93", ["100", "0", "0"]),  # 184 of 365 days
        ("2015-07-10", "-572.05", ["100", "32.26", "0"]),  # 174 of 365 days
        ("2015-07-10", "-500.00", ["100", "39.66", "10.92"]),  # a price that somebody chose: 21 and 31 of 174 days
    ],
)
def test_a_return_of_a_stopped_item_gives_back_the_days_after_the_stop(
    erpnext: ErpNext, stop: str, back: str, shares: list[str]
) -> None:
    erpnext.invoice()
    erpnext.item("R1", "1200.00", "2015-01-01", "2015-12-31", service_stop_date=stop)
    erpnext.returned(back)

    assert [erpnext.share(month) for month in ("2015-06", "2015-07", "2015-08")] == list(map(Decimal, shares))


def test_a_period_that_erpnext_filled_in_is_as_long_for_what_is_given_back_of_it(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("R1", "1200.00", "2015-01-01", "2016-01-01", service_stop_date="2015-07-10")
    erpnext.returned("-572.05")

    assert [erpnext.share(month) for month in ("2015-06", "2015-08", "2016-01")] == [100, 0, 0]


def test_a_stopped_item_that_nothing_was_given_back_for_counts_to_its_end(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("R1", "1200.00", "2015-01-01", "2015-12-31", service_stop_date="2015-06-30")

    assert erpnext.share("2015-12") == 100


def test_a_return_of_a_subscriptions_item_has_the_dates_of_its_invoice(erpnext: ErpNext) -> None:
    erpnext.invoice(from_date="2015-06-01", to_date="2015-06-30")
    erpnext.item("R1", "100.00")
    erpnext.returned("-40.00", enable_deferred_revenue=0)

    assert [erpnext.share(month) for month in ("2015-06", "2015-07")] == [60, 0]


def test_a_return_that_names_no_item_is_one_off_unless_its_item_defers_revenue(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("R1", "100.00", "2015-06-01", "2015-06-30")
    erpnext.returned("-40.00", of="")
    erpnext.item("C2", "-10.00", parent="I1-RET", enable_deferred_revenue=0)
    lines = erpnext.lines()

    assert (lines["C1"]["charge_kind"], lines["C1"]["service_end"]) == ("credit", None)
    assert lines["C2"]["charge_kind"] == "one_off"


def test_a_return_of_a_one_off_item_is_one_off(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("S1", "99.00")
    erpnext.returned("-99.00", of="S1", enable_deferred_revenue=0)

    assert {line["charge_kind"] for line in erpnext.lines().values()} == {"one_off"}


def test_a_rate_adjustment_counts_over_the_dates_of_the_item_that_it_adjusts(erpnext: ErpNext) -> None:
    erpnext.invoice()
    erpnext.item("R1", "100.00", "2015-06-01", "2015-06-30")
    erpnext.invoice("I2", is_debit_note=1, return_against="I1", posting_date=date(2015, 7, 5))
    erpnext.item("D1", "20.00", parent="I2", sales_invoice_item="R1")

    assert erpnext.lines()["D1"]["charge_kind"] == "recurring"
    assert [erpnext.share(month) for month in ("2015-06", "2015-07")] == [120, 0]


def test_amounts_are_those_after_the_discount_in_the_currency_of_the_invoice(erpnext: ErpNext) -> None:
    erpnext.invoice(currency="USD", conversion_rate="0.9")
    more = {"amount": "100.00", "base_net_amount": "81.00"}
    erpnext.item("R1", "90.005000000", "2015-06-01", "2015-06-30", **more)

    assert (erpnext.lines()["R1"]["net_amount_minor"], erpnext.lines()["R1"]["currency"]) == (90_01, "USD")


def test_only_customers_of_the_group_and_of_groups_below_it_are_read_in_the_oldest_company(erpnext: ErpNext) -> None:
    for name, group in [("Below", "Hosters"), ("Nobody", "Other")]:
        erpnext.customer(name, group)
    for customer, company in [("Acme", "Host NL"), ("Below", "Host NL"), ("Nobody", "Host NL"), ("Acme", "Host US")]:
        erpnext.invoice(f"{customer}-{company}", customer=customer, company=company)
        erpnext.item(f"{customer} {company}", "1.00", "2015-06-01", "2015-06-30", parent=f"{customer}-{company}")

    assert sorted(erpnext.lines()) == ["Acme Host NL", "Below Host NL"]
    assert [row["account_id"] for row in erpnext.billing.resellers("erpnext")] == ["Acme", "Below"]


def test_groups_whose_tree_was_never_built_do_not_make_everybody_a_reseller(erpnext: ErpNext) -> None:
    erpnext.customer("Nobody", "Other")
    erpnext.invoice(customer="Nobody")
    erpnext.item("R1", "1.00", "2015-06-01", "2015-06-30")
    erpnext.billing.script(f"UPDATE {GROUP} SET lft = 0, rgt = 0")  # noqa: S608

    assert erpnext.lines() == {}
    assert erpnext.billing.resellers("erpnext") == [
        {"account_id": "Acme", "company_name": "Acme B.V.", "vat_id": "NL1", "email_domain": "acme.example"}
    ]
