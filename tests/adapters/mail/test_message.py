"""A message, read back by the standard library's parser, contains what was put in and nothing else."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.adapters.mail.message import (
    LARGEST_FILE,
    LARGEST_MESSAGE,
    LARGEST_PARTS,
    AttachedFile,
    MessageHead,
    message_bytes,
    too_large,
)
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.letter_ids import letter_hex, letters_in_return_paths, message_id, return_path
from partner_program.domain.refusals import Refusal, Undeliverable
from tests.letters.made_facts import KINDS
from tests.letters.read_templates import read_templates

TEMPLATES = read_templates(Path(__file__).parents[3] / "include/templates/letters/v1")
LETTER = {
    "installation_id": "8d0c9a52",
    "month": "2015-08",
    "partner_id": "P0042",
    "kind": "tier_raised",
    "revision": 1,
    "recipient": "anna@noordzee.example",
    "resend_no": 0,
    "domain": "host.example",
}
HEAD = MessageHead(
    sender_name="LeaseWeb Partner Program",
    sender_address="partners@host.example",
    reply_to_name="Mila Jansen",
    reply_to_address="mila.jansen@host.example",
    recipient_name="Anna de Vries",
    recipient_address="anna@noordzee.example",
    subject="Your partner tier changes from 1 September 2015",
    message_id=message_id(**LETTER),  # type: ignore[arg-type]
    dated=datetime(2015, 9, 2, 9, 30, tzinfo=UTC),
    language="en",
)
BIDI_AND_CONTROLS = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def read(message: bytes) -> EmailMessage:
    """The message as the receiver's software reads it; fails if it has a defect."""
    read_back = email.message_from_bytes(message, policy=policy.SMTPUTF8)
    for part in read_back.walk():
        assert part.defects == []
        assert [defect for value in part.values() for defect in value.defects] == []
    return read_back


def parts(message: EmailMessage) -> list[tuple[str, str]]:
    """Content type and content of both parts, with line feeds."""
    return [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in message.iter_parts()]


def only(message: bytes, header: str) -> tuple[str, str]:
    """Name and address of the only mailbox in a header that occurs once.

    The older functions decode the name, because the newer ones keep the blank between two encoded words of a name,
    which RFC 2047 tells them to drop.
    """
    (value,) = read(message).get_all(header, [])
    (address,) = value.addresses
    ((name, _),) = getaddresses([email.message_from_bytes(message)[header]])
    return str(make_header(decode_header(name))), address.addr_spec


