"""The brake at its exact boundaries: more than 10 % of the assessed partners and at least 5, or more than 30 %."""

import pytest

from partner_program.domain.brake import brake_reasons
from tests.domain.made_month import PROGRAM


def of_moves(lowered: int, others: int) -> list[str]:
    moves = [(2, 1)] * lowered + [(2, 2)] * others
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
    assert of_moves(6, 50) == ["6 of 56 assessed partners would be lowered, more than 10 %"]


def test_only_partners_below_the_tier_they_had_are_lowered() -> None:
    moves = [(None, 0), (1, 6), (3, 3), (0, 0)] * 50
    assert brake_reasons(brake=PROGRAM.brake, moves=moves, entity_totals={}, last_entity_totals={}) == []


@pytest.mark.parametrize(
    ("total", "stops"),
    [(130_000, False), (130_001, True), (70_000, False), (69_999, True), (100_000, False), (0, True), (-100_000, True)],
)
def test_an_entity_may_move_by_30_percent_of_its_last_total_and_not_by_a_cent_more(total: int, stops: bool) -> None:
    assert bool(of_totals(total, 100_000)) is stops


def test_an_entity_below_zero_is_measured_by_the_size_of_its_last_total() -> None:
    assert of_totals(-130_000, -100_000) == []
    assert len(of_totals(-130_001, -100_000)) == 1


def test_an_entity_that_had_nothing_may_not_begin_to_bill_unseen() -> None:
    assert of_totals(0, 0) == []
    assert len(of_totals(1, 0)) == 1


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
        moves=[(2, 1)] * 5,
        entity_totals={"US": 0, "NL": 0, "UK": 100},
        last_entity_totals={"US": 100, "NL": 100, "UK": 100},
    )
    assert [reason.split(" moves ")[0] for reason in reasons] == [
        "5 of 5 assessed partners would be lowered, more than 10 %",
        "the total of entity NL",
        "the total of entity US",
    ]
