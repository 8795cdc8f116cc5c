"""Claiming letters of the outbox: which of them this sender may hand over now, and the outcome of each attempt."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import publication as publication_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import load_acts, record_act
from partner_program.adapters.mail_address import sending_domain
from partner_program.domain.acts import LETTERS_SENT, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery, Key, Outcome
from partner_program.domain.email_address import domain_of
from partner_program.domain.plurals import plural
from partner_program.domain.recipients import GONE, Recipients
from partner_program.domain.sending_settings import SendingSettings
from partner_program.usecases.handover import Handover
from partner_program.usecases.installation import Installation
from partner_program.usecases.publication import entities_with_orders

SECONDS_A_DAY = 86_400
NOT_ALLOWED = "the domain is not one of allowed_domains"
REJECTED = "somebody rejected it after its approval"


class Claims:
    """One sender's claims to a month's letters, or to those of some `partners`; one sender at a time has a letter."""

    def __init__(
        self,
        installation: Installation,
        month: BillingMonth,
        settings: SendingSettings,
        *,
        clock: Callable[[], float],
        partners: Sequence[str] | None,
        sent_by: str,
    ) -> None:
        self._installation, self._month, self._settings = installation, month, settings
        self._database = installation.database
        self._clock, self._partners, self._sent_by = clock, partners, sent_by
        self._on_record: set[int | None] = set()
        self.handover = Handover(installation, settings, now=clock, move=delivery_store.move, name=_named)
        self._last: Key | None = None
        self._unpublished = _unpublished(installation)
        self.waiting: Counter[str] = Counter()

    def sweep(self, connection: Connection) -> None:
        """Record the outcome of attempts whose sender ended, and ask again where an approval is too old."""
        held = delivery_store.deliveries(connection, self._month, states=["claimed", "dot_pending"])
        self.handover.let_go_of_gone(connection, held)
        # A letter that another sender had in its hands when its batch was rejected.
        delivery_store.ask_again(connection, self._month, REJECTED, rejected_since=True)
        now = int(self._clock())
        days = self._settings.approval_days
        delivery_store.ask_again(
            connection,
            self._month,
            f"approved more than {plural(days, 'day')} ago",
            approved_before=now - days * SECONDS_A_DAY,
        )
        if self._settings.live and not self._settings.auto_approval:
            why = "no person has approved it, and letters are really sent now"
            delivery_store.ask_again(connection, self._month, why, approved_by_nobody=True)

    def take(self, count: int) -> list[Delivery]:
        """Claim up to `count` of the next letters that may go now, in order; empty where the month has no more."""
        now = int(self._clock())
        taken: list[Delivery] = []
        with self._database.writing() as connection:
            while len(taken) < count:
                rows = delivery_store.sendable(
                    connection, self._month, after=self._last, partners=self._partners, count=count - len(taken)
                )
                if not rows:
                    break
                self._last = rows[-1].key
                taken += [row for row in rows if self._may_go(row, now)]
            claimed = self.handover.claim(connection, taken)
            self._record_sending(connection, taken, now)
        return claimed

    def _record_sending(self, connection: Connection, taken: Sequence[Delivery], now: int) -> None:
        """Record who begins to send the letters of an approval, once for each approval."""
        new = {row.approval_id for row in taken} - self._on_record
        if not new:
            return
        acts = load_acts(connection, LETTERS_SENT, month=self._month)
        there = {json.loads(act.detail)["approval"] for act in acts}
        for approval in sorted(each for each in new - there if each is not None):
            doer = Doer(self._sent_by, "sent what was approved", now)
            detail = {"approval": approval, "live": self._settings.live}
            record_act(connection, LETTERS_SENT, str(self._month), doer, detail, month=self._month)
        self._on_record |= new

    def still_theirs(self, rows: Sequence[Delivery], now: Recipients) -> Iterator[tuple[Delivery, Outcome | None]]:
        """Yield the claimed rows whose recipients may still have them, and with an outcome those that may not.

        A letter to somebody who is no contact now is not yielded: it asks for an approval again.
        """
        for row in rows:
            no_partner = now.no_partner(row)
            if no_partner is not None:
                yield row, Outcome("undeliverable", no_partner)
            elif not now.is_gone(row):
                yield row, None
            else:
                self.waiting[GONE] += 1
                with self._database.writing() as connection:
                    free = {"claimed_by": None, "claimed_until": None}
                    if delivery_store.move(connection, row, "approved", **free):
                        back = replace(row, status="approved", claimed_by=None)
                        delivery_store.move(connection, back, "rendered", approval_id=None, not_before=None, reply=GONE)

    def let_go(self, rows: Sequence[Delivery], *, ask_again: str | None = None) -> None:
        """Give back claimed letters that were not handed over; `ask_again` says why the month needs a new approval."""
        with self._database.writing() as connection:
            self.handover.let_go(connection, rows)
            if ask_again is not None:
                delivery_store.ask_again(connection, self._month, ask_again)

    def _may_go(self, row: Delivery, now: int) -> bool:
        if row.partner_id in self._unpublished:
            why = "the rate is not read back from every order database yet"
        elif not self._settings.allows(sending_domain(domain_of(row.recipient))):
            why = NOT_ALLOWED
        elif row.not_before is not None and row.not_before > now:
            why = "the mail server asked to wait"
        else:
            return True
        self.waiting[why] += 1
        return False


def _named(row: Delivery) -> str:
    return f"letter of {row.partner_id}"


def _unpublished(installation: Installation) -> set[str]:
    """Partners with a rate that was not read back from every order database yet: their letters have to wait."""
    entities = [entity.entity for entity in entities_with_orders(installation)]
    if not entities:
        return set()
    with installation.database.reading() as connection:
        accounts = publication_store.unpublished_accounts(connection, entities)
        links = registry_store.load_registry(connection).account_links if accounts else ()
    return {link.partner_id for link in links if (link.entity, link.account_id) in accounts}
