"""Money is whole minor units and exact ratios; it is rounded once, half away from zero, by a named function."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.domain.money import (
    amount_cents,
    discounted_cents,
    euros_text,
    exchange_rate,
    monthly_mean,
    percent_bp,
    percent_text,
    rate_ratio,
    round_half_away,
)
from partner_program.domain.refusals import Refusal

WHOLE = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 2, 3), (-5, 2, -3), (1, 2, 1), (-1, 2, -1), (49, 100, 0), (-49, 100, 0), (51, 100, 1), (0, 7, 0), (7, 1, 7)],
)
def test_a_half_is_rounded_away_from_zero_on_both_sides(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_away(numerator, denominator) == rounded


@given(WHOLE, st.integers(1, 10**9))
@settings(max_examples=100, deadline=None)
def test_rounding_is_never_off_by_more_than_a_half_and_mirrors_at_zero(numerator: int, denominator: int) -> None:
    rounded = round_half_away(numerator, denominator)
    exact = Fraction(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)
    assert round_half_away(-numerator, denominator) == -rounded


def test_an_amount_is_read_to_the_cent() -> None:
    assert [amount_cents(text) for text in ("0", "2000", "1999.99", "0.5", "0.05")] == [0, 200_000, 199_999, 50, 5]


@pytest.mark.parametrize("text", ["1,999.99", "-1", "+1", "1.999", "1e3", "", ".5", "1.", " 1", "1\n", "٣", "1" * 13])
def test_an_amount_that_could_be_misread_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="two decimals"):
        amount_cents(text)


def test_a_percentage_is_read_as_basis_points() -> None:
    assert [percent_bp(text) for text in ("0", "2.5", "25", "7.05", "100")] == [0, 250, 2_500, 705, 10_000]


@pytest.mark.parametrize("text", ["2,5", "-1", "2.505", "10 %", "", "1000"])
def test_a_percentage_that_could_be_misread_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="percentage"):
        percent_bp(text)


def test_an_exchange_rate_has_at_most_six_decimals() -> None:
    assert exchange_rate("1.122577") == Decimal("1.122577")


@pytest.mark.parametrize("text", ["0", "0.000000", "-1.1", "1.1225771", "NaN", "inf", "1,1", "1e1", ""])
def test_an_exchange_rate_that_is_not_above_zero_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="above 0"):
        exchange_rate(text)


def test_a_rate_is_an_exact_ratio() -> None:
    numerator, denominator = rate_ratio(Decimal("1.122577"))
    assert Fraction(numerator, denominator) == Fraction(1_122_577, 1_000_000)


@pytest.mark.parametrize(
    ("published", "mean"),
    [
        (["1.1", "1.2"], "1.15"),
        (["1.000000", "1.000001"], "1.000001"),  # the mean 1.0000005 is rounded half up
        (["1.000000", "1.000000", "1.000001"], "1"),
        (["1.000000", "1.000001", "1.000001"], "1.000001"),
        (["9.1234"], "9.1234"),
        (["0.70000", "0.70001", "0.70003"], "0.700013"),
    ],
)
def test_the_monthly_mean_is_rounded_half_up_to_six_decimals(published: list[str], mean: str) -> None:
    found = monthly_mean([Decimal(rate) for rate in published])
    assert found == Decimal(mean)
    assert found.as_tuple().exponent == -6


def test_percentages_read_without_idle_zeros() -> None:
    assert [percent_text(bp) for bp in (0, 250, 800, 1_000, 10_000, 5, -750)] == [
        "0 %",
        "2.5 %",
        "8 %",
        "10 %",
        "100 %",
        "0.05 %",
        "-7.5 %",
    ]


def test_euros_read_with_groups_of_three_and_both_cents() -> None:
    assert [euros_text(cents) for cents in (0, 5, 199_999, 123_456_700, -50, -100_001)] == [
        "0.00",
        "0.05",
        "1,999.99",
        "1,234,567.00",
        "-0.50",
        "-1,000.01",
    ]


@pytest.mark.parametrize(
    ("list_cents", "discount_bp", "left"),
    [
        (100_00, 800, 92_00),
        (10, 500, 10),  # 9.5 cents are rounded half up
        (10, 501, 9),
        (100_00, 10_000, 0),
        (100_00, 12_000, 0),  # no discount pays the customer
        (100_00, -1_000, 110_00),  # a surcharge
    ],
)
def test_a_discounted_price_is_rounded_half_up_once_and_never_negative(
    list_cents: int, discount_bp: int, left: int
) -> None:
    assert discounted_cents(list_cents, Fraction(discount_bp)) == left
