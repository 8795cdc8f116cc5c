"""FOSSBilling's tables as contract 1, on MariaDB: one test for each trap, with amounts worked out by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.conftest import Billing
from tests.sources.shares import holds_contract_types, month_share

TABLES = """
CREATE TABLE client_group(id bigint PRIMARY KEY, title varchar(255));
CREATE TABLE client(id bigint PRIMARY KEY, client_group_id bigint, email varchar(255), first_name varchar(100),
  last_name varchar(100), company varchar(100), company_vat varchar(100), currency varchar(10), lang varchar(10));
CREATE TABLE client_order(id bigint PRIMARY KEY, client_id bigint, product_id bigint, promo_id bigint,
  promo_recurring tinyint(1), title varchar(255), currency varchar(20), service_type varchar(100), period varchar(20),
  quantity bigint DEFAULT 1, price double(18,2), discount double(18,2), status varchar(50), expires_at datetime,
  activated_at datetime, canceled_at datetime, created_at datetime);
CREATE TABLE invoice(id bigint PRIMARY KEY, client_id bigint, serie varchar(50), nr varchar(255), currency varchar(25),
  currency_rate decimal(13,6), base_income double(18,2), base_refund double(18,2), refund double(18,2), notes text,
  status varchar(50) DEFAULT 'unpaid', approved tinyint(1) DEFAULT 0, taxname varchar(255), taxrate varchar(35),
  due_at datetime, paid_at datetime, created_at datetime);
CREATE TABLE invoice_item(id bigint PRIMARY KEY, invoice_id bigint, type varchar(100), rel_id text, task varchar(100),
  status varchar(100), title varchar(255), period varchar(10), quantity bigint, unit varchar(100), price double(18,2),
  charged tinyint(1) DEFAULT 0, taxed tinyint(1) DEFAULT 0, created_at datetime)
"""
MADE = "2015-06-01 09:30:00"


class FossBilling:
    """The tables of one installation, with a reseller client 1."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        billing.empty_tables(TABLES)
        billing.add("client_group", id=7, title="Reseller")
        billing.add("client_group", id=8, title="Default")
        self.client(1)
        self._items = 0

    def client(self, client_id: int, *, group: int = 7) -> None:
        self.billing.add(
            "client",
            id=client_id,
            client_group_id=group,
            email=f"pay@client{client_id}.example",
            first_name="Ann",
            last_name="Reed",
            company=f"Client {client_id}",
            company_vat="",
        )

    def order(self, order_id: int, *, activated: str | None = None, period: str | None = "1M", **more: Any) -> None:
        values = {"client_id": 1, "service_type": "hosting", "created_at": "2015-05-30 10:00:00"} | more
        self.billing.add("client_order", id=order_id, activated_at=activated, period=period, **values)

    def invoice(self, invoice_id: int, *, status: str = "paid", **more: Any) -> None:
        values = {"client_id": 1, "currency": "EUR", "approved": 1, "created_at": MADE} | more
        self.billing.add("invoice", id=invoice_id, status=status, **values)

    def item(self, invoice_id: int, kind: str, price: str, **more: Any) -> str:
        self._items += 1
        values = {"type": kind, "quantity": 1} | more
        self.billing.add("invoice_item", id=self._items, invoice_id=invoice_id, price=Decimal(price), **values)
        return str(self._items)

    def fee(self, invoice_id: int, order_id: int, price: str, task: str = "activate", **more: Any) -> str:
        values = {"period": "1M", "unit": "product"} | more
        return self.item(invoice_id, "order", price, rel_id=str(order_id), task=task, **values)

    def discount(self, invoice_id: int, order_id: int, price: str) -> str:
        return self.item(invoice_id, "custom", price, rel_id=str(order_id), task="void", unit="discount")

    def lines(self) -> dict[str, dict[str, Any]]:
        return self.billing.lines("fossbilling")

    def share(self, month: str) -> Decimal:
        return month_share(self.lines().values(), month)


@pytest.fixture
def fossbilling(mariadb_billing: Billing) -> FossBilling:
    return FossBilling(mariadb_billing)


def period(line: dict[str, Any]) -> tuple[date, date, int]:
    return line["service_start"], line["service_end"], line["term_months"]


