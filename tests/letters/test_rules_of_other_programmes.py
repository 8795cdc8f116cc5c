"""Sentences that follow the rules of the programme: what decides a tier, when it may change, at how many entities."""

import io
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from partner_program.domain.certificate import CertificateFacts
from partner_program.domain.letters import (
    BenefitFact,
    GraceFact,
    LackFact,
    LetterFacts,
    NextTierFact,
    RevenueFact,
    StaysFact,
    ToldProgram,
)
from partner_program.domain.tier_changes import AT_ONCE, Changes
from tests.letters.made_facts import KINDS, facts
from tests.letters.test_letter_pdf import PDF, TEMPLATES

LANGUAGES = TEMPLATES.languages
in_each_language = pytest.mark.parametrize("language", LANGUAGES)
BY_RULES = ToldProgram(by_rules=True)
STAFF = replace(BY_RULES, needs_more=True)
LACKS = (LackFact("certified staff", 2, 1),)


def text_of(letter: LetterFacts, language: str = "en") -> str:
    """The plain text, with plain blanks."""
    return TEMPLATES.render(replace(letter, language=language)).text.replace("\N{NO-BREAK SPACE}", " ")


# Months and revenue

ONE_MONTH = {
    "en": ("monthly revenue alone", "that month's revenue", "that your revenue earns, and"),
    "nl": ("alleen uw maandomzet", "de omzet van die maand recht", "waar uw omzet recht op geeft, en"),
    "de": ("allein Ihr Monatsumsatz", "der Umsatz dieses Monats die Stufe", "die Ihr Umsatz ergibt, und"),
}


@in_each_language
@pytest.mark.parametrize("outcome", [None, "confirmed", "lapsed"])
def test_no_letter_says_that_one_months_revenue_decides_where_more_does(language: str, outcome: str | None) -> None:
    grants = (GraceFact(3, date(2015, 6, 1), date(2015, 12, 1), outcome),)  # type: ignore[arg-type]
    letter = replace(facts(), grants=grants)
    said = text_of(replace(letter, program=BY_RULES), language)
    assert [words for words in ONE_MONTH[language] if words in said] == []
    if outcome != "lapsed":  # the search finds what it searches for
        assert [words for words in ONE_MONTH[language] if words in text_of(letter, language)]


@in_each_language
@pytest.mark.parametrize("outcome", [None, "lapsed"])
def test_a_grace_period_by_rules_speaks_of_invoices_where_all_services_get_the_rate(
    language: str, outcome: str | None
) -> None:
    grants = (GraceFact(3, date(2015, 6, 1), date(2015, 12, 1), outcome),)  # type: ignore[arg-type]
    told = replace(BY_RULES, applies_to="all_services")
    said = text_of(replace(facts(), grants=grants, program=told), language)
    assert not [words for words in ("new orders", "nieuwe bestellingen", "neue Bestellungen", "Neue") if words in said]
    assert [words for words in ("nvoices", "acturen", "Rechnungen") if words in said]


# Requirements


def test_who_lacks_staff_for_the_highest_tier_is_not_at_the_top() -> None:
    lacking = replace(
        facts(tier=5, earned_tier=5, previous_tier=5),
        program=STAFF,
        revenue=RevenueFact(6, LACKS),
        next_tier=NextTierFact(6, 4_000_000, 0, LACKS),
    )
    said = text_of(lacking)
    assert "With what is on record beside it, that earns Tier 5." in said
    assert "You are at the top" not in said
    assert "On the way to Tier 6" in said
    assert "Your revenue is enough for Tier 6. What is still missing: certified staff: 2 needed, 1 on record." in said


def test_who_lacks_staff_for_the_first_tier_is_not_told_that_revenue_reaches_none() -> None:
    lacking = replace(
        facts(tier=0, earned_tier=0, previous_tier=0),
        program=STAFF,
        revenue=RevenueFact(1, LACKS),
        next_tier=NextTierFact(1, 50_000, 0, LACKS),
    )
    said = text_of(lacking)
    assert "With what is on record beside it, that does not reach a tier." in said
    assert "That does not reach a tier." not in said
    assert "Your revenue reaches Tier 1, which needs more than revenue" in said


def test_the_next_tier_names_what_it_needs_beside_revenue_too() -> None:
    said = text_of(replace(facts(), program=STAFF, next_tier=NextTierFact(4, 1_000_000, 365_488, LACKS)))
    assert "more than in August 2015. It needs more than revenue. What is still missing: certified staff: 2" in said


