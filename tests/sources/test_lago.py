"""Lago's tables as contract 1, on PostgreSQL: one test for each trap, with amounts worked out by hand."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from tests.sources.conftest import Billing, copied
from tests.sources.shares import holds_contract_types, month_share

TABLES = """
CREATE TABLE billing_entities(id uuid NOT NULL, code character varying NOT NULL, name character varying NOT NULL,
  deleted_at timestamp(6) without time zone, created_at timestamp(6) without time zone NOT NULL);
CREATE TABLE customers(id uuid NOT NULL, external_id character varying NOT NULL, name character varying,
  legal_name character varying, email character varying, tax_identification_number character varying,
  deleted_at timestamp(6) without time zone, billing_entity_id uuid NOT NULL);
CREATE TABLE customer_metadata(id uuid NOT NULL, customer_id uuid NOT NULL, key character varying NOT NULL,
  value character varying NOT NULL);
CREATE TABLE plans(id uuid NOT NULL, code character varying NOT NULL, "interval" integer, amount_cents bigint,
  trial_period double precision, pay_in_advance boolean DEFAULT false);
CREATE TABLE subscriptions(id uuid NOT NULL, customer_id uuid NOT NULL, plan_id uuid NOT NULL, status integer NOT NULL,
  terminated_at timestamp without time zone, started_at timestamp without time zone,
  created_at timestamp(6) without time zone NOT NULL, previous_subscription_id uuid,
  external_id character varying NOT NULL);
CREATE TABLE charges(id uuid NOT NULL, plan_id uuid, pay_in_advance boolean DEFAULT false NOT NULL);
CREATE TABLE fixed_charges(id uuid NOT NULL, plan_id uuid NOT NULL, prorated boolean DEFAULT false NOT NULL);
CREATE TABLE invoices(id uuid NOT NULL, issuing_date date, invoice_type integer DEFAULT 0 NOT NULL, customer_id uuid,
  status integer DEFAULT 1 NOT NULL, timezone character varying DEFAULT 'UTC'::character varying NOT NULL,
  self_billed boolean DEFAULT false NOT NULL, billing_entity_id uuid NOT NULL);
CREATE TABLE fees(id uuid NOT NULL, invoice_id uuid, charge_id uuid, fixed_charge_id uuid, subscription_id uuid,
  amount_cents bigint NOT NULL, amount_currency character varying NOT NULL, units numeric DEFAULT 0.0 NOT NULL,
  properties jsonb DEFAULT '{}'::jsonb NOT NULL, fee_type integer, pay_in_advance boolean DEFAULT false NOT NULL,
  precise_coupons_amount_cents numeric(30,5) DEFAULT 0.0 NOT NULL, amount_details jsonb DEFAULT '{}'::jsonb NOT NULL,
  deleted_at timestamp(6) without time zone, billing_entity_id uuid NOT NULL);
CREATE TABLE credit_notes(id uuid NOT NULL, invoice_id uuid NOT NULL, reason integer NOT NULL,
  total_amount_cents bigint DEFAULT 0 NOT NULL, refund_amount_cents bigint DEFAULT 0 NOT NULL,
  offset_amount_cents bigint DEFAULT 0 NOT NULL, voided_at timestamp(6) without time zone, issuing_date date NOT NULL,
  status integer DEFAULT 1 NOT NULL);
CREATE TABLE credit_note_items(id uuid NOT NULL, credit_note_id uuid NOT NULL, fee_id uuid,
  amount_cents bigint DEFAULT 0 NOT NULL, precise_amount_cents numeric(30,5) NOT NULL);
