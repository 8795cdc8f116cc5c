"""Bounces: a letter that came back after a mail server had taken it becomes refused; other notifications are listed."""

from dataclasses import dataclass
from pathlib import Path

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letter_actions as letter_action_store
from partner_program.adapters.mail.bounces import Notification, read_notifications
from partner_program.adapters.mail.sending_settings import sending_settings
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import letter_templates
from partner_program.usecases.letters.resolution import Resolver


@dataclass(frozen=True, slots=True)
class BounceReport:
    """How many rows became `refused`, and the notifications that changed none, with the reason."""

    refused: int
    left: tuple[tuple[Notification, str], ...]


def import_bounces(installation: Installation, path: Path, by: Resolver) -> BounceReport:
    """Read notifications and mark the letters that failed permanently; reading the same ones again changes nothing."""
    brand = letter_templates(installation).brand
    mailbox = sending_settings(installation.connections).bounces_to(brand.sender_address)
    found = list(read_notifications(path, mailbox))
    refused: list[str] = []
    left: list[tuple[Notification, str]] = []
    with installation.database.writing() as connection:
        rows = delivery_store.find_by_letter(connection, {each.letter for each in found if each.letter})
        for each in found:
            row = rows.get(each.letter or "")
            why = _why_left(each, row.status if row else None)
            if why is None and row is not None and each.letter is not None:
                said = f"bounced: {each.status} {each.diagnostic}".strip()
                delivery_store.move(connection, row, "refused", reply=said)
                refused.append(each.letter)
                del rows[each.letter]
            else:
                left.append((each, why or "reported twice in these files"))
        if refused:
            letter_action_store.record_action(
                connection,
                "bounces",
                month=None,
                done_by=by.done_by,
                reason=by.reason,
                done_at=by.done_at,
                letters=refused,
            )
    return BounceReport(len(refused), tuple(left))


def _why_left(each: Notification, status: str | None) -> str | None:
    if each.letter is None:
        return "names no letter of ours"
    if status is None:
        return "names a letter that is not in the outbox"
    if each.action != "failed":
        return f"is not about a failure ({each.action or 'no delivery status'})"
    if status != "accepted":
        return f"the letter is {status} already"
    return None
