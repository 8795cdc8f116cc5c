"""A programme in words, rule by rule, as partners and staff know it; and what differs between two of them."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from partner_program.domain.money import euros_text, percent_text
from partner_program.domain.plurals import plural
from partner_program.domain.program import HIGHEST_LINE_MINOR, Benefit, BenefitTerms, Program, Tier

Part = Literal["tiers", "benefits", "rules", "months"]
PARTS: dict[Part, str] = {
    "tiers": "Tiers",
    "benefits": "Benefits",
    "rules": "Rules that partners see",
    "months": "How months are run",
}
_PROMOTIONS = {
    "added": "the partner's discount, a website discount and a promotion are added",
    "best_of": "the better of the partner's discount and the public ones counts",
    "exclusive": "a website discount or a promotion stands alone, without the partner's discount",
}
_APPLIES = {
    "new_orders": "new discounts are for new orders; services that run keep theirs",
    "all_services": "new discounts are for existing services too",
}
_AVAILABILITY = {"yes": "included", "on_request": "on request", "unknown": "not stated"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a programme: `key` is its place in the file, `about` what it is about, `says` what holds."""

    part: Part
    key: str
    about: str
    says: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that another programme has otherwise; None where it does not have it at all."""

    part: Part
    key: str
    about: str
    before: str | None
    now: str | None


def rules_of(program: Program) -> list[Rule]:
    """Every rule of a programme; what it does not have is not named."""
    return [
        *_tiers(program),
        *_families(program),
        *_measure(program),
        *_benefits(program),
        *_rules(program),
        *_months(program),
    ]


def changed_rules(before: Program, now: Program) -> list[RuleChange]:
    """What differs, in the order of the newer programme; a rule that is gone comes last."""
    old = {(each.part, each.key): each for each in rules_of(before)}
    new = {(each.part, each.key): each for each in rules_of(now)}
    return [
        RuleChange(at[0], at[1], (new.get(at) or old[at]).about, _says(old.get(at)), _says(new.get(at)))
        for at in dict.fromkeys((*new, *old))
        if _says(old.get(at)) != _says(new.get(at))
    ]


def _says(rule: Rule | None) -> str | None:
    return None if rule is None else rule.says


def tier_words(row: Tier) -> str:
    """A tier's own name, else its number."""
    return row.name or f"Tier {row.tier}"


def period_words(program: Program) -> str:
    """The time whose amount is held against the thresholds: "a month", or "in 12 months" where they are added."""
    measure = program.measure
    sums = measure is not None and measure.of == "sum" and measure.months > 1
    return f"in {plural(measure.months, 'month')}" if measure is not None and sums else "a month"


def _tiers(program: Program) -> Iterator[Rule]:
    for row in program.tiers:
        says = [
            f"from {program.unit.amount(row.from_mrr_cents)} {period_words(program)}",
            f"{percent_text(row.monthly_fee_discount_bp)} off",
        ]
        says += (
            [] if row.setup_fee_discount_bp is None else [f"{percent_text(row.setup_fee_discount_bp)} off setup fees"]
        )
        says += [] if row.sla is None else [f"service level {row.sla}"]
        says += [f"needs {each.at_least} {program.requirement_name(each.key)} or more" for each in row.requires]
        says += [f"called {row.name}"] if row.name else []
        yield Rule("tiers", f"tiers[{row.tier}]", tier_words(row), ", ".join(says))


def _benefits(program: Program) -> Iterator[Rule]:
    for each in program.benefits:
        limits = limits_of(each.terms)
        says = _of_tiers(program, each) + (f"; {'; '.join(limits)}" if limits else "")
        yield Rule("benefits", each.key, each.name, says)


def _of_tiers(program: Program, benefit: Benefit) -> str:
    """What each tier has of a benefit, said once where all have the same."""
    if len(set(benefit.tiers)) == 1:
        return f"{_AVAILABILITY[benefit.tiers[0]]} in every tier"
    cells = zip(program.tiers, benefit.tiers, strict=True)
    return ", ".join(f"{tier_words(row)}: {_AVAILABILITY[cell]}" for row, cell in cells)


