"""Reads what a notification says of its recipients, in the forms in which mail servers write it.

`message/delivery-status` and its global form (RFC 3464, RFC 6533), qmail's text, and the header `X-Failed-Recipients`.
"""

import re
from collections.abc import Iterator, Mapping

from partner_program.adapters.mail.mime_parts import MOST_PARTS, Mail
from partner_program.domain.bounces import FAILED, RecipientStatus

LONGEST = 300  # characters of what a mail server said
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_FOLDED = re.compile(r"\n[ \t]+(?=\S)")
_COMMENT = re.compile(r"\([^()]*\)")
_ONCE = ("final-recipient", "action")  # of each recipient's block: a second one begins another block
_CODE = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
_QMAIL = re.compile(r"\s*Hi\. This is ")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def statuses(mail: Mail) -> tuple[RecipientStatus, ...]:
    """Return what a message says of each recipient; none where it is no notification."""
    forms = (_of_reports, _of_qmail, _of_failed_recipients)
    return next((found for form in forms if (found := tuple(form(mail)))), ())


def _of_reports(mail: Mail) -> Iterator[RecipientStatus]:
    for content_type, text in mail.leaves:
        if content_type in _REPORTS:
            yield from (_of_block(block) for block in _blocks(text) if block.keys() & {*_ONCE})


def _blocks(text: str) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    for line in _FOLDED.sub(" ", text).split("\n"):
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not line.strip() or (name in _ONCE and name in block):
            yield block
            block = {}
        if colon:
            block.setdefault(name, value.strip()[:1_000])
    yield block


def _of_block(block: Mapping[str, str]) -> RecipientStatus:
    status = _word(block.get("status", ""))
    action = _word(block.get("action", "")).lower() or (FAILED if status.startswith("5") else "")
    recipients = {_address(block.get(name, "")) for name in ("final-recipient", "original-recipient")} - {""}
    return RecipientStatus(frozenset(recipients), action, status, _plain(block.get("diagnostic-code", "")))


def _word(value: str) -> str:
    """Return the value without comments in parentheses, and without what follows its first word."""
    return _plain(_COMMENT.sub(" ", value)).partition(" ")[0]


def _address(value: str) -> str:
    return _COMMENT.sub(" ", value).rpartition(";")[2].strip().strip("<>").lower()


def _of_qmail(mail: Mail) -> Iterator[RecipientStatus]:
    """Read "Hi. This is the qmail-send program ...": a paragraph for each recipient, up to the copy of the message."""
    for _, text in mail.leaves:
        if not _QMAIL.match(text):
            continue
        for paragraph in _PARAGRAPHS.split(text):
            if paragraph.startswith("-"):
                break
            first, _, rest = paragraph.partition("\n")
            if first.startswith("<") and first.rstrip().endswith(">:"):
                yield _failed(first.strip().strip("<>:"), rest)


def _of_failed_recipients(mail: Mail) -> Iterator[RecipientStatus]:
    """Read a header that Exim and others write; what the server said stands in the text, below the address."""
    text = "\n".join(text for content_type, text in mail.leaves if content_type == "text/plain")
    for address in re.split(r"[,\s]+", mail.values("X-Failed-Recipients"))[:MOST_PARTS]:
        if "@" in address:
            yield _failed(address, _PARAGRAPHS.split(text.partition(address)[2].lstrip(), maxsplit=1)[0])


def _failed(address: str, said: str) -> RecipientStatus:
    code = _CODE.search(said)
    return RecipientStatus(frozenset({address.lower()}), FAILED, code[0] if code else "", _plain(said))


def _plain(text: str) -> str:
    """Return the text as one printable line: a stranger wrote it."""
    shown = "".join(character if character.isprintable() else " " for character in text[: 4 * LONGEST])
    return " ".join(shown.split())[:LONGEST]
