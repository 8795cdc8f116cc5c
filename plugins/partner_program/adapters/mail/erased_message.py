"""Takes a person's name and address out of a message that was written to a file."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from partner_program.domain.erasure import Erased

_NAMING_PEOPLE = ("To", "Reply-To")


def erased_message(body: bytes, erased: Erased) -> bytes:
    """Return the message without the words, or its bytes as they are where it has none of them."""
    message = BytesParser(_class=EmailMessage, policy=policy.SMTP.clone(cte_type="7bit")).parsebytes(body)
    changed = False
    for name in _NAMING_PEOPLE:
        before = str(message.get(name, ""))
        after = erased.out_of(before)
        if after != before:
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
