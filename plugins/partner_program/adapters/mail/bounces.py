"""Reads notifications about letters that came back, in any form; none keeps the others from being read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from partner_program.adapters.mail.delivery_status import statuses
from partner_program.adapters.mail.mail_files import read_bodies
from partner_program.adapters.mail.mime_parts import Mail, TooManyParts, read_mail
from partner_program.domain.bounces import RecipientStatus
from partner_program.domain.letter_ids import letters_in_message_ids, letters_in_return_paths

_ADDRESSED = ("To", "Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "X-Envelope-To", "Cc")


@dataclass(frozen=True, slots=True)
class Notification:
    """What came back about one letter, or what else was found at this place.

    `letters` are the hexadecimal digits of the letters it may be about, the surest first. `said` is what it says of
    each recipient, empty if it is not a notification. `fault` says why it could not be read.
    """

    place: str
    letters: tuple[str, ...] = ()
    said: tuple[RecipientStatus, ...] = ()
    fault: str = ""


def read_notifications(path: Path) -> Iterator[Notification]:
    """Yield what each message says, below a folder in order of name, or in one file; an mbox file has several.

    Raises `Refusal` if there is no such file or folder.
    """
    for place, body in read_bodies(path):
        if isinstance(body, str):
            yield Notification(place, fault=body)
        else:
            yield from _read(place, body)


def _read(place: str, body: bytes) -> list[Notification]:
    try:
        whole = read_mail(body)
        found = [(mail, said) for mail in whole.every_mail() if (said := statuses(mail))]
        return [Notification(place, _letters(mail, whole), said) for mail, said in found or [(whole, ())]]
    except TooManyParts as fault:
        return [Notification(place, fault=str(fault))]
    except Exception as fault:  # noqa: BLE001 - a stranger's bytes in the standard library's parser: the others are read
        return [Notification(place, fault=f"failed for an unknown cause: {type(fault).__name__}")]


def _letters(mail: Mail, whole: Mail) -> tuple[str, ...]:
    """Return the letters that a notification names.

    Each letter has a return path of its own; where a relay put its own in its place, the returned copy has the
    Message-ID. `whole` is the message in which somebody forwarded the notification, or the notification itself.
    """
    returned = mail.text()
    named = [
        *letters_in_return_paths(mail.values(*_ADDRESSED)),
        *letters_in_return_paths(returned),
        *letters_in_message_ids(returned),
        *letters_in_message_ids(mail.values("In-Reply-To", "References")),
        *letters_in_return_paths(whole.values(*_ADDRESSED)),
    ]
    return tuple(dict.fromkeys(named))
