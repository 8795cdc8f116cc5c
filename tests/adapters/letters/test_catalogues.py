"""A catalogue with a gap is refused by name, because it would put English sentences into another language's letter."""

import re
from pathlib import Path
from shutil import copytree

import pytest
from babel.messages.pofile import read_po

from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters.catalogues import read_catalogues
from partner_program.domain.refusals import Refusal
from tests.letters.read_templates import read_templates

FOLDER = Path(__file__).parents[3] / "include/templates/letters/v1"
ONE_MESSAGE = 'msgid "Dear partner,"\nmsgstr "Beste partner,"\n'
NAMES = '#, python-format\nmsgid "Dear %(names)s,"\nmsgstr "Beste %(names)s,"\n'
PLURAL = 'msgid_plural "%(count)s months"\nmsgstr[0] "%(count)s maand"\nmsgstr[1] "%(count)s maanden"\n'
NO_MIX = "is not finished, and a letter may not be in two languages"


@pytest.fixture
def version(tmp_path: Path) -> Path:
    return Path(copytree(FOLDER, tmp_path / "v1"))


def changed(version: Path, old: str, new: str, name: str = "nl.po") -> None:
    path = version / "catalogues" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (ONE_MESSAGE, "", "message 'Dear partner,' is missing"),
        (ONE_MESSAGE, 'msgid "Dear partner,"\nmsgstr ""\n', "message 'Dear partner,' is empty"),
        (ONE_MESSAGE, f"#, fuzzy\n{ONE_MESSAGE}", "message 'Dear partner,' is marked fuzzy"),
        (NAMES, NAMES.replace("Beste %(names)s", "Beste"), "'Dear %(names)s,' lost its placeholder %(names)s"),
        (NAMES, NAMES.replace("Beste %(names)s", "Beste %(names)"), "'Dear %(names)s,' lost its placeholder %(names)s"),
        (NAMES, NAMES.replace("Beste", "%(title)s"), "has the placeholder %(title)s, which is never filled"),
        (ONE_MESSAGE, ONE_MESSAGE.replace("Beste", "100 %"), "has a % that begins no placeholder"),
        (
            PLURAL,
            PLURAL.replace('msgstr[1] "%(count)s maanden"\n', ""),
            "'%(count)s month' has 1 of the 2 forms that a number can need",
        ),
        (
            PLURAL,
            PLURAL.replace('"%(count)s maanden"', '""'),
            "'%(count)s month' has 1 of the 2 forms that a number can need",
        ),
        (PLURAL, PLURAL.replace('"%(count)s maand"', '"een maand"'), "lost its placeholder %(count)s"),
    ],
)
def test_a_gap_in_a_catalogue_is_refused_by_file_and_message(version: Path, old: str, new: str, fault: str) -> None:
    changed(version, old, new)

    with pytest.raises(Refusal, match=rf"nl\.po: {NO_MIX}: .*{re.escape(fault)}") as refused:
        read_templates(version)
    assert "more" not in str(refused.value)


def test_a_catalogue_that_was_only_begun_says_how_much_is_left(version: Path) -> None:
    (version / "catalogues/fr.po").write_text(
        'msgid ""\nmsgstr ""\n"Language: fr_FR\\n"\n\nmsgid "Dear partner,"\nmsgstr "Cher partenaire,"\n', "utf-8"
    )

    with pytest.raises(Refusal, match=r"fr\.po: .* message 'Your terms .*' is missing, and \d+ more$") as refused:
        read_templates(version)
    with (version / "catalogues/en.po").open("rb") as source:
        gaps = len(read_po(source)) - 1
    assert str(refused.value).endswith(f"and {gaps - 1} more")


def test_a_copy_of_the_english_catalogue_is_no_other_language(version: Path) -> None:
    english = (version / "catalogues/en.po").read_text("utf-8")
    (version / "catalogues/fr.po").write_text(english.replace("Language: en_GB", "Language: fr_FR"), "utf-8")

    with pytest.raises(Refusal, match=rf"fr\.po: {NO_MIX}: message 'Your terms .*' is still in English, and \d+ more"):
        read_templates(version)


def test_one_sentence_that_was_left_in_english_is_named_and_a_term_may_be_the_same(version: Path) -> None:
    sentence = "That does not reach a tier."
    changed(version, "Daarmee wordt geen partnerniveau gehaald.", sentence)
    with pytest.raises(Refusal, match=rf"nl\.po: {NO_MIX}: message '{sentence}' is still in English$"):
        read_templates(version)

    changed(version, f'msgstr "{sentence}"', 'msgstr "Daarmee wordt geen partnerniveau gehaald."')
    assert 'msgid "Status"\nmsgstr "Status"' in (version / "catalogues/nl.po").read_text("utf-8")
    read_templates(version)


