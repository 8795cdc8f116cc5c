"""A rate that is wrong in a believable way waits for a person (rule 2)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from dateutil.easter import easter

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.exchange_rates import (
    JudgedRate,
    RateValue,
    complete_mean,
    judge_rates,
    publication_days,
    rate_findings,
)
from partner_program.domain.findings import Finding
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import ExchangeRate
from tests.domain.made_month import billed, line

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


@pytest.mark.parametrize(("june", "july"), [("1.05", "1"), ("0.95", "1")])
def test_a_rate_of_one_has_no_wrong_way_round(june: str, july: str) -> None:
    assert _judged(june, july)[1].doubts == ()


def test_a_limit_is_a_share_of_the_rate_before_whatever_the_size_of_a_unit() -> None:
    """15,000 rupiah per euro move by more than 10 % at 16,501."""
    assert _judged("15000", "16500")[1].relied_on
    assert _judged("15000", "16501")[1].doubts == ("it moved by more than 10 % from 15000 in 2015-06",)


def test_a_doubt_says_what_the_rate_was_compared_with() -> None:
    (high,) = _judged("1.25", official="1.1213")
    assert (high.official, high.doubts) == (
        Decimal("1.1213"),
        ("it is more than 10 % off the European Central Bank's mean 1.1213",),
    )
    (inverse,) = _judged("0.8918", official="1.1213")
    assert inverse.doubts == (
        "it is more than 10 % off the European Central Bank's mean 1.1213, nearer to its inverse: is it EUR per unit?",
    )


def test_the_euro_is_never_in_doubt() -> None:
    rates = [ExchangeRate(month, "EUR", Decimal(units), "") for month, units in ((JUNE, "1"), (JULY, "2"))]
    judged = judge_rates(rates=rates, official={}, confirmed=(), used=(), limit_bp=1000)
    assert [each.doubts for each in judged] == [(), ()]


def test_a_rate_in_doubt_is_reported_at_each_entity_that_bills_in_it_and_once_for_each_account() -> None:
    sek, usd = line(1, currency="SEK"), line(1, currency="USD")
    revenues = [
        billed(usd, sek, sek, sek._replace(account_id="A2"), line(1)),
        billed(sek, code="US"),
        billed(sek._replace(charge_kind="setup"), code="DE"),
    ]
    found = rate_findings({"SEK": "the rate of kronor is in doubt", "USD": "so is that of dollars"}, revenues)
    assert found == [
        Finding(
            "NL",
            "warning",
            "exchange_rate",
            "the rate of kronor is in doubt: holds 2 accounts",
            2,
            ("account A1", "account A2"),
        ),
        Finding("NL", "warning", "exchange_rate", "so is that of dollars: holds 1 account", 1, ("account A1",)),
        Finding(
            "US", "warning", "exchange_rate", "the rate of kronor is in doubt: holds 1 account", 1, ("account A1",)
        ),
    ]


def test_of_many_accounts_in_a_doubtful_currency_twenty_are_named() -> None:
    lines = [line(1, currency="SEK", account_id=f"A{number}") for number in range(30)]
    (found,) = rate_findings({"SEK": "in doubt"}, [billed(*lines)])
    assert (found.count, len(found.examples)) == (30, 20)


def _closed(first: BillingMonth, last: BillingMonth) -> set[date]:
    """The weekdays of some months on which the Bank does not publish."""
    days = (first.first_day + timedelta(days=passed) for passed in range((last.last_day - first.first_day).days + 1))
    open_days = {day for month in (first, last) for day in publication_days(month)}
    return {day for day in days if day.weekday() < 5 and day not in open_days}


def test_around_easter_the_bank_is_closed_on_two_days_in_every_year_of_the_calendar() -> None:
    """`dateutil` has the other of the two usual methods."""
    for year in range(2000, 2600):
        sunday = easter(year)
        closed = _closed(BillingMonth(year, 3), BillingMonth(year, 4))
        assert closed == {sunday - timedelta(days=2), sunday + timedelta(days=1)}, year


@pytest.mark.parametrize(
    ("year", "closed"),
    [
        (1999, ["01-01", "12-31"]),  # only two holidays in the first year, the second one a Saturday
        (1998, ["01-01", "12-25"]),
        (2000, ["12-25", "12-26"]),
        (2001, ["01-01", "12-25", "12-26", "12-31"]),
        (2002, ["01-01", "12-25", "12-26"]),
        (2014, ["01-01", "12-25", "12-26"]),
    ],
)
def test_at_the_turn_of_a_year_the_bank_is_closed_on_its_holidays(year: int, closed: list[str]) -> None:
    days = _closed(BillingMonth(year, 1), BillingMonth(year, 1)) | _closed(
        BillingMonth(year, 12), BillingMonth(year, 12)
    )
    assert sorted(f"{day:%m-%d}" for day in days) == closed


@pytest.mark.parametrize(("year", "closed"), [(1999, False), (2000, True), (2013, True)])
def test_the_first_of_may_is_a_holiday_since_the_second_year(year: int, closed: bool) -> None:
    days = publication_days(BillingMonth(year, 5))
    assert (date(year, 5, 1) not in days) is (closed or date(year, 5, 1).weekday() >= 5)
    assert date(year, 5, 2) in days or date(year, 5, 2).weekday() >= 5


def test_of_many_missing_days_ten_are_named_and_the_rest_counted() -> None:
    with pytest.raises(Refusal) as refused:
        complete_mean(JUNE, "USD", {})
    assert str(refused.value) == (
        "USD in 2015-06 is not complete: no rate of 2015-06-01, 2015-06-02, 2015-06-03, 2015-06-04, 2015-06-05, "
        "2015-06-08, 2015-06-09, 2015-06-10, 2015-06-11, 2015-06-12 and 12 more"
    )
    ten_missing = {day: {"USD": Decimal("1.1"), "SEK": Decimal(9)} for day in publication_days(JUNE)[10:]}
    with pytest.raises(Refusal, match=r"2015-06-12$"):
        complete_mean(JUNE, "USD", {JUNE: ten_missing})


def test_why_a_rate_is_missing_names_every_doubt_and_the_command_that_confirms_it() -> None:
    judged = replace(_judged("1.12", "0.9")[1], doubts=("it is one thing", "it is another"))
    assert judged.why_missing == (
        "exchange rate 0.9 USD per EUR for 2015-07 is in doubt: it is one thing and it is another; correct it in "
        "exchange_rates.csv, or confirm it with partner-program rates confirm 2015-07 USD"
    )


def test_a_rate_is_relied_on_where_it_is_sound_confirmed_or_used() -> None:
    doubtful = replace(_judged("1.12")[0], doubts=("a doubt",))
    assert [
        replace(doubtful, doubts=doubts, confirmed=confirmed, used=used).relied_on
        for doubts, confirmed, used in (
            ((), False, False),
            (("a doubt",), False, False),
            (("a doubt",), True, False),
            (("a doubt",), False, True),
        )
    ] == [True, False, True, True]
