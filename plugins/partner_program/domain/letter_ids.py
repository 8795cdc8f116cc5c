"""What a letter is known by in the post (rule 12): its Message-ID, and the return path by which a bounce finds it.

Both follow from the letter alone: every attempt at the same letter bears the same ones, so a duplicate can be seen by
whoever receives it. A person who has a letter sent again raises `resend_no`, and it becomes another message.
"""

import json
import re
from uuid import NAMESPACE_URL, uuid5

from partner_program.domain.refusals import Refusal

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:partner-program:letter")
_HEX = re.compile(r"[0-9a-f]{32}")


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


def letter_hex(message_id: str) -> str:
    """The 32 hexadecimal digits by which a Message-ID of ours, or its left half, names a letter."""
    found = message_id.removeprefix("<").partition("@")[0]
    if not _HEX.fullmatch(found):
        raise Refusal(f"Message-ID {message_id!a}: expected 32 hexadecimal digits before the @")
    return found


def return_path(message_id: str, bounce_mailbox: str) -> str:
    """The envelope's sender: the mailbox for bounces with the letter in it, as in bounces+<hex>@host.example."""
    mailbox, _, domain = bounce_mailbox.rpartition("@")
    return f"{mailbox}+{letter_hex(message_id)}@{domain}"


def bounced_letter(address: str, bounce_mailbox: str) -> str | None:
    """The hexadecimal digits of the letter that a return path names; None where it is none of ours."""
    mailbox, _, domain = bounce_mailbox.lower().rpartition("@")
    pattern = rf"<?{re.escape(mailbox)}\+([0-9a-f]{{32}})@{re.escape(domain)}>?"
    found = re.fullmatch(pattern, address.strip().lower())
    return found[1] if found else None
