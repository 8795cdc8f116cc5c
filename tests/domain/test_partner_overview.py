"""How the newest result moved a partner."""

from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.partner_overview import PartnerMonth, newest_move


def month(number: int, tier: int | None, before: int | None, **values: Any) -> PartnerMonth:
    result = {
        "status": "in_force",
        "revision": 1,
        "effective_on": None,
        "mrr_eur_cents": 0,
        "earned_tier": tier,
        "granted_tier": None,
        "monthly_fee_discount_bp": 0,
        "setup_fee_discount_bp": 0,
        "sla": None,
        "families": None,
        "held_reason": None,
    }
    return PartnerMonth(
        billing_month=BillingMonth(2015, number), tier=tier, previous_tier=before, **{**result, **values}
    )


def test_a_fall_to_no_tier_is_a_fall_from_the_month_before() -> None:
    move = newest_move([month(7, 0, 1), month(6, 1, None)])
    assert move is not None
    assert move.is_fall
    assert (move.month.billing_month.month, move.before and move.before.billing_month.month) == (7, 6)


def test_held_months_and_history_are_passed_over() -> None:
    held = month(8, None, None, held_reason="late")
    history = month(9, 6, 1, status="history")
    move = newest_move([history, held, month(7, 2, 1), held, month(5, 1, None)])
    assert move is not None
    assert not move.is_fall
    assert (move.month.billing_month.month, move.before and move.before.billing_month.month) == (7, 5)


def test_a_move_stays_the_newest_while_the_tier_stays() -> None:
    move = newest_move([month(8, 1, 1), month(7, 1, 3), month(6, 3, None)])
    assert move is not None
    assert move.is_fall
    assert (move.month.billing_month.month, move.before and move.before.billing_month.month) == (7, 6)


@pytest.mark.parametrize("months", [[], [month(6, 1, None)], [month(7, 1, 1), month(6, 1, 1)], [month(7, None, None)]])
def test_who_stayed_or_has_no_earlier_tier_did_not_move(months: list[PartnerMonth]) -> None:
    assert newest_move(months) is None
