"""Discount rates for new orders: effective-dated, never edited, one at each instant (rules 4 and 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from partner_program.domain.program import Component, Program
from partner_program.domain.registry import LegacyAgreement


@dataclass(frozen=True, slots=True)
class RateTerms:
    """What an order gets: the tier it comes from, both discounts in basis points, the service level.

    Of a programme without a setup fee discount that is 0, without service levels None.
    """

    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Terms that hold for orders placed from `valid_from` until the next rate's `valid_from`."""

    valid_from: date
    terms: RateTerms


@dataclass(frozen=True, slots=True)
class LegacyTerm:
    """A term of an older agreement that is better than the tier's and stays; `valid_to` is exclusive."""

    component: Component
    discount_bp: int | None
    sla: str | None
    source: str
    valid_to: date | None


NO_PROGRAMME_RATE = RateTerms(tier=0, monthly_fee_discount_bp=0, setup_fee_discount_bp=0, sla=None)


def rate_terms(*, program: Program, tier: int, agreements: Sequence[LegacyAgreement], day: date) -> RateTerms:
    """The terms of a tier on a day, each component at least that of a legacy agreement in force.

    A tier above the programme's highest, from an earlier and longer table, is the highest.
    "existing Reseller Partners will continue to have their current discount and benefit levels (including SLA)".
    """
    tier = program.tier_here(tier)
    own = _own_terms(program, tier)
    floors = [agreement for agreement in agreements if day in agreement.period]
    if not floors:
        return own
    return RateTerms(
        tier=tier,
        monthly_fee_discount_bp=max(own.monthly_fee_discount_bp, *(floor.monthly_fee_discount_bp for floor in floors)),
        setup_fee_discount_bp=max(own.setup_fee_discount_bp, *(floor.setup_fee_discount_bp for floor in floors)),
        sla=max([own.sla, *(floor.sla for floor in floors)], key=program.sla_rank),
    )


def _own_terms(program: Program, tier: int) -> RateTerms:
    """What a tier gives by itself."""
    row = program.tier_row(tier)
    if row is None:
        return NO_PROGRAMME_RATE
    return RateTerms(tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp or 0, row.sla)


def rate_from(*, day: date, terms: RateTerms, current: Rate | None) -> Rate:
    """The rate that holds from a day: a new one only where tier, a discount or the service level differs (rule 4)."""
    return current if current is not None and current.terms == terms else Rate(day, terms)


def orders_differ(before: RateTerms, now: RateTerms) -> bool:
    """Whether an order gets another discount or service level; the tier that it comes from does not matter."""
    return replace(before, tier=now.tier) != now


def legacy_kept(
    *, program: Program, terms: RateTerms, agreements: Sequence[LegacyAgreement], day: date
) -> tuple[LegacyTerm, ...]:
    """The components in which a legacy agreement is better than the tier, as a letter names them."""
    own = _own_terms(program, terms.tier)
    kept: list[LegacyTerm] = []
    for floor in agreements:
        if day not in floor.period:
            continue
        valid_to = floor.period.valid_to
        if floor.monthly_fee_discount_bp == terms.monthly_fee_discount_bp > own.monthly_fee_discount_bp:
            kept.append(LegacyTerm("monthly_fee", floor.monthly_fee_discount_bp, None, floor.source, valid_to))
        if floor.setup_fee_discount_bp == terms.setup_fee_discount_bp > own.setup_fee_discount_bp:
            kept.append(LegacyTerm("setup_fee", floor.setup_fee_discount_bp, None, floor.source, valid_to))
        if floor.sla == terms.sla and program.sla_rank(terms.sla) > program.sla_rank(own.sla):
            kept.append(LegacyTerm("sla", None, floor.sla, floor.source, valid_to))
    return tuple(kept)


def legacy_ended(
    *, program: Program, before: RateTerms, now: RateTerms, agreements: Sequence[LegacyAgreement], day: date
) -> tuple[LegacyTerm, ...]:
    """The components that were kept before, and are lower now that their agreement has ended: why an order gets less.

    What the tier before gives by itself came from no agreement. Of agreements that gave the same, the last to end did.
    """
    ended: dict[Component, LegacyTerm] = {}
    for floor in sorted(agreements, key=lambda each: each.period.valid_to or date.max):
        if floor.period.valid_to is None or floor.period.valid_to > day:
            continue
        then = replace(floor, period=replace(floor.period, valid_to=None))
        for term in legacy_kept(program=program, terms=before, agreements=[then], day=day):
            if _is_lower(program, now, term):
                ended[term.component] = replace(term, valid_to=floor.period.valid_to)
    return tuple(ended[component] for component in get_args(Component) if component in ended)


def _is_lower(program: Program, now: RateTerms, term: LegacyTerm) -> bool:
    if term.component == "sla":
        return program.sla_rank(now.sla) < program.sla_rank(term.sla)
    bp = now.monthly_fee_discount_bp if term.component == "monthly_fee" else now.setup_fee_discount_bp
    return bp < (term.discount_bp or 0)
