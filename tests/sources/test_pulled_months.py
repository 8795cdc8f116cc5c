"""Months pulled from the systems' own tables by a role that may only read, in place and through installed views."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from partner_program.adapters.billing.pull import pull_month
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, MrrGroup, PeriodClose, share_of
from tests.sources.conftest import SQL, Billing, printed
from tests.sources.test_erpnext import ErpNext
from tests.sources.test_fossbilling import FossBilling
from tests.sources.test_killbill import KillBill
from tests.sources.test_lago import USAGE, YEARLY, Lago, key
from tests.sources.test_odoo import DISCOUNT, MONTHLY, REWARD, Odoo
from tests.sources.test_skeleton import System
from tests.sources.test_stripe import YEAR, Stripe, line
from tests.sources.test_whmcs import Whmcs

NL = Entity("NL", "NL B.V.", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
JUNE = BillingMonth.parse("2015-06")


def pull(billing: Billing, source: str | None, *closes: PeriodClose, month: BillingMonth = JUNE) -> EntityRevenue:
    return pull_month(
        billing.fields,
        replace(NL, source=source),
        month,
        largest_line=LargestLine(100_000_000),
        recorded_closes=closes,
        sql_folder=SQL,
    )


def counted(groups: Iterable[MrrGroup]) -> Fraction:
    """Rule 2 over the groups of June, in minor units."""
    return sum((Fraction(*share_of(group, 30)) for group in groups if group.document_status == "posted"), Fraction(0))


def recorded(billing: Billing, source: str) -> PeriodClose:
    """The close of June that a person would record after looking at the printed figures."""
    ((currency, lines, total),) = (
        row.values() for row in billing.ask(printed("figures", source, billing.fields.conn_type, "2015-06"))
    )
    return PeriodClose(currency, int(lines), int(total))


def killbill_june(billing: Billing) -> None:
    """1,200 a year, half of June for 50, six days of 40 a month, and usage of 70 less 30: 100 + 50 + 8 + 70 - 30."""
    system = KillBill(billing)
    system.invoice()
    system.item("R1", "RECURRING", "1200.00", "2015-03-15", "2016-03-15")
    system.fee("R2", "50.00", "100.00", "2015-06-16", "2015-07-01")
    system.fee("R4", "40.00", "40.00", "2015-06-16", "2015-07-16")
    system.item("A4", "REPAIR_ADJ", "-32.00", "2015-06-22", "2015-07-16", linked_item_id="R4")
    system.item("U1", "USAGE", "70.00", "2015-06-10", "2015-07-10")
    system.item("J1", "ITEM_ADJ", "-30.00", "2015-07-02", "2015-07-02", linked_item_id="U1")
    system.item("F1", "FIXED", "99.00", "2015-06-16", None)
    system.invoice("V", status="VOID")
    system.item("R3", "RECURRING", "50.00", "2015-06-01", "2015-07-01", invoice_id="V")


def fossbilling_june(billing: Billing) -> None:
    """A quarter for 300 less 60, four days for 40, two of them in June, and 40 that staff set to refunded: 80 + 20."""
    system = FossBilling(billing)
    system.order(5, activated="2015-05-15 10:00:00", period="3M")
    system.order(6, activated="2015-06-01 10:00:00")
    system.order(7, activated="2015-06-29 10:00:00", period="4D")
    system.invoice(1)
    system.fee(1, 5, "300.00", period="3M")
    system.discount(1, 5, "-60.00")
    system.item(1, "custom", "25.00", unit="service")
    system.invoice(2, status="refunded")
    system.fee(2, 6, "40.00")
    system.invoice(3)
    system.fee(3, 7, "40.00", period="4D")


def whmcs_june(billing: Billing) -> None:
    """100 a month and 1,200 a year, 10 % off for the group; 12 of 30 days of 30, 8 of usage: 90 + 90 + 12 + 8."""
    system = Whmcs(billing)
    system.hosting(7)
    system.hosting(8, "Annually")
    system.hosting(9, amount="30.00")
    system.invoice(1, "1170.00")
    system.item(1, "Hosting", "100.00", 7)
    system.item(1, "Hosting", "1200.00", 8)
    system.item(1, "GroupDiscount", "-130.00")
    system.invoice(2, "23.00")
    system.item(2, "Hosting", "15.00", 9, duedate=date(2015, 6, 19), description="S (19/06/2015 - 03/07/2015)")
    system.item(2, "Usage", "8.00", 9)


def erpnext_june(billing: Billing) -> None:
    """1,200 a year less 300 of it, a subscription's quarter for 150, 17 days from 14 June for 34: 75 + 50 + 34."""
    system = ErpNext(billing)
    system.invoice()
    system.item("R1", "1200.00", "2015-06-01", "2016-06-01")
    system.item("R2", "34.00", "2015-06-14", "2015-06-30")
    system.invoice("I2", from_date="2015-05-10", to_date="2015-08-09")
    system.item("R3", "150.00", parent="I2")
    system.returned("-300.00")
    system.invoice("I3", docstatus=2)
    system.item("R4", "70.00", "2015-06-01", "2015-06-30", parent="I3")