def check_lines(message: bytes) -> None:
    above, _, body = message.partition(b"\r\n\r\n")
    assert message.endswith(b"\r\n")
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert max(map(len, above.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert body.isascii()


@pytest.mark.parametrize("kind", KINDS)
def test_a_rendered_letter_comes_back_whole_with_its_text_first(kind: str) -> None:
    letter = TEMPLATES.render(KINDS[kind])
    message = message_bytes(replace(HEAD, subject=letter.subject), letter.text, letter.html)
    found = read(message)

    check_lines(message)
    assert found.get_content_type() == "multipart/alternative"
    assert parts(found) == [("text/plain", letter.text), ("text/html", letter.html)]
    assert found["Subject"] == letter.subject
    assert only(message, "From") == (HEAD.sender_name, HEAD.sender_address)
    assert only(message, "To") == (HEAD.recipient_name, HEAD.recipient_address)
    assert only(message, "Reply-To") == (HEAD.reply_to_name, HEAD.reply_to_address)
    assert found["Date"].datetime == HEAD.dated
    assert found["Message-ID"] == HEAD.message_id
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "All"
    assert found["Content-Language"] == "en"
    assert found["MIME-Version"] == "1.0"
    assert len(found.keys()) == len(set(found.keys())) == 11


NAMES = st.text(max_size=200) | st.text(st.sampled_from('"\\,;:<>@()=?_.  é株\u0301'), max_size=200)
BODIES = st.text(max_size=500).map(lambda body: body.replace("\r", "")) | st.lists(
    st.sampled_from(["\n", "=", ".", "From ", " ", "\t", "--=_", "x" * 75, "é" * 30, "-- ", "\n.\n"]), max_size=40
).map("".join)


@settings(deadline=None, max_examples=100)
@given(NAMES, NAMES, NAMES, NAMES, BODIES, BODIES)
def test_a_message_is_read_back_as_it_was_written(
    sender: str, recipient: str, manager: str, subject: str, text: str, html: str
) -> None:
    subject = plain_name(subject) or "No words"
    head = replace(HEAD, sender_name=sender, recipient_name=recipient, reply_to_name=manager, subject=subject)
    message = message_bytes(head, text, html)
    found = read(message)

    check_lines(message)
    assert only(message, "From") == (plain_name(sender), HEAD.sender_address)
    assert only(message, "To") == (plain_name(recipient), HEAD.recipient_address)
    assert only(message, "Reply-To") == (plain_name(manager), HEAD.reply_to_address)
    assert found["Subject"] == subject
    assert parts(found) == [("text/plain", text), ("text/html", html)]
    assert not BIDI_AND_CONTROLS.search(message.decode().replace("\t", ""))
    assert message == message_bytes(head, text, html)


@pytest.mark.parametrize(
    "name",
    [
        "Evil, evil2@x.example <u@y.example>",
        'a" <x@y.example>, "b',
        "=?utf-8?q?a=0D=0ABcc:_x?=",
        "group: a@x.example, b@x.example;",
        "x\r\nBcc: all@x.example",
        "(comment) back\\slash",
    ],
)
def test_a_name_that_looks_like_a_list_of_addresses_stays_the_name_of_one(name: str) -> None:
    message = message_bytes(replace(HEAD, recipient_name=name), "", "")

    assert only(message, "To") == (plain_name(name), HEAD.recipient_address)
    assert "Bcc" not in read(message)


def test_a_domain_outside_ascii_goes_out_as_a_labels_and_a_local_part_as_it_is() -> None:
    head = replace(HEAD, recipient_address="büro@straße.example", recipient_name="Büro")

    assert b"=?utf-8?b?QsO8cm8=?=\r\n" not in message_bytes(head, "", "")
    assert "To: =?utf-8?b?QsO8cm8=?= <büro@xn--strae-oqa.example>\r\n".encode() in message_bytes(head, "", "")


def test_a_message_of_a_hundred_thousand_octets_goes_out_and_one_more_is_undeliverable() -> None:
    room = LARGEST_MESSAGE - len(message_bytes(HEAD, "", ""))
    lines = ("a" * 74 + "\n") * (room // 76) + "a" * (room % 76)

    assert len(message_bytes(HEAD, lines, "")) == LARGEST_MESSAGE
    with pytest.raises(Undeliverable, match=r"the message is 100001 octets long, more than 100000"):
        message_bytes(HEAD, lines, "a")


def test_the_longest_headers_leave_room_for_the_largest_parts() -> None:
    name = "株" * 1_000
    head = replace(HEAD, sender_name=name, reply_to_name=name, recipient_name=name, subject="株" * 200)

    assert len(message_bytes(head, "", "")) < LARGEST_MESSAGE - LARGEST_PARTS


@pytest.mark.parametrize("word", ["a", "=", "é", "a b \n"])
def test_parts_are_too_large_before_anybody_approves_them_exactly_where_their_message_would_be(word: str) -> None:
    fits, cut = 0, LARGEST_PARTS
    while cut - fits > 1:  # the longest text of this word that is let through
        middle = (fits + cut) // 2
        fits, cut = (middle, cut) if too_large(word * middle, "") is None else (fits, middle)

    assert fits > 0
    largest = len(message_bytes(HEAD, word * fits, "")) - len(message_bytes(HEAD, "", ""))
    assert LARGEST_PARTS - 500 < largest <= LARGEST_PARTS
    why = too_large(word * cut, "")
    assert why is not None
    assert why.startswith("text and HTML together take 95,0")
    assert why.endswith("octets in a message, more than 95,000")


FILE = AttachedFile("accounts-2015-08.csv", "\ufeffKonto;Währung\r\nNL-1;EUR\r\n".encode() * 50)


@pytest.mark.parametrize("content", [FILE.content, b"", b"\n.\r\n--=_\r\nFrom ", bytes(range(256)) * 30])
def test_an_attached_file_comes_back_as_it_was_beside_both_parts(content: bytes) -> None:
    message = message_bytes(HEAD, "text", "<p>html</p>", FILE._replace(content=content))
    found = read(message)
    check_lines(message)

    assert found.get_content_type() == "multipart/mixed"
    letter, attached = found.iter_parts()
    assert parts(letter) == [("text/plain", "text"), ("text/html", "<p>html</p>")]  # type: ignore[arg-type]
    assert attached.get_content_type() == "text/csv"
    assert attached.get_content_disposition() == "attachment"
    assert attached.get_filename() == "accounts-2015-08.csv"  # type: ignore[attr-defined]
    assert attached.get_payload(decode=True) == content
    assert found["Message-ID"] == HEAD.message_id
    assert message == message_bytes(HEAD, "text", "<p>html</p>", FILE._replace(content=content))


def test_a_file_may_be_larger_than_a_letter_but_not_than_mail_servers_take() -> None:
    largest = FILE._replace(content=b"a" * (LARGEST_FILE // 78 * 57 - 600))
    larger = FILE._replace(content=largest.content + b"a" * 1_200)

    assert len(message_bytes(HEAD, "", "", largest)) > LARGEST_MESSAGE
    assert too_large("", "", largest) is None
    assert re.fullmatch(
        r"the attached list of accounts takes 5,000,\d{3} octets in a message, more than 5,000,000",
        too_large("", "", larger) or "",
    )
    with pytest.raises(Undeliverable, match=r"accounts-2015-08\.csv is \d{7} octets long"):
        message_bytes(HEAD, "", "", larger)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"subject": "a\r\nBcc: b@x.example"}, "is not one visible line"),
        ({"subject": " "}, "is not one visible line"),
        ({"subject": "a\u202eb"}, "is not one visible line"),
        ({"subject": "a\ud800"}, "is not one visible line"),
        ({"message_id": "<a@b.example>\r\nX: y"}, "expected <32 hexadecimal digits@host.example>"),
        ({"language": "en\r\nX: y"}, "expected one such as nl"),
        ({"dated": datetime(2015, 9, 2)}, "has no time zone"),  # noqa: DTZ001 - that is the fault
        ({"recipient_address": "a@x.example\r\nBcc: b@x.example"}, "e-mail address"),
    ],
)
def test_a_head_that_could_hide_something_is_refused(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        message_bytes(replace(HEAD, **wrong), "", "")  # type: ignore[arg-type]


def test_a_carriage_return_in_a_part_is_refused() -> None:
    with pytest.raises(Refusal, match="a part holds a carriage return"):
        message_bytes(HEAD, "", "a\rb")


def test_the_date_keeps_its_offset() -> None:
    dated = datetime(2015, 9, 2, 11, 30, tzinfo=timezone(timedelta(hours=2)))

    assert b"Date: Wed, 02 Sep 2015 11:30:00 +0200\r\n" in message_bytes(replace(HEAD, dated=dated), "", "")


@pytest.mark.parametrize("part", ["installation_id", "month", "partner_id", "kind", "recipient"])
def test_another_letter_has_another_message_id(part: str) -> None:
    assert message_id(**LETTER) == HEAD.message_id  # type: ignore[arg-type]
    assert message_id(**LETTER | {part: "other"}) != HEAD.message_id  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["revision", "resend_no"])
def test_a_new_revision_and_a_letter_sent_again_by_a_person_are_other_messages(number: str) -> None:
    assert message_id(**LETTER | {number: 7}) != HEAD.message_id  # type: ignore[arg-type]


def test_a_bounce_finds_its_letter_and_a_foreign_address_finds_none() -> None:
    path, letter = return_path(HEAD.message_id, "bounces@host.example"), letter_hex(HEAD.message_id)

    assert path == f"bounces+{letter}@host.example"
    for written in (path, f'"Bounces" <{path.upper()}>', f"<SRS0=a1=b2=host.example=bounces+{letter}@relay.example>"):
        assert letters_in_return_paths(written) == [letter]
    for stranger in ("bounces@host.example", path.replace("+", "-"), path.replace("@", "0@"), path.replace("@", " ")):
        assert letters_in_return_paths(stranger) == []


FROM_LINES = {
    "at the begin": "From now on",
    "on a later line": "Dear Anna,\nFrom now on\nFrom then",
    "on a line that gets too long": "From " + "a" * 71,
    "where a long line is broken": "x" * 75 + "From now on",
    "again where a quoted line is broken": "From " * 60,
}


@pytest.mark.parametrize("text", FROM_LINES.values(), ids=FROM_LINES)
def test_no_line_begins_as_a_message_of_a_mailbox_file_does(text: str) -> None:
    message = message_bytes(HEAD, text, f"<p>{text}</p>\n{text}")

    assert b"\r\nFrom " not in message.partition(b"\r\n\r\n")[2]
    assert max(map(len, message.split(b"\r\n"))) <= 76
    assert [content for _, content in parts(read(message))] == [text, f"<p>{text}</p>\n{text}"]


def test_a_foreign_message_id_has_no_return_path() -> None:
    with pytest.raises(Refusal, match="expected 32 hexadecimal digits"):
        return_path("<a+b@host.example>", "bounces@host.example")
