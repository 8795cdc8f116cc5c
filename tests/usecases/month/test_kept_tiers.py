"""Months of programmes whose tiers do not follow every month: a January review, patience, tiers that never drop."""

from pathlib import Path

import pytest

from partner_program.domain.refusals import BrakeOn
from tests.programs import least
from tests.usecases.month.own_programme import OwnProgramme

OCTOBER, NOVEMBER, DECEMBER, JANUARY, FEBRUARY = "2015-10", "2015-11", "2015-12", "2016-01", "2016-02"
TABLE = least((1_000_00, 500), (3_000_00, 1000), (6_000_00, 1500), day="2010-01-01") + "company: LeaseWeb\n"
REVIEW = "changes:\n  rises: monthly\n  drops: review\n  review_months: [12]\n  reading: Once a year.\n"
NEVER = "changes:\n  rises: monthly\n  drops: never\n  reading: A tier once reached stays.\n"
PATIENT = "changes:\n  rises: monthly\n  drops: monthly\n  drop_after_months: 2\n  reading: Twice in a row.\n"
SHARE = "brake:\n  lowered_at_least: {value: 1, reading: x}\n  review_lowered_share_bp: {value: 10000, reading: x}\n"
CALM = "brake:\n  lowered_share_bp: {value: 10000, reading: x}\n  entity_total_move_bp: {value: 1000000, reading: x}\n"


def company(folder: Path, rules: str, *bills: tuple[str, str, tuple[int, ...]]) -> OwnProgramme:
    """Partners with an entity and what they are billed from October on."""
    folder.mkdir(exist_ok=True)
    world = OwnProgramme(folder, TABLE + rules)
    for partner_id, entity, cents in bills:
        world.partner(partner_id, {entity: f"A-{partner_id}"})
        for month, own in zip((OCTOBER, NOVEMBER, DECEMBER, JANUARY, FEBRUARY), cents, strict=False):
            world.bill(f"A-{partner_id}", month, own, entity=entity)
    world.ready(OCTOBER, NOVEMBER, DECEMBER, JANUARY, FEBRUARY)
    return world


def standing(world: OwnProgramme, month: str, partner_id: str = "P1") -> tuple[int, int, int, str | None]:
    """The tier earned, the one on merit, the one in force, and the kind of letter."""
    row = world.result(month, partner_id)
    return row["earned_tier"], row["merit_tier"], row["tier"], row["letter"] and row["letter"]["kind"]


def test_a_tier_stays_until_the_january_review_and_the_partner_is_told_once(tmp_path: Path) -> None:
    world = company(tmp_path, REVIEW + CALM, ("P1", "NL", (6_000_00, 3_000_00, 2_999_99, 6_000_00)))
    for month in (OCTOBER, NOVEMBER, DECEMBER, JANUARY):
        world.settle(month)
    assert [standing(world, each) for each in (OCTOBER, NOVEMBER, DECEMBER, JANUARY)] == [
        (3, 3, 3, "tier_raised"),
        (2, 3, 3, "tier_kept"),
        (1, 1, 1, "tier_lowered"),
        (3, 3, 3, "tier_raised"),
    ]
    said = world.command_line.must("explain", "P1", NOVEMBER).stdout
    assert "on merit tier 3, earned tier 2: stays until the review of 2015-12" in said


def test_the_letter_of_a_kept_tier_names_both_and_the_review(tmp_path: Path) -> None:
    world = company(tmp_path, REVIEW + CALM, ("P1", "NL", (6_000_00, 3_000_00)))
    world.run(OCTOBER)
    world.run(NOVEMBER)
    text = world.letter(NOVEMBER, "P1")
    assert "YOU STAY IN TIER 3" in text
    assert "That earns Tier 2. You keep your tier until the review in January 2016." in text
    assert "What earns Tier 3" in text


def test_patience_tells_the_first_month_alone(tmp_path: Path) -> None:
    world = company(tmp_path, PATIENT.replace("2\n", "3\n") + CALM, ("P1", "NL", (6_000_00, 1_000_00, 3_000_00, 1_00)))
    for month in (OCTOBER, NOVEMBER, DECEMBER, JANUARY):
        world.settle(month)
    assert [standing(world, each) for each in (NOVEMBER, DECEMBER, JANUARY)] == [
        (1, 3, 3, "tier_kept"),
        (2, 3, 3, None),
        (0, 0, 0, "tier_lowered"),
    ]


def test_a_held_month_neither_counts_nor_breaks_the_count(tmp_path: Path) -> None:
    world = company(tmp_path, PATIENT + CALM, ("P1", "DE", (6_000_00, 1_000_00, 9_000_00, 1_000_00)))
    world.reopen(DECEMBER, "DE")
    for month in (OCTOBER, NOVEMBER, DECEMBER, JANUARY):
        world.settle(month)
    assert standing(world, JANUARY) == (1, 1, 1, "tier_lowered")


