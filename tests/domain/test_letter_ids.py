"""One letter to one recipient has one Message-ID, whoever computes it and whenever; a bounce tells which it was."""

from datetime import date
from typing import Any

import pytest

from partner_program.domain.letter_ids import (
    digest_message_id,
    letter_hex,
    letters_in_message_ids,
    letters_in_return_paths,
    message_id,
    return_path,
)
from partner_program.domain.refusals import Refusal

LETTER: dict[str, Any] = {
    "installation_id": "I1",
    "month": "2015-06",
    "partner_id": "P1",
    "kind": "migration",
    "revision": 1,
    "recipient": "jo@p1.example",
    "resend_no": 0,
    "domain": "host.example",
}
# Worked out by hand with sha1 (RFC 4122, 4.3). Letters were sent with such ids: with another one, a letter that is sent
# again would be another message to its reader.
SENT = "<550d107a8772558f892bdcd1bf508c5f@host.example>"
DIGITS = "0123456789abcdef" * 2


def test_a_letter_keeps_the_message_id_with_which_it_was_sent() -> None:
    assert message_id(**LETTER) == SENT


@pytest.mark.parametrize("part", LETTER)
def test_a_letter_that_differs_in_anything_is_another_message(part: str) -> None:
    assert message_id(**LETTER | {part: 7}) != SENT


@pytest.mark.parametrize("written", [f"<{DIGITS}@host.example>", f"{DIGITS}@host.example", DIGITS])
def test_the_digits_of_a_letter_are_read_with_and_without_brackets(written: str) -> None:
    assert letter_hex(written) == DIGITS


@pytest.mark.parametrize("written", ["", "<a@host.example>", f"<{DIGITS}0@h.example>", f"<{DIGITS.upper()}@h.example>"])
def test_a_message_id_that_is_none_of_ours_is_refused_in_plain_letters(written: str) -> None:
    with pytest.raises(Refusal, match="expected 32 hexadecimal digits before the @") as refused:
        letter_hex(written)
    assert ascii(written) in str(refused.value)


def test_the_return_path_has_the_letter_behind_the_mailbox_for_bounces() -> None:
    assert return_path(f"<{DIGITS}@host.example>", "bounces@host.example") == f"bounces+{DIGITS}@host.example"


def test_letters_are_found_by_their_digits_in_any_case_and_among_the_words_of_relays() -> None:
    other = DIGITS[::-1]
    srs = f"SRS0=x=y=p.example=bounces+{DIGITS.upper()}@relay.example, <b+{other}@host.example>"
    assert letters_in_return_paths(srs) == [DIGITS, other]
    assert letters_in_message_ids(f"References: <{DIGITS}@h.example> <{other.upper()}@H.example>") == [DIGITS, other]
    assert letters_in_return_paths(f"<{DIGITS}@host.example>") == []
    assert letters_in_message_ids(f"b+{DIGITS}@host.example") == []


DIGEST: dict[str, Any] = {
    "installation_id": "I1",
    "week": date(2015, 7, 27),
    "account_manager_id": "M1",
    "resend_no": 0,
    "domain": "host.example",
}
DIGEST_SENT = "<abf3fee6b1c75cfcadc1d03c6b550781@host.example>"  # worked out by hand, as above


def test_a_digest_keeps_the_message_id_with_which_it_was_sent() -> None:
    assert digest_message_id(**DIGEST) == DIGEST_SENT


@pytest.mark.parametrize(
    "part",
    [
        {"installation_id": "I2"},
        {"week": date(2015, 8, 3)},
        {"account_manager_id": "M2"},
        {"resend_no": 1},
        {"domain": "h.example"},
    ],
)
def test_a_digest_that_differs_in_anything_is_another_message(part: dict[str, Any]) -> None:
    assert digest_message_id(**DIGEST | part) != DIGEST_SENT
