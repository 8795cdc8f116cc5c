"""Simulation: settled results beside what another programme makes of them; nothing of it takes force."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.families import Families, Points, points, points_more
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.other_rates import ForeignAccount
from partner_program.domain.program import Program
from partner_program.domain.tier_changes import Merit


class Discounts(NamedTuple):
    """What new orders get: basis points, and the service level; product families may have their own monthly ones."""

    monthly_fee_bp: int
    setup_fee_bp: int
    sla: str | None
    families: Families | None = None

    @property
    def monthly_fee(self) -> Points:
        """The discount on the monthly fee, by product family."""
        return points(self.monthly_fee_bp, self.families)

    def differ_from(self, other: "Discounts | None") -> bool:
        """Whether an order of any family would get another discount or service level."""
        if other is None:
            return True
        return (self.monthly_fee, *self[1:3]) != (other.monthly_fee, *other[1:3])


def added(amounts: Iterable[int | None]) -> int | None:
    """The sum of amounts; None where one of them is not known."""
    total = 0
    for each in amounts:
        if each is None:
            return None
        total += each
    return total


NO_POINTS = Points(0)


@dataclass(frozen=True, slots=True)
class SettledResult:
    """What one settlement of a month says about a partner; `sequence` is the order in which settlements took force.

    `effective_on` and `discounts` are None for a month that is history only. `taken_on` is the settlement's own day:
    for a restatement that of its acceptance. `grants` are those that were open then, with their outcome; `merit` is
    what the month left, the tier that it earned where no rules for changes of tier stood between. `begin_anew` are
    the months, this one among them, before which the partner had left the programme, as far as was known when this
    month first decided it. `left_out`: a later month had left it out by then and ended its rate, which stays so.
    `in_unit` says whether `mrr_eur_cents` is in the unit of the months that are simulated.
    `foreign` are its accounts in other currencies than the programme's, where they are needed and known.
    """

    month: BillingMonth
    sequence: int
    partner_id: str
    effective_on: date | None
    taken_on: date | None
    mrr_eur_cents: int
    tier: int | None
    discounts: Discounts | None
    grants: tuple[tuple[str, GrantOutcome | None], ...] = ()
    earned_tier: int | None = None
    foreign: tuple[ForeignAccount, ...] | None = None
    merit: Merit | None = None
    begin_anew: frozenset[BillingMonth] = frozenset()
    left_out: bool = False
    in_unit: bool = True

    @property
    def decided(self) -> tuple[object, ...]:
        """What it decided; equal for two results where a restatement only carried the first one over."""
        return (self.mrr_eur_cents, self.tier, self.discounts, self.grants)


@dataclass(frozen=True, slots=True)
class SimulatedResult:
    """A settled result beside what the other programme makes of it; `tier` is None where no table was in force.

    `amount_cents` is what it holds against its table, in cents of the unit; `is_money` says whether that is money.
    """

    settled: SettledResult
    tier: int | None
    discounts: Discounts | None
    amount_cents: int = 0
    is_money: bool = True

    @property
    def differs(self) -> bool:
        """Whether the partner would have another tier, discount or service level."""
        now, before = self.discounts, self.settled.discounts
        return self.tier != self.settled.tier or (before is not None if now is None else now.differ_from(before))

    @property
    def move(self) -> int:
        """How many tiers the partner would move up, or down where negative; 0 where no table was in force."""
        return 0 if self.tier is None or self.settled.tier is None else self.tier - self.settled.tier

    @property
    def more(self) -> Points:
        """How much higher the monthly fee discount would be, in basis points by product family."""
        if self.discounts is None or self.settled.discounts is None:
            return NO_POINTS
        return points_more(self.settled.discounts.monthly_fee, self.discounts.monthly_fee)

    @property
    def mrr_cents_times_bp(self) -> int | None:
        """Its counted revenue in cents times the difference in monthly fee discount.

        None where that differs by product family, since a settled month does not keep its revenue by family, and where
        what is counted is no money.
        """
        return self.more.of(self.settled.mrr_eur_cents, is_money=self.is_money)


@dataclass(frozen=True, slots=True)
class SimulatedMonth:
    """One month as it is settled, beside what the other programme makes of it; held partners have no result."""

    month: BillingMonth
    status: str
    effective_on: date | None
    held: int
    results: tuple[SimulatedResult, ...]

    @property
    def differing(self) -> list[SimulatedResult]:
        """The partners that would have another tier, discount or service level."""
        return [each for each in self.results if each.differs]

    @property
    def tiers(self) -> list[tuple[tuple[int | None, int | None], int]]:
        """How many partners have one tier in force and another, or the same, simulated; lowest first."""
        found = Counter((each.settled.tier, each.tier) for each in self.results)
        return sorted(found.items(), key=lambda each: [-1 if tier is None else tier for tier in each[0]])

    @property
    def moves(self) -> dict[str, int]:
        """How many partners would be in a higher and in a lower tier."""
        return {
            "up": sum(each.move > 0 for each in self.results),
            "down": sum(each.move < 0 for each in self.results),
        }

    @property
    def mrr_cents_times_bp(self) -> int | None:
        """Each partner's counted revenue in cents times its difference in monthly fee discount; None if not known.

        It compares tier tables and is not a forecast: discounts are given on new orders alone, and the counted
        revenue is net of those given already.
        """
        return added(each.mrr_cents_times_bp for each in self.results)

    def changed(self, side: int | None) -> list[SimulatedResult]:
        """The partners whose monthly fee discount would be higher (1) or lower (-1).

        None has those for whom it would be higher for some product families, and lower for others.
        """
        return [each for each in self.results if each.more.side == side]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Months in order, and the programme that they were decided with."""

    program: Program
    months: tuple[SimulatedMonth, ...]

    @property
    def has_families(self) -> bool:
        """Whether any rate, in force or simulated, has discounts of its own for product families."""
        return any(
            each is not None and each.families is not None
            for month in self.months
            for result in month.results
            for each in (result.settled.discounts, result.discounts)
        )
