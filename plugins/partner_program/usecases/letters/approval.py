"""A person's approval of a month's letters, bound to the hash of all of them as they are now."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letter_actions as letter_action_store
from partner_program.adapters.database.acts import load_acts, record_act
from partner_program.adapters.database.history import settlements_or_refusal
from partner_program.adapters.mail.sending_settings import sending_settings
from partner_program.adapters.mail_address import parse_address
from partner_program.domain.acts import (
    LETTERS_APPROVED,
    LETTERS_APPROVED_BY_NOBODY,
    LETTERS_REJECTED,
    MONTH_RUN,
    Doer,
    same_person,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery
from partner_program.domain.email_address import domain_of
from partner_program.domain.letter_ids import message_id
from partner_program.domain.plurals import plural
from partner_program.domain.recipients import MAY_HAVE_IT, OTHER_WORDS, says_something_else, words_that_left
from partner_program.domain.refusals import Moved, NotApproved, Refusal, Undeliverable
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.binding import bind
from partner_program.usecases.letters.rendering import letter_templates

# Approved and not handed over; one that a sender has in its hands goes back before it is tried again.
STOPPABLE = ("approved", "deferred", "claimed")


@dataclass(frozen=True, slots=True)
class LetterBatch:
    """A month's letters that wait for approval: how many rows and partners, and the hash of all of them."""

    month: BillingMonth
    batch_hash: str
    deliveries: int
    partners: int


def waiting_batch(installation: Installation, month: BillingMonth) -> LetterBatch:
    """Return what there is to approve; raises `NotApproved` where a letter is not rendered yet."""
    with installation.database.reading() as connection:
        return _batch(month, _waiting(connection, month))


@dataclass(frozen=True, slots=True)
class ForApproval:
    """What a person looks at before approving: the batch, and whether it goes to a mail server.

    `approval_days` is how long an approval holds. `not_by` ran the month or started the letters' run.
    """

    batch: LetterBatch
    live: bool
    approval_days: int
    not_by: tuple[str, ...]

    def needs_somebody_else(self, name: str) -> bool:
        """Whether this person may not approve these letters, but for alone where they go to files."""
        return any(same_person(each, name) for each in self.not_by)


def letters_for_approval(
    installation: Installation, month: BillingMonth, *, started_by: str | None = None, batch_hash: str | None = None
) -> ForApproval:
    """Return what there is to approve; `started_by` started the run that asks.

    Raises `NotApproved` where a letter is not rendered yet, `Refusal` where none waits, `Moved` where it is not the
    batch with `batch_hash`.
    """
    settings = sending_settings(installation.connections)
    with installation.database.reading() as connection:
        rows = _waiting(connection, month)
        batch = _batch(month, rows)
        if batch_hash is not None and batch_hash != batch.batch_hash:
            raise _moved(batch_hash, batch)
        if not rows:
            settlements_or_refusal(connection, month)
            raise Refusal(f"no letter of {month} waits for an approval")
        ran = [act.doer.done_by for act in load_acts(connection, MONTH_RUN, month=month)]
    not_by = [*ran, *([] if started_by is None else [started_by])]
    return ForApproval(batch, settings.live, settings.approval_days, tuple(dict.fromkeys(not_by)))


def approve_letters(
    installation: Installation,
    month: BillingMonth,
    *,
    approved_by: str,
    reason: str,
    clock: Callable[[], float],
    batch_hash: str | None = None,
    started_by: str | None = None,
    auto: bool = False,
    alone: bool = False,
) -> LetterBatch:
    """Approve a month's waiting letters; they may be sent from now on, for as many days as an approval holds.

    `batch_hash` is the hash of what the person looked at: the approval is refused if a letter was rendered anew since.
    Where just these letters are approved already and no other waits, nothing is written: twice is once.
    `started_by` is the person who started the letters' run, who may not approve them; nor may whoever ran the month.
    `alone` lets that person do so on record, where letters are written to files. `auto` means that no person looked;
    for live sending it is refused unless the settings allow it. A copy of an installation approves nothing: raises
    `NotThisInstallation`.
    """
    settings = sending_settings(installation.connections)
    if auto and settings.live and not settings.auto_approval:
        raise NotApproved("letters that are really sent need a person's approval (auto_approval is off)")
    if alone and settings.live:
        raise NotApproved(
            "letters that are really sent need a second person: one person alone can only write them to files"
        )
    now = int(clock())
    with installation.database.writing() as connection:
        if not alone and not auto:
            _check_second_person(connection, month, approved_by, started_by)
        rows = _waiting(connection, month)
        batch = _batch(month, rows)
        if not rows and batch_hash is not None and (before := _approved_before(connection, month, batch_hash)):
            return before
        if batch_hash is not None and batch_hash != batch.batch_hash:
            raise _moved(batch_hash, batch)
        if not rows:
            settlements_or_refusal(connection, month)
            raise Refusal(f"no letter of {month} waits for an approval")
        by = Doer(approved_by, reason, now)
        kind = LETTERS_APPROVED_BY_NOBODY if auto else LETTERS_APPROVED
        record_act(connection, kind, str(month), by, {**_facts(batch), "alone": alone}, month=month)
        approval = letter_action_store.record_action(
            connection,
            "approve_auto" if auto else "approve",
            by,
            month=month,
            batch_hash=batch.batch_hash,
            deliveries=batch.deliveries,
            partners=batch.partners,
            **({"alone": True} if alone else {}),
        )
        installation_id = bind(connection, installation)
        domain = domain_of(letter_templates(installation).brand.sender_address)
        left = words_that_left(delivery_store.deliveries(connection, month, states=MAY_HAVE_IT))
        for row in rows:
            if says_something_else(row, left):
                delivery_store.move(connection, row, "undeliverable", reply=OTHER_WORDS)
                continue
            _approve(connection, row, approval, installation_id=installation_id, domain=domain, now=now)
    return batch


