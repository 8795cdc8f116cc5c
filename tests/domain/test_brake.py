"""The brake at its exact boundaries: more than 10 % of the assessed partners and at least 5, or more than 30 %."""

from dataclasses import replace
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.brake import Move, brake_reasons
from partner_program.domain.rates import RateTerms
from partner_program.domain.tier_changes import Changes
from tests.domain.made_month import PROGRAM


def of_moves(lowered: int, others: int) -> list[str]:
    moves = [Move(2, 1)] * lowered + [Move(2, 2)] * others
    return brake_reasons(brake=PROGRAM.brake, moves=moves, entity_totals={}, last_entity_totals={})


def of_totals(total: int, last: int) -> list[str]:
    return brake_reasons(brake=PROGRAM.brake, moves=[], entity_totals={"NL": total}, last_entity_totals={"NL": last})


@pytest.mark.parametrize(
    ("lowered", "assessed", "stops"),
    [
        (4, 4, False),  # all of them, yet fewer than five
        (5, 5, True),
        (5, 49, True),  # 10.2 %
        (5, 50, False),  # exactly 10 %
        (6, 59, True),
        (6, 60, False),
        (1_000, 9_999, True),
        (1_000, 10_000, False),
        (0, 10_000, False),
    ],
)
def test_more_than_ten_percent_lowered_and_at_least_five_stop_the_run(lowered: int, assessed: int, stops: bool) -> None:
    assert bool(of_moves(lowered, assessed - lowered)) is stops


def test_the_reason_names_how_many_of_how_many() -> None:
    assert of_moves(6, 50) == ["6 of 56 assessed partners would be lowered in tier, a discount or SLA, more than 10 %"]


def test_only_partners_below_the_tier_they_had_are_lowered() -> None:
    moves = [Move(None, 0), Move(1, 6), Move(3, 3), Move(0, 0)] * 50
    assert brake_reasons(brake=PROGRAM.brake, moves=moves, entity_totals={}, last_entity_totals={}) == []


def of_sla(sla: str | None) -> RateTerms:
    return RateTerms(1, 500, 0, sla)


@pytest.mark.parametrize(
    ("before", "now", "lowers"),
    [
        ("Plus", "Basic", True),
        ("Basic", "Plus", False),
        ("Basic", None, True),
        ("Gold", None, True),  # the service levels are gone
        ("Gold", "Basic", False),  # another list of words lowers nobody by itself
        (None, "Basic", False),
    ],
)
def test_a_service_level_falls_by_the_programmes_own_list(before: str | None, now: str | None, lowers: bool) -> None:
    move = Move(1, 1, of_sla(before), of_sla(now), sla_levels=("Basic", "Plus"))
    assert move.lowers is lowers


@pytest.mark.parametrize(
    ("before", "now", "lowers", "lifts"),
    [
        ("vps=300", "vps=299", True, False),
        ("vps=300", "vps=301", False, True),
        ("cdn=300 vps=300", "cdn=400 vps=200", True, False),  # who orders one of them has less
        ("cdn=9 vps=10", "cdn=10 vps=10", False, True),
        (None, "vps=0", True, False),  # it had the general discount
        ("vps=0", None, False, True),
        ("vps=600", None, True, False),
        (None, "vps=500", False, False),  # the general discount under another name
        ("vps=500", None, False, False),
        ("vps=300", "vps=300", False, False),
    ],
)
def test_a_product_family_falls_and_rises_by_itself(
    before: str | None, now: str | None, lowers: bool, lifts: bool
) -> None:
    move = Move(1, 1, RateTerms(1, 500, 0, None, before), RateTerms(1, 500, 0, None, now))
    assert (move.lowers, move.lifts) == (lowers, lifts)


def test_a_family_that_five_partners_lose_stops_the_run() -> None:
    lost = Move(1, 1, RateTerms(1, 500, 0, None, "vps=300"), RateTerms(1, 500, 0, None, "vps=0"))
    assert len(brake_reasons(brake=PROGRAM.brake, moves=[lost] * 5, entity_totals={}, last_entity_totals={})) == 1


@pytest.mark.parametrize(
    ("total", "stops"),
    [
        (13_000_000, False),
        (13_000_001, True),
        (7_000_000, False),
        (6_999_999, True),
        (10_000_000, False),
        (0, True),
        (-10_000_000, True),
    ],
)
def test_an_entity_may_move_by_30_percent_of_its_last_total_and_not_by_a_cent_more(total: int, stops: bool) -> None:
    assert bool(of_totals(total, 10_000_000)) is stops


def test_an_entity_below_zero_is_measured_by_the_size_of_its_last_total() -> None:
    assert of_totals(-13_000_000, -10_000_000) == []
    assert len(of_totals(-13_000_001, -10_000_000)) == 1


def test_an_entity_that_had_nothing_may_not_begin_to_bill_unseen() -> None:
    assert of_totals(0, 0) == []
    assert len(of_totals(10_000_00, 0)) == 1


