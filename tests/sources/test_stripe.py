"""Stripe's objects in the Stripe Sync Engine's tables as contract 1, on PostgreSQL: one test for each trap."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Billing, copied
from tests.sources.shares import holds_contract_types, month_share

TABLES = """
CREATE TABLE customers(id text PRIMARY KEY, object text, description text, email text, metadata jsonb, name text,
  created integer, currency text, deleted boolean DEFAULT false NOT NULL);
CREATE TABLE prices(id text PRIMARY KEY, object text, active boolean, currency text, metadata jsonb, nickname text,
  recurring jsonb, type text, unit_amount integer, billing_scheme text, transform_quantity jsonb,
  unit_amount_decimal text, product text);
CREATE TABLE invoices(id text PRIMARY KEY, object text, currency text, lines jsonb, metadata jsonb, period_end integer,
  period_start integer, status text, total bigint, created integer, status_transitions jsonb, subtotal integer,
  tax integer, total_discount_amounts jsonb, total_tax_amounts jsonb, customer text, subscription text);
CREATE TABLE credit_notes(id text PRIMARY KEY, object text, amount integer, created integer, currency text,
  customer text, invoice text, lines jsonb, metadata jsonb, number text, reason text, status text, subtotal integer,
  total integer, type text, voided_at text)
"""
MONTH, YEAR, WEEK = "month", "year", "week"


def at(moment: str) -> int:
    """The seconds of an instant in UTC; a day alone is its noon."""
    return int(
        datetime.fromisoformat(moment if "T" in moment else f"{moment}T12:00:00").replace(tzinfo=UTC).timestamp()
    )


def line(name: str, cents: int, first: str, end: str, *, unit: int | None = None, **more: Any) -> dict[str, Any]:
    """A line of a subscription as the API gave it before version 2025-03-31."""
    interval, count = more.pop("interval", MONTH), more.pop("count", 1)
    recurring = {"interval": interval, "interval_count": count, "usage_type": more.pop("usage", "licensed")}
    price = {
        "id": "price_1",
        "currency": "eur",
        "product": "prod_1",
        "recurring": recurring,
        "unit_amount_decimal": None if unit == 0 else str(unit or abs(cents)),
    }
    values = {"type": "subscription", "proration": False, "quantity": 1, "subscription": "sub_1", "price": price}
    period = {"start": at(first), "end": at(end)}
    return {"id": name, "amount": cents, "currency": "eur", "period": period, **values, **more}


def off(*cents: int) -> list[dict[str, Any]]:
    """Discounts of a line, or of an invoice."""
    return [{"amount": amount, "discount": f"di_{number}"} for number, amount in enumerate(cents)]


class Stripe:
    """The tables of one account, with a reseller cus_1."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        billing.empty_tables(TABLES)
        self.customer("cus_1")

    def customer(self, name: str, /, mark: str | None = "true", **more: Any) -> None:
        metadata = {} if mark is None else {"reseller": mark}
        values = {"name": f"Company {name}", "email": f"pay@{name[-1]}.example", "metadata": json.dumps(metadata)}
        self.billing.add("customers", id=name, **values | more)

    def invoice(self, *lines: dict[str, Any], name: str = "in_1", has_more: bool = False, **more: Any) -> None:
        values = {
            "currency": "eur",
            "status": "paid",
            "customer": "cus_1",
            "created": at("2015-06-14"),
            "period_start": at("2015-06-15"),
            "period_end": at("2015-06-15"),
            "status_transitions": json.dumps({"finalized_at": at("2015-06-15T13:00:00")}),
            "total_discount_amounts": json.dumps([part for each in lines for part in each.get("discount_amounts", [])]),
            "lines": json.dumps({"object": "list", "data": lines, "has_more": has_more}),
        }
        self.billing.add("invoices", id=name, **values | more)

    def note(self, *lines: dict[str, Any], name: str = "cn_1", **more: Any) -> None:
        """A credit note of in_1."""
        values = {
            "customer": "cus_1",
            "invoice": "in_1",
            "currency": "eur",
            "status": "issued",
            "created": at("2015-07-20"),
            "total": 1,
            "lines": json.dumps({"object": "list", "data": lines, "has_more": False}),
        }
        self.billing.add("credit_notes", id=name, **values | more)

    def lines(self) -> dict[str, dict[str, Any]]:
        return self.billing.lines("stripe")

    def share(self, month: str) -> Decimal:
        return month_share(self.lines().values(), month)


