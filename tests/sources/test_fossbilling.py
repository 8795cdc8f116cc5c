"""FOSSBilling's tables as contract 1, on MariaDB: one test for each trap, with amounts worked out by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Billing, copied
from tests.sources.shares import holds_contract_types, month_share

# the types and the collation that the system's own tables have, from 0.6.22 to 0.8.5
TABLES = """
CREATE TABLE client_group(id bigint PRIMARY KEY, title varchar(255)) DEFAULT CHARSET=utf8;
CREATE TABLE client(id bigint PRIMARY KEY, client_group_id bigint, email varchar(255), first_name varchar(100),
  last_name varchar(100), company varchar(100), company_vat varchar(100), currency varchar(10), lang varchar(10))
  DEFAULT CHARSET=utf8;
CREATE TABLE client_order(id bigint PRIMARY KEY, client_id bigint, product_id bigint, promo_id bigint,
  promo_recurring tinyint(1), title varchar(255), currency varchar(20), service_type varchar(100), period varchar(20),
  quantity bigint DEFAULT 1, price double(18,2), discount double(18,2), status varchar(50), expires_at datetime,
  activated_at datetime, canceled_at datetime, created_at datetime) DEFAULT CHARSET=utf8;
CREATE TABLE client_order_status(id bigint PRIMARY KEY AUTO_INCREMENT, client_order_id bigint, status varchar(20),
  notes text, created_at datetime, updated_at datetime) DEFAULT CHARSET=utf8;
CREATE TABLE invoice(id bigint PRIMARY KEY, client_id bigint, serie varchar(50), nr varchar(255), currency varchar(25),
  currency_rate decimal(13,6), base_income double(18,2), base_refund double(18,2), refund double(18,2), notes text,
  status varchar(50) DEFAULT 'unpaid', approved tinyint(1) DEFAULT 0, taxname varchar(255), taxrate varchar(35),
  due_at datetime, paid_at datetime, created_at datetime) DEFAULT CHARSET=utf8;
CREATE TABLE invoice_item(id bigint PRIMARY KEY, invoice_id bigint, type varchar(100), rel_id text, task varchar(100),
  status varchar(100), title varchar(255), period varchar(10), quantity bigint, unit varchar(100), price double(18,2),
  charged tinyint(1) DEFAULT 0, taxed tinyint(1) DEFAULT 0, created_at datetime) DEFAULT CHARSET=utf8
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

    def history(self, order_id: int, at: str, notes: str = "Order activated", status: str = "active") -> None:
        self.billing.add("client_order_status", client_order_id=order_id, status=status, notes=notes, created_at=at)

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
            "doubt": None,
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


@pytest.mark.parametrize(("written", "june", "july"), [("1W", "7.14", "17.86"), ("20D", "2.50", "22.50")])
def test_a_fee_for_weeks_or_days_pays_for_exactly_these_days(
    fossbilling: FossBilling, written: str, june: str, july: str
) -> None:
    """25 from 29 June: 2 of 7 days, or 2 of 20 days, lie in June."""
    fossbilling.order(5, activated="2015-06-29 00:00:00", period=written)
    fossbilling.invoice(1)
    line_id = fossbilling.fee(1, 5, "25.00", period=written)

    holds_contract_types(fossbilling.lines()[line_id])
    assert (fossbilling.share("2015-06"), fossbilling.share("2015-07")) == (Decimal(june), Decimal(july))


def test_an_unknown_period_is_passed_on_and_refused_by_the_pull(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00", period="2Q")
    fossbilling.invoice(1)
    line_id = fossbilling.fee(1, 5, "25.00", period="2Q")

    assert fossbilling.lines()[line_id]["service_end"] is None


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

    assert (line["service_start"], line["net_amount_minor"], line["document_status"]) == (None, -100_00, "posted")


def test_an_invoice_that_staff_set_to_refunded_counts_nothing(fossbilling: FossBilling) -> None:
    """The form's own status, without a credit note: the system's default way to give money back."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, status="refunded")
    fee, less = fossbilling.fee(1, 5, "100.00"), fossbilling.discount(1, 5, "-15.00")

    assert {fossbilling.lines()[line_id]["document_status"] for line_id in (fee, less)} == {"void"}


def test_an_invoice_set_to_refunded_that_has_a_credit_note_is_taken_back_once(fossbilling: FossBilling) -> None:
    """100 less 100: a void invoice beside the credit note would leave -100."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, status="refunded")
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, status="refunded", notes="Refund for #1 invoice.")
    fossbilling.fee(2, 5, "-100.00")

    assert fossbilling.share("2015-06") == 0
    assert {line["document_status"] for line in fossbilling.lines().values()} == {"posted"}


