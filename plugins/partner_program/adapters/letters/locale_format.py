"""Formats numbers, money and dates for a reader's locale (rule 12), with Babel's patterns and whole numbers.

Babel formats one amount in about 20 microseconds and a letter has dozens. The signs and separators are therefore taken
from Babel once per locale; the digits come from the integer itself, without floats or rounding.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol, get_decimal_symbol, get_group_symbol

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_unit import EURO, Unit

NO_BREAK_SPACE = "\u00a0"
_MINUS = "\u2212"
_DISTINCT_VALUES = 4096
Signs = tuple[tuple[str, str], ...]


class LocaleFormat:
    """Formats amounts, percentages, months and days for one locale; values formatted before come from memory.

    `percent` takes basis points; `last_day` takes the first day after a period and formats the day before it.
    """

    def __init__(self, locale: Locale, unit: Unit = EURO) -> None:
        self.locale = locale
        self.unit = unit
        self.direction = locale.text_direction
        self.arrow = "→" if self.direction == "ltr" else "←"
        self._money = locale.currency_formats["standard"]
        self._percent = locale.percent_formats[None]
        self.point = get_decimal_symbol(locale)
        self._group = get_group_symbol(locale)
        self._by_thousands = self._money.grouping == (3, 3)
        self._own = self._own_signs()
        self.of_unit: Callable[[Unit], LocaleFormat] = lru_cache(_DISTINCT_VALUES)(self._of_unit)
        self._coded: Callable[[str], Signs] = lru_cache(_DISTINCT_VALUES)(self._code_signs)
        self.percent: Callable[[int], str] = lru_cache(_DISTINCT_VALUES)(self._format_percent)
        self.day: Callable[[date], str] = lru_cache(_DISTINCT_VALUES)(self._format_day)
        self.last_day: Callable[[date], str] = lru_cache(_DISTINCT_VALUES)(self._format_last_day)
        self.month: Callable[[str], str] = lru_cache(_DISTINCT_VALUES)(self._format_month)

    def own(self, minor: int) -> str:
        """Format an amount of the programme with its sign, as in €1,999.00 or 1,200 points; a minus is U+2212."""
        before, after = self._own[minor < 0]
        return before + self._digits(abs(minor), self.unit.decimals) + after

    @property
    def signs(self) -> tuple[str, str]:
        """The texts before and after the digits of an amount of the programme."""
        return self._own[0]

    def amount(self, minor: int, currency: str) -> str:
        """Format minor units with the currency's code, as in USD 1,999.00: `$` alone would not say which dollar.

        An amount in the programme's own currency has its decimals; what is counted has no code.
        """
        if currency == self.unit.code and self.unit.is_counted:
            return self.own(minor)
        before, after = self._coded(currency)[minor < 0]
        return before + self._digits(abs(minor), self._decimals(currency)) + after

    def bare(self, minor: int, currency: str = EURO.code) -> str:
        """Format minor units for a cell of a spreadsheet: no sign of a currency, no groups, a minus that it reads."""
        sign, decimals = "-" if minor < 0 else "", self._decimals(currency)
        if not decimals:
            return f"{sign}{abs(minor)}"
        units, rest = divmod(abs(minor), 100)
        return f"{sign}{units}{self.point}{rest:02d}"

    def rate(self, units_per_eur: str) -> str:
        """Format an exchange rate with every digit that it was given with."""
        return units_per_eur.replace(".", self.point)

    def together(self, names: list[str]) -> str:
        """Join names as a list in a sentence: Anna, Bo and Cem."""
        return format_list(names, locale=self.locale) if len(names) > 1 else "".join(names)

    def months(self, months: Sequence[int]) -> str:
        """Name calendar months in a sentence: January and July."""
        return self.together([self.locale.months["stand-alone"]["wide"][month] for month in months])

    def _of_unit(self, unit: Unit) -> "LocaleFormat":
        """The same for a programme in this unit."""
        return self if unit == self.unit else LocaleFormat(self.locale, unit)

    def _decimals(self, currency: str) -> int:
        return self.unit.decimals if currency == self.unit.code else EURO.decimals

    def _own_signs(self) -> Signs:
        """Return the texts around the digits of the programme's unit: the sign of its currency, or its code.

        The label of what is counted stands after them in every language.
        """
        if self.unit.is_counted:
            label = NO_BREAK_SPACE + self.unit.label
            return ("", label), (_MINUS, label)
        symbol = get_currency_symbol(self.unit.code, self.locale)
        return self._code_signs(symbol) if symbol == self.unit.code else self._signs(symbol)

    def _digits(self, minor: int, decimals: int = EURO.decimals) -> str:
        units, rest = divmod(minor, 10**decimals)
        whole = (
            f"{units:,}".replace(",", self._group) if self._by_thousands else format_decimal(units, locale=self.locale)
        )
        return f"{whole}{self.point}{rest:02d}" if decimals else whole

    def _signs(self, shown: str) -> Signs:
        """Return the texts before and after the digits, first of a positive, then of a negative amount."""
        return tuple((_sign(before, shown), _sign(after, shown)) for before, after in _affixes(self._money))

    def _code_signs(self, currency: str) -> Signs:
        """Return the same with a currency's code, which is always separated from the digits after it."""
        return tuple(
            (_sign(before.replace("¤" + NO_BREAK_SPACE, "¤"), currency + NO_BREAK_SPACE), _sign(after, currency))
            for before, after in _affixes(self._money)
        )

    def _format_percent(self, bp: int) -> str:
        whole, rest = divmod(bp, 100)
        part = f"{rest:02d}".rstrip("0")
        before, after = _affixes(self._percent)[0]
        return f"{before}{whole}{self.point if part else ''}{part}{after}"

    def _format_day(self, day: date) -> str:
        """Keep the number of the day on the line of its month: 1. September."""
        return format_date(day, "long", locale=self.locale).replace(" ", NO_BREAK_SPACE, 1)

    def _format_last_day(self, end: date) -> str:
        return self._format_day(end - timedelta(days=1))

    def _format_month(self, billing_month: str) -> str:
        return format_skeleton("yMMMM", BillingMonth.parse(billing_month).first_day, locale=self.locale)


def _affixes(pattern: NumberPattern) -> Signs:
    return tuple(zip(pattern.prefix, pattern.suffix, strict=True))


def _sign(affix: str, shown: str) -> str:
    return affix.replace("-", _MINUS).replace("¤", shown)