@pytest.fixture
def stripe(postgres_billing: Billing) -> Stripe:
    return Stripe(postgres_billing)


def told(found: dict[str, Any]) -> tuple[Any, ...]:
    """The period of a line, its term, the term's price and the amount."""
    names = ("service_start", "service_end", "term_months", "term_amount_minor", "net_amount_minor")
    return tuple(str(found[name]) if "service" in name else found[name] for name in names)


def test_a_line_of_a_subscription_is_one_line_of_the_contract(stripe: Stripe) -> None:
    stripe.invoice(line("il_1", 300_00, "2015-06-15", "2015-07-15", unit=100_00, quantity=3))

    lines = stripe.lines()

    holds_contract_types(lines["il_1"])
    assert lines == {
        "il_1": {
            "line_id": "il_1",
            "account_id": "cus_1",
            "service_id": "sub_1",
            "product": "prod_1",
            "charge_kind": "recurring",
            "service_start": date(2015, 6, 15),
            "service_end": date(2015, 7, 15),
            "term_months": 1,
            "term_amount_minor": None,
            "net_amount_minor": 300_00,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 6, 15),
            "discount_bp": None,
            "ordered_on": None,
        }
    }


def test_the_shape_since_version_basil_is_read_with_the_price_from_its_table(stripe: Stripe) -> None:
    details = {"subscription": "sub_9", "proration": False}
    whole = {
        "id": "il_1",
        "amount": 1200_00,
        "currency": "eur",
        "quantity": 1,
        "period": {"start": at("2015-06-01"), "end": at("2016-06-01")},
        "parent": {"type": "subscription_item_details", "subscription_item_details": details},
        "pricing": {
            "type": "price_details",
            "unit_amount_decimal": "120000",
            "price_details": {"price": "price_9", "product": "prod_9"},
        },
        "taxes": [{"amount": 200_00, "tax_behavior": "inclusive"}, {"amount": 9, "tax_behavior": "exclusive"}],
    }
    back = {
        **whole,
        "id": "il_2",
        "amount": -600_00,
        "taxes": [],
        "period": {"start": at("2015-12-01"), "end": at("2016-06-01")},
        "parent": {
            "type": "invoice_item_details",
            "invoice_item_details": {"subscription": "sub_9", "proration": True},
        },
    }
    by_hand = {**whole, "id": "il_3", "parent": {"type": "invoice_item_details", "invoice_item_details": {}}}
    stripe.invoice(whole, back, by_hand)
    before = {name: found["charge_kind"] for name, found in stripe.lines().items()}
    recurring = json.dumps({"interval": "year", "interval_count": 1, "usage_type": "licensed"})
    stripe.billing.add("prices", id="price_9", currency="eur", recurring=recurring, unit_amount_decimal="120000")

    lines = stripe.lines()

    assert before == {"il_1": "price missing", "il_2": "price missing"}
    assert told(lines["il_1"])[2:] == (12, None, 1000_00)
    assert told(lines["il_2"])[2:] == (12, -1200_00, -600_00)  # 183 of 366 days
    assert (lines["il_1"]["service_id"], lines["il_2"]["service_id"], lines["il_2"]["product"]) == (
        "sub_9",
        "sub_9",
        "prod_9",
    )
    assert sorted(lines) == ["il_1", "il_2"]


