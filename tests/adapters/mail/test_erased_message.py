"""A person leaves a message wherever our messages can name one; a message that does not stays as it is."""

from binascii import a2b_qp
from datetime import UTC, datetime

import pytest

from partner_program.adapters.mail.erased_message import erased_message
from partner_program.adapters.mail.message import MessageHead, message_bytes
from partner_program.domain.erasure import Erased

NAME = "Åsa Öz Ümlautson-Łukasiewicz of the Department of Names that Take Two Lines"
LONG_LINE = f"{'x' * 70} {NAME} {'y' * 70}"


def message(*, to: str = "Sam", reply_to: str = "Kim", text: str = "Dear Sam,", html: str = "<p>Dear Sam,") -> bytes:
    head = MessageHead(
        sender_name="Host",
        sender_address="letters@host.example",
        reply_to_name=reply_to,
        reply_to_address="kim@host.example",
        recipient_name=to,
        recipient_address="sam@p2.example",
        subject="Your tier",
        message_id=f"<{'0' * 32}@host.example>",
        dated=datetime(2015, 8, 1, tzinfo=UTC),
        language="en",
    )
    return message_bytes(head, text, html)


@pytest.mark.parametrize("name", [NAME, "李明", "Ян", "Robin Staf"])
@pytest.mark.parametrize("place", ["to", "reply_to", "text", "html"])
def test_a_name_leaves_every_place_of_a_message(name: str, place: str) -> None:
    written = message(**{place: LONG_LINE.replace(NAME, name) if place in ("text", "html") else name})
    left = erased_message(written, Erased((), (name,), "erased-1"))
    assert left != written
    assert b"erased-1" in a2b_qp(left)
    assert erased_message(left, Erased((), (name,), "erased-2")) == left


def test_a_message_that_names_somebody_else_keeps_its_bytes() -> None:
    written = message(to="Zoë", text="Dear Zoë, and Robinson Staff")
    assert erased_message(written, Erased(("robin@p2.example",), ("Robin Staf",), "erased-1")) is written
