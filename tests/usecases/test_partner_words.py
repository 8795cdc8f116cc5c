"""A partner is told in its own language why it has its tier, and nothing of anybody else."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters.explanations import ExplanationTemplates
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotDefined, NotThere, Refusal
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.letters.rendering import letter_templates
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.partner_words import ExplanationForm, explain_to_partner, explanation_file
from tests.worlds import World

JUNE, JULY, GO_LIVE = "2015-06", "2015-07", "2015-07-27"
INTERNAL = ("sha256", "snapshot", "restatement", "bucket", "settlement", "L1", "net_amount_minor")


def two_months(world: World) -> None:
    """P1 loses a cent and an account in July, P2 has a credit note and an agreement, P3 is held, P4 in grace."""
    world.partner("P1", {"NL": "A1", "US": "B1"}, language="nl")
    world.bill("A1", JUNE, 1_999_99, months=2)
    world.bill("B1", JUNE, 110_00, entity="US")
    world.partner("P2", {"NL": "A2"}, company_name="<b>Tom & Söhne</b>")
    world.bill("A2", JUNE, 2_050_00, months=2)
    world.bill("A2", JULY, -60_00, charge_kind="credit")
    world.legacy("P2", monthly_bp=3000)
    world.partner("P3", {"NL": "A3"}, language="de")
    world.bill("A3", JUNE, 700_00, months=2)
    world.partner("P4", {"NL": "A4"}, language="xx")
    world.bill("A4", JUNE, 1_000_00, months=2)
    world.grant("G1", "P4", 3, "2015-07-01", "2015-10-01")
    world.rate(JUNE, "USD", "1.1")
    world.rate(JULY, "USD", "1.1")
    world.bill("A3", JULY, None)
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    world.settle(JULY, on="2015-08-03")


@pytest.fixture
def told(world: World) -> World:
    world.become(two_months)
    return world


def tell(
    world: World, partner_id: str, month: str = JULY, form: ExplanationForm = "text", language: str | None = None
) -> str:
    about = explain_to_partner(world.installation, partner_id, BillingMonth.parse(month))
    return explanation_file(world.installation, about, form, language).replace("\u00a0", " ")


def test_a_partner_reads_in_its_language_what_was_counted_what_changed_and_what_was_missing(told: World) -> None:
    text = tell(told, "P1")
    assert text.startswith("Uw partnerniveau en de reden: juli 2015\n\n")
    assert "Nieuwe bestellingen krijgen vanaf 3 augustus 2015 de voorwaarden van niveau 1." in text
    assert "- NL · A1: € 1.999,99\n- Totaal: € 1.999,99\n" in text
    assert "- US · B1: nu niet meegeteld, voorheen € 100,00" in text
    assert "- Met € 0,01 meer was het resultaat geweest: Niveau 2." in text
    assert (
        "- Account US · B1 telde in juni 2015 mee voor € 100,00 en in juli 2015 niet. "
        "Met evenveel als eerder was het resultaat geweest: Niveau 2.\n"
    ) in text


def test_credit_notes_and_older_agreements_are_told_in_the_language_that_is_asked_for(told: World) -> None:
    text = tell(told, "P2", language="en")
    assert "- Monthly fee discount: 30% (contract of 2012, until further notice)\n" in text
    assert (
        "- 1 credit note on account NL · A2 changed your revenue by \u2212€60.00. "
        "Without it, the result would have been: Tier 2.\n"
    ) in text
    assert "Gutschrift auf Konto NL · A2" in tell(told, "P2", language="de")


def test_a_held_partner_reads_what_it_keeps_and_what_the_month_waits_for_in_plain_words(told: World) -> None:
    text = tell(told, "P3")
    assert text.startswith("Über Juli 2015 ist noch nicht entschieden\n")
    assert "Neue Bestellungen haben seit 27. Juli 2015 die Konditionen der Stufe 1." in text
    assert "- Ein Betrag auf Ihrem Konto NL · A3 kann noch nicht zählen" in text


def test_grace_that_gives_the_tier_is_told_and_a_language_without_words_is_the_default_one(told: World) -> None:
    text = tell(told, "P4")
    assert "Your grace period of Tier 3, from 1 July 2015 to 30 September 2015, gives you this tier" in text
    assert "- With €9,000.00 more, the result would have been: Tier 4." in text


def test_the_month_before_the_first_compares_with_nothing(told: World) -> None:
    text = tell(told, "P1", JUNE, language="en")
    assert "has changed since" not in text
    assert "- US · B1: €100.00 (USD 110.00)" in text


def test_a_corrected_month_says_so_and_shows_the_figures_after_it(told: World) -> None:
    told.execute(
        "NL", "UPDATE program_mrr_line SET net_amount_minor = 0 WHERE account_id = 'A2' AND net_amount_minor < 0"
    )
    told.reopen(JULY, "NL")
    told.close(JULY, "NL")
    told.settle(JULY, on="2015-08-03")
    day = date(2015, 9, 1)
    accept_restatement(told.installation, BillingMonth.parse(JULY), Acceptance(day, "pat", "corrected"), today=day)
    text = tell(told, "P2", language="en")
    assert "This month was corrected" in text
    assert "- NL · A2: up by €60.00, from €1,990.00 to €2,050.00" in text


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_no_form_has_anything_of_another_partner_or_a_word_for_staff(told: World, form: ExplanationForm) -> None:
    for partner_id, own in (("P1", "A1"), ("P2", "A2"), ("P3", "A3"), ("P4", "A4")):
        body = tell(told, partner_id, form=form)
        others = [each for each in ("A1", "A2", "A3", "A4", "P1", "P2", "P3", "P4") if each not in (own, partner_id)]
        assert not [each for each in (*others, *INTERNAL) if each in body]


def test_html_shows_hostile_names_as_text_and_json_has_the_change_in_cents(told: World) -> None:
    assert "<b>Tom" not in tell(told, "P2", form="html")
    found = json.loads(tell(told, "P2", form="json"))["would_have_changed"]
    assert found["smallest"] == [{"kind": "amount", "cents": 10_00, "tier": 2}]
    assert found["happened"] == [
        {"kind": "credit", "cents": 60_00, "tier": 2, "entity": "NL", "account_id": "A2", "credit_notes": 1}
    ]


def test_what_is_not_there_is_refused_by_name(told: World) -> None:
    with pytest.raises(NotThere):
        tell(told, "P9")
    with pytest.raises(Refusal, match="language fr: there is no such catalogue, expected de, en, nl"):
        tell(told, "P1", language="fr")


def test_a_month_that_is_history_only_has_nothing_to_tell(world: World) -> None:
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-05", 2_000_00)
    world.ready("2015-05")
    world.settle("2015-05", history=True)
    with pytest.raises(NotDefined, match="2015-05 is history only"):
        tell(world, "P1", "2015-05")


def test_an_unfinished_language_is_refused_by_name_and_never_mixed(told: World, tmp_path: Path) -> None:
    include = Path(shutil.copytree(PROJECT / "include", tmp_path / "include"))
    catalogue = include / "templates/explanations/catalogues/nl.po"
    words = catalogue.read_text("utf-8")
    here = told.installation
    broken = Installation(here.connections, include, here.out, here.host)
    about = explain_to_partner(broken, "P1", BillingMonth.parse(JULY))
    catalogue.write_text(words.replace('msgstr "Uw maanden"', 'msgstr ""'), "utf-8")
    with pytest.raises(Refusal, match=r"nl.po: is not finished.*'Your months' is empty"):
        explanation_file(broken, about, "text")
    catalogue.unlink()
    with pytest.raises(Refusal, match=r"nl.po is missing: letters are written in this language"):
        ExplanationTemplates(LayeredFolder((catalogue.parents[1],)), letter_templates(broken))
    own = explanation_file(broken, about, "text")  # the project's stands for it
    assert own == explanation_file(here, explain_to_partner(here, "P1", BillingMonth.parse(JULY)), "text")