@pytest.mark.parametrize(
    ("interval", "count", "first", "end", "months"),
    [
        (MONTH, 1, "2015-01-31", "2015-02-28", 1),
        (MONTH, 1, "2015-02-28", "2015-03-31", 1),
        (MONTH, 3, "2015-01-15", "2015-04-15", 3),
        (YEAR, 2, "2015-01-01", "2017-01-01", 24),
        (WEEK, 4, "2015-02-01", "2015-03-01", None),
        ("day", 30, "2015-02-01", "2015-03-03", None),
    ],
)
def test_a_whole_line_has_the_term_of_its_price(
    stripe: Stripe, interval: str, count: int, first: str, end: str, months: int | None
) -> None:
    stripe.invoice(line("il_1", 300_00, first, end, interval=interval, count=count, unit=0))  # its price is in tiers

    assert told(stripe.lines()["il_1"])[:4] == (first, end, months, None)


def test_a_change_in_mid_period_leaves_the_new_fee_alone_in_the_next_month(stripe: Stripe) -> None:
    """995.00 becomes 1,990.00 on 25 June, bill day 15: both items are for 20 of 30 days, one of them negative."""
    more = {"type": "invoiceitem", "proration": True}
    stripe.invoice(line("il_1", 995_00, "2015-06-15", "2015-07-15"))
    stripe.invoice(
        line("il_2", -663_33, "2015-06-25", "2015-07-15", unit=995_00, **more),
        line("il_3", 1326_67, "2015-06-25", "2015-07-15", unit=1990_00, **more),
        line("il_4", 1990_00, "2015-07-15", "2015-08-15"),
        name="in_2",
    )

    lines = stripe.lines()

    holds_contract_types(lines["il_2"])
    assert (lines["il_2"]["charge_kind"], lines["il_3"]["charge_kind"]) == ("credit", "recurring")
    assert told(lines["il_2"]) == ("2015-06-25", "2015-07-15", 1, -995_00, -663_33)
    assert told(lines["il_3"]) == ("2015-06-25", "2015-07-15", 1, 1990_00, 1326_67)
    # 10 of 30 days at 995.00 and 6 of 30 at 1,990.00
    assert (stripe.share("2015-06"), stripe.share("2015-07")) == (Decimal("729.67"), 1990)


def test_more_seats_are_prorated_by_the_second(stripe: Stripe) -> None:
    """From 2 to 5 seats of 10.00, ten days and six hours before the end of 30 days."""
    more = {"type": "invoiceitem", "proration": True, "unit": 10_00}
    stripe.invoice(
        line("il_1", -6_83, "2015-07-05T06:00:00", "2015-07-15", quantity=2, **more),
        line("il_2", 17_08, "2015-07-05T06:00:00", "2015-07-15", quantity=5, **more),
    )

    assert [told(found)[3] for found in stripe.lines().values()] == [-20_00, 50_00]


def test_a_proration_with_its_discount_in_its_amount_has_the_price_that_its_seconds_give(stripe: Stripe) -> None:
    """100.00 less 20 %: 20 of 30 days are 53.33."""
    more = {"type": "invoiceitem", "proration": True, "unit": 100_00}
    stripe.invoice(
        line("il_1", -53_33, "2015-06-25", "2015-07-15", **more),
        line("il_2", 90_00, "2015-06-25", "2015-07-15", **more),
    )

    lines = stripe.lines()

    assert told(lines["il_1"])[2:] == (1, -80_00, -53_33)
    assert told(lines["il_2"])[2:] == (None, None, 90_00)  # more than the price gives: it pays for its days


def test_a_discounted_proration_of_a_short_month_has_the_price_of_its_own_term(stripe: Stripe) -> None:
    """From 31 March to 30 April are 30 days, a month before its end 31: 90.00 for 30 days are 60.00 for 20."""
    stripe.invoice(line("il_1", 100_00, "2015-03-31", "2015-04-30", discount_amounts=off(10_00)))
    back = line("il_2", -60_00, "2015-04-10", "2015-04-30", unit=100_00, type="invoiceitem", proration=True)
    stripe.invoice(back, name="in_2")

    assert told(stripe.lines()["il_2"])[2:] == (1, -90_00, -60_00)


