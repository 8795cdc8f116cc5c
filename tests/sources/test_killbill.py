"""Kill Bill's tables as contract 1, on PostgreSQL and MariaDB: one test for each trap, amounts worked out by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.conftest import Billing
from tests.sources.shares import holds_contract_types, month_share

TENANT, OTHER_TENANT = 1, 2
# the types, and on MariaDB the collation, are Kill Bill's own: 'RESELLER' is another text than 'reseller' there
TABLES = """
CREATE TABLE accounts(record_id bigint, id varchar(36) NOT NULL, external_key varchar(255), email varchar(128),
  name varchar(100), currency varchar(3), parent_account_id varchar(36), company_name varchar(50),
  time_zone varchar(50), tenant_record_id bigint NOT NULL){collation};
CREATE TABLE invoices(id varchar(36) NOT NULL, account_id varchar(36) NOT NULL, invoice_date date NOT NULL,
  target_date date, currency varchar(3) NOT NULL, status varchar(15) NOT NULL, migrated bool NOT NULL,
  parent_invoice bool NOT NULL, tenant_record_id bigint NOT NULL){collation};
CREATE TABLE invoice_items(id varchar(36) NOT NULL, type varchar(24) NOT NULL, invoice_id varchar(36) NOT NULL,
  account_id varchar(36) NOT NULL, child_account_id varchar(36), subscription_id varchar(36),
  product_name varchar(255), plan_name varchar(255), phase_name varchar(255), usage_name varchar(255),
  catalog_effective_date {datetime}, start_date date, end_date date, amount numeric(15,9) NOT NULL,
  rate numeric(15,9), currency varchar(3) NOT NULL, linked_item_id varchar(36), quantity decimal(18,9),
  tenant_record_id bigint NOT NULL){collation};
CREATE TABLE tag_definitions(id varchar(36) NOT NULL, name varchar(20) NOT NULL, is_active bool,
  tenant_record_id bigint NOT NULL){collation};
CREATE TABLE tags(id varchar(36) NOT NULL, tag_definition_id varchar(36) NOT NULL, object_id varchar(36) NOT NULL,
  object_type varchar(30) NOT NULL, is_active bool, tenant_record_id bigint NOT NULL){collation};
