"""Each month of the demo world, assessed by the reference implementation, shows what it promises."""

from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from demo.calendar_months import MONTHS
from tests.demo.reference_month import ReferenceMonth, half_away, reference_month, table

EURO = 100


assess = cache(reference_month)


@pytest.fixture(scope="module")
def june(world: Path) -> ReferenceMonth:
    return assess(world, "2015-06")


@pytest.fixture(scope="module")
def july(world: Path) -> ReferenceMonth:
    return assess(world, "2015-07")


@pytest.fixture(scope="module")
def closed_july(closed_world: Path) -> ReferenceMonth:
    return assess(closed_world, "2015-07")


def test_june_holds_nobody(june: ReferenceMonth) -> None:
    assert june.held == {}
    assert len(june.earned_tier) >= 220


def test_every_tier_has_its_share_and_small_ones_have_more(june: ReferenceMonth) -> None:
    tiers = Counter(june.earned_tier.values())
    assert all(tiers[tier] >= 5 for tier in range(7))
    assert tiers[1] > tiers[2] > tiers[3] > tiers[4] > tiers[5] > tiers[6]


@pytest.mark.parametrize("threshold", [500 * EURO, 2_000 * EURO, 5_000 * EURO, 10_000 * EURO, 20_000 * EURO])
def test_partners_stand_on_and_just_below_the_thresholds(
    threshold: int, june: ReferenceMonth, closed_july: ReferenceMonth
) -> None:
    for cents in (threshold, threshold - 1):
        assert cents in {*june.mrr_eur_cents.values(), *closed_july.mrr_eur_cents.values()}


@pytest.mark.parametrize(
    ("partner", "june_cents", "july_cents"),
    [
        ("P001", 500_00, 500_00),
        ("P002", 499_99, 500_00),
        ("P003", 501_00, 501_00),
        ("P004", 2_000_00, 1_999_99),
        ("P007", 5_000_00, 5_000_00),
        ("P009", 10_000_00, 10_001_00),
        ("P013", 39_999_99, 40_000_00),
        ("P015", 40_001_00, 40_001_00),
    ],
)
def test_near_threshold_partners_are_exact_over_all_their_currencies(
    partner: str, june_cents: int, july_cents: int, june: ReferenceMonth, july: ReferenceMonth
) -> None:
    assert (june.mrr_eur_cents[partner], july.mrr_eur_cents[partner]) == (june_cents, july_cents)


def test_partners_move_up_and_down_and_by_two_tiers(june: ReferenceMonth, july: ReferenceMonth) -> None:
    moves = Counter(tier - june.earned_tier[partner] for partner, tier in july.earned_tier.items())
    assert moves[2] >= 2
    assert moves[1] >= 5
    assert moves[-1] >= 3
    assert moves[-2] >= 1
    assert moves[0] > 0.8 * moves.total()


@pytest.mark.parametrize(("before", "after"), [("2015-06", "2015-07"), ("2015-07", "2015-08")])
@pytest.mark.parametrize("late_entity_closed", [False, True])
def test_no_month_pulls_the_brake(
    *, before: str, after: str, late_entity_closed: bool, world: Path, closed_world: Path
) -> None:
    folder = closed_world if late_entity_closed else world
    earlier, later = assess(folder, before), assess(folder, after)
    both = later.earned_tier.keys() & earlier.earned_tier.keys()
    lowered = sum(1 for partner in both if later.earned_tier[partner] < earlier.earned_tier[partner])
    assert lowered * 10 <= len(both)
    for entity, cents in later.entity_cents.items():
        assert abs(cents - earlier.entity_cents[entity]) * 10 <= earlier.entity_cents[entity] * 3


def test_history_grows_without_a_jump(closed_world: Path) -> None:
    months = [assess(closed_world, str(month)).entity_cents for month in MONTHS]
    for earlier, later in pairwise(months):
        assert all(abs(later[entity] - earlier[entity]) * 10 <= earlier[entity] * 3 for entity in earlier)


def test_bad_rows_hold_two_partners_and_the_late_entity_all_of_its_own(world: Path, july: ReferenceMonth) -> None:
    bad_rows = {partner: entities for partner, entities in july.held.items() if "SG" not in entities}
    assert bad_rows == {"P057": {"NL"}, "P058": {"DE"}}
    authorized = {row["partner_id"] for row in table(world, "partners") if row["status"] == "authorized"}
    at_singapore = {row["partner_id"] for row in table(world, "account_links") if row["entity"] == "SG"} & authorized
    assert july.held.keys() - bad_rows.keys() == at_singapore
    assert 10 <= len(at_singapore) <= 60


