"""Facts made by hand, one set for each kind of letter; the golden letters and the benchmark are written from them."""

from dataclasses import replace
from datetime import date
from typing import Any

from partner_program.domain.account_moves import account_moves
from partner_program.domain.letters import (
    AccountFact,
    BenefitFact,
    EarlierFact,
    GraceFact,
    LackFact,
    LetterFacts,
    NextTierFact,
    RatesFact,
    RevenueFact,
    StaysFact,
    WindowFact,
)
from partner_program.domain.rates import LegacyTerm, RateTerms

PREPAYMENT = ((1, 0), (3, 250), (6, 500), (12, 1000), (24, 2000), (36, 3000))
LEGAL_NAMES = {"NL": "LeaseWeb Netherlands B.V.", "DE": "LeaseWeb Deutschland GmbH", "US": "LeaseWeb USA, Inc."}
TERMS = {
    0: (0, 0, None),
    1: (500, 1000, "Bronze"),
    2: (800, 2000, "Silver"),
    3: (1000, 3500, "Gold"),
    4: (1500, 5000, "Gold"),
    5: (2000, 7500, "Platinum"),
    6: (2500, 10000, "Platinum"),
}
BENEFITS = (
    BenefitFact("mdf", "MDF (proposal based)", "marketing", "on_request"),
    BenefitFact("marketing_collateral", "Marketing Collateral", "marketing", "yes"),
    BenefitFact("partner_program_branding", "Partner Program branding", "marketing", "yes"),
    BenefitFact("partner_program_certificate", "Partner Program Certificate", "marketing", "yes"),
    BenefitFact("partner_locator", "Partner Locator", "marketing", "yes"),
    BenefitFact("onboarding_training", "Onboarding/Online Training", "support", "yes"),
    BenefitFact("special_promotions", "Special promotions", "support", "yes"),
    BenefitFact("grace_period", "Grace Period", "support", "yes"),
    BenefitFact("seeding_options", "Seeding Options", "support", "on_request"),
    BenefitFact("knowledge_base", "Knowledge Base", "support", "yes"),
    BenefitFact("post_payment", "Post Payment", "support", "on_request"),
    BenefitFact("api_access", "API access", "support", "yes"),
)


def account(entity: str, account_id: str, currency: str, minor: int, rate: str, cents: int) -> AccountFact:
    """One account of one of the three entities."""
    return AccountFact(
        entity, LEGAL_NAMES.get(entity, f"{entity} Hosting Ltd."), account_id, currency, minor, rate, cents
    )


AUGUST = (
    account("DE", "DE-20117", "EUR", 189_950, "1", 189_950),
    account("NL", "NL-10042", "EUR", 310_000, "1", 310_000),
    account("NL", "NL-10077", "EUR", 24_500, "1", 24_500),
    account("US", "US-30519", "USD", 122_540, "1.113951", 110_062),
)
JULY = (
    account("DE", "DE-20117", "EUR", 204_950, "1", 204_950),
    account("NL", "NL-10042", "EUR", 145_000, "1", 145_000),
    account("NL", "NL-10063", "EUR", 9_900, "1", 9_900),
    account("US", "US-30519", "USD", 122_540, "1.119022", 109_506),
)


def terms(tier: int) -> RateTerms:
    """The terms that a tier gives."""
    return RateTerms(tier, *TERMS[tier])


def earlier(month: str, before: tuple[AccountFact, ...], now: tuple[AccountFact, ...]) -> EarlierFact:
    """The count before, with what has moved since."""
    moves = account_moves(before=before, now=now)
    total = sum(row.mrr_eur_cents for row in before)
    return EarlierFact(month, total, moves.shown, moves.others, moves.others_cents)


def facts(**changes: Any) -> LetterFacts:
    """A letter of a partner who rose from Tier 2 to Tier 3 on 2015-09-01; change what a test is about."""
    tier = changes.get("tier", 3)
    monthly, setup, sla = TERMS[tier]
    base = LetterFacts(
        billing_month="2015-08",
        kind="tier_raised",
        partner_id="P0042",
        company_name="Noordzee Hosting B.V.",
        language="en",
        contact_names=("Anna de Vries",),
        effective_on=date(2015, 9, 1),
        rate_valid_from=date(2015, 9, 1),
        tier=tier,
        previous_tier=2,
        earned_tier=tier,
        granted_tier=None,
        monthly_fee_discount_bp=monthly,
        setup_fee_discount_bp=setup,
        sla=sla,
        terms_before=None,
        mrr_eur_cents=634_512,
        accounts=AUGUST,
        earlier=None,
        grants=(),
        legacy=(),
        ended_legacy=(),
        benefits=BENEFITS if tier else (),
        ended_benefits=(),
        prepayment=PREPAYMENT,
        next_tier=NextTierFact(4, 1_000_000, 365_488),
        manager_name="Mila Jansen",
        manager_email="mila.jansen@leaseweb.example",
        manager_phone="+31 20 555 0142",
    )
    return replace(base, **changes)


def since_july(before: int, **changes: Any) -> LetterFacts:
    """A letter beside a July in force with another tier and other accounts."""
    stated = facts(previous_tier=before, terms_before=terms(before), **changes)
    return replace(stated, earlier=earlier("2015-07", JULY, stated.accounts))


