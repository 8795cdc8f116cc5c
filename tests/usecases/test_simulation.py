"""Simulating another programme file for settled months: with the file that was used nothing differs or is written."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from partner_program.adapters.database import brake as brake_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn, Refusal
from partner_program.domain.simulation import Discounts, SimulatedResult, Simulation
from partner_program.usecases.installation import PROJECT
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.simulation import simulate
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World

USED = PROJECT / "include" / "program" / "2015-07-27.yaml"
AUGUST, SEPTEMBER = "2015-08", "2015-09"
MONTHS = (JUNE, JULY, AUGUST)
DAYS = {JUNE: GO_LIVE, JULY: "2015-08-20", AUGUST: "2015-09-20", SEPTEMBER: "2015-10-20"}
ROWS = (500, 800, 1000, 1500, 2000, 2500)


def draft(world: World, *changes: tuple[str, str]) -> Path:
    """The programme file with some of its words changed."""
    text = USED.read_text("utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    path = world.folder / "draft.yaml"
    path.write_text(text, "utf-8")
    return path


def simulated(world: World, program_file: Path, first: str = JUNE, last: str = AUGUST) -> Simulation:
    return simulate(world.installation, program_file, BillingMonth.parse(first), BillingMonth.parse(last))


def differing(simulation: Simulation) -> dict[tuple[str, str], SimulatedResult]:
    return {
        (str(month.month), each.settled.partner_id): each for month in simulation.months for each in month.differing
    }


def settle(world: World, month: str, day: str) -> Any:
    """Settle a month, releasing the brake if needed: random worlds move more than it allows."""
    try:
        return world.settle(month, on=day)
    except BrakeOn:
        with world.installation.database.writing() as connection:
            brake_store.release(connection, BillingMonth.parse(month), released_by="pat", reason="drawn so")
        return world.settle(month, on=day)


def drawn_world(folder: Path, seed: int) -> World:
    """Four months of partners that rise and fall: grants, older terms, a late entity, late releases, restatements."""
    rng, world = Random(seed), World(folder)
    for number in range(8):
        partner_id = f"P{number}"
        world.partner(partner_id, {"NL": f"A{number}"})
        for month in DAYS:
            world.bill(f"A{number}", month, rng.choice((300_00, 499_99, 2_000_00, 5_100_00, 12_000_00, 45_000_00)))
        if number % 3 == 0:
            world.link(partner_id, "US", f"B{number}")
            world.bill(f"B{number}", JUNE, rng.choice((100_00, 3_000_00)), entity="US", months=4)
        if number % 2:
            ends_on = rng.choice(("2015-08-25", "2015-09-15", "2015-12-01"))
            world.grant(f"G{number}", partner_id, rng.randrange(1, 7), rng.choice(("2015-07-01", GO_LIVE)), ends_on)
        if number % 4 == 0:
            world.legacy(partner_id, rng.choice((700, 3000)), 1500, "Silver", until=rng.choice(("", "2015-09-01")))
    for month in DAYS:
        world.rate(month, "USD", "1.1")
    world.ready(*DAYS)
    world.reopen(JULY, "US")
    for month, day in DAYS.items():
        settle(world, month, day)
    world.close(JULY, "US")
    settle(world, JULY, "2015-10-25")
    correct(world, rng)
    return world


def correct(world: World, rng: Random) -> None:
    """Bill three partners late for July, which later months follow, and for the last month; accept both corrections."""
    for month in (JULY, SEPTEMBER):
        for number in rng.sample(range(8), 3):
            world.bill(f"A{number}", month, 6_000_00)
        world.close(month)
        assert settle(world, month, "2015-10-26").proposed == 3
        day = date(2015, 12, 5)
        accept_restatement(
            world.installation, BillingMonth.parse(month), Acceptance(day, "pat", "late invoice"), today=day
        )


@pytest.fixture(scope="module", params=range(4))
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Such a world for tests that only simulate, which writes nothing."""
    return drawn_world(tmp_path_factory.mktemp("drawn"), request.param)


def test_the_file_that_was_used_differs_nowhere_whatever_the_months_were(drawn: World) -> None:
    for first, last in ((JUNE, SEPTEMBER), (JULY, AUGUST), (SEPTEMBER, SEPTEMBER)):
        found = simulated(drawn, USED, first, last)
        assert differing(found) == {}
        assert sum(len(month.results) for month in found.months) == 8 * len(found.months)


