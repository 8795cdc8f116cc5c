"""What a run refuses: wrong days, months out of order, history, the brake, and a programme that says stop."""

import re

import pytest

from partner_program.adapters.database import brake as brake_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn, IncompleteMonth, MissingMonth, NoRuleInForce, Refusal
from partner_program.usecases.installation import PROJECT
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, partners, rates, three_partners, tiers
from tests.worlds import World

# Effective dates and the order of months


@pytest.mark.parametrize("day", ["2015-06-30", "2015-06-01"])
def test_a_month_does_not_take_force_before_it_has_ended(world: World, day: str) -> None:
    three_partners(world)
    with pytest.raises(Refusal, match=f"effective date {day}: month 2015-06 ends on 2015-06-30; choose a day after it"):
        world.settle(JUNE, on=day, today="2015-08-01")
    assert world.rows("SELECT * FROM settlement") == []


def test_no_month_takes_force_before_the_programme_does(world: World) -> None:
    three_partners(world)
    with pytest.raises(NoRuleInForce, match="no rule in force on 2015-07-26"):
        world.settle(JUNE, on="2015-07-26")


def test_an_unfinished_month_is_refused_on_its_last_day_and_runs_on_the_next(world: World) -> None:
    three_partners(world)
    with pytest.raises(Refusal, match="month 2015-07 has not ended: it ends on 2015-07-31"):
        world.settle(JULY, today="2015-07-31")
    world.settle(JULY, today="2015-08-01")
    assert {row["rate_valid_from"] for row in partners(world, JULY).values()} == {"2015-08-01"}


def test_a_month_does_not_take_force_before_the_month_before_it(world: World) -> None:
    three_partners(world).settle(JUNE, on="2015-08-20")
    with pytest.raises(Refusal, match="2015-08-19: the month before took force on 2015-08-20"):
        world.settle(JULY, on="2015-08-19")
    world.settle(JULY, on="2015-08-20")
    assert rates(world, "P1") == [("2015-08-20", 2, 800)]


def test_a_gap_is_refused_by_the_name_of_the_missing_month(world: World) -> None:
    june_in_force(world)
    with pytest.raises(MissingMonth, match="month 2015-07 has to be assessed before 2015-08"):
        world.settle("2015-08", on="2015-09-10")


def test_an_earlier_month_cannot_take_force_behind_a_later_one(world: World) -> None:
    three_partners(world).settle(JULY, on="2015-08-20")
    with pytest.raises(Refusal, match="month 2015-07 is in force already: an earlier month can only be history"):
        world.settle(JUNE, on="2015-08-21")


# Amounts that are too large for any column


@pytest.mark.parametrize("amount", [2**62, -(2**62), 2**63 - 1, 10**15])
@pytest.mark.parametrize("changes", [{}, {"document_status": "draft"}, {"charge_kind": "tax"}])
def test_a_few_absurd_amounts_hold_their_partner_and_stop_no_month(
    world: World, amount: int, changes: dict[str, str]
) -> None:
    three_partners(world)
    for _ in range(5):
        world.bill("A1", JUNE, amount, **changes)
        world.bill("A3", JUNE, amount, document_status="draft")
    world.settle(JUNE, on=GO_LIVE)
    found = partners(world, JUNE)
    assert {key: found[key]["tier"] for key in ("P2", "P3")} == {"P2": 1, "P3": 3}
    decided = (found["P1"]["status"], found["P1"]["tier"])
    assert decided == (("assigned", 2) if changes else ("held", None)), "an excluded line is only shown in its bucket"
    counted = [row for row in world.register(JUNE)["buckets"] if row["entity"] == "NL"]
    assert sum(row["lines"] for row in counted) == 12


# History


def test_history_before_the_programme_has_totals_and_no_tier_no_rate_no_letter_and_settles_no_grant(
    world: World,
) -> None:
    world.grant("G1", "P1", 2, "2015-06-01", "2015-07-01")
    outcome = three_partners(world).settle(JUNE, today="2015-09-01", history=True)
    register = world.register(JUNE)
    assert (outcome.assigned, register["status"], register["effective_on"]) == (3, "history", None)
    row = partners(world, JUNE)["P1"]
    assert (row["mrr_eur_cents"], row["tier"], row["rate_valid_from"], row["letter"]) == (2_000_00, None, None, None)
    assert row["grants"] == []
    assert world.rows("SELECT * FROM discount_rate") == world.rows("SELECT * FROM letter") == []


