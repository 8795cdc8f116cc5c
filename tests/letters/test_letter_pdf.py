"""A PDF's text, read back from its pages, states the facts; names are only shown, whatever they contain."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader

from partner_program.adapters.letters.pdf import LetterPdf
from partner_program.adapters.letters.settable import refuse_unsettable
from partner_program.domain.certificate import CertificateFacts
from partner_program.domain.letters import LetterFacts
from partner_program.domain.refusals import Refusal
from tests.letters.made_facts import KINDS, account, facts
from tests.letters.read_templates import read_templates

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]
TEMPLATES = read_templates(ROOT / "include/templates/letters/v1")
PDF = LetterPdf(TEMPLATES, ROOT / "include/fonts")
CERTIFICATE = CertificateFacts(
    "P0042", "Noordzee Hosting B.V.", "en", 3, "Gold", date(2015, 9, 1), authorized_on=date(2015, 7, 1)
)
HOSTILE = (
    '#eval("1+1") Hosting',
    '#include "/etc/passwd"',
    '#read("letter.typ")',
    "$x^2$ *bold* _it_ `raw` = Title",
    "\\u{41} \\ backslash \\",
    "{{ l.total }} <b>&amp;</b>",
    '"}, {"kind": "heading',
    "@ref <label> // gone /* gone */",
)


def pages(pdf: bytes) -> list[str]:
    """The text of each page on one line, with plain spaces and without the breaks allowed in long words."""
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return [" ".join(text.replace("\u200b", "").split()) for text in texts]


def on_paper(facts_of_letter: LetterFacts) -> str:
    return " ".join(pages(PDF.letter(facts_of_letter)))


@pytest.mark.parametrize("language", TEMPLATES.languages)
@pytest.mark.parametrize("kind", KINDS)
def test_every_line_of_the_plain_text_stands_on_paper_too(kind: str, language: str) -> None:
    stated = replace(KINDS[kind], language=language)
    words = re.findall(r"\w[\w.,%€-]*", TEMPLATES.render(stated).text)
    shown = on_paper(stated)

    figures = {word.strip(".,-") for word in words if re.search(r"\d", word)}
    assert figures
    assert {each for each in figures if each not in shown} == set()
    templates = TEMPLATES.in_language(language)
    assert str(templates.sentences("wording.j2").existing(templates.view(stated))) in shown


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_on_paper_are_the_committed_rows(kind: str) -> None:
    stated = KINDS[kind]
    shown = on_paper(stated)

    rows = re.findall(r"([A-Z]{2}-\d+) (?:[A-Z]{3} \S+ )?(\u2212?)€([\d,]+)\.(\d\d)", shown)
    found = [(number, int(f"{minus and '-'}{units.replace(',', '')}{cents}")) for number, minus, units, cents in rows]
    assert found == [(row.account_id, row.mrr_eur_cents) for row in stated.accounts]
    assert (f"Total €{stated.mrr_eur_cents / 100:,.2f}" in shown) == bool(stated.accounts)
    months = re.findall(r"(\d+) months? ([\d.]+)%", shown)
    assert [(int(term), round(float(percent) * 100)) for term, percent in months] == list(stated.prepayment)
    kept = "kept from your earlier agreement "
    monthly = re.search(rf"Monthly fee discount (?:{kept})?([\d.]+)%", shown)
    assert monthly is not None
    assert round(float(monthly[1]) * 100) == stated.monthly_fee_discount_bp


def test_pages_are_numbered_and_the_document_says_its_title_and_language() -> None:
    reader = PdfReader(io.BytesIO(PDF.letter(replace(facts(), language="de"))))
    shown = pages(PDF.letter(replace(facts(), language="de")))

    assert reader.metadata is not None
    assert reader.metadata.title == "Herzlichen Glückwunsch: Sie sind in Stufe 3 · Noordzee Hosting B.V."
    assert reader.root_object["/Lang"] == "de"
    assert reader.root_object["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert [f"{number} von {len(shown)}" in page for number, page in enumerate(shown, 1)] == [True] * len(shown)
    assert reader.pages[0].mediabox.height == pytest.approx(842, abs=1)


@pytest.mark.processes
def test_equal_facts_give_equal_bytes_in_another_process() -> None:
    script = (
        "import hashlib; from tests.letters.test_letter_pdf import *;"
        "print(hashlib.sha256(PDF.letter(facts()) + PDF.certificate(CERTIFICATE)).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONPATH": "plugins:.", "PYTHONHASHSEED": seed, "TZ": zone, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/New_York"))
    }

    assert len(found) == 1


def test_four_hundred_accounts_fill_pages_that_each_repeat_the_head_and_the_entity() -> None:
    rows = tuple(account("US", f"US-{number:05}", "USD", 1_100, "1.100000", 1_000) for number in range(400))
    shown = pages(PDF.letter(facts(accounts=rows, mrr_eur_cents=400_000)))

    listing = [page for page in shown if re.search(r"US-\d{5}", page)]
    assert len(listing) >= 5
    assert [page.count("Account As invoiced In EUR US · LeaseWeb USA, Inc.") for page in listing] == [1] * len(listing)
    assert re.findall(r"US-\d{5}", " ".join(shown)) == [row.account_id for row in rows]


@pytest.mark.parametrize("accounts", range(14, 32))
def test_the_total_stands_on_the_page_of_its_last_account_and_of_the_rates_that_explain_it(accounts: int) -> None:
    rows = tuple(account("US", f"US-{number:05}", "USD", 1_100, "1.100000", 1_000) for number in range(accounts))
    shown = pages(PDF.letter(facts(accounts=rows, mrr_eur_cents=1_000 * accounts)))

    (total,) = [page for page in shown if f"Total €{accounts * 10}.00" in page]
    assert f"{rows[-1].account_id} USD 11.00 €10.00 Total" in total
    assert "1 EUR = 1.100000 USD" in total


@pytest.mark.parametrize("accounts", range(14, 32))
def test_the_sum_of_an_entity_stands_on_the_page_of_its_last_account(accounts: int) -> None:
    rows = tuple(account("NL", f"NL-{number:05}", "EUR", 1_000, "1", 1_000) for number in range(accounts))
    others = tuple(account("US", f"US-{number}", "USD", 1_100, "1.100000", 1_000) for number in range(2))
    shown = pages(PDF.letter(facts(accounts=(*rows, *others), mrr_eur_cents=1_000 * accounts + 2_000)))

    (page,) = [each for each in shown if f"Subtotal €{accounts * 10}.00" in each]
    assert f"{rows[-1].account_id} EUR 10.00 €10.00 Subtotal" in page


@pytest.mark.parametrize("accounts", range(12, 18))
def test_a_single_account_of_another_entity_stands_below_its_own_title_with_the_total(accounts: int) -> None:
    rows = tuple(account("NL", f"NL-{number:05}", "EUR", 1_000, "1", 1_000) for number in range(accounts))
    other = account("US", "US-1", "USD", 1_100, "1.100000", 1_000)
    shown = on_paper(facts(accounts=(*rows, other), mrr_eur_cents=1_000 * accounts + 1_000))

    assert re.search(r"\S+ US · LeaseWeb USA, Inc\. US-1 USD 11\.00 €10\.00 Total", shown)
    assert shown.count("US · LeaseWeb USA, Inc.") == 1
    assert "NL · LeaseWeb Netherlands B.V. US · LeaseWeb" not in shown


@pytest.mark.parametrize(
    ("language", "top"),
    [
        ("en", "Noordzee Hosting B.V. Anna de Vries and Piet Bakker 27 July 2015 Welcome"),
        ("nl", "Noordzee Hosting B.V. Anna de Vries en Piet Bakker 27 juli 2015 Welkom"),
        ("de", "Noordzee Hosting B.V. Anna de Vries und Piet Bakker 27. Juli 2015 Willkommen"),
    ],
)
def test_the_top_of_the_letter_says_to_whom_it_is_written_and_when(language: str, top: str) -> None:
    first = pages(PDF.letter(replace(KINDS["migration"], language=language)))[0]

    assert first.startswith(f"LeaseWeb Authorized Reseller Partner Program {top}")


def test_a_letter_to_nobody_by_name_begins_with_the_company_and_the_day() -> None:
    first = pages(PDF.letter(facts(contact_names=())))[0]

    assert "Partner Program Noordzee Hosting B.V. 1 September 2015 Congratulations" in first


@pytest.mark.parametrize("name", HOSTILE)
def test_what_looks_like_typesetting_code_is_shown_as_it_was_typed(name: str) -> None:
    plain = " ".join(name.split())

    assert plain in on_paper(facts(company_name=name))
    assert plain in pages(PDF.certificate(replace(CERTIFICATE, company_name=name)))[0]


def test_a_name_longer_than_a_line_stays_on_the_page() -> None:
    name = "Donaudampfschifffahrtsgesellschaft" * 4
    (page,) = PdfReader(io.BytesIO(PDF.certificate(replace(CERTIFICATE, company_name=name)))).pages
    lines = [line.replace("\u200b", "").strip() for line in page.extract_text().splitlines()]

    parts = [line for line in lines if line and line in name]
    assert "".join(parts) == name
    assert len(parts) > 1


@pytest.mark.parametrize(
    "name",
    ["Łódź Hosting", "Ελληνική Φιλοξενία", "Хостинг Москва", "אחסון ישראל", "Nguyễn ﬁrm №1 ™", "Cafe\u0301 \u02bcn"],
)
def test_names_in_the_scripts_of_the_fonts_at_hand_are_set(name: str) -> None:
    assert PDF.letter(facts(company_name=name)).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("استضافة", "\u0627 (U+0627)"),
        ("होस्टिंग", "ह (U+0939)"),
        ("ホスト", "ホ (U+30DB)"),
        ("โฮสต์", "โ (U+0E42)"),
        ("\ue000 Hosting", "U+E000 (for private use or not assigned)"),
        ("Hosting \U0010fffd", "U+10FFFD (for private use or not assigned)"),
        ("Hosting \u0378", "U+0378 (for private use or not assigned)"),
    ],
)
def test_what_no_font_sets_well_is_refused_by_character_and_field_and_the_mail_goes(name: str, character: str) -> None:
    for document in (
        lambda: PDF.letter(facts(company_name=name)),
        lambda: PDF.certificate(replace(CERTIFICATE, company_name=name)),
    ):
        with pytest.raises(Refusal) as refused:
            document()
        assert f"no font has {character}" in str(refused.value)
        assert "They stand in: company name." in str(refused.value)
        assert "Only the PDF is refused" in str(refused.value)
    mail = TEMPLATES.render(facts(company_name=name))
    assert name in mail.text
    assert name in mail.html


def test_each_field_at_fault_is_named_and_one_that_is_not_set_is_none() -> None:
    with pytest.raises(Refusal, match=r"They stand in: company name, manager name\."):
        PDF.letter(facts(company_name="होस्टिंग", manager_name="हो"))


def test_a_further_font_may_set_any_script_but_no_private_character(tmp_path: Path) -> None:
    refuse_unsettable("letter", facts(), ["होस्टिंग"], fonts=_with_a_font(tmp_path))
    with pytest.raises(Refusal, match=r"no font has U\+E000"):
        refuse_unsettable("letter", facts(), ["\ue000"], fonts=tmp_path)


def _with_a_font(folder: Path) -> Path:
    (folder / "some.ttf").write_bytes(b"")
    return folder


def test_a_character_without_a_glyph_is_refused_by_name_and_number() -> None:
    with pytest.raises(Refusal, match=r"letter P0042 2015-08: no font has 株 \(U\+682A\), 式 \(U\+5F0F\): put a font"):
        PDF.letter(facts(company_name="株式 Hosting"))
    with pytest.raises(Refusal, match=r"no font has 🎉 \(U\+1F389\)"):
        PDF.certificate(replace(CERTIFICATE, company_name="🎉 Hosting"))


@pytest.mark.parametrize(
    ("language", "tier", "valid", "authorised"),
    [
        ("en", "Tier 3", "Valid from 1 September 2015", "Authorised on 1 July 2015"),
        ("nl", "Niveau 3", "Geldig vanaf 1 september 2015", "Geautoriseerd op 1 juli 2015"),
        ("de", "Stufe 3", "Gültig ab 1. September 2015", "Autorisiert am 1. Juli 2015"),
    ],
)
def test_a_certificate_states_its_facts_in_the_partners_language(
    language: str, tier: str, valid: str, authorised: str
) -> None:
    (shown,) = pages(PDF.certificate(replace(CERTIFICATE, language=language)))

    for fact in (tier, valid, authorised, "Noordzee Hosting B.V.", "Gold", CERTIFICATE.number):
        assert fact in shown
    assert "LeaseWeb Authorized Reseller Partner" in shown


def test_a_certificate_without_a_service_level_or_a_day_of_authorisation_has_no_empty_place() -> None:
    (shown,) = pages(PDF.certificate(replace(CERTIFICATE, sla=None, authorized_on=None)))

    assert "Service level agreement" not in shown
    assert "Authorised on" not in shown
    assert "Valid from 1 September 2015" in shown
