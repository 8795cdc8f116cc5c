"""Letters of a company with another programme: its own tier names, and nothing of what it does not have."""

import io
import re
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from pypdf import PdfReader

from partner_program.domain.letters import GraceFact, LetterFacts, ToldProgram, WindowFact
from partner_program.domain.program_unit import Unit
from partner_program.domain.rates import RateTerms
from tests.letters.made_facts import KINDS, facts
from tests.letters.test_letter_pdf import PDF, TEMPLATES

OWN = ToldProgram(("Silver", "Gold", "Partner #1"), ("monthly_fee",), benefits_from=0, starts_below=False)
NUMBERED = {"en": r"[Tt]iers? \d", "nl": r"\b[Nn]iveaus? \d", "de": r"(?<!eine )Stufe \d"}
# Of what the programme has not, in the words of the letters.
ABSENT = {
    "en": ("Service level", "Setup fee discount", "in advance", "benefit", "servers for tests"),
    "nl": ("Serviceniveau", "serviceniveau", "op de installatiekosten", "vooruit", "voordelen", "testservers"),
    "de": ("Service-Level", "auf die Einrichtungsgebühr", "Vorauszahlung", "Vorteile", "Testserver"),
}
NO_TIER = {"en": "No tier", "nl": "Geen partnerniveau", "de": "Keine Stufe"}
in_each_language = pytest.mark.parametrize("language", TEMPLATES.languages)


def own(kind: LetterFacts, **changes: object) -> LetterFacts:
    """A letter of some kind as the company with its own programme writes it."""
    tier = min(kind.tier, 3)
    before = None if kind.terms_before is None else RateTerms(kind.terms_before.tier, 800, 0, None)
    return replace(
        kind,
        program=OWN,
        tier=tier,
        setup_fee_discount_bp=0,
        sla=None,
        terms_before=before,
        legacy=(),
        ended_legacy=(),
        benefits=(),
        ended_benefits=(),
        prepayment=(),
        previous_tier_name=OWN.tier_name(kind.previous_tier),
        **changes,
    )


ON_PAPER = ("tier_lowered", "restated")  # a letter on paper takes long, and is made of the same sentences


def text_of(letter: LetterFacts) -> str:
    """The plain text, with plain blanks."""
    return TEMPLATES.render(letter).text.replace("\N{NO-BREAK SPACE}", " ")


def parts(letter: LetterFacts) -> list[str]:
    """The subject, what a reader of the HTML sees, the plain text, of some kinds the paper too, each on one line."""
    rendered = TEMPLATES.render(letter)
    seen = re.sub(r"<style.*?</style>|<[^>]+>", " ", rendered.html, flags=re.DOTALL)
    found = [rendered.subject, seen, rendered.text]
    if letter.kind in ON_PAPER:
        found += [page.extract_text() for page in PdfReader(io.BytesIO(PDF.letter(letter))).pages]
    return [" ".join(each.split()) for each in found]


@in_each_language
@pytest.mark.parametrize("kind", KINDS)
def test_no_part_of_a_letter_has_a_tiers_number_or_what_the_programme_lacks(kind: str, language: str) -> None:
    for part in parts(own(KINDS[kind], language=language)):
        assert not re.search(NUMBERED[language], part)
        assert [words for words in ABSENT[language] if words in part] == []


def test_a_tier_stands_by_its_name_alone_and_within_a_sentence_as_the_language_says_it() -> None:
    raised = own(facts(tier=3, previous_tier=2))
    said = {language: text_of(replace(raised, language=language)) for language in TEMPLATES.languages}
    assert "From 1 September 2015 you are in Partner #1, up from Gold. Thank you" in said["en"]
    assert "zit u op niveau Partner #1; daarvoor zat u op niveau Gold. Fijn" in said["nl"]
    assert "sind Sie in Stufe Partner #1; bisher waren Sie in Stufe Gold. Vielen Dank" in said["de"]
    for text in said.values():
        assert ": Partner #1\n" in text  # from that day
        assert ": Gold\n" in text  # before


def test_the_tier_before_has_the_name_that_it_had_then() -> None:
    renamed = replace(own(facts(tier=3, previous_tier=2)), previous_tier_name="Business")
    text = TEMPLATES.render(renamed).text
    assert "up from Business." in text
    assert "Gold" not in text
    assert "up from Tier 2." in TEMPLATES.render(replace(renamed, previous_tier_name="")).text


