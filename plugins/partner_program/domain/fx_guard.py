"""The exchange-rate guard, key `fx_guard`: whether exchange rates alone may move a tier (docs/programme.md).

What counts is always a month's own amount at its own rates. The guard asks what the same amount would have earned at
the rates of the last month that decided the partner without the guard: then a tier that moves has moved for another
reason than exchange rates, however long these stay where they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import NOTHING_HELD, OnRecord, Program
from partner_program.domain.program_unit import EURO, Unit


@dataclass(frozen=True, slots=True)
class LastEarned:
    """The tier that a partner earned in the last earlier month in force that assigned it.

    `rates_of` is the month whose exchange rates the next one is held against: that month, or where the guard held it,
    the one that it was held against itself.
    """

    tier: int
    rates_of: BillingMonth


@dataclass(frozen=True, slots=True)
class FxBasis:
    """What the guard compares a month with: `last` by partner, and `rates`, units per EUR by month and currency.

    A rate that is not there is not known, and never 1. Who has no `last` was never assigned before.
    """

    last: Mapping[str, LastEarned]
    rates: Mapping[BillingMonth, Mapping[str, Decimal]]

    def rates_before(self) -> dict[str, tuple[BillingMonth, Mapping[str, Decimal]]]:
        """The month and the rates that each partner is held against."""
        return {
            partner_id: (each.rates_of, self.rates.get(each.rates_of, {})) for partner_id, each in self.last.items()
        }


@dataclass(frozen=True, slots=True)
class AtRatesBefore:
    """A partner's month in EUR cents at the rates that it is held against; `holds`: the guard decided its tier."""

    rates_of: BillingMonth
    cents: int
    holds: bool


def guarded_tier(*, program: Program, earned: int, at_rates_before: int | None, last: int | None) -> int:
    """The tier that a month earns where exchange rates alone move none: the middle one of three.

    Of the tier `earned` at this month's rates, that `at_rates_before`, and the one earned `last`, the middle one is as
    far from the last as both rates agree to go: up, down, or not at all. As earned where the guard is not on, the tier
    at the rates before is not known, or nothing was earned before.
    """
    if program.fx_guard != "hold_tier" or at_rates_before is None or last is None:
        return earned
    return sorted((earned, at_rates_before, program.tier_here(last)))[1]


@dataclass(frozen=True, slots=True)
class RatesAlone:
    """What exchange rates alone made of a partner's month, in EUR cents.

    `cents` is its total at the rates of the month `rates_of` and `tier` what that would have earned; None where a rate
    is not known, or nothing was earned before. `own_tier` is what the total earns by the table.
    """

    rates_of: BillingMonth | None
    cents: int | None
    tier: int | None
    own_tier: int
    holds: bool

    @property
    def moves(self) -> bool:
        """Whether the tier would have been another at the rates of that month."""
        return self.tier is not None and self.tier != self.own_tier


def rates_alone(
    *,
    program: Program,
    mrr_eur_cents: int,
    before: AtRatesBefore | None,
    held: OnRecord = NOTHING_HELD,
    window: Sequence[int] = (),
) -> RatesAlone | None:
    """What exchange rates alone made of a month; None where the programme does not look at it.

    `held` is what was on record beside revenue; `window` are the totals of the months before that count with it, in EUR
    cents: each keeps its own rates.
    """
    if program.fx_guard == "off":
        return None
    own = program.tier_with(program.amount_of(mrr_eur_cents, window), held)
    if before is None:
        return RatesAlone(None, None, None, own, holds=False)
    then = program.tier_with(program.amount_of(before.cents, window), held)
    return RatesAlone(before.rates_of, before.cents, then, own, before.holds)


def rates_words(found: RatesAlone, unit: Unit = EURO) -> str:
    """What exchange rates alone made of a month, in one line."""
    if found.cents is None or found.tier is None:
        return "at the exchange rates of an earlier month: not known"
    then = f"at the exchange rates of {found.rates_of}: {unit.amount(found.cents)}, {_tier(found.tier)}"
    return f"{then}; by rates alone it would be {_tier(found.own_tier)}: they move no tier" if found.holds else then


def _tier(tier: int) -> str:
    return f"tier {tier or 'none'}"
