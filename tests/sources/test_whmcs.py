"""WHMCS's tables as contract 1, on MariaDB: one test for each trap, with amounts worked out by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Billing, copied
from tests.sources.shares import holds_contract_types, month_share

# the columns of the public class documentation, with the collation of the installations
TABLES = """
CREATE TABLE tblclientgroups(id int PRIMARY KEY, groupname varchar(45), discountpercent decimal(10,2))
  DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tblcurrencies(id int PRIMARY KEY, code text) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tblclients(id int PRIMARY KEY, firstname text, lastname text, companyname text, email text,
  tax_id varchar(128), currency int, groupid int) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tblhosting(id int PRIMARY KEY, userid int, orderid int, packageid int, regdate date,
  firstpaymentamount decimal(10,2), amount decimal(10,2), billingcycle text, nextduedate date, domainstatus varchar(20),
  promoid int) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tblhostingaddons(id int PRIMARY KEY, hostingid int, recurring decimal(10,2), setupfee decimal(10,2),
  billingcycle text, status varchar(20), regdate date) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tbldomains(id int PRIMARY KEY, userid int, recurringamount decimal(10,2), registrationperiod int,
  registrationdate date, status varchar(20)) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tblbillableitems(id int PRIMARY KEY, userid int, description text, amount decimal(10,2),
  recur int DEFAULT 0, recurcycle text, recurfor int DEFAULT 0, invoiceaction int, duedate date, invoicecount int)
  DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tblinvoices(id int PRIMARY KEY, userid int, invoicenum text, date date, duedate date, datepaid datetime,
  subtotal decimal(16,2), credit decimal(16,2), tax decimal(16,2), tax2 decimal(16,2), total decimal(16,2),
  taxrate decimal(10,3), taxrate2 decimal(10,3), status text) DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
CREATE TABLE tblinvoiceitems(id int PRIMARY KEY AUTO_INCREMENT, invoiceid int, userid int, type varchar(30), relid int,
  description text, amount decimal(16,2), taxed int, duedate date, KEY invoiceid (invoiceid))
  DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci
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

    def billable(self, billable_id: int, *, recur: int, recurcycle: str = "") -> None:
        self.billing.add("tblbillableitems", id=billable_id, userid=1, recur=recur, recurcycle=recurcycle)

    def invoice(self, invoice_id: int, subtotal: str, *, status: str = "Paid", client: int = 1, **more: Any) -> None:
        values = {"date": date(2015, 5, 25), "duedate": date(2015, 6, 1)} | more
        self.billing.add(
            "tblinvoices", id=invoice_id, userid=client, subtotal=Decimal(subtotal), status=status, **values
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
            "term_amount_minor": None,
            "net_amount_minor": 300_00,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 5, 25),
            "discount_bp": None,
            "ordered_on": date(2015, 6, 1),
            "doubt": None,
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
    whmcs.hosting(7, cycle, f"{months * 10}.00")
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


def test_setup_fees_late_fees_and_money_paid_in_are_not_read(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "600.00")
    for kind in ("Setup", "LateFee", "AddFunds", "DomainGraceFee", "DomainRedemptionFee"):
        whmcs.item(1, kind, "100.00", 7)

    assert whmcs.lines() == {}


def test_what_may_recur_and_has_no_period_lies_in_a_bucket_by_its_number(whmcs: Whmcs) -> None:
    """An upgrade, a billable item without a cycle, lines that staff typed: in the month of their invoice, 25 May."""
    whmcs.billable(5, recur=0)
    whmcs.invoice(1, "375.00")
    upgrade, item = whmcs.item(1, "Upgrade", "100.00", 3), whmcs.item(1, "Item", "200.00", 5)
    typed, sorry = whmcs.item(1, "", "80.00", description="Disk"), whmcs.item(1, "", "-5.00", description="Sorry")

    lines = whmcs.lines()

    kinds = {key: line["charge_kind"] for key, line in lines.items()}
    assert kinds == {upgrade: "one_off", item: "one_off", typed: "one_off", sorry: "goodwill"}
    assert {(line["service_start"], line["service_end"]) for line in lines.values()} == {
        (date(2015, 5, 25), date(2015, 5, 26))
    }