def test_an_amount_refunded_without_a_document_is_refused_by_the_pull(fossbilling: FossBilling) -> None:
    """Nothing in the system writes the column, and what it gives back is not said."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, refund=Decimal("60.50"))
    fee = fossbilling.fee(1, 5, "100.00")

    assert fossbilling.lines()[fee]["document_status"] == "refund of 60.50"


def test_an_amount_refunded_with_a_document_is_taken_back_once(fossbilling: FossBilling) -> None:
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


@pytest.mark.parametrize("kept", [True, False], ids=["history", "no history"])
def test_an_order_that_is_cancelled_and_activated_again_keeps_its_first_day(
    fossbilling: FossBilling, kept: bool
) -> None:
    """The second activation overwrites the first: January's invoice would move to June."""
    fossbilling.order(5, activated="2015-06-10 08:00:00")
    if kept:
        fossbilling.history(5, "2015-01-02 10:00:00")
        fossbilling.history(5, "2015-02-01 10:00:00", "Order canceled", "canceled")
        fossbilling.history(5, "2015-06-10 08:00:00", "Activated canceled order")
    fossbilling.invoice(1, created_at="2015-01-02 09:30:00", paid_at="2015-01-02 10:00:00")
    first = fossbilling.fee(1, 5, "100.00")

    assert period(fossbilling.lines()[first]) == (date(2015, 1, 2), date(2015, 2, 2), 1)


def test_an_order_activated_late_by_hand_starts_then_though_it_was_paid_before(fossbilling: FossBilling) -> None:
    """Two months of setting up: only the history knows that this was the first activation."""
    fossbilling.order(5, activated="2015-06-10 08:00:00")
    fossbilling.history(5, "2015-06-10 08:00:00")
    fossbilling.invoice(1, created_at="2015-04-02 09:30:00", paid_at="2015-04-02 10:00:00")
    first = fossbilling.fee(1, 5, "100.00")

    assert fossbilling.lines()[first]["service_start"] == date(2015, 6, 10)


def test_an_earlier_day_that_staff_entered_is_believed(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-05-20 00:00:00")
    fossbilling.history(5, "2015-06-03 10:00:00")
    fossbilling.invoice(1)
    first = fossbilling.fee(1, 5, "100.00")

    assert fossbilling.lines()[first]["service_start"] == date(2015, 5, 20)


def test_a_deadline_after_an_order_was_activated_again_tells_no_period_and_is_seen_as_faulty(
    fossbilling: FossBilling,
) -> None:
    fossbilling.order(5, activated="2015-06-10 08:00:00")
    fossbilling.history(5, "2015-01-02 10:00:00")
    fossbilling.history(5, "2015-06-10 08:00:00", "Activated canceled order")
    fossbilling.invoice(1, created_at="2015-01-02 09:30:00", paid_at="2015-01-02 10:00:00")
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, created_at="2015-07-01 09:30:00", due_at="2015-07-15 09:30:00")
    renewal = fossbilling.fee(2, 5, "100.00", "renew")

    assert fossbilling.lines()[renewal]["service_start"] is None


def test_a_deadline_before_an_order_was_activated_again_keeps_its_place_in_the_chain(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-10 08:00:00")
    fossbilling.history(5, "2015-01-02 10:00:00")
    fossbilling.history(5, "2015-06-10 08:00:00", "Activated canceled order")
    fossbilling.invoice(1, created_at="2015-01-02 09:30:00", paid_at="2015-01-02 10:00:00")
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, created_at="2015-01-25 09:30:00", due_at="2015-02-08 09:30:00")
    renewal = fossbilling.fee(2, 5, "100.00", "renew")

    assert fossbilling.lines()[renewal]["service_start"] == date(2015, 2, 2)


# An order that staff made together with its invoice, on 20 June with 14 days to pay: its first item is a renewal.
STAFF = {"created_at": "2015-06-20 09:00:00", "due_at": "2015-07-04 09:00:00"}


def test_the_first_renewal_of_an_order_that_staff_made_starts_when_it_is_paid(fossbilling: FossBilling) -> None:
    """Of 100 from 21 June a third lies in June. The next one is due when the first period ends."""
    fossbilling.order(5)
    fossbilling.invoice(1, paid_at="2015-06-21 15:00:00", **STAFF)
    fossbilling.fee(1, 5, "100.00", "renew", status="executed")
    fossbilling.invoice(2, created_at="2015-07-10 09:30:00", due_at="2015-07-24 09:30:00")
    second = fossbilling.fee(2, 5, "100.00", "renew")

    assert fossbilling.share("2015-06") == Decimal("33.33")
    assert period(fossbilling.lines()[second]) == (date(2015, 7, 21), date(2015, 8, 21), 1)


