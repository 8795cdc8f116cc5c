"""Warns of lines whose period is shorter than the term that they name (rule 2): was the amount invoiced for the period?

Such a line counts as it says. If its amount pays for the period alone, it counts too little in each of its months, and
nothing else would show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import EXAMPLES, Finding, one_line
from partner_program.domain.money import round_half_away
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.revenue import EntityRevenue, ShortLine
from partner_program.domain.unit import conversions


class TwoReadings(NamedTuple):
    """What lines give of a month in minor units, exact: as they say, and if each amount pays for its period alone."""

    as_said: Fraction
    for_period: Fraction


def two_readings(lines: Iterable[ShortLine], month: BillingMonth) -> TwoReadings:
    """Add up what lines of one currency give of a month, read in both ways."""
    as_said, for_period = Fraction(0), Fraction(0)
    for line in lines:
        amount = line.net_amount_minor * line.covered_days
        as_said += Fraction(amount, line.term_months * month.days)
        for_period += Fraction(amount, line.period_days)
    return TwoReadings(as_said, for_period)


def readings_text(readings: TwoReadings, currency: str, rates: Mapping[str, Decimal], unit: Unit = EURO) -> str:
    """Both amounts in the programme's unit, as `333.33 EUR as said, 500.00 EUR for the period alone`.

    They are in `currency` where `rates`, in units per EUR, do not convert it.
    """
    rate = conversions(unit, rates).get(currency)
    units, ones = (1, 1) if rate is None else rate.as_integer_ratio()
    told, name = (unit.of(currency), one_line(currency)) if rate is None else (unit, unit.name)
    said, alone = (
        f"{told.text(round_half_away(each.numerator * ones, each.denominator * units))} {name}" for each in readings
    )
    return f"{said} as said, {alone} for the period alone"


def short_line_findings(
    revenues: Sequence[EntityRevenue], *, month: BillingMonth, rates: Mapping[str, Decimal], unit: Unit = EURO
) -> list[Finding]:
    """Name each entity's short lines by currency, with what both readings give; `rates` are units per EUR."""
    found = []
    for revenue in revenues:
        by_currency: dict[str, list[ShortLine]] = {}
        for line in revenue.short_lines:
            by_currency.setdefault(line.currency, []).append(line)
        for currency, lines in sorted(by_currency.items()):
            amounts = readings_text(two_readings(lines, month), currency, rates, unit)
            message = (
                f"{plural(len(lines), 'line')} in {one_line(currency)} with a period shorter than the term: {amounts}; "
                "an amount that pays for its period alone needs an empty term_months"
            )
            examples = tuple(
                f"line {one_line(line.line_id)}, account {one_line(line.account_id)}: {period_text(line)}: "
                + readings_text(two_readings([line], month), currency, rates, unit)
                for line in lines[:EXAMPLES]
            )
            found.append(Finding(revenue.entity, "warning", "short_period", message, len(lines), examples))
    return found


def period_text(line: ShortLine) -> str:
    """A line's period and term in words."""
    return f"{line.service_start} to {line.service_end} with a term of {plural(line.term_months, 'month')}"