"""


class KillBill:
    """The tables of one installation, with a reseller account A1."""

    def __init__(self, billing: Billing) -> None:
        self.billing = billing
        on_postgres = billing.conn_type == "postgres"
        collation = "" if on_postgres else " CHARACTER SET utf8 COLLATE utf8_bin"
        billing.empty_tables(TABLES.format(datetime="timestamp" if on_postgres else "datetime", collation=collation))
        billing.add("tag_definitions", id="FLAG", name="reseller", is_active=True, tenant_record_id=TENANT)
        self.account("A1")

    def account(
        self, account_id: str, *, flagged: bool = True, parent: str | None = None, tenant: int = TENANT
    ) -> None:
        self.billing.add(
            "accounts",
            id=account_id,
            external_key=f"key-{account_id}",
            email=f"billing@{account_id.lower()}.example",
            company_name=f"Company {account_id}",
            currency="EUR",
            parent_account_id=parent,
            tenant_record_id=tenant,
        )
        if flagged:
            self.tag(account_id, tenant=tenant)

    def tag(self, account_id: str, *, active: bool = True, tenant: int = TENANT) -> None:
        self.billing.add(
            "tags",
            id=f"T-{account_id}",
            tag_definition_id="FLAG",
            object_id=account_id,
            object_type="ACCOUNT",
            is_active=active,
            tenant_record_id=tenant,
        )

    def invoice(self, invoice_id: str = "I1", *, account: str = "A1", status: str = "COMMITTED", **more: Any) -> None:
        values = {"invoice_date": date(2015, 6, 1), "currency": "EUR", "migrated": False, "parent_invoice": False}
        values |= {"tenant_record_id": TENANT} | more
        self.billing.add("invoices", id=invoice_id, account_id=account, status=status, **values)

    def item(self, item_id: str, kind: str, amount: str, start: str | None, end: str | None, **more: Any) -> None:
        values = {"invoice_id": "I1", "account_id": "A1", "currency": "EUR", "tenant_record_id": TENANT} | more
        self.billing.add(
            "invoice_items", id=item_id, type=kind, amount=Decimal(amount), start_date=start, end_date=end, **values
        )

    def fee(self, item_id: str, amount: str, rate: str, start: str, end: str, **more: Any) -> None:
        """A recurring fee: its amount, and the price of a whole period of the plan."""
        self.item(item_id, "RECURRING", amount, start, end, rate=Decimal(rate), **more)

    def lines(self) -> dict[str, dict[str, Any]]:
        return self.billing.lines("killbill")

    def share(self, month: str) -> Decimal:
        return month_share(self.lines().values(), month)


@pytest.fixture(params=["postgres_billing", "mariadb_billing"])
def killbill(request: pytest.FixtureRequest) -> KillBill:
    return KillBill(request.getfixturevalue(request.param))


def test_a_monthly_fee_is_one_line_of_the_contract(killbill: KillBill) -> None:
    killbill.invoice(invoice_date=date(2015, 6, 2))
    killbill.item(
        "R1", "RECURRING", "49.99", "2015-06-15", "2015-07-15", subscription_id="S1", product_name="dedicated_server"
    )

    lines = killbill.lines()

    holds_contract_types(lines["R1"])
    assert lines == {
        "R1": {
            "line_id": "R1",
            "account_id": "A1",
            "service_id": "S1",
            "product": "dedicated_server",
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
        }
    }


@pytest.mark.parametrize(
    ("end", "months"),
    [("2015-09-30", 3), ("2016-06-30", 12), ("2017-06-30", 24), ("2018-06-30", 36)],
)
def test_a_term_of_any_length_is_divided_by_its_months(killbill: KillBill, end: str, months: int) -> None:
    """The system's own MRR does not know terms of 36 months and gives 0 for such a contract."""
    killbill.invoice()
    killbill.item("R1", "RECURRING", f"{months * 100}.00", "2015-06-30", end)

    assert killbill.lines()["R1"]["term_months"] == months
    assert killbill.share("2015-07") == 100


