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


CODES = NearSpellings({"ABCDEFG"})


@pytest.mark.parametrize(
    ("written", "is_near"),
    [
        ("ABCDEFX", True),
        ("XBCDEFG", True),
        ("ABCXEFG", True),
        ("ABCEFG", True),
        ("BCDEFG", True),
        ("ABCXDEFG", True),
        ("ABCDEFGX", True),
        ("BACDEFG", True),
        ("ABCDEGF", True),
        ("ABCDE", False),  # two missing
        ("ABCDEFGXY", False),
        ("ABXDEXG", False),
        ("XACDEFG", False),  # two letters, and not the same two
        ("ACBEDFG", False),  # two pairs
        ("ADCBEFG", False),  # changed places over a third
        ("ABCXFG", False),  # one wrong and one missing beside it
        ("ABCXYEFG", False),
        ("ABCXEG", False),  # one wrong and one missing
        ("AXCDEFYG", False),
        ("ABDXEFGH", False),
    ],
)
def test_one_slip_is_near_and_two_are_not(written: str, is_near: bool) -> None:
    assert CODES.of(written) == ("ABCDEFG" if is_near else None)


def test_four_characters_are_enough_for_a_slip_and_only_signs_and_leading_zeros_do_not_matter() -> None:
    assert NearSpellings({"1235"}).of("1234") == "1235"
    assert NearSpellings({"125"}).of("124") is None
    assert NearSpellings({"XAB12"}).of("AB12") == "XAB12"  # a letter is a slip, no leading zero
    assert NearSpellings({"A1", "B1"}).of("A100") is None


def test_among_very_many_codes_only_the_same_characters_are_looked_for() -> None:
    few, many = ({f"{number:07}" for number in range(1, last + 1)} for last in (20_000, 20_001))
    assert NearSpellings(few).of("X12345") == "0012345"
    assert NearSpellings(many).of("X12345") is None
    assert NearSpellings(many).of("12-345") == "0012345"