def test_an_entity_that_was_never_assessed_has_nothing_to_be_compared_with() -> None:
    totals = {"NL": 10**9}
    assert brake_reasons(brake=PROGRAM.brake, moves=[], entity_totals=totals, last_entity_totals={"US": 1}) == []


def test_the_reason_names_the_entity_and_both_totals() -> None:
    assert of_totals(1_999_99, 1_234_567_89) == [
        "the total of entity NL moves from 1,234,567.89 to 1,999.99 EUR, more than 30 %"
    ]


def test_both_limits_may_stop_a_run_and_both_are_reported_with_entities_in_order() -> None:
    reasons = brake_reasons(
        brake=PROGRAM.brake,
        moves=[Move(2, 1)] * 5,
        entity_totals={"US": 0, "NL": 0, "UK": 10_000_00},
        last_entity_totals={"US": 10_000_00, "NL": 10_000_00, "UK": 10_000_00},
    )
    assert [reason.split(" moves ")[0] for reason in reasons] == [
        "5 of 5 assessed partners would be lowered in tier, a discount or SLA, more than 10 %",
        "the total of entity NL",
        "the total of entity US",
    ]


BASE = RateTerms(tier=2, monthly_fee_discount_bp=3000, setup_fee_discount_bp=5000, sla="Platinum")


@pytest.mark.parametrize(
    ("now", "lowers"),
    [
        ({}, False),
        ({"monthly_fee_discount_bp": 2999}, True),
        ({"monthly_fee_discount_bp": 3001}, False),
        ({"setup_fee_discount_bp": 4999}, True),
        ({"setup_fee_discount_bp": 5001}, False),
        ({"sla": "Gold"}, True),
        ({"sla": None}, True),
        ({"tier": 1}, True),
        ({"tier": 3}, False),
        ({"monthly_fee_discount_bp": 800, "setup_fee_discount_bp": 2000, "sla": "Silver"}, True),
        ({"monthly_fee_discount_bp": 9000, "sla": "Gold"}, True),  # one gain does not make up for a loss
    ],
)
def test_a_partner_is_lowered_where_a_discount_or_the_sla_falls_and_the_tier_does_not(
    now: dict[str, Any], lowers: bool
) -> None:
    move = Move(2, 2, BASE, replace(BASE, **now))
    assert move.lowers is lowers
    assert bool(reasons_of([move] * 5)) is lowers
    assert reasons_of([move] * 4) == []


def test_a_partner_that_loses_tier_discounts_and_sla_counts_once() -> None:
    worse = RateTerms(tier=1, monthly_fee_discount_bp=500, setup_fee_discount_bp=1000, sla="Bronze")
    assert reasons_of([Move(2, 1, BASE, worse)] * 5 + [Move(2, 2, BASE, BASE)] * 44) == [
        "5 of 49 assessed partners would be lowered in tier, a discount or SLA, more than 10 %"
    ]


def test_a_first_rate_lowers_nobody() -> None:
    assert not Move(None, 0, None, BASE).lowers
    assert not Move(None, 2, None, None).lowers


@pytest.mark.parametrize(
    ("last", "total", "stops"),
    [
        (1_000_00, 10_999_99, False),  # 9,999.99 EUR
        (1_000_00, 11_000_00, True),
        (10_000_00, 0, True),
        (9_999_99, 0, False),
        (-5_000_00, 4_999_99, False),
        (-5_000_00, 5_000_00, True),
        (0, 9_999_99, False),
    ],
)
def test_a_small_entity_may_move_by_less_than_ten_thousand_euros(last: int, total: int, stops: bool) -> None:
    assert bool(of_totals(total, last)) is stops


def test_a_programme_file_may_say_another_floor() -> None:
    totals = {"entity_totals": {"NL": 1_000_00}, "last_entity_totals": {"NL": 2_000_00}}
    for floor, stops in ((999_99, True), (1_000_00, True), (1_000_01, False)):
        brake = replace(PROGRAM.brake, entity_total_move_at_least_cents=floor)
        assert bool(brake_reasons(brake=brake, moves=[], **totals)) is stops


def reasons_of(moves: list[Move]) -> list[str]:
    return brake_reasons(brake=PROGRAM.brake, moves=moves, entity_totals={}, last_entity_totals={})


def test_a_review_of_tiers_may_have_a_share_of_its_own() -> None:
    """It lowers many at once; any other month, and a programme without reviews, has the share of every month."""
    brake = replace(PROGRAM.brake, review_lowered_share_bp=4_000)
    program = replace(PROGRAM, brake=brake, changes=Changes("monthly", "review", (12,)))
    november, december = BillingMonth(2026, 11), BillingMonth(2026, 12)
    assert program.brake_in(december) == replace(brake, lowered_share_bp=4_000)
    assert program.brake_in(november) == brake
    assert replace(program, changes=None).brake_in(december) == brake
    assert replace(program, brake=PROGRAM.brake).brake_in(december) == PROGRAM.brake
