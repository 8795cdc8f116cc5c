"""The calendar month: its name, its edges, its leap days, and how much of a service period lies in it."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth, months_later
from partner_program.domain.refusals import Refusal

DAYS = st.dates(date(2011, 1, 1), date(2017, 12, 31))


def test_a_month_is_read_as_it_is_printed() -> None:
    assert BillingMonth.parse("2015-06") == BillingMonth(2015, 6)
    assert str(BillingMonth(2015, 6)) == "2015-06"


@pytest.mark.parametrize(
    "text",
    [
        "2015-6",
        "2015-00",
        "2015-13",
        "15-06",
        "2015-06-01",
        " 2015-06",
        "2015-06\n",
        "2015/06",
        "",
        "٢٠١٥-٠٦",
        "1899-12",
        "3000-01",
    ],
)
def test_anything_but_year_and_month_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        BillingMonth.parse(text)
    assert repr(text) in str(refused.value)
    assert "YYYY-MM" in str(refused.value)


def test_december_is_followed_by_january_of_the_next_year() -> None:
    assert BillingMonth(2015, 12).following == BillingMonth(2016, 1)
    assert BillingMonth(2016, 1).preceding == BillingMonth(2015, 12)


def test_in_the_middle_of_a_year_months_follow_by_number() -> None:
    assert BillingMonth(2015, 11).following == BillingMonth(2015, 12)
    assert BillingMonth(2015, 2).preceding == BillingMonth(2015, 1)
    assert BillingMonth(2015, 12).preceding == BillingMonth(2015, 11)


def test_months_of_two_years_are_in_order() -> None:
    assert BillingMonth(2015, 12) < BillingMonth(2016, 1)
    assert not BillingMonth(2015, 6) < BillingMonth(2015, 6)


@pytest.mark.parametrize(
    ("year", "month", "days"),
    [(2015, 2, 28), (2016, 2, 29), (1900, 2, 28), (2000, 2, 29), (2015, 4, 30), (2015, 12, 31)],
)
def test_a_month_has_the_days_of_the_calendar(year: int, month: int, days: int) -> None:
    assert BillingMonth(year, month).days == days
    assert BillingMonth(year, month).first_day == date(year, month, 1)
    assert BillingMonth(year, month).last_day == date(year, month, days)


def test_a_leap_day_lies_in_february() -> None:
    assert BillingMonth.of(date(2016, 2, 29)) == BillingMonth(2016, 2)


@given(DAYS, DAYS)
@settings(max_examples=100, deadline=None)
def test_covered_days_are_the_days_of_the_month_in_the_period_counted_one_by_one(one: date, other: date) -> None:
    start, end = sorted((one, other))
    month = BillingMonth.of(start)
    for _ in range(3):
        days = [month.first_day + timedelta(days=passed) for passed in range(month.days)]
        assert month.covered_days(start, end) == sum(1 for day in days if start <= day < end)
        month = month.following


def test_the_day_on_which_a_service_ends_is_not_covered() -> None:
    june = BillingMonth(2015, 6)
    assert june.covered_days(date(2015, 6, 30), date(2015, 7, 1)) == 1
    assert june.covered_days(date(2015, 6, 30), date(2015, 6, 30)) == 0
    assert june.covered_days(date(2015, 5, 1), date(2015, 6, 1)) == 0
    assert june.covered_days(date(2015, 7, 1), date(2015, 8, 1)) == 0


def test_no_day_of_a_period_is_lost_or_counted_twice_between_months() -> None:
    start, end = date(2015, 1, 31), date(2016, 3, 1)
    months = [BillingMonth(2015, 1)]
    while months[-1] < BillingMonth(2016, 4):
        months.append(months[-1].following)
    assert sum(month.covered_days(start, end) for month in months) == (end - start).days
    assert all(later.first_day - earlier.last_day == timedelta(days=1) for earlier, later in pairwise(months))


@pytest.mark.parametrize("month", [BillingMonth(2015, 3), BillingMonth(2015, 10)])
def test_the_day_on_which_the_clocks_change_is_one_day_like_any_other(month: BillingMonth) -> None:
    """29 March and 25 October 2015 had 23 and 25 hours in Amsterdam; a fee is by the day."""
    assert month.covered_days(month.first_day, month.following.first_day) == 31
    changes = date(2015, 3, 29) if month.month == 3 else date(2015, 10, 25)
    assert month.covered_days(changes, changes + timedelta(days=1)) == 1


@pytest.mark.parametrize("month", range(1, 13))
def test_each_month_of_the_year_is_read(month: int) -> None:
    assert BillingMonth.parse(f"2015-{month:02d}") == BillingMonth(2015, month)


@given(DAYS, st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_some_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day: date, months: int) -> None:
    month = BillingMonth.of(day)
    for _ in range(months):
        month = month.following
    later = months_later(day, months)
    assert BillingMonth.of(later) == month
    assert later.day == day.day or (later == month.last_day and later.day < day.day)


def test_the_calendar_ends_where_no_day_lies_so_many_months_later() -> None:
    assert months_later(date(9999, 11, 30), 1) == date(9999, 12, 30)
    assert months_later(date(9999, 12, 1), 1) == date.max
    assert months_later(date(2015, 6, 1), 10**6) == date.max


@pytest.mark.parametrize("text", ["1900-01", "2999-12"])
def test_the_years_of_a_month_are_those_in_which_somebody_may_bill(text: str) -> None:
    assert str(BillingMonth.parse(text)) == text
