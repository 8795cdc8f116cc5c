"""A rendered letter as a message to one recipient."""

from datetime import UTC, datetime

from partner_program.adapters.letters.templates import RenderedLetter
from partner_program.adapters.mail.envelope import Envelope
from partner_program.adapters.mail.message import AttachedFile, MessageHead, message_bytes
from partner_program.adapters.mail_address import parse_address
from partner_program.domain.brand import Brand
from partner_program.domain.delivery import Delivery
from partner_program.domain.letter_ids import return_path
from partner_program.domain.letters import LetterFacts

NOT_APPROVED = f"<{'0' * 32}@not-approved.example>"  # stands in until the approval gives a Message-ID


def letter_message(brand: Brand, facts: LetterFacts, rendered: RenderedLetter, row: Delivery, dated: datetime) -> bytes:
    """Return the message's bytes; raises `Undeliverable` for an address that no mail can go to."""
    head = MessageHead(
        sender_name=brand.sender_name,
        sender_address=brand.sender_address,
        reply_to_name=facts.manager_name,
        reply_to_address=facts.manager_email,
        recipient_name=row.recipient_name,
        recipient_address=row.recipient,
        subject=rendered.subject,
        message_id=row.message_id or NOT_APPROVED,
        dated=dated,
        language=rendered.language_used,
    )
    return message_bytes(head, rendered.text, rendered.html, attached_file(rendered))


def attached_file(rendered: RenderedLetter) -> AttachedFile | None:
    """Return the list of accounts as a file that goes with the message, None where the letter has none."""
    return AttachedFile(*rendered.account_list) if rendered.account_list else None


def letter_envelope(
    brand: Brand, facts: LetterFacts, rendered: RenderedLetter, row: Delivery, bounce_address: str
) -> Envelope:
    """Return an approved letter, ready to send; its date is that of the approval, so that its bytes never change."""
    address = parse_address(row.recipient)
    named = (address, parse_address(brand.sender_address), parse_address(facts.manager_email))
    dated = datetime.fromtimestamp(row.dated or 0, UTC)
    return Envelope(
        return_path=return_path(row.message_id or NOT_APPROVED, bounce_address),
        recipient=str(address),
        message=letter_message(brand, facts, rendered, row, dated),
        needs_smtputf8=any(each.needs_smtputf8 for each in named),
    )
