"""A programme in words: every rule is told once, and two programmes differ exactly where a rule does."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date

import pytest

from partner_program.domain.large_change import LargeChange
from partner_program.domain.measure import Measure
from partner_program.domain.program import (
    Benefit,
    BenefitTerms,
    Brake,
    FamilyDiscounts,
    LargestLine,
    Need,
    Program,
    Readings,
    Shortening,
    Tier,
)
from partner_program.domain.program_rules import changed_rules, rules_of
from partner_program.domain.program_unit import Unit
from partner_program.domain.tier_changes import Changes
from tests.domain.made_month import PROGRAM

# What is no rule of its own: the file's name and hashes, its day, and the ranks of service levels that rows name.
NO_RULE = {"in_force_from", "file_name", "file_hash", "content_hash", "sla_levels"}
OTHERWISE: dict[str, Callable[[Program], Program]] = {
    "time_zone": lambda each: replace(each, time_zone="Asia/Tokyo"),
    "tiers": lambda each: replace(each, tiers=each.tiers[:-1]),
    "promotion_cap_bp": lambda each: replace(each, promotion_cap_bp=3000),
    "prepayment_bp": lambda each: replace(each, prepayment_bp={12: 500}),
    "shortening": lambda each: replace(each, shortening=Shortening(24, {1: 100})),
    "no_commitment_excludes": lambda each: replace(each, no_commitment_excludes=("cdn",)),
    "products": lambda each: replace(each, products=("cdn",)),
    "largest_line": lambda each: replace(each, largest_line=LargestLine(5, {"JPY": 700})),
    "readings": lambda each: replace(each, readings=Readings(notify="always", incomplete="stop", rise_on_partial=True)),
    "brake": lambda each: replace(each, brake=Brake(1, 2, 3, 400)),
    "benefits": lambda each: replace(
        each,
        benefits=(Benefit("x", "X", "support", ("yes",) * len(each.tiers), "", BenefitTerms(incidents=(1, 2))),),
    ),
    "authorisation_requirements": lambda each: replace(each, authorisation_requirements=()),
    "promotions": lambda each: replace(each, promotions="best_of"),
    "applies_to": lambda each: replace(each, applies_to="all_services"),
    "rate_move_limit_bp": lambda each: replace(each, rate_move_limit_bp=7),
    "benefit_approval": lambda each: replace(each, benefit_approval="another_person"),
    "approval": lambda each: replace(each, approval="rates"),
    "dispute_due_days": lambda each: replace(each, dispute_due_days=3),
    "fx_guard": lambda each: replace(each, fx_guard="hold_tier"),
    "company": lambda each: replace(each, company="Acme"),
    "measure": lambda each: replace(each, measure=Measure(12, "sum", "projected")),
    "requirement_names": lambda each: replace(each, requirement_names={"staff": {"": "technicians"}}),
    "unit": lambda each: replace(each, unit=Unit("USD")),
    "product_discounts": lambda each: replace(each, product_discounts=(FamilyDiscounts("cdn", (0,) * 6),)),
    "large_change": lambda each: replace(each, large_change=LargeChange(7, 8)),
    "changes": lambda each: replace(each, changes=Changes("monthly", "review", (12,), 3, "one")),
}


@pytest.mark.parametrize("name", [each.name for each in fields(Program) if each.name not in NO_RULE])
def test_each_rule_of_a_programme_is_told_and_compared(name: str) -> None:
    other = OTHERWISE[name](PROGRAM)
    assert changed_rules(PROGRAM, other), "the rule is told nowhere: a changed file would look equal"


ROW: dict[str, Tier] = {
    "from_mrr_cents": replace(PROGRAM.tiers[0], from_mrr_cents=1),
    "monthly_fee_discount_bp": replace(PROGRAM.tiers[0], monthly_fee_discount_bp=1),
    "setup_fee_discount_bp": replace(PROGRAM.tiers[0], setup_fee_discount_bp=1),
    "sla": replace(PROGRAM.tiers[0], sla="Silver"),
    "name": replace(PROGRAM.tiers[0], name="Crew"),
    "requires": replace(PROGRAM.tiers[0], requires=(Need("certified_staff", 2),)),
}
TERMS: dict[str, BenefitTerms] = {
    "units_at_once": BenefitTerms(units_at_once=(1,)),
    "incidents": BenefitTerms(incidents=(1,)),
    "end_demanded": BenefitTerms(end_demanded=True),
    "days": BenefitTerms(days=1),
    "days_ahead": BenefitTerms(days_ahead=1),
    "proposal": BenefitTerms(proposal=True),
    "without_tier": BenefitTerms(without_tier=True),
    "link": BenefitTerms(link="https://host.example"),
    "only_for": BenefitTerms(only_for="specialised"),
}
READ: dict[str, Readings] = {
    "incomplete": Readings(incomplete="stop"),
    "rise_on_partial": Readings(rise_on_partial=True),
    "stacking": Readings(stacking="compound"),
    "notify": Readings(notify="always"),
}
STOPS: dict[str, Brake] = {each.name: replace(Brake(), **{each.name: 1}) for each in fields(Brake)}


@pytest.mark.parametrize("name", [each.name for each in fields(Tier) if each.name != "tier"])
def test_each_value_of_a_tier_is_told_and_compared(name: str) -> None:
    other = replace(PROGRAM, tiers=(ROW[name], *PROGRAM.tiers[1:]))
    assert [each.key for each in changed_rules(PROGRAM, other)] == ["tiers[1]"]


@pytest.mark.parametrize("name", [each.name for each in fields(BenefitTerms)])
def test_each_limit_of_a_benefit_is_told_and_compared(name: str) -> None:
    free = replace(PROGRAM, benefits=(replace(PROGRAM.benefits[0], terms=BenefitTerms()),))
    other = replace(free, benefits=(replace(free.benefits[0], terms=TERMS[name]),))
    assert len(changed_rules(free, other)) == 1


@pytest.mark.parametrize("name", [each.name for each in fields(Readings)])
def test_each_reading_is_told_and_compared(name: str) -> None:
    assert len(changed_rules(PROGRAM, replace(PROGRAM, readings=READ[name]))) == 1


@pytest.mark.parametrize("name", STOPS)
def test_each_limit_of_the_brake_is_told_and_compared(name: str) -> None:
    assert len(changed_rules(PROGRAM, replace(PROGRAM, brake=STOPS[name]))) == 1


def test_the_same_rules_do_not_differ_whatever_the_file_and_day() -> None:
    assert changed_rules(PROGRAM, replace(PROGRAM, in_force_from=date(2030, 1, 1), file_hash="x")) == []


def test_no_two_rules_have_the_same_place() -> None:
    places = [(each.part, each.key) for each in rules_of(PROGRAM)]
    assert len(places) == len(set(places))


def test_a_change_says_what_was_and_what_is() -> None:
    gold = replace(PROGRAM.tiers[2], from_mrr_cents=600_000)
    tiers = (*PROGRAM.tiers[:2], gold, *PROGRAM.tiers[3:5])
    found = {each.key: (each.before, each.now) for each in changed_rules(PROGRAM, replace(PROGRAM, tiers=tiers))}
    assert found["tiers[3]"] == (
        "from 5,000.00 EUR a month, 10 % off, 35 % off setup fees, service level Gold",
        "from 6,000.00 EUR a month, 10 % off, 35 % off setup fees, service level Gold",
    )
    assert found["tiers[6]"] == (
        "from 40,000.00 EUR a month, 25 % off, 100 % off setup fees, service level Platinum",
        None,
    )


def test_a_programme_says_nothing_of_what_it_does_not_have() -> None:
    bare = replace(
        PROGRAM,
        promotion_cap_bp=None,
        prepayment_bp=None,
        shortening=None,
        no_commitment_excludes=(),
        products=(),
        benefits=(),
        authorisation_requirements=(),
        largest_line=LargestLine(),
    )
    assert {each.key for each in rules_of(bare) if each.part in ("benefits", "rules")} == {"applies_to", "promotions"}