CREATE TABLE credits(id uuid NOT NULL, invoice_id uuid, credit_note_id uuid, amount_cents bigint NOT NULL)
"""
WEEKLY, MONTHLY, YEARLY, QUARTERLY, SEMIANNUAL = range(5)  # plans.interval
USAGE, ADD_ON, SUBSCRIPTION, PREPAID_CREDIT, COMMITMENT, FIXED_CHARGE, PRODUCT = range(7)  # fees.fee_type
DRAFT, FINALIZED, VOIDED, FAILED = 0, 1, 2, 4  # invoices.status
ACTIVE, TERMINATED, CANCELED = 1, 2, 3  # subscriptions.status
ORDER_CHANGE, ORDER_CANCELLATION, OTHER = 2, 3, 5  # credit_notes.reason
PREFIXES = {USAGE: "charges_", FIXED_CHARGE: "fixed_charges_"}


def key(name: str) -> str:
    """The UUID of what a test calls by a short name."""
    return str(uuid5(NAMESPACE_URL, name))


class Lago:
    """The tables of one installation, with a reseller C1 of the billing entity NL and its subscription S1."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        billing.empty_tables(TABLES)
        self.names: dict[str, str] = {}
        for code, year in [("US", 2016), ("NL", 2014)]:
            self.add("billing_entities", code, code=code, name=f"{code} B.V.", created_at=date(year, 1, 1))
        self.customer("C1")
        self.plan("P1", MONTHLY)
        self.subscription("S1")
        self.invoice("I1")

    def add(self, table: str, called: str, /, **values: Any) -> None:
        """Insert a row whose columns ending in `_id` are told by short names."""
        self.names[key(called)] = called
        keys = {column: key(value) if value else None for column, value in values.items() if column.endswith("_id")}
        self.billing.add(table, id=key(called), **values | keys)

    def customer(self, name: str, /, mark: str | None = "true", **more: Any) -> None:
        self.billing.add(
            "customers",
            id=key(name),
            external_id=f"customer-{name}",
            **{"name": f"Company {name}", "email": f"pay@{name.lower()}.example", "billing_entity_id": key("NL")}
            | more,
        )
        if mark is not None:
            self.add("customer_metadata", f"{name}/mark", customer_id=name, key="reseller", value=mark)

    def plan(self, name: str, interval: int, trial_days: int = 0) -> None:
        self.add("plans", name, code=f"plan-{name}", interval=interval, trial_period=trial_days)

    def subscription(self, name: str, plan: str = "P1", **more: Any) -> None:
        values = {"status": ACTIVE, "created_at": "2015-05-20 10:00", "started_at": "2015-06-01 10:00"} | more
        self.billing.add(
            "subscriptions",
            id=key(name),
            customer_id=key("C1"),
            plan_id=key(plan),
            **{"external_id": "sub"} | values,
        )

    def end(self, day: str, successor: str | None = None) -> None:
        """End S1 on a day, in favour of another subscription where one is named."""
        ended = f"UPDATE subscriptions SET status = {TERMINATED}, terminated_at = '{day} 15:00'"  # noqa: S608
        self.billing.script(ended)
        if successor:
            self.subscription(successor, previous_subscription_id=key("S1"))

    def invoice(self, name: str, **more: Any) -> None:
        values = {"customer_id": "C1", "billing_entity_id": "NL", "timezone": "UTC", "issuing_date": date(2015, 7, 1)}
        self.add("invoices", name, **values | more)

    def fee(
        self, name: str, cents: int, first: str | None, last: str | None, *, kind: int = SUBSCRIPTION, **more: Any
    ) -> None:
        """A fee for the days from `first` to `last`, both within, or for instants."""
        price, properties = more.pop("price", cents), more.pop("properties", {})
        prefix = PREFIXES.get(kind, "")
        if first:
            properties |= {f"{prefix}from_datetime": first if "T" in first else f"{first}T00:00:00.000Z"}
        if last:
            properties |= {f"{prefix}to_datetime": last if "T" in last else f"{last}T23:59:59.999Z"}
        details = {"plan_amount_cents": price} if kind == SUBSCRIPTION and price is not None else {}
        values = {"invoice_id": "I1", "subscription_id": "S1", "billing_entity_id": "NL", "units": 1}
        self.add(
            "fees",
            name,
            amount_cents=cents,
            amount_currency=more.pop("currency", "EUR"),
            fee_type=kind,
            properties=json.dumps(properties),
            amount_details=json.dumps(details),
            **values | more,
        )

    def credit(self, name: str, fee: str, cents: str, *, reason: int = OTHER, **more: Any) -> None:
        """A credit note with one item."""
        self.add(
            "credit_notes",
            f"{name}/note",
            invoice_id="I1",
            reason=reason,
            issuing_date=date(2015, 7, 2),
            **{"total_amount_cents": round(Decimal(cents))} | more,
        )
        self.add(
            "credit_note_items",
            name,
            credit_note_id=f"{name}/note",
            fee_id=fee,
            amount_cents=round(Decimal(cents)),
            precise_amount_cents=Decimal(cents),
        )

    def lines(self) -> dict[str, dict[str, Any]]:
        """The lines by their short names."""
        return {self.names[line_id]: line for line_id, line in self.billing.lines("lago").items()}

    def share(self, month: str) -> Decimal:
        return month_share(self.lines().values(), month)