def test_a_credit_without_dates_is_named_and_one_with_dates_is_not(whmcs: Whmcs) -> None:
    """60 back on 18 June without dates counts 13 of 30 days, 26.00; with its dates it counts 60.00."""
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00")
    whmcs.item(1, "Hosting", "100.00", 7, description="Server (01/06/2015 - 30/06/2015)")
    whmcs.invoice(2, "-60.00")
    undated = whmcs.item(2, "Hosting", "-60.00", 7, duedate=date(2015, 6, 18), description="Goodbye")
    before = whmcs.lines()
    whmcs.billing.script("DELETE FROM tblinvoiceitems WHERE amount < 0")
    dated = whmcs.item(2, "Hosting", "-60.00", 7, duedate=date(2015, 6, 18), description="(01/06/2015 - 30/06/2015)")
    after = whmcs.lines()

    assert month_share([before[undated]], "2015-06") == -26
    assert before[undated]["doubt"].startswith("gives back and has no dates: taken off the cycle from its due date on")
    assert (after[dated]["doubt"], whmcs.share("2015-06")) == (None, 40)
    assert {line["doubt"] for key, line in before.items() if key != undated} == {None}


def test_what_has_no_period_and_counts_nothing_says_so(whmcs: Whmcs) -> None:
    whmcs.billable(5, recur=0)
    whmcs.invoice(1, "375.00")
    upgrade, item = whmcs.item(1, "Upgrade", "100.00", 3), whmcs.item(1, "Item", "200.00", 5)
    typed, sorry = whmcs.item(1, "", "80.00", description="Disk"), whmcs.item(1, "", "-5.00", description="Sorry")
    whmcs.invoice(2, "80.00", status="Draft")
    draft = whmcs.item(2, "", "80.00", description="Other")

    doubts = {key: line["doubt"] for key, line in whmcs.lines().items()}

    assert doubts[upgrade] == "an upgrade, counts nothing, although a part of it recurs"
    assert "does not recur, counts nothing" in doubts[item]
    assert doubts[typed].startswith("typed by hand, counts nothing")
    assert "takes nothing off" in doubts[sorry]
    assert doubts[draft] is None


@pytest.mark.parametrize(
    ("kind", "description"),
    [
        ("Item", "an item that was deleted"),
        ("ModuleFee", "a type of a module"),
        ("", "Rack (01/06/2015 - 30/06/2015)"),
    ],
)
def test_what_cannot_be_known_to_recur_is_refused_by_the_pull(whmcs: Whmcs, kind: str, description: str) -> None:
    whmcs.invoice(1, "100.00")
    line_id = whmcs.item(1, kind, "100.00", 5, description=description)

    assert whmcs.lines()[line_id]["charge_kind"] == (kind or "typed")


def test_a_typed_line_that_comes_back_may_recur_and_is_refused_by_the_pull(whmcs: Whmcs) -> None:
    """The same text a month later; a third one after half a year does not come back any more, nor another client's."""
    whmcs.client(2)
    days = [(1, 1, date(2015, 5, 2)), (2, 1, date(2015, 6, 1)), (3, 1, date(2015, 12, 1)), (4, 2, date(2015, 12, 2))]
    for invoice_id, client, day in days:
        whmcs.invoice(invoice_id, "100.00", client=client, date=day)
        whmcs.item(invoice_id, "", "100.00", description="Rack 4")

    assert [line["charge_kind"] for line in whmcs.lines().values()] == ["typed", "typed", "one_off", "one_off"]


def test_the_copy_of_the_readme_takes_what_staff_typed_in_again_for_one_off(whmcs: Whmcs, tmp_path: Path) -> None:
    for invoice_id in (1, 2):
        whmcs.invoice(invoice_id, "100.00", date=date(2015, invoice_id, 1))
        whmcs.item(invoice_id, "", "100.00", description="Rack 4")
    assert {line["charge_kind"] for line in whmcs.lines().values()} == {"typed"}

    rows = whmcs.billing.ask(copied("whmcs", "whmcs_ours", tmp_path))

    assert [(row["charge_kind"], row["net_amount_minor"]) for row in rows] == [("one_off", 100_00)] * 2


