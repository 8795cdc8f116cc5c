"""WHMCS's tables as contract 1, on MariaDB: one test for each trap, with amounts worked out by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.conftest import Billing
from tests.sources.shares import holds_contract_types, month_share

TABLES = """
CREATE TABLE tblclientgroups(id int PRIMARY KEY, groupname varchar(45), discountpercent decimal(10,2));
CREATE TABLE tblcurrencies(id int PRIMARY KEY, code text);
CREATE TABLE tblclients(id int PRIMARY KEY, firstname text, lastname text, companyname text, email text,
  tax_id varchar(128), currency int, groupid int);
CREATE TABLE tblhosting(id int PRIMARY KEY, userid int, orderid int, packageid int, regdate date,
  firstpaymentamount decimal(10,2), amount decimal(10,2), billingcycle text, nextduedate date, domainstatus varchar(20),
  promoid int);
CREATE TABLE tblhostingaddons(id int PRIMARY KEY, hostingid int, recurring decimal(10,2), setupfee decimal(10,2),
  billingcycle text, status varchar(20), regdate date);
CREATE TABLE tbldomains(id int PRIMARY KEY, userid int, recurringamount decimal(10,2), registrationperiod int,
  registrationdate date, status varchar(20));
CREATE TABLE tblinvoices(id int PRIMARY KEY, userid int, invoicenum text, date date, duedate date, datepaid datetime,
  subtotal decimal(16,2), credit decimal(16,2), tax decimal(16,2), tax2 decimal(16,2), total decimal(16,2),
  taxrate decimal(10,3), taxrate2 decimal(10,3), status text);
CREATE TABLE tblinvoiceitems(id int PRIMARY KEY, invoiceid int, userid int, type varchar(30), relid int,
  description text, amount decimal(16,2), taxed int, duedate date)
"""


class Whmcs:
    """The tables of one installation, with a reseller client 1 and its services."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        billing.empty_tables(TABLES)
        billing.add("tblcurrencies", id=1, code="EUR")
        billing.add("tblcurrencies", id=2, code="USD")
        billing.add("tblclientgroups", id=4, groupname="Reseller", discountpercent=Decimal(0))
        self.client(1)
        self._items = 0

    def client(self, client_id: int, *, group: int = 4, currency: int = 1) -> None:
        self.billing.add(
            "tblclients",
            id=client_id,
            firstname="Ann",
            lastname="Reed",
            companyname="",
            email=f"pay@client{client_id}.example",
            tax_id="NL001",
            currency=currency,
            groupid=group,
        )

    def hosting(self, hosting_id: int, cycle: str = "Monthly", amount: str = "100.00") -> None:
        values = {"userid": 1, "regdate": date(2015, 6, 1), "amount": Decimal(amount), "domainstatus": "Active"}
        self.billing.add("tblhosting", id=hosting_id, billingcycle=cycle, **values)

    def invoice(self, invoice_id: int, subtotal: str, *, status: str = "Paid", client: int = 1) -> None:
        self.billing.add(
            "tblinvoices",
            id=invoice_id,
            userid=client,
            date=date(2015, 5, 25),
            duedate=date(2015, 6, 1),
            subtotal=Decimal(subtotal),
            status=status,
        )

    def item(self, invoice_id: int, kind: str, amount: str, relid: int = 0, **more: Any) -> str:
        self._items += 1
        values = {"userid": 1, "taxed": 0, "duedate": date(2015, 6, 1)} | more
        self.billing.add(
            "tblinvoiceitems",
            id=self._items,
            invoiceid=invoice_id,
            type=kind,
            relid=relid,
            amount=Decimal(amount),
            **values,
        )
        return str(self._items)

    def lines(self) -> dict[str, dict[str, Any]]:
        return self.billing.lines("whmcs")

    def share(self, month: str) -> Decimal:
        return month_share(self.lines().values(), month)


@pytest.fixture
def whmcs(mariadb_billing: Billing) -> Whmcs:
    return Whmcs(mariadb_billing)