def test_a_first_renewal_that_nobody_paid_for_an_order_that_never_ran_is_a_draft(fossbilling: FossBilling) -> None:
    fossbilling.order(5)
    fossbilling.invoice(1, status="unpaid", **STAFF)
    line_id = fossbilling.fee(1, 5, "100.00", "renew")

    assert fossbilling.lines()[line_id]["document_status"] == "draft"


@pytest.mark.parametrize("kept", [True, False], ids=["history", "no history"])
@pytest.mark.parametrize(("status", "start"), [("pending_setup", date(2015, 6, 21)), ("executed", date(2015, 7, 21))])
def test_where_staff_had_to_activate_it_the_first_renewal_pays_from_then(
    fossbilling: FossBilling, status: str, start: date, kept: bool
) -> None:
    """Hosting cannot be renewed before it runs. Where the system tries again later, it gives a second month."""
    fossbilling.order(5, activated="2015-06-21 10:00:00")
    if kept:
        fossbilling.history(5, "2015-06-20 15:00:00", "no service", "failed_renew")
        fossbilling.history(5, "2015-06-21 10:00:00")
    fossbilling.invoice(1, paid_at="2015-06-20 15:00:00", **STAFF)
    line_id = fossbilling.fee(1, 5, "100.00", "renew", status=status)

    assert fossbilling.lines()[line_id]["service_start"] == start


def test_a_second_month_stays_the_second_month_when_the_order_is_activated_again(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-09-01 10:00:00")
    fossbilling.history(5, "2015-06-21 10:00:00")
    fossbilling.history(5, "2015-09-01 10:00:00", "Activated canceled order")
    fossbilling.invoice(1, paid_at="2015-06-20 15:00:00", **STAFF)
    line_id = fossbilling.fee(1, 5, "100.00", "renew", status="executed")

    assert fossbilling.lines()[line_id]["service_start"] == date(2015, 7, 21)


def test_an_order_that_its_first_renewal_started_keeps_that_day_when_it_is_activated_again(
    fossbilling: FossBilling,
) -> None:
    fossbilling.order(5, activated="2015-06-29 10:00:00")
    fossbilling.history(5, "2015-06-20 15:00:00", "Order renewed")
    fossbilling.history(5, "2015-06-29 10:00:00", "Activated canceled order")
    fossbilling.invoice(1, paid_at="2015-06-20 15:00:00", **STAFF)
    line_id = fossbilling.fee(1, 5, "100.00", "renew", status="executed")

    assert fossbilling.lines()[line_id]["service_start"] == date(2015, 6, 20)


@pytest.mark.parametrize(
    ("paid", "ends", "start"),
    [
        ("2015-07-20 10:00:00", "2015-08-20 10:00:00", date(2015, 7, 20)),  # counted from the day of payment
        ("2015-07-20 10:00:00", "2015-08-15 14:12:00", date(2015, 7, 15)),  # the default: from the end before
        ("2015-07-10 10:00:00", "2015-08-10 10:00:00", date(2015, 7, 10)),  # paid ahead, from the day of payment
        ("2015-07-10 10:00:00", "2015-08-15 14:12:00", date(2015, 7, 15)),  # paid ahead, from the greater day
        ("2015-07-20 10:00:00", "2015-12-31 00:00:00", date(2015, 7, 15)),  # a day that staff entered tells nothing
    ],
)
@pytest.mark.parametrize("is_last", [True, False], ids=["order", "next renewal"])
def test_the_end_of_a_renewal_tells_whether_it_started_on_the_day_of_payment(
    fossbilling: FossBilling, paid: str, ends: str, start: date, is_last: bool
) -> None:
    """The setting itself is encrypted. The end is the order's own, or the day on which the next one is due."""
    fossbilling.order(5, activated="2015-06-15 14:12:00", expires_at=ends if is_last else "2016-01-01 00:00:00")
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, created_at="2015-07-08 09:30:00", due_at="2015-07-15 14:12:00", paid_at=paid)
    renewal = fossbilling.fee(2, 5, "100.00", "renew", status="executed")
    if not is_last:
        fossbilling.invoice(3, created_at="2015-08-01 09:31:00", due_at=ends)
        fossbilling.fee(3, 5, "100.00", "renew")

    assert fossbilling.lines()[renewal]["service_start"] == start


