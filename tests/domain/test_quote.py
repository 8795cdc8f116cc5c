"""What an order costs on the day it is placed (rule 9)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.domain.money import BP, discounted_cents
from partner_program.domain.program import Component, Program, Promotions, Tier
from partner_program.domain.quote import Quote, QuoteStep, combined_bp, quote, shares_left, shortening_surcharge_bp
from partner_program.domain.rates import RateTerms, rate_terms
from partner_program.domain.refusals import NotDefined
from tests.domain.made_month import GO_LIVE, PROGRAM

COMPOUND = replace(PROGRAM, readings=replace(PROGRAM.readings, stacking="compound"))
LISTED = 100_00
POINTS = st.integers(0, 10_000)


def of_tier(tier: int) -> RateTerms:
    return rate_terms(program=PROGRAM, tier=tier, agreements=(), day=GO_LIVE)


def price(
    terms: RateTerms,
    *,
    months: int = 1,
    website_bp: int = 0,
    promotion_bp: int = 0,
    monthly: int = LISTED,
    setup: int = 0,
    program: Program = PROGRAM,
    product: str | None = None,
    shortened_from: int | None = None,
    legacy: frozenset[Component] = frozenset(),
) -> Quote:
    return quote(
        program=program,
        terms=terms,
        legacy=legacy,
        monthly_list_cents=monthly,
        setup_list_cents=setup,
        term_months=months,
        website_bp=website_bp,
        promotion_bp=promotion_bp,
        product=product,
        shortened_from_months=shortened_from,
    )


# The tier and the term


@pytest.mark.parametrize(
    ("tier", "monthly", "setup"),
    [
        (0, 100_00, 100_00),
        (1, 95_00, 90_00),
        (2, 92_00, 80_00),
        (3, 90_00, 65_00),
        (4, 85_00, 50_00),
        (5, 80_00, 25_00),
        (6, 75_00, 0),
    ],
)
def test_each_tier_pays_list_less_its_two_discounts(tier: int, monthly: int, setup: int) -> None:
    found = price(of_tier(tier), setup=100_00)
    assert (found.monthly_fee_cents, found.setup_fee_cents) == (monthly, setup)


@pytest.mark.parametrize(
    ("months", "monthly"), [(1, 100_00), (3, 97_50), (6, 95_00), (12, 90_00), (24, 80_00), (36, 70_00)]
)
def test_paying_a_term_ahead_is_discounted_by_its_length(months: int, monthly: int) -> None:
    """ "1 month 0% 3 months 2.5% 6 months 5% 12 months 10% 24 months 20% 36 months 30%" """
    assert price(of_tier(0), months=months).monthly_fee_cents == monthly


def test_tier_6_for_36_months_pays_45_percent_of_list() -> None:
    """ "These discounts will apply on top of any existing discounts that you have." """
    assert price(of_tier(6), months=36).monthly_fee_cents == 45_00


def test_the_other_reading_multiplies_what_is_left() -> None:
    assert price(of_tier(6), months=36, program=COMPOUND).monthly_fee_cents == 52_50  # 0.75 * 0.70
    assert price(of_tier(2), months=3, program=COMPOUND).monthly_fee_cents == 89_70  # 0.92 * 0.975
    assert price(of_tier(6), program=COMPOUND).monthly_fee_cents == 75_00


def test_half_a_cent_is_rounded_up_once_at_the_end() -> None:
    assert price(of_tier(1), monthly=10).monthly_fee_cents == 10  # 9.5
    assert price(of_tier(1), monthly=9).monthly_fee_cents == 9  # 8.55
    assert price(of_tier(1), monthly=1_10, months=3).monthly_fee_cents == 1_02  # 101.75, and not 104.5 of 105 first
    assert price(of_tier(5), monthly=0, setup=2).setup_fee_cents == 1  # 0.5


def test_compound_points_are_not_rounded_on_the_way() -> None:
    assert price(of_tier(2), months=3, monthly=1_000_000_00, program=COMPOUND).monthly_fee_cents == 897_000_00
    odd = RateTerms(1, 333, 0, None)
    assert price(odd, months=3, monthly=10**9, program=COMPOUND).monthly_fee_cents == 942_532_500  # 0.9667 * 0.975


@pytest.mark.parametrize("months", [0, 2, 4, 13, 48, -1])
def test_a_term_that_the_programme_does_not_name_is_refused(months: int) -> None:
    with pytest.raises(NotDefined, match=f"a term of {months} months is not defined"):
        price(of_tier(1), months=months)


# Promotions and the cap


@pytest.mark.parametrize(
    ("partner_bp", "public_bp", "together"),
    [
        (800, 1_000, 1_800),
        (1_500, 1_000, 2_500),  # exactly at the cap
        (1_500, 1_001, 2_500),
        (2_000, 2_500, 2_500),
        (0, 2_500, 2_500),
        (0, 4_000, 4_000),  # a public promotion above the cap is for everybody
        (500, 4_000, 4_000),
        (2_500, 1_000, 2_500),
        (2_500, 2_501, 2_501),
        (3_000, 0, 3_000),  # a legacy rate above the cap stays
        (3_000, 2_500, 3_000),
        (3_000, 3_500, 3_500),
    ],
)
def test_promotions_add_up_to_the_highest_tier(partner_bp: int, public_bp: int, together: int) -> None:
    """ "All website promotions will be added on top of the existing discounts ... up to the highest tier" """
    assert combined_bp(partner_bp=partner_bp, public_bp=public_bp, cap_bp=2_500) == together


@given(POINTS, POINTS, POINTS)
@settings(max_examples=100, deadline=None)
def test_being_a_partner_never_makes_a_promotion_worse_nor_a_promotion_a_partners_rate(
    partner_bp: int, public_bp: int, cap_bp: int
) -> None:
    together = combined_bp(partner_bp=partner_bp, public_bp=public_bp, cap_bp=cap_bp)
    assert together >= max(partner_bp, public_bp)
    assert together <= max(partner_bp, public_bp, cap_bp)
    assert together <= partner_bp + public_bp


def test_website_discount_and_promotion_are_one_public_discount() -> None:
    both = price(of_tier(2), website_bp=500, promotion_bp=700)
    assert both.monthly_fee_cents == 80_00
    assert price(of_tier(4), website_bp=600, promotion_bp=600).monthly_fee_cents == 75_00


def test_prepayment_comes_on_top_of_the_cap() -> None:
    assert price(of_tier(4), months=12, promotion_bp=5_000 - 2_500).monthly_fee_cents == 65_00


def test_discounts_together_never_pay_the_customer() -> None:
    assert price(of_tier(6), months=36, promotion_bp=9_000).monthly_fee_cents == 0


def test_a_promotion_leaves_the_setup_fee_alone() -> None:
    found = price(of_tier(3), months=36, promotion_bp=2_000, setup=100_00)
    assert found.setup_fee_cents == 65_00


def test_a_legacy_setup_discount_takes_off_the_whole_fee_at_most() -> None:
    assert price(RateTerms(1, 500, 12_000, None), setup=100_00).setup_fee_cents == 0


# How promotions combine


@pytest.mark.parametrize(
    ("promotions", "partner_bp", "public_bp", "together"),
    [
        ("best_of", 1_500, 1_000, 1_500),
        ("best_of", 1_500, 1_501, 1_501),
        ("best_of", 0, 4_000, 4_000),
        ("best_of", 3_000, 0, 3_000),
        ("exclusive", 1_500, 1_000, 1_000),  # not with promotions: less than the partner's own
        ("exclusive", 1_500, 0, 1_500),
        ("exclusive", 500, 4_000, 4_000),
        ("exclusive", 3_000, 100, 100),
    ],
)
def test_promotions_that_are_not_added_know_no_cap(
    promotions: Promotions, partner_bp: int, public_bp: int, together: int
) -> None:
    for cap_bp in (None, 2_500):
        found = combined_bp(partner_bp=partner_bp, public_bp=public_bp, cap_bp=cap_bp, promotions=promotions)
        assert found == together


@pytest.mark.parametrize(("partner_bp", "public_bp", "together"), [(1_500, 1_000, 2_500), (2_500, 9_000, 10_000)])
def test_without_a_cap_promotions_add_up_to_the_whole_price(partner_bp: int, public_bp: int, together: int) -> None:
    assert combined_bp(partner_bp=partner_bp, public_bp=public_bp, cap_bp=None) == together


def test_the_lowest_price_counts_where_promotions_are_not_compounded() -> None:
    """A registrar's 15 % and a promotion of 10 %: 85.00, where 2015's programme would add them to 75.00."""
    best = replace(PROGRAM, promotions="best_of")
    found = price(of_tier(4), promotion_bp=1_000, program=best)
    assert found.monthly_fee_cents == 85_00
    assert QuoteStep("monthly_fee", "the better one counts", -1_000) in found.steps
    assert price(of_tier(4), promotion_bp=1_000).monthly_fee_cents == 75_00


def test_a_promotion_that_stands_alone_takes_the_partners_discount_away_and_prepayment_comes_after_it() -> None:
    alone = replace(PROGRAM, promotions="exclusive")
    found = price(of_tier(4), promotion_bp=1_000, months=12, program=alone)
    assert found.monthly_fee_cents == 80_00  # 10 % and the 10 % for a year ahead
    assert QuoteStep("monthly_fee", "a public promotion stands alone", -1_500) in found.steps
    assert price(of_tier(4), program=alone).monthly_fee_cents == 85_00


# What a company does not have

BARE = Program(PROGRAM.in_force_from, "bare.yaml", "", "Europe/London", (Tier(1, 0, 500), Tier(2, 1_000_00, 1_000)))


def test_a_programme_without_prepayment_quotes_a_month_and_refuses_other_terms() -> None:
    terms = rate_terms(program=BARE, tier=2, agreements=(), day=GO_LIVE)
    found = price(terms, setup=50_00, program=BARE)
    assert found == Quote(90_00, 50_00, (QuoteStep("monthly_fee", "tier 2", 1_000),))
    with pytest.raises(NotDefined, match=r"a term of 12 months is not defined: the programme has 1 month$"):
        price(terms, months=12, program=BARE)


def test_shortening_is_refused_where_there_is_no_scheme() -> None:
    with pytest.raises(
        NotDefined, match=r"shortening from 12 to 1 month is not defined: the programme has no rule for"
    ):
        price(of_tier(1), shortened_from=12, program=BARE)


def test_a_product_is_refused_where_the_programme_lists_none() -> None:
    with pytest.raises(NotDefined, match=r"product 'cdn' is not known: the programme has no list of products$"):
        price(of_tier(1), product="cdn", program=BARE)


# Shortening an expiring contract


@pytest.mark.parametrize(("months", "monthly"), [(1, 110_00), (3, 105_00), (6, 100_00)])
def test_shortening_twelve_months_costs_points_of_list_beside_the_shorter_terms_discount(
    months: int, monthly: int
) -> None:
    """ "1 month +10% 3 months +7.5% 6 months +5%": 100 % + 10 - 0, + 7.5 - 2.5, + 5 - 5."""
    assert price(of_tier(0), months=months, shortened_from=12).monthly_fee_cents == monthly


@pytest.mark.parametrize(("months", "surcharge_bp"), [(1, 1_000), (3, 750), (6, 500)])
def test_the_surcharge_is_the_prepayment_discount_that_is_given_up(months: int, surcharge_bp: int) -> None:
    assert shortening_surcharge_bp(program=PROGRAM, from_months=12, to_months=months) == surcharge_bp
    ahead = PROGRAM.prepayment_bp or {}
    assert ahead[12] - ahead[months] == surcharge_bp


@pytest.mark.parametrize(("before", "after"), [(24, 12), (36, 1), (6, 3), (3, 1), (1, 1), (12, 12), (12, 24)])
def test_shortening_any_other_contract_is_not_defined(before: int, after: int) -> None:
    with pytest.raises(
        NotDefined, match=rf"shortening from {before} to {after} month{'s' if after > 1 else ''} is not defined"
    ):
        price(of_tier(2), months=after, shortened_from=before)


# Products


@pytest.mark.parametrize("product", ["private_rack", "private_cloud"])
def test_a_product_without_the_no_commitment_term_is_refused_for_one_month_only(product: str) -> None:
    """ "excluding specific solutions, e.g. Private Racks, Private Cloud Solutions" """
    with pytest.raises(NotDefined, match=f"{product} has no one-month term"):
        price(of_tier(2), product=product)
    assert price(of_tier(2), months=3, product=product).monthly_fee_cents == 89_50


def test_every_other_product_has_a_one_month_term() -> None:
    others = set(PROGRAM.products) - {"private_rack", "private_cloud"}
    assert "dedicated_server" in others
    assert {price(of_tier(2), product=product).monthly_fee_cents for product in others} == {92_00}


def test_a_product_that_the_programme_does_not_know_is_refused() -> None:
    with pytest.raises(NotDefined, match="'teapot' is not known"):
        price(of_tier(2), product="teapot")


# The steps of the price


def test_each_discount_is_a_step_and_the_steps_add_up() -> None:
    found = price(of_tier(5), months=12, website_bp=400, promotion_bp=300, setup=1)
    assert found.steps == (
        QuoteStep("monthly_fee", "tier 5", 2_000),
        QuoteStep("monthly_fee", "website discount", 400),
        QuoteStep("monthly_fee", "promotion", 300),
        QuoteStep("monthly_fee", "capped at 25 %", -200),
        QuoteStep("monthly_fee", "prepayment of 12 months", 1_000),
        QuoteStep("setup_fee", "tier 5", 7_500),
    )
    assert found.monthly_fee_cents == LISTED - sum(step.bp for step in found.steps if step.component == "monthly_fee")


def test_a_promotion_that_is_better_alone_is_named_as_such() -> None:
    steps = price(of_tier(1), promotion_bp=4_000).steps
    assert QuoteStep("monthly_fee", "the public promotion alone is better", -500) in steps


def test_a_surcharge_is_a_negative_step() -> None:
    assert QuoteStep("monthly_fee", "shortened from 12 months", -1_000) in price(of_tier(1), shortened_from=12).steps


def test_a_discount_from_an_old_agreement_is_named_as_such() -> None:
    found = price(RateTerms(1, 1_200, 1_000, "Bronze"), legacy=frozenset({"monthly_fee"}))
    assert [(step.component, step.rule) for step in found.steps] == [
        ("monthly_fee", "legacy agreement"),
        ("monthly_fee", "prepayment of 1 month"),
        ("setup_fee", "tier 1"),
    ]


@pytest.mark.parametrize(("promotion_bp", "fee"), [(0, 92_000_00), (700, 85_000_00)])
def test_an_order_without_a_word_about_the_website_gets_no_website_discount(promotion_bp: int, fee: int) -> None:
    found = quote(
        program=PROGRAM,
        terms=of_tier(2),
        legacy=frozenset(),
        monthly_list_cents=100_000_00,  # so large that a hundredth of a per cent shows
        setup_list_cents=0,
        term_months=1,
        promotion_bp=promotion_bp,
    )
    assert found.monthly_fee_cents == fee
    assert "website discount" not in [step.rule for step in found.steps]


def test_an_order_without_a_word_about_promotions_gets_none() -> None:
    found = quote(
        program=PROGRAM,
        terms=of_tier(2),
        legacy=frozenset(),
        monthly_list_cents=100_000_00,
        setup_list_cents=0,
        term_months=1,
        website_bp=500,
    )
    assert found.monthly_fee_cents == 87_000_00
    assert "promotion" not in [step.rule for step in found.steps]


@pytest.mark.parametrize(("website_bp", "promotion_bp"), [(0, 12_000), (12_000, 0), (6_000, 6_000), (0, 10_001)])
def test_public_discounts_above_the_whole_price_are_refused_not_priced_at_nothing(
    website_bp: int, promotion_bp: int
) -> None:
    with pytest.raises(NotDefined, match=r"website discount and promotion of .* together are not defined"):
        price(of_tier(2), website_bp=website_bp, promotion_bp=promotion_bp)


@pytest.mark.parametrize(("website_bp", "promotion_bp"), [(0, 10_000), (10_000, 0), (4_000, 6_000)])
def test_public_discounts_of_exactly_the_whole_price_are_a_price_of_nothing(website_bp: int, promotion_bp: int) -> None:
    assert price(of_tier(2), website_bp=website_bp, promotion_bp=promotion_bp).monthly_fee_cents == 0


@pytest.mark.parametrize("tier", range(1, 7))
@pytest.mark.parametrize("given_by", [frozenset(), frozenset({"monthly_fee"}), frozenset({"setup_fee"})])
def test_each_fee_names_what_gives_its_own_discount(tier: int, given_by: frozenset[Component]) -> None:
    (monthly, setup) = (
        next(step.rule for step in price(of_tier(tier), legacy=given_by).steps if step.component == component)
        for component in ("monthly_fee", "setup_fee")
    )
    assert monthly == ("legacy agreement" if "monthly_fee" in given_by else f"tier {tier}")
    assert setup == ("legacy agreement" if "setup_fee" in given_by else f"tier {tier}")


def test_what_gives_a_discount_is_named_also_where_it_gives_nothing() -> None:
    steps = price(of_tier(0), legacy=frozenset({"setup_fee"})).steps
    assert [(step.component, step.rule, step.bp) for step in steps] == [
        ("monthly_fee", "tier 0", 0),
        ("monthly_fee", "prepayment of 1 month", 0),
        ("setup_fee", "legacy agreement", 0),
    ]


def test_a_promotion_of_exactly_the_cap_is_no_better_alone() -> None:
    (step,) = (each for each in price(of_tier(1), promotion_bp=2_500).steps if each.bp < 0)
    assert (step.rule, step.bp) == ("capped at 25 %", -500)


@pytest.mark.parametrize("program", [PROGRAM, COMPOUND], ids=["additive", "compound"])
@given(tier=st.integers(0, 6), website=POINTS, months=st.sampled_from([1, 3, 12, 36]), listed=st.integers(0, 10**9))
def test_what_the_last_step_leaves_is_the_fee(
    program: Program, tier: int, website: int, months: int, listed: int
) -> None:
    priced = price(of_tier(tier), months=months, website_bp=website, monthly=listed, program=program)
    steps = [step for step in priced.steps if step.component == "monthly_fee"]
    left = shares_left(program, steps)
    assert discounted_cents(listed, BP - left[-1]) == priced.monthly_fee_cents
