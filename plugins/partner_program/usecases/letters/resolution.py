"""A person's decision about letters that cannot go on by themselves: it arrived, or send it again."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import digests as digest_store
from partner_program.adapters.database import letter_actions as letter_action_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.history import settlements_or_refusal
from partner_program.adapters.mail.courier import TO_FILE
from partner_program.domain.acts import INSTALLATION_ADOPTED, LETTER_AGAIN, LETTER_ARRIVED, LETTER_NEVER_CAME, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import NO_RECIPIENT, Delivery, DeliveryState
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.binding import rebind

Resolution = Literal["accepted", "resend", "never_came"]
RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)
RESOLVABLE = ("ambiguous", "refused", "undeliverable")
MAY_HAVE_LEFT: tuple[DeliveryState, ...] = ("planned", "rendered", "approved", "claimed", "dot_pending", "deferred")


@dataclass(frozen=True, slots=True)
class ToResolve:
    """A partner's letters of a month that a person can resolve: each row with what can be said of it.

    `shown_hash` is that of the rows as they are now.
    """

    month: BillingMonth
    partner_id: str
    rows: tuple[tuple[Delivery, tuple[Resolution, ...]], ...]
    shown_hash: str


def letters_to_resolve(
    installation: Installation, month: BillingMonth, partner_id: str, *, shown_hash: str | None = None
) -> ToResolve:
    """Return what can be resolved of a partner's letters of a month.

    Raises `NotThere` where the partner has none, `Moved` where they are not those with `shown_hash`.
    """
    with installation.database.reading() as connection:
        rows = delivery_store.deliveries(connection, month, partners=[partner_id])
        if not rows:
            settlements_or_refusal(connection, month)
            raise NotThere(f"partner {partner_id} has no letter for {month}")
    if shown_hash is not None and shown_hash != _hash_of(rows):
        raise _moved(month)
    choices = [(row, what_can_be_said(row)) for row in rows]
    return ToResolve(month, partner_id, tuple((row, can) for row, can in choices if can), _hash_of(rows))


def resolve_letters(
    installation: Installation,
    month: BillingMonth,
    resolution: Resolution,
    by: Doer,
    *,
    partners: Sequence[str] | None = None,
    recipients: Sequence[str] | None = None,
    written_to_files: bool = False,
    shown_hash: str | None = None,
) -> int:
    """Record a person's decision about a month's letters; return how many rows.

    It is about all of them, or those of `partners`, and of these the ones to the addresses in `recipients`, as
    they are written there.
    `accepted` is for ambiguous letters that arrived. `resend` asks for a new approval, under a new Message-ID: of
    ambiguous, refused and undeliverable letters, or, with `written_to_files`, of those that only went to files.
    `never_came` makes letters refused that a mail server took and that did not arrive, in the words of a person.
    `shown_hash` is that of the rows that the person looked at: raises `Moved` if one is another now. Where this person
    has said just this already, nothing is written: twice is once.
    """
    with installation.database.writing() as connection:
        there = delivery_store.deliveries(connection, month, partners=partners)
        if shown_hash is not None and shown_hash != _hash_of(there):
            own = [row for row in there if recipients is None or row.recipient in recipients]
            said = [row for row in own if row.reply == _said(resolution, by)]
            if said and len({row.recipient for row in said}) == len({row.recipient for row in own}):
                return len(said)
            raise _moved(month)
        rows = [
            row
            for row in there
            if _applies_to(row, resolution, written_to_files=written_to_files)
            and (recipients is None or row.recipient in recipients)
        ]
        if not rows:
            settlements_or_refusal(connection, month)
            raise Refusal(f"no letter of {month} can be resolved so: see `partner-program letters list {month}`")
        if recipients is not None and not set(recipients) <= {row.recipient for row in rows}:
            raise Refusal(f"not each of these letters of {month} can be resolved so, and none was")
        if resolution == "never_came":
            for row in rows:
                delivery_store.move(connection, row, "refused", reply=_said(resolution, by))
            _record(connection, LETTER_NEVER_CAME, rows, by, month)
            return len(rows)
        _record(connection, LETTER_ARRIVED if resolution == "accepted" else LETTER_AGAIN, rows, by, month)
        action_id = letter_action_store.record_action(
            connection, resolution, by, month=month, deliveries=[list(row.key[1:]) for row in rows]
        )
        if resolution == "resend":
            letter_action_store.record_resends(connection, action_id, rows)
        for row in rows:
            _resolve(connection, row, resolution, by)
    return len(rows)


def _said(resolution: Resolution, by: Doer) -> str:
    """What stands beside a letter that a person has resolved."""
    words = {
        "accepted": "says that it arrived",
        "resend": "asks to send it again",
        "never_came": "says that it never came",
    }
    return f"{by.done_by} {words[resolution]}: {by.reason}"


def what_can_be_said(row: Delivery) -> tuple[Resolution, ...]:
    """How a person can resolve a row as it is now."""
    return tuple(each for each in RESOLUTIONS if _applies_to(row, each, written_to_files=False))


def _moved(month: BillingMonth) -> Moved:
    return Moved(f"these letters of {month} have changed since they were looked at: look at them again")


def _hash_of(rows: Sequence[Delivery]) -> str:
    facts = [[*row.key, row.status, row.resend_number, row.message_id, row.reply] for row in rows]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def _record(connection: Connection, kind: str, rows: Sequence[Delivery], by: Doer, month: BillingMonth) -> None:
    """Record what a person decided about letters, an act a partner; a letter is named by its Message-ID."""
    for partner_id in sorted({row.partner_id for row in rows}):
        found = [(row.revision, row.message_id) for row in rows if row.partner_id == partner_id]
        detail = {"letters": [{"revision": revision, "message_id": named} for revision, named in found]}
        record_act(connection, kind, str(month), by, detail, month=month, partner_id=partner_id)


def _applies_to(row: Delivery, resolution: Resolution, *, written_to_files: bool) -> bool:
    if written_to_files:
        return resolution == "resend" and row.status == "accepted" and (row.reply or "").startswith(TO_FILE)
    if resolution == "accepted":
        return row.status == "ambiguous"
    if resolution == "never_came":
        return row.status == "accepted" and not (row.reply or "").startswith(TO_FILE)
    return row.status in RESOLVABLE and row.recipient != NO_RECIPIENT and not row.is_replaced


def _resolve(connection: Connection, row: Delivery, resolution: Resolution, by: Doer) -> None:
    if resolution == "accepted":
        delivery_store.move(connection, row, "accepted", reply=_said(resolution, by))
    else:
        delivery_store.move(
            connection,
            row,
            "rendered",
            resend_number=row.resend_number + 1,
            approval_id=None,
            message_id=None,
            not_before=None,
            attempts=0,
            reply=_said(resolution, by),
        )


def adopt_installation(installation: Installation, by: Doer) -> int:
    """Let a copied or restored database send from here; return how many letters a person has to look at.

    Letters that were not finished may have been sent since the backup was made: they become ambiguous. A person looks
    for their Message-IDs in the mail server's log, and resolves them. So do digests, which are not counted here.
    """
    reason = f"the database was copied or put back from a backup: {by.reason}"
    with installation.database.writing() as connection:
        epoch = rebind(connection, installation)
        count = delivery_store.make_ambiguous(connection, MAY_HAVE_LEFT, reason)
        digests = digest_store.make_ambiguous(connection, reason)
        detail = {**asdict(installation.place), "epoch": epoch.count, "ambiguous": count, "ambiguous_digests": digests}
        record_act(connection, INSTALLATION_ADOPTED, epoch.installation_id, by, detail)
    return count


def ambiguous_letters(installation: Installation) -> dict[str, int]:
    """How many letters of each month are ambiguous, oldest month first; months without one are left out."""
    with installation.database.reading() as connection:
        return delivery_store.count_by_month(connection, "ambiguous")


def resolver(done_by: str, reason: str, clock: Callable[[], float]) -> Doer:
    """The person who decides, with the reason and the time from `clock`."""
    return Doer(done_by, reason, int(clock()))