def test_history_gives_tiers_for_information_where_a_table_was_in_force(world: World) -> None:
    three_partners(world).settle(JULY, today="2015-09-01", history=True)
    assert tiers(world, JULY) == {"P1": 2, "P2": 1, "P3": 3}
    assert world.rows("SELECT * FROM discount_rate") == []


def test_history_gives_later_months_no_previous_tier_and_leaves_grants_open(world: World) -> None:
    world.grant("G1", "P1", 4, "2015-07-01", "2015-08-10")
    three_partners(world).settle(JULY, today="2015-09-10", history=True)
    world.settle("2015-08", on="2015-09-10")
    assert {row["previous_tier"] for row in partners(world, "2015-08").values()} == {None}
    assert partners(world, "2015-08")["P1"]["grants"] == [{"grant_id": "G1", "outcome": "lapsed"}]


def test_history_run_again_changes_no_byte(world: World) -> None:
    three_partners(world).settle(JUNE, today="2015-09-01", history=True)
    before = world.fingerprint()
    world.settle(JUNE, today="2015-10-01", history=True)
    assert world.fingerprint() == before


def test_a_month_that_was_history_can_take_force_as_the_next_revision(world: World) -> None:
    three_partners(world).settle(JUNE, today="2015-07-20", history=True)
    world.settle(JUNE, on=GO_LIVE)
    register = world.register(JUNE)
    assert (register["revision"], register["status"], register["effective_on"]) == (2, "in_force", GO_LIVE)
    assert tiers(world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}


def test_a_month_in_force_cannot_be_made_history(world: World) -> None:
    june_in_force(world)
    with pytest.raises(Refusal, match="month 2015-06 is in force: it cannot be made history"):
        world.settle(JUNE, today="2015-09-01", history=True)


def test_history_with_an_effective_date_is_a_contradiction(world: World) -> None:
    three_partners(world)
    with pytest.raises(Refusal, match="history only has no effective date"):
        world.settle(JUNE, on=GO_LIVE, history=True)


# The brake


def many_falling(world: World) -> World:
    """Ten partners, of whom six fall from Tier 2 to Tier 1 in July; the entity's total moves by less than 30 %."""
    for number in range(10):
        world.partner(f"P{number}", {"NL": f"A{number}"})
        world.bill(f"A{number}", JUNE, 2_100_00)
        world.bill(f"A{number}", JULY, 1_900_00 if number < 6 else 2_100_00)
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    return world


def release(world: World, month: str = JULY) -> dict[str, list[str]]:
    at = BillingMonth.parse(month)
    with world.installation.database.writing() as connection:
        return brake_store.release(connection, at, released_by="pat", reason="a big customer left")


def test_the_brake_stops_a_month_that_lowers_too_many_before_anything_takes_force(world: World) -> None:
    many_falling(world)
    before = world.rows("SELECT * FROM discount_rate")
    with pytest.raises(BrakeOn, match="6 of 10 assessed partners would be lowered") as stopped:
        world.settle(JULY, on="2015-08-20")
    assert "partner-program brake release 2015-07" in str(stopped.value)
    assert world.rows("SELECT * FROM discount_rate") == before
    assert world.rows("SELECT billing_month FROM settlement") == [(JUNE,)]
    stopped_once = world.fingerprint()
    with pytest.raises(BrakeOn):
        world.settle(JULY, on="2015-08-20")
    assert world.fingerprint() == stopped_once


def test_a_released_brake_lets_the_same_decisions_through_and_stays_on_record(world: World) -> None:
    many_falling(world)
    with pytest.raises(BrakeOn):
        world.settle(JULY, on="2015-08-20")
    why = "6 of 10 assessed partners would be lowered in tier, a discount or SLA, more than 10 %"
    assert list(release(world).values()) == [[why]]
    world.settle(JULY, on="2015-08-20")
    assert sorted(filter(None, tiers(world, JULY).values())) == [1] * 6 + [2] * 4
    assert world.rows("SELECT released_by, reason FROM brake_release") == [("pat", "a big customer left")]
    with pytest.raises(Refusal, match="no brake is on for 2015-07: there is nothing to release"):
        release(world)


