"""A month in force that held everybody decides nothing: an earlier one takes force beside it (rules 3, 7 and 8)."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import MissingMonth, Refusal
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.programs import rising_on_partial
from tests.usecases.random_worlds import MONTHS, random_world
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, partners, rates, three_partners, tiers
from tests.worlds import World

AUGUST_3 = "2015-08-03"


def begin_with_july(world: World) -> World:
    """Run July of the three partners before any other month, with nothing closed: everybody is held."""
    three_partners(world)
    name_closes(world, JULY, "1915-07")
    outcome = world.settle(JULY, today="2015-11-29")
    assert (outcome.assigned, outcome.held) == (0, 3)
    name_closes(world, "1915-07", JULY)
    return world


def name_closes(world: World, month: str, other: str) -> None:
    """Let both entities' closes of one month be those of another."""
    for entity in ("NL", "US"):
        statement = "UPDATE program_period_close SET billing_month = ? WHERE billing_month = ?"
        world.execute(entity, statement, (other, month))


def decided(world: World) -> dict[str, Any]:
    """What both months decided, and every rate and letter owed."""
    return {
        **{month: world.register(month) for month in MONTHS},
        "rates": sorted(world.rows("SELECT partner_id, valid_from, sequence, tier, origin FROM discount_rate")),
        "letters": sorted(world.rows("SELECT partner_id, billing_month, revision, kind FROM letter")),
    }


@pytest.mark.parametrize("seed", [1, 2, 3, 4])  # no brake in these worlds
def test_in_any_world_the_months_decide_the_same_as_if_the_later_one_had_never_been_tried(
    tmp_path: Path, seed: int
) -> None:
    found = []
    for folder, tried_first in (("in_order", False), ("july_first", True)):
        world = random_world(tmp_path / folder, Random(seed))
        world.make_database()
        world.load()
        if tried_first:
            name_closes(world, JULY, "1915-07")
            assert world.settle(JULY, today="2015-11-29").assigned == 0
            name_closes(world, "1915-07", JULY)
        for month, day in MONTHS.items():
            world.settle(month, on=day)
        found.append(decided(world))
    assert found[0] == found[1]
    assert found[0]["rates"]


def test_the_later_month_stays_in_force_beside_the_earlier_one_until_it_is_run_again(world: World) -> None:
    begin_with_july(world).settle(JUNE, on=GO_LIVE)

    assert tiers(world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}
    register = world.register(JULY)
    assert (register["status"], register["effective_on"]) == ("in_force", "2015-11-29")
    assert {row["status"] for row in register["partners"]} == {"held"}

    world.settle(JULY, on=AUGUST_3)

    register = world.register(JULY)
    assert (register["revision"], register["effective_on"], register["held"]) == (1, AUGUST_3, [])
    assert {row["previous_tier"] for row in register["partners"]} == {1, 2, 3}
    assert rates(world, "P1") == [(GO_LIVE, 2, 800)]


def test_once_the_later_month_has_released_somebody_an_earlier_one_is_too_late(world: World) -> None:
    begin_with_july(world).settle(JULY, on=AUGUST_3)
    with pytest.raises(Refusal, match="month 2015-07 is in force already: an earlier month can only be history"):
        world.settle(JUNE, on="2015-11-30")


def test_a_month_between_the_two_is_missing_until_it_is_assessed(world: World) -> None:
    begin_with_july(world)
    world.close("2015-05")
    world.settle("2015-05", on=GO_LIVE)

    for month in (JULY, "2015-08"):
        with pytest.raises(MissingMonth, match=f"month 2015-06 has to be assessed before {month}"):
            world.settle(month, on="2015-09-10")
    world.settle(JUNE, on=GO_LIVE)
    world.settle(JULY, on=AUGUST_3)

    assert world.register(JULY)["held"] == []


def test_the_earlier_month_may_be_restated_while_the_later_one_still_holds_everybody(world: World) -> None:
    begin_with_july(world).settle(JUNE, on=GO_LIVE)
    world.bill("A1", JUNE, 3_000_00)
    world.close(JUNE)
    assert world.settle(JUNE, today="2015-08-18").proposed == 1
    accepted = Acceptance(date(2015, 8, 20), "pat", "a forgotten invoice")
    accept_restatement(world.installation, BillingMonth.parse(JUNE), accepted, today=accepted.effective_on)

    world.settle(JULY, on="2015-08-21")

    assert partners(world, JULY)["P1"]["previous_tier"] == 3
    assert rates(world, "P1") == [(GO_LIVE, 2, 800), ("2015-08-20", 3, 1000), ("2015-08-21", 2, 800)]


def test_a_month_that_gave_an_early_rise_has_decided_something(world: World, tmp_path: Path) -> None:
    program = tmp_path / "2015-07-27.yaml"
    program.write_text(rising_on_partial(), encoding="utf-8")
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JULY, 4_500_00)
    world.bill("A1", JULY, 700_00, term_months=0)
    world.ready(JUNE, JULY)
    assert world.settle(JULY, on=AUGUST_3, program_file=program).assigned == 0
    assert rates(world, "P1") == [(AUGUST_3, 2, 800)]

    with pytest.raises(Refusal, match="month 2015-07 is in force already"):
        world.settle(JUNE, on=AUGUST_3, program_file=program)


def test_a_run_that_only_holds_others_does_not_move_the_day_of_the_next_month(world: World) -> None:
    three_partners(world).reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    world.close(JUNE, "US")
    world.execute("US", "UPDATE program_mrr_line SET term_months = 0 WHERE account_id LIKE 'B%'")
    outcome = world.settle(JUNE, today="2015-11-29")
    assert (outcome.changed, outcome.assigned) == (True, 0)

    world.settle(JULY, on=AUGUST_3)

    assert partners(world, JULY)["P1"]["status"] == "assigned"


def test_a_month_that_held_everybody_may_still_become_the_migration(world: World) -> None:
    three_partners(world)
    name_closes(world, JUNE, "1915-06")
    world.settle(JUNE, on=GO_LIVE)
    name_closes(world, "1915-06", JUNE)
    world.reopen(JUNE, "US")

    world.settle(JUNE, on=GO_LIVE, migration=True)
    world.close(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)

    assert {row["letter"]["kind"] for row in partners(world, JUNE).values()} == {"migration"}