def test_a_discounted_proration_of_hours_has_the_price_that_its_terms_line_tells(stripe: Stripe) -> None:
    """90.00 for 720 hours are 1.63 for 13, of which the seconds alone would make 90.28."""
    stripe.invoice(line("il_1", 100_00, "2015-06-15", "2015-07-15", discount_amounts=off(10_00)))
    more = {"unit": 100_00, "type": "invoiceitem", "proration": True}
    stripe.invoice(line("il_2", -1_63, "2015-07-14T23:00:00", "2015-07-15", **more), name="in_2")

    assert told(stripe.lines()["il_2"]) == ("2015-07-14", "2015-07-15", 1, -90_00, -1_63)


def test_a_change_in_the_hours_before_the_next_period_counts_no_day_twice(stripe: Stripe) -> None:
    """15 July belongs to the period that begins on it at noon, with the new price."""
    more = {"type": "invoiceitem", "proration": True}
    stripe.invoice(
        line("il_1", 300_00, "2015-06-15", "2015-07-15"),
        line("il_2", -83, "2015-07-15T10:00:00", "2015-07-15T12:00:00", unit=300_00, **more),
        line("il_3", 1_67, "2015-07-15T10:00:00", "2015-07-15T12:00:00", unit=600_00, **more),
        line("il_4", 0, "2015-07-15T12:00:00", "2015-07-15T12:00:00", unit=600_00, **more),
        line("il_5", 600_00, "2015-07-15", "2015-08-15"),
    )

    lines = stripe.lines()

    for found in lines.values():
        holds_contract_types(found)
    assert told(lines["il_2"]) == ("2015-07-15", "2015-07-16", 1, 0, -83)
    # 14 of 31 days at 300.00 and 17 at 600.00
    assert stripe.share("2015-07") == Decimal("464.52")


def test_a_first_period_that_was_cut_is_a_piece_and_a_trial_is_nothing(stripe: Stripe) -> None:
    stripe.invoice(
        line("il_1", 50_00, "2015-06-16", "2015-07-01", unit=100_00),
        line("il_2", 0, "2015-06-01", "2015-06-15", unit=100_00),
        line("il_3", 77_00, "2015-06-16", "2015-07-01", unit=0),  # a price in tiers
        line("il_4", 0, "2015-06-01", "2015-07-20", unit=100_00, proration=True),
        line("il_5", 100_00, "2015-06-16", "2015-07-01"),  # the whole price: the pull warns of it
    )

    lines = stripe.lines()

    assert told(lines["il_1"])[2:] == (1, 100_00, 50_00)
    assert told(lines["il_2"])[2:] == (None, None, 0)
    assert told(lines["il_3"])[2:] == (None, None, 77_00)
    assert told(lines["il_4"])[2:] == (None, None, 0)
    assert told(lines["il_5"])[2:] == (1, None, 100_00)


def test_discounts_of_the_line_and_of_the_invoice_are_taken_off_as_stripe_shared_them(stripe: Stripe) -> None:
    stripe.invoice(
        line("il_1", 33_33, "2015-06-01", "2015-07-01", discount_amounts=off(3_34, 1_00)),
        line("il_2", 50_00, "2015-06-16", "2015-07-01", unit=100_00, discount_amounts=off(5_00)),
    )

    lines = stripe.lines()

    assert told(lines["il_1"])[2:] == (1, None, 28_99)
    assert told(lines["il_2"])[2:] == (1, 90_00, 45_00)


def test_a_discount_that_no_line_tells_holds_the_account_by_the_invoices_number(stripe: Stripe) -> None:
    stripe.invoice(line("il_1", 100_00, "2015-06-15", "2015-07-15"), total_discount_amounts=json.dumps(off(10_00)))

    fault = stripe.lines()["in_1"]

    assert (fault["charge_kind"], *told(fault)[:2]) == ("unknown discount", "2015-06-15", "2015-07-15")


