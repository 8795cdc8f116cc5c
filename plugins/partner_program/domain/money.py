"""Money: integer minor units and exact ratios, never floats; each rounding has a name.

EUR cents are `_cents`, a line's own currency is `_minor` (two decimals each), discounts are `_bp` (800 = 8 %).
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

from partner_program.domain.refusals import Refusal

BP = 10_000
_AMOUNT = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
_RATE = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)


def round_half_away(numerator: int, denominator: int) -> int:
    """Round a ratio to a whole number, half away from zero; the denominator is positive."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def rounded(amount: Fraction) -> int:
    """Round an exact amount to a whole number, half away from zero."""
    return round_half_away(amount.numerator, amount.denominator)


def add_ratios(numerator: int, denominator: int, more: int, of: int) -> tuple[int, int]:
    """Add two ratios, which are not reduced."""
    if denominator == of:
        return numerator + more, denominator
    common = lcm(denominator, of)
    return numerator * (common // denominator) + more * (common // of), common


def amount_cents(text: str) -> int:
    """Read an amount such as `1999.99` as cents; separators, signs and exponents are refused, never guessed."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Refusal(f"amount {text!r}: expected euros with at most two decimals, as in 1999.99")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def percent_bp(text: str) -> int:
    """Read a percentage such as `2.5` as basis points (250)."""
    match = _PERCENT.fullmatch(text)
    if match is None:
        raise Refusal(f"percentage {text!r}: expected a number with at most two decimals, as in 2.5")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def exchange_rate(text: str) -> Decimal:
    """Read units of a currency per EUR, positive, at most six decimals, as in 1.122577."""
    if _RATE.fullmatch(text) is None or Decimal(text) == 0:
        raise Refusal(f"exchange rate {text!r}: expected units per EUR above 0 with at most six decimals")
    return Decimal(text)


def rate_ratio(units_per_eur: Decimal) -> tuple[int, int]:
    """An exchange rate as a ratio of whole numbers."""
    return units_per_eur.as_integer_ratio()


def monthly_mean(published: Sequence[Decimal]) -> Decimal:
    """The arithmetic mean over a month's published days, rounded half up to six decimals (rule 2)."""
    total = sum((Fraction(rate) for rate in published), Fraction(0)) / len(published)
    micro = round_half_away(total.numerator * 1_000_000, total.denominator)
    return Decimal(micro).scaleb(-6)


def percent_text(bp: int) -> str:
    """Basis points as a percentage to read: 250 is `2.5 %`."""
    whole, rest = divmod(abs(bp), 100)
    sign = "-" if bp < 0 else ""
    return f"{sign}{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %"


def euros_text(cents: int) -> str:
    """Cents as euros to read: 199999 is `1,999.99`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def discounted_cents(list_cents: int, discount_bp: Fraction) -> int:
    """What is left of a list price after a discount, in cents, rounded half up once and never below 0."""
    left = list_cents * max(BP - discount_bp, Fraction(0)) / BP
    return round_half_away(left.numerator, left.denominator)
