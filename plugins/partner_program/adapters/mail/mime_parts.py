"""Takes a message apart into leaves, each decoded by itself; odd bytes give odd text, never an error.

The standard library reads a part of the type `message/...` before it decodes its base64, and one within another by
recursion, which deep nesting brings to its end. Here a message enclosed in the message is taken apart in a loop; any
other such part (a delivery status) is a leaf like a text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser

DEEPEST = 20  # parts within parts; a part that lies deeper is a leaf, whatever its type
MOST_PARTS = 1_000
_ENCLOSED = ("message/rfc822", "message/global")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: its headers, its leaves as (content type, text), and the messages enclosed in it."""

    headers: Message
    leaves: list[tuple[str, str]] = field(default_factory=list)
    enclosed: list["Mail"] = field(default_factory=list)

    def values(self, *names: str) -> str:
        """Return the values of these headers, one below the other."""
        return "\n".join(str(value) for name in names for value in self.headers.get_all(name, []))

    def every_mail(self) -> Iterator["Mail"]:
        """Yield this message and all those enclosed in it."""
        todo = [self]
        while todo:
            mail = todo.pop()
            yield mail
            todo += reversed(mail.enclosed)

    def text(self) -> str:
        """Return all leaves' text, and the headers of enclosed messages."""
        mails = list(self.every_mail())
        heads = [f"{name}: {value}" for mail in mails[1:] for name, value in mail.headers.items()]
        return "\n".join([*heads, *(text for mail in mails for _, text in mail.leaves)])


class TooManyParts(Exception):
    """A message has more parts than any notification."""


def read_mail(body: bytes) -> Mail:
    """Take a message apart; raises `TooManyParts`."""
    whole = Mail(_headed(body))
    todo = [(whole, whole.headers, 0)]
    parts = 0
    while todo:
        mail, part, depth = todo.pop()
        parts += 1
        if parts > MOST_PARTS:
            raise TooManyParts(f"it has more than {MOST_PARTS} parts")
        content, boundary = _decoded(part), part.get_boundary()
        if part.get_content_maintype() == "multipart" and boundary and depth < DEEPEST:
            pieces = _pieces(content, boundary)
            todo += [(mail, _headed(piece), depth + 1) for piece in reversed(pieces)]
        elif part.get_content_type() in _ENCLOSED and depth < DEEPEST:
            inner = Mail(_headed(content))
            mail.enclosed.append(inner)
            todo.append((inner, inner.headers, depth + 1))
        else:
            mail.leaves.append((part.get_content_type(), content.decode("utf-8", "replace")))
    return whole


def _headed(content: bytes) -> Message:
    """Return headers, with all that follows them as one text."""
    return BytesHeaderParser().parsebytes(_line_feeds(content))


def _decoded(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return _line_feeds(content) if isinstance(content, bytes) else b""


def _pieces(content: bytes, boundary: str) -> list[bytes]:
    line = re.escape(f"--{boundary}".encode("utf-8", "surrogateescape"))
    pieces = re.split(rb"^" + line + rb"(?:--)?[ \t]*$\n?", content, maxsplit=MOST_PARTS, flags=re.MULTILINE)
    return pieces[1:]  # before the first boundary stands nothing that is meant for readers


def _line_feeds(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
