"""The letters as e-mails: how they work in mail clients and screen readers, and with hostile names."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import get_args

import pytest
import yaml
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from partner_program.adapters.plain_names import LONGEST_NAME, plain_name
from partner_program.domain.letters import LETTER_KINDS, LetterKind
from partner_program.domain.refusals import Refusal
from tests.letters.made_facts import KINDS, account, facts
from tests.letters.read_templates import read_templates
from tests.letters.reading import Letter, contrast

FOLDER = Path(__file__).parents[3] / "include/templates/letters/v1"
TEMPLATES = read_templates(FOLDER)
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "{{7*7}}{% include '/etc/passwd' %}",
    "%(total)s %s %",
    "Evil\r\nBcc: all@example.example",
    "invoice\u202egpj.exe\u2066",
    "株式会社サンプル",
    "شركة الاستضافة",
    "a\x00b\x1bc\x85d\u2028e",
    "lone \ud800 surrogate",
    "javascript:alert(1)",
    "-- \nnot a signature",
    "W" * 5000,
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", get_args(LetterKind))
def test_a_hostile_name_changes_neither_the_markup_nor_the_lines_of_a_letter(kind: str, name: str) -> None:
    calm = KINDS[kind]
    hostile = replace(
        calm,
        partner_id=name,
        company_name=name,
        manager_name=name,
        manager_email=name,
        manager_phone=name,
        contact_names=(name, name),
        accounts=tuple(replace(row, legal_name=name, account_id=f"{name}-{i}") for i, row in enumerate(calm.accounts)),
        legacy=tuple(replace(row, source=name) for row in calm.legacy),
    )
    letter = TEMPLATES.render(hostile)

    assert [tag for tag, _ in Letter(letter.html).tags if tag not in ("br", "bdi")] == [
        tag
        for tag, _ in Letter(TEMPLATES.render(replace(calm, contact_names=("A", "B"))).html).tags
        if tag not in ("br", "bdi")
    ]
    assert len(letter.text.splitlines()) == len(TEMPLATES.render(calm).text.splitlines())
    assert plain_name(name) in Letter(letter.html).visible
    assert plain_name(name) in letter.text
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", letter.html + letter.text
    )
    assert "\n" not in letter.subject
    (letter.html + letter.text + letter.subject).encode()


@given(st.text(st.characters(codec=None)))
def test_a_plain_name_is_one_printable_line_and_cleaning_it_twice_changes_nothing(name: str) -> None:
    plain = plain_name(name)

    assert len(plain.splitlines()) <= 1
    assert len(plain) <= LONGEST_NAME
    assert plain_name(plain) == plain
    plain.encode()


def test_joiners_and_foreign_scripts_stay_in_a_name() -> None:
    assert plain_name("نم\u200cش 株式会社") == "نم\u200cش 株式会社"


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_loads_nothing_and_links_to_mail_addresses_only(kind: str) -> None:
    html = TEMPLATES.render(KINDS[kind]).html

    assert all(link.startswith("mailto:") for link in Letter(html).links)
    assert not re.search(r"https?:|//|url\(|@import|xmlns|<v:|<script|<img|<link", html)


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_has_enough_contrast_in_light_and_dark_and_is_14_pixels_or_more(kind: str) -> None:
    letter = Letter(TEMPLATES.render(KINDS[kind]).html)
    pairs = set(letter.colour_pairs())

    assert {mode for mode, _, _ in pairs} == {"light", "dark"}
    assert [pair for pair in pairs if contrast(pair[1], pair[2]) < 4.5] == []
    assert min(element.size for _, element in letter.shown) >= 14


@pytest.mark.parametrize("kind", KINDS)
def test_a_screen_reader_finds_one_heading_the_language_and_tables_with_headers(kind: str) -> None:
    letter = Letter(TEMPLATES.render(KINDS[kind]).html)
    tags = letter.tags

    assert [tag for tag, _ in tags].count("h1") == 1
    assert [attributes["lang"] + attributes["dir"] for _, attributes in tags if "lang" in attributes] == ["enltr"] * 2
    for tag, attributes in tags:
        if tag == "table":
            assert (attributes.get("role") == "presentation") != ("data-part" in attributes)
    assert "" not in [scope for part, scopes in letter.scopes.items() if part for scope in scopes]
    assert letter.scopes.get("", []) == []


def test_a_letter_with_forty_accounts_stays_below_the_size_at_which_mail_is_clipped() -> None:
    rows = tuple(account("NL", f"NL-{i:05}", "USD", 123_456 + i, "1.113951", 110_829 + i) for i in range(20)) + tuple(
        account("US", f"US-{i:05}-with-a-long-suffix", "USD", -1 - i, "1.113951", -1 - i) for i in range(20)
    )
    letter = TEMPLATES.render(facts(accounts=rows, mrr_eur_cents=sum(row.mrr_eur_cents for row in rows)))

    assert len(letter.html.encode()) < 100_000
    assert "We counted 40 accounts." in letter.text


def test_a_letter_whose_accounts_do_not_add_up_is_refused() -> None:
    with pytest.raises(
        Refusal, match="letter P0042 2015-08: the accounts add up to 634512 cents, the total says 634513"
    ):
        TEMPLATES.render(facts(mrr_eur_cents=634_513))


def test_a_language_without_a_catalogue_falls_back_to_the_default_and_says_so() -> None:
    assert TEMPLATES.render(facts(language="fi")).language_used == "en"
    assert TEMPLATES.render(facts(language="en-US")).language_used == "en"


def test_the_same_facts_give_the_same_bytes_from_a_second_set_of_templates() -> None:
    assert read_templates(FOLDER).render(facts()) == TEMPLATES.render(facts())


def test_the_content_hash_changes_with_any_file_of_the_version(tmp_path: Path) -> None:
    copy = Path(copytree(FOLDER, tmp_path / "v1"))
    assert read_templates(copy).content_hash == TEMPLATES.content_hash
    assert read_templates(copy).version == "v1"

    with (copy / "brand.yaml").open("a") as brand:
        brand.write("# another day\n")
    assert read_templates(copy).content_hash != TEMPLATES.content_hash


def test_the_brand_is_data(tmp_path: Path) -> None:
    copy = Path(copytree(FOLDER, tmp_path / "v2"))
    brand = yaml.safe_load((copy / "brand.yaml").read_text())
    (copy / "brand.yaml").write_text(yaml.safe_dump(brand | {"company_name": "Acme & Sons"}))
    letter = read_templates(copy).render(facts())

    assert "Acme &amp; Sons" in letter.html
    assert "Acme & Sons" in letter.text
    assert "LeaseWeb Authorized" not in letter.html + letter.text


def test_a_template_that_names_something_unknown_fails_instead_of_printing_nothing(tmp_path: Path) -> None:
    copy = Path(copytree(FOLDER, tmp_path / "v1"))
    template = copy / "letter.txt.j2"
    template.write_text(template.read_text() + "{{ l.mrr_in_shells }}")

    with pytest.raises(UndefinedError, match="mrr_in_shells"):
        read_templates(copy).render(facts())


def test_a_catalogue_without_a_locale_is_refused_by_name(tmp_path: Path) -> None:
    copy = Path(copytree(FOLDER, tmp_path / "v1"))
    catalogue = copy / "catalogues/en.po"
    catalogue.write_text(catalogue.read_text().replace('"Language: en_GB\\n"\n', ""))

    with pytest.raises(Refusal, match=r"en\.po: header line Language is missing"):
        read_templates(copy).render(facts())


def extracted() -> set[str | tuple[str, ...]]:
    """Every message in the templates."""
    found = extract_from_dir(
        FOLDER, method_map=[("**.j2", "jinja2")], options_map={"**.j2": {"trimmed": "true", "newstyle_gettext": "true"}}
    )
    return {message for _, _, message, _, _ in found}


def messages(language: str) -> dict[str | tuple[str, ...], tuple[str, ...]]:
    """A catalogue's messages with their texts, one for each plural form; a fuzzy translation has none."""
    with (FOLDER / f"catalogues/{language}.po").open("rb") as source:
        found = [message for message in read_po(source) if message.id]
    return {
        tuple(message.id) if isinstance(message.id, (list, tuple)) else message.id: ()
        if message.fuzzy
        else (message.string or "",)
        if isinstance(message.string, str | None)
        else tuple(message.string)
        for message in found
    }