def test_a_service_invoiced_is_one_line_from_its_due_day_for_its_cycle(whmcs: Whmcs) -> None:
    whmcs.hosting(7, "Quarterly")
    whmcs.invoice(1, "300.00")
    line_id = whmcs.item(1, "Hosting", "300.00", 7, description="Server (01/06/2015 - 31/08/2015)")

    lines = whmcs.lines()

    holds_contract_types(lines[line_id])
    assert lines == {
        line_id: {
            "line_id": line_id,
            "account_id": "1",
            "service_id": "hosting 7",
            "product": "hosting",
            "charge_kind": "recurring",
            "service_start": date(2015, 6, 1),
            "service_end": date(2015, 9, 1),
            "term_months": 3,
            "net_amount_minor": 300_00,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 5, 25),
            "discount_bp": None,
            "ordered_on": date(2015, 6, 1),
        }
    }


@pytest.mark.parametrize(
    ("cycle", "months"),
    [
        ("Monthly", 1),
        ("Quarterly", 3),
        ("Semi-Annually", 6),
        ("Annually", 12),
        ("Biennially", 24),
        ("Triennially", 36),
    ],
)
def test_each_cycle_has_its_months(whmcs: Whmcs, cycle: str, months: int) -> None:
    whmcs.hosting(7, cycle)
    whmcs.invoice(1, f"{months * 10}.00")
    line_id = whmcs.item(1, "Hosting", f"{months * 10}.00", 7)

    assert whmcs.lines()[line_id]["term_months"] == months
    assert whmcs.share("2015-06") == 10


@pytest.mark.parametrize("cycle", ["One Time", "Free Account"])
def test_a_service_that_is_paid_once_or_free_gives_no_line(whmcs: Whmcs, cycle: str) -> None:
    whmcs.hosting(7, cycle)
    whmcs.invoice(1, "80.00")
    whmcs.item(1, "Hosting", "80.00", 7)

    assert whmcs.lines() == {}


def test_add_ons_and_domains_recur_as_well(whmcs: Whmcs) -> None:
    """12 a year for a domain of two years and 6 a quarter for an add-on: 1.00 and 2.00 a month."""
    addon_values = {"hostingid": 7, "billingcycle": "Quarterly", "regdate": date(2015, 6, 1)}
    whmcs.billing.add("tblhostingaddons", id=3, **addon_values)
    whmcs.billing.add("tbldomains", id=9, userid=1, registrationperiod=2, registrationdate=date(2013, 6, 1))
    whmcs.invoice(1, "30.00")
    addon = whmcs.item(1, "Addon", "6.00", 3)
    domain = whmcs.item(1, "Domain", "24.00", 9)

    lines = whmcs.lines()

    assert {key: (line["term_months"], line["product"]) for key, line in lines.items()} == {
        addon: (3, "addon"),
        domain: (24, "domain"),
    }
    assert whmcs.share("2015-06") == 3


def test_setup_fees_upgrades_late_fees_and_money_paid_in_are_not_read(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "600.00")
    for kind in ("Setup", "Upgrade", "LateFee", "AddFunds", "Item", ""):
        whmcs.item(1, kind, "100.00", 7)

    assert whmcs.lines() == {}