def test_an_order_for_a_period_is_one_line_of_the_contract(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-03 14:00:00")
    fossbilling.invoice(1)
    line_id = fossbilling.fee(1, 5, "49.99", quantity=2)

    lines = fossbilling.lines()

    holds_contract_types(lines[line_id])
    assert lines == {
        line_id: {
            "line_id": line_id,
            "account_id": "1",
            "service_id": "5",
            "product": "hosting",
            "charge_kind": "recurring",
            "service_start": date(2015, 6, 3),
            "service_end": date(2015, 7, 3),
            "term_months": 1,
            "net_amount_minor": 99_98,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 6, 1),
            "discount_bp": None,
            "ordered_on": date(2015, 5, 30),
        }
    }


@pytest.mark.parametrize(("written", "months"), [("3M", 3), ("6M", 6), ("1Y", 12), ("2Y", 24), ("3Y", 36)])
def test_a_fee_for_several_months_or_years_is_divided_by_its_months(
    fossbilling: FossBilling, written: str, months: int
) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00", period=written)
    fossbilling.invoice(1)
    line_id = fossbilling.fee(1, 5, f"{months * 100}.00", period=written)

    assert fossbilling.lines()[line_id]["term_months"] == months
    assert fossbilling.share("2015-06") == 100


def test_tax_is_not_in_a_line_so_it_needs_no_taking_out(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, taxname="VAT", taxrate="21")
    fossbilling.fee(1, 5, "100.00", taxed=1)

    assert fossbilling.share("2015-06") == 100


def test_a_setup_fee_and_a_discount_are_of_one_type_and_only_the_discount_is_read(fossbilling: FossBilling) -> None:
    """100 a month less 15, and 50 for setting up: 85 recurs."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1)
    fee = fossbilling.fee(1, 5, "100.00")
    less = fossbilling.discount(1, 5, "-15.00")
    fossbilling.item(1, "custom", "50.00", unit="service", title="Einrichtung")
    fossbilling.item(1, "custom", "20.00", unit="service", rel_id="5", title="Discount")  # typed in by hand

    lines = fossbilling.lines()

    assert set(lines) == {fee, less}
    assert (lines[less]["charge_kind"], lines[less]["net_amount_minor"]) == ("credit", -15_00)
    assert period(lines[less]) == period(lines[fee])
    assert fossbilling.share("2015-06") == 85


def test_deposits_hooks_and_products_paid_once_are_not_read(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00", period=None)
    fossbilling.invoice(1)
    fossbilling.item(1, "deposit", "500.00")
    fossbilling.item(1, "hook_call", "10.00", rel_id="some")
    fossbilling.fee(1, 5, "30.00", period=None)
    fossbilling.discount(1, 5, "-3.00")

    assert fossbilling.lines() == {}


def test_a_service_starts_when_it_is_activated_and_else_when_it_is_paid(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-10 08:00:00")
    fossbilling.order(6)
    fossbilling.invoice(1, paid_at="2015-06-04 23:59:59")
    activated, paid = fossbilling.fee(1, 5, "10.00"), fossbilling.fee(1, 6, "10.00")

    lines = fossbilling.lines()

    assert lines[activated]["service_start"] == date(2015, 6, 10)
    assert lines[paid]["service_start"] == date(2015, 6, 4)


def test_an_order_that_was_never_paid_nor_activated_is_a_draft(fossbilling: FossBilling) -> None:
    fossbilling.order(5)
    fossbilling.invoice(1, status="unpaid")
    line_id = fossbilling.fee(1, 5, "10.00")

    assert fossbilling.lines()[line_id]["document_status"] == "draft"


def test_an_unpaid_invoice_of_an_active_service_counts(fossbilling: FossBilling) -> None:
    """Partners with post payment pay up to 30 days later: what is invoiced counts."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, status="unpaid")
    fossbilling.fee(1, 5, "10.00")

    assert fossbilling.share("2015-06") == 10


def test_a_renewal_starts_on_the_day_it_is_due(fossbilling: FossBilling) -> None:
    """Without days to pay, the system sets the renewal's due day to the end of the period before."""
    fossbilling.order(5, activated="2015-06-15 14:12:00")
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, created_at="2015-07-08 09:30:00", due_at="2015-07-15 14:12:00")
    renewal = fossbilling.fee(2, 5, "100.00", "renew")

    assert period(fossbilling.lines()[renewal]) == (date(2015, 7, 15), date(2015, 8, 15), 1)
    assert month_share([fossbilling.lines()[renewal]], "2015-07") == Decimal("54.84")  # 17 of 31 days