@pytest.fixture
def lago(postgres_billing: Billing) -> Lago:
    return Lago(postgres_billing)


def told(line: dict[str, Any]) -> tuple[Any, ...]:
    """The period of a line, its term, the term's price and the amount."""
    names = ("service_start", "service_end", "term_months", "term_amount_minor", "net_amount_minor")
    return tuple(str(line[name]) if "service" in name else line[name] for name in names)


def test_a_subscription_fee_with_its_last_day_within_is_one_line_of_the_contract(lago: Lago) -> None:
    lago.fee("F1", 100_00, "2015-06-15", "2015-07-14")

    lines = lago.lines()

    holds_contract_types(lines["F1"])
    assert lines == {
        "F1": {
            "line_id": key("F1"),
            "account_id": key("C1"),
            "service_id": key("S1"),
            "product": "plan-P1",
            "charge_kind": "recurring",
            "service_start": date(2015, 6, 15),
            "service_end": date(2015, 7, 15),
            "term_months": 1,
            "term_amount_minor": None,
            "net_amount_minor": 100_00,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 7, 1),
            "discount_bp": None,
            "ordered_on": date(2015, 5, 20),
        }
    }


@pytest.mark.parametrize(
    ("interval", "first", "last", "months"),
    [
        (MONTHLY, "2015-01-31", "2015-02-27", 1),
        (QUARTERLY, "2015-01-01", "2015-03-31", 3),
        (SEMIANNUAL, "2015-01-01", "2015-06-30", 6),
        (YEARLY, "2015-01-01", "2015-12-31", 12),
    ],
)
def test_a_whole_fee_has_the_term_of_its_plan(lago: Lago, interval: int, first: str, last: str, months: int) -> None:
    lago.plan("P2", interval)
    lago.subscription("S2", "P2")
    lago.fee("F1", months * 100_00, first, last, subscription_id="S2")

    assert lago.lines()["F1"]["term_months"] == months
    assert lago.share("2015-02") == (Decimal("96.43") if months == 1 else 100)  # 27 of 28 days of February


def test_a_weekly_fee_and_its_piece_pay_for_their_days(lago: Lago) -> None:
    lago.plan("P2", WEEKLY)
    lago.subscription("S2", "P2")
    lago.fee("F1", 70_00, "2015-06-29", "2015-07-05", subscription_id="S2")
    lago.fee("F2", 30_00, "2015-06-26", "2015-06-28", subscription_id="S2", price=70_00)

    assert {line["term_months"] for line in lago.lines().values()} == {None}
    assert (lago.share("2015-06"), lago.share("2015-07")) == (20 + 30, 50)


