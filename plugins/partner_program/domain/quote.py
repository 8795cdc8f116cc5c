"""What an order costs on the day it is placed (rule 9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from partner_program.domain.families import families_of, known_families
from partner_program.domain.money import BP, discounted_cents, percent_text
from partner_program.domain.plurals import plural
from partner_program.domain.program import Component, Program, Promotions
from partner_program.domain.rates import RateTerms
from partner_program.domain.refusals import NotDefined

ONE_MONTH = 1
_PREPAYMENT = "prepayment"


@dataclass(frozen=True, slots=True)
class QuoteStep:
    """One discount of a fee: which fee, by which rule, how many basis points; a surcharge is negative."""

    component: Literal["monthly_fee", "setup_fee"]
    rule: str
    bp: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The fees of an order in cents, each rounded half up once at the end, and the steps that led to them."""

    monthly_fee_cents: int
    setup_fee_cents: int
    steps: tuple[QuoteStep, ...]


def quote(
    *,
    program: Program,
    terms: RateTerms,
    legacy: frozenset[Component],
    monthly_list_cents: int,
    setup_list_cents: int,
    term_months: int,
    website_bp: int = 0,
    promotion_bp: int = 0,
    product: str | None = None,
    shortened_from_months: int | None = None,
    tier_name: str = "",
) -> Quote:
    """Price an order with the rate in force on its day.

    Partner discount and promotions combine as the programme says, prepayment comes on top; `legacy` names the
    components that an older agreement gives. Raises `NotDefined` for a term or a product's term that the programme has
    no rule for, where website discount and promotion are more than the whole price, and for an order without a product
    where product families have discounts of their own. A programme without prepayment
    knows the term of one month alone. `tier_name` is the own name of the rate's tier.
    """
    families = products_of_order(program, terms)
    _check_product(product, families, is_needed=needs_product(program, terms))
    _check_term(program, term_months, product)
    own_family = product if product in families_of(terms.families) else None
    terms = terms.of_product(product)
    public_bp = website_bp + promotion_bp
    if public_bp > BP:
        raise NotDefined(
            f"website discount and promotion of {percent_text(public_bp)} together are not defined: "
            "they can be at most the whole price, 100 %"
        )
    partner_bp = terms.monthly_fee_discount_bp
    fee_bp = combined_bp(
        partner_bp=partner_bp, public_bp=public_bp, cap_bp=program.promotion_cap_bp, promotions=program.promotions
    )
    term_bp = 0 if program.prepayment_bp is None else program.prepayment_bp[term_months]
    origin = _origin(terms, "monthly_fee" in legacy, tier_name) + (f", {own_family}" if own_family else "")
    steps = [
        QuoteStep("monthly_fee", origin, partner_bp),
        QuoteStep("monthly_fee", "website discount", website_bp),
        QuoteStep("monthly_fee", "promotion", promotion_bp),
        QuoteStep("monthly_fee", _combined_rule(program, partner_bp, public_bp), fee_bp - partner_bp - public_bp),
    ]
    if program.prepayment_bp is not None:
        steps.append(QuoteStep("monthly_fee", f"{_PREPAYMENT} of {plural(term_months, 'month')}", term_bp))
    if shortened_from_months is not None:
        surcharge = shortening_surcharge_bp(program=program, from_months=shortened_from_months, to_months=term_months)
        steps.append(QuoteStep("monthly_fee", f"shortened from {plural(shortened_from_months, 'month')}", -surcharge))
    else:
        surcharge = 0
    discount = _stacked(program, fee_bp, term_bp) - surcharge
    setup_bp = min(terms.setup_fee_discount_bp, BP)
    if setup_bp or program.has("setup_fee"):
        steps.append(QuoteStep("setup_fee", _origin(terms, "setup_fee" in legacy, tier_name), setup_bp))
    always = {origin, *(_origin(terms, is_legacy, tier_name) for is_legacy in (True, False))}
    return Quote(
        monthly_fee_cents=discounted_cents(monthly_list_cents, discount),
        setup_fee_cents=discounted_cents(setup_list_cents, Fraction(setup_bp)),
        steps=tuple(step for step in steps if step.bp or step.rule in always or step.rule.startswith(_PREPAYMENT)),
    )


def shares_left(program: Program, steps: Sequence[QuoteStep]) -> tuple[Fraction, ...]:
    """What is left of one fee's list price after each of its steps, in basis points, never below 0."""
    left, found = Fraction(BP), []
    for step in steps:
        compounds = program.readings.stacking == "compound" and step.rule.startswith(_PREPAYMENT)
        left = left * Fraction(BP - step.bp, BP) if compounds else left - step.bp
        found.append(max(left, Fraction(0)))
    return tuple(found)


