"""Benefits in letters: named in the letter's language, each with a line that says what it is and how to ask for it."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from partner_program.adapters.letters.pdf import LetterPdf
from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.domain.letter_facts import benefits_ended, benefits_of_tier
from partner_program.domain.letters import ApprovalFact, BenefitFact, LetterFacts
from partner_program.domain.program import Availability, Benefit, Program
from partner_program.domain.refusals import Refusal
from tests.domain.made_month import PROGRAM
from tests.letters.made_facts import facts
from tests.letters.read_templates import read_templates
from tests.letters.reading import Letter
from tests.letters.test_letter_pdf import pages

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "include/templates/letters/v1"
TEMPLATES = read_templates(FOLDER)
HOW_TO_ASK = {"en": "partner manager", "de": "Partnermanagement", "nl": "partnermanager"}
UNKNOWN = [benefit.key for benefit in PROGRAM.benefits if set(benefit.tiers) == {"unknown"}]
in_each_language = pytest.mark.parametrize("language", TEMPLATES.languages)


def letter_of(tier: int, language: str, *, program: Program = PROGRAM) -> LetterFacts:
    """A letter with the benefits of a tier by the programme's matrix."""
    return facts(
        tier=tier, language=language, previous_tier=tier, benefits=benefits_of_tier(program=program, tier=tier)
    )


def with_benefit(key: str, *tiers: Availability) -> Program:
    added = Benefit(key, "Cloud Credits", "support", tiers, "Credits for the cloud.")
    return replace(PROGRAM, file_name="2027-01-01.yaml", benefits=(*PROGRAM.benefits, added))


def changed(folder: Path, before: str, after: str) -> LetterTemplates:
    """The templates with one change in the words of the benefits."""
    copy = Path(copytree(FOLDER, folder / "v1"))
    words = copy / "benefits.j2"
    assert before in words.read_text("utf-8")
    words.write_text(words.read_text("utf-8").replace(before, after), "utf-8")
    return read_templates(copy)


@pytest.mark.parametrize("benefit", PROGRAM.benefits, ids=lambda each: each.key)
def test_each_benefit_has_words_of_its_own_in_each_language(benefit: Benefit) -> None:
    """Those too whose marks the text has lost: once the owner knows them, a dated file is all that it takes."""
    told = [TEMPLATES.in_language(language).benefit(benefit.key) for language in TEMPLATES.languages]

    assert len({row.line for row in told}) == len(told)
    assert all(row.name and row.line.endswith(".") for row in told)


def test_no_two_benefits_are_called_alike() -> None:
    for language in TEMPLATES.languages:
        told = [TEMPLATES.in_language(language).benefit(each.key) for each in PROGRAM.benefits]
        assert len({row.name for row in told}) == len({row.line for row in told}) == len(told)


@in_each_language
@pytest.mark.parametrize("benefit", PROGRAM.benefits, ids=lambda each: each.key)
def test_a_line_states_no_figure_that_the_programme_does_not_give(benefit: Benefit, language: str) -> None:
    row = TEMPLATES.in_language(language).benefit(benefit.key)

    assert set(re.findall(r"\d+", row.name + row.line)) <= set(re.findall(r"\d+", benefit.description))


@in_each_language
def test_the_line_of_a_benefit_on_request_says_whom_to_ask(language: str) -> None:
    asked = [each.key for each in PROGRAM.benefits if "on_request" in each.tiers]

    assert [key for key in asked if HOW_TO_ASK[language] not in TEMPLATES.in_language(language).benefit(key).line] == []


@in_each_language
@pytest.mark.parametrize("tier", [1, 6])
def test_all_parts_name_each_benefit_with_its_line_and_no_unknown_one(tier: int, language: str) -> None:
    stated, words = letter_of(tier, language), TEMPLATES.in_language(language)
    letter = TEMPLATES.render(stated)
    on_paper = " ".join(pages(LetterPdf(TEMPLATES, ROOT / "include/fonts").letter(stated)))
    parts = [letter.text, Letter(letter.html).visible]

    known = [words.benefit(each.key) for each in PROGRAM.benefits if each.key not in UNKNOWN]
    assert all(f"    - {row.name}: {row.line}\n" in letter.text for row in known)
    assert all(row.name in parts[1] and row.line in parts[1] for row in known)
    assert all(row.name in on_paper for row in known)
    for key in UNKNOWN:
        row = words.benefit(key)
        assert [row.line in part for part in [*parts, on_paper]] == [False] * 3
        assert f"- {row.name}" not in letter.text


