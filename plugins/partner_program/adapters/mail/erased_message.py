"""Takes a person's name and address out of a message that was written to a file."""

import re
from base64 import b64decode
from binascii import a2b_qp
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser

from partner_program.domain.erasure import Erased

_NAMING_PEOPLE = ("To", "Reply-To")
_ENCODED_WORD = re.compile(rb"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)


def erased_message(body: bytes, erased: Erased) -> bytes:
    """Return the message without the words, or its bytes as they are where it has none of them."""
    if not _may_name(body, erased):
        return body
    message = BytesParser(_class=EmailMessage, policy=policy.SMTP.clone(cte_type="7bit")).parsebytes(body)
    changed = False
    for name, raw in [each for each in message.raw_items() if each[0] in _NAMING_PEOPLE]:
        # the parser puts a blank between two encoded words of a name, which may be pieces of one word
        before = str(make_header(decode_header(raw)))
        if erased.out_of(before) != before:
            # the pseudonym is no address; in the form of one, it would be quoted as a name that is cut
            del message[name]
            message[name] = f'"{erased.pseudonym}" <{erased.pseudonym}@erased.invalid>'
            changed = True
    for part in message.walk():
        if part.get_content_maintype() != "text":
            continue
        before = part.get_content()
        after = erased.out_of(before)
        if after != before:
            part.set_content(after, subtype=part.get_content_subtype(), charset="utf-8", cte="quoted-printable")
            changed = True
    return message.as_bytes() if changed else body


def _may_name(body: bytes, erased: Erased) -> bool:
    """Whether the words may stand in a message of ours; parsing one takes a hundred times as long as this look."""
    words_of_head = b"".join(map(b64decode, _ENCODED_WORD.findall(body.partition(b"\r\n\r\n")[0])))
    seen = (a2b_qp(body) + words_of_head).lower()
    return b"base64" in seen or any(piece.encode() in seen for piece in erased.pieces)
