"""Makes a letter into an e-mail (rule 12): the same head and two parts always give the same bytes.

`multipart/alternative`, plain text first, both parts quoted-printable; with a file, inside `multipart/mixed` and
followed by the file. Every line ends in CRLF and has at most 78 octets, except for an address that is longer itself.
The standard library's `email` is not used because it takes longer than the rendering; the tests read every message
back with its parser. Names are values: a name that looks like a list of addresses, a header or an encoded word stays a
name.
"""

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple

from partner_program.adapters.mail_address import parse_address
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.refusals import Refusal, Undeliverable

LARGEST_MESSAGE = 100_000  # octets without an attached file; mail readers cut off what is longer
LARGEST_PARTS = 95_000  # of these, for text and HTML: known before there is a recipient, whose headers take the rest
LARGEST_FILE = 5_000_000  # octets, as it is sent; many mail servers take 10 MB in all
_WORST_QUOTED = 3.15  # octets that quoted-printable makes of one, with its line breaks
LONGEST_LINE = 76
WORD_OCTETS = 39  # of UTF-8 in one encoded word: with the longest header name before it, the line stays within 76
_PLAIN = re.compile(r"[ -~]+")
_MESSAGE_ID = re.compile(r"<[0-9a-f]{32}@[0-9a-z.-]+>")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*")
_FROM_LINE = re.compile(rb"^From( [^\r\n]*)", re.MULTILINE)
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class MessageHead:
    """The headers of a letter: who writes to whom, about what, when; `dated` has a time zone."""

    sender_name: str
    sender_address: str
    reply_to_name: str
    reply_to_address: str
    recipient_name: str
    recipient_address: str
    subject: str
    message_id: str
    dated: datetime
    language: str


class AttachedFile(NamedTuple):
    """A file of comma-separated values that goes with a letter; the name is plain ASCII."""

    name: str
    content: bytes


def too_large(text: str, html: str, attached: AttachedFile | None = None) -> str | None:
    """Return why no message can be made of these parts, in words, or None; asked before anybody approves a letter."""
    most = (len(text.encode()) + len(html.encode())) * _WORST_QUOTED
    octets = len(_part("", "plain", text) + _part("", "html", html)) if most > LARGEST_PARTS else 0
    if octets > LARGEST_PARTS:
        return f"text and HTML together take {octets:,} octets in a message, more than {LARGEST_PARTS:,}"
    octets = len(_attachment("", attached)) if attached else 0
    if octets > LARGEST_FILE:
        return f"the attached list of accounts takes {octets:,} octets in a message, more than {LARGEST_FILE:,}"
    return None


def message_bytes(head: MessageHead, text: str, html: str, attached: AttachedFile | None = None) -> bytes:
    """Return the bytes of the message, ready to send.

    Raises `Undeliverable` if an address cannot be written to or the message is too large, `Refusal` if the head or a
    part holds something that none of our letters may have.
    """
    _check(head, text, html)
    boundary = f"=_{head.message_id.partition('@')[0][1:]}"  # "=_" cannot occur in quoted-printable
    outer = f"{boundary}.all"
    above = (
        f"From: {mailbox(head.sender_name, head.sender_address)}\r\n"
        f"To: {mailbox(head.recipient_name, head.recipient_address)}\r\n"
        f"Reply-To: {mailbox(head.reply_to_name, head.reply_to_address)}\r\n"
        f"Subject: {unstructured(head.subject)}\r\n"
        f"Date: {format_datetime(head.dated)}\r\n"
        f"Message-ID: {head.message_id}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "X-Auto-Response-Suppress: All\r\n"
        f"Content-Language: {head.language}\r\n"
        "MIME-Version: 1.0\r\n"
    )
    if attached is not None:
        above += f'Content-Type: multipart/mixed;\r\n boundary="{outer}"\r\n\r\n--{outer}\r\n'
    above += f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
    message = b"".join(
        (above.encode(), _part(boundary, "plain", text), _part(boundary, "html", html), f"--{boundary}--\r\n".encode())
    )
    if len(message) > LARGEST_MESSAGE:
        raise Undeliverable(
            f"letter {head.message_id}: the message is {len(message)} octets long, more than {LARGEST_MESSAGE}"
        )
    if attached is None:
        return message
    below = _attachment(outer, attached)
    if len(below) > LARGEST_FILE:
        raise Undeliverable(f"letter {head.message_id}: {attached.name} is {len(below)} octets long")
    return message + below