def test_an_upgrade_of_a_plan_paid_in_advance_leaves_the_new_fee_alone(lago: Lago) -> None:
    """995.00 becomes 1,990.00 on 25 June, bill day 15: 20 of 30 days back, which the contract's day 25 begins."""
    lago.fee("F1", 995_00, "2015-06-15", "2015-07-14")
    lago.end("2015-06-25", successor="S2")
    lago.credit("K1", "F1", "66333.33333", reason=ORDER_CANCELLATION)
    lago.fee("F2", 1326_67, "2015-06-25", "2015-07-14", price=1990_00, subscription_id="S2")
    lago.fee("F3", 1990_00, "2015-07-15", "2015-08-14", subscription_id="S2")

    lines = lago.lines()

    holds_contract_types(lines["K1"])
    assert told(lines["K1"]) == ("2015-06-25", "2015-07-15", 1, -995_00, -663_33)
    assert told(lines["F2"]) == ("2015-06-25", "2015-07-15", 1, 1990_00, 1326_67)
    # 10 of 30 days at 995.00 and 6 of 30 at 1,990.00
    assert (lago.share("2015-06"), lago.share("2015-07")) == (Decimal("729.67"), 1990)


def test_an_upgrade_of_a_plan_paid_in_arrears_gives_the_day_of_the_change_to_the_new_plan(lago: Lago) -> None:
    """Lago's old fee ends with the day of the upgrade and bills the days before it: 10 of 30."""
    lago.end("2015-06-11", successor="S2")
    lago.fee("F1", 100_00, "2015-06-01", "2015-06-11T15:00:00.000Z", price=300_00)
    lago.fee("F2", 400_00, "2015-06-11", "2015-06-30", price=600_00, subscription_id="S2")

    lines = lago.lines()

    assert told(lines["F1"]) == ("2015-06-01", "2015-06-11", 1, 300_00, 100_00)
    assert lago.share("2015-06") == 100 + 400


def test_a_cancellation_in_mid_period_leaves_nothing_in_the_next_month(lago: Lago) -> None:
    """Terminated on 30 June: the 14 days of July come back, a coupon's half of them not."""
    lago.fee("F1", 300_00, "2015-06-15", "2015-07-14", precise_coupons_amount_cents=150_00)
    lago.end("2015-06-30")
    lago.credit("K1", "F1", "14000.00000", reason=ORDER_CANCELLATION)

    assert told(lago.lines()["K1"]) == ("2015-07-01", "2015-07-15", 1, -150_00, -70_00)
    assert (lago.share("2015-06"), lago.share("2015-07")) == (80, 0)


def test_a_change_that_was_called_off_replaces_nothing(lago: Lago) -> None:
    lago.fee("F1", 300_00, "2015-06-15", "2015-07-14")
    lago.end("2015-06-30", successor="S2")
    lago.billing.script(f"UPDATE subscriptions SET status = {CANCELED} WHERE previous_subscription_id IS NOT NULL")  # noqa: S608
    lago.credit("K1", "F1", "14000.00000", reason=ORDER_CANCELLATION)

    assert told(lago.lines()["K1"])[:2] == ("2015-07-01", "2015-07-15")


def test_a_credit_by_hand_stays_with_its_fee_when_the_subscription_has_ended(lago: Lago) -> None:
    lago.fee("F1", 300_00, "2015-06-15", "2015-07-14")
    lago.end("2015-06-30")
    lago.credit("K1", "F1", "5000.00000")

    assert told(lago.lines()["K1"]) == ("2015-06-15", "2015-07-15", 1, None, -50_00)


def test_a_cancellation_whose_note_was_voided_counts_for_what_was_refunded(lago: Lago) -> None:
    lago.fee("F1", 300_00, "2015-06-15", "2015-07-14")
    lago.end("2015-06-30")
    voided = {"voided_at": "2015-07-03", "refund_amount_cents": 35_00}
    lago.credit("K1", "F1", "14000.00000", reason=ORDER_CANCELLATION, **voided)

    assert told(lago.lines()["K1"])[2:] == (1, -75_00, -35_00)


def test_a_cancellation_that_gives_back_what_is_left_pays_for_exactly_its_days(lago: Lago) -> None:
    lago.fee("F1", 300_00, "2015-06-15", "2015-07-14")
    lago.end("2015-06-30")
    lago.credit("K1", "F1", "5000.00000", reason=ORDER_CANCELLATION)

    assert told(lago.lines()["K1"]) == ("2015-07-01", "2015-07-15", None, None, -50_00)