def _moved(shown: str, now: LetterBatch) -> Moved:
    return Moved(
        f"the letters of {now.month} have changed since they were looked at "
        f"({shown[:12]}, now {now.batch_hash[:12]}): look at them again"
    )


def _approved_before(connection: Connection, month: BillingMonth, batch_hash: str) -> LetterBatch | None:
    """The batch that the month's newest approval is about, if it has this hash."""
    approvals = [
        each
        for each in letter_action_store.load_actions(connection, month)
        if each.action in ("approve", "approve_auto")
    ]
    if not approvals or approvals[-1].batch_hash != batch_hash:
        return None
    deliveries, partners = (int(str(approvals[-1].detail[name])) for name in ("deliveries", "partners"))
    return LetterBatch(month, batch_hash, deliveries, partners)


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a rejection stopped: rows whose approval it took back, and rows that were handed over before it."""

    withdrawn: int
    handed_over: int


def reject_letters(
    installation: Installation,
    month: BillingMonth,
    *,
    rejected_by: str,
    reason: str,
    clock: Callable[[], float],
    batch_hash: str | None = None,
) -> Rejected:
    """Record that a person looked and said no; what is not sent waits for an approval (again).

    `batch_hash` is the hash of what the person looked at. Where just these letters were approved meanwhile, the later
    word counts: the approval is taken back from each that is not handed over yet. An approval of letters that were
    rendered anew since stays. Refused where all of them are handed over: nothing is left to stop.
    """
    with installation.database.writing() as connection:
        waiting = _batch(month, delivery_store.deliveries(connection, month, states=["rendered"]))
        shown = batch_hash or waiting.batch_hash
        approvals = letter_action_store.approvals_of(connection, month, shown)
        approved = [row for row in delivery_store.deliveries(connection, month) if row.approval_id in approvals]
        gone = len([row for row in approved if row.status in MAY_HAVE_IT])
        unsent = [row for row in approved if row.status in ("approved", "deferred")]
        if gone and shown != waiting.batch_hash and not any(row.status in STOPPABLE for row in approved):
            raise Refusal(
                f"these letters of {month} were approved, and {plural(gone, 'letter')} left already: a rejection comes "
                "too late, and nothing is left to stop"
            )
        batch = waiting if shown == waiting.batch_hash else _batch_of(month, shown, approved)
        by = Doer(rejected_by, reason, int(clock()))
        stopped = {"withdrawn": len(unsent), "handed_over": gone} if approved else {}
        record_act(connection, LETTERS_REJECTED, str(month), by, {**_facts(batch), **stopped}, month=month)
        letter_action_store.record_action(
            connection, "reject", by, month=month, batch_hash=shown, deliveries=batch.deliveries, **stopped
        )
        said = f"{rejected_by} rejected it after its approval: {reason}"
        withdrawn = delivery_store.ask_again(connection, month, said, rejected_since=True)
    return Rejected(withdrawn, gone)


def _facts(batch: LetterBatch) -> dict[str, object]:
    """What an act about a batch says of it."""
    return {"batch_hash": batch.batch_hash, "deliveries": batch.deliveries, "partners": batch.partners}


def _approve(
    connection: Connection, row: Delivery, approval: int, *, installation_id: str, domain: str, now: int
) -> None:
    try:
        parse_address(row.recipient)
    except Undeliverable as refusal:
        delivery_store.move(connection, row, "undeliverable", reply=str(refusal))
        return
    delivery_store.move(
        connection,
        row,
        "approved",
        approval_id=approval,
        content_hash=row.letter_hash,
        dated=now,
        reply=None,
        message_id=message_id(
            installation_id=installation_id,
            month=row.billing_month,
            partner_id=row.partner_id,
            kind=row.kind,
            revision=row.revision,
            recipient=row.recipient,
            resend_no=row.resend_number,
            domain=domain,
        ),
    )


def _waiting(connection: Connection, month: BillingMonth) -> list[Delivery]:
    planned = delivery_store.deliveries(connection, month, states=["planned"])
    if planned:
        raise NotApproved(
            f"{plural(len(planned), f'letter of {month} is', f'letters of {month} are')} not rendered yet, "
            f"the first for {planned[0].partner_id}: run the month again up to its letters"
        )
    return delivery_store.deliveries(connection, month, states=["rendered"])


def _batch_of(month: BillingMonth, batch_hash: str, rows: Sequence[Delivery]) -> LetterBatch:
    return LetterBatch(month, batch_hash, len(rows), len({row.partner_id for row in rows}))


def _batch(month: BillingMonth, rows: Sequence[Delivery]) -> LetterBatch:
    facts = [[*row.key, row.recipient_name, row.kind, row.resend_number, row.letter_hash] for row in rows]
    digest = hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()
    return _batch_of(month, digest, rows)


def _check_second_person(connection: Connection, month: BillingMonth, approved_by: str, started_by: str | None) -> None:
    """Refuse whoever ran the month, and whoever started the letters' run: somebody else looks at what goes out."""
    ran = [act.doer.done_by for act in load_acts(connection, MONTH_RUN, month=month)]
    if started_by is not None and same_person(started_by, approved_by):
        done = "started this run"
    elif any(same_person(each, approved_by) for each in ran):
        done = f"ran {month}"
    else:
        return
    raise NotApproved(
        f"{approved_by} {done}: somebody else has to approve its letters. Where letters are only written to files, one "
        "person can look at it alone, on record: letters approve --alone, or `alone` beside Approve in Airflow"
    )