def test_a_language_with_more_plurals_than_english_needs_them_all(version: Path) -> None:
    polish = (version / "catalogues/en.po").read_text("utf-8").replace("Language: en_GB", "Language: pl_PL")
    three = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);"
    polish = polish.replace("nplurals=2; plural=(n != 1);", three)
    assert three in polish
    (version / "catalogues/pl.po").write_text(polish, "utf-8")

    with pytest.raises(Refusal, match=r"pl\.po: .* has 2 of the 3 forms that a number can need, and \d+ more"):
        read_templates(version)


@pytest.mark.parametrize(
    ("rule", "form", "number"),
    [
        ("plural=0;", 0, 2),
        ("plural=(n == 1);", 1, 1),
        ("plural=(n != 1 && n != 21);", 0, 21),
        ("plural=n;", 1, 1),
    ],
)
def test_a_rule_that_would_choose_the_wrong_plural_is_refused(version: Path, rule: str, form: int, number: int) -> None:
    changed(version, "plural=(n != 1);", rule)

    said = (
        rf"nl\.po: {NO_MIX}: header line Plural-Forms chooses form {form} for the number {number}: expected nplurals=2"
    )
    with pytest.raises(Refusal, match=said):
        read_templates(version)


@pytest.mark.parametrize("rule", ["plural=(n == 1 ? 0 : 1);", "plural=!(n == 1);"])
def test_the_same_rule_written_in_another_way_is_taken(version: Path, rule: str) -> None:
    changed(version, "plural=(n != 1);", rule)

    read_templates(version)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Language: de_DE", r"nl\.po: header line Language is de_DE, .* rename the file to de\.po"),
        ("Language: tlh_QQ", r"nl\.po: header line Language is missing or names no known locale"),
    ],
)
def test_a_catalogue_names_the_language_of_its_file_because_days_and_amounts_follow_it(
    version: Path, written: str, said: str
) -> None:
    changed(version, "Language: nl_NL", written)

    with pytest.raises(Refusal, match=said):
        read_templates(version)


def test_a_file_named_after_a_country_too_would_never_be_used(version: Path) -> None:
    (version / "catalogues/nl.po").rename(version / "catalogues/nl_BE.po")

    with pytest.raises(Refusal, match=r"nl_BE\.po: .* rename the file to nl\.po"):
        read_templates(version)


@pytest.mark.parametrize("body", ['msgid "Dear partner,"\nmsgstr "Chère'.encode("latin-1"), b"msgid 5\n"])
def test_a_file_that_is_not_a_catalogue_in_utf_8_is_refused_by_name(version: Path, body: bytes) -> None:
    (version / "catalogues/fr.po").write_bytes(body)

    with pytest.raises(Refusal, match=r"fr\.po: is not a catalogue of messages in UTF-8"):
        read_catalogues(LayeredFolder((version / "catalogues",)))


def test_the_list_of_messages_and_the_default_language_have_to_be_there(version: Path) -> None:
    changed(version, "default_language: en", "default_language: fr", "../brand.yaml")
    with pytest.raises(Refusal, match=r"brand\.yaml:11: default_language: 'fr' has no catalogue: .* or write fr\.po"):
        read_templates(version)

    changed(version, "default_language: fr", "default_language: en", "../brand.yaml")
    (version / "catalogues/en.po").unlink()
    with pytest.raises(Refusal, match=r"en\.po is missing: it lists the messages that every language needs"):
        read_templates(version)


@pytest.mark.parametrize(
    "name", ["wording.j2", "text/parts.j2", "html/parts.j2", "kinds/no_change.j2", "certificate.j2"]
)
def test_a_sentence_of_a_template_that_is_in_no_catalogue_is_refused_by_name(version: Path, name: str) -> None:
    template = version / name
    template.write_text(template.read_text("utf-8") + "{% macro new() %}{% trans %}Hello!{% endtrans %}{% endmacro %}")
    templates = read_templates(version)

    with pytest.raises(Refusal, match=r"message 'Hello!' is in a template but not in .*de\.po"):
        templates.check_every_sentence()


def test_our_catalogues_hold_every_sentence() -> None:
    read_templates(FOLDER).check_every_sentence()
