"""Sends approved letters: each one is claimed, rendered again, compared with its approval, and handed over once."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database.history import settlements_or_refusal
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.letters.templates import RenderedLetter
from partner_program.adapters.mail.courier import Courier
from partner_program.adapters.mail.sending_settings import bounce_address_for, sending_settings
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery, Outcome
from partner_program.domain.letter_facts import facts_of_letters
from partner_program.domain.recipients import Recipients
from partner_program.domain.refusals import Moved, NotApproved, Undeliverable
from partner_program.usecases.handover import CLAIM, Clock, Sender, SendReport
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.claims import Claims
from partner_program.usecases.letters.envelopes import letter_envelope
from partner_program.usecases.letters.rendering import letter_hash, letter_templates

EVERY_LETTER = 10**9


def count_to_send(installation: Installation, month: BillingMonth) -> int:
    """How many rows of a month are approved or deferred: the most that one sending can send.

    Raises `Refusal` where the month was not run.
    """
    with installation.database.reading() as connection:
        settlements_or_refusal(connection, month)
        states = delivery_store.count_states(connection, month)
    return states.get("approved", 0) + states.get("deferred", 0)


@dataclass(frozen=True, slots=True)
class ToSend:
    """A month's letters that may be sent now: how many, to how many partners, and the hash of all of them.

    `live` says whether they go to a mail server, or into files. `waiting` counts those that wait for an approval.
    """

    month: BillingMonth
    deliveries: int
    partners: int
    sending_hash: str
    live: bool
    waiting: int


def what_to_send(installation: Installation, month: BillingMonth, *, sending_hash: str | None = None) -> ToSend:
    """Return what a sending would send now; another letter, or another approval, has another hash.

    Raises `NotThere` where the month was not run, `Moved` where they are not those with `sending_hash`.
    """
    with installation.database.reading() as connection:
        settlements_or_refusal(connection, month)
        rows = delivery_store.deliveries(connection, month, states=["approved", "deferred"])
        waiting = delivery_store.count_owed(connection, month, states=["rendered"])
    facts = json.dumps([[*row.key, row.message_id, row.content_hash] for row in rows], ensure_ascii=False)
    now = hashlib.sha256(facts.encode()).hexdigest()
    if sending_hash is not None and sending_hash != now:
        raise Moved(
            f"other letters of {month} can be sent now than those that you looked at "
            f"({sending_hash[:12]}, now {now[:12]}): look at them again"
        )
    return ToSend(
        month=month,
        deliveries=len(rows),
        partners=len({row.partner_id for row in rows}),
        sending_hash=now,
        live=sending_settings(installation.connections).live,
        waiting=waiting,
    )


def send_letters(
    installation: Installation,
    month: BillingMonth,
    *,
    clock: Clock,
    sent_by: str,
    limit: int = EVERY_LETTER,
    partners: Sequence[str] | None = None,
    progress: Callable[[SendReport], None] = lambda _report: None,
) -> SendReport:
    """Send a month's approved letters: at most `limit` of them, and only those of `partners` if given.

    `sent_by` goes on record with the first letter that is sent of an approval.
    Raises `StopSending` where the mail server takes nothing at all, `NotThisInstallation` where this database may not
    send, `NotApproved` where a letter has changed since its approval. Letters that were not handed over stay as they
    were.
    """
    return _Sending(installation, month, clock, partners, sent_by).run(limit, progress)


class _Sending:
    """One run of the sender."""

    def __init__(
        self,
        installation: Installation,
        month: BillingMonth,
        clock: Clock,
        partners: Sequence[str] | None,
        sent_by: str,
    ) -> None:
        self._installation, self._month = installation, month
        settings = sending_settings(installation.connections)
        self._templates = letter_templates(installation)
        self._bounce_address = bounce_address_for(settings, self._templates.brand.sender_address)
        self._claims = Claims(installation, month, settings, clock=clock.now, partners=partners, sent_by=sent_by)
        self._sender = Sender(installation, settings, self._claims.handover, clock=clock)

    def run(self, limit: int, progress: Callable[[SendReport], None]) -> SendReport:
        """Send until the limit is reached or nothing more may go."""
        report = SendReport(waiting=self._claims.waiting)
        left = limit

        def take() -> list[Delivery]:
            nonlocal left
            claimed = self._claims.take(min(CLAIM, left)) if left > 0 else []
            left -= len(claimed)
            return claimed

        self._claims.handover.begin(self._claims.sweep)
        self._sender.run(
            self._installation.out / "mail" / str(self._month),
            take=take,
            attempts=self._outcomes,
            holding=self._holding,
            report=report,
            progress=progress,
        )
        return report

    @contextmanager
    def _holding(self, left: list[Delivery]) -> Iterator[None]:
        """Give back what is left of claimed letters where something fails; a changed one asks for a new approval."""
        try:
            yield
        except NotApproved as refusal:
            self._claims.let_go(left, ask_again=str(refusal))
            raise
        except BaseException:
            self._claims.let_go(left)
            raise

    def _outcomes(
        self, post: Courier, claimed: Sequence[Delivery], left: list[Delivery]
    ) -> Iterator[tuple[Delivery, Outcome]]:
        """Hand each letter over; a letter that may have gone, or has an outcome, is taken out of `left`."""
        brand = self._templates.brand
        partners = sorted({row.partner_id for row in claimed})
        with self._installation.database.reading() as connection:
            registry = load_registry(connection, partners)
            owed = letter_store.owed_letters(connection, self._month, partners)
        programs = self._installation.programs
        going = []
        for row, outcome in self._claims.still_theirs(claimed, Recipients.of(registry)):
            if outcome is None:
                going.append(row)
            else:
                left.remove(row)
                yield row, outcome
        left[:] = going
        theirs = {row.partner_id for row in going}
        owed = [letter for letter in owed if letter.partner_id in theirs]
        for letter, facts in facts_of_letters(owed=owed, registry=registry, programs=programs):
            rendered = self._templates.render(facts)
            for row in [each for each in going if each.partner_id == letter.partner_id]:
                _check_approved(row, letter.revision, rendered)
                try:
                    envelope = letter_envelope(brand, facts, rendered, row, self._bounce_address)
                except Undeliverable as refusal:
                    left.remove(row)
                    yield row, Outcome("undeliverable", str(refusal))
                else:
                    yield self._sender.hand_over(post, row, envelope, left)


def _check_approved(row: Delivery, revision: int, rendered: RenderedLetter) -> None:
    if row.revision != revision or letter_hash(rendered) != row.content_hash:
        raise NotApproved(
            f"the letter to {row.partner_id} has changed since its approval: render the month's letters, look at "
            "them and approve them again; nothing more was sent"
        )
