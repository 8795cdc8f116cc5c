"""Discount rates for new orders: effective-dated, never edited, one at each instant (rules 4 and 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import get_args

from partner_program.domain.families import Families, families_differ, families_of, families_text
from partner_program.domain.program import Component, Program
from partner_program.domain.registry import LegacyAgreement


@dataclass(frozen=True, slots=True)
class RateTerms:
    """What an order gets: the tier it comes from, both discounts in basis points, the service level.

    Of a programme without a setup fee discount that is 0, without service levels None. `families` are the product
    families with a discount of their own on the monthly fee: an order of one has that, not the general one.
    """

    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    families: Families | None = None

    @property
    def gives_nothing(self) -> bool:
        """Whether no order gets anything: as without a rate of the programme, though families may be named with 0."""
        return replace(self, families=None) == NO_PROGRAMME_RATE and not any(families_of(self.families).values())

    def of_product(self, product: str | None) -> "RateTerms":
        """The terms of an order of one product family."""
        if self.families is None:
            return self
        own = families_of(self.families).get(product or "")
        return replace(
            self, monthly_fee_discount_bp=self.monthly_fee_discount_bp if own is None else own, families=None
        )


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
    product: str | None = None


NO_PROGRAMME_RATE = RateTerms(tier=0, monthly_fee_discount_bp=0, setup_fee_discount_bp=0, sla=None)


def rate_terms(*, program: Program, tier: int, agreements: Sequence[LegacyAgreement], day: date) -> RateTerms:
    """The terms of a tier on a day, each component at least that of a legacy agreement in force.

    An agreement is about the general discount, or about that of the product family that it names.
    A tier above the programme's highest, from an earlier and longer table, is the highest.
    "existing Reseller Partners will continue to have their current discount and benefit levels (including SLA)".
    """
    tier = program.tier_here(tier)
    own = _own_terms(program, tier)
    floors = [agreement for agreement in agreements if day in agreement.period]
    if not floors:
        return own
    families = families_of(own.families)
    for floor in floors:
        if floor.product is not None:
            kept = families.get(floor.product, own.monthly_fee_discount_bp)
            families[floor.product] = max(kept, floor.monthly_fee_discount_bp)
    general = [floor.monthly_fee_discount_bp for floor in floors if floor.product is None]
    return RateTerms(
        tier=tier,
        monthly_fee_discount_bp=max([own.monthly_fee_discount_bp, *general]),
        setup_fee_discount_bp=max(own.setup_fee_discount_bp, *(floor.setup_fee_discount_bp for floor in floors)),
        sla=max([own.sla, *(floor.sla for floor in floors)], key=program.sla_rank),
        families=families_text(families),
    )


def _own_terms(program: Program, tier: int) -> RateTerms:
    """What a tier gives by itself."""
    row = program.tier_row(tier)
    families = families_text(program.families_bp(tier)) if program.product_discounts else None
    if row is None:
        return replace(NO_PROGRAMME_RATE, families=families) if families else NO_PROGRAMME_RATE
    return _shared_terms(tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp or 0, row.sla, families)


# A tier's partners have equal terms: one value for all of them, not one each.
_shared_terms = lru_cache(maxsize=1_000)(RateTerms)


def rate_from(*, day: date, terms: RateTerms, current: Rate | None) -> Rate:
    """The rate that holds from a day: a new one only where tier, a discount or the service level differs (rule 4).

    A rate that gives nothing does so of every family, whether it names them or not.
    """
    if current is None:
        return Rate(day, terms)
    is_same = current.terms == terms or (current.terms.gives_nothing and terms.gives_nothing)
    return current if is_same else Rate(day, terms)


def orders_differ(before: RateTerms, now: RateTerms) -> bool:
    """Whether an order gets another discount or service level; the tier that it comes from does not matter."""
    if replace(before, tier=now.tier, families=now.families) != now:
        return True
    return families_differ(
        (before.monthly_fee_discount_bp, before.families), (now.monthly_fee_discount_bp, now.families)
    )


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
        if floor.product is not None:
            if floor.monthly_fee_discount_bp == _of(terms, floor.product) > _of(own, floor.product):
                bp = floor.monthly_fee_discount_bp
                kept.append(LegacyTerm("monthly_fee", bp, None, floor.source, valid_to, floor.product))
            continue
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
    ended: dict[tuple[Component, str | None], LegacyTerm] = {}
    for floor in sorted(agreements, key=lambda each: each.period.valid_to or date.max):
        if floor.period.valid_to is None or floor.period.valid_to > day:
            continue
        then = replace(floor, period=replace(floor.period, valid_to=None))
        for term in legacy_kept(program=program, terms=before, agreements=[then], day=day):
            if _is_lower(program, now, term):
                ended[term.component, term.product] = replace(term, valid_to=floor.period.valid_to)
    in_order = sorted(ended, key=lambda each: (get_args(Component).index(each[0]), each[1] or ""))
    return tuple(ended[each] for each in in_order)


def _of(terms: RateTerms, product: str | None) -> int:
    return terms.of_product(product).monthly_fee_discount_bp


def _is_lower(program: Program, now: RateTerms, term: LegacyTerm) -> bool:
    if term.component == "sla":
        return program.sla_rank(now.sla) < program.sla_rank(term.sla)
    bp = _of(now, term.product) if term.component == "monthly_fee" else now.setup_fee_discount_bp
    return bp < (term.discount_bp or 0)
