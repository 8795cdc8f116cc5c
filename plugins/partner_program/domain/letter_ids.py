"""A letter's Message-ID, and the return path that tells which letter a bounce is about (rule 12).

Both are computed from the letter alone: every attempt at the same letter has the same ones, so its reader can tell a
duplicate. A letter that a person has sent again gets a higher `resend_no`, and so is another message.
"""

import json
import re
from datetime import date
from uuid import NAMESPACE_URL, uuid5

from partner_program.domain.refusals import Refusal

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:partner-program:letter")
_HEX = re.compile(r"[0-9a-f]{32}")
_TAG = re.compile(r"\+([0-9a-f]{32})@")
_ID = re.compile(r"<([0-9a-f]{32})@")


def message_id(
    *,
    installation_id: str,
    month: str,
    partner_id: str,
    kind: str,
    revision: int,
    recipient: str,
    resend_no: int,
    domain: str,
) -> str:
    """The Message-ID of one letter to one recipient, in angle brackets; `domain` is the sender's, in ASCII."""
    letter = json.dumps([installation_id, month, partner_id, kind, revision, recipient, resend_no])
    return f"<{uuid5(_NAMESPACE, letter).hex}@{domain}>"


def digest_message_id(*, installation_id: str, week: date, account_manager_id: str, resend_no: int, domain: str) -> str:
    """The Message-ID of a partner manager's digest of one week."""
    digest = json.dumps([installation_id, "digest", week.isoformat(), account_manager_id, resend_no])
    return f"<{uuid5(_NAMESPACE, digest).hex}@{domain}>"


def letter_hex(message_id: str) -> str:
    """The 32 hexadecimal digits of the letter in one of our Message-IDs, or in its part before the @."""
    found = message_id.removeprefix("<").partition("@")[0]
    if not _HEX.fullmatch(found):
        raise Refusal(f"Message-ID {message_id!a}: expected 32 hexadecimal digits before the @")
    return found


def return_path(message_id: str, bounce_mailbox: str) -> str:
    """The envelope's sender: the mailbox for bounces with the letter's digits, as in bounces+<hex>@host.example."""
    mailbox, _, domain = bounce_mailbox.rpartition("@")
    return f"{mailbox}+{letter_hex(message_id)}@{domain}"


def letters_in_return_paths(text: str) -> list[str]:
    """The hexadecimal digits of each letter whose return path stands in a text, in order.

    Relays put words of their own around a return path (SRS, BATV), and the mailbox for bounces may be another one by
    now: only the digits count, and the outbox knows whether there is such a letter.
    """
    return _TAG.findall(text.lower())


def letters_in_message_ids(text: str) -> list[str]:
    """The hexadecimal digits of each letter whose Message-ID stands in a text, in order."""
    return _ID.findall(text.lower())