def test_two_renewals_of_an_order_on_one_invoice_follow_each_other_with_their_discounts(
    fossbilling: FossBilling,
) -> None:
    """100 less 10 from 15 July and 110 less 20 from 15 August; the credit note gives back each in its own month."""
    fossbilling.order(5, activated="2015-06-15 14:12:00")
    fossbilling.invoice(2, created_at="2015-07-08 09:30:00", due_at="2015-07-15 14:12:00")
    fossbilling.fee(2, 5, "100.00", "renew")
    fossbilling.discount(2, 5, "-10.00")
    fossbilling.fee(2, 5, "110.00", "renew")
    fossbilling.discount(2, 5, "-20.00")

    assert len(fossbilling.lines()) == 4
    starts = {line["net_amount_minor"]: line["service_start"] for line in fossbilling.lines().values()}
    july, august = date(2015, 7, 15), date(2015, 8, 15)
    assert starts == {100_00: july, -10_00: july, 110_00: august, -20_00: august}

    fossbilling.invoice(3, status="refunded", notes="Refund for #2 invoice.")
    fossbilling.fee(3, 5, "-100.00", "renew")
    fossbilling.discount(3, 5, "10.00")
    fossbilling.fee(3, 5, "-110.00", "renew")
    fossbilling.discount(3, 5, "20.00")

    assert [fossbilling.share(f"2015-{month:02}") for month in (7, 8, 9)] == [0, 0, 0]


def test_the_copy_of_the_readme_takes_what_staff_typed_in_again_for_one_off(
    fossbilling: FossBilling, tmp_path: Path
) -> None:
    for invoice_id in (1, 2):
        made = date(2015, invoice_id, 1)
        fossbilling.invoice(invoice_id, created_at=made)
        fossbilling.item(invoice_id, "custom", "80.00", title="Colocation", created_at=made)
    assert {line["charge_kind"] for line in fossbilling.lines().values()} == {"custom"}

    rows = fossbilling.billing.ask(copied("fossbilling", "fossbilling_ours", tmp_path))

    assert [(row["charge_kind"], row["net_amount_minor"]) for row in rows] == [("one_off", 80_00)] * 2


def test_what_staff_typed_in_lies_in_a_bucket_by_its_number(fossbilling: FossBilling) -> None:
    """Also where it names an order; and the credit note of such a line is no goodwill."""
    fossbilling.order(5, activated="2015-06-10 00:00:00")
    fossbilling.invoice(1)
    fee = fossbilling.fee(1, 5, "10.00")
    work = fossbilling.item(1, "custom", "80.00", title="New disk", rel_id="5")
    sorry = fossbilling.item(1, "custom", "-5.00", title="Sorry")
    fossbilling.invoice(2, status="refunded", notes="Refund for #1 invoice.")
    back = fossbilling.item(2, "custom", "-80.00", title="New disk")

    lines = fossbilling.lines()

    kinds = {key: line["charge_kind"] for key, line in lines.items()}
    assert kinds == {fee: "recurring", work: "one_off", sorry: "goodwill", back: "one_off"}
    assert (lines[work]["service_start"], lines[work]["service_end"]) == (date(2015, 6, 1), date(2015, 6, 2))
    assert (lines[work]["term_months"], lines[work]["product"]) == (None, None)


def test_the_rest_billed_anew_as_a_typed_line_is_named_beside_the_fee_that_was_given_back(
    fossbilling: FossBilling,
) -> None:
    """100 for June, all given back on the 20th, and 60 typed in for what is left: June counts 0, and both say so."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1)
    fee = fossbilling.fee(1, 5, "100.00")
    fossbilling.invoice(2, status="refunded", notes="Refund for #1 invoice.", created_at="2015-06-20 09:00:00")
    back = fossbilling.fee(2, 5, "-100.00")
    fossbilling.invoice(3, created_at="2015-06-20 08:00:00")  # typed before the note, on the same day
    rest = fossbilling.item(3, "custom", "60.00", title="June, rest")
    fossbilling.invoice(4, created_at="2015-12-01 09:00:00")
    later = fossbilling.item(4, "custom", "5.00", title="Cable")

    lines = fossbilling.lines()

    doubts = {key: line["doubt"] for key, line in lines.items()}
    assert doubts[fee] is None
    assert doubts[back].startswith("given back or cancelled, and staff typed a line by hand within two months")
    assert doubts[rest].startswith("typed by hand within two months after a fee was given back or cancelled")
    assert doubts[later] == "typed by hand, counts nothing. If it recurs, make an order of it"
    assert month_share([lines[fee], lines[back]], "2015-06") == 0


@pytest.mark.parametrize("status", ["refunded", "canceled"])
def test_a_fee_whose_invoice_staff_set_to_refunded_is_named_where_a_line_was_typed_after_it(
    fossbilling: FossBilling, status: str
) -> None:
    """Within two months: a line that is typed in half a year later, or on a draft, is not its rest."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, status=status)
    void = fossbilling.fee(1, 5, "100.00")
    for invoice_id, day, approved in [(2, "2015-06-20", 0), (3, "2015-12-20", 1)]:
        fossbilling.invoice(invoice_id, created_at=f"{day} 09:00:00", approved=approved)
        fossbilling.item(invoice_id, "custom", "60.00", title=f"Rest {invoice_id}")
    without = fossbilling.lines()[void]["doubt"]
    fossbilling.invoice(4, created_at="2015-07-20 09:00:00")
    rest = fossbilling.item(4, "custom", "60.00", title="June, rest")

    lines = fossbilling.lines()

    assert without is None
    assert "given back or cancelled, and staff typed" in lines[void]["doubt"]
    assert "typed by hand within two months" in lines[rest]["doubt"]


