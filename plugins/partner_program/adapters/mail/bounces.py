"""Reads delivery status notifications (RFC 3464) from a folder of messages or a mailbox file (mbox)."""

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import getaddresses
from pathlib import Path

from partner_program.domain.letter_ids import bounced_letter
from partner_program.domain.refusals import Refusal

LONGEST = 300  # characters of what a mail server said
LARGEST = 10_000_000  # octets of one notification


@dataclass(frozen=True, slots=True)
class Notification:
    """What came back about one letter.

    `letter` is the hexadecimal part of its Message-ID, None if no letter of ours is named; `action` is the field of
    RFC 3464 (`failed`, `delayed`, `delivered` ...), empty if the message is not a notification. `place` says where
    the message was read.
    """

    place: str
    letter: str | None
    action: str
    status: str
    diagnostic: str


def read_notifications(path: Path, bounce_address: str) -> Iterator[Notification]:
    """Yield a notification for every file below a folder, in order of name, or for every message of an mbox file.

    A message that cannot be read comes too, with its place and an empty action. Raises `Refusal` if there is no such
    file or folder.
    """
    if path.is_dir():
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            yield _read(str(file), file.read_bytes()[:LARGEST], bounce_address)
    elif path.is_file():
        box = mailbox.mbox(str(path), create=False)
        try:
            for number, message in enumerate(box, 1):
                yield _read(f"{path} message {number}", message.as_bytes()[:LARGEST], bounce_address)
        finally:
            box.close()
    else:
        raise Refusal(f"no such file or folder: {path}")


def _read(place: str, body: bytes, bounce_address: str) -> Notification:
    message = message_from_bytes(body, policy=default)
    fields = _status_fields(message)
    return Notification(
        place=place,
        letter=_letter(message, bounce_address),
        action=_plain(fields.get("Action", "")).lower(),
        status=_plain(fields.get("Status", "")),
        diagnostic=_plain(fields.get("Diagnostic-Code", "")),
    )


def _status_fields(message: EmailMessage) -> dict[str, str]:
    """Return the fields about the recipient: the last block of the part `message/delivery-status`."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = [block for block in part.get_payload() if isinstance(block, Message)]
            return {str(key).title(): str(value) for block in blocks for key, value in block.items()}
    return {}


def _letter(message: EmailMessage, bounce_address: str) -> str | None:
    """Return the letter that the address it was sent back to names: each letter has a return path of its own."""
    sent_to = [str(value) for name in ("To", "Delivered-To", "X-Original-To") for value in message.get_all(name, [])]
    for _, address in getaddresses(sent_to):
        letter = bounced_letter(address, bounce_address)
        if letter is not None:
            return letter
    return None


def _plain(text: str) -> str:
    """Return the text as one printable line: a stranger wrote it."""
    return "".join(character if character.isprintable() else " " for character in text)[:LONGEST].strip()
