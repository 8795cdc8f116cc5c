"""A rate that is wrong in a believable way waits for a person (rule 2)."""

from datetime import date
from decimal import Decimal

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.exchange_rates import (
    JudgedRate,
    RateValue,
    complete_mean,
    judge_rates,
    publication_days,
)
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import ExchangeRate

JUNE, JULY, AUGUST = (BillingMonth(2015, month) for month in (6, 7, 8))


def _judged(
    *units: str, official: str | None = None, confirmed: tuple[RateValue, ...] = (), used: tuple[RateValue, ...] = ()
) -> list[JudgedRate]:
    months = (JUNE, JULY, AUGUST)
    rates = [ExchangeRate(month, "USD", Decimal(each), "") for month, each in zip(months, units, strict=False)]
    means = {(JUNE, "USD"): Decimal(official)} if official else {}
    return judge_rates(rates=rates, official=means, confirmed=confirmed, used=used, limit_bp=1000)


@pytest.mark.parametrize(
    ("july", "sound"),
    [("1.1", True), ("0.9", True), ("1.100001", False), ("0.899999", False), ("100", False), ("0.01", False)],
)
def test_a_rate_may_move_by_the_limit_and_not_beyond(july: str, sound: bool) -> None:
    assert _judged("1", july)[1].relied_on is sound


@pytest.mark.parametrize(
    ("june", "july"), [("1.12", "0.909091"), ("1.04", "0.961538"), ("0.72", "1.38"), ("138", "0.007")]
)
def test_a_rate_the_wrong_way_round_is_in_doubt_also_within_the_limit(june: str, july: str) -> None:
    (doubt,) = _judged(june, july)[1].doubts
    assert "nearer to the inverse" in doubt


def test_a_first_rate_is_compared_with_the_official_mean() -> None:
    assert "European Central Bank's mean 1.1213" in _judged("0.8918", official="1.1213")[0].doubts[0]
    assert _judged("1.078805", official="1.1213")[0].relied_on
    assert not _judged("1.25", official="1.1213")[0].relied_on


def test_a_doubtful_month_is_no_measure_for_the_next_one() -> None:
    june, july, august = _judged("1.12", "0.9", "1.1")
    assert (june.relied_on, july.relied_on, august.relied_on) == (True, False, True)
    assert [each.relied_on for each in _judged("1.12", "0.9", "0.9")] == [True, False, False]


def test_a_confirmation_is_bound_to_the_very_value() -> None:
    value = RateValue(JULY, "USD", Decimal("0.90"))
    assert _judged("1.12", "0.9", confirmed=(value,))[1].relied_on
    assert not _judged("1.12", "0.91", confirmed=(value,))[1].relied_on
    assert _judged("1.12", "0.9", used=(value,))[1].relied_on


def test_the_bank_publishes_on_weekdays_but_not_on_its_closing_days() -> None:
    assert len(publication_days(JUNE)) == 22
    april, may, december = (publication_days(BillingMonth(2015, month)) for month in (4, 5, 12))
    assert not {date(2015, 4, 3), date(2015, 4, 6)} & set(april)
    assert date(2015, 4, 7) in april
    assert date(2015, 5, 1) not in may
    assert [day.day for day in december[-4:]] == [28, 29, 30, 31]
    assert date(2015, 12, 25) not in december


def test_a_mean_is_exact_and_a_month_with_a_missing_day_is_refused_by_its_name() -> None:
    days = {day: {"USD": Decimal("1.1")} for day in publication_days(JUNE)}
    days[date(2015, 6, 1)] = {"USD": Decimal("1.100011")}  # a 22nd of 0.000011 is half of the last decimal: up
    assert complete_mean(JUNE, "USD", {JUNE: days}) == (Decimal("1.100001"), 22)
    del days[date(2015, 6, 30)]
    with pytest.raises(Refusal, match="USD in 2015-06 is not complete: no rate of 2015-06-30"):
        complete_mean(JUNE, "USD", {JUNE: days})