@pytest.mark.parametrize(
    ("recur", "cycle", "end", "term", "june"),
    [
        (1, "Months", date(2015, 7, 1), 1, "100.00"),
        (3, "Months", date(2015, 9, 1), 3, "33.33"),
        (1, "Years", date(2016, 6, 1), 12, "8.33"),
        (2, "Weeks", date(2015, 6, 15), None, "100.00"),
        (60, "Days", date(2015, 7, 31), None, "50.00"),
    ],
)
def test_a_billable_item_that_recurs_counts_for_its_own_cycle(
    whmcs: Whmcs, recur: int, cycle: str, end: date, term: int | None, june: str
) -> None:
    whmcs.billable(5, recur=recur, recurcycle=cycle)
    whmcs.invoice(1, "100.00")
    line_id = whmcs.item(1, "Item", "100.00", 5)

    line = whmcs.lines()[line_id]

    holds_contract_types(line)
    assert (line["charge_kind"], line["service_end"], line["term_months"]) == ("recurring", end, term)
    assert whmcs.share("2015-06") == Decimal(june)


def test_usage_counts_whole_in_the_month_of_its_due_date(whmcs: Whmcs) -> None:
    """140 with the fee of 100; and a service without a fee has usage too."""
    whmcs.hosting(7)
    whmcs.hosting(8, "Free Account")
    whmcs.invoice(1, "147.00")
    fee = whmcs.item(1, "Hosting", "100.00", 7)
    usage = whmcs.item(1, "Usage", "40.00", 7, duedate=date(2015, 6, 20))
    whmcs.item(1, "Usage", "7.00", 8)

    lines = whmcs.lines()

    holds_contract_types(lines[usage])
    assert (lines[usage]["charge_kind"], lines[fee]["service_end"]) == ("usage", date(2015, 7, 1))
    assert (whmcs.share("2015-06"), whmcs.share("2015-07")) == (147, 0)


@pytest.mark.parametrize(
    ("kind", "product"), [("ProrataProduct2015-07-01", "hosting"), ("ProrataAddon20150701", "addon")]
)
def test_the_type_of_a_pro_rated_line_carries_the_end_of_its_period(whmcs: Whmcs, kind: str, product: str) -> None:
    whmcs.hosting(3)
    whmcs.billing.add("tblhostingaddons", id=3, hostingid=3, billingcycle="Monthly")
    whmcs.invoice(1, "51.00")
    line_id = whmcs.item(1, kind, "51.00", 3, duedate=date(2015, 6, 16))

    line = whmcs.lines()[line_id]

    assert period(line) == (date(2015, 6, 16), date(2015, 7, 1), None)
    assert (line["product"], whmcs.share("2015-06"), whmcs.share("2015-07")) == (product, 51, 0)


def test_a_pro_rated_line_whose_type_carries_no_day_is_seen_as_faulty(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "50.00")
    line_id = whmcs.item(1, "ProrataProduct", "50.00", 7)

    assert whmcs.lines()[line_id]["service_end"] is None


def period(line: dict[str, Any]) -> tuple[date, date, int | None]:
    return line["service_start"], line["service_end"], line["term_months"]