def odoo_june(billing: Billing) -> None:
    """3,600 for 36 months, half of June for 50 less 5, less a refund of 30 for June: 100 + 45 - 30."""
    system = Odoo(billing)
    system.move()
    system.line("3600.00", "2014-06-01", "2017-05-31")
    system.move(3)
    system.line("50.00", "2015-06-16", "2015-06-30", move_id=3, subscription_id=MONTHLY)
    system.line("-5.00", None, None, move_id=3, product_id=DISCOUNT)
    system.move(2, "out_refund")
    system.line("30.00", "2015-06-01", "2015-06-30", move_id=2)


def lago_june(billing: Billing) -> None:
    """1,200 a year, half of June for 50 less 5, 30 less 20, and usage of May less 20: 100 + 45 + 10."""
    system = Lago(billing)
    system.plan("P2", YEARLY)
    system.subscription("S2", "P2")
    system.fee("F1", 1200_00, "2015-03-15", "2016-03-14", subscription_id="S2")
    system.fee("F2", 50_00, "2015-06-16", "2015-06-30", price=100_00, precise_coupons_amount_cents=5_00)
    system.fee("F3", 30_00, "2015-06-01", "2015-06-30")
    system.credit("K1", "F3", "2000.00000")
    system.fee("U1", 70_00, "2015-05-20", "2015-06-19", kind=USAGE)
    system.credit("K2", "U1", "2000.00000")


def stripe_june(billing: Billing) -> None:
    """1,200 a year, half of June for 50, usage of 70 less 20, and 30 that become 60 on 16 June: 100 + 50 + 50 + 45."""
    system = Stripe(billing)
    system.invoice(
        line("il_1", 1200_00, "2015-03-15", "2016-03-15", interval=YEAR),
        line("il_2", 50_00, "2015-06-16", "2015-07-01", unit=100_00),
        line("il_3", 70_00, "2015-06-10", "2015-07-10", usage="metered"),
        line("il_4", 30_00, "2015-06-01", "2015-07-01"),
        line("il_5", -15_00, "2015-06-16", "2015-07-01", unit=30_00, type="invoiceitem", proration=True),
        line("il_6", 30_00, "2015-06-16", "2015-07-01", unit=60_00, type="invoiceitem", proration=True),
    )
    system.note({"id": "cnli_1", "amount": 20_00, "invoice_line_item": "il_3"})


def skeleton_june(billing: Billing) -> None:
    """1,200 a year, half of June for 50 less 10, usage of 70 less 30, 17 days for 34: 100 + 40 + 40 + 34."""
    system = System(billing)
    system.item(1, "1200.00", "2015-06-01", "2016-05-31", contract_id=6)
    system.item(2, "50.00", "2015-06-16", "2015-06-30")
    system.item(3, "-10.00", None, None, type="discount", corrects_id=2, contract_id=None)
    system.item(4, "70.00", "2015-06-10", "2015-07-09", type="usage")
    system.invoice(2, type="credit note")
    system.item(5, "30.00", None, None, bill_id=2, corrects_id=4)
    system.item(6, "34.00", "2015-06-14", "2015-06-30", contract_id=None)