def test_a_term_that_starts_on_the_31st_is_whole_where_a_month_has_no_31st(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("R1", "RECURRING", "100.00", "2015-01-31", "2015-02-28")
    killbill.item("R2", "RECURRING", "100.00", "2015-02-28", "2015-03-31")
    killbill.item("R3", "RECURRING", "100.00", "2015-03-31", "2015-04-30")

    assert [line["term_months"] for line in killbill.lines().values()] == [1, 1, 1]
    # February: 27 days of the first line and 1 of the second, of 28
    assert killbill.share("2015-02") == 100


def test_setup_tax_credit_and_parent_items_are_not_read(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01")
    for kind, amount in [
        ("TAX", "21.00"),
        ("CBA_ADJ", "-100.00"),
        ("CREDIT_ADJ", "-20.00"),
        ("PARENT_SUMMARY", "100.00"),
        ("EXTERNAL_CHARGE", "12.00"),
    ]:
        killbill.item(f"X-{kind}", kind, amount, "2015-06-01", "2015-07-01")
    killbill.item("X-FIXED", "FIXED", "75.00", "2015-06-01", None)

    assert list(killbill.lines()) == ["R1"]


def test_the_summary_on_a_parents_invoice_does_not_count_a_childs_fee_again(killbill: KillBill) -> None:
    killbill.account("C1", flagged=False, parent="A1")
    killbill.invoice("CHILD", account="C1")
    killbill.item("R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01", invoice_id="CHILD", account_id="C1")
    killbill.invoice("PARENT", parent_invoice=True)
    killbill.item(
        "P1", "PARENT_SUMMARY", "100.00", "2015-06-01", "2015-07-01", invoice_id="PARENT", child_account_id="C1"
    )
    killbill.item("R2", "RECURRING", "100.00", "2015-06-01", "2015-07-01", invoice_id="PARENT", child_account_id="C1")

    lines = killbill.lines()

    assert list(lines) == ["R1"]
    assert lines["R1"]["account_id"] == "C1"


def test_an_item_on_behalf_of_a_child_belongs_to_the_child(killbill: KillBill) -> None:
    killbill.account("C1", flagged=False, parent="A1")
    killbill.invoice()
    killbill.item("R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01", child_account_id="C1")

    assert killbill.lines()["R1"]["account_id"] == "C1"


def test_usage_counts_in_full_in_the_month_in_which_it_starts(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("U1", "USAGE", "33.10", "2015-05-15", "2015-06-15", product_name="cdn")

    line = killbill.lines()["U1"]

    assert (line["charge_kind"], line["term_months"], line["net_amount_minor"]) == ("usage", 1, 33_10)
    assert (killbill.share("2015-05"), killbill.share("2015-06")) == (Decimal("33.10"), 0)


def test_usage_adjusted_is_taken_off_in_the_month_in_which_it_counted(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("U1", "USAGE", "33.10", "2015-05-15", "2015-06-15")
    killbill.item("J1", "ITEM_ADJ", "-3.10", "2015-06-20", "2015-06-20", linked_item_id="U1")

    assert (killbill.share("2015-05"), killbill.share("2015-06")) == (30, 0)


def test_an_adjustment_takes_the_period_and_the_term_of_the_item_that_it_corrects(killbill: KillBill) -> None:
    """Goodwill of 120 on an annual fee of 1,200 is 10 in each of its twelve months, whatever its own day."""
    killbill.invoice()
    killbill.item("R1", "RECURRING", "1200.00", "2015-06-01", "2016-06-01")
    killbill.item("J1", "ITEM_ADJ", "-120.00", "2015-09-09", "2015-09-09", linked_item_id="R1")

    line = killbill.lines()["J1"]

    holds_contract_types(line)
    assert (line["charge_kind"], line["net_amount_minor"], line["term_months"]) == ("credit", -120_00, 12)
    assert (line["service_start"], line["service_end"]) == (date(2015, 6, 1), date(2016, 6, 1))
    assert killbill.share("2015-06") == 90


def test_an_adjustment_of_a_setup_fee_or_of_nothing_is_not_read(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("F1", "FIXED", "75.00", "2015-06-01", None)
    killbill.item("J1", "ITEM_ADJ", "-75.00", "2015-06-01", None, linked_item_id="F1")
    killbill.item("J2", "ITEM_ADJ", "-5.00", "2015-06-01", "2015-07-01", linked_item_id="nobody")

    assert killbill.lines() == {}


def test_a_repair_in_the_same_month_leaves_what_was_used(killbill: KillBill) -> None:
    """100 for June, cancelled on the 11th: the system credits 20 of 30 days, and 10 days remain."""
    killbill.invoice()
    killbill.fee("R1", "100.00", "100.00", "2015-06-01", "2015-07-01")
    killbill.item("A1", "REPAIR_ADJ", "-66.67", "2015-06-11", "2015-07-01", linked_item_id="R1")

    line = killbill.lines()["A1"]

    holds_contract_types(line)
    assert (line["charge_kind"], line["term_months"]) == ("credit", 1)
    assert (line["net_amount_minor"], line["term_amount_minor"]) == (-66_67, -100_00)
    assert (killbill.share("2015-06"), killbill.share("2015-07")) == (Decimal("33.33"), 0)


def test_a_plan_changed_in_mid_period_leaves_the_new_fee_alone_in_the_next_month(killbill: KillBill) -> None:
    """995 becomes 1,990 on 25 June: June is 10/30 of the one and 6/30 of the other, July is one fee of 1,990."""
    killbill.invoice()
    killbill.fee("R1", "995.00", "995.00", "2015-06-15", "2015-07-15")
    killbill.item("A1", "REPAIR_ADJ", "-663.33", "2015-06-25", "2015-07-15", linked_item_id="R1")
    killbill.fee("R2", "1326.67", "1990.00", "2015-06-25", "2015-07-15")
    killbill.fee("R3", "1990.00", "1990.00", "2015-07-15", "2015-08-15")

    assert set(killbill.lines()) == {"R1", "A1", "R2", "R3"}
    assert (killbill.share("2015-06"), killbill.share("2015-07")) == (Decimal("729.67"), 1990)


def test_a_repair_of_an_annual_fee_leaves_nothing_in_the_months_after_it(killbill: KillBill) -> None:
    """1,200 for 2015, cancelled on 11 July: 174 of 365 days are credited. July has ten days of a month's 100."""
    killbill.invoice()
    killbill.fee("R1", "1200.00", "1200.00", "2015-01-01", "2016-01-01")
    killbill.item("A1", "REPAIR_ADJ", "-572.05", "2015-07-11", "2016-01-01", linked_item_id="R1")

    assert killbill.lines()["A1"]["term_months"] == 12
    shares = [killbill.share(month) for month in ("2015-06", "2015-07", "2015-08")]
    assert shares == [100, Decimal("32.26"), 0]


def test_a_repair_of_a_fee_that_was_adjusted_gives_back_what_is_left_of_it(killbill: KillBill) -> None:
    """30 of 100 was given back, and then the service was cancelled from its start: nothing is left."""
    killbill.invoice()
    killbill.fee("R1", "100.00", "100.00", "2015-06-15", "2015-07-15")
    killbill.item("J1", "ITEM_ADJ", "-30.00", "2015-06-20", "2015-06-20", linked_item_id="R1")
    killbill.item("A1", "REPAIR_ADJ", "-70.00", "2015-06-15", "2015-07-15", linked_item_id="R1")

    assert killbill.lines()["A1"]["term_amount_minor"] == -70_00
    assert (killbill.share("2015-06"), killbill.share("2015-07")) == (0, 0)


def test_an_adjustment_of_a_piece_gives_back_its_part_of_the_price(killbill: KillBill) -> None:
    """50.00 of a fee of 100 for 15 of 30 days, of which all is given back: a whole price, for the same days."""
    killbill.invoice()
    killbill.fee("R1", "50.00", "100.00", "2015-06-24", "2015-07-09")
    killbill.item("J1", "ITEM_ADJ", "-50.00", "2015-07-20", "2015-07-20", linked_item_id="R1")

    assert killbill.lines()["J1"]["term_amount_minor"] == -100_00
    assert (killbill.share("2015-06"), killbill.share("2015-07")) == (0, 0)


@pytest.mark.parametrize(
    ("amount", "rate", "start", "end", "months"),
    [
        ("50.00", "100.00", "2015-06-16", "2015-07-01", 1),
        ("90.32", "100.00", "2015-01-31", "2015-02-28", 1),  # bill day 28: 28 of the 31 days from 28 January
        ("600.00", "1200.00", "2015-07-01", "2015-12-30", None),  # no days of a year give that amount
        ("604.93", "1200.00", "2015-07-01", "2016-01-01", 12),  # 184 of 365 days: six whole months are no term here
        ("3.29", "1200.00", "2015-06-30", "2015-07-01", 12),
        ("1.01", "26.28", "2015-07-14", "2015-07-28", 12),  # so small an amount fits 363 days as well as 365
        ("10.66", "4.00", "2015-06-01", "2015-06-03", None),
        ("66.30", "100.00", "2015-06-11", "2015-07-01", None),  # lowered by a plugin: pro-ration gives 66.67
        ("0.00", "100.00", "2015-06-16", "2015-07-01", None),
        ("98.00", "100.00", "2015-06-15", "2015-07-15", 1),  # lowered by a plugin: the whole term costs 98
    ],
)
def test_the_term_of_a_cut_fee_is_the_one_whose_pro_ration_gives_its_amount(
    killbill: KillBill, amount: str, rate: str, start: str, end: str, months: int | None
) -> None:
    killbill.invoice()
    killbill.fee("R1", amount, rate, start, end)

    line = killbill.lines()["R1"]

    price = int(Decimal(rate) * 100) if months and amount != "98.00" else None
    assert (line["term_months"], line["term_amount_minor"]) == (months, price)


def test_a_leading_pro_ration_up_to_the_last_day_of_a_month_is_no_whole_month(killbill: KillBill) -> None:
    """Bill day 28, ordered on 31 January: 1/31 of the fee in January, one fee in February."""
    killbill.invoice()
    killbill.fee("R0", "90.32", "100.00", "2015-01-31", "2015-02-28")
    killbill.fee("R1", "100.00", "100.00", "2015-02-28", "2015-03-28")

    assert (killbill.share("2015-01"), killbill.share("2015-02")) == (Decimal("3.23"), 100)


def test_the_rate_counts_for_each_piece_where_there_is_a_quantity(killbill: KillBill) -> None:
    """Five at 20.00 from 16 June: 50 of 100. Kill Bill writes the product into the rate and leaves the quantity out."""
    killbill.invoice()
    killbill.fee("R1", "50.00", "100.00", "2015-06-16", "2015-07-01")
    killbill.fee("R2", "50.00", "20.00", "2015-06-16", "2015-07-01", quantity=Decimal(5))

    assert [line["term_amount_minor"] for line in killbill.lines().values()] == [100_00, 100_00]


@pytest.mark.parametrize(
    ("start", "end", "july"),
    [("2015-07-01", "2015-07-31", "100"), ("2015-06-29", "2015-07-06", "71.43"), ("2015-07-31", "2015-08-30", "3.33")],
)
def test_weeks_and_thirty_days_are_counted_by_their_days(killbill: KillBill, start: str, end: str, july: str) -> None:
    killbill.invoice()
    killbill.fee("R1", "100.00", "100.00", start, end)

    assert killbill.lines()["R1"]["term_months"] is None
    assert killbill.share("2015-07") == Decimal(july)


def test_a_repair_of_a_period_of_days_takes_off_those_days(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.fee("R1", "100.00", "100.00", "2015-07-31", "2015-08-30")
    killbill.item("A1", "REPAIR_ADJ", "-66.67", "2015-08-10", "2015-08-30", linked_item_id="R1")

    assert [killbill.lines()["A1"][column] for column in ("term_months", "term_amount_minor")] == [None, None]
    assert (killbill.share("2015-07"), killbill.share("2015-08")) == (Decimal("3.33"), 30)


def test_a_repair_whose_fee_is_gone_counts_for_its_own_days(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("A1", "REPAIR_ADJ", "-20.00", "2015-06-21", "2015-07-11", linked_item_id="nobody")

    assert (killbill.share("2015-06"), killbill.share("2015-07")) == (-10, -10)


def test_amounts_in_yen_are_given_in_hundredths_and_cut_to_whole_yen(killbill: KillBill) -> None:
    """10 of 30 days of 1,000 yen are 333 yen."""
    killbill.invoice()
    killbill.fee("R1", "333", "1000", "2015-06-21", "2015-07-01", currency="JPY")

    line = killbill.lines()["R1"]

    assert (line["net_amount_minor"], line["term_amount_minor"], line["term_months"]) == (333_00, 1000_00, 1)


def test_usage_of_a_service_cancelled_on_its_first_day_lasts_a_day(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("U1", "USAGE", "12.00", "2015-06-10", "2015-06-10")

    line = killbill.lines()["U1"]

    assert (line["service_start"], line["service_end"]) == (date(2015, 6, 10), date(2015, 6, 11))
    assert killbill.share("2015-06") == 12


def test_a_fixed_price_that_pays_for_a_phase_counts_in_its_months(killbill: KillBill) -> None:
    """3,600 for 36 months, and 45 for the 90 days of a reduced phase: 100 + 15 in June."""
    killbill.invoice()
    killbill.item("F1", "FIXED", "3600.00", "2015-06-01", "2018-06-01", phase_name="rack-fixedterm")
    killbill.item("F2", "FIXED", "45.00", "2015-06-01", "2015-08-30", phase_name="server-discount")
    killbill.item("J1", "ITEM_ADJ", "-360.00", "2015-06-09", None, linked_item_id="F1")

    lines = killbill.lines()

    assert {key: (line["charge_kind"], line["term_months"]) for key, line in lines.items()} == {
        "F1": ("recurring", 36),
        "F2": ("recurring", None),
        "J1": ("credit", 36),
    }
    assert killbill.share("2015-06") == 105


def test_a_fixed_price_beside_a_recurring_one_or_of_a_trial_is_not_read(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("F1", "FIXED", "75.00", "2015-06-01", None, subscription_id="S1", phase_name="rack-fixedterm")
    killbill.item(
        "R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01", subscription_id="S1", phase_name="rack-fixedterm"
    )
    killbill.item("F2", "FIXED", "75.00", "2015-06-01", None, subscription_id="S2", phase_name="server-evergreen")
    killbill.item("F3", "FIXED", "9.00", "2015-06-01", "2015-07-01", subscription_id="S3", phase_name="server-trial")

    assert list(killbill.lines()) == ["R1"]


def test_a_prepaid_phase_whose_end_nobody_wrote_is_seen_as_faulty(killbill: KillBill) -> None:
    """Releases before 0.24.11 write no end: what the price is for cannot be known, and it is not nothing."""
    killbill.invoice()
    killbill.item("F1", "FIXED", "3600.00", "2015-06-01", None, subscription_id="S1", phase_name="rack-fixedterm")

    line = killbill.lines()["F1"]

    assert (line["service_end"], line["net_amount_minor"]) == (None, 3600_00)


def test_draft_and_voided_invoices_are_shown_as_such(killbill: KillBill) -> None:
    """A cancelled invoice and the one issued in its place count once."""
    for invoice_id, status in [("V", "VOID"), ("D", "DRAFT"), ("C", "COMMITTED")]:
        killbill.invoice(invoice_id, status=status)
        killbill.item(f"R-{invoice_id}", "RECURRING", "100.00", "2015-06-01", "2015-07-01", invoice_id=invoice_id)

    statuses = {key: line["document_status"] for key, line in killbill.lines().items()}

    assert statuses == {"R-V": "void", "R-D": "draft", "R-C": "posted"}
    assert killbill.share("2015-06") == 100


def test_an_unknown_status_is_passed_on_and_refused_by_the_pull(killbill: KillBill) -> None:
    killbill.invoice(status="FROZEN")
    killbill.item("R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01")

    assert killbill.lines()["R1"]["document_status"] == "FROZEN"


def test_a_migrated_invoice_without_periods_is_seen_as_faulty_and_never_as_nothing(killbill: KillBill) -> None:
    killbill.invoice(migrated=True)
    killbill.item("R1", "RECURRING", "100.00", "2015-06-01", None)

    line = killbill.lines()["R1"]

    assert (line["service_end"], line["net_amount_minor"]) == (None, 100_00)


def test_rows_that_make_no_sense_are_passed_on_and_stop_no_other(killbill: KillBill) -> None:
    """No days, no amount, an end before the start, no date at all: each with a repair and an adjustment."""
    killbill.invoice()
    for name, amount, start, end in [
        ("days", "100.00", "2015-06-01", "2015-06-01"),
        ("amount", "0.00", "2015-06-01", "2015-07-01"),
        ("backwards", "50.00", "2015-07-01", "2015-06-16"),
        ("dates", "50.00", None, None),
    ]:
        killbill.item(f"R-{name}", "RECURRING", amount, start, end, rate=Decimal(100))
        killbill.item(f"A-{name}", "REPAIR_ADJ", "-5.00", start, end, linked_item_id=f"R-{name}")
        killbill.item(f"J-{name}", "ITEM_ADJ", "-5.00", start, end, linked_item_id=f"R-{name}")
    killbill.fee("R1", "100.00", "100.00", "2015-06-01", "2015-07-01")

    lines = killbill.lines()

    assert len(lines) == 13
    assert (lines["R1"]["term_months"], lines["R1"]["net_amount_minor"]) == (1, 100_00)


def test_another_tenant_of_the_same_database_is_another_company(killbill: KillBill) -> None:
    killbill.billing.add("tag_definitions", id="FLAG2", name="reseller", is_active=True, tenant_record_id=OTHER_TENANT)
    killbill.account("B1", tenant=OTHER_TENANT)
    killbill.invoice(account="B1", tenant_record_id=OTHER_TENANT)
    killbill.item(
        "R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01", account_id="B1", tenant_record_id=OTHER_TENANT
    )

    assert killbill.lines() == {}
    assert [row["account_id"] for row in killbill.billing.resellers("killbill")] == ["A1"]


def test_accounts_without_the_tag_are_not_read(killbill: KillBill) -> None:
    killbill.account("E1", flagged=False)
    killbill.tag("E1", active=False)
    killbill.invoice(account="E1")
    killbill.item("R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01", account_id="E1")

    assert killbill.lines() == {}
    assert [row["account_id"] for row in killbill.billing.resellers("killbill")] == ["A1"]


def test_reseller_accounts_are_those_with_the_tag_and_their_children(killbill: KillBill) -> None:
    killbill.account("C1", flagged=False, parent="A1")

    assert killbill.billing.resellers("killbill") == [
        {"account_id": "A1", "company_name": "Company A1", "vat_id": None, "email_domain": "a1.example"},
        {"account_id": "C1", "company_name": "Company C1", "vat_id": None, "email_domain": "c1.example"},
    ]


def test_two_currencies_of_one_account_stay_apart(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("R1", "RECURRING", "100.00", "2015-06-01", "2015-07-01")
    killbill.item("R2", "RECURRING", "90.00", "2015-06-01", "2015-07-01", currency="USD")

    assert {key: line["currency"] for key, line in killbill.lines().items()} == {"R1": "EUR", "R2": "USD"}


def test_amounts_beyond_cents_are_rounded_half_away_from_zero(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.item("R1", "RECURRING", "10.005", "2015-06-01", "2015-07-01")
    killbill.item("J1", "ITEM_ADJ", "-0.005", "2015-06-01", "2015-07-01", linked_item_id="R1")

    assert {key: line["net_amount_minor"] for key, line in killbill.lines().items()} == {"R1": 10_01, "J1": -1}


def test_an_installed_view_gives_what_the_query_in_place_gives(killbill: KillBill) -> None:
    killbill.invoice()
    killbill.fee("R1", "50.00", "100.00", "2015-06-16", "2015-07-01")
    killbill.item("U1", "USAGE", "12.00", "2015-06-10", "2015-06-10")
    killbill.billing.install_views("killbill")
    killbill.billing.install_views("killbill")  # a new release is installed over the old one

    assert len(killbill.lines()) == 2
    assert killbill.billing.view_lines() == killbill.lines()


def test_the_role_that_reads_can_do_nothing_else(killbill: KillBill) -> None:
    assert killbill.billing.refuses_writing("DELETE FROM invoice_items")
    assert killbill.billing.refuses_writing("CREATE VIEW mine AS SELECT 1 AS one")
