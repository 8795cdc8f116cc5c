"""The unit of a programme: what an amount becomes in it, and the text that is kept with one."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program, Tier
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import Refusal
from partner_program.domain.totals import account_total
from partner_program.domain.unit import (
    SAME,
    AnyRate,
    Conversion,
    conversion_of,
    conversion_text,
    conversions,
    is_own,
    rates_of_text,
    unit_began,
    why_not_converted,
)

DOLLARS, RUPIAH, POINTS = Unit("USD"), Unit("IDR", 0), Unit("XXX", 0, "points")
RATES = {"USD": Decimal("1.2"), "GBP": Decimal("0.8"), "IDR": Decimal(20000)}
JANUARY = BillingMonth(2026, 1)


@pytest.mark.parametrize(
    ("unit", "currency", "minor", "becomes"),
    [
        (EURO, "USD", 120, 100),
        (DOLLARS, "USD", 199_999, 199_999),
        (DOLLARS, "EUR", 100, 120),
        (DOLLARS, "GBP", 133_333, 200_000),  # 199,999.5: rounded to 166,666 cents of EUR first, it would be 199,999
        (DOLLARS, "GBP", -133_333, -200_000),
        (DOLLARS, "IDR", 20_000_00, 120),  # a currency of an entity has hundredths
        (RUPIAH, "IDR", 999_999, 999_999),
        (RUPIAH, "EUR", 1, 200),
        (RUPIAH, "USD", 3, 500),
        (POINTS, "XXX", 1_200, 1_200),
    ],
)
def test_an_amount_becomes_one_of_the_unit_by_one_rounding(unit: Unit, currency: str, minor: int, becomes: int) -> None:
    total = account_total("NL", "A1", currency, {1: minor}, conversions(unit, RATES)[currency])
    assert total.mrr_eur_cents == becomes
    again = account_total("NL", "A1", currency, {1: minor}, conversion_of(conversion_text(total.units_per_eur)))
    assert again.mrr_eur_cents == becomes  # the text that is kept is enough to convert it again


@given(
    units=st.decimals("0.000001", "99999", places=6),
    programme=st.decimals("0.000001", "99999", places=6),
    decimals=st.sampled_from((0, 2)),
)
def test_a_conversion_is_read_back_as_it_was_written(units: Decimal, programme: Decimal, decimals: int) -> None:
    wanted = Conversion(units, programme, "USD", decimals)
    read = conversion_of(conversion_text(str(wanted)))
    assert read == wanted
    assert read.as_integer_ratio() == wanted.as_integer_ratio()


def test_what_has_no_rate_is_not_converted() -> None:
    assert conversions(DOLLARS, {"GBP": Decimal("0.8")}) == {"USD": SAME}
    assert conversions(POINTS, RATES) == {"XXX": SAME}
    assert conversions(EURO, RATES) == {**RATES, "EUR": Decimal(1)}


@pytest.mark.parametrize(
    ("rate", "currency", "text", "own", "rates"),
    [
        (Decimal("1.20"), "USD", "1.2", False, ("1.2", None)),
        (Decimal(1), "EUR", "1", True, ("1", None)),
        (SAME, "USD", "1/1", True, (None, None)),
        (Conversion(Decimal("0.8"), Decimal("1.20"), "USD"), "GBP", "0.8/1.2 USD", False, ("0.8", "1.2")),
        (Conversion(Decimal(1), Decimal(20000), "IDR", 0), "EUR", "1/20000 IDR:0", False, ("1", "20000")),
    ],
)
def test_the_text_that_is_kept_with_an_amount(
    rate: AnyRate, currency: str, text: str, own: bool, rates: tuple[str | None, str | None]
) -> None:
    assert conversion_text(str(rate)) == text
    assert is_own(currency, text) is own
    assert rates_of_text(text) == rates


def test_why_an_amount_is_not_converted() -> None:
    doubt = {"USD": "the rate of USD is in doubt"}
    assert why_not_converted(EURO, "GBP", JANUARY, {}, {}) == "no exchange rate for GBP in 2026-01"
    assert why_not_converted(DOLLARS, "EUR", JANUARY, {}, doubt) == doubt["USD"]
    gone = "no exchange rate for USD in 2026-01, the programme's currency"
    assert why_not_converted(DOLLARS, "GBP", JANUARY, {"GBP": Decimal(1)}, {}) == gone
    assert "EUR is no number of points" in why_not_converted(POINTS, "EUR", JANUARY, RATES, {})


@pytest.mark.parametrize(
    ("unit", "minor", "text"),
    [
        (EURO, -1_999_99, "-1,999.99 EUR"),
        (DOLLARS, 5, "0.05 USD"),
        (RUPIAH, 1_000_000, "1,000,000 IDR"),
        (POINTS, -1_200, "-1,200 points"),
    ],
)
def test_an_amount_to_read(unit: Unit, minor: int, text: str) -> None:
    assert unit.amount(minor) == text


def programme(day: str, unit: Unit) -> Program:
    return Program(date.fromisoformat(day), day, "", "UTC", (Tier(1, 0, 0),), unit=unit)


def test_since_when_the_programme_counts_in_its_unit() -> None:
    files = [
        programme("2020-01-01", EURO),
        programme("2021-01-01", EURO),
        programme("2022-01-01", DOLLARS),
        programme("2023-01-01", DOLLARS),
        programme("2024-01-01", EURO),
    ]
    begins = {day: unit_began(files, date.fromisoformat(day)) for day in
              ("2019-01-01", "2021-12-31", "2022-01-01", "2023-12-31", "2024-01-01")}  # fmt: skip
    assert begins == {
        "2019-01-01": None,
        "2021-12-31": None,
        "2022-01-01": date(2022, 1, 1),
        "2023-12-31": date(2022, 1, 1),
        "2024-01-01": date(2024, 1, 1),
    }


def test_what_is_typed_with_two_decimals_is_whole_where_the_unit_has_none() -> None:
    assert (EURO.of_hundredths(199_99), RUPIAH.of_hundredths(100_00)) == (199_99, 100)
    with pytest.raises(Refusal, match=r"IDR are whole: 100\.50 is none"):
        RUPIAH.of_hundredths(100_50)
