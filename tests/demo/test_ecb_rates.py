"""The exchange rates of the demo are the European Central Bank's, month for month."""

from datetime import date
from decimal import Decimal

from demo.calendar_months import MONTHS
from demo.ecb_rates import ECB_RATES, monthly_rates, published_rates, rate_sources
from partner_program.domain.billing_month import BillingMonth


def test_the_extract_names_its_source_and_covers_the_period() -> None:
    comment, *_ = text = ECB_RATES.read_text("utf-8").splitlines()
    assert "European Central Bank" in comment
    days = [line.split(",")[0] for line in text if line[:1].isdigit()]
    assert (days[0], days[-1], len(set(days))) == ("2014-07-01", "2015-09-30", len(days))


def test_rates_are_published_on_working_days_only() -> None:
    days = [line.split(",")[0] for line in ECB_RATES.read_text("utf-8").splitlines() if line[:1].isdigit()]
    assert all(date.fromisoformat(day).weekday() < 5 for day in days)


def test_each_month_and_currency_of_the_world_has_a_mean() -> None:
    assert set(monthly_rates()) == {(month, currency) for month in MONTHS for currency in ("GBP", "SGD", "USD")}


def test_a_mean_lies_between_the_lowest_and_the_highest_day() -> None:
    published = published_rates()
    for key, mean in monthly_rates().items():
        assert min(published[key]) < mean < max(published[key])
        assert mean == round(mean, 6)


def test_the_mean_is_over_all_published_days_of_the_month() -> None:
    rates = published_rates()[BillingMonth(2015, 6), "USD"]
    mean = monthly_rates()[BillingMonth(2015, 6), "USD"]
    assert abs(mean * len(rates) - sum(rates, Decimal(0))) <= Decimal("0.0000005") * len(rates)
    assert rate_sources()[BillingMonth(2015, 6), "USD"] == "ECB euro reference rates, mean of 22 published days"
