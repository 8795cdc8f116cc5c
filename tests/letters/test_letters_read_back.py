"""A letter's two parts, read back, state the facts."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings

from partner_program.domain.letters import LetterFacts, NextTierFact
from tests.letters.made_facts import KINDS, account, facts
from tests.letters.random_facts import random_facts
from tests.letters.read_templates import read_templates
from tests.letters.reading import Letter

TEMPLATES = read_templates(Path(__file__).parents[2] / "include/templates/letters/v1")
STATES = {None: "Open", "confirmed": "Confirmed", "lapsed": "Ended"}
TOKEN = re.compile(r"\d[\d.,]*\d|\d")


def minor(shown: str) -> int:
    """The minor units of an English amount, whatever stands around its digits."""
    value = Decimal(re.sub(r"[^\d.]", "", shown)) * 100
    assert value == int(value)
    return -int(value) if "\u2212" in shown else int(value)


def basis_points(shown: str) -> int:
    return int(Decimal(shown.removesuffix("%")) * 100)


def read_move(line: str) -> tuple[str, int | None, int | None]:
    """The account of a line, with what was counted on it before and now."""
    account, _, told = line.partition(": ")
    before, now = re.fullmatch(r"(?:up|down) by \S+, from (\S+) to (\S+)|.*", told).groups()  # type: ignore[union-attr]
    if new := re.fullmatch(r"(\S+), not counted before", told):
        return account, None, minor(new[1])
    if gone := re.fullmatch(r"not counted now, (\S+) before", told):
        return account, minor(gone[1]), None
    assert ("up by " in told) == (minor(now) > minor(before))
    return account, minor(before), minor(now)


def cents(value: int) -> str:
    sign = "\u2212" if value < 0 else ""
    return f"{sign}€{abs(value) / 100:,.2f}"


def was_before(shown: str) -> tuple[str, str | None]:
    """A term now and before, None where the letter has nothing to compare it with."""
    now, compared, before = re.fullmatch(r"(.+?)(?:(before: |unchanged)(.*))?", shown).groups()  # type: ignore[union-attr]
    return now, now if compared == "unchanged" else before


def day(shown: str) -> date:
    return datetime.strptime(shown, "%d\u00a0%B %Y").date()  # noqa: DTZ007 - a day, not a moment


class ReadBack(NamedTuple):
    """A letter's facts, its plain text, and what was read from its HTML."""

    stated: LetterFacts
    text: str
    html: Letter


def every_figure_read_back_from_the_html_tables_is_the_fact(read: ReadBack) -> None:
    stated, _, html = read
    tables = html.tables
    terms = {row[0].removesuffix("kept from your earlier agreement"): row[1] for row in tables["terms"]}
    before = {name: was_before(shown) for name, shown in terms.items()}
    assert basis_points(before["Monthly fee discount"][0]) == stated.monthly_fee_discount_bp
    assert basis_points(before["Setup fee discount"][0]) == stated.setup_fee_discount_bp
    assert before["Service level agreement"][0] == (stated.sla or "Not included")
    told = [before[name][1] for name in ("Monthly fee discount", "Setup fee discount", "Service level agreement")]
    if stated.terms_before is None:
        assert told == [None] * 3
    else:
        assert [basis_points(told[0] or ""), basis_points(told[1] or ""), told[2]] == [
            stated.terms_before.monthly_fee_discount_bp,
            stated.terms_before.setup_fee_discount_bp,
            stated.terms_before.sla or "Not included",
        ]
    assert [(tier, day(first), day(last) + timedelta(1), state) for tier, first, last, state in html.grants] == [
        (f"Tier {grant.tier}", grant.starts_on, grant.ends_on, STATES[grant.outcome]) for grant in stated.grants
    ]
    assert [(int(row[0].split()[0]), basis_points(row[1])) for row in tables["prepayment"][1:]] == list(
        stated.prepayment
    )
    assert [row[1] for row in tables.get("legacy", [])[1:]] == [
        row.sla if row.discount_bp is None else f"{Decimal(row.discount_bp) / 100:f}%" for row in stated.legacy
    ]


def the_revenue_table_names_every_account_and_adds_up_to_the_cent(read: ReadBack) -> None:
    stated, _, html = read
    rows = html.tables.get("revenue", [])
    accounts = [row for row in rows[1:-1] if len(row) > 1 and row[0] != "Subtotal"]

    assert [(row[0], minor(row[-1])) for row in accounts] == [
        (row.account_id, row.mrr_eur_cents) for row in stated.accounts
    ]
    if any(row.currency != "EUR" for row in stated.accounts):
        assert [minor(row[1]) for row in accounts] == [row.mrr_minor for row in stated.accounts]
    if stated.accounts:
        assert minor(rows[-1][-1]) == stated.mrr_eur_cents == sum(minor(row[-1]) for row in accounts)