def test_a_held_review_is_made_at_its_release_and_the_next_month_begins_with_it(tmp_path: Path) -> None:
    world = company(tmp_path, REVIEW + CALM, ("P1", "DE", (6_000_00, 1_000_00, 1_000_00, 1_000_00, 1_000_00)))
    world.reopen(DECEMBER, "DE")
    for month in (OCTOBER, NOVEMBER, DECEMBER, JANUARY):
        world.settle(month)
    assert standing(world, JANUARY) == (1, 3, 3, None), "told in November already"
    world.close(DECEMBER, "DE")
    world.settle(DECEMBER, today="2016-02-25")
    row = world.result(DECEMBER, "P1")
    assert (row["merit_tier"], row["monthly_fee_discount_bp"]) == (1, 1500), "a later month decided the rate"
    assert standing(world, JANUARY) == (1, 3, 3, None)
    world.settle(FEBRUARY)
    assert standing(world, FEBRUARY) == (1, 1, 1, "tier_lowered")


def test_a_grace_period_lapses_to_merit_and_not_to_what_was_earned(tmp_path: Path) -> None:
    world = company(tmp_path, NEVER + CALM, ("P1", "NL", (3_000_00, 1_000_00, 1_000_00)))
    world.grant("G1", "P1", 3, "2015-12-01", "2016-01-10")
    world.load()
    world.run(OCTOBER)
    for month in (NOVEMBER, DECEMBER):
        world.run(month)
    assert standing(world, NOVEMBER) == (1, 2, 3, "grace_granted")
    assert standing(world, DECEMBER) == (1, 2, 2, "grace_lapsed")
    text = world.letter(DECEMBER, "P1")
    assert "New orders get the tier that you have without it." in text
    assert "You keep your tier: it is never lowered." in text


def test_a_confirmed_grace_period_becomes_merit(tmp_path: Path) -> None:
    reviewed = REVIEW.replace("rises: monthly", "rises: review")
    world = company(tmp_path, reviewed + CALM, ("P1", "NL", (1_000_00, 6_000_00, 1_000_00)))
    world.grant("G1", "P1", 3, "2015-11-01", "2016-03-01")
    world.load()
    for month in (OCTOBER, NOVEMBER):
        world.settle(month)
    assert standing(world, NOVEMBER) == (3, 3, 3, "grace_confirmed")


def test_a_partner_that_was_suspended_begins_anew(tmp_path: Path) -> None:
    world = company(tmp_path, NEVER + CALM, ("P1", "NL", (6_000_00, 1_000_00, 1_000_00)), ("P2", "NL", (0, 0, 0)))
    world.settle(OCTOBER)
    own = next(row for row in world.tables["partners"] if row["partner_id"] == "P1")
    for month, status in ((NOVEMBER, "suspended"), (DECEMBER, "authorized")):
        own["status"] = status
        world.load()
        world.settle(month)
    assert standing(world, DECEMBER)[:3] == (1, 1, 1)


def test_a_review_has_a_share_of_the_brake_of_its_own(tmp_path: Path) -> None:
    falling = ("P1", "NL", (3_000_00, 3_000_00, 1_000_00, 3_000_00, 1_000_00))
    world = company(tmp_path / "own", REVIEW + SHARE, falling, ("P2", "NL", (1_000_00,) * 5))
    for month in (OCTOBER, NOVEMBER, DECEMBER):
        world.settle(month)
    assert standing(world, DECEMBER)[2] == 1
    without = company(
        tmp_path / "without", REVIEW + SHARE.partition("  review_")[0], falling, ("P2", "NL", (1_000_00,) * 5)
    )
    for month in (OCTOBER, NOVEMBER):
        without.settle(month)
    with pytest.raises(BrakeOn, match="1 of 2 assessed partners would be lowered"):
        without.settle(DECEMBER)


def test_a_rise_that_waits_is_told_and_gives_no_early_rise(tmp_path: Path) -> None:
    rules = (
        REVIEW.replace("rises: monthly", "rises: review") + "readings:\n  rise_on_partial: {value: true, reading: x}\n"
    )
    world = company(tmp_path, rules + CALM, ("P1", "NL", (1_000_00, 6_000_00)), ("P2", "NL", (1_000_00, 7_000_00)))
    world.bill("A-P2", NOVEMBER, 10_00, term_months=0)
    world.close(NOVEMBER)
    for month in (OCTOBER, NOVEMBER):
        world.settle(month)
    assert standing(world, NOVEMBER) == (3, 1, 1, "tier_kept")
    held = world.result(NOVEMBER, "P2")
    assert (held["status"], held["monthly_fee_discount_bp"]) == ("held", 500)
