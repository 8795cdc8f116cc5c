"""Lines with a period shorter than their term: what both readings give, in euros, by entity and currency (rule 2)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_unit import Unit
from partner_program.domain.revenue import EntityRevenue, ShortLine
from partner_program.domain.short_lines import TwoReadings, readings_text, short_line_findings, two_readings

JUNE = BillingMonth(2015, 6)


def short(
    line_id: str, amount: int, *, days: int = 15, of: int = 15, term: int = 1, currency: str = "EUR"
) -> ShortLine:
    return ShortLine(
        line_id, "A1", currency, "recurring", "2015-06-16", "2015-07-01", term, days, of, net_amount_minor=amount
    )


def frozen(entity: str, *lines: ShortLine) -> EntityRevenue:
    return EntityRevenue(entity, (), (), (), (), short_lines=lines)


@pytest.mark.parametrize(
    ("line", "as_said", "for_period"),
    [
        (short("L1", 500_00), 250_00, 500_00),  # an invoice that was pro-rated already is pro-rated again
        (short("L1", -500_00), -250_00, -500_00),  # a credit likewise
        (short("L1", 1_200_00, term=12), 50_00, 1_200_00),
        (short("L1", 1_000_00, days=1, of=3), Fraction(1_000_00, 30), Fraction(1_000_00, 3)),
    ],
)
def test_both_readings_are_exact(line: ShortLine, as_said: object, for_period: object) -> None:
    assert two_readings([line], JUNE) == (as_said, for_period)


def test_readings_of_several_lines_add_up_before_they_are_rounded() -> None:
    thirds = [short(f"L{number}", 1, days=1, of=3) for number in range(3)]

    assert two_readings(thirds, JUNE) == (Fraction(3, 30), 1)


def test_the_warning_says_both_amounts_in_euros_and_names_each_line() -> None:
    revenues = [frozen("NL", short("L1", 500_00), short("L2", 100_00)), frozen("DE")]

    (found,) = short_line_findings(revenues, month=JUNE, rates={})

    assert (found.entity, found.severity, found.check, found.count) == ("NL", "warning", "short_period", 2)
    assert found.message.startswith(
        "2 lines in EUR with a period shorter than the term: 300.00 EUR as said, 600.00 EUR for the period alone;"
    )
    assert found.examples == (
        "line L1, account A1: 2015-06-16 to 2015-07-01 with a term of 1 month: "
        "250.00 EUR as said, 500.00 EUR for the period alone",
        "line L2, account A1: 2015-06-16 to 2015-07-01 with a term of 1 month: "
        "50.00 EUR as said, 100.00 EUR for the period alone",
    )


def test_each_currency_has_its_own_warning_and_is_converted_where_there_is_a_rate() -> None:
    revenue = frozen("US", short("L1", 500_00, currency="USD"), short("L2", 500_00, currency="GBP"))

    found = short_line_findings([revenue], month=JUNE, rates={"USD": Decimal("1.25")})

    assert [each.message.partition(";")[0] for each in found] == [
        "1 line in GBP with a period shorter than the term: 250.00 GBP as said, 500.00 GBP for the period alone",
        "1 line in USD with a period shorter than the term: 200.00 EUR as said, 400.00 EUR for the period alone",
    ]


def test_amounts_are_rounded_half_away_from_zero_after_conversion() -> None:
    readings = two_readings([short("L1", -1, days=15, of=15)], JUNE)

    assert (
        readings_text(readings, "USD", {"USD": Decimal("0.5")}) == "-0.01 EUR as said, -0.02 EUR for the period alone"
    )


def test_an_entity_without_short_lines_is_not_named() -> None:
    assert short_line_findings([frozen("NL")], month=JUNE, rates={}) == []


def test_both_readings_are_in_the_programmes_unit() -> None:
    readings = TwoReadings(Fraction(120_00), Fraction(360_00))
    rates = {"USD": Decimal("1.2"), "IDR": Decimal(20_000)}
    assert readings_text(readings, "EUR", rates, Unit("USD")).startswith("144.00 USD as said, 432.00 USD")
    assert readings_text(readings, "EUR", rates, Unit("IDR", 0)).startswith("2,400,000 IDR as said, 7,200,000 IDR")
    assert readings_text(readings, "IDR", {}, Unit("IDR", 0)).startswith("12,000 IDR as said, 36,000 IDR")
    assert readings_text(readings, "EUR", {}, Unit("IDR", 0)).startswith("120.00 EUR as said, 360.00 EUR")
