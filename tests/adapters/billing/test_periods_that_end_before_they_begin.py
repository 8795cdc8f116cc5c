"""A line whose service ends on or before the day it starts is at fault in the month in which it starts.

Its end may lie before the month, and the month's statements do not read such lines: the line would be missed, and its
partner would be assessed without it.
"""

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import FaultyLine
from partner_program.usecases.month.closes import read_entity_month
from partner_program.usecases.registry import find_entity
from tests.worlds import World

JULY = "2015-07"


def faulty_in(world: World, month: str) -> tuple[FaultyLine, ...]:
    here = world.installation
    revenue = read_entity_month(here, find_entity(here, "NL"), BillingMonth.parse(month))
    assert revenue.fault is None, "the lines around it are as if nothing had happened"
    return revenue.faulty_lines


def bill_with_end(world: World, service_end: str) -> World:
    """Bill two partners in July and close the month; then change the end of the first one's period."""
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"NL": "A2"})
    world.bill("A1", JULY, 500_00)
    world.bill("A2", JULY, 500_00)
    world.ready("2015-06", JULY, "2015-08")
    world.execute("NL", "UPDATE program_mrr_line SET service_end = ? WHERE account_id = 'A1'", (service_end,))
    return world


@pytest.mark.parametrize("service_end", ["2015-07-01", "2015-06-30", "2015-06-01", "2014-08-01", "1999-12-31"])
def test_it_is_named_in_the_month_in_which_it_starts(world: World, service_end: str) -> None:
    (bad,) = faulty_in(bill_with_end(world, service_end), JULY)

    assert (bad.account_id, bad.column, bad.found) == ("A1", "service_end", f"'{service_end}'")


def test_it_is_not_reported_in_the_month_after(world: World) -> None:
    assert faulty_in(bill_with_end(world, "2015-06-30"), "2015-08") == ()


def test_an_empty_period_on_the_first_day_of_a_month_is_not_reported_in_the_month_before(world: World) -> None:
    assert faulty_in(bill_with_end(world, "2015-07-01"), "2015-06") == ()
