"""What another programme would have meant, in figures that fit a page: month by month, and who gains or loses most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import BP, round_half_away
from partner_program.domain.program_design import side_of
from partner_program.domain.simulation import SimulatedMonth, SimulatedResult, Simulation

NAMED = 25  # so many winners and losers are named; a file has all partners that differ


@dataclass(frozen=True, slots=True)
class Changed:
    """Partners whose monthly fee discount would be another, and what they were counted with, in EUR cents."""

    partners: int
    mrr_eur_cents: int


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month, as `simulate` tells it; `weighed_eur_cents` is counted revenue times the difference of discounts.

    `tiers` are pairs of the tier in force and the one simulated, where they differ, with the number of partners; None
    is a month in which no table was in force.
    """

    month: BillingMonth
    effective_on: date | None
    partners: int
    held: int
    differ: int
    up: int
    down: int
    tiers: tuple[tuple[int | None, int | None, int], ...]
    higher: Changed
    lower: Changed
    weighed_eur_cents: int


@dataclass(frozen=True, slots=True)
class PartnerFigures:
    """One partner that would differ: the newest month in which it does, and all months together in euros."""

    partner_id: str
    months: int
    newest: BillingMonth
    mrr_eur_cents: int
    tier: int | None
    simulated_tier: int | None
    monthly_fee_discount_bp: int | None
    simulated_monthly_fee_discount_bp: int | None
    weighed_eur_cents: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The months in order; how many partners gain and lose, and those whom it moves most, in euros.

    A partner gains whose monthly fee discount would be higher in each month in which it would be another, or that gains
    in euros over all months; `others` differ in the setup fee or the service level alone, or as much up as down.
    """

    months: tuple[MonthFigures, ...]
    winners: int
    losers: int
    others: int
    most_gained: tuple[PartnerFigures, ...]
    most_lost: tuple[PartnerFigures, ...]
    gained_eur_cents: int

    @property
    def weighed_eur_cents(self) -> int:
        """All months together: the sum of what stands at each."""
        return sum(each.weighed_eur_cents for each in self.months)

    @property
    def lost_eur_cents(self) -> int:
        """What losers lose, 0 or less: with what winners gain it makes the sum."""
        return self.weighed_eur_cents - self.gained_eur_cents


def what_if(simulation: Simulation) -> WhatIf:
    """Tell a simulation in figures."""
    own: dict[str, list[SimulatedResult]] = {}
    for month in simulation.months:
        for each in month.differing:
            own.setdefault(each.settled.partner_id, []).append(each)
    sides: dict[int, list[PartnerFigures]] = {1: [], 0: [], -1: []}
    for partner_id, results in own.items():
        sides[_side(results)].append(_partner(partner_id, results))
    gained = sum(_weighed(results) for results in own.values() if _side(results) > 0)
    return WhatIf(
        months=tuple(_month(each) for each in simulation.months),
        winners=len(sides[1]),
        losers=len(sides[-1]),
        others=len(sides[0]),
        most_gained=_most(sides[1]),
        most_lost=_most(sides[-1]),
        gained_eur_cents=round_half_away(gained, BP),
    )


def _side(results: Sequence[SimulatedResult]) -> int:
    """1 for a winner, -1 for a loser, 0 for neither."""
    return side_of((each.settled.mrr_eur_cents, each.monthly_fee_difference_bp) for each in results)


def _month(month: SimulatedMonth) -> MonthFigures:
    moves = month.moves
    return MonthFigures(
        month=month.month,
        effective_on=month.effective_on,
        partners=len(month.results),
        held=month.held,
        differ=len(month.differing),
        up=moves["up"],
        down=moves["down"],
        tiers=tuple((before, now, partners) for (before, now), partners in month.tiers if before != now),
        higher=_changed(month.changed(1)),
        lower=_changed(month.changed(-1)),
        weighed_eur_cents=round_half_away(month.mrr_cents_times_bp, BP),
    )


def _changed(results: list[SimulatedResult]) -> Changed:
    return Changed(len(results), sum(each.settled.mrr_eur_cents for each in results))


def _partner(partner_id: str, results: list[SimulatedResult]) -> PartnerFigures:
    newest = results[-1]
    before, now = newest.settled.discounts, newest.discounts
    return PartnerFigures(
        partner_id=partner_id,
        months=len(results),
        newest=newest.settled.month,
        mrr_eur_cents=newest.settled.mrr_eur_cents,
        tier=newest.settled.tier,
        simulated_tier=newest.tier,
        monthly_fee_discount_bp=before.monthly_fee_bp if before else None,
        simulated_monthly_fee_discount_bp=now.monthly_fee_bp if now else None,
        weighed_eur_cents=round_half_away(_weighed(results), BP),
    )


def _weighed(results: Sequence[SimulatedResult]) -> int:
    return sum(each.settled.mrr_eur_cents * each.monthly_fee_difference_bp for each in results)


def _most(partners: list[PartnerFigures]) -> tuple[PartnerFigures, ...]:
    return tuple(sorted(partners, key=lambda each: (-abs(each.weighed_eur_cents), each.partner_id))[:NAMED])