def test_a_cancellation_of_a_fee_of_unknown_price_pays_for_exactly_its_days(lago: Lago) -> None:
    """Fees of old versions of Lago do not say what the plan cost."""
    lago.fee("F1", 300_00, "2015-06-15", "2015-07-14", price=None)
    lago.end("2015-06-30")
    lago.credit("K1", "F1", "14000.00000", reason=ORDER_CANCELLATION)

    assert told(lago.lines()["K1"]) == ("2015-07-01", "2015-07-15", None, None, -140_00)


def test_a_first_period_up_to_the_first_of_a_month_is_a_piece(lago: Lago) -> None:
    lago.fee("F1", 66_66, "2015-05-12", "2015-05-31", price=103_33)

    assert told(lago.lines()["F1"]) == ("2015-05-12", "2015-06-01", 1, 103_33, 66_66)


@pytest.mark.parametrize(
    ("interval", "first", "last", "cents", "months"),
    [
        (QUARTERLY, "2015-02-10", "2015-03-31", 500_00, 3),  # 50 of 90 days of 900.00
        (SEMIANNUAL, "2015-04-02", "2015-06-30", 447_51, 6),  # 90 of 181
        (YEARLY, "2016-07-01", "2016-12-31", 452_46, 12),  # 184 of 366
    ],
)
def test_a_piece_of_a_longer_term_has_the_price_of_the_term(
    lago: Lago, interval: int, first: str, last: str, cents: int, months: int
) -> None:
    lago.plan("P2", interval)
    lago.subscription("S2", "P2")
    lago.fee("F1", cents, first, last, price=900_00, subscription_id="S2")

    assert told(lago.lines()["F1"])[2:] == (months, 900_00, cents)


def test_days_of_trial_are_not_paid_for(lago: Lago) -> None:
    """30 days of trial from 25 May, bill day 15: the fee of [15 June, 15 July) is for the days from 24 June."""
    lago.plan("P2", MONTHLY, trial_days=30)
    lago.subscription("S2", "P2", external_id="tried", started_at="2015-05-25 09:00")
    lago.fee("F1", 210_00, "2015-06-15", "2015-07-14", price=300_00, subscription_id="S2")

    assert told(lago.lines()["F1"]) == ("2015-06-24", "2015-07-15", 1, 300_00, 210_00)
    assert lago.share("2015-06") == 70


def test_a_fee_whose_price_staff_set_counts_over_its_dates(lago: Lago) -> None:
    lago.fee("F1", 77_00, "2015-06-01", "2015-06-30", price=100_00)
    lago.fee("F2", 30_00, "2015-06-21", "2015-07-10", price=100_00)
    lago.fee("F3", 200_00, "2015-06-01", "2015-06-30", price=100_00, units=2)

    lines = lago.lines()

    assert (lines["F1"]["term_months"], lines["F2"]["term_months"]) == (1, None)
    assert told(lines["F3"])[2:] == (1, None, 200_00)
    assert lago.share("2015-06") == 77 + 15 + 200


def test_coupons_are_net_to_the_cent_of_the_invoice(lago: Lago) -> None:
    """10.00 over three fees of 33.33, 33.33 and 33.34: two parts of 3.33 and one of 3.34."""
    for name, cents, coupon in [("F1", 33_33, "333.30000"), ("F2", 33_33, "333.30000"), ("F3", 33_34, "333.40000")]:
        lago.fee(name, cents, "2015-06-01", "2015-06-30", precise_coupons_amount_cents=Decimal(coupon))

    net = [line["net_amount_minor"] for line in lago.lines().values()]

    assert sum(net) == 90_00
    assert set(net) <= {29_99, 30_00, 30_01}


def test_a_coupon_is_taken_off_the_price_of_a_piece_as_well(lago: Lago) -> None:
    lago.fee("F1", 60_00, "2015-06-25", "2015-07-12", price=100_00, precise_coupons_amount_cents=Decimal(6_00))

    assert told(lago.lines()["F1"])[2:] == (1, 90_00, 54_00)