def combined_bp(*, partner_bp: int, public_bp: int, cap_bp: int | None, promotions: Promotions = "added") -> int:
    """Partner discount and public promotions together, in basis points.

    Added, they end at the cap: "up to the highest tier"; without a cap at the whole price. A partner never gets less
    than a public promotion above the cap, and a legacy rate above it stays. Of `best_of` the larger one counts; where
    promotions are `exclusive`, one that there is stands alone, even where the partner's own discount is larger.
    """
    if promotions == "exclusive" and public_bp:
        return public_bp
    if promotions != "added" or (cap_bp is not None and partner_bp >= cap_bp):
        return max(partner_bp, public_bp)
    return max(public_bp, min(partner_bp + public_bp, BP if cap_bp is None else cap_bp))


def shortening_surcharge_bp(*, program: Program, from_months: int, to_months: int) -> int:
    """What shortening an expiring contract costs, in basis points of the list price, for the terms that have a rule.

    Raises `NotDefined` for any other, and where the programme has no such scheme.
    """
    scheme = program.shortening
    said = f"shortening from {from_months} to {plural(to_months, 'month')} is not defined: the programme has"
    if scheme is None:
        raise NotDefined(f"{said} no rule for it")
    surcharge = scheme.surcharge_bp.get(to_months)
    if from_months != scheme.from_months or surcharge is None:
        raise NotDefined(f"{said} a rule from {plural(scheme.from_months, 'month')} to {_listed(scheme.surcharge_bp)}")
    return surcharge


def _check_term(program: Program, term_months: int, product: str | None) -> None:
    terms = terms_of_order(program)
    if term_months not in terms:
        raise NotDefined(f"a term of {plural(term_months, 'month')} is not defined: the programme has {_listed(terms)}")
    if product in program.no_commitment_excludes and term_months == ONE_MONTH:
        raise NotDefined(f"{product} has no one-month term: choose one of {_listed(terms)} above 1")


def products_of_order(program: Program, terms: RateTerms | None = None) -> tuple[str, ...]:
    """The product families that an order may name: those of the programme, and those of its rate."""
    own = families_of(terms.families) if terms else {}
    return known_families(program.products, [each.product for each in program.product_discounts], own)


def needs_product(program: Program, terms: RateTerms | None = None) -> bool:
    """Whether an order has to name its product: the programme, or its rate, has discounts by family."""
    return bool(program.product_discounts or (terms and terms.families))


def _check_product(product: str | None, families: Sequence[str], *, is_needed: bool) -> None:
    known = ", ".join(families) or "no list of products"
    if product is None and is_needed:
        raise NotDefined(f"an order without a product is not defined: name its product, one of {known}")
    if product is not None and product not in families:
        raise NotDefined(f"product {product!r} is not known: the programme has {known}")


def terms_of_order(program: Program) -> Mapping[int, int | None]:
    """The terms in months that an order may have, with what paying them ahead discounts, in basis points.

    Without prepayment that is a month, paid month by month: None is no such rule.
    """
    return {ONE_MONTH: None} if program.prepayment_bp is None else dict(program.prepayment_bp)


def _listed(terms: Iterable[int]) -> str:
    found = list(terms)
    return plural(found[0], "month") if len(found) == 1 else ", ".join(map(str, found)) + " months"


def _origin(terms: RateTerms, is_legacy: bool, tier_name: str) -> str:
    return "legacy agreement" if is_legacy else tier_name or f"tier {terms.tier}"


def _combined_rule(program: Program, partner_bp: int, public_bp: int) -> str:
    """Why the discounts of a fee together are not their sum."""
    if program.promotions == "exclusive":
        return "a public promotion stands alone"
    if program.promotions == "best_of":
        return "the better one counts"
    cap_bp = BP if program.promotion_cap_bp is None else program.promotion_cap_bp
    if public_bp > max(partner_bp, cap_bp):
        return "the public promotion alone is better"
    return f"capped at {percent_text(cap_bp)}"


def _stacked(program: Program, fee_bp: int, term_bp: int) -> Fraction:
    if program.readings.stacking == "additive":
        return Fraction(fee_bp + term_bp)
    left = Fraction(BP - fee_bp, BP) * Fraction(BP - term_bp, BP)
    return BP * (1 - left)
