"""Reads what a mail server answers, and shows it only escaped, cut and without secrets."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_LONGEST_SHOWN = 400
ONE_LINE_REPLY = re.compile(rb"([2-5][0-9][0-9])(?: ([^\r\n]*))?\r?\n")
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*?))?\r*\n", re.DOTALL)
_NOT_SHOWN_AS_IT_IS = re.compile(r"[^ -~]")


class NoReply(Exception):
    """The server gave no usable answer: it hung up, was silent too long, or sent something that is not a reply."""


class HungUp(NoReply):
    """The server ended the connection."""

    def __init__(self) -> None:
        super().__init__("hung up")


class Reply(NamedTuple):
    """One reply of one or more lines; `lines` are without the code."""

    code: int
    lines: Sequence[bytes]

    @property
    def kind(self) -> int:
        """Return the first digit of the code: 2 done, 3 go on, 4 not now, 5 never."""
        return self.code // 100

    def printable(self, secrets: Sequence[bytes] = ()) -> str:
        """Return the reply for a person, without the secrets: a server's text may repeat what we sent it."""
        return f"{self.code} {printable(b' '.join(self.lines), secrets)}".rstrip()


def printable(text: bytes, secrets: Sequence[bytes] = ()) -> str:
    """Return a server's text as one line of printable ASCII, cut if it is long, without the secrets."""
    for secret in secrets:
        text = text.replace(secret, b"[not shown]")
    if len(text) <= _LONGEST_SHOWN and text.isascii() and (plain := text.decode()).isprintable():
        return plain
    line = _NOT_SHOWN_AS_IT_IS.sub(lambda sign: f"\\x{ord(sign[0]):02x}", text[:_LONGEST_SHOWN].decode("latin-1"))
    return line if len(line) <= _LONGEST_SHOWN and len(text) <= _LONGEST_SHOWN else line[:_LONGEST_SHOWN] + " [cut]"


def reply_line(line: bytes) -> tuple[int, bytes, bool]:
    """Return a line's code, its text, and whether the reply ends with it."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise NoReply("answered something that is no SMTP reply")
    code, more, text = match.groups()
    return int(code), text or b"", more != b"-"
