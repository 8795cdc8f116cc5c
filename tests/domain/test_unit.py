"""The unit of a programme: what an amount becomes in it, and the text that is kept with one."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.large_change import ANY_AMOUNT, LARGE, large_in
from partner_program.domain.program import Program, Tier
from partner_program.domain.program_unit import EURO, NO_CURRENCY, Unit
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
    rate_in_unit,
    rate_text,
    rates_of_text,
    unit_began,
    unit_on,
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
    assert conversions(POINTS, {**RATES, "XXX": Decimal(2)}) == {"XXX": SAME}, "no rate makes money of points"
    assert conversions(EURO, RATES) == {**RATES, "EUR": Decimal(1)}


def test_what_is_kept_with_an_amount_names_the_programmes_currency() -> None:
    texts = {currency: str(each) for currency, each in conversions(DOLLARS, RATES).items()}
    assert texts == {"EUR": "1/1.2 USD", "USD": "1/1", "GBP": "0.8/1.2 USD", "IDR": "20000/1.2 USD"}
    assert str(conversions(RUPIAH, RATES)["EUR"]) == "1/20000 IDR:0"


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
    known = {"USD": Decimal("1.2")}
    assert why_not_converted(DOLLARS, "GBP", JANUARY, known, {}) == "no exchange rate for GBP in 2026-01"
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


@pytest.mark.parametrize(
    ("unit", "prices", "typed", "sentence", "heading"),
    [
        (EURO, EURO, "1550.00", "euros", "needs EUR"),
        (DOLLARS, DOLLARS, "1550.00", "USD", "needs USD"),
        (RUPIAH, RUPIAH, "155000.00", "IDR", "needs IDR"),
        (POINTS, NO_CURRENCY, "155000.00", "points", "needs points"),
    ],
)
def test_what_a_unit_is_called_where_people_type_and_read(
    unit: Unit, prices: Unit, typed: str, sentence: str, heading: str
) -> None:
    assert unit.of_orders == prices
    assert unit.typed(1550_00) == typed
    assert unit.of_hundredths(int(typed.replace(".", ""))) == 1550_00, "what is typed is taken back"
    assert unit.named == sentence
    assert unit.headed("needs EUR") == heading


def test_a_typed_amount_has_two_digits_behind_the_point_and_a_heading_keeps_words_that_only_begin_like_it() -> None:
    assert (EURO.typed(5), EURO.typed(1_05), POINTS.typed(0)) == ("0.05", "1.05", "0.00")
    assert DOLLARS.headed("EUROPE needs EUR, in EUR") == "EUROPE needs EUR, in USD"


def test_an_amount_to_read_without_its_unit() -> None:
    assert [EURO.text(each) for each in (0, -5, 1_000_00, -1_000_05)] == ["0.00", "-0.05", "1,000.00", "-1,000.05"]
    assert [POINTS.text(each) for each in (0, -5, 1_000)] == ["0", "-5", "1,000"]
    assert NO_CURRENCY.amount(5) == "0.05", "a price of no currency has nothing behind it"


def test_a_currency_of_lines_has_two_decimals_but_for_the_own_one() -> None:
    assert (RUPIAH.of("IDR"), RUPIAH.of("USD"), RUPIAH.of("EUR")) == (RUPIAH, DOLLARS, EURO)


def test_what_is_a_large_change_is_known_of_hundredths_alone() -> None:
    assert [large_in(unit) for unit in (EURO, DOLLARS, RUPIAH, POINTS)] == [LARGE, LARGE, ANY_AMOUNT, ANY_AMOUNT]


def test_where_no_money_is_counted_nobody_speaks_of_revenue() -> None:
    assert POINTS.worded("Revenue before, revenue now") == "The count before, the count now"
    assert RUPIAH.worded("Revenue before, revenue now") == "Revenue before, revenue now"


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1/1", None),
        ("1.10", "1.10"),  # every digit that was given
        ("0.8/1.2 USD", "0.666667"),
        ("1/20000 IDR:0", "0.00005"),  # six digits that say something
        ("1/3 USD", "0.333333"),
        ("2/3 USD", "0.666667"),
        ("20000/1.1 USD", "18181.818182"),
        ("1/30000 IDR:0", "0.0000333333"),
        ("1/10 USD", "0.1"),
        ("1/8.1 USD", "0.123457"),
        ("1/21 USD", "0.047619"),
        ("1/15 USD", "0.0666667"),
    ],
)
def test_a_rate_to_read_is_that_of_one_of_the_programmes_unit(text: str, rate: str | None) -> None:
    assert rate_text(text) == (rate or "")
    assert rate_in_unit(text) == (Decimal(rate) if rate else None)


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


def test_the_unit_on_a_day_is_that_of_the_programme_in_force_or_of_the_first() -> None:
    files = [programme("2021-01-01", DOLLARS), programme("2022-01-01", EURO)]
    days = ("2020-06-01", "2021-12-31", "2022-01-01")
    assert [unit_on(files, date.fromisoformat(day)) for day in days] == [DOLLARS, DOLLARS, EURO]
    assert unit_on([], date(2022, 1, 1)) == EURO


def test_what_is_typed_with_two_decimals_is_whole_where_the_unit_has_none() -> None:
    assert (EURO.of_hundredths(199_99), RUPIAH.of_hundredths(100_00)) == (199_99, 100)
    with pytest.raises(Refusal, match=r"IDR are whole: 100\.50 is none"):
        RUPIAH.of_hundredths(100_50)