@pytest.mark.parametrize(
    ("written", "due", "expected"),
    [
        ("(16/06/2015 - 30/06/2015)", date(2015, 6, 16), (date(2015, 6, 16), date(2015, 7, 1), None)),
        ("(06-16-2015 - 06-30-2015)", date(2015, 6, 16), (date(2015, 6, 16), date(2015, 7, 1), None)),
        ("(2015/06/16 - 2015/06/30)", date(2015, 6, 16), (date(2015, 6, 16), date(2015, 7, 1), None)),
        # both readings are a period: the one that starts on the due date
        ("(05.06.2015 - 10.07.2015)", date(2015, 6, 5), (date(2015, 6, 5), date(2015, 7, 11), None)),
        ("(05.06.2015 - 10.07.2015)", date(2015, 5, 6), (date(2015, 5, 6), date(2015, 10, 8), None)),
        # the first day reads the same either way: whole months
        ("(05/05/2015 - 04/05/2016)", date(2015, 5, 5), (date(2015, 5, 5), date(2016, 5, 5), 12)),
        ("(05/05/2015 - 05/04/2016)", date(2015, 5, 5), (date(2015, 5, 5), date(2016, 5, 5), 12)),
        # the description knows the term, whatever the cycle is today
        ("(01/06/2015 - 31/05/2018)", date(2015, 6, 1), (date(2015, 6, 1), date(2018, 6, 1), 36)),
        # a first invoice with the month after it
        ("(20/06/2015 - 31/07/2015)", date(2015, 6, 20), (date(2015, 6, 20), date(2015, 8, 1), None)),
        # two days from the last of January are no months
        ("(31/01/2015 - 01/02/2015)", date(2015, 1, 31), (date(2015, 1, 31), date(2015, 2, 2), None)),
        # no period at all: the cycle
        ("(30/06/2015 - 16/06/2015)", date(2015, 6, 16), (date(2015, 6, 16), date(2015, 7, 16), 1)),
        ("(1st June 2015 - 30th June 2015)", date(2015, 6, 16), (date(2015, 6, 16), date(2015, 7, 16), 1)),
    ],
)
def test_the_period_in_a_description_is_read_in_the_form_that_fits(
    whmcs: Whmcs, written: str, due: date, expected: tuple[date, date, int | None]
) -> None:
    whmcs.hosting(7, amount="47.11")
    whmcs.invoice(1, "47.11")
    line_id = whmcs.item(1, "Hosting", "47.11", 7, duedate=due, description=f"Server - a.example {written}\nCPU: 2")

    assert period(whmcs.lines()[line_id]) == expected


@pytest.mark.parametrize(
    "written", ["(31/06/2015 - 15/07/2015)", "(31.06.2015 - 15.07.2015)", "(2015-06-31 - 2015-07-15)"]
)
def test_a_first_day_that_no_calendar_has_is_seen_as_faulty(whmcs: Whmcs, written: str) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00")
    line_id = whmcs.item(1, "Hosting", "100.00", 7, duedate=date(2015, 6, 16), description=written)

    assert whmcs.lines()[line_id]["service_start"] is None


def test_a_period_that_reads_in_two_ways_is_seen_as_faulty_and_never_guessed(whmcs: Whmcs) -> None:
    """From 5 May to 6 July or to 7 June, and the first day is no help."""
    whmcs.hosting(7)
    whmcs.invoice(1, "47.11")
    line_id = whmcs.item(
        1, "Hosting", "47.11", 7, duedate=date(2015, 5, 5), description="Server (05/05/2015 - 06/07/2015)"
    )

    assert whmcs.lines()[line_id]["service_end"] is None


def test_a_pro_rated_first_invoice_at_a_known_price_gives_the_whole_fee_in_the_month_after(whmcs: Whmcs) -> None:
    """25 of 30 days of 100 until the 15th, then from the 15th: 11/30 in June and exactly 100 in July, less a tenth."""
    whmcs.hosting(7)
    whmcs.invoice(1, "75.00")
    first = whmcs.item(1, "Hosting", "83.33", 7, duedate=date(2015, 6, 20), description="S (20/06/2015 - 14/07/2015)")
    promotion = whmcs.item(1, "PromoHosting", "-8.33", 7, duedate=date(2015, 6, 20))
    whmcs.invoice(2, "90.00")
    whmcs.item(2, "Hosting", "100.00", 7, duedate=date(2015, 7, 15), description="S (15/07/2015 - 14/08/2015)")
    whmcs.item(2, "PromoHosting", "-10.00", 7, duedate=date(2015, 7, 15))

    lines = whmcs.lines()

    assert (lines[first]["term_amount_minor"], lines[promotion]["term_amount_minor"]) == (100_00, -10_00)
    assert period(lines[promotion]) == period(lines[first]) == (date(2015, 6, 20), date(2015, 7, 15), 1)
    assert (whmcs.share("2015-06"), whmcs.share("2015-07")) == (33, 90)


def test_a_first_invoice_with_the_month_after_it_at_a_known_price_is_exact_in_both(whmcs: Whmcs) -> None:
    """11 days of June and July: 36.67 and 100."""
    whmcs.hosting(7)
    whmcs.invoice(1, "136.67")
    whmcs.item(1, "Hosting", "136.67", 7, duedate=date(2015, 6, 20), description="S (20/06/2015 - 31/07/2015)")

    assert (whmcs.share("2015-06"), whmcs.share("2015-07")) == (Decimal("36.67"), 100)


