"""In each language, both parts of a letter state the committed figures: read back, they are the facts."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.domain.letters import LetterFacts
from tests.letters.made_facts import KINDS
from tests.letters.random_facts import random_facts
from tests.letters.read_templates import read_templates
from tests.letters.reading import Letter

FOLDER = Path(__file__).parents[2] / "include/templates/letters/v1"
TEMPLATES = read_templates(FOLDER)
# How each language writes numbers and months, from its own reference works, not from the library that our letters use.
POINTS = {"en": ".", "nl": ",", "de": ","}
MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "nl": [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
}
STATES = {None: "Open", "confirmed": "Confirmed", "lapsed": "Ended"}
COMPONENTS = {
    "monthly_fee": "Monthly fee discount",
    "setup_fee": "Setup fee discount",
    "sla": "Service level agreement",
}


def wordings(language: str) -> dict[str, str]:
    """The catalogue's words for the English ones."""
    with (FOLDER / f"catalogues/{language}.po").open("rb") as source:
        return {message.id: str(message.string) for message in read_po(source) if isinstance(message.id, str)}


WORDS = {language: wordings(language) for language in POINTS}


def number(shown: str, language: str) -> Decimal:
    digits = re.sub(rf"[^\d{POINTS[language]}]", "", shown).replace(",", ".")
    return -Decimal(digits) if "\u2212" in shown else Decimal(digits)


def hundredths(shown: str, language: str) -> int:
    """Cents of an amount, basis points of a percentage."""
    value = number(shown, language) * 100
    assert value == int(value)
    return int(value)


def now_and_before(shown: str, language: str) -> tuple[str, str | None]:
    """A term now and before, None where the letter has nothing to compare it with."""
    label, same = WORDS[language]["before: %(value)s"].removesuffix("%(value)s"), WORDS[language]["unchanged"]
    now, compared, before = re.fullmatch(rf"(.+?)(?:({label}|{same})(.*))?", shown).groups()  # type: ignore[union-attr]
    return now, now if compared == same else before


def day(shown: str, language: str) -> date:
    (found,) = re.findall(r"(\d+)\.?\s(\w+) (\d{4})", shown)
    return date(int(found[2]), MONTHS[language].index(found[1]) + 1, int(found[0]))


def check_html(stated: LetterFacts, html: str, language: str) -> None:
    letter, words = Letter(html), WORDS[language]
    tables = letter.tables
    terms = [now_and_before(row[1], language) for row in tables["terms"]]
    assert [hundredths(terms[0][0], language), hundredths(terms[1][0], language)] == [
        stated.monthly_fee_discount_bp,
        stated.setup_fee_discount_bp,
    ]
    assert terms[2][0] == (stated.sla or words["Not included"])
    if stated.terms_before is None:
        assert [before for _, before in terms] == [None] * 3
    else:
        assert [hundredths(before or "", language) for _, before in terms[:2]] == [
            stated.terms_before.monthly_fee_discount_bp,
            stated.terms_before.setup_fee_discount_bp,
        ]
        assert terms[2][1] == (stated.terms_before.sla or words["Not included"])
    accounts = [row for row in tables.get("revenue", [])[1:-1] if len(row) > 1 and row[0] != words["Subtotal"]]
    assert [(row[0], hundredths(row[-1], language)) for row in accounts] == [
        (row.account_id, row.mrr_eur_cents) for row in stated.accounts
    ]
    if stated.accounts:
        assert hundredths(tables["revenue"][-1][-1], language) == stated.mrr_eur_cents
    assert [
        (title, day(first, language), day(last, language) + timedelta(1), state)
        for title, first, last, state in letter.grants
    ] == [
        (words["Tier %(tier)s"] % {"tier": each.tier}, each.starts_on, each.ends_on, words[STATES[each.outcome]])
        for each in stated.grants
    ]
    for part, committed in (("legacy", stated.legacy), ("ended_legacy", stated.ended_legacy)):
        assert [
            row[1] if term.discount_bp is None else hundredths(row[1], language)
            for row, term in zip(tables.get(part, [])[1:], committed, strict=True)
        ] == [term.sla if term.discount_bp is None else term.discount_bp for term in committed]
    assert [(int(row[0].split()[0]), hundredths(row[1], language)) for row in tables["prepayment"][1:]] == list(
        stated.prepayment
    )


def check_text(stated: LetterFacts, text: str, language: str) -> None:
    words = WORDS[language]
    for component, committed in (
        ("monthly_fee", stated.monthly_fee_discount_bp),
        ("setup_fee", stated.setup_fee_discount_bp),
    ):
        shown = re.search(rf"^  {words[COMPONENTS[component]]}: ([\d.,]+\s?%)", text, re.MULTILINE)
        assert shown is not None
        assert hundredths(shown[1], language) == committed
    sla = re.search(rf"^  {words[COMPONENTS['sla']]}: (\w[^(\n]*?)(?: \(|$)", text, re.MULTILINE)
    assert sla is not None
    assert sla[1] == (stated.sla or words["Not included"])
    accounts = re.findall(r"^    ([A-Z]+-\d+): (?:.* = )?(\S*€\s?\S+|\S+\s€)$", text, re.MULTILINE)
    assert [(account, hundredths(shown, language)) for account, shown in accounts] == [
        (row.account_id, row.mrr_eur_cents) for row in stated.accounts
    ]
    if stated.accounts:
        total = re.search(rf"^  {words['Total']}: (.+)$", text, re.MULTILINE)
        assert total is not None
        assert hundredths(total[1], language) == stated.mrr_eur_cents
    for label, days in (
        ("First day", [each.starts_on for each in stated.grants]),
        ("Last day", [each.ends_on - timedelta(1) for each in stated.grants]),
    ):
        shown_days = re.findall(rf"^    {words[label]}: (.+)$", text, re.MULTILINE)
        assert [day(shown_day, language) for shown_day in shown_days] == days


def test_every_language_is_read_back() -> None:
    assert set(TEMPLATES.languages) == set(POINTS)


@pytest.mark.parametrize("language", POINTS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_letter_states_the_committed_figures_in_both_parts(kind: str, language: str) -> None:
    letter = TEMPLATES.render(replace(KINDS[kind], language=language))

    check_html(KINDS[kind], letter.html, language)
    check_text(KINDS[kind], letter.text, language)


@settings(deadline=None)
@given(random_facts(), st.sampled_from(sorted(POINTS)))
def test_any_letter_states_the_committed_figures_in_both_parts(stated: LetterFacts, language: str) -> None:
    letter = TEMPLATES.render(replace(stated, language=language))

    check_html(stated, letter.html, language)
    check_text(stated, letter.text, language)
    figures = re.compile(r"\d[\d.,]*\d|\d")
    assert set(figures.findall(Letter(letter.html).visible)) == set(figures.findall(letter.text))
