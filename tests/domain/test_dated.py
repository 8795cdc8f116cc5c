"""Periods are half-open: the first day is in, the last is out."""

from datetime import date

from partner_program.domain.dated import Period


def test_a_period_begins_on_its_first_day_and_ends_before_its_last() -> None:
    period = Period(date(2016, 2, 29), date(2016, 3, 1))
    assert date(2016, 2, 28) not in period
    assert date(2016, 2, 29) in period
    assert date(2016, 3, 1) not in period


def test_a_period_without_an_end_goes_on() -> None:
    assert date(9999, 12, 31) in Period(date(2015, 7, 27))
    assert date(2015, 7, 26) not in Period(date(2015, 7, 27))


def test_two_periods_that_meet_share_no_day_and_leave_none_out() -> None:
    change = date(2015, 6, 30)
    before, after = Period(date(2015, 1, 1), change), Period(change)
    for day in (date(2015, 6, 29), change, date(2015, 7, 1)):
        assert (day in before) != (day in after)