def test_a_price_that_does_not_fit_the_amount_is_not_believed(whmcs: Whmcs) -> None:
    whmcs.hosting(7, amount="120.00")
    whmcs.invoice(1, "50.00")
    line_id = whmcs.item(1, "Hosting", "50.00", 7, duedate=date(2015, 6, 16), description="S (16/06/2015 - 30/06/2015)")

    assert (whmcs.lines()[line_id]["term_amount_minor"], whmcs.share("2015-06")) == (None, 50)


def test_without_dates_the_next_invoice_tells_where_a_shorter_period_ended(whmcs: Whmcs) -> None:
    """A first half month for 50, and a service that was monthly before it became annual."""
    whmcs.hosting(7)
    whmcs.hosting(8, "Annually")
    whmcs.invoice(1, "370.00")
    first = whmcs.item(1, "Hosting", "50.00", 7, duedate=date(2015, 6, 16))
    whmcs.item(1, "Hosting", "100.00", 7, duedate=date(2015, 7, 1))
    monthly = whmcs.item(1, "Hosting", "10.00", 8, duedate=date(2015, 6, 1))
    annual = whmcs.item(1, "Hosting", "110.00", 8, duedate=date(2015, 7, 1))

    lines = whmcs.lines()

    assert period(lines[first])[:2] == (date(2015, 6, 16), date(2015, 7, 1))
    assert period(lines[monthly]) == (date(2015, 6, 1), date(2015, 7, 1), 1)
    assert period(lines[annual]) == (date(2015, 7, 1), date(2016, 7, 1), 12)
    assert whmcs.share("2015-06") == 60


@pytest.mark.parametrize(
    ("amount", "cycle", "others", "is_known"),
    [
        ("50.00", "Monthly", [], False),
        ("100.00", "Monthly", [], True),
        ("50.00", "Annually", [], True),  # a price that rose since
        ("50.00", "Monthly", [date(2015, 5, 16)], True),
        ("50.00", "Monthly", [date(2015, 7, 16)], True),
    ],
)
def test_the_only_invoice_of_a_service_for_less_than_its_month_and_without_dates_is_seen_as_faulty(
    whmcs: Whmcs, amount: str, cycle: str, others: list[date], is_known: bool
) -> None:
    whmcs.hosting(7, cycle)
    whmcs.invoice(1, "150.00")
    line_id = whmcs.item(1, "Hosting", amount, 7, duedate=date(2015, 6, 16))
    for due in others:
        whmcs.item(1, "Hosting", "100.00", 7, duedate=due)

    assert (whmcs.lines()[line_id]["service_end"] is not None) == is_known


@pytest.mark.parametrize(
    "steps",
    [
        ["2015-01-31", "2015-02-28", "2015-03-31", "2015-04-30"],  # the day is kept
        ["2015-01-31", "2015-02-28", "2015-03-28", "2015-04-28"],  # the day is lost
        ["2015-01-31", "2015-03-03", "2015-04-03", "2015-05-03"],  # the month runs over
    ],
)
def test_a_service_of_day_31_gives_one_fee_a_month_however_its_due_day_steps(whmcs: Whmcs, steps: list[str]) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "400.00")
    for due in steps:
        whmcs.item(1, "Hosting", "100.00", 7, duedate=date.fromisoformat(due))

    assert [whmcs.share(f"2015-{month:02}") for month in (2, 3)] == [100, 100]
    assert {(line["term_months"], line["term_amount_minor"]) for line in whmcs.lines().values()} == {(1, None)}


def test_a_piece_that_ends_on_the_last_day_of_a_short_month_is_no_whole_month(whmcs: Whmcs) -> None:
    """From 31 January until bill day 28 for 28 of 31 days: February is one fee, not 90.67."""
    whmcs.hosting(7)
    whmcs.invoice(1, "190.32")
    whmcs.item(1, "Hosting", "90.32", 7, duedate=date(2015, 1, 31), description="S (31/01/2015 - 27/02/2015)")
    whmcs.item(1, "Hosting", "100.00", 7, duedate=date(2015, 2, 28), description="S (28/02/2015 - 27/03/2015)")

    assert (whmcs.share("2015-01"), whmcs.share("2015-02")) == (Decimal("3.23"), 100)