def the_plain_text_states_the_same_terms_and_accounts(read: ReadBack) -> None:
    stated, text, _ = read
    found = dict(re.findall(r"^  (Monthly fee discount|Setup fee discount): ([\d.]+%)", text, re.MULTILINE))

    assert basis_points(re.search(r"^  Monthly fee discount: (\S+%)", text, re.MULTILINE)[1]) == (  # type: ignore[index]
        stated.monthly_fee_discount_bp
    )
    assert set(found) == {"Monthly fee discount", "Setup fee discount"}
    accounts = re.findall(r"^    ([A-Z]+-\d+): (?:.* = )?(\S*€\S+)$", text, re.MULTILINE)
    assert [(number, minor(shown)) for number, shown in accounts] == [
        (row.account_id, row.mrr_eur_cents) for row in stated.accounts
    ]
    last_days = re.findall(r"^    Last day: (.+)$", text, re.MULTILINE)
    assert [day(shown) + timedelta(1) for shown in last_days] == [grant.ends_on for grant in stated.grants]


def html_and_plain_text_state_the_same_figures(read: ReadBack) -> None:
    _, text, html = read
    assert set(TOKEN.findall(html.visible)) == set(TOKEN.findall(text))


def both_parts_name_each_account_that_moved_most_with_both_amounts(read: ReadBack) -> None:
    stated, text, html = read
    if stated.earlier is None:
        assert "What has changed since" not in text
        assert "we counted €" not in text
        return

    listed = text.partition("What has changed since")[2].partition("\n\n")[0]
    found = [read_move(line) for line in re.findall(r"(?m)^  - (.+)$", listed)]
    assert found == [
        (f"{move.entity} · {move.account_id}", move.before_cents, move.now_cents) for move in stated.earlier.moves
    ]
    assert f"we counted {cents(stated.earlier.mrr_eur_cents)}." in text
    visible = " ".join(html.visible.split())
    assert all(f": {line.partition(': ')[2]}" in visible for line in re.findall(r"(?m)^  - (.+)$", listed))
    assert (f"{stated.earlier.other_moves} other account" in text) == bool(stated.earlier.other_moves)


CHECKS = (
    every_figure_read_back_from_the_html_tables_is_the_fact,
    the_revenue_table_names_every_account_and_adds_up_to_the_cent,
    the_plain_text_states_the_same_terms_and_accounts,
    html_and_plain_text_state_the_same_figures,
    both_parts_name_each_account_that_moved_most_with_both_amounts,
)


@settings(deadline=None)
@given(random_facts())
def test_a_letter_read_back_states_its_facts(stated: LetterFacts) -> None:
    """Every check reads the same letter: rendering and reading take longer than they do."""
    letter = TEMPLATES.render(stated)
    read = ReadBack(stated, letter.text, Letter(letter.html))
    for check in CHECKS:
        check(read)


@pytest.mark.parametrize("kind", KINDS)
def test_the_subject_states_no_rate_and_no_amount(kind: str) -> None:
    letter = TEMPLATES.render(KINDS[kind])

    assert "%" not in letter.subject
    assert "€" not in letter.subject
    assert "\n" not in letter.subject
    assert len(letter.subject) <= 78


@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_say_that_services_already_ordered_keep_their_terms(kind: str) -> None:
    letter = TEMPLATES.render(KINDS[kind])

    for part in (Letter(letter.html).visible, letter.text):
        assert "Everything you have ordered so far keeps the terms on which you ordered it." in part
        assert "Please ensure that all your accounts are included" in part


@pytest.mark.parametrize(("entities", "subtotals"), [("NL", 0), ("NL DE", 2), ("NL DE US", 3)])
def test_a_subtotal_is_not_the_total_said_twice(entities: str, subtotals: int) -> None:
    rows = tuple(
        account(entity, f"{entity}-{number}", "EUR", 100, "1", 100) for entity in entities.split() for number in (1, 2)
    )
    letter = TEMPLATES.render(facts(accounts=rows, mrr_eur_cents=100 * len(rows)))

    assert letter.text.count("Subtotal: €2.00") == letter.html.count(">Subtotal<") == subtotals
    assert f"  Total: €{len(rows)}.00" in letter.text


def test_a_single_account_of_an_entity_has_no_subtotal_beside_others() -> None:
    rows = tuple(account(entity, f"{entity}-1", "EUR", 100, "1", 100) for entity in ("NL", "DE"))

    assert "Subtotal" not in TEMPLATES.render(facts(accounts=rows, mrr_eur_cents=200)).text