def test_other_discounts_in_the_same_bands_are_those_of_each_partners_tier(drawn: World) -> None:
    """Without older terms each discount changes as its tier's row, even after late releases and restatements."""
    raised = draft(
        drawn, *((f"monthly_fee_discount_bp: {bp}\n", f"monthly_fee_discount_bp: {bp - 100}\n") for bp in ROWS)
    )
    found = simulated(drawn, raised, JUNE, SEPTEMBER)
    own = [each for month in found.months for each in month.results if int(each.settled.partner_id[1:]) % 4]
    assert len(own) == 6 * 4
    for each in own:
        assert each.settled.discounts is not None
        assert each.more.alike == (-100 if each.settled.discounts.monthly_fee_bp else 0)
        assert each.move == 0


def test_a_simulation_writes_nothing_anywhere(world: World) -> None:
    three_partners(world).run(JUNE, on=GO_LIVE)
    before = world.dump(), world.fingerprint(), world.written(), sorted(world.folder.rglob("*"))
    program_file = draft(world, ("from_mrr_cents: 200000", "from_mrr_cents: 250000"))
    assert differing(simulated(world, program_file, JUNE, JUNE))
    program_file.unlink()
    assert (world.dump(), world.fingerprint(), world.written(), sorted(world.folder.rglob("*"))) == before


def test_a_higher_threshold_lowers_the_partners_below_it_and_nobody_else(world: World) -> None:
    three_partners(world)
    for month in MONTHS:
        world.settle(month, on=DAYS[month])
    found = simulated(world, draft(world, ("from_mrr_cents: 200000", "from_mrr_cents: 200001")))
    assert [month.moves for month in found.months] == [{"up": 0, "down": 1}] * 3
    assert [month.tiers for month in found.months] == [[((1, 1), 1), ((2, 1), 1), ((3, 3), 1)]] * 3
    assert {key: each.discounts for key, each in differing(found).items()} == {
        (month, "P1"): Discounts(500, 1000, "Bronze") for month in MONTHS
    }
    # 2,000.00 EUR times 3 points less
    assert [month.mrr_cents_times_bp for month in found.months] == [-2_000_00 * 300] * 3


def test_a_file_that_begins_later_stands_for_all_the_months(world: World) -> None:
    june_in_force(world)
    later = ("day: 2015-07-27", "day: 2016-01-01")
    assert differing(simulated(world, draft(world, later), JUNE, JUNE)) == {}
    changed = draft(world, later, ("from_mrr_cents: 50000\n", "from_mrr_cents: 150000\n"))
    assert list(differing(simulated(world, changed, JUNE, JUNE))) == [(JUNE, "P2")]


def test_older_terms_stay_a_floor_under_the_other_table(world: World) -> None:
    three_partners(world)
    world.legacy("P1", monthly_bp=900)
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    worse = draft(world, ("monthly_fee_discount_bp: 800\n", "monthly_fee_discount_bp: 700\n"))
    (month,) = simulated(world, worse, JUNE, JUNE).months
    assert month.differing == []
    better = draft(world, ("monthly_fee_discount_bp: 800\n", "monthly_fee_discount_bp: 950\n"))
    (month,) = simulated(world, better, JUNE, JUNE).months
    assert [(each.settled.partner_id, each.more.alike) for each in month.changed(1)] == [("P1", 50)]


def test_a_held_partner_is_counted_as_held_and_not_compared(world: World) -> None:
    three_partners(world)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    (month,) = simulated(world, USED, JUNE, JUNE).months
    assert (month.held, [each.settled.partner_id for each in month.results]) == (2, ["P1"])


def test_a_month_that_is_history_only_has_tiers_and_no_rates(world: World) -> None:
    three_partners(world)
    world.bill("A1", "2015-05", 700_00)
    world.close("2015-05")
    world.settle("2015-05", today="2015-09-01", history=True)
    world.settle(AUGUST, today="2015-10-01", history=True)
    (may,) = simulated(world, USED, "2015-05", "2015-05").months
    assert {each.settled.partner_id: (each.settled.tier, each.tier) for each in may.results}["P1"] == (None, 1)
    (august,) = simulated(world, USED, AUGUST, AUGUST).months
    assert (august.status, august.differing, august.results[0].discounts) == ("history", [], None)


def test_a_month_that_is_not_settled_is_refused_by_name(world: World) -> None:
    june_in_force(world)
    with pytest.raises(Refusal, match="not assessed: 2015-07, 2015-08; "):
        simulated(world, USED)
    with pytest.raises(Refusal, match="month 2015-08 is after 2015-06"):
        simulated(world, USED, AUGUST, JUNE)
