"""Where a discount that was due came from: the tier that was earned, a grace period above it, an older agreement.

What an older agreement alone would have given is its share, whatever a grant gave besides; a grace period has only what
nothing else gives.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from partner_program.domain.entitlement import Entitlement
from partner_program.domain.families import families_of
from partner_program.domain.program import Program, program_in_force_or_first
from partner_program.domain.rates import Rate
from partner_program.domain.registry import GraceGrant, LegacyAgreement, agreements_by_partner


class DueShares(NamedTuple):
    """The parts of a discount that was due, in basis points; together they are all of it."""

    earned_bp: int
    grace_bp: int
    legacy_bp: int


class Earned(NamedTuple):
    """The tier that a partner's revenue earned, from the day on which a month took force for it."""

    effective_on: date
    tier: int


class SharesOfDue:
    """Answers for each partner and day of an order; `rates` are as in `Entitlements`.

    `earned` is by partner, in the order of the days; only that of partners with a grant is looked at.
    """

    def __init__(
        self,
        *,
        programs: Sequence[Program],
        rates: Mapping[str, Sequence[Rate]],
        agreements: Iterable[LegacyAgreement],
        grants: Iterable[GraceGrant],
        earned: Mapping[str, Sequence[Earned]],
    ) -> None:
        self._programs = programs
        self._rates = rates
        self._agreements = agreements_by_partner(agreements)
        self._grants: dict[str, list[GraceGrant]] = defaultdict(list)
        for grant in grants:
            self._grants[grant.partner_id].append(grant)
        self._earned = earned
        self._tiers: dict[tuple[date, int, str | None], int] = {}
        self._families = {each.product for program in programs for each in program.product_discounts}
        self._always = _the_same_in_all(programs)

    def of(self, due: Entitlement, day: date, product: str) -> DueShares:
        """The parts of what an order of a product family was due on a day; of nothing where nothing was."""
        bp = due.due_bp or 0
        if due.source == "older agreement":
            return DueShares(0, 0, bp)
        if due.source != "rate" or not bp:
            return DueShares(0, 0, 0)
        is_family = product in self._families
        if due.tier in self._always and not is_family and due.partner_id not in self._grants:
            of_tier = self._always[due.tier]
            return DueShares(min(of_tier, bp), 0, max(bp - of_tier, 0))
        rates = self._rates[due.partner_id]
        rate = rates[bisect_right(rates, day, key=lambda each: each.valid_from) - 1]
        family = product if is_family and product in families_of(rate.terms.families) else None
        of_tier = self._tier_bp(rate.valid_from, due.tier, family)
        own = self._own_tier(due.partner_id, due.tier, day)
        if own == due.tier:
            return DueShares(min(of_tier, bp), 0, max(bp - of_tier, 0))
        earned = min(self._tier_bp(rate.valid_from, own, family), bp)
        floor = bp if bp > of_tier else min(self._floor(due.partner_id, rate.valid_from, family), bp)
        legacy = max(floor - earned, 0)
        return DueShares(earned, bp - earned - legacy, legacy)

    def _tier_bp(self, day: date, tier: int, family: str | None) -> int:
        """What a tier alone gives by the programme of a rate's first day, in general or on a family."""
        key = day, tier, family
        if key not in self._tiers:
            program = program_in_force_or_first(self._programs, day)
            row = program.tier_row(program.tier_here(tier))
            general = row.monthly_fee_discount_bp if row else 0
            self._tiers[key] = program.families_bp(tier).get(family, general) if family else general
        return self._tiers[key]

    def _own_tier(self, partner_id: str, tier: int, day: date) -> int:
        """The tier that a partner had without a grant; that of its rate where no grant was open that gives it.

        A grant lifts from its first day until a month settles it, which may be after its last one.
        """
        grants = [each for each in self._grants.get(partner_id, ()) if each.tier >= tier and each.starts_on <= day]
        if not grants:
            return tier
        earned = self._earned.get(partner_id, ())
        place = bisect_right(earned, day, key=lambda each: each.effective_on)
        last = earned[place - 1] if place else None
        if not any(last is None or each.ends_on > last.effective_on for each in grants):
            return tier
        return min(last.tier if last else 0, tier)

    def _floor(self, partner_id: str, day: date, family: str | None) -> int:
        own = [each for each in self._agreements.get(partner_id, ()) if each.product == family and day in each.period]
        return max((each.monthly_fee_discount_bp for each in own), default=0)


def _the_same_in_all(programs: Sequence[Program]) -> dict[int, int]:
    """What a tier alone gives, of tiers that give the same in every programme: no day has to be looked up for them."""
    fewest = min(program.highest_tier for program in programs)
    given = {
        tier: {program.tiers[tier - 1].monthly_fee_discount_bp for program in programs} for tier in range(1, fewest + 1)
    }
    return {0: 0, **{tier: bps.pop() for tier, bps in given.items() if len(bps) == 1}}