def test_a_tax_within_an_amount_is_taken_out(stripe: Stripe) -> None:
    taxes = [{"amount": 21_00, "inclusive": True}, {"amount": 5_00, "inclusive": False}]
    stripe.invoice(line("il_1", 121_00, "2015-06-01", "2015-07-01", tax_amounts=taxes))

    assert told(stripe.lines()["il_1"])[4] == 100_00


def test_usage_counts_in_the_month_in_which_its_period_starts(stripe: Stripe) -> None:
    stripe.invoice(line("il_1", 70_00, "2015-05-15", "2015-06-15", usage="metered", unit=1, quantity=7000))

    found = stripe.lines()["il_1"]

    holds_contract_types(found)
    assert (found["charge_kind"], found["term_months"]) == ("usage", 1)
    assert (stripe.share("2015-05"), stripe.share("2015-06")) == (70, 0)


def test_a_credit_note_takes_its_part_off_each_month_of_its_line(stripe: Stripe) -> None:
    stripe.invoice(
        line("il_1", 1200_00, "2015-01-01", "2016-01-01", interval=YEAR, discount_amounts=off(120_00)),
        line("il_2", 66_67, "2015-06-11", "2015-07-01", unit=100_00),
        line("il_3", 70_00, "2015-05-15", "2015-06-15", usage="metered"),
    )
    stripe.note(
        {"id": "cnli_1", "amount": 240_00, "invoice_line_item": "il_1", "discount_amounts": off(24_00)},
        {"id": "cnli_2", "amount": 33_34, "invoice_line_item": "il_2"},
        {"id": "cnli_3", "amount": 21_00, "invoice_line_item": "il_3",
         "tax_amounts": [{"amount": 1_00, "inclusive": True}]},
    )  # fmt: skip

    lines = stripe.lines()

    for name in ("cnli_1", "cnli_2", "cnli_3"):
        holds_contract_types(lines[name])
    assert told(lines["cnli_1"]) == ("2015-01-01", "2016-01-01", 12, None, -216_00)
    assert told(lines["cnli_2"]) == ("2015-06-11", "2015-07-01", 1, -50_01, -33_34)
    assert told(lines["cnli_3"]) == ("2015-05-01", "2015-06-01", 1, None, -20_00)
    assert lines["cnli_1"]["posted_on"] == date(2015, 7, 20)


def test_what_a_reduction_by_hand_reduces_is_a_fault_where_something_recurs(stripe: Stripe) -> None:
    by_hand = {"type": "invoiceitem", "price": None}
    stripe.invoice(
        line("il_1", 100_00, "2015-06-15", "2015-07-15"),
        line("il_2", -10_00, "2015-06-14", "2015-06-14", **by_hand),
        line("il_3", 50_00, "2015-06-14", "2015-06-14", **by_hand),
    )
    stripe.invoice(line("il_4", -10_00, "2015-06-14", "2015-06-14", **by_hand), name="in_2")
    stripe.note({"id": "cnli_0", "amount": 0}, {"id": "cnli_1", "amount": 5_00}, {"id": "cnli_2", "amount": 5_00,
                "invoice_line_item": "il_3"})  # fmt: skip

    lines = stripe.lines()

    assert sorted(lines) == ["cnli_1", "il_1", "il_2"]
    for name in ("cnli_1", "il_2"):
        assert (lines[name]["charge_kind"], *told(lines[name])[:2]) == ("unknown reduction", "2015-06-15", "2015-07-15")


def test_lines_that_were_not_synchronised_are_a_fault_by_number(stripe: Stripe) -> None:
    """Stripe sends ten lines of an invoice, and the engine fetches the others only where it is told to."""
    stripe.invoice(line("il_1", 100_00, "2015-06-15", "2015-07-15"), has_more=True)
    stripe.invoice(name="in_2", lines=None)
    stripe.note(lines=None)
    stripe.note(name="cn_2", invoice="in_9")
    stripe.note(name="cn_3", lines=None, total=0)

    kinds = {name: found["charge_kind"] for name, found in stripe.lines().items()}

    assert kinds == {
        "il_1": "recurring",
        "in_1": "lines missing",
        "in_2": "lines missing",
        "cn_1": "lines missing",
        "cn_2": "invoice missing",
    }


