"""Judges the exchange rates that people enter (rule 2): a believable wrong rate waits for a person's confirmation.

A rate that was typed the other way round, or for another month, converts every amount without an error. So each rate is
compared with the month before and, where the official series has the month, with its mean. One that is too far off
counts as missing until a person confirms this very value.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import EXAMPLES, Finding, one_line
from partner_program.domain.money import BP, monthly_mean, percent_text
from partner_program.domain.plurals import first_names, plural
from partner_program.domain.program_unit import EUR
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import ExchangeRate
from partner_program.domain.revenue import EntityRevenue, may_count

Means = Mapping[tuple[BillingMonth, str], Decimal]
PublishedDays = Mapping[BillingMonth, Mapping[date, Mapping[str, Decimal]]]
NAMED_DAYS = 10  # how many missing days a refusal names; it counts the rest
_SATURDAY = 5
_FIRST_YEAR = 1999


class RateValue(NamedTuple):
    """One very value of a rate: a confirmation is bound to it, a changed value needs a new one."""

    month: BillingMonth
    currency: str
    units_per_eur: Decimal


@dataclass(frozen=True, slots=True)
class JudgedRate:
    """A rate with what it was compared with; `doubts` say why a person has to confirm it, empty where it is sound.

    `before` is the newest earlier rate that is itself relied on, back to the month before the first doubtful one.
    `relied_on` is True where it converts amounts: no doubt, confirmed, or used by a month that is in force.
    """

    rate: ExchangeRate
    before: ExchangeRate | None
    official: Decimal | None
    doubts: tuple[str, ...]
    confirmed: bool
    used: bool

    @property
    def relied_on(self) -> bool:
        """Whether this rate converts amounts; else it counts as missing."""
        return not self.doubts or self.confirmed or self.used

    @property
    def why_missing(self) -> str:
        """Why partners are held, in a sentence for people in finance, with the command that confirms it."""
        month, currency = self.rate.billing_month, self.rate.currency
        return (
            f"exchange rate {self.rate.units_per_eur} {currency} per EUR for {month} is in doubt: "
            f"{' and '.join(self.doubts)}; correct it in exchange_rates.csv, or confirm it with "
            f"partner-program rates confirm {month} {currency}"
        )


def value_of(rate: ExchangeRate) -> RateValue:
    """The very value that a confirmation is bound to."""
    return RateValue(rate.billing_month, rate.currency, rate.units_per_eur)


def judge_rates(
    *,
    rates: Sequence[ExchangeRate],
    official: Means,
    confirmed: Collection[RateValue],
    used: Container[RateValue],
    limit_bp: int,
) -> list[JudgedRate]:
    """Judge each rate by the month before and by the official mean; ordered by currency and month.

    `confirmed` are the values that a person stands for, `used` those that converted amounts in a month in force: what
    was settled stays. `limit_bp` is the programme's `rate_move_limit`. A rate in doubt is no measure for the next
    month: that one is compared with the last rate before it that is relied on.
    """
    judged: dict[tuple[BillingMonth, str], JudgedRate] = {}
    for rate in sorted(rates, key=lambda each: (each.currency, each.billing_month)):
        month, currency = rate.billing_month, rate.currency
        previous = judged.get((month.preceding, currency))
        before = None if previous is None else previous.rate if previous.relied_on else previous.before
        mean = official.get((month, currency))
        doubts = () if currency == EUR else tuple(_doubts(rate.units_per_eur, before, mean, limit_bp))
        judged[month, currency] = JudgedRate(
            rate, before, mean, doubts, value_of(rate) in confirmed, bool(doubts) and value_of(rate) in used
        )
    return list(judged.values())


def _doubts(units: Decimal, before: ExchangeRate | None, official: Decimal | None, limit_bp: int) -> list[str]:
    found = []
    limit = percent_text(limit_bp)
    if before is not None:
        was = f"{before.units_per_eur} in {before.billing_month}"
        if _is_nearer_to_inverse(units, before.units_per_eur):
            found.append(f"it is nearer to the inverse of the rate before ({was}): is it EUR per unit?")
        elif _is_off(units, before.units_per_eur, limit_bp):
            found.append(f"it moved by more than {limit} from {was}")
    if official is not None and _is_off(units, official, limit_bp):
        inverse = ", nearer to its inverse: is it EUR per unit?" if _is_nearer_to_inverse(units, official) else ""
        found.append(f"it is more than {limit} off the European Central Bank's mean {official}{inverse}")
    return found


def _is_off(units: Decimal, measure: Decimal, limit_bp: int) -> bool:
    return abs(Fraction(units) - Fraction(measure)) * BP > limit_bp * Fraction(measure)


def _is_nearer_to_inverse(units: Decimal, measure: Decimal) -> bool:
    """Whether the inverse is nearer by factors: so it is just where the two rates lie on different sides of 1."""
    return units < 1 < measure or measure < 1 < units


def rate_findings(doubtful: Mapping[str, str], revenues: Iterable[EntityRevenue]) -> list[Finding]:
    """Report each rate in doubt at each entity that bills in its currency; `doubtful` has the reason by currency."""
    found = []
    for revenue in revenues:
        accounts: dict[str, dict[str, None]] = {}
        for group in revenue.groups:
            if group.currency in doubtful and may_count(group):
                accounts.setdefault(group.currency, {})[f"account {one_line(group.account_id)}"] = None
        for currency, concerned in sorted(accounts.items()):
            message = f"{doubtful[currency]}: holds {plural(len(concerned), 'account')}"
            examples = tuple(concerned)[:EXAMPLES]
            found.append(Finding(revenue.entity, "warning", "exchange_rate", message, len(concerned), examples))
    return found


def complete_mean(month: BillingMonth, currency: str, published: PublishedDays) -> tuple[Decimal, int]:
    """The mean of a currency over a month's published days, and how many those are.

    Refuses a month of which a day of publication is missing, by the names of those days.
    """
    days = {day: rates[currency] for day, rates in published.get(month, {}).items() if currency in rates}
    missing = [day for day in publication_days(month) if day not in days]
    if missing:
        raise Refusal(
            f"{currency} in {month} is not complete: no rate of {first_names(list(map(str, missing)), NAMED_DAYS)}"
        )
    return monthly_mean(list(days.values())), len(days)


def publication_days(month: BillingMonth) -> list[date]:
    """The days on which the Bank publishes: weekdays that are no closing day of its payment system."""
    closed = _closing_days(month.year)
    every = (date(month.year, month.month, day) for day in range(1, month.days + 1))
    return [day for day in every if day.weekday() < _SATURDAY and day not in closed]


def _closing_days(year: int) -> set[date]:
    easter = _easter(year)
    good_friday, easter_monday = easter - timedelta(days=2), easter + timedelta(days=1)
    closed = {date(year, 1, 1), date(year, 12, 25), good_friday, easter_monday, date(year, 5, 1), date(year, 12, 26)}
    if year == _FIRST_YEAR:  # that year it closed on two holidays only
        closed = {date(year, 1, 1), date(year, 12, 25)}
    if year in (_FIRST_YEAR, 2001):  # the turns of the year of the euro
        closed.add(date(year, 12, 31))
    return closed


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)