def test_a_renewal_with_days_to_pay_starts_where_the_chain_of_periods_stands(fossbilling: FossBilling) -> None:
    """Due exactly 14 days after it was made, so a deadline. From 15 June, a month and a quarter later is 15 October."""
    fossbilling.order(5, activated="2015-06-15 14:12:00")
    for invoice_id, made, task, length in [
        (1, "2015-06-15 14:00:00", "activate", "1M"),
        (2, "2015-07-10 09:30:00", "renew", "3M"),
        (3, "2015-10-10 09:30:00", "renew", "3M"),
    ]:
        deadline = made.replace("-10 ", "-24 ").replace("-15 ", "-29 ")
        fossbilling.invoice(invoice_id, created_at=made, due_at=deadline)
        fossbilling.fee(invoice_id, 5, "100.00", task, period=length)

    periods = sorted(period(line) for line in fossbilling.lines().values())

    assert periods == [
        (date(2015, 6, 15), date(2015, 7, 15), 1),
        (date(2015, 7, 15), date(2015, 10, 15), 3),
        (date(2015, 10, 15), date(2016, 1, 15), 3),
    ]


def test_a_chain_counts_no_draft_and_begins_with_a_period_that_was_free(fossbilling: FossBilling) -> None:
    """Activated on 15 June without an invoice: the first renewal is for the second month, a draft does not count."""
    fossbilling.order(5, activated="2015-06-15 14:12:00")
    fossbilling.invoice(1, created_at="2015-07-01 09:30:00", due_at="2015-07-11 09:30:00", approved=0)
    fossbilling.fee(1, 5, "100.00", "renew")
    fossbilling.invoice(2, created_at="2015-07-02 09:30:00", due_at="2015-07-12 09:30:01")
    renewal = fossbilling.fee(2, 5, "100.00", "renew")

    assert period(fossbilling.lines()[renewal]) == (date(2015, 7, 15), date(2015, 8, 15), 1)


def test_a_chain_counts_a_free_month_once_though_it_was_refunded(fossbilling: FossBilling) -> None:
    """The copy of a line for 0.00 is also for 0.00 and is not another month: 15 June, two months, 15 August."""
    fossbilling.order(5, activated="2015-06-15 14:12:00")
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, created_at="2015-07-14 09:30:00", due_at="2015-07-15 14:12:00")
    fossbilling.fee(2, 5, "0.00", "renew")
    fossbilling.invoice(3, status="refunded", notes="Refund for #2 invoice.", created_at="2015-07-20 09:30:00")
    fossbilling.fee(3, 5, "0.00", "renew")
    fossbilling.invoice(4, created_at="2015-08-10 09:30:00", due_at="2015-08-24 09:30:00")
    renewal = fossbilling.fee(4, 5, "100.00", "renew")

    assert period(fossbilling.lines()[renewal]) == (date(2015, 8, 15), date(2015, 9, 15), 1)


def test_a_weekly_fee_counts_in_full_in_the_month_in_which_its_week_starts(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-29 00:00:00", period="1W")
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "25.00", period="1W")

    assert (fossbilling.share("2015-06"), fossbilling.share("2015-07")) == (25, 0)