def test_an_invoice_that_pays_other_invoices_does_not_count_them_again(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00")
    line_id = whmcs.item(1, "Hosting", "100.00", 7)
    whmcs.invoice(2, "100.00")
    whmcs.item(2, "Invoice", "100.00", 1)

    assert list(whmcs.lines()) == [line_id]


def test_a_promotion_is_taken_off_the_service_that_it_is_for(whmcs: Whmcs) -> None:
    whmcs.hosting(7, "Annually")
    whmcs.invoice(1, "1080.00")
    whmcs.item(1, "Hosting", "1200.00", 7)
    promotion = whmcs.item(1, "PromoHosting", "-120.00", 7)

    line = whmcs.lines()[promotion]

    holds_contract_types(line)
    assert (line["charge_kind"], line["net_amount_minor"], line["term_months"]) == ("credit", -120_00, 12)
    assert whmcs.share("2015-06") == 90


def test_the_price_of_a_service_overstates_what_a_client_group_pays_and_the_invoice_does_not(whmcs: Whmcs) -> None:
    """Two services of 100 a month and 1,200 a year, 50 setup, 10 % off 1,350: 135, of which 10 and 120 recur."""
    whmcs.hosting(7, "Monthly", "100.00")
    whmcs.hosting(8, "Annually", "1200.00")
    whmcs.invoice(1, "1215.00")
    monthly = whmcs.item(1, "Hosting", "100.00", 7)
    annual = whmcs.item(1, "Hosting", "1200.00", 8)
    whmcs.item(1, "Setup", "50.00", 7)
    whmcs.item(1, "GroupDiscount", "-135.00")

    lines = whmcs.lines()

    amounts = {key: line["net_amount_minor"] for key, line in lines.items() if key.endswith("/group")}
    assert amounts == {f"{monthly}/group": -10_00, f"{annual}/group": -120_00}
    assert lines[f"{annual}/group"]["term_months"] == 12
    assert whmcs.share("2015-06") == 180


def test_a_group_discount_comes_after_a_promotion(whmcs: Whmcs) -> None:
    """200 less 50 is 150, less 10 % is 135."""
    whmcs.hosting(7)
    whmcs.invoice(1, "135.00")
    whmcs.item(1, "Hosting", "200.00", 7)
    whmcs.item(1, "PromoHosting", "-50.00", 7)
    whmcs.item(1, "GroupDiscount", "-15.00")

    assert whmcs.share("2015-06") == 135


def test_a_late_fee_came_after_the_group_discount_and_has_no_part_in_it(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "95.00")
    whmcs.item(1, "Hosting", "100.00", 7)
    whmcs.item(1, "GroupDiscount", "-10.00")
    whmcs.item(1, "LateFee", "5.00")

    assert whmcs.share("2015-06") == 90


def test_tax_within_the_prices_is_taken_out_of_the_taxed_lines_alone(whmcs: Whmcs) -> None:
    """121 with 21 % within and 50 without tax: the subtotal is 150."""
    whmcs.hosting(7)
    whmcs.hosting(8)
    whmcs.invoice(1, "150.00")
    taxed = whmcs.item(1, "Hosting", "121.00", 7, taxed=1)
    untaxed = whmcs.item(1, "Hosting", "50.00", 8)

    amounts = {key: line["net_amount_minor"] for key, line in whmcs.lines().items()}

    assert amounts == {taxed: 100_00, untaxed: 50_00}


def test_tax_on_top_of_the_prices_is_in_no_line(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00")
    whmcs.item(1, "Hosting", "100.00", 7, taxed=1)

    assert whmcs.share("2015-06") == 100


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("Paid", "posted"),
        ("Unpaid", "posted"),
        ("Collections", "posted"),
        ("Payment Pending", "posted"),
        ("Draft", "draft"),
        ("Cancelled", "void"),
        ("Refunded", "void"),
        ("Overruled", "Overruled"),
    ],
)
def test_each_status_of_an_invoice_has_its_meaning_and_an_unknown_one_is_refused(
    whmcs: Whmcs, written: str, status: str
) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00", status=written)
    line_id = whmcs.item(1, "Hosting", "100.00", 7)

    assert whmcs.lines()[line_id]["document_status"] == status


def test_a_cancelled_invoice_and_the_one_in_its_place_count_once(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    for invoice_id, status in [(1, "Cancelled"), (2, "Unpaid")]:
        whmcs.invoice(invoice_id, "100.00", status=status)
        whmcs.item(invoice_id, "Hosting", "100.00", 7)

    assert whmcs.share("2015-06") == 100


def test_a_service_that_was_deleted_is_seen_as_faulty_because_its_cycle_is_gone(whmcs: Whmcs) -> None:
    whmcs.invoice(1, "100.00")
    line_id = whmcs.item(1, "Hosting", "100.00", 7)

    line = whmcs.lines()[line_id]

    assert (line["service_end"], line["term_months"]) == (None, None)


def test_each_client_has_a_currency(whmcs: Whmcs) -> None:
    whmcs.client(2, currency=2)
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00", client=2)
    line_id = whmcs.item(1, "Hosting", "100.00", 7)

    assert whmcs.lines()[line_id]["currency"] == "USD"


def test_clients_of_other_groups_are_not_read(whmcs: Whmcs) -> None:
    whmcs.client(2, group=0)
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00", client=2)
    whmcs.item(1, "Hosting", "100.00", 7)

    assert whmcs.lines() == {}
    assert whmcs.billing.resellers("whmcs") == [
        {"account_id": "1", "company_name": "Ann Reed", "vat_id": "NL001", "email_domain": "client1.example"}
    ]


def test_an_installed_view_gives_what_the_query_in_place_gives(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "90.00")
    whmcs.item(1, "Hosting", "100.00", 7)
    whmcs.item(1, "GroupDiscount", "-10.00")
    whmcs.billing.install_views("whmcs")

    assert len(whmcs.lines()) == 2
    assert whmcs.billing.view_lines() == whmcs.lines()