def test_usage_counts_in_the_month_in_which_its_period_starts(lago: Lago) -> None:
    lago.fee("U1", 70_00, "2015-06-15", "2015-07-14", kind=USAGE)
    lago.fee("U2", 5_00, "2015-06-10T09:00:00Z", "2015-06-10T09:00:00Z", kind=USAGE)

    lines = lago.lines()

    for line in lines.values():
        holds_contract_types(line)
    assert {(line["charge_kind"], line["term_months"]) for line in lines.values()} == {("usage", 1)}
    assert (lago.share("2015-06"), lago.share("2015-07")) == (75, 0)


@pytest.mark.parametrize("collected", [False, True])
def test_usage_that_a_renewal_charges_ahead_is_for_the_period_that_begins(lago: Lago, collected: bool) -> None:
    """Lago writes the period that has ended on the fee; the instant of the bill says which one it is for."""
    lago.add("charges", "M1", plan_id="P1", pay_in_advance=True)
    renewed, sent = ({"timestamp": instant} for instant in ("2015-07-01T00:05:00Z", "2015-07-03T10:00:00Z"))
    lago.fee("U1", 70_00, "2015-06-01", "2015-06-30", kind=USAGE, charge_id="M1", properties=renewed,
             pay_in_advance=collected)  # fmt: skip
    lago.fee("U2", 20_00, "2015-06-15", "2015-07-14", kind=USAGE, charge_id="M1", properties=sent, pay_in_advance=True)
    lago.fee("U3", 5_00, "2015-06-01", "2015-06-30", kind=USAGE, properties=renewed)

    assert (lago.share("2015-06"), lago.share("2015-07")) == (20 + 5, 70)


def test_a_correction_of_usage_is_taken_off_the_month_in_which_it_counted(lago: Lago) -> None:
    lago.fee("U1", 70_00, "2015-06-15", "2015-07-14", kind=USAGE)
    lago.credit("K1", "U1", "2000.00000")

    line = lago.lines()["K1"]

    holds_contract_types(line)
    assert told(line) == ("2015-06-01", "2015-07-01", 1, None, -20_00)


def test_a_credit_by_hand_takes_its_part_off_each_month_of_its_fee(lago: Lago) -> None:
    lago.plan("P2", YEARLY)
    lago.subscription("S2", "P2")
    lago.fee("F1", 1200_00, "2015-01-01", "2015-12-31", subscription_id="S2")
    lago.credit("K1", "F1", "24000.00000")
    lago.fee("F2", 60_00, "2015-06-13", "2015-06-30", price=100_00, precise_coupons_amount_cents=6_00)
    lago.credit("K2", "F2", "3000.00000")

    lines = lago.lines()

    assert told(lines["K1"]) == ("2015-01-01", "2016-01-01", 12, None, -240_00)
    assert told(lines["K2"]) == ("2015-06-13", "2015-07-01", 1, -45_00, -27_00)
    assert lago.share("2015-03") == 80


def test_parts_of_a_credit_note_add_up_to_it(lago: Lago) -> None:
    """Half of each of three fees is 16.67, less a third of a coupon: 3 x 15.005 is 45.02, not 45.03."""
    for name in ("F1", "F2", "F3"):
        lago.fee(name, 33_33, "2015-06-01", "2015-06-30", precise_coupons_amount_cents=Decimal("333.0"))
    lago.credit("K1", "F1", "1667.20000")
    for name, fee in [("K2", "F2"), ("K3", "F3")]:
        lago.add(
            "credit_note_items", name, credit_note_id="K1/note", fee_id=fee, precise_amount_cents=Decimal("1667.2")
        )

    lines = lago.lines()

    # 3 x 1,667.2 x (1 - 333 / 3,333) = 4,501.89
    assert sum(lines[name]["net_amount_minor"] for name in ("K1", "K2", "K3")) == -45_02


