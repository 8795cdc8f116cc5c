"""Reads the values that people write into files, strictly: a value that is not exactly right is refused, never guessed.

Every reader returns the value or raises `Refusal` with what is wrong and what is expected.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import TypeVar
from zoneinfo import available_timezones

from partner_program.adapters.files.faults import quoted
from partner_program.adapters.mail_address import parse_address
from partner_program.domain.email_address import fault_of_address
from partner_program.domain.hidden_characters import BLANK_LIKE, STEERING
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal, Undeliverable

BP_OF_ONE_PERCENT = 100
LONGEST_TIER_NAME = 40
LONGEST_UNIT_LABEL = 20
_NUMBERED = re.compile(r"(?:tier)?\s*\d+|no(?:ne| tier)", re.IGNORECASE)
Word = TypeVar("Word", bound=str)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)


def check_visible(written: str) -> None:
    """Refuse control characters and characters that change the reading direction: they hide what a text says."""
    hidden = None if written.isprintable() else STEERING.search(written)
    if hidden:
        name = f"U+{ord(hidden[0]):04X}"
        raise Refusal(f"{quoted(written)} holds the hidden character {name}, expected visible text on one line")


def text(written: str) -> str:
    """Read a text that is not blank, as one line: runs of blanks and line breaks become one blank."""
    if not written.strip():
        raise Refusal("is empty, expected a text")
    return any_text(written)


def any_text(written: str) -> str:
    """Read a text that may be empty, as one line."""
    line = " ".join(written.split())
    check_visible(line)
    return line


def day(written: str) -> date:
    """Read a calendar day written as YYYY-MM-DD, from 1900 to 2999."""
    try:
        if _DAY.fullmatch(written) and "1900" <= written[:4] <= "2999":
            return date.fromisoformat(written)
    except ValueError as error:
        raise Refusal(
            f"{quoted(written)} is not a day of the calendar, expected YYYY-MM-DD, as in 2015-07-27"
        ) from error
    raise Refusal(f"{quoted(written)} is not a date, expected YYYY-MM-DD from 1900 to 2999, as in 2015-07-27")


def whole(written: str, lowest: int, highest: int) -> int:
    """Read a whole number in ASCII digits, without separators, plus sign or leading zeros."""
    if _WHOLE.fullmatch(written) and lowest <= int(written) <= highest:
        return int(written)
    raise Refusal(f"{quoted(written)} is not allowed, expected a whole number from {lowest} to {highest}")


def choice(written: str, choices: Sequence[Word]) -> Word:
    """Read one of a few words, written exactly as it is listed."""
    for word in choices:
        if word == written:
            return word
    raise Refusal(f"{quoted(written)} is not known, expected {' or '.join(choices)}{did_you_mean(written, choices)}")


def time_zone(written: str) -> str:
    """Read the IANA name of a time zone."""
    if written in _zones():
        return written
    close = did_you_mean(written, _zones())
    raise Refusal(f"{quoted(written)} is not a known time zone, expected a name such as Europe/Amsterdam{close}")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def email(written: str) -> str:
    """Read one e-mail address to which a letter can go; letters outside ASCII are allowed, the server decides later."""
    if fault_of_address(written) is not None:
        raise Refusal(
            f"{quoted(written)} is not one e-mail address, expected name@domain without spaces, commas or brackets"
        )
    try:
        parse_address(written)
    except Undeliverable as fault:
        raise Refusal(f"{fault}, expected an address that letters can go to") from None
    return written


def _matching(pattern: str, expected: str) -> Callable[[str], str]:
    matches = re.compile(pattern, re.ASCII).fullmatch

    def read(written: str) -> str:
        if matches(written):
            return written
        raise Refusal(f"{quoted(written)} is not allowed, expected {expected}")

    return read


key_name = _matching(r"[a-z][a-z0-9_]{0,59}", "small letters, digits and underscores")
entity_code = _matching(r"[A-Za-z][A-Za-z0-9_]{0,29}", "letters, digits and underscores, as in NL")
folder_name = _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", "the name of a folder: letters, digits, - and _")
country = _matching(r"[A-Z]{2}", "a country as two capitals, as in NL")


def each_once(read: Callable[[str], str], kind: str) -> Callable[[str], str]:
    """Return what reads values of a kind with blanks between them, each once."""

    def read_all(written: str) -> str:
        values = [read(each) for each in written.split()]
        twice = [each for place, each in enumerate(values) if each in values[:place]]
        if twice:
            raise Refusal(f"{twice[0]} is given twice, expected each {kind} once")
        return " ".join(values)

    return read_all


countries = each_once(country, "country")
attributes = each_once(key_name, "attribute")


currency = _matching(r"[A-Z]{3}", "a currency as three capitals, as in EUR")
language = _matching(r"[a-z]{2}", "a language as two small letters, as in nl")
web_address = _matching(
    r"https://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?(?:/[^\s<>\"'\\]*)?", "https:// and a host, without blanks"
)
_one_code = _matching(r"\S(?:.*\S)?", "no blanks before or after it")

_APOSTROPHES = frozenset("'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u2018\u2019\u201b\u2032\u2035\ua78c\uff07")


def code(written: str) -> str:
    """Read a code that other files and databases repeat; refuse characters that nobody sees, by their code points.

    With an invisible character beside it `A1` is another account, and a spreadsheet's apostrophe makes `'A1` of it.
    """
    wrong = next((each for each in written if _is_unseen(each)), None)
    if wrong is not None:
        name = f"U+{ord(wrong):04X} {unicodedata.name(wrong, '')}".strip()
        raise Refusal(
            f"{quoted(written)} holds {name}, expected a code without hidden characters, odd blanks and apostrophes"
        )
    return _one_code(written)


def _is_unseen(character: str) -> bool:
    if character.isascii():
        return character in _APOSTROPHES
    return (
        character in BLANK_LIKE
        or character in _APOSTROPHES
        or unicodedata.category(character)[0] in "CZ"
        or "VARIATION SELECTOR" in unicodedata.name(character, "")
    )


def boolean(written: str) -> bool:
    """Read the word true or false."""
    return choice(written, ("true", "false")) == "true"


def tier(written: str) -> int:
    """Read the number of a tier, from 1; the programme says which tier is the highest."""
    if _WHOLE.fullmatch(written) and int(written) >= 1:
        return int(written)
    raise Refusal(f"{quoted(written)} is not a tier, expected a whole number from 1")


def tier_name(written: str) -> str:
    """Read the own name of a tier: a few words on one line, which nobody could take for a tier's number."""
    found = text(written)
    if len(found) > LONGEST_TIER_NAME:
        raise Refusal(f"{quoted(found)} has {len(found)} characters, expected at most {LONGEST_TIER_NAME}")
    if _NUMBERED.fullmatch(found):
        raise Refusal(f"{quoted(found)} reads like a tier's number, expected a name of its own, as in Gold")
    return found


def language_code(written: str) -> str:
    """Read the code of a language, as the catalogues are named: en, nl, ast."""
    if not _LANGUAGE.fullmatch(written):
        raise Refusal(f"{quoted(written)} is no language, expected its code, as in de")
    return written


def unit_label(written: str) -> str:
    """Read what a programme counts instead of money, as in points: it stands after a number in every letter."""
    found = text(written)
    if len(found) > LONGEST_UNIT_LABEL:
        raise Refusal(f"{quoted(found)} has {len(found)} characters, expected at most {LONGEST_UNIT_LABEL}")
    if any(each.isdigit() for each in found):
        raise Refusal(f"{quoted(found)} holds a digit, expected a word that stands after a number, as in points")
    return found


def whole_between(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers in a range."""
    return lambda written: whole(written, lowest, highest)


def discount_bp(highest: int) -> Callable[[str], int]:
    """Return a reader of whole basis points; a value from 1 to 99 is refused as per cent written by mistake."""

    def read(written: str) -> int:
        found = whole(written, 0, highest)
        if 0 < found < BP_OF_ONE_PERCENT:
            raise Refusal(f"{found} is below 1 %, expected basis points: 0 or {BP_OF_ONE_PERCENT} to {highest}")
        return found

    return read


def words_of(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """Return a reader of words with blanks or semicolons between them, each read by `read`, none given twice."""

    def read_all(written: str) -> tuple[str, ...]:
        words = tuple(read(word) for word in written.replace(";", " ").split())
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise Refusal(f"{twice[0]} is given twice, expected once")
        return words

    return read_all


def choice_of(choices: Sequence[str]) -> Callable[[str], str]:
    """Return a reader of one of a few words."""
    return lambda written: choice(written, choices)