def test_a_typed_line_that_comes_back_may_recur_and_is_refused_by_the_pull(fossbilling: FossBilling) -> None:
    """The same title a month later; a third one after half a year does not come back any more."""
    for invoice_id, day in [(1, "2015-05-02"), (2, "2015-06-01"), (3, "2015-12-01")]:
        fossbilling.invoice(invoice_id, created_at=f"{day} 09:30:00")
        fossbilling.item(invoice_id, "custom", "100.00", title="Rack 4")

    assert [line["charge_kind"] for line in fossbilling.lines().values()] == ["custom", "custom", "one_off"]


def test_a_title_on_the_invoice_of_another_client_does_not_come_back(fossbilling: FossBilling) -> None:
    fossbilling.client(2)
    for client_id, day in [(1, "2015-06-01"), (2, "2015-06-02")]:
        fossbilling.invoice(client_id, client_id=client_id, created_at=f"{day} 09:30:00")
        fossbilling.item(client_id, "custom", "100.00", title="New disk")

    assert {line["charge_kind"] for line in fossbilling.lines().values()} == {"one_off"}


@pytest.mark.parametrize(
    ("kind", "task", "period_of_line", "shown"),
    [
        ("order", "void", "1M", "order void"),
        ("order", "void", None, "one_off"),
        ("module_fee", None, None, "module_fee"),
        (None, None, None, ""),
    ],
)
def test_a_kind_of_line_that_nobody_knows_is_refused_by_the_pull(
    fossbilling: FossBilling, kind: Any, task: str | None, period_of_line: str | None, shown: str
) -> None:
    """An order that is paid once, made through the API without a task, is in a bucket."""
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1)
    line_id = fossbilling.item(1, kind, "100.00", task=task, rel_id="5", period=period_of_line)

    line = fossbilling.lines()[line_id]

    assert (line["charge_kind"], line["service_start"], line["term_months"]) == (shown, date(2015, 6, 1), None)


@pytest.mark.parametrize("order", ["", None])
def test_a_discount_that_names_no_order_is_seen_as_faulty(fossbilling: FossBilling, order: str | None) -> None:
    fossbilling.invoice(1)
    less = fossbilling.item(1, "custom", "-15.00", rel_id=order, unit="discount")

    assert fossbilling.lines()[less]["service_start"] is None


def test_a_line_of_an_order_that_was_deleted_counts_from_its_payment(fossbilling: FossBilling) -> None:
    fossbilling.invoice(1, paid_at="2015-06-16 10:00:00")
    line_id = fossbilling.fee(1, 5, "100.00")

    line = fossbilling.lines()[line_id]

    assert (line["product"], line["service_start"], fossbilling.share("2015-06")) == (None, date(2015, 6, 16), 50)


def test_a_currency_without_decimals_has_two_zeros_more(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1, currency="JPY")
    line_id = fossbilling.fee(1, 5, "12000.00")

    assert (fossbilling.lines()[line_id]["net_amount_minor"], fossbilling.share("2015-06")) == (12_000_00, 12_000)


def test_an_installed_view_gives_what_the_query_in_place_gives(fossbilling: FossBilling) -> None:
    fossbilling.order(5, activated="2015-06-01 00:00:00")
    fossbilling.invoice(1)
    fossbilling.fee(1, 5, "100.00")
    fossbilling.discount(1, 5, "-10.00")
    fossbilling.billing.install_views("fossbilling")

    assert len(fossbilling.lines()) == 2
    assert fossbilling.billing.view_lines() == fossbilling.lines()