def test_a_release_is_for_the_decisions_that_were_looked_at_and_no_others(world: World) -> None:
    many_falling(world)
    with pytest.raises(BrakeOn):
        world.settle(JULY, on="2015-08-20")
    release(world)
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 190000 WHERE account_id = 'A7'")
    world.close(JULY, "NL")
    with pytest.raises(BrakeOn, match="7 of 10"):
        world.settle(JULY, on="2015-08-20")


def test_a_brake_that_was_released_stays_released_on_the_next_day(world: World) -> None:
    many_falling(world)
    with pytest.raises(BrakeOn):
        world.settle(JULY, today="2015-08-20")
    release(world)
    world.settle(JULY, today="2015-08-21")
    assert partners(world, JULY)["P0"]["rate_valid_from"] == "2015-08-21"


@pytest.mark.parametrize(
    ("july", "moves"), [(52_000_00, False), (52_000_01, True), (28_000_00, False), (27_999_99, True)]
)
def test_the_brake_stops_where_an_entity_moves_by_more_than_30_percent(world: World, july: int, moves: bool) -> None:
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 40_000_00)
    world.bill("A1", JULY, july)
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    if moves:
        with pytest.raises(BrakeOn, match=re.escape("the total of entity NL moves from 40,000.00 to ")):
            world.settle(JULY, on="2015-08-20")
    else:
        world.settle(JULY, on="2015-08-20")
    assert len(world.rows("SELECT * FROM settlement")) == (1 if moves else 2)


@pytest.mark.parametrize(("ending", "stops"), [(4, False), (5, True)])
def test_agreements_that_end_stop_a_month_though_no_tier_falls(world: World, ending: int, stops: bool) -> None:
    for number in range(12):
        world.partner(f"P{number}", {"NL": f"A{number}"})
        world.bill(f"A{number}", JUNE, 2_100_00, months=2)
        world.legacy(f"P{number}", 3000, until="2015-08-01" if number < ending else "")
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    if stops:
        with pytest.raises(BrakeOn, match="5 of 12 assessed partners would be lowered in tier, a discount or SLA"):
            world.settle(JULY, on="2015-08-20")
    else:
        world.settle(JULY, on="2015-08-20")
    assert len(world.rows("SELECT * FROM settlement")) == (1 if stops else 2)


def test_an_entity_released_late_is_compared_with_its_last_month(world: World) -> None:
    world.partner("P9", {"US": "B9"})
    world.bill("B9", JUNE, 22_000_00, entity="US", months=3)
    three_partners(world).settle(JUNE, on=GO_LIVE)
    world.execute("US", "UPDATE program_mrr_line SET net_amount_minor = 1 WHERE service_start = '2015-07-01'")
    world.close(JULY, "US")
    world.reopen(JULY, "US")
    world.settle(JULY, on="2015-08-20")
    world.close(JULY, "US")
    with pytest.raises(BrakeOn, match=re.escape("entity US moves from 23,000.00 to 0.03 EUR")):
        world.settle(JULY, on="2015-08-25")


# The programme's choice: hold or stop


def test_a_programme_that_says_stop_settles_nobody_in_an_incomplete_month(world: World) -> None:
    text = (PROJECT / "include" / "program" / "2015-07-27.yaml").read_text("utf-8")
    strict = world.folder / "2015-07-27.yaml"
    strict.write_text(text.replace("  incomplete:\n    value: hold", "  incomplete:\n    value: stop"), "utf-8")
    assert strict.read_text("utf-8") != text
    three_partners(world).reopen(JUNE, "US")
    with pytest.raises(IncompleteMonth, match="2 partners cannot be decided: P2: entity US: month 2015-06 not closed"):
        world.settle(JUNE, on=GO_LIVE, program_file=strict)
    assert world.rows("SELECT * FROM settlement") == []
    world.close(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE, program_file=strict)
    assert tiers(world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}


def test_a_month_of_history_moves_nothing_that_the_brake_could_stop(world: World) -> None:
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 40_000_00)
    world.bill("A1", JULY, 4_000_00)
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    assert world.settle(JULY, today="2015-08-20", history=True).assigned == 1