def test_the_late_close_releases_a_raised_and_a_lowered_partner(
    june: ReferenceMonth, closed_july: ReferenceMonth
) -> None:
    assert closed_july.held.keys() == {"P057", "P058"}
    assert (june.earned_tier["P040"], closed_july.earned_tier["P040"]) == (1, 2)
    assert (june.earned_tier["P041"], closed_july.earned_tier["P041"]) == (2, 1)


def test_a_transferred_account_counts_for_its_new_owner(june: ReferenceMonth, july: ReferenceMonth) -> None:
    assert june.earned_tier["P042"] > july.earned_tier["P042"]
    assert june.earned_tier["P043"] < july.earned_tier["P043"]


def test_unlinked_accounts_and_accounts_of_two_partners_are_unmatched(june: ReferenceMonth) -> None:
    assert len(june.unmatched) == 5


def test_fees_from_the_15th_count_once_a_month(june: ReferenceMonth, july: ReferenceMonth) -> None:
    assert june.mrr_eur_cents["P048"] == july.mrr_eur_cents["P048"] == 615_00


def test_an_order_of_the_31st_cancelled_on_the_2nd_counts_for_a_day(world: Path, july: ReferenceMonth) -> None:
    (rate,) = [
        Fraction(row["units_per_eur"])
        for row in table(world, "exchange_rates")
        if (row["billing_month"], row["currency"]) == ("2015-07", "GBP")
    ]
    one_fee_and_a_day_of_another = 540_00 + Fraction(930_00, 31)
    assert july.mrr_eur_cents["P049"] == half_away(one_fee_and_a_day_of_another / rate)


def test_private_racks_and_private_cloud_count(june: ReferenceMonth) -> None:
    assert june.mrr_eur_cents["P054"] == 2_450_00 + 3_120_00


def test_credits_above_the_fees_make_a_negative_month_without_a_tier(july: ReferenceMonth) -> None:
    assert (july.mrr_eur_cents["P052"], july.earned_tier["P052"]) == (310_00 - 455_50, 0)


def test_drafts_voids_and_single_fees_would_have_earned_the_next_tier(june: ReferenceMonth) -> None:
    assert june.mrr_eur_cents["P055"] < 2_000 * EURO <= june.mrr_eur_cents["P055"] + 900_00
    assert june.mrr_eur_cents["P056"] < 5_000 * EURO <= june.mrr_eur_cents["P056"] + 800_00


def test_partners_that_are_not_authorized_are_not_assessed(world: Path, june: ReferenceMonth) -> None:
    others = {row["partner_id"] for row in table(world, "partners") if row["status"] != "authorized"}
    assert {"P059", "P060", "P061", "P062"} <= others
    assert not others & june.mrr_eur_cents.keys()


@pytest.mark.parametrize(
    ("partner", "confirmed_in", "lapsed_on_run"),
    [
        ("P030", None, None),
        ("P031", "2015-06", None),
        ("P032", "2015-07", None),
        ("P033", None, "2015-08-03"),
        ("P034", None, None),
        ("P035", None, None),
        ("P036", None, None),
        ("P038", None, "2015-07-27"),
    ],
)
def test_grants_are_open_confirmed_or_lapsed_as_their_partner_shows(
    partner: str,
    confirmed_in: str | None,
    lapsed_on_run: str | None,
    world: Path,
    june: ReferenceMonth,
    july: ReferenceMonth,
) -> None:
    (grant,) = [row for row in table(world, "grace_grants") if row["partner_id"] == partner]
    outcome: tuple[str | None, str | None] = (None, None)
    runs = (("2015-06", "2015-06-30", "2015-07-27", june), ("2015-07", "2015-07-31", "2015-08-03", july))
    for month, last_day, effective_on, assessed in runs:
        if outcome == (None, None):
            in_force = grant["starts_on"] <= last_day < grant["ends_on"]
            if in_force and assessed.earned_tier[partner] >= int(grant["tier"]):
                outcome = (month, None)
            elif grant["ends_on"] <= effective_on:
                outcome = (None, effective_on)
    assert outcome == (confirmed_in, lapsed_on_run)


def test_a_grant_is_given_to_a_partner_without_any_revenue(june: ReferenceMonth, july: ReferenceMonth) -> None:
    assert june.mrr_eur_cents["P035"] == july.mrr_eur_cents["P035"] == 0