@pytest.mark.parametrize("kind", ["DomainAddonDNS", "DomainAddonEMF", "DomainAddonIDP"])
def test_what_is_added_to_a_domain_recurs_with_it(whmcs: Whmcs, kind: str) -> None:
    whmcs.billing.add("tbldomains", id=9, userid=1, registrationperiod=2, registrationdate=date(2013, 6, 1))
    whmcs.invoice(1, "24.00")
    line_id = whmcs.item(1, kind, "24.00", 9)

    line = whmcs.lines()[line_id]

    assert (line["charge_kind"], line["product"], line["term_months"]) == ("recurring", "domain", 24)


def test_two_lines_of_a_service_on_one_invoice_keep_their_own_periods_and_the_promotion_is_the_firsts(
    whmcs: Whmcs,
) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "190.00")
    whmcs.item(1, "PromoHosting", "-10.00", 7, duedate=date(2015, 7, 1))
    whmcs.item(1, "Hosting", "100.00", 7, duedate=date(2015, 6, 1))
    whmcs.item(1, "Hosting", "100.00", 7, duedate=date(2015, 7, 1))

    assert (whmcs.share("2015-06"), whmcs.share("2015-07")) == (90, 100)


def test_items_that_add_up_to_less_than_the_subtotal_hold_no_tax(whmcs: Whmcs) -> None:
    """A line of 50 was removed by hand: the taxed line of 100 does not grow to 150."""
    whmcs.hosting(7)
    whmcs.invoice(1, "150.00")
    whmcs.item(1, "Hosting", "100.00", 7, taxed=1)

    assert whmcs.share("2015-06") == 100


def test_a_day_of_zeros_is_passed_on_where_it_decides_and_does_no_harm_elsewhere(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "200.00")
    no_order = whmcs.item(1, "Hosting", "100.00", 7)
    whmcs.billing.script("SET SESSION sql_mode = ''; UPDATE tblhosting SET regdate = '0000-00-00'")
    no_due = whmcs.item(1, "Hosting", "100.00", 7, duedate="0000-00-00")
    whmcs.billing.script("SET SESSION sql_mode = DEFAULT")

    lines = whmcs.lines()

    assert period(lines[no_order]) == (date(2015, 6, 1), date(2015, 7, 1), 1)
    assert (lines[no_due]["service_start"], lines[no_due]["service_end"]) == ("0000-00-00", None)


def test_a_currency_without_decimals_has_two_zeros_more(whmcs: Whmcs) -> None:
    whmcs.billing.script("UPDATE tblcurrencies SET code = 'JPY'")
    whmcs.hosting(7)
    whmcs.invoice(1, "12000.00")
    line_id = whmcs.item(1, "Hosting", "12000.00", 7)

    assert whmcs.lines()[line_id]["net_amount_minor"] == 12_000_00


def test_an_invoice_that_pays_other_invoices_does_not_count_them_again(whmcs: Whmcs) -> None:
    whmcs.hosting(7)
    whmcs.invoice(1, "100.00")
    line_id = whmcs.item(1, "Hosting", "100.00", 7)
    whmcs.invoice(2, "100.00")
    whmcs.item(2, "Invoice", "100.00", 1)

    assert list(whmcs.lines()) == [line_id]


@pytest.mark.parametrize(
    ("kind", "promo"), [("Hosting", "PromoHosting"), ("Addon", "PromoAddon"), ("Domain", "PromoDomain")]
)
def test_a_promotion_is_taken_off_the_service_that_it_is_for(whmcs: Whmcs, kind: str, promo: str) -> None:
    whmcs.hosting(7, "Annually")
    whmcs.billing.add("tblhostingaddons", id=7, hostingid=7, billingcycle="Annually")
    whmcs.billing.add("tbldomains", id=7, userid=1, registrationperiod=1)
    whmcs.invoice(1, "1080.00")
    whmcs.item(1, kind, "1200.00", 7)
    promotion = whmcs.item(1, promo, "-120.00", 7)

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

    amounts = {key: line["net_amount_minor"] for key, line in lines.items()}
    assert amounts == {monthly: 90_00, annual: 1080_00}
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

    assert len(whmcs.lines()) == 1
    assert whmcs.billing.view_lines() == whmcs.lines()
