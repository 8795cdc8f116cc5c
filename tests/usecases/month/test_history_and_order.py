"""A month that is history only changes nothing for other months: it leaves no gap and fills none (rules 3 and 8)."""

import pytest

from partner_program.domain.refusals import MissingMonth
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World


def test_history_of_one_month_of_long_ago_asks_for_none_of_the_months_since(world: World) -> None:
    three_partners(world)
    world.close("2015-03")

    world.settle("2015-03", today="2015-07-20", history=True)
    world.settle(JUNE, on=GO_LIVE)

    assert world.register(JUNE)["status"] == "in_force"


def test_history_in_any_order_is_taken(world: World) -> None:
    three_partners(world)
    for month in ("2015-05", "2015-03", JUNE):
        world.close(month)
        world.settle(month, today="2015-07-20", history=True)
        assert world.register(month)["status"] == "history"


def test_a_month_of_history_does_not_stand_for_one_that_has_to_be_assessed(world: World) -> None:
    june_in_force(world)
    world.settle(JULY, today="2015-09-10", history=True)

    with pytest.raises(MissingMonth, match="month 2015-07 has to be assessed before 2015-08"):
        world.settle("2015-08", on="2015-09-10")
