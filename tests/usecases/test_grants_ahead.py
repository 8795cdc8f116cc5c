"""A grant made on demand for a later day, and a month that is settled before that day (rules 4 and 5)."""

from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.database import rates as rate_store
from partner_program.domain.refusals import NotAuthorized
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.orders import Order, quote_order
from tests.usecases.three_partners import GO_LIVE, JUNE, rates, three_partners
from tests.worlds import PROJECT, World

LATER = date(2015, 8, 10)


def grant_ahead(world: World, partner_id: str, tier: int) -> None:
    grant_grace(
        world.installation,
        partner_id,
        tier=tier,
        starts_on=LATER,
        ends_on=date(2015, 12, 1),
        granted_by="pat",
        reason="growth plan",
        today=date(2015, 7, 1),
    )


def test_a_grant_below_the_tier_that_is_earned_meanwhile_does_not_lower_the_rate_on_its_day(world: World) -> None:
    three_partners(world)
    grant_ahead(world, "P3", tier=1)

    world.settle(JUNE, on=GO_LIVE)

    assert rates(world, "P3") == [(GO_LIVE, 3, 1000), (str(LATER), 1, 500), (str(LATER), 3, 1000)]
    order = Order("P3", LATER, 100_00, 0, 1)
    priced, _ = quote_order(world.installation, order)
    assert priced.monthly_fee_cents == 90_00


def test_a_grant_above_the_tier_that_is_earned_meanwhile_begins_on_its_day_as_it_was_granted(world: World) -> None:
    three_partners(world)
    grant_ahead(world, "P2", tier=4)

    world.settle(JUNE, on=GO_LIVE)

    assert rates(world, "P2") == [(GO_LIVE, 1, 500), (str(LATER), 4, 1500)]


def test_two_grants_ahead_are_compared_with_the_decided_tier_in_the_order_of_their_days(world: World) -> None:
    three_partners(world)
    grant_ahead(world, "P1", tier=1)
    grant_grace(
        world.installation,
        "P1",
        tier=3,
        starts_on=date(2015, 8, 20),
        ends_on=date(2015, 12, 1),
        granted_by="pat",
        reason="growth plan",
        today=date(2015, 7, 1),
    )

    world.settle(JUNE, on=GO_LIVE)

    assert rates(world, "P1") == [
        (GO_LIVE, 2, 800),
        (str(LATER), 1, 500),
        (str(LATER), 2, 800),
        ("2015-08-20", 3, 1000),
    ]


def test_settling_again_writes_nothing_more_for_a_grant_ahead(world: World) -> None:
    three_partners(world)
    grant_ahead(world, "P3", tier=1)
    world.settle(JUNE, on=GO_LIVE)
    before = rates(world, "P3")

    assert not world.settle(JUNE, on=GO_LIVE).changed
    assert rates(world, "P3") == before


def test_a_partner_that_is_no_longer_authorised_loses_the_rate_of_a_grant_ahead_as_well(world: World) -> None:
    three_partners(world)
    grant_ahead(world, "P3", tier=4)
    world.tables["partners"][2]["status"] = "suspended"
    world.load()

    world.settle(JUNE, on=GO_LIVE)

    assert rates(world, "P3") == [(str(LATER), 4, 1500), (str(LATER), 0, 0)]
    with world.installation.database.reading() as connection:
        rate = rate_store.rate_on(connection, "P3", LATER)
    assert rate is not None
    assert rate.terms.monthly_fee_discount_bp == 0
    with pytest.raises(NotAuthorized):
        quote_order(world.installation, Order("P3", LATER, 100_00, 0, 1))


def test_a_programme_file_of_the_run_is_that_of_the_days_after_it_too(world: World, tmp_path: Path) -> None:
    three_partners(world)
    grant_ahead(world, "P2", tier=4)
    lower = tmp_path / "lower.yaml"
    used = (PROJECT / "include/program/2015-07-27.yaml").read_text("utf-8")
    lower.write_text(used.replace("monthly_fee_discount_bp: 1500\n", "monthly_fee_discount_bp: 1400\n"), "utf-8")

    world.settle(JUNE, on=GO_LIVE, program_file=lower)

    assert rates(world, "P2") == [(GO_LIVE, 1, 500), (str(LATER), 4, 1500), (str(LATER), 4, 1400)]