SYSTEMS = pytest.mark.parametrize(
    ("server", "source", "fill", "account_id", "june"),
    [
        ("postgres_billing", "killbill", killbill_june, "A1", 198_00),
        ("mariadb_billing", "killbill", killbill_june, "A1", 198_00),
        ("mariadb_billing", "fossbilling", fossbilling_june, "1", 100_00),
        ("mariadb_billing", "whmcs", whmcs_june, "1", 200_00),
        ("mariadb_billing", "erpnext", erpnext_june, "Acme", 159_00),
        ("postgres_billing", "odoo", odoo_june, "30", 115_00),
        ("own_postgres_billing", "lago", lago_june, key("C1"), 155_00),
        ("own_postgres_billing", "stripe", stripe_june, "cus_1", 245_00),
        ("postgres_billing", "skeleton", skeleton_june, "1", 214_00),
        ("mariadb_billing", "skeleton", skeleton_june, "1", 214_00),
    ],
    ids=[
        "killbill-postgres",
        "killbill-mariadb",
        "fossbilling",
        "whmcs",
        "erpnext",
        "odoo",
        "lago",
        "stripe",
        "skeleton-postgres",
        "skeleton-mariadb",
    ],
)


@SYSTEMS
def test_a_month_is_pulled_in_place_and_through_views_alike(
    request: pytest.FixtureRequest,
    server: str,
    source: str,
    fill: Callable[[Billing], None],
    account_id: str,
    june: int,
) -> None:
    billing: Billing = request.getfixturevalue(server)
    fill(billing)
    close = recorded(billing, source)

    in_place = pull(billing, source, close)
    billing.install_views(source)
    through_views = pull(billing, None, close)

    assert in_place.fault is None
    assert in_place.faulty_lines == ()
    assert account_id in in_place.reseller_accounts
    assert {group.account_id for group in in_place.groups} == {account_id}
    assert counted(in_place.groups) == june
    assert through_views == in_place


@pytest.mark.parametrize("closes", [(), (PeriodClose("EUR", 4, 1),)])
def test_a_month_without_a_close_or_with_one_that_differs_is_a_fault(
    postgres_billing: Billing, closes: tuple[PeriodClose, ...]
) -> None:
    odoo_june(postgres_billing)

    fault = pull(postgres_billing, "odoo", *closes).fault

    if closes:
        # 3,600.00, 50.00 and its discount of 5.00, less 30.00
        assert fault is not None
        assert "the close says 4 lines, 4 were found; its control total is 1, theirs is 361500" in fault
    else:
        assert fault == "month 2015-06 not closed"


def test_a_line_without_a_period_holds_its_account_and_is_named(postgres_billing: Billing) -> None:
    odoo_june(postgres_billing)
    postgres_billing.add(
        "account_move_line",
        id=77,
        move_id=1,
        product_id=11,
        display_type="product",
        price_subtotal=Decimal(10),
        currency_id=1,
    )

    (faulty,) = pull(postgres_billing, "odoo", recorded(postgres_billing, "odoo")).faulty_lines

    assert (faulty.line_id, faulty.account_id, faulty.column) == ("77", "30", "service_start")


def test_a_reduction_of_nobody_knows_what_holds_its_account_in_the_months_of_its_invoice(
    postgres_billing: Billing,
) -> None:
    odoo_june(postgres_billing)
    postgres_billing.add(
        "account_move_line",
        id=78,
        move_id=3,
        product_id=REWARD,
        display_type="product",
        price_subtotal=Decimal(-10),
        currency_id=1,
    )

    (faulty,) = pull(postgres_billing, "odoo", recorded(postgres_billing, "odoo")).faulty_lines
    july = pull(postgres_billing, "odoo", month=BillingMonth.parse("2015-07"))

    assert (faulty.line_id, faulty.account_id, faulty.column) == ("78", "30", "charge_kind")
    assert faulty.found == "'unknown reduction'"
    assert july.faulty_lines == ()