def test_a_benefit_whose_marks_become_known_is_named() -> None:
    benefits = tuple(
        replace(each, tiers=("yes",) * 6) if each.key == "data_center_visits" else each for each in PROGRAM.benefits
    )
    text = TEMPLATES.render(letter_of(3, "de", program=replace(PROGRAM, benefits=benefits))).text

    assert "    - Besuche im Rechenzentrum: " in text


@in_each_language
def test_benefits_that_end_are_named_in_the_letters_language(language: str) -> None:
    ended = benefits_ended(program=PROGRAM, tier=0, previous_tier=1, attributes="", stated=())
    lost = facts(tier=0, previous_tier=1, language=language, benefits=(), ended_benefits=ended)
    words, letter = TEMPLATES.in_language(language), TEMPLATES.render(lost)

    for part in (letter.text, Letter(letter.html).visible):
        for key in ("partner_program_branding", "partner_program_certificate", "partner_locator"):
            assert words.benefit(key).name in part


def test_our_programme_files_lack_no_words() -> None:
    TEMPLATES.check_words([PROGRAM])


def test_a_benefit_without_words_is_refused_by_its_key_and_the_file_that_gives_it() -> None:
    expected = r"v1/benefits\.j2: the benefit cloud_credits lacks a name and a line, .* \(2027-01-01\.yaml gives it\)"
    with pytest.raises(Refusal, match=expected):
        TEMPLATES.check_words([PROGRAM, with_benefit("cloud_credits", "unknown", "on_request")])
    with pytest.raises(Refusal, match="the benefit cloud_credits lacks a name and a line"):
        TEMPLATES.render(letter_of(2, "nl", program=with_benefit("cloud_credits", "unknown", "on_request")))


def test_a_benefit_that_no_tier_is_known_to_have_needs_no_words_yet() -> None:
    TEMPLATES.check_words([with_benefit("cloud_credits", "unknown", "unknown")])


def test_a_benefit_with_a_name_alone_is_refused(tmp_path: Path) -> None:
    templates = changed(tmp_path, 'key == "mdf" %}{% trans %}Funds', 'key == "other" %}{% trans %}Funds')
    with pytest.raises(Refusal, match="the benefit mdf lacks a line"):
        templates.check_words([PROGRAM])


def test_a_benefit_whose_message_no_catalogue_has_is_refused(tmp_path: Path) -> None:
    templates = changed(tmp_path, "Market Development Funds (MDF)", "Money for markets")
    with pytest.raises(Refusal, match=r"message 'Money for markets' is in a template but not in .*en\.po"):
        templates.check_words([PROGRAM])


STATES = {
    "en": (
        "approved until 1 September 2015 (2 of 5 units); "
        "approved from 1 October 2015 until 1 November 2015 (1 of 5 units)",
        "kept from your earlier agreement; requested, not decided yet",
        "approved (€1,000.00)",
        "Agreed with you",
        "3 incidents with priority",
    ),
    "nl": (
        "goedgekeurd tot 1 september 2015 (2 van 5 eenheden); "
        "goedgekeurd van 1 oktober 2015 tot 1 november 2015 (1 van 5 eenheden)",
        "behouden uit uw eerdere overeenkomst; aangevraagd, nog niet beslist",
        "goedgekeurd (€ 1.000,00)",
        "Met u afgesproken",
        "3 meldingen met voorrang",
    ),
    "de": (
        "genehmigt bis zum Beginn des 1. September 2015 (2 von 5 Einheiten); "
        "genehmigt vom 1. Oktober 2015 bis zum Beginn des 1. November 2015 (1 von 5 Einheiten)",
        "aus Ihrer früheren Vereinbarung beibehalten; angefragt, noch nicht entschieden",
        "genehmigt (1.000,00 €)",
        "Mit Ihnen vereinbart",
        "3 Störungsmeldungen mit Vorrang",
    ),
}


