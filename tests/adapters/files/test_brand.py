"""The brand is read strictly: every fault at once, each with its line, and nothing is guessed."""

from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.files.brand import read_brand
from partner_program.domain.refusals import UnsoundFiles
from partner_program.usecases.installation import PROJECT

OURS = PROJECT / "include/templates/letters/v1/brand.yaml"
LANGUAGES = ("de", "en", "nl")


def faults(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """What is said of our brand with some of its text changed."""
    text = OURS.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "brand.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UnsoundFiles) as refused:
        read_brand(path, LANGUAGES)
    return list(refused.value.faults)


def test_the_brand_of_2015_is_read_as_it_stands() -> None:
    brand = read_brand(OURS, LANGUAGES)
    assert brand.whose == (
        "LeaseWeb Authorized Reseller Partner Program, from LeaseWeb Partner Program <partner-program@leaseweb.example>"
    )
    assert (brand.partner_title, brand.default_language, brand.accounts_in_mail) == (
        "Authorized Reseller Partner",
        "en",
        60,
    )
    assert brand.font == "'Segoe UI',Helvetica,Arial,sans-serif"
    assert (brand.light["page"], brand.light["note_edge"]) == ("#e9eef4", "#0a5aa8")
    assert (brand.dark["band"], len(brand.dark)) == ("#0a1e33", 14)
    assert brand.programme_from == date(2015, 7, 27)


def test_all_that_is_wrong_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    said = faults(
        tmp_path,
        ("sender_name: LeaseWeb Partner Program\n", ""),
        ("partner-program@leaseweb.example", "no address"),
        ("default_language: en", "default_language: ru"),
        ("accounts_in_mail: 60", "accounts_in_mail: sixty"),
        ('  band: "#0e2c49"', '  band: "blue;}"'),
        ('  note: "#1b3045"\n', ""),
        ('  quiet: "#202c38"', '  quite: "#202c38"'),
        ("font: \"'Segoe UI',Helvetica,Arial,sans-serif\"", 'font: "Arial;color:red"\nsender: me'),
    )
    places = [" ".join(fault.split(": ")[:2]) for fault in said]
    assert places == [
        "brand.yaml:2 sender_name",
        "brand.yaml:8 sender_address",
        "brand.yaml:10 default_language",
        "brand.yaml:12 accounts_in_mail",
        "brand.yaml:13 font",
        "brand.yaml:14 sender",
        "brand.yaml:22 light.band",
        "brand.yaml:31 dark.quiet",
        "brand.yaml:31 dark.note",
        "brand.yaml:40 dark.quite",
    ]
    for words in (
        "sender_name: is missing, expected a value",
        "'no address' is not one e-mail address, expected name@domain",
        "'ru' has no catalogue: expected one of de, en, nl, or write ru.po",
        "'sixty' is a text, expected a whole number",
        "'blue;}' is no colour, expected \"#rrggbb\"",
        "'Arial;color:red' is not allowed, expected names of fonts",
        "sender: is not a known key",
        "did you mean quiet?",
    ):
        assert len([fault for fault in said if words in fault]) == 1, words


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("accounts_in_mail: 60", "accounts_in_mail: 0", "'0' is not allowed, expected a whole number from 1"),
        ("company_name: LeaseWeb", "company_name: ' '", "is empty, expected a text"),
        ("company_name: LeaseWeb", "company_name: &a LeaseWeb", "anchor &a is not allowed"),
        ("company_name: LeaseWeb", "company_name: 3", "'3' is a whole number, expected a text"),
        ("company_name: LeaseWeb", 'company_name: "a\\u202eb"', "holds the hidden character U+202E"),
        ("programme_from: 2015-07-27", "programme_from: 2015-07-32", "is not a day of the calendar"),
        ('  page: "#e9eef4"', "  page: #e9eef4", "is nothing to YAML, expected a text"),
        ('  page: "#e9eef4"', '  page: "#e9eef"', "'#e9eef' is no colour"),
        ('  page: "#e9eef4"', '  page: "#e9eef4 "', "'#e9eef4 ' is no colour"),
        ("light:\n", "light: dark\ndusk:\n", "light: 'dark' is a text, expected a mapping"),
    ],
)
def test_one_fault_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert any(fault in each for each in faults(tmp_path, (old, new)))


def test_a_brand_that_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnsoundFiles, match=r"brand\.yaml:1: file: cannot be read"):
        read_brand(tmp_path / "brand.yaml", LANGUAGES)