def test_what_is_lacking_has_its_name_in_the_letters_own_language() -> None:
    lacks = (LackFact("technicians", 2, 1, (("de", "Fachleute"),)),)
    lacking = replace(
        facts(), program=STAFF, revenue=RevenueFact(4, lacks), next_tier=NextTierFact(4, 1_000_000, 0, lacks)
    )
    assert text_of(lacking).count("technicians: 2 needed, 1 on record") == 2
    assert text_of(lacking, "nl").count("technicians: 2 nodig, 1 geregistreerd") == 2
    assert text_of(lacking, "de-AT").count("Fachleute: 2 nötig, 1 erfasst") == 2


# Reviews


def test_a_tier_that_waits_for_a_review_is_not_the_top() -> None:
    stays = StaysFact(5, 6, "review", "2016-01", 1, 0)
    waiting = replace(
        facts(tier=5, earned_tier=6, previous_tier=5), program=BY_RULES, next_tier=None, stays=stays, merit_tier=5
    )
    said = text_of(replace(waiting, rises_in="2016-01"))
    assert "You are at the top" not in said
    assert "You have already earned Tier 6. A tier rises at a review only; the next one is in January 2016." in said


def test_the_way_to_the_next_tier_names_the_review_once() -> None:
    said = text_of(replace(facts(), program=BY_RULES, rises_in="2016-01", merit_tier=3))
    assert said.count("A tier rises at a review only; the next one is in January 2016.") == 1
    assert "review" not in text_of(facts())


CHECKED = {
    ("monthly", "monthly", ()): "checked every month.",
    ("monthly", "never", ()): "checked every month.",
    ("review", "review", (12, 6)): "reviewed in January and July.",
    ("review", "never", (12,)): "reviewed in January.",
    ("monthly", "review", (12,)): "checked every month; it is lowered only in January.",
    ("review", "monthly", (3,)): "checked every month; it rises only in April.",
}


@pytest.mark.parametrize("rules", CHECKED, ids=lambda rules: "-".join(map(str, rules[:2])))
def test_a_certificate_says_when_its_tier_may_change(rules: tuple[str, str, tuple[int, ...]]) -> None:
    stated = CertificateFacts("P1", "Noordzee", "en", 3, "Gold", date(2015, 9, 1), None)
    paper = PdfReader(io.BytesIO(PDF.certificate(stated, Changes(*rules))))  # type: ignore[arg-type]
    said = " ".join(" ".join(page.extract_text() for page in paper.pages).split())
    assert f"The tier is {CHECKED[rules]}" in said


def test_a_certificate_without_such_rules_is_that_of_changes_at_once() -> None:
    stated = CertificateFacts("P1", "Noordzee", "de", 3, None, date(2015, 9, 1), None)
    assert PDF.certificate(stated) == PDF.certificate(stated, AT_ONCE)


# Entities

SEVERAL = {"en": "entities", "nl": "al onze vennootschappen", "de": "unseren Gesellschaften"}


@in_each_language
@pytest.mark.parametrize("kind", KINDS)
def test_a_company_of_one_entity_speaks_of_no_other(kind: str, language: str) -> None:
    assert SEVERAL[language] in text_of(KINDS[kind], language)
    for program in (ToldProgram(), STAFF, ToldProgram(applies_to="all_services")):
        one = replace(KINDS[kind], one_entity=True, program=program)
        said = text_of(one, language)
        assert SEVERAL[language] not in said
        assert "jeder unserer Gesellschaften" not in said


# Benefits

PROMOTIONS = {
    ("added", True): "on top of our online promotions, up to the limit of the programme.",
    ("added", False): "on top of our online promotions. You",
    ("best_of", False): "Where an online promotion is better than your discount, you get the promotion.",
    ("exclusive", True): "a promotion stands in place of your discount.",
}


@pytest.mark.parametrize("rules", PROMOTIONS)
def test_the_line_of_promotions_says_how_they_combine(rules: tuple[str, bool]) -> None:
    promotions, has_cap = rules
    told = ToldProgram(promotions=promotions, has_cap=has_cap)  # type: ignore[arg-type]
    benefits = (BenefitFact("special_promotions", "Special promotions", "support", "yes"),)
    said = " ".join(text_of(replace(facts(), benefits=benefits, program=told)).split())
    assert [words for words in PROMOTIONS.values() if words in said] == [PROMOTIONS[rules]]


@in_each_language
def test_incidents_without_service_levels_name_no_level(language: str) -> None:
    levels = {"en": "your level", "nl": "uw serviceniveau", "de": "Ihr Service-Level"}[language]
    none = ToldProgram(components=("monthly_fee",))
    for incidents in (None, 1, 4):
        given = BenefitFact("service_level_agreement", "SLA", "support", "yes", incidents=incidents)
        letter = replace(facts(), benefits=(given,))
        assert levels in text_of(letter, language)
        assert levels not in text_of(replace(letter, program=none), language)
