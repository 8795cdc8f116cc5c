"""Reads the programme file's tables: tiers, prepayment, shortening, products, benefits, requirements.

Each row says where it comes from: `source` (the programme's words) or `reading` (our choice and why), or both.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Literal

from partner_program.adapters.files.values import (
    any_text,
    country,
    discount_bp,
    key_name,
    language_code,
    tier_name,
    web_address,
    whole_between,
)
from partner_program.adapters.files.yaml_sections import Section
from partner_program.domain.money import BP
from partner_program.domain.plurals import plural
from partner_program.domain.program import (
    NO_TERMS,
    SLA_LEVELS,
    Availability,
    Benefit,
    BenefitTerms,
    FamilyDiscounts,
    Need,
    Tier,
    sla_rank,
)
from partner_program.domain.refusals import Refusal
from partner_program.domain.requirements import EXPECTED, Requirement

LONGEST_TERM_MONTHS = 120
MOST_UNITS = 1_000_000
MOST_DAYS = 3_650
TERMS = tuple(each.name for each in fields(BenefitTerms))
HIGHEST_THRESHOLD_CENTS = 10**15
_THRESHOLD = whole_between(1, HIGHEST_THRESHOLD_CENTS)
IN_ALL_ROWS_OR_NONE = ("setup_fee_discount_bp", "sla", "name")
AVAILABILITIES: tuple[Availability, ...] = ("yes", "on_request", "unknown")
GROUPS: tuple[Literal["marketing", "support"], ...] = ("marketing", "support")


def sourced(section: Section) -> Section:
    """Check that a section has a `source` or a `reading`, and return it."""
    given = [key for key in ("source", "reading") if section.has(key)]
    for key in given:
        section.text(key)
    if not given:
        section.fault("source", "is missing, expected the programme's words in `source` or our choice in `reading`")
    return section


def read_sla_levels(document: Section) -> tuple[str, ...]:
    """Read the words of the service levels, lowest first; absent: the four of 2015."""
    if not document.has("sla_levels"):
        return SLA_LEVELS
    levels = document.texts("sla_levels")
    twice = [each for place, each in enumerate(levels) if each in levels[:place]]
    if twice:
        document.fault("sla_levels", f"lists {twice[0]} twice, expected each level once, lowest first")
    return levels


def read_tiers(document: Section, promotion_cap_bp: int, sla_levels: Sequence[str]) -> tuple[Tier, ...]:
    """Read the tier table: any number of rows, each with a higher threshold than the row before and no worse terms.

    A setup fee discount, a service level and a name are in every row or in none.
    """
    rows = _rows(document, "tiers")
    in_some = {key: any(row.has(key) for row in rows) for key in IN_ALL_ROWS_OR_NONE}
    for row in rows:
        for key, is_used in in_some.items():
            if is_used and not row.has(key):
                row.fault(key, "is missing, expected it in every row, since another row has it, or in none")
    tiers = tuple(_tier(row, len(rows), promotion_cap_bp, sla_levels) for row in rows)
    sound = [row.sound for row in rows]
    for place, (row, tier) in enumerate(zip(rows, tiers, strict=True)):
        if sound[place] and tier.tier != place + 1:
            row.fault("tier", f"is {tier.tier}, expected {place + 1}: tiers are numbered without gaps, lowest first")
        if sound[place] and tier.name and tier.name in [before.name for before in tiers[:place]]:
            row.fault("name", f"{tier.name} is the name of a row before, expected each name once")
        if place and sound[place] and sound[place - 1]:
            _check_not_worse(row, tiers[place - 1], tier, sla_levels)
        if sound[place] and (not place or sound[place - 1]):
            _check_needs(row, tiers[place - 1] if place else None, tier)
    return tiers


def _tier(row: Section, rows: int, promotion_cap_bp: int, sla_levels: Sequence[str]) -> Tier:
    has = {key: row.has(key) for key in IN_ALL_ROWS_OR_NONE}
    return Tier(
        tier=row.whole("tier", whole_between(1, rows)),
        from_mrr_cents=row.whole("from_mrr_cents", whole_between(0, HIGHEST_THRESHOLD_CENTS)),
        monthly_fee_discount_bp=row.whole("monthly_fee_discount_bp", _up_to_cap(promotion_cap_bp)),
        setup_fee_discount_bp=row.whole("setup_fee_discount_bp", discount_bp(BP))
        if has["setup_fee_discount_bp"]
        else None,
        sla=row.choice("sla", sla_levels) if has["sla"] else None,
        name=row.text("name", tier_name) if has["name"] else "",
        requires=_read_needs(row),
    )


def _read_needs(row: Section) -> tuple[Need, ...]:
    """Read what a tier needs beside revenue, each key once; absent: nothing."""
    needs: list[Need] = []
    for each in row.sections("requires") if row.has("requires") else ():
        need = Need(each.text("key", key_name), each.whole("at_least", whole_between(1, MOST_UNITS)))
        if each.sound and need.key in [before.key for before in needs]:
            each.fault("key", f"{need.key} is listed twice, expected once")
        needs.append(need)
    return tuple(needs)


def read_requirement_names(document: Section, tiers: Sequence[Tier]) -> dict[str, dict[str, str]]:
    """Read what required keys are called, by language and below "" in all others; absent: as the keys are written."""
    if not document.has("requirement_names"):
        return {}
    required = sorted({each.key for row in tiers for each in row.requires})
    found: dict[str, dict[str, str]] = {}
    for row in document.sections("requirement_names"):
        key, names = row.text("key", key_name), {"": row.text("name", tier_name)}
        if row.has("names"):
            own = row.section("names")
            names |= {language: own.text(language, tier_name) for language in own.keys(language_code)}
        if row.sound and key in found:
            row.fault("key", f"{key} is listed twice, expected once")
        elif row.sound and key not in required:
            row.fault("key", f"{key} is required by no tier, expected one of {', '.join(required) or 'none'}")
        found[key] = names
    return found


def _up_to_cap(promotion_cap_bp: int) -> Callable[[str], int]:
    """Return a reader of a tier's discount.

    Its refusal names `promotion_cap`, the key of the upper limit, because a higher tier may need a higher limit.
    """

    def read(written: str) -> int:
        try:
            return discount_bp(promotion_cap_bp)(written)
        except Refusal as refusal:
            raise Refusal(f"{refusal}, the promotion_cap") from refusal

    return read


def _check_needs(row: Section, before: Tier | None, tier: Tier) -> None:
    """Check that what a tier needs does not fall upwards: then the highest tier that admits a partner is its tier."""
    if before is None:
        if tier.requires and tier.from_mrr_cents == 0:
            row.fault("requires", "is in a first tier from 0, which everybody has, expected it in the rows above")
        return
    needs = {each.key: each.at_least for each in tier.requires}
    for each in before.requires:
        if needs.get(each.key, 0) < each.at_least:
            found = f"{needs[each.key]} {each.key}" if each.key in needs else f"no {each.key}"
            row.fault("requires", f"has {found}, expected at least {each.at_least} as in the row before")


def _check_not_worse(row: Section, before: Tier, tier: Tier, sla_levels: Sequence[str]) -> None:
    if tier.from_mrr_cents <= before.from_mrr_cents:
        limit = before.from_mrr_cents
        row.fault("from_mrr_cents", f"{tier.from_mrr_cents} is not above the row before, expected more than {limit}")
    if tier.monthly_fee_discount_bp < before.monthly_fee_discount_bp:
        least = before.monthly_fee_discount_bp
        row.fault("monthly_fee_discount_bp", f"is less than in the row before, expected {least} or more")
    if sla_rank(tier.sla, sla_levels) < sla_rank(before.sla, sla_levels):
        row.fault("sla", f"{tier.sla} is lower than in the row before, expected {before.sla} or higher")


def read_terms(section: Section, key: str, value: str) -> dict[int, int]:
    """Read a table of basis points by length of term in months, shortest first."""
    rows = _rows(section, key)
    terms: dict[int, int] = {}
    for row in rows:
        months = row.whole("months", whole_between(1, LONGEST_TERM_MONTHS))
        points = row.whole(value, discount_bp(BP))
        if row.sound and terms and months <= max(terms):
            row.fault("months", f"{months} is not above the row before, expected more than {max(terms)}")
        if row.sound:
            terms[months] = points
    return terms


def read_product_discounts(
    document: Section, tiers: int, promotion_cap_bp: int, products: Sequence[str]
) -> tuple[FamilyDiscounts, ...]:
    """Read the product families with a discount of their own: each once, with a cell for each tier, none falling.

    Where the file lists `products`, a family has to be one of them. 0 in every cell is a family that is excluded.
    """
    found: list[FamilyDiscounts] = []
    for row in _rows(document, "product_discounts") if document.has("product_discounts") else ():
        family = FamilyDiscounts(row.text("product", key_name), row.numbers("tiers", _up_to_cap(promotion_cap_bp)))
        if row.sound and family.product in [each.product for each in found]:
            row.fault("product", f"{family.product} is listed twice, expected once")
        elif row.sound and products and family.product not in products:
            row.fault("product", f"{family.product} is not known, expected one of {', '.join(products)}")
        if row.sound and len(family.tiers_bp) != tiers:
            row.fault("tiers", f"has {plural(len(family.tiers_bp), 'cell')}, expected {tiers}, one for each tier")
        if row.sound and list(family.tiers_bp) != sorted(family.tiers_bp):
            row.fault("tiers", "falls from one tier to the next, expected as much as in the tier before or more")
        found.append(family)
    return tuple(found)


def read_names(document: Section, list_key: str, name_key: str, known: Sequence[str] | None = None) -> tuple[str, ...]:
    """Read a list of names, each of which may stand there once; if `known` is given, only those are allowed."""
    names: list[str] = []
    for row in _rows(document, list_key):
        name = row.text(name_key, key_name)
        if row.sound and name in names:
            row.fault(name_key, f"{name} is listed twice, expected once")
        elif row.sound and known is not None and name not in known:
            row.fault(name_key, f"{name} is not known, expected one of {', '.join(known)}")
        names.append(name)
    return tuple(names)


def read_requirements(document: Section) -> tuple[Requirement, ...]:
    """Read what an application has to answer, each field once, and what each answer has to be, where the file says it.

    A file without the section `application_answers` takes any answer but no; one without requirements asks nothing.
    """
    asked: dict[str, Requirement] = {}
    for row in _rows(document, "authorisation_requirements") if document.has("authorisation_requirements") else ():
        field = row.text("field", key_name)
        if row.sound and field in asked:
            row.fault("field", f"{field} is listed twice, expected once")
        asked.setdefault(field, Requirement(field, row.text("source" if row.has("source") else "reading")))
    judged: list[str] = []
    for row in _rows(document, "application_answers") if document.has("application_answers") else ():
        field = row.text("field", key_name)
        if row.sound and field in judged:
            row.fault("field", f"{field} is listed twice, expected once")
        elif row.sound and field not in asked:
            known = ", ".join(asked) or "its rows"
            row.fault("field", f"{field} is not listed in authorisation_requirements, expected one of {known}")
        judged.append(field)
        found = _with_answer(row, asked.get(field, Requirement(field, "")))
        if field in asked:
            asked[field] = found
    return tuple(asked.values())


def _with_answer(row: Section, asked: Requirement) -> Requirement:
    """Read what the answer to a requirement has to be."""
    own = replace(asked, source=row.text("source")) if row.has("source") else asked
    found = replace(
        own,
        expects=row.choice("expects", EXPECTED) if row.has("expects") else "answer",
        accepted=row.texts("accepted") if row.has("accepted") else (),
        never=row.texts("never") if row.has("never") else (),
        countries=row.texts("countries", country) if row.has("countries") else (),
        at_least_cents=row.whole("at_least_cents", _THRESHOLD) if row.has("at_least_cents") else None,
    )
    if row.sound and found.at_least_cents is not None and found.expects != "amount":
        row.fault("expects", f"is {found.expects}, expected amount, since the row has at_least_cents")
    if row.sound and found == own:
        row.fault("field", f"{asked.field} has nothing to judge by, expected at least one more key, as in expects")
    return found


def read_benefits(document: Section, tiers: int) -> tuple[Benefit, ...]:
    """Read the benefits, each with a cell for each of the `tiers`; a benefit without a description has an empty text.

    A file without this section gives none.

    If the file has no table of tiers, that is the fault to report, and the cells are not counted.
    """
    terms = _read_benefit_terms(document, tiers)
    benefits: list[Benefit] = []
    for row in _rows(document, "benefits") if document.has("benefits") else ():
        benefit = Benefit(
            key=row.text("key", key_name),
            name=row.text("name"),
            group=row.choice("group", GROUPS),
            tiers=row.choices("tiers", AVAILABILITIES, tiers or None),
            description=row.text("description", any_text),
        )
        if row.sound and benefit.key in [before.key for before in benefits]:
            row.fault("key", f"{benefit.key} is listed twice, expected once")
        benefits.append(benefit)
    known = [benefit.key for benefit in benefits]
    for key, (row, _) in terms.items():
        if row.sound and key not in known:
            row.fault("benefit", f"{key} is not listed in benefits, expected one of {', '.join(known) or 'its rows'}")
    return tuple(replace(each, terms=terms[each.key][1]) if each.key in terms else each for each in benefits)


def _read_benefit_terms(document: Section, tiers: int) -> dict[str, tuple[Section, BenefitTerms]]:
    """Read what benefits are limited to, by the benefit's key; a file without this section limits nothing."""
    found: dict[str, tuple[Section, BenefitTerms]] = {}
    for row in _rows(document, "benefit_terms") if document.has("benefit_terms") else ():
        key, terms = row.text("benefit", key_name), _benefit_terms(row, tiers)
        if row.sound and key in found:
            row.fault("benefit", f"{key} is listed twice, expected once")
        if row.sound and terms == NO_TERMS:
            row.fault("benefit", f"{key} has no terms, expected at least one of {', '.join(TERMS)}")
        if terms.proposal and terms.units_at_once:
            row.fault("units_at_once", "is given beside proposal, expected one of them: a proposal asks for an amount")
        found.setdefault(key, (row, terms))
    return found


def _benefit_terms(row: Section, tiers: int) -> BenefitTerms:
    count, days = whole_between(0, MOST_UNITS), whole_between(1, MOST_DAYS)
    given = {term: row.has(term) for term in TERMS}
    return BenefitTerms(
        units_at_once=row.wholes("units_at_once", count, tiers) if given["units_at_once"] else (),
        incidents=row.wholes("incidents", count, tiers) if given["incidents"] else (),
        end_demanded=given["end_demanded"] and row.boolean("end_demanded"),
        days=row.whole("days", days) if given["days"] else None,
        days_ahead=row.whole("days_ahead", days) if given["days_ahead"] else None,
        proposal=given["proposal"] and row.boolean("proposal"),
        without_tier=given["without_tier"] and row.choice("without_tier", ("on_request",)) == "on_request",
        link=row.text("link", web_address) if given["link"] else "",
        only_for=row.text("only_for", key_name) if given["only_for"] else "",
    )


def _rows(section: Section, key: str) -> list[Section]:
    return [sourced(row) for row in section.sections(key)]