def limits_of(terms: BenefitTerms) -> list[str]:
    """What a benefit is limited to, as far as the file says it."""
    said = [f"at most {_cells(terms.units_at_once)} at once"] if terms.units_at_once else []
    said += [f"{_cells(terms.incidents)} support incidents"] if terms.incidents else []
    said += ["an approval has an end"] if terms.end_demanded else []
    said += [f"{terms.days} days to pay"] if terms.days is not None else []
    said += [f"asked for {terms.days_ahead} days ahead"] if terms.days_ahead is not None else []
    said += ["on a proposal"] if terms.proposal else []
    said += ["also without a tier"] if terms.without_tier else []
    said += [f"only for partners with {terms.only_for}"] if terms.only_for else []
    return said + ([f"at {terms.link}"] if terms.link else [])


def _cells(cells: tuple[int, ...]) -> str:
    return str(cells[0]) if len(set(cells)) == 1 else f"{', '.join(map(str, cells))} by tier"


def _rules(program: Program) -> Iterator[Rule]:
    if not program.unit.is_euro:
        yield Rule(
            "rules",
            "currency",
            "thresholds and amounts are in",
            program.unit.name + ("" if program.unit.decimals else ", whole ones"),
        )
    yield Rule("rules", "applies_to", "what discounts are for", _APPLIES[program.applies_to])
    yield Rule("rules", "promotions", "promotions", _PROMOTIONS[program.promotions])
    if program.promotion_cap_bp is not None:
        yield Rule(
            "rules", "promotion_cap", "all discounts together", f"at most {percent_text(program.promotion_cap_bp)}"
        )
    for months, points in (program.prepayment_bp or {}).items():
        says = f"{percent_text(points)} on top" if points else "nothing on top"
        yield Rule("rules", f"prepayment.{months}", f"paying {plural(months, 'month')} ahead", says)
    if program.prepayment_bp:
        ways = {"additive": "added in points of the list price", "compound": "off what is left"}
        yield Rule("rules", "readings.stacking", "what paying ahead gives is", ways[program.readings.stacking])
    if program.shortening:
        for months, points in program.shortening.surcharge_bp.items():
            ended = plural(program.shortening.from_months, "month")
            about = f"{plural(months, 'month')} after a contract of {ended}"
            yield Rule("rules", f"shortening.{months}", about, f"{percent_text(points)} more")
    for product in program.no_commitment_excludes:
        yield Rule("rules", f"no_commitment_excludes.{product}", product, "no term of one month")
    for key, names in program.requirement_names.items():
        said = ", ".join(f"{name} ({language})" if language else name for language, name in names.items())
        yield Rule("rules", f"requirement_names.{key}", f"what {key} is called", said)
    for each in program.authorisation_requirements:
        yield Rule(
            "rules", f"authorisation_requirements.{each.field}", f"to become a partner: {each.field}", each.source
        )


def _families(program: Program) -> Iterator[Rule]:
    """The product families with a discount of their own, tier by tier."""
    for each in program.product_discounts:
        cells = zip(program.tiers, each.tiers_bp, strict=True)
        says = ", ".join(f"{tier_words(row)}: {percent_text(bp)}" for row, bp in cells)
        says = f"{says} off" if any(each.tiers_bp) else "no discount in any tier"
        yield Rule("rules", f"product_discounts.{each.product}", f"monthly fee of {each.product}", says)