SMALL = (account("NL", "NL-10042", "EUR", 31_250, "1", 31_250),)
MANY = tuple(
    account("NL", f"NL-{10042 + n}", "EUR", cents, "1", cents) for n, cents in enumerate(range(4_000, 12_000, 1_000))
)
CORRECTED = (
    account("NL", "NL-10042", "EUR", 512_450, "1", 512_450),
    account("NL", "NL-10077", "EUR", -12_500, "1", -12_500),
)
# At the rate of July, 1.119022, the same dollars are 4,982.03 EUR.
DOLLARS = (account("US", "US-30519", "USD", 557_500, "1.113951", 500_471),)
TOP = (account("NL", "NL-10042", "EUR", 5_123_456, "1", 5_123_456),)
KINDS: dict[str, LetterFacts] = {
    "migration": facts(
        kind="migration",
        billing_month="2015-06",
        effective_on=date(2015, 7, 27),
        rate_valid_from=date(2015, 7, 27),
        previous_tier=None,
        contact_names=("Anna de Vries", "Piet Bakker"),
        monthly_fee_discount_bp=1200,
        legacy=(LegacyTerm("monthly_fee", 1200, None, "Reseller agreement 2013/117", date(2017, 1, 1)),),
    ),
    "migration_no_tier": facts(
        kind="migration",
        billing_month="2015-06",
        effective_on=date(2015, 7, 27),
        rate_valid_from=date(2015, 7, 27),
        tier=0,
        previous_tier=None,
        mrr_eur_cents=0,
        accounts=(),
        next_tier=NextTierFact(1, 50_000, 50_000),
    ),
    "restated": facts(
        kind="restated",
        tier=2,
        previous_tier=3,
        earned_tier=2,
        mrr_eur_cents=499_950,
        accounts=CORRECTED,
        next_tier=NextTierFact(3, 500_000, 50),
        terms_before=terms(3),
        earlier=earlier("2015-08", CORRECTED[:1], CORRECTED),
    ),
    "grace_lapsed": since_july(
        3,
        kind="grace_lapsed",
        tier=1,
        mrr_eur_cents=124_500,
        accounts=(account("NL", "NL-10042", "EUR", 124_500, "1", 124_500),),
        grants=(GraceFact(3, date(2015, 6, 1), date(2015, 9, 1), "lapsed"),),
        next_tier=NextTierFact(2, 200_000, 75_500),
    ),
    "tier_lowered": facts(
        kind="tier_lowered",
        tier=0,
        previous_tier=1,
        mrr_eur_cents=31_250,
        accounts=SMALL,
        next_tier=NextTierFact(1, 50_000, 18_750),
        terms_before=terms(1),
        earlier=earlier("2015-07", MANY, SMALL),
        ended_benefits=tuple(
            each for each in BENEFITS if each.availability == "yes" and each.key not in ("grace_period", "api_access")
        ),
    ),
    "grace_confirmed": since_july(
        3,
        kind="grace_confirmed",
        rate_valid_from=date(2015, 7, 27),
        grants=(GraceFact(3, date(2015, 7, 27), date(2015, 11, 1), "confirmed"),),
    ),
    "grace_granted": since_july(
        3,
        kind="grace_granted",
        tier=4,
        earned_tier=3,
        granted_tier=4,
        grants=(GraceFact(4, date(2015, 9, 1), date(2016, 1, 1), None),),
    ),
    "tier_raised": since_july(2),
    "terms_changed": replace(
        since_july(3, kind="terms_changed"),
        terms_before=RateTerms(3, 1_500, 3_500, "Platinum"),
        ended_legacy=(
            LegacyTerm("monthly_fee", 1_500, None, "Reseller agreement 2013/117", date(2015, 9, 1)),
            LegacyTerm("sla", None, "Platinum", "Reseller agreement 2013/117", date(2015, 9, 1)),
        ),
    ),
    "tier_raised_by_rates": facts(
        mrr_eur_cents=500_471,
        accounts=DOLLARS,
        terms_before=terms(2),
        rates=RatesFact("2015-07", 498_203, 2, 3, holds=False),
        next_tier=NextTierFact(4, 1_000_000, 499_529),
    ),
    "no_change_held_by_rates": facts(
        kind="no_change",
        tier=2,
        rate_valid_from=date(2015, 7, 27),
        mrr_eur_cents=500_471,
        accounts=DOLLARS,
        terms_before=terms(2),
        rates=RatesFact("2015-07", 498_203, 2, 3, holds=True),
        next_tier=NextTierFact(4, 1_000_000, 499_529),
    ),
    "tier_raised_lacking_staff": replace(
        since_july(2), revenue=RevenueFact(4, (LackFact("certified staff", 2, 1), LackFact("score", 70, 0)))
    ),
    "tier_kept": since_july(
        3,
        kind="tier_kept",
        rate_valid_from=date(2015, 7, 27),
        earned_tier=2,
        merit_tier=3,
        window=WindowFact(
            months=(("2015-06", 100_000), ("2015-07", 469_356), ("2015-08", 634_512)),
            of_months=3,
            is_mean=True,
            projected=False,
            amount_cents=401_289,
            leaves=("2015-06", 100_000),
        ),
        stays=StaysFact(3, 2, "review", "2016-01", 1, 1),
        next_tier=NextTierFact(3, 500_000, 98_711),
    ),
    "no_change": facts(
        kind="no_change",
        tier=6,
        previous_tier=6,
        rate_valid_from=date(2015, 7, 27),
        mrr_eur_cents=5_123_456,
        accounts=TOP,
        next_tier=None,
        terms_before=terms(6),
        earlier=earlier("2015-07", TOP, TOP),
    ),
}