@pytest.mark.parametrize("language", TEMPLATES.languages)
def test_a_catalogue_holds_every_message_of_the_templates_and_no_other(language: str) -> None:
    held = messages(language)

    assert set(held) == extracted()
    assert [message for message, texts in held.items() if not texts or not all(texts)] == []


@pytest.mark.parametrize("language", TEMPLATES.languages)
def test_a_translation_uses_the_same_facts_as_the_message_and_no_markup(language: str) -> None:
    for message, texts in messages(language).items():
        wanted = set(re.findall(r"%\(\w+\)s", "".join(message)))
        for text in texts:
            assert set(re.findall(r"%\(\w+\)s", text)) == wanted, message
            assert not set("<>&") & set(text), message


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.sampled_from(TEMPLATES.languages))
def test_every_language_has_every_kind_of_letter_with_the_same_tables(kind: str, language: str) -> None:
    english = Letter(TEMPLATES.render(KINDS[kind]).html).tables
    other = Letter(TEMPLATES.render(replace(KINDS[kind], language=language)).html).tables

    assert {part: [len(row) for row in rows] for part, rows in english.items()} == {
        part: [len(row) for row in rows] for part, rows in other.items()
    }


def test_every_kind_of_letter_has_its_own_wording() -> None:
    assert {path.stem for path in (FOLDER / "kinds").iterdir()} == set(get_args(LetterKind))