@pytest.mark.parametrize(
    ("note", "status", "net"),
    [
        ({"status": 0}, "draft", -20_00),
        ({"status": 2}, "void", -20_00),
        ({"voided_at": "2015-07-03"}, "void", 0),
        ({"voided_at": "2015-07-03", "refund_amount_cents": 5_00}, "posted", -5_00),
    ],
)
def test_a_credit_note_counts_for_what_it_really_gave_back(
    lago: Lago, note: dict[str, Any], status: str, net: int
) -> None:
    lago.fee("F1", 100_00, "2015-06-01", "2015-06-30")
    lago.credit("K1", "F1", "2000.00000", **note)

    line = lago.lines()["K1"]

    assert (line["document_status"], line["net_amount_minor"]) == (status, net)


def test_credit_that_was_used_before_its_note_was_voided_stays(lago: Lago) -> None:
    lago.fee("F1", 100_00, "2015-06-01", "2015-06-30")
    lago.credit("K1", "F1", "2000.00000", voided_at="2015-08-01")
    lago.add("credits", "used", credit_note_id="K1/note", invoice_id=None, amount_cents=15_00)

    assert lago.share("2015-06") == 85


@pytest.mark.parametrize(
    ("status", "told_as"),
    [
        *((status, "draft") for status in (0, 3, 4, 5, 7)),
        (1, "posted"),
        (2, "void"),
        (6, "void"),
        (8, "void"),
        (9, "9"),
    ],
)
def test_the_status_is_the_invoices_and_a_credit_on_a_void_invoice_is_void(
    lago: Lago, status: int, told_as: str
) -> None:
    lago.invoice("I2", status=status)
    lago.fee("F1", 100_00, "2015-06-01", "2015-06-30", invoice_id="I2")
    lago.credit("K1", "F1", "2000.00000")

    lines = lago.lines()

    assert lines["F1"]["document_status"] == told_as
    assert lines["K1"]["document_status"] == ("void" if status == VOIDED else "posted")


def test_days_are_those_of_the_invoices_time_zone(lago: Lago) -> None:
    """1 June in Amsterdam begins at 22:00 UTC of the day before, and in New York ends at 04:00 of the day after."""
    lago.invoice("I2", timezone="Europe/Amsterdam")
    lago.invoice("I3", timezone="America/New_York")
    lago.fee("F1", 100_00, "2015-05-31T22:00:00.000Z", "2015-06-30T21:59:59.999Z", invoice_id="I2")
    lago.fee("F2", 100_00, "2015-06-01T04:00:00.000Z", "2015-07-01T03:59:59.999Z", invoice_id="I3")

    june = ("2015-06-01", "2015-07-01", 1, None, 100_00)
    assert [told(line) for line in lago.lines().values()] == [june, june]


def test_a_fixed_charge_and_a_minimum_commitment_recur_over_their_dates(lago: Lago) -> None:
    lago.fee("X1", 60_00, "2015-06-15", "2015-07-14", kind=FIXED_CHARGE)
    lago.fee("M1", 30_00, "2015-05-01", "2015-05-31", kind=COMMITMENT)

    lines = lago.lines()

    assert told(lines["X1"]) == ("2015-06-15", "2015-07-15", 1, None, 60_00)
    assert told(lines["M1"]) == ("2015-05-01", "2015-06-01", 1, None, 30_00)
    assert {line["charge_kind"] for line in lines.values()} == {"recurring"}


def test_units_added_in_mid_period_pay_for_the_days_that_were_left(lago: Lago) -> None:
    lago.add("fixed_charges", "FC", plan_id="P1", prorated=True)
    added = {"timestamp": "2015-06-25T12:00:00.000Z"}
    lago.fee("X1", 40_00, "2015-06-15", "2015-07-14", kind=FIXED_CHARGE, properties=added, fixed_charge_id="FC",
             pay_in_advance=True)  # fmt: skip

    assert told(lago.lines()["X1"]) == ("2015-06-25", "2015-07-15", None, None, 40_00)
    assert lago.share("2015-06") == 12
    lago.billing.script("UPDATE fixed_charges SET prorated = FALSE")
    assert told(lago.lines()["X1"]) == ("2015-06-15", "2015-07-15", 1, None, 40_00)


