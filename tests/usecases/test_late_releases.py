"""A month released after the next one took force, with the day that the month itself has (rules 3, 4 and 7)."""

import pytest

from partner_program.domain.refusals import Refusal
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, partners, rates, three_partners
from tests.worlds import World

AUGUST_3 = "2015-08-03"


def june_waits_for_us(world: World) -> World:
    three_partners(world)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    return world


def test_a_partner_that_waited_in_both_months_gets_the_first_months_rate_from_that_months_day(world: World) -> None:
    june_waits_for_us(world).reopen(JULY, "US")
    world.settle(JULY, on=AUGUST_3)
    world.close(JUNE, "US")

    world.settle(JUNE, on=GO_LIVE)

    row = partners(world, JUNE)["P2"]
    assert (row["status"], row["tier"], row["rate_valid_from"]) == ("assigned", 1, GO_LIVE)
    assert rates(world, "P2") == [(GO_LIVE, 1, 500)]
    assert partners(world, JULY)["P2"]["status"] == "held"


def test_a_partner_that_the_next_month_assigned_gets_its_figures_and_no_rate_before_the_next_months(
    world: World,
) -> None:
    june_waits_for_us(world).settle(JULY, on=AUGUST_3)
    world.close(JUNE, "US")
    before = world.register(JULY)

    world.settle(JUNE, on=GO_LIVE)

    row = partners(world, JUNE)["P2"]
    assert (row["status"], row["mrr_eur_cents"], row["tier"]) == ("assigned", 1_000_00, 1)
    assert (row["rate_valid_from"], row["monthly_fee_discount_bp"], row["letter"]) == (None, None, None)
    assert rates(world, "P2") == [(AUGUST_3, 1, 500)]
    assert world.register(JULY) == before


def test_after_such_a_release_both_months_can_be_run_again(world: World) -> None:
    june_waits_for_us(world).settle(JULY, on=AUGUST_3)
    world.close(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    before = world.fingerprint()

    for month, day in ((JUNE, GO_LIVE), (JULY, AUGUST_3)):
        assert world.settle(month, on=day).proposed == 0
        assert world.fingerprint() == before


def test_a_day_before_the_months_own_is_still_refused(world: World) -> None:
    three_partners(world)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=AUGUST_3)
    world.settle(JULY, on="2015-08-20")
    world.close(JUNE, "US")

    with pytest.raises(Refusal, match="2015-07-28: another month took force on 2015-08-20"):
        world.settle(JUNE, on="2015-07-28")