def test_a_kind_in_the_list_without_its_wording_is_refused_by_name(tmp_path: Path) -> None:
    copy = Path(copytree(FOLDER, tmp_path / "v1"))
    (copy / "kinds/no_change.j2").unlink()

    with pytest.raises(Refusal, match=r"v1: the letter kind no_change has no wording: write kinds/no_change\.j2"):
        read_templates(copy)


def test_a_wording_of_no_kind_in_the_list_is_refused_by_name(tmp_path: Path) -> None:
    copy = Path(copytree(FOLDER, tmp_path / "v1"))
    (copy / "kinds/anniversary.j2").write_text("")

    with pytest.raises(Refusal, match=r"kinds/anniversary\.j2 belongs to no letter kind: LetterKind does not"):
        read_templates(copy)


@pytest.mark.parametrize("macro", ["subject", "headline", "lead"])
def test_a_kinds_wording_without_one_of_its_macros_is_refused_by_name(tmp_path: Path, macro: str) -> None:
    copy = Path(copytree(FOLDER, tmp_path / "v1"))
    wording = copy / "kinds/no_change.j2"
    wording.write_text(wording.read_text("utf-8").replace(f"macro {macro}(", f"macro {macro}s("), "utf-8")

    with pytest.raises(Refusal, match=rf"kinds/no_change\.j2 has no macro {macro}: a letter kind needs"):
        read_templates(copy).check_words([])


def test_every_kind_of_letter_has_facts_that_the_tests_write_it_from() -> None:
    assert {stated.kind for stated in KINDS.values()} == set(LETTER_KINDS)


@pytest.mark.parametrize("language", ["en", "nl", "de"])
def test_a_grant_on_demand_is_announced_with_its_own_day_if_the_months_day_is_later(language: str) -> None:
    granted = KINDS["grace_granted"]
    at_once = TEMPLATES.in_language(language).render(granted)
    later = replace(granted, effective_on=granted.rate_valid_from + timedelta(days=4))
    assert TEMPLATES.in_language(language).render(later) == at_once