def test_what_is_paid_once_and_what_is_on_no_invoice_is_not_read(lago: Lago) -> None:
    lago.fee("A1", 50_00, None, None, kind=ADD_ON)
    lago.fee("A2", 50_00, None, None, kind=PREPAID_CREDIT)
    lago.fee("U1", 5_00, "2015-06-10", "2015-06-10", kind=USAGE, invoice_id=None, pay_in_advance=True)
    lago.fee("F1", 9_00, "2015-06-01", "2015-06-30", deleted_at="2015-06-02")
    lago.credit("K1", "A1", "5000.00000")

    assert lago.lines() == {}


def test_invoices_that_partners_write_and_unknown_fees_are_faults_by_number(lago: Lago) -> None:
    """A partner account of Lago's gets self-billed invoices: money that goes to it, not revenue."""
    lago.invoice("I2", self_billed=True)
    lago.fee("F1", 500_00, "2015-06-01", "2015-06-30", invoice_id="I2")
    lago.fee("F2", 500_00, "2015-06-01", "2015-06-30", kind=PRODUCT)

    lines = lago.lines()

    assert {name: line["charge_kind"] for name, line in lines.items()} == {
        "F1": "self-billed",
        "F2": "unknown fee type 6",
    }


def test_a_fee_without_a_period_stays_without_one(lago: Lago) -> None:
    lago.fee("F1", 100_00, None, None)

    assert told(lago.lines()["F1"])[:2] == ("None", "None")


def test_yen_and_forints_are_given_in_hundredths(lago: Lago) -> None:
    """Lago keeps HUF, ISK and MGA in whole units too."""
    for number, currency in enumerate(["JPY", "HUF", "USD"]):
        lago.fee(f"F{number}", 1_000, "2015-06-16", "2015-06-30", price=2_000, currency=currency)

    lines = lago.lines().values()

    assert {line["currency"]: told(line)[3:] for line in lines} == {
        "JPY": (2_000_00, 1_000_00),
        "HUF": (2_000_00, 1_000_00),
        "USD": (2_000, 1_000),
    }


def test_another_billing_entity_and_unmarked_customers_are_not_read(lago: Lago) -> None:
    for name, mark in [("C2", None), ("C3", "false"), ("C4", "Yes")]:
        lago.customer(name, mark)
        lago.invoice(f"I/{name}", customer_id=name)
        lago.fee(f"F/{name}", 100_00, "2015-06-01", "2015-06-30", invoice_id=f"I/{name}")
    lago.invoice("I2", billing_entity_id="US")
    lago.fee("F1", 100_00, "2015-06-01", "2015-06-30", invoice_id="I2")

    assert list(lago.lines()) == ["F/C4"]


def test_the_copy_of_the_readme_reads_the_other_billing_entity(lago: Lago, tmp_path: Path) -> None:
    lago.billing.script("UPDATE billing_entities SET code = LOWER(code)")
    lago.invoice("I2", billing_entity_id="US")
    for name, invoice in [("F1", "I1"), ("F2", "I2")]:
        lago.fee(name, 100_00, "2015-06-01", "2015-06-30", invoice_id=invoice)

    rows = lago.billing.ask(copied("lago", "lago_us", tmp_path))

    assert [row["line_id"] for row in rows] == [key("F2")]


def test_a_marked_customer_is_a_reseller_account(lago: Lago) -> None:
    lago.customer("C2", None)
    lago.customer("C3", deleted_at="2015-01-01")
    lago.customer("C4", legal_name="Legal GmbH", tax_identification_number="DE4", email=None)

    rows = {lago.names.get(row["account_id"], row["account_id"]): row for row in lago.billing.resellers("lago")}

    assert rows == {
        key("C1"): {
            "account_id": key("C1"),
            "company_name": "Company C1",
            "vat_id": None,
            "email_domain": "c1.example",
        },
        key("C4"): {"account_id": key("C4"), "company_name": "Legal GmbH", "vat_id": "DE4", "email_domain": None},
    }
