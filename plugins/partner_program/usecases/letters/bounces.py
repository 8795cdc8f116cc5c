"""Bounces: a letter that came back after a mail server had taken it becomes refused; other notifications are listed."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letter_actions as letter_action_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.mail.bounces import Notification, read_notifications
from partner_program.adapters.mail_address import parse_address
from partner_program.domain.acts import LETTERS_BOUNCED, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.bounces import FAILED, RecipientStatus, status_that_counts
from partner_program.domain.delivery import Delivery
from partner_program.usecases.installation import Installation

HAS_LEFT = ("accepted", "ambiguous")


@dataclass(frozen=True, slots=True)
class BounceReport:
    """How many rows became `refused`, and the notifications that changed none, with the reason."""

    refused: int
    left: tuple[tuple[Notification, str], ...]


def import_bounces(installation: Installation, path: Path, by: Doer) -> BounceReport:
    """Read notifications and mark the letters that failed permanently; reading the same ones again changes nothing."""
    found = list(read_notifications(path))
    refused: list[str] = []
    left: list[tuple[Notification, str]] = []
    with installation.database.writing() as connection:
        rows = delivery_store.find_by_letter(connection, {letter for each in found for letter in each.letters})
        for each in found:
            letter = next((letter for letter in each.letters if letter in rows), "")
            said = _said(each, rows.get(letter))
            why = "reported twice in these files" if letter in refused else _why_left(each, rows.get(letter), said)
            if why is None and said is not None:
                delivery_store.move(
                    connection, rows[letter], "refused", reply=f"bounced: {said.status} {said.diagnostic}".strip()
                )
                refused.append(letter)
            else:
                left.append((each, why or ""))
        if refused:
            letter_action_store.record_action(connection, "bounces", by, month=None, letters=refused)
            _record(connection, refused, rows, by)
    return BounceReport(len(refused), tuple(left))


def _record(connection: Connection, refused: list[str], rows: dict[str, Delivery], by: Doer) -> None:
    """Record which letters came back, an act a partner and month."""
    for month, partner_id in sorted({(rows[each].billing_month, rows[each].partner_id) for each in refused}):
        found = [each for each in refused if (rows[each].billing_month, rows[each].partner_id) == (month, partner_id)]
        about = BillingMonth.parse(month)
        record_act(connection, LETTERS_BOUNCED, month, by, {"letters": found}, month=about, partner_id=partner_id)


def _said(each: Notification, row: Delivery | None) -> RecipientStatus | None:
    return None if row is None else status_that_counts(each.said, str(parse_address(row.recipient)))


def _why_left(each: Notification, row: Delivery | None, said: RecipientStatus | None) -> str | None:
    if each.fault:
        return f"could not be read: {each.fault}"
    if not each.letters:
        return "names no letter of ours"
    if row is None:
        return "names a letter that is not in the outbox"
    if said is None or said.action != FAILED:
        return f"is not about a failure ({said.action if said and said.action else 'no delivery status'})"
    if row.status not in HAS_LEFT:
        return f"the letter is {row.status} already"
    return None