def _measure(program: Program) -> Iterator[Rule]:
    """What a tier is measured by, and when it may change, where that is not each month by itself."""
    measure, changes = program.measure, program.changes
    if measure is not None:
        of = {"sum": "the sum", "mean": "the mean"}[measure.of]
        short = ", projected while there are fewer" if (measure.of, measure.short) == ("sum", "projected") else ""
        yield Rule(
            "rules", "measure", "a tier is decided by", f"{of} of the last {plural(measure.months, 'month')}{short}"
        )
    if changes is None:
        return
    months = ", ".join(calendar.month_name[month] for month in changes.review_months)
    review = f"at the review of {months}"
    yield Rule("rules", "changes.rises", "a tier rises", {"monthly": "with any month", "review": review}[changes.rises])
    drops = {"monthly": "with any month", "review": review, "never": "never"}[changes.drops]
    if changes.drops != "never" and changes.drop_after_months > 1:
        drops += f", after {plural(changes.drop_after_months, 'month')} in a row that earned less"
    if changes.drops != "never" and changes.drop_steps == "one":
        drops += ", one tier at a time"
    yield Rule("rules", "changes.drops", "a tier drops", drops)


def _months(program: Program) -> Iterator[Rule]:
    own, brake = program.readings, program.brake
    if program.company:
        yield Rule("months", "company", "whose programme this is", program.company)
    yield Rule("months", "time_zone", "days are those of", program.time_zone)
    late = {"hold": "its partners are held and keep their rate", "stop": "the month stops"}
    yield Rule("months", "readings.incomplete", "where an entity is late or faulty", late[own.incomplete])
    rises = "yes" if own.rise_on_partial else "no"
    yield Rule("months", "readings.rise_on_partial", "a held partner may rise early", rises)
    letters = {"on_change": "to whom something changed", "always": "to every partner, each month"}
    yield Rule("months", "readings.notify", "letters go", letters[own.notify])
    second = {"none": "nobody", "rates": "a second person, before rates take force"}
    yield Rule("months", "approval", "who is asked", second[program.approval])
    approver = {"anybody": "anybody", "another_person": "another person than asked"}
    yield Rule("months", "benefit_approval", "who may approve a benefit", approver[program.benefit_approval])
    yield Rule("months", "dispute_due", "a dispute is answered within", plural(program.dispute_due_days, "day"))
    share, least = percent_text(brake.lowered_share_bp), plural(brake.lowered_at_least, "partner")
    yield Rule("months", "brake.lowered", "a month stops that would lower more than", f"{share}, and at least {least}")
    if brake.review_lowered_share_bp is not None:
        own_share = percent_text(brake.review_lowered_share_bp)
        yield Rule("months", "brake.review", "in a review a month stops that would lower more than", own_share)
    move, floor = percent_text(brake.entity_total_move_bp), brake.entity_total_move_at_least_cents
    move += f", and at least {program.unit.amount(floor)}" if floor else ""
    yield Rule("months", "brake.moved", "or move an entity's total by more than", move)
    large = program.large_change
    says = f"{program.unit.amount(large.at_least_cents)} beside a share of it"
    says += "" if large.alone_cents is None else f", or {program.unit.amount(large.alone_cents)} alone"
    yield Rule("months", "large_change", "a change of revenue is pointed out from", says)
    moved = {
        "off": "as if the revenue had moved",
        "inform": "and letter and receipt say so",
        "hold_tier": "not at all: the tier stays",
    }
    yield Rule("months", "fx_guard", "exchange rates alone move a tier", moved[program.fx_guard])
    yield Rule("months", "rate_move_limit", "an exchange rate may move by", percent_text(program.rate_move_limit_bp))
    if program.products:
        yield Rule("months", "products", "products that a quote may name", ", ".join(program.products))
    limits = [f"{_line_text(program, minor, code)} {code}" for code, minor in program.largest_line.by_currency.items()]
    if program.largest_line.minor < HIGHEST_LINE_MINOR:
        limits.insert(0, f"{euros_text(program.largest_line.minor)} in any currency")
    if limits:
        yield Rule("months", "largest_line", "the largest line that is believed", ", ".join(limits))


def _line_text(program: Program, minor: int, currency: str) -> str:
    """An amount of a line: one in the programme's own currency has its decimals."""
    return program.unit.text(minor) if currency == program.unit.code else euros_text(minor)