def letter_with_states(language: str) -> LetterFacts:
    approvals = (
        ApprovalFact(None, date(2015, 9, 1), 2, None),
        ApprovalFact(date(2015, 10, 1), date(2015, 11, 1), 1, None),
    )
    return facts(
        language=language,
        benefits=(
            BenefitFact("mdf", "MDF", "marketing", "on_request", approvals=(ApprovalFact(None, None, None, 100_000),)),
            BenefitFact("service_level_agreement", "SLA", "support", "yes", incidents=3),
            BenefitFact("seeding_options", "Seeding", "support", "on_request", approvals=approvals, limit=5),
            BenefitFact("post_payment", "Post Payment", "support", "on_request", kept=True, requested=True, days=45),
            BenefitFact("presales_solution_architect", "Pre-sales", "support", "on_request", days_ahead=21),
            BenefitFact("knowledge_base", "KB", "support", "yes", link="https://kb.host.example/?a=1&b=2"),
        ),
    )


@in_each_language
def test_html_text_and_pdf_say_each_benefits_own_state_its_numbers_and_its_link(language: str) -> None:
    letter = TEMPLATES.render(letter_with_states(language))
    printed = "".join(pages(LetterPdf(TEMPLATES, ROOT / "include/fonts").letter(letter_with_states(language))))
    for part in (letter.text, Letter(letter.html).visible, printed):
        said = "".join(part.split()).replace("\u2060", "").replace("\u00ad", "")
        for words in (*STATES[language], "45", "21", "https://kb.host.example/?a=1&b=2"):
            assert "".join(words.split()) in said


@in_each_language
def test_a_partner_without_a_tier_is_told_what_was_agreed_and_how_benefits_begin(language: str) -> None:
    approved = (ApprovalFact(None, date(2015, 9, 1), 2, None),)
    seeding = BenefitFact("seeding_options", "Seeding", "support", "on_request", approvals=approved, limit=5)
    about = facts(tier=0, previous_tier=0, language=language, benefits=(seeding,))
    text, templates = TEMPLATES.render(about).text, TEMPLATES.in_language(language)
    assert str(templates.sentences("wording.j2").benefits_none(templates.view(about))) in text
    assert STATES[language][3] in text


STILL_TO_ASK = {
    "en": ("if we approve", "Ask your"),
    "nl": ("als wij instemmen", "Vraag"),
    "de": ("zustimmen", "Fragen Sie"),
}


@in_each_language
@pytest.mark.parametrize(
    "key", ["mdf", "seeding_options", "post_payment", "presales_solution_architect", "customer_portal_access"]
)
def test_what_was_agreed_or_asked_for_is_not_asked_for_any_more(language: str, key: str) -> None:
    here = TEMPLATES.in_language(language)
    on_request = BenefitFact(key, key, "support", "on_request", limit=5, days=30, days_ahead=14)
    done = (
        replace(on_request, approvals=(ApprovalFact(None, None, None, None),)),
        replace(on_request, approvals=(ApprovalFact(date(2015, 9, 1), None, None, None),)),  # from a later day
        replace(on_request, kept=True),
        replace(on_request, requested=True),
    )
    to_ask = (*STILL_TO_ASK[language], "Senden Sie", "Stuur", "Send your")

    def lines(fact: BenefitFact) -> str:
        return next(
            line
            for line in TEMPLATES.render(facts(language=language, benefits=(fact,))).text.splitlines()
            if name in line
        )

    name = here.benefit(key).name
    assert any(words in lines(on_request) for words in to_ask)
    assert [words for fact in done for words in to_ask if words in lines(fact)] == []


@in_each_language
def test_what_is_approved_from_a_later_day_is_agreed_and_what_is_requested_is_not(language: str) -> None:
    later = (ApprovalFact(date(2015, 9, 1), None, None, None),)
    headings = [
        STATES[language][3] in TEMPLATES.render(facts(language=language, benefits=(fact,))).text
        for fact in (
            BenefitFact("post_payment", "Post Payment", "support", "on_request", approvals=later),
            BenefitFact("post_payment", "Post Payment", "support", "on_request", requested=True),
        )
    ]
    assert headings == [True, False]