@pytest.mark.parametrize(
    ("status", "told_as"),
    [
        ("draft", "draft"),
        ("open", "posted"),
        ("paid", "posted"),
        ("uncollectible", "posted"),
        ("void", "void"),
        ("deleted", "void"),
    ],
)
def test_the_status_is_what_was_invoiced_not_what_was_paid(stripe: Stripe, status: str, told_as: str) -> None:
    stripe.invoice(line("il_1", 100_00, "2015-06-15", "2015-07-15"), status=status)
    stripe.note({"id": "cnli_1", "amount": 10_00, "invoice_line_item": "il_1"})
    stripe.note({"id": "cnli_2", "amount": 10_00, "invoice_line_item": "il_1"}, name="cn_2", status="void")

    lines = stripe.lines()

    assert (lines["il_1"]["document_status"], lines["cnli_1"]["document_status"]) == (told_as, told_as)
    assert lines["cnli_2"]["document_status"] == (told_as if told_as == "draft" else "void")


def test_a_day_begins_in_utc_or_where_the_copy_of_the_readme_says(stripe: Stripe, tmp_path: Path) -> None:
    """A month from midnight in Amsterdam begins at 22:00 UTC of the day before."""
    stripe.invoice(line("il_1", 100_00, "2015-05-31T22:00:00", "2015-06-30T22:00:00"))

    (copy,) = stripe.billing.ask(copied("stripe", "stripe_nl", tmp_path))

    assert told(stripe.lines()["il_1"])[:3] == ("2015-05-31", "2015-06-30", 1)
    assert told(copy)[:3] == ("2015-06-01", "2015-07-01", 1)


def test_yen_is_given_in_hundredths_and_kronur_of_iceland_are_already(stripe: Stripe) -> None:
    for currency in ("jpy", "isk"):
        more = {"currency": currency, "unit": 2_000}
        half = line(f"il_{currency}", 1_000, "2015-06-16", "2015-07-01", **more)
        half["price"]["currency"] = currency
        stripe.invoice(half, name=f"in_{currency}", currency=currency)

    assert {found["currency"]: told(found)[3:] for found in stripe.lines().values()} == {
        "JPY": (2_000_00, 1_000_00),
        "ISK": (2_000, 1_000),
    }


def test_a_price_in_another_currency_is_not_the_price_of_the_line(stripe: Stripe) -> None:
    """A price may have amounts in several currencies, of which a line shows the first one's."""
    stripe.invoice(
        line("il_1", 108_00, "2015-06-01", "2015-07-01", unit=100_00, currency="usd"),
        line("il_2", 54_00, "2015-06-16", "2015-07-01", unit=50_00, currency="usd", type="invoiceitem", proration=True),
        currency="usd",
    )

    lines = stripe.lines()

    assert told(lines["il_1"])[2:] == (1, None, 108_00)
    assert told(lines["il_2"])[2:] == (1, 108_00, 54_00)


def test_unmarked_customers_are_not_read(stripe: Stripe) -> None:
    for number, mark in enumerate([None, "no", "Yes"], start=2):
        stripe.customer(f"cus_{number}", mark)
        stripe.invoice(
            line(f"il_{number}", 1_00, "2015-06-15", "2015-07-15"), name=f"in_{number}", customer=f"cus_{number}"
        )

    assert list(stripe.lines()) == ["il_4"]


def test_a_marked_customer_is_a_reseller_account(stripe: Stripe) -> None:
    stripe.customer("cus_2", None)
    stripe.customer("cus_3", deleted=True)
    stripe.customer("cus_4", name=None, description="Fourth", email=None)

    assert stripe.billing.resellers("stripe") == [
        {"account_id": "cus_1", "company_name": "Company cus_1", "vat_id": None, "email_domain": "1.example"},
        {"account_id": "cus_4", "company_name": "Fourth", "vat_id": None, "email_domain": None},
    ]