def test_outlook_which_darkens_letters_by_itself_gets_the_same_dark_colours() -> None:
    html = TEMPLATES.render(facts()).html
    system = re.findall(r"^\.([\w-]+)(\{.*\})$", html.partition("@media (prefers-color-scheme:dark){")[2], re.MULTILINE)
    outlook = re.findall(r"^\[data-ogsc\] \.([\w-]+),\[data-ogsb\] \.([\w-]+)(\{.*\})$", html, re.MULTILINE)
    dark = [each for each in system if "!important" in each[1] and "#" in each[1]]

    assert len(dark) > 10
    assert [(name, name, rules) for name, rules in dark] == outlook


def test_a_letter_names_the_exchange_rate_with_every_digit() -> None:
    assert "1 EUR = 1.113951 USD" in TEMPLATES.render(facts()).text


def test_a_grace_period_is_stated_with_its_last_day_not_with_the_day_after() -> None:
    letter = TEMPLATES.render(KINDS["grace_granted"])

    assert "from 1\u00a0September 2015; the last day is 31\u00a0December 2015" in letter.text
    assert "1\u00a0January 2016" not in letter.text


def test_an_unchanged_discount_is_stated_from_the_day_on_which_it_began() -> None:
    assert "since 27\u00a0July 2015" in TEMPLATES.render(KINDS["no_change"]).text


def test_a_kept_term_is_stated_with_its_source_and_last_day() -> None:
    assert (
        "12% (Reseller agreement 2013/117, last day 31\u00a0December 2016)" in TEMPLATES.render(KINDS["migration"]).text
    )


def test_a_correction_states_the_total_and_the_tier_that_it_replaces() -> None:
    text = TEMPLATES.render(KINDS["restated"]).text

    assert "Before the correction we had counted €5,124.50." in text
    assert "What the correction changes:\n  - NL · NL-10077: \u2212€125.00, not counted before\n" in text
    assert "Before: Tier 3" in text


def test_a_partner_that_loses_its_tier_reads_what_no_longer_comes_with_it() -> None:
    letter = TEMPLATES.render(KINDS["tier_lowered"])

    for part in (letter.text, Letter(letter.html).visible):
        _, _, ended = part.partition("No longer among your benefits")
        assert "These came with Tier 1 and no longer apply from" in ended
        assert [name in ended for name in ("branding", "Certificate", "Partner Locator")] == [True] * 3
        assert "Until then we can grant you a grace period or servers for tests: ask your partner manager." in part
    assert "No longer among" not in TEMPLATES.render(KINDS["tier_raised"]).text


def test_terms_that_began_before_the_letter_and_differ_are_not_called_unchanged() -> None:
    """A partner that rose while it was held: its letter follows when it is released."""
    risen = replace(KINDS["tier_raised"], rate_valid_from=date(2015, 8, 3))
    text = TEMPLATES.render(risen).text

    assert "They have applied to every order placed since 3\u00a0August 2015" in text
    assert "Unchanged: they" not in text


def test_a_negative_account_shows_a_real_minus_sign() -> None:
    assert "NL-10077: \u2212€125.00" in TEMPLATES.render(KINDS["restated"]).text


def test_a_negative_total_is_explained() -> None:
    negative = facts(
        kind="tier_lowered", tier=0, mrr_eur_cents=-5, accounts=(account("NL", "NL-1", "EUR", -5, "1", -5),)
    )
    letter = TEMPLATES.render(negative)

    for part in (letter.html, letter.text):
        assert "\u2212€0.05" in part
        assert "It is not a bill." in part


def test_a_letter_to_a_partner_without_accounts_and_tier_has_no_empty_table() -> None:
    letter = TEMPLATES.render(KINDS["migration_no_tier"])

    assert "No account of yours had recurring revenue in June 2015." in letter.text
    assert "revenue" not in Letter(letter.html).tables
    assert "No tier yet" in letter.text
    assert "Tier 0" not in letter.text + letter.html


@pytest.mark.parametrize(("missing", "share"), [(365_488, "63%"), (1, "99%"), (2_000_000, None), (1_000_000, None)])
def test_the_bar_below_the_next_tier_is_as_long_as_the_way_already_made(missing: int, share: str | None) -> None:
    letter = TEMPLATES.render(facts(next_tier=NextTierFact(4, 1_000_000, missing)))

    bars = [attributes["width"] for tag, attributes in Letter(letter.html).tags if attributes.get("class") == "done"]
    assert bars == ([share] if share else [])


def test_without_a_next_tier_there_is_no_bar() -> None:
    assert 'class="done"' not in TEMPLATES.render(KINDS["no_change"]).html