def test_an_unknown_period_is_passed_on_and_refused_by_the_pull(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00", period="2Q")
    fossbilling.invoice(1)
    line_id = fossbilling.fee(1, 5, "25.00", period="2Q")

    assert fossbilling.lines()[line_id]["term_months"] is None


@pytest.mark.parametrize("serie", ["CN-", "FOSS"])
def test_a_refund_by_document_takes_back_fee_and_discount_in_their_own_month(
    fossbilling: FossBilling, serie: str
) -> None:
    """By credit note or negative invoice, 85 for June are refunded in July, and June is 0 again."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "100.00")
    fossbilling.discount(1, 5, "-15.00")
    assert fossbilling.share("2015-06") == 85

    note = "2015-07-20 10:00:00: Refund for #1 invoice.       \n"
    fossbilling.invoice(2, status="refunded", serie=serie, notes=note, created_at="2015-07-20 10:00:00")
    back = fossbilling.fee(2, 5, "-100.00")
    fossbilling.discount(2, 5, "15.00")

    line = fossbilling.lines()[back]
    holds_contract_types(line)
    assert (line["charge_kind"], line["net_amount_minor"]) == ("credit", -100_00)
    assert (fossbilling.share("2015-06"), fossbilling.share("2015-07")) == (0, 0)


def test_a_refund_whose_note_was_removed_is_seen_as_faulty_and_never_guessed(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, status="refunded", notes=None, created_at="2015-07-20 10:00:00")
    back = fossbilling.fee(2, 5, "-100.00")

    line = fossbilling.lines()[back]

    assert (line["service_start"], line["net_amount_minor"]) == (None, -100_00)


def test_a_refund_by_hand_is_read_from_the_invoice_without_its_tax(fossbilling: FossBilling) -> None:
    """Of 121 with tax for 85 and 15 net, 60.50 was refunded: half of each, so 42.50 of the recurring fee."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, taxrate="21", refund=Decimal("60.50"))
    fee = fossbilling.fee(1, 5, "100.00", taxed=1)
    less = fossbilling.discount(1, 5, "-15.00")
    fossbilling.billing.script("UPDATE invoice_item SET taxed = 1")
    fossbilling.item(1, "custom", "15.00", unit="service", taxed=1)

    lines = fossbilling.lines()

    amounts = {key: (line["charge_kind"], line["net_amount_minor"]) for key, line in lines.items()}
    assert amounts == {
        fee: ("recurring", 100_00),
        less: ("credit", -15_00),
        f"{fee}/refund": ("credit", -50_00),
        f"{less}/refund": ("credit", 7_50),
    }
    assert fossbilling.share("2015-06") == Decimal("42.50")


def test_more_refunded_by_hand_than_was_invoiced_takes_back_the_invoice_and_no_more(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, refund=Decimal("150.00"))
    fossbilling.fee(1, 5, "100.00")

    assert fossbilling.share("2015-06") == 0


def test_a_refund_with_a_document_is_not_taken_back_a_second_time_by_the_amount_on_the_invoice(
    fossbilling: FossBilling,
) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, refund=Decimal("100.00"))
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, status="refunded", notes="Refund for #1 invoice.")
    fossbilling.fee(2, 5, "-100.00")

    assert fossbilling.share("2015-06") == 0


def test_a_discount_without_its_order_on_the_invoice_is_seen_as_faulty(fossbilling: FossBilling) -> None:
    fossbilling.invoice(1)
    less = fossbilling.discount(1, 5, "-15.00")

    assert fossbilling.lines()[less]["service_start"] is None


def test_what_an_order_costs_today_does_not_change_what_was_invoiced(fossbilling: FossBilling) -> None:
    """The order's price is overwritten without a history: only invoice items are read."""
    fossbilling.order(5, activated="2015-06-01 00:00:00", price=Decimal("100.00"))
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "100.00")
    fossbilling.billing.script("UPDATE client_order SET price = 900, discount = 3, expires_at = '2019-01-01'")

    assert fossbilling.share("2015-06") == 100


def test_a_cancelled_invoice_and_the_one_in_its_place_count_once(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, status="canceled")
    first = fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2)
    fossbilling.fee(2, 5, "100.00")

    assert fossbilling.lines()[first]["document_status"] == "void"
    assert fossbilling.share("2015-06") == 100


def test_an_invoice_without_an_approval_is_a_draft(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, approved=0)
    line_id = fossbilling.fee(1, 5, "100.00")

    assert fossbilling.lines()[line_id]["document_status"] == "draft"


def test_an_unknown_status_is_passed_on_and_refused_by_the_pull(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, status="overdue")
    line_id = fossbilling.fee(1, 5, "100.00")

    assert fossbilling.lines()[line_id]["document_status"] == "overdue"


def test_each_invoice_keeps_its_own_currency(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, currency="USD", currency_rate=Decimal("1.2"))
    line_id = fossbilling.fee(1, 5, "100.00")

    line = fossbilling.lines()[line_id]

    assert (line["currency"], line["net_amount_minor"]) == ("USD", 100_00)


def test_clients_of_other_groups_are_not_read(fossbilling: FossBilling) -> None:
    fossbilling.client(2, group=8)
    fossbilling.order(5, activated="2015-06-01 00:00:00", client_id=2)
    fossbilling.invoice(1, client_id=2)
    fossbilling.fee(1, 5, "100.00")

    assert fossbilling.lines() == {}
    assert fossbilling.billing.resellers("fossbilling") == [
        {"account_id": "1", "company_name": "Client 1", "vat_id": None, "email_domain": "client1.example"}
    ]


def test_an_installed_view_gives_what_the_query_in_place_gives(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, refund=Decimal("10.00"))
    fossbilling.fee(1, 5, "100.00")
    fossbilling.billing.install_views("fossbilling")

    assert len(fossbilling.lines()) == 2
    assert fossbilling.billing.view_lines() == fossbilling.lines()
