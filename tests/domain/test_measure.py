"""What a month is measured by: a window of months, and which of them have to be there (rule 1)."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.measure import (
    EarlierMonth,
    Measure,
    MonthTotal,
    amount_of_totals,
    cents_to_reach,
    lacking,
    qualifying_amount,
    totals_of_windows,
)

JULY = BillingMonth(2026, 7)
MAY, JUNE = BillingMonth(2026, 5), BillingMonth(2026, 6)
YEAR = Measure(12, "sum", "as_is")
MEASURES = st.builds(
    Measure, st.integers(1, 24), st.sampled_from(("sum", "mean")), st.sampled_from(("as_is", "projected"))
)
TOTALS = st.lists(st.integers(-10_000_00, 60_000_00), min_size=1, max_size=24)


def there(month: BillingMonth, cents: int) -> EarlierMonth:
    return EarlierMonth(month, cents)


def test_a_window_of_twelve_ends_with_its_month() -> None:
    months = YEAR.months_before(JULY)
    assert (str(months[0]), str(months[-1]), len(months)) == ("2025-08", "2026-06", 11)
    assert Measure(1, "sum", "as_is").months_before(JULY) == ()


def test_a_sum_has_each_month_that_is_there_oldest_first() -> None:
    amount = qualifying_amount(
        measure=YEAR, month=JULY, mrr_eur_cents=300_00, earlier=[there(JUNE, 200_00), there(MAY, -50_00)]
    )
    assert amount.cents == 450_00
    assert amount.months == (MonthTotal(MAY, -50_00), MonthTotal(JUNE, 200_00), MonthTotal(JULY, 300_00))


def test_a_short_sum_is_projected_to_the_whole_window_and_a_mean_is_of_the_months_that_are_there() -> None:
    earlier = [there(MAY, 100_00), there(JUNE, 100_01)]
    for of, short, cents in (
        ("sum", "projected", 1_200_04),  # 300.01 * 12 / 3
        ("mean", "as_is", 100_00),  # 300.01 / 3 = 100.0033...
        ("mean", "projected", 100_00),
    ):
        measure = Measure(12, of, short)  # type: ignore[arg-type]
        found = qualifying_amount(measure=measure, month=JULY, mrr_eur_cents=100_00, earlier=earlier)
        assert found.cents == cents, (of, short)


def test_half_a_cent_is_rounded_away_from_zero_once() -> None:
    mean = Measure(2, "mean", "as_is")
    assert [amount_of_totals(mean, totals) for totals in ([1, 2], [-1, -2], [1, 0])] == [2, -2, 1]


def test_months_that_lack_are_named_with_the_reason() -> None:
    lacks = [EarlierMonth(MAY, None, "held"), EarlierMonth(JUNE, None, "not settled")]
    assert lacking(Measure(3, "sum", "as_is"), lacks) == (
        "the last 3 months count together; missing: 2026-05 (held), 2026-06 (not settled)"
    )
    assert lacking(YEAR, [there(JUNE, 0)]) is None
    assert lacking(YEAR, []) is None, "before authorisation no month is there"


def test_the_totals_of_a_window_are_those_of_the_months_that_are_there() -> None:
    windows = {
        "P1": [there(MAY, 0), EarlierMonth(JUNE, None, "held")],
        "P2": [there(MAY, -5), there(JUNE, 7)],
        "P3": [],
    }
    assert totals_of_windows(windows) == {"P1": (0,), "P2": (-5, 7), "P3": ()}


def test_what_is_missing_for_a_threshold_is_whole_cents() -> None:
    mean = Measure(3, "mean", "as_is")
    missing = cents_to_reach(measure=mean, totals=[0, 0, 0], threshold=100_00)
    assert str(missing) == "29999", "a third of 299.99 is 99.9966..., which is rounded to 100.00"


@given(MEASURES, TOTALS)
def test_an_amount_is_the_exact_one_to_half_a_cent(measure: Measure, totals: list[int]) -> None:
    exact = Fraction(sum(totals))
    if measure.of == "mean":
        exact /= len(totals)
    elif measure.short == "projected":
        exact = exact * measure.months / len(totals)
    assert abs(amount_of_totals(measure, totals) - exact) <= Fraction(1, 2)


@given(st.integers(-(10**7), 10**7), MEASURES.filter(lambda each: each.months == 1))
def test_a_window_of_one_month_is_its_total(cents: int, measure: Measure) -> None:
    assert qualifying_amount(measure=measure, month=JULY, mrr_eur_cents=cents, earlier=[]).cents == cents


@given(MEASURES, TOTALS, st.integers(0, 10_000_00))
def test_more_revenue_never_gives_a_smaller_amount(measure: Measure, totals: list[int], more: int) -> None:
    richer = [*totals[:-1], totals[-1] + more]
    assert amount_of_totals(measure, richer) >= amount_of_totals(measure, totals)


@given(st.none() | MEASURES, TOTALS, st.integers(1, 10**7))
def test_what_is_missing_just_reaches_a_threshold(measure: Measure | None, totals: list[int], threshold: int) -> None:
    def amount(more: int) -> int:
        changed = [*totals[:-1], totals[-1] + more]
        return sum(changed) if measure is None else amount_of_totals(measure, changed)

    missing = cents_to_reach(measure=measure, totals=totals, threshold=threshold)
    assert amount(missing) >= threshold > amount(missing - 1)
