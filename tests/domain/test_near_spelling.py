"""The account that was probably meant by a code that is not there."""

import pytest

from partner_program.domain.near_spelling import NearSpellings

THERE = NearSpellings({"DE-4711", "00123", "hpc.9", "NL101265"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("DE4711", "DE-4711"),
        ("de 4711", "DE-4711"),
        ("123", "00123"),  # a spreadsheet took the zeros
        ("\u041d\u0420\u04219", "hpc.9"),  # Cyrillic letters
        ("NL101256", "NL101265"),  # two digits changed places
        ("NL10126", "NL101265"),
        ("NL1012655", "NL101265"),
        ("NL101266", "NL101265"),
        ("NL101277", None),
        ("4711", None),
        ("124", None),  # too short to tell a slip from another account
        ("", None),
    ],
)
def test_the_code_that_was_meant(written: str, meant: str | None) -> None:
    assert THERE.of(written) == meant


def test_the_question_names_characters_that_look_like_others() -> None:
    there = NearSpellings({"\N{CYRILLIC CAPITAL LETTER A}1234"})

    assert there.question("A1234") == (
        ": is \N{CYRILLIC CAPITAL LETTER A}1234 (U+0410) meant, which is linked to no partner?"
    )
    assert there.question("B9999") == ""
