"""The unit in which a programme counts: a currency, or what a company counts instead (rule 2).

Exchange rates are units of a currency per EUR, whatever the programme counts in. An amount in another currency is
converted at the two rates of its month as one exact fraction; the programme's own currency needs none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import round_half_away
from partner_program.domain.program import Program, program_in_force_or_first
from partner_program.domain.program_unit import EUR, EURO, Unit

_OWN = "1/1"
_DIGITS = 6


class Conversion(NamedTuple):
    """How an amount becomes one in the programme's unit: two rates of one month, both in units per EUR.

    `code` and `decimals` are those of the programme's currency; any other currency always has two.
    """

    units_per_eur: Decimal
    programme_units_per_eur: Decimal
    code: str
    decimals: int = 2

    def as_integer_ratio(self) -> tuple[int, int]:
        """Minor units of the currency for one of the programme's, as a ratio of whole numbers."""
        return _ratio_and_text(self)[0]

    def __str__(self) -> str:
        """The text that is kept with an amount: both rates, and the decimals where they are not two."""
        return _ratio_and_text(self)[1]


@lru_cache(maxsize=1_000)  # a month has one a currency, and asks for it at each account
def _ratio_and_text(by: Conversion) -> tuple[tuple[int, int], str]:
    ratio = Fraction(by.units_per_eur) / Fraction(by.programme_units_per_eur) * Fraction(100, 10**by.decimals)
    rates = f"{_plain(by.units_per_eur)}/{_plain(by.programme_units_per_eur)} {by.code}"
    text = _OWN if by == SAME else rates if by.decimals == 2 else f"{rates}:{by.decimals}"
    return ratio.as_integer_ratio(), text


AnyRate = Decimal | Conversion
SAME = Conversion(Decimal(1), Decimal(1), "")
"""The programme's own unit."""


def _plain(rate: Decimal) -> str:
    return format(rate.normalize(), "f")


def conversion_text(written: str) -> str:
    """The text of a conversion as it is kept with an amount."""
    return written if "/" in written else _plain(Decimal(written))


def conversion_of(text: str) -> AnyRate:
    """Read the text that is kept with an amount: units per EUR alone where the programme counts in EUR."""
    if "/" not in text:
        return Decimal(text)
    if text == _OWN:
        return SAME
    rates, _, decimals = text.partition(":")
    both, _, code = rates.partition(" ")
    units, _, programme = both.partition("/")
    return Conversion(Decimal(units), Decimal(programme), code, int(decimals or 2))


def is_own(currency: str, text: str) -> bool:
    """Whether an amount was in the programme's own unit, by its currency and the text that is kept with it."""
    return text == _OWN or (currency == EUR and "/" not in text)


def rates_of_text(text: str) -> tuple[str | None, str | None]:
    """The units per EUR of an amount's currency and of the programme's, as written; None where none was needed.

    The programme's is None too where that counts in EUR.
    """
    if text == _OWN:
        return None, None
    units, _, programme = text.partition(" ")[0].partition("/")
    return units, programme or None


def rate_in_unit(text: str) -> Decimal | None:
    """How much of an amount's currency is one of the programme's unit; None for the unit itself.

    Where both rates are in units per EUR, what they give is rounded to six digits, for the reader alone.
    """
    units, programme = rates_of_text(text)
    if units is None:
        return None
    if programme is None:
        return Decimal(units)
    exact = Fraction(Decimal(units)) / Fraction(Decimal(programme))
    places = _DIGITS
    while exact * 10**places < 10 ** (_DIGITS - 1):
        places += 1
    return Decimal(round_half_away((exact * 10**places).numerator, (exact * 10**places).denominator)).scaleb(-places)


def rate_text(text: str) -> str:
    """The same as it is written, with every digit that was given where the programme counts in EUR."""
    rate = rate_in_unit(text)
    return "" if rate is None else text if "/" not in text else _plain(rate)


def conversions(unit: Unit, rates: Mapping[str, Decimal]) -> dict[str, AnyRate]:
    """How each currency becomes the programme's unit, by currency; `rates` are units per EUR of one month.

    A currency without a rate is not there, and none but the own one is where the programme's has none.
    """
    known = {**rates, EUR: Decimal(1)}
    if unit.is_euro:
        return dict(known)
    own = None if unit.is_counted else known.get(unit.code)
    found: dict[str, AnyRate] = {}
    if own is not None:
        found = {currency: Conversion(units, own, unit.code, unit.decimals) for currency, units in known.items()}
    return {**found, unit.code: SAME}


def why_not_converted(
    unit: Unit, currency: str, month: BillingMonth, rates: Mapping[str, Decimal], doubtful: Mapping[str, str]
) -> str:
    """Why an amount cannot be converted in a month, in words."""
    if unit.is_counted:
        return f"an amount in {currency} is no number of {unit.name}: these are counted as {unit.code}"
    lacks = currency if currency != EUR and currency not in rates else unit.code
    of = ", the programme's currency" if lacks == unit.code and not unit.is_euro else ""
    return doubtful.get(lacks, f"no exchange rate for {lacks} in {month}{of}")


def unit_on(programs: Sequence[Program], day: date) -> Unit:
    """The unit of the programme in force on a day; before the first, that one's."""
    return program_in_force_or_first(programs, day).unit if programs else EURO


def unit_began(programs: Iterable[Program], day: date) -> date | None:
    """The day from which on the programme counts in the unit that it has on a day; None: it never had another."""
    began: date | None = None
    before: Unit | None = None
    for program in sorted(programs, key=lambda each: each.in_force_from):
        if before is not None and program.in_force_from > day:
            break
        if before is not None and program.unit != before:
            began = program.in_force_from
        before = program.unit
    return began
