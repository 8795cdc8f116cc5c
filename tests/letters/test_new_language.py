"""A language is one catalogue file: letters stay whole if it is longer than ours or written from right to left."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from shutil import copytree

import pytest
from babel.messages.pofile import read_po, write_po

from partner_program.adapters.letters.templates import LetterTemplates, RenderedLetter
from partner_program.adapters.mail.message import MessageHead, message_bytes
from tests.letters.made_facts import KINDS
from tests.letters.read_templates import read_templates
from tests.letters.reading import Letter

FOLDER = Path(__file__).parents[2] / "include/templates/letters/v1"
OURS = read_templates(FOLDER)
PLACEHOLDER = re.compile(r"(%\(\w+\)s)")
ACCENTS = str.maketrans("AEIOUaeiouncsyz", "ÅÉÎÖÜåéîöüñçšýž")
FIGURES = re.compile(r"\d[\d.,]*\d|\d")


def lengthened(text: str) -> str:
    """English with accents and half as long again, by words without meaning; placeholders stay as they are."""
    halves = PLACEHOLDER.split(text)
    accented = "".join(part if PLACEHOLDER.fullmatch(part) else part.translate(ACCENTS) for part in halves)
    letters = sum(len(part) for part in halves if not PLACEHOLDER.fullmatch(part))
    padding = " łörém".join([""] * (letters // 12 + 2))
    return f"{accented}{padding}"


def with_catalogue(folder: Path, language: str, locale: str) -> LetterTemplates:
    """The templates with one file more: a catalogue made of the English one."""
    copy = Path(copytree(FOLDER, folder / "v1"))
    with (FOLDER / "catalogues/en.po").open("rb") as source:
        catalogue = read_po(source)
    for message in catalogue:
        if message.id:
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            longer = tuple(lengthened(str(text)) for text in texts)
            message.string = longer if isinstance(message.string, tuple) else longer[0]
    path = copy / "catalogues" / f"{language}.po"
    with path.open("wb") as target:
        write_po(target, catalogue, omit_header=True)
    plurals = 'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plurals += '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    path.write_text(plurals.format(locale) + path.read_text("utf-8"), "utf-8")
    return read_templates(copy)


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> LetterTemplates:
    # Welsh writes amounts as English does, so figures can be compared; its sentences are made up here.
    return with_catalogue(tmp_path_factory.mktemp("pseudo"), "cy", "cy_GB")


def read_message(letter: RenderedLetter) -> tuple[str, str, str]:
    """Subject, text and HTML of the letter after it was made into a message and parsed again."""
    head = MessageHead(
        sender_name="Host",
        sender_address="a@host.example",
        reply_to_name="Mila",
        reply_to_address="m@host.example",
        recipient_name="Anna",
        recipient_address="b@x.example",
        subject=letter.subject,
        message_id=f"<{1:032x}@host.example>",
        dated=datetime(2015, 9, 1, tzinfo=UTC),
        language=letter.language_used,
    )
    written = message_bytes(head, letter.text, letter.html)
    assert max(map(len, written.split(b"\r\n"))) <= 78
    message = message_from_bytes(written, policy=policy.default)
    assert message["Content-Language"] == letter.language_used
    text, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    return message["Subject"], text, html


def test_the_made_up_language_is_at_least_forty_per_cent_longer_in_each_message() -> None:
    with (FOLDER / "catalogues/en.po").open("rb") as source:
        texts = [str(message.string) for message in read_po(source) if message.id]

    assert [text for text in texts if len(lengthened(text)) < 1.4 * len(PLACEHOLDER.sub("", text))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_language_forty_per_cent_longer_breaks_no_letter(pseudo: LetterTemplates, kind: str) -> None:
    english = OURS.render(KINDS[kind])
    longer = pseudo.render(replace(KINDS[kind], language="cy"))
    read, read_english = Letter(longer.html), Letter(english.html)

    assert longer.language_used == "cy"
    assert len(longer.text) > 1.2 * len(english.text)  # names and figures are as long as they were
    assert [tag for tag, _ in read.tags] == [tag for tag, _ in read_english.tags]
    assert {part: [len(row) for row in rows] for part, rows in read.tables.items()} == {
        part: [len(row) for row in rows] for part, rows in read_english.tables.items()
    }
    assert sorted(FIGURES.findall(read.visible)) == sorted(FIGURES.findall(read_english.visible))
    assert sorted(FIGURES.findall(longer.text)) == sorted(FIGURES.findall(english.text))
    assert len(longer.text.split("\n")) == len(english.text.split("\n"))
    assert max(len(line.encode()) for line in longer.text.split("\n")) <= 998
    assert read_message(longer) == (longer.subject, longer.text, longer.html)


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_of_a_letter_stays_in_english(pseudo: LetterTemplates, kind: str) -> None:
    text = pseudo.render(replace(KINDS[kind], language="cy")).text
    english = OURS.render(KINDS[kind]).text
    named = {"Gold", "Silver", "Marketing"}  # values are facts
    same = set(text.splitlines()) & {line for line in english.splitlines() if re.search("[a-z]{3}", line)}

    assert {line for line in same if not re.match(r"  [A-Z]{2} · |  \S+@|  Mila|LeaseWeb ·", line)} <= named


@pytest.mark.parametrize(("language", "locale"), [("ar", "ar"), ("he", "he_IL"), ("fa", "fa_IR")])
def test_a_language_from_right_to_left_is_one_file_too(tmp_path: Path, language: str, locale: str) -> None:
    templates = with_catalogue(tmp_path, language, locale)

    for kind, stated in KINDS.items():
        letter = templates.render(replace(stated, language=language))
        read, read_english = Letter(letter.html), Letter(OURS.render(stated).html)
        attributes = [found for tag, found in read.tags if "lang" in found]
        assert [(found["lang"], found["dir"]) for found in attributes] == [(language, "rtl")] * 2
        assert [tag for tag, _ in read.tags] == [tag for tag, _ in read_english.tags]
        assert set(FIGURES.findall(read.visible)) == set(FIGURES.findall(letter.text)), kind
        assert "text-align:right" in letter.html
        assert read_message(letter) == (letter.subject, letter.text, letter.html)


@pytest.mark.parametrize("language", OURS.languages)
def test_our_languages_say_which_they_are_and_run_from_left_to_right(language: str) -> None:
    read = Letter(OURS.render(replace(KINDS["tier_raised"], language=language)).html)

    assert [(found["lang"], found["dir"]) for _, found in read.tags if "lang" in found] == [(language, "ltr")] * 2


def test_adding_a_language_is_one_file_and_changes_no_other_language(tmp_path: Path) -> None:
    templates = with_catalogue(tmp_path, "fi", "fi_FI")
    added = {path.relative_to(tmp_path / "v1") for path in (tmp_path / "v1").rglob("*") if path.is_file()} - {
        path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file()
    }

    assert added == {Path("catalogues/fi.po")}
    assert templates.languages == tuple(sorted([*OURS.languages, "fi"]))
    assert templates.render(replace(KINDS["tier_raised"], language="fi")).language_used == "fi"
    assert OURS.render(replace(KINDS["tier_raised"], language="fi")).language_used == "en"
    for language in OURS.languages:
        letter = replace(KINDS["tier_raised"], language=language)
        assert templates.render(letter) == OURS.render(letter)