def _check(head: MessageHead, text: str, html: str) -> None:
    if not head.subject.strip() or _UNSEEN.search(head.subject):
        raise Refusal(f"letter {head.message_id!a}: subject {head.subject!a} is not one visible line")
    if not _MESSAGE_ID.fullmatch(head.message_id):
        raise Refusal(f"Message-ID {head.message_id!a}: expected <32 hexadecimal digits@host.example>")
    if not _LANGUAGE.fullmatch(head.language):
        raise Refusal(f"letter {head.message_id}: language {head.language!a}, expected one such as nl or en-GB")
    if head.dated.tzinfo is None:
        raise Refusal(f"letter {head.message_id}: the date {head.dated} has no time zone")
    if "\r" in text or "\r" in html:
        raise Refusal(f"letter {head.message_id}: a part holds a carriage return, expected line feeds only")


def _part(boundary: str, subtype: str, content: str) -> bytes:
    above = (
        f"--{boundary}\r\n"
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
    )
    # The last line end belongs to the boundary. b2a_qp breaks long lines with the line end that it finds first.
    encoded = b2a_qp(f"{content}\n".replace("\n", "\r\n").encode())
    return above.encode() + _FROM_LINE.sub(_quoted_from, encoded)


def _quoted_from(line: re.Match[bytes]) -> bytes:
    """Return a line that begins with `From ` so that no mailbox file takes it for the begin of another message."""
    rest = line[1]
    return b"=46rom" + (rest if len(rest) + len("=46rom") <= LONGEST_LINE else b"=\r\n" + rest)


def _attachment(boundary: str, attached: AttachedFile) -> bytes:
    """Return the file in base64, which keeps its line ends as they are, and the end of the message."""
    above = (
        f"--{boundary}\r\n"
        f'Content-Type: text/csv; charset=utf-8; name="{attached.name}"\r\n'
        f'Content-Disposition: attachment; filename="{attached.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        "\r\n"
    )
    return above.encode() + encodebytes(attached.content).replace(b"\n", b"\r\n") + f"--{boundary}--\r\n".encode()


@lru_cache(maxsize=1024)
def mailbox(name: str, address: str) -> str:
    """Return a name and its address as a header value; the name is cleaned as it is in the letter."""
    shown = plain_name(name)
    spec = f"<{parse_address(address)}>"
    if not shown:
        return spec
    quoted = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    words = quoted if _is_plain(shown) and len(quoted) < LONGEST_LINE - len("Reply-To: ") else _encoded(shown)
    room = LONGEST_LINE - len("Reply-To: ") - len(words)
    return f"{words} {spec}" if len(spec) < room and "\r\n" not in words else f"{words}\r\n {spec}"


@lru_cache(maxsize=1024)
def unstructured(value: str) -> str:
    """Return a subject as a header value: unchanged if it is plain and short, otherwise in encoded words."""
    return value if _is_plain(value) and len(value) < LONGEST_LINE - len("Subject: ") else _encoded(value)


def _is_plain(value: str) -> bool:
    """Return whether a value is printable ASCII that a mail reader neither decodes nor trims."""
    return bool(_PLAIN.fullmatch(value)) and "=?" not in value and value == value.strip(" ")


def _encoded(value: str) -> str:
    """Return the value as folded encoded words (RFC 2047); no character is split between two of them."""
    words, word = [], b""
    for character in value:
        octets = character.encode()
        if len(word) + len(octets) > WORD_OCTETS:
            words.append(word)
            word = b""
        word += octets
    words.append(word)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)
