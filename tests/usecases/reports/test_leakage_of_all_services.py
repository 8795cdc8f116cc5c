"""Leakage and cost where existing services get a new rate too: what was due is that of the invoice's day."""

from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.reports.cost import cost
from partner_program.usecases.reports.leakage import find_leakage
from tests.own_folder import OwnWorld, own_brand

TATRY = (Path(__file__).parents[2] / "data" / "programmes" / "tatry" / "2026-01-01.yaml").read_text("utf-8")
FEBRUARY = "2026-02"


def world_of(folder: Path, program: str) -> OwnWorld:
    """P1 gets Silver, 20 %, from 1 February; it has two services of 2025, invoiced with 20 % and with 10 %."""
    world = OwnWorld(folder, brand=own_brand("Tatry"), programs={"2026-01-01": program})
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2026-01", 1_500_00)
    for cents, given in ((800_00, 2_000), (900_00, 1_000)):
        ordered = {"discount_bp": given, "ordered_on": "2025-12-01"}
        world.bill("A1", FEBRUARY, cents, posted_on="2026-02-05", **ordered)
    world.ready("2026-01", FEBRUARY)
    world.settle("2026-01", on="2026-02-01", migration=True)
    world.settle(FEBRUARY, on="2026-03-01")
    return world


def judged(world: OwnWorld) -> tuple[list[str], list[tuple[int, str]]]:
    """The kind of each line; of those that were not as due the effect in cents, and the day that decided."""
    _, found = find_leakage(world.installation, world.request(FEBRUARY).month)
    kinds = [kind for (_, kind), sums in found.sums.items() for _ in range(sums.lines)]
    return sorted(kinds), [(each.effect_eur_cents, str(each.order[3])) for each in found.wrong]


def test_a_service_of_before_is_due_the_rate_of_its_invoices_day(tmp_path: Path) -> None:
    """900.00 with 10 % is 1,000.00 at list price: 800.00 were due, so 100.00 are owed."""
    assert judged(world_of(tmp_path, TATRY)) == (["equal", "under"], [(-100_00, "2026-02-05")])


def test_where_new_orders_alone_get_it_the_programme_says_nothing_of_services_of_before(tmp_path: Path) -> None:
    program = TATRY.replace("value: all_services", "value: new_orders")
    assert judged(world_of(tmp_path, program)) == (["before", "before"], [])


@pytest.mark.parametrize("posted", [None, "soon"])
def test_an_invoice_without_a_day_is_not_known(tmp_path: Path, posted: str | None) -> None:
    world = world_of(tmp_path, TATRY)
    world.execute("NL", "UPDATE program_mrr_line SET posted_on = ? WHERE net_amount_minor = 90000", (posted,))
    assert judged(world) == (["equal", "unknown"], [])


def test_an_invoice_of_after_the_month_is_judged_by_its_day(tmp_path: Path) -> None:
    """Usage that is invoiced when the month is over has the rate of then."""
    world = world_of(tmp_path, TATRY)
    world.execute("NL", "UPDATE program_mrr_line SET posted_on = '2026-03-02' WHERE net_amount_minor = 90000")
    assert judged(world) == (["equal", "under"], [(-100_00, "2026-03-02")])


def test_what_all_services_cost_is_due_by_the_rate_of_their_invoices_day(tmp_path: Path) -> None:
    """900.00 with 10 % and 800.00 with 20 % are 1,000.00 each at list price: 300.00 were given, and 400.00 due."""
    report = cost(world_of(tmp_path, TATRY).installation, BillingMonth.parse(FEBRUARY))
    said = " ".join(report.said)
    assert "what is due is that of the invoice's day" in said
    assert "300.00 EUR of discount were given in 2026-02 on a list value of 2,000.00 EUR (15 %)" in said
    assert "400.00 EUR were due by the rates of the invoices' days" in said
    assert "an invoice keeps the rate of its day" in said
    assert "a tier is for invoices from its first day on" in said
    assert "services keep the rate" not in said
    assert "new orders alone" not in said


def test_what_new_orders_cost_says_nothing_of_services_of_before(tmp_path: Path) -> None:
    program = TATRY.replace("value: all_services", "value: new_orders")
    said = " ".join(cost(world_of(tmp_path, program).installation, BillingMonth.parse(FEBRUARY)).said)
    assert "0.00 EUR were due by the rates of the orders' days" in said
    assert "services keep the rate of their order's day" in said
    assert "a tier is for new orders alone" in said
