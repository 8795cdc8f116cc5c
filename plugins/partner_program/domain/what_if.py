"""What another programme would have meant, in figures that fit a page: month by month, and who gains or loses most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.families import Families, families_moved
from partner_program.domain.money import BP, round_half_away
from partner_program.domain.program_design import side_of
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.simulation import SimulatedMonth, SimulatedResult, Simulation, added

NAMED = 25  # so many winners and losers are named; a file has all partners that differ


@dataclass(frozen=True, slots=True)
class Changed:
    """Partners whose monthly fee discount would be another, and what they were counted with, in cents of the unit."""

    partners: int
    mrr_eur_cents: int


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month, as `simulate` tells it; `weighed_eur_cents` is counted revenue times the difference of discounts.

    That is None where the discounts of some partner differ by product family: nobody can say it. `mixed` are those that
    would get more for some families, and less for others. `tiers` are pairs of the tier in force and the one simulated,
    where they differ, with the number of partners; None is a month in which no table was in force.
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
    weighed_eur_cents: int | None
    mixed: Changed = Changed(0, 0)


@dataclass(frozen=True, slots=True)
class PartnerFigures:
    """One partner that would differ: the newest month in which it does, and all months together in the unit.

    These are not known where its discounts differ by product family.
    """

    partner_id: str
    months: int
    newest: BillingMonth
    mrr_eur_cents: int
    tier: int | None
    simulated_tier: int | None
    monthly_fee_discount_bp: int | None
    simulated_monthly_fee_discount_bp: int | None
    weighed_eur_cents: int | None
    families: Families | None = None
    simulated_families: Families | None = None

    @property
    def family_changes(self) -> list[str]:
        """The discount of each family with its own before or now: `vps 7 % to 8 %`."""
        return families_moved(
            (self.monthly_fee_discount_bp, self.families),
            (self.simulated_monthly_fee_discount_bp, self.simulated_families),
        )


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The months in order; how many partners gain and lose, and those whom it moves most, in the unit.

    A partner gains whose monthly fee discount would be higher in each month in which it would be another, or that gains
    in euros over all months; `others` differ in the setup fee or the service level alone, or as much up as down. Of the
    `undecided` nobody can say it: they would get more for some product families and less for others, and a settled
    month does not keep its revenue by family.
    """

    months: tuple[MonthFigures, ...]
    winners: int
    losers: int
    others: int
    most_gained: tuple[PartnerFigures, ...]
    most_lost: tuple[PartnerFigures, ...]
    gained_eur_cents: int | None
    undecided: int = 0
    of_undecided: tuple[PartnerFigures, ...] = ()
    unit: Unit = EURO

    @property
    def weighed_eur_cents(self) -> int | None:
        """All months together: the sum of what stands at each."""
        return added(each.weighed_eur_cents for each in self.months)

    @property
    def lost_eur_cents(self) -> int | None:
        """What losers lose, 0 or less: with what winners gain it makes the sum."""
        if not self.losers:
            return 0
        if self.weighed_eur_cents is None or self.gained_eur_cents is None:
            return None
        return self.weighed_eur_cents - self.gained_eur_cents


def what_if(simulation: Simulation) -> WhatIf:
    """Tell a simulation in figures."""
    own: dict[str, list[SimulatedResult]] = {}
    for month in simulation.months:
        for each in month.differing:
            own.setdefault(each.settled.partner_id, []).append(each)
    sides: dict[int | None, list[PartnerFigures]] = {1: [], 0: [], -1: [], None: []}
    for partner_id, results in own.items():
        sides[_side(results)].append(_partner(partner_id, results))
    gained = added(_weighed(results) for results in own.values() if _side(results) == 1)
    return WhatIf(
        months=tuple(_month(each) for each in simulation.months),
        winners=len(sides[1]),
        losers=len(sides[-1]),
        others=len(sides[0]),
        most_gained=_most(sides[1]),
        most_lost=_most(sides[-1]),
        gained_eur_cents=_cents(gained),
        undecided=len(sides[None]),
        of_undecided=_most(sides[None]),
        unit=simulation.program.unit,
    )


def _side(results: Sequence[SimulatedResult]) -> int | None:
    """1 for a winner, -1 for a loser, 0 for neither; None where nobody can say it."""
    return side_of([each.more.side for each in results], _weighed(results))


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
        weighed_eur_cents=_cents(month.mrr_cents_times_bp),
        mixed=_changed(month.changed(None)),
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
        weighed_eur_cents=_cents(_weighed(results)),
        families=before.families if before else None,
        simulated_families=now.families if now else None,
    )


def _weighed(results: Sequence[SimulatedResult]) -> int | None:
    return added(each.mrr_cents_times_bp for each in results)


def _cents(weighed: int | None) -> int | None:
    return None if weighed is None else round_half_away(weighed, BP)


def _most(partners: list[PartnerFigures]) -> tuple[PartnerFigures, ...]:
    return tuple(sorted(partners, key=_place)[:NAMED])


def _place(partner: PartnerFigures) -> tuple[bool, int, str]:
    """Where a partner stands among others: by its amount, or after those by its revenue where that is not known."""
    amount = partner.weighed_eur_cents
    return amount is None, -abs(partner.mrr_eur_cents if amount is None else amount), partner.partner_id
