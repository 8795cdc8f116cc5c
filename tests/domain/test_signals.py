"""Signals: each rule at its boundary, and that none is told without its base rate."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import CountedAccount, CountedMonth
from partner_program.domain.order_lines import OrderLines
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.revenue import ShortLine
from partner_program.domain.signals import (
    SIGNALS,
    LineOf,
    Replaced,
    Seen,
    base_rates,
    credits_after_rise,
    gathered,
    hugs,
    jumps,
    moved_accounts,
    order_and_cancel,
    replaced_orders,
    rises_near,
    said_of,
    signal_rows,
)
from tests.domain.made_month import PROGRAM

JUNE, JULY, AUGUST = (BillingMonth(2015, month) for month in (6, 7, 8))


def month(at: BillingMonth, **totals: int) -> CountedMonth:
    return CountedMonth(at, totals, {each: PROGRAM.earned_tier(cents) for each, cents in totals.items()}, [])


def short(start: str, end: str, days: int) -> LineOf:
    return LineOf("P1", "NL", ShortLine("L1", "A1", "EUR", "recurring", start, end, 1, 1, days, 100_00))


@pytest.mark.parametrize(
    ("start", "end", "days", "told"),
    [
        ("2015-07-31", "2015-08-02", 2, True),
        ("2015-07-30", "2015-08-02", 3, False),
        ("2015-07-30", "2015-08-01", 2, False),  # the whole of it lies in July: nothing goes on over the month's end
        ("2015-08-01", "2015-08-02", 1, False),
        ("2015-06-30", "2015-07-01", 1, False),
    ],
)
def test_order_and_cancel_is_a_line_of_less_than_three_days_across_the_months_end(
    start: str, end: str, days: int, told: bool
) -> None:
    assert bool(order_and_cancel([short(start, end, days)], JULY)) is told


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (1_250_00, 1_750_00, True),  # exactly 40 % and 500.00
        (1_250_01, 1_750_01, False),  # a little less than 40 %
        (1_000_00, 1_499_99, False),  # 499.99
        (1_250_00, 750_00, True),
        (0, 500_00, True),
        (-100_00, 500_00, True),
    ],
)
def test_a_jump_is_both_a_share_and_an_amount_up_or_down(was: int, now: int, told: bool) -> None:
    assert bool(list(jumps(PROGRAM, month(JUNE, P1=was), month(JULY, P1=now)))) is told


def test_who_was_held_or_not_there_the_month_before_does_not_jump() -> None:
    assert list(jumps(PROGRAM, month(JUNE), month(JULY, P1=9_000_00))) == []
    assert list(jumps(PROGRAM, month(JUNE, P1=9_000_00), month(JULY))) == []


@pytest.mark.parametrize(
    ("totals", "told"),
    [
        ((5_000_00, 5_050_00, 5_000_01), True),  # on it, and exactly 1 % above
        ((5_000_00, 5_050_01, 5_000_01), False),
        ((5_000_00, 4_999_99, 5_000_01), False),
        ((5_000_00, 10_000_00, 5_000_00), True),  # above a threshold each month, whichever
        ((400_00, 400_00, 400_00), False),
    ],
)
def test_hugging_is_three_months_within_a_hundredth_above_a_threshold(totals: tuple[int, ...], told: bool) -> None:
    months = [month(at, P1=cents) for at, cents in zip((JUNE, JULY, AUGUST), totals, strict=True)]
    assert bool(list(hugs(PROGRAM, months))) is told


def test_hugging_needs_three_months() -> None:
    assert list(hugs(PROGRAM, [month(JUNE, P1=5_000_00), month(JULY, P1=5_000_00)])) == []


@pytest.mark.parametrize(("credit", "told"), [(-500_00, True), (-499_99, False), (500_00, False), (0, False)])
def test_credits_after_a_rise_are_a_tenth_of_the_month_of_the_rise(credit: int, told: bool) -> None:
    before = month(JUNE, P1=5_000_00, P2=5_000_00)
    found = list(credits_after_rise(rose={"P1"}, before=before, credited={"P1": credit, "P2": -5_000_00}))
    assert bool(found) is told


def test_who_has_anothers_account_is_told_with_each_of_them() -> None:
    rows = [CountedAccount("P1", "NL", each, "EUR", "1", 100, 100) for each in ("A2", "A1")]
    found = gathered("moved_account", moved_accounts([(row, "P2") for row in rows]))
    assert found == {("moved_account", "P2"): "NL/A1 of P1, 1.00 EUR; NL/A2 of P1, 1.00 EUR"}


def test_what_was_seen_comes_last_and_counts_no_more_once_its_figures_are_others() -> None:
    found: Any = {("jump", "P1"): "1", ("jump", "P2"): "2", ("moved_account", "P1"): "3"}
    seen = {("jump", "P1"): Seen("kim", "a project", "1"), ("jump", "P2"): Seen("kim", "a project", "1")}
    rows, known = signal_rows(found, {"P1": "Company"}, seen)
    assert [(row.signal, row.partner_id, row.seen_by) for row in rows] == [
        ("moved_account", "P1", ""),
        ("jump", "P2", ""),
        ("jump", "P1", "kim"),
    ]
    rates = base_rates(
        found, known, assessed=202, looked_for=["jump", "moved_account", "order_and_cancel"], program=PROGRAM
    )
    assert list(said_of(rates)) == [
        "Moved account: 1 partner of 202, 0 seen.",
        "Jump in revenue: 2 partners of 202, 1 seen.",
    ]
    assert {each.signal: each.partners for each in rates} == dict.fromkeys(SIGNALS) | {
        "jump": 2, "moved_account": 1, "order_and_cancel": 0,
    }  # fmt: skip


# A service that is ordered anew after a rise


def rate(on: date, tier: int) -> Rate:
    return Rate(on, RateTerms(tier, tier * 100, 0, None))


@pytest.mark.parametrize(
    ("rates", "rose"),
    [
        ([rate(date(2015, 1, 1), 1), rate(date(2015, 7, 10), 2)], [date(2015, 7, 10)]),
        ([rate(date(2015, 1, 1), 1), rate(date(2015, 7, 31), 2)], [date(2015, 7, 31)]),
        ([rate(date(2015, 1, 1), 1), rate(date(2015, 8, 1), 2)], []),  # after the month
        ([rate(date(2015, 1, 1), 1), rate(date(2015, 6, 25), 2)], [date(2015, 6, 25)]),  # 1 July is its seventh day
        ([rate(date(2015, 1, 1), 1), rate(date(2015, 6, 24), 2)], []),  # seven days end with June
        ([rate(date(2015, 1, 1), 2), rate(date(2015, 7, 10), 1)], []),
        ([rate(date(2015, 1, 1), 2), rate(date(2015, 7, 10), 2)], []),
        ([rate(date(2015, 7, 10), 2)], []),  # a first rate is no rise
        (
            [rate(date(2015, 1, 1), 1), rate(date(2015, 7, 10), 2), rate(date(2015, 7, 10), 1)],
            [],
        ),  # the newest of a day
    ],
)
def test_a_rise_is_near_where_an_order_of_the_month_can_lie_within_a_week(rates: list[Rate], rose: list[date]) -> None:
    assert rises_near({"P1": rates}, JULY) == ({"P1": rose} if rose else {})


def ordered(on: date | None, ends: date | None, share: int = 100_00, **changed: Any) -> OrderLines:
    return OrderLines("A1", "EUR", "vps", on, 500, share, 1, 1, 1, ends)._replace(**changed)


ROSE, BEFORE, ENDS, ANEW = date(2015, 7, 10), date(2014, 7, 1), date(2015, 7, 12), date(2015, 7, 12)
NEWER = ordered(ANEW, None, 80_00)


def replaced(*lines: OrderLines, rose: date = ROSE) -> list[Replaced]:
    return replaced_orders(rose={"P1": [rose]}, owners={("NL", "A1"): "P1"}, lines=[("NL", each) for each in lines])


def test_an_order_replaces_one_of_the_same_product_that_ended_then_each_with_what_it_is_worth() -> None:
    older = [ordered(BEFORE, ENDS, 50_00), ordered(BEFORE, date(2015, 7, 3), 25, share_of=2)]
    assert replaced(*older, NEWER) == [
        Replaced("P1", "NL", "A1", "vps", "EUR", ROSE, BEFORE, ENDS, ANEW, Fraction(5_012_50, 100), Fraction(80_00))
    ]
    (unknown,) = replaced(ordered(None, ENDS), NEWER)
    assert unknown.ordered_before is None


@pytest.mark.parametrize(
    ("older", "newer", "told"),
    [
        (ordered(BEFORE, ENDS), NEWER, True),
        (ordered(BEFORE, None), NEWER, False),  # it goes on
        (ordered(ROSE, ENDS), NEWER, False),  # it was ordered after the rise too
        (ordered(BEFORE, ENDS, product="cdn"), NEWER, False),
        (ordered(BEFORE, ENDS, currency="USD"), NEWER, False),
        (ordered(BEFORE, ENDS), NEWER._replace(ordered_on=ROSE), True),
        (ordered(BEFORE, ENDS), NEWER._replace(ordered_on=date(2015, 7, 9)), False),
        (ordered(BEFORE, ENDS), NEWER._replace(ordered_on=None), False),
        (ordered(BEFORE, date(2015, 7, 19)), NEWER, True),  # seven days after the new order
        (ordered(BEFORE, date(2015, 7, 20)), NEWER, False),
        (ordered(BEFORE, date(2015, 7, 5)), NEWER, True),  # seven days before it
        (ordered(BEFORE, date(2015, 7, 4)), NEWER, False),
    ],
)
def test_what_replaces_an_order_was_ordered_soon_after_the_rise_and_near_its_end(
    older: OrderLines, newer: OrderLines, told: bool
) -> None:
    assert bool(replaced(older, newer)) is told


def test_orders_are_soon_after_a_rise_for_seven_days() -> None:
    older = ordered(BEFORE, date(2015, 7, 15))
    newer = [ordered(date(2015, 7, day), None) for day in (16, 17)]
    assert [bool(replaced(older, each)) for each in newer] == [True, False]


@pytest.mark.parametrize(("ends", "told"), [(date(2015, 7, 31), True), (date(2015, 8, 1), False)])
def test_what_ends_with_the_month_may_go_on_and_replaces_nothing_yet(ends: date, told: bool) -> None:
    newer = ordered(date(2015, 7, 29), None)
    assert bool(replaced(ordered(BEFORE, ends), newer, rose=date(2015, 7, 28))) is told


def test_orders_of_who_did_not_rise_are_not_looked_at() -> None:
    lines = [("NL", ordered(BEFORE, ENDS)), ("NL", NEWER)]
    assert replaced_orders(rose={"P1": [ROSE]}, owners={("NL", "A1"): "P2"}, lines=lines) == []
    assert replaced_orders(rose={"P1": [ROSE]}, owners={}, lines=lines) == []