def test_a_grant_and_the_next_tier_are_told_by_name() -> None:
    grant = GraceFact(3, date(2015, 9, 1), date(2015, 12, 1), None)
    lifted = own(replace(KINDS["grace_granted"], earned_tier=2, granted_tier=3, grants=(grant,), tier=3))
    told = text_of(lifted)
    assert "We have granted you Partner #1 from 1 September 2015" in told
    assert "By itself it earns Gold; your grace period lifts you to Partner #1." in told
    following = KINDS["tier_raised"].next_tier
    assert following is not None
    way = TEMPLATES.render(own(replace(facts(tier=2), next_tier=replace(following, tier=3)))).text
    assert "On the way to Partner #1" in way
    assert "Partner #1 begins at" in way


@in_each_language
def test_a_name_that_is_markup_is_told_as_it_is_written(language: str) -> None:
    hostile = replace(own(facts(tier=3), language=language), program=replace(OWN, tier_names=("A", "B", "<b>&{{1}}")))
    assert "&lt;b&gt;&amp;{{1}}" in TEMPLATES.render(hostile).html
    assert "<b>&{{1}}" in TEMPLATES.render(hostile).text


def test_a_row_that_the_programme_lacks_is_told_while_the_partner_has_or_had_it() -> None:
    """A company that gives up its service levels says so in the letter in which they end."""
    had = replace(own(facts(tier=2)), terms_before=RateTerms(2, 800, 2_000, "Gold"))
    text = TEMPLATES.render(had).text
    assert "Service level agreement: Not included (before: Gold)" in text
    assert "Setup fee discount: 0% (before: 20%)" in text


# Existing services too

TWO_MONTHS = WindowFact((("2015-07", 1_000_00), ("2015-08", 2_000_00)), 2, True, False, 1_500_00, ("2015-07", 1_000_00))


@in_each_language
@pytest.mark.parametrize("window", [None, TWO_MONTHS], ids=["a month", "two months"])
@pytest.mark.parametrize("kind", KINDS)
def test_where_all_services_get_the_rate_no_letter_says_that_old_ones_keep_theirs(
    kind: str, window: WindowFact | None, language: str
) -> None:
    keeps = {
        "en": ("new order", "keep their terms.", "keeps the terms", "keep the price", "placed", "keep the benefits"),
        "nl": ("nieuwe bestelling", "bestaande diensten behouden", "behouden de prijs", "behouden diensten"),
        "de": ("neue Bestellung", "neuen Bestellung", "behalten den Preis", "bestehenden Dienste bleiben"),
    }
    allowed = {"en": "invoices of the days before keep their terms."}
    everything = replace(KINDS[kind], language=language, window=window, program=ToldProgram(applies_to="all_services"))
    for part in parts(everything):
        said = part.replace(allowed.get(language, ""), "") if language in allowed else part
        assert [words for words in keeps[language] if words in said] == []


def test_all_services_are_told_from_which_invoice_on() -> None:
    text = text_of(replace(facts(), program=ToldProgram(applies_to="all_services")))
    assert "Services you already have get these terms too" in text
    assert "For every invoice from 1 September 2015 on, at all our entities." in text


def test_words_of_new_orders_stay_where_only_they_get_the_rate() -> None:
    for language, kind in product(TEMPLATES.languages, KINDS):
        stated = replace(KINDS[kind], language=language)
        told = replace(stated, program=ToldProgram(applies_to="new_orders"))
        assert TEMPLATES.render(stated) == TEMPLATES.render(told)


COUNTS = replace(OWN, unit=Unit("XXX", 0, "pts"), by_rules=True)
MONEY = re.compile(r"[Rr]evenue|[Uu]msatz|[Oo]mzet|as invoiced,|laut Rechnung|gefactureerd|VAT|Mehrwertsteuer|btw|€")


@in_each_language
@pytest.mark.parametrize("window", [None, TWO_MONTHS], ids=["a month", "two months"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_programme_that_counts_no_money_speaks_of_none(kind: str, window: WindowFact | None, language: str) -> None:
    letter = own(KINDS[kind], language=language)
    for part in parts(replace(letter, program=COUNTS, window=window)):
        assert MONEY.findall(part) == []
