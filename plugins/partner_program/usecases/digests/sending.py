"""Sends a week's digests: each is claimed, handed over once, and its outcome recorded, as letters are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from partner_program.adapters.database import digests as digest_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.digests import DigestMail
from partner_program.adapters.mail.courier import Courier
from partner_program.adapters.mail.envelope import Envelope
from partner_program.adapters.mail.message import MessageHead, message_bytes
from partner_program.adapters.mail.sending_settings import bounce_address_for, sending_settings
from partner_program.adapters.mail_address import parse_address, sending_domain
from partner_program.domain.acts import DIGESTS_SENT, Doer
from partner_program.domain.brand import Brand
from partner_program.domain.delivery import Outcome
from partner_program.domain.digests import Digest, check_week, week_named
from partner_program.domain.email_address import domain_of
from partner_program.domain.letter_ids import return_path
from partner_program.domain.refusals import Undeliverable
from partner_program.domain.registry import AccountManager
from partner_program.domain.sending_settings import SendingSettings
from partner_program.usecases.handover import CLAIM, Clock, Handover, Sender, SendReport
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.claims import NOT_ALLOWED
from partner_program.usecases.letters.rendering import letter_templates

GONE = "is no partner manager any more"
NO_ADDRESS = "has no e-mail address in account_managers.csv"


@dataclass(frozen=True, slots=True)
class DigestReport:
    """What one sending did: the state that each digest reached, by manager, and how many the mail server lets wait."""

    outcomes: Mapping[str, str]
    waiting: int


def send_digests(installation: Installation, week: date, *, clock: Clock, sent_by: str) -> DigestReport:
    """Send the digests of a week that are written and were not handed over; `sent_by` goes on record.

    A manager without an address, or with one that the settings do not allow, is `undeliverable`, and tried again when
    this is called again in the week. Raises `StopSending` where the mail server takes nothing at all,
    `NotThisInstallation` where this database may not send, `Refusal` for a week before the newest.
    """
    return _Sending(installation, week, clock, sent_by).run()


class _Sending:
    """One run of the sender."""

    def __init__(self, installation: Installation, week: date, clock: Clock, sent_by: str) -> None:
        self._installation, self._week, self._now, self._sent_by = installation, week, clock.now, sent_by
        self._settings = settings = sending_settings(installation.connections)
        self._brand = letter_templates(installation).brand
        self._bounce_address = bounce_address_for(settings, self._brand.sender_address)
        self._handover = Handover(installation, settings, now=clock.now, move=digest_store.move, name=_named)
        self._sender = Sender(installation, settings, self._handover, clock=clock)
        self._tried: set[str] = set()
        self._waiting: set[str] = set()

    def run(self) -> DigestReport:
        """Send until nothing more may go; the mail server is asked only where something may."""
        self._handover.begin(self._clear_up)
        with self._installation.database.writing() as connection:
            is_any = bool(self._may_go(connection))
        if is_any:
            self._sender.run(
                self._installation.out / "mail" / "digests" / str(self._week),
                take=self._take,
                attempts=self._attempts,
                holding=self._holding,
                report=SendReport(),
                progress=lambda _report: None,
            )
        with self._installation.database.reading() as connection:
            rows = digest_store.digests(connection, week=self._week)
        outcomes = {row.account_manager_id: row.status for row in rows if row.account_manager_id in self._tried}
        return DigestReport(outcomes, len(self._waiting))

    def _clear_up(self, connection: Connection) -> None:
        check_week(self._week, newest=digest_store.newest_week(connection))
        held = digest_store.digests(connection, states=("claimed", "dot_pending"))
        self._handover.let_go_of_gone(connection, held)
        digest_store.close_earlier(connection, self._week)

    def _take(self) -> list[Digest]:
        """Claim the digests that may go now, with the act of who sends them."""
        with self._installation.database.writing() as connection:
            going = self._may_go(connection)[:CLAIM]
            names = [row.account_manager_id for row in going]
            self._tried.update(names)
            if going:
                doer = Doer(self._sent_by, "sent what was collected", int(self._now()))
                detail = {"digests": names, "live": self._settings.live}
                record_act(connection, DIGESTS_SENT, week_named(self._week), doer, detail)
            return self._handover.claim(connection, going)

    def _may_go(self, connection: Connection) -> list[Digest]:
        """Return the digests that may go now and were not tried in this run."""
        managers = registry_store.managers(connection)
        rows = digest_store.digests(connection, week=self._week, states=("approved", "deferred", "undeliverable"))
        open_ = [row for row in rows if row.account_manager_id not in self._tried]
        found = [self._going(connection, row, managers.get(row.account_manager_id)) for row in open_]
        return [row for row in found if row is not None]

    def _going(self, connection: Connection, row: Digest, manager: AccountManager | None) -> Digest | None:
        """Return the row, approved, if it may go now; else record or note why not."""
        fault = _fault(manager, self._settings)
        if fault is not None:
            self._tried.add(row.account_manager_id)
            if (row.status, row.reply) == ("undeliverable", fault):
                return None
        elif row.not_before is not None and row.not_before > self._now():
            self._waiting.add(row.account_manager_id)
            return None
        if row.status == "undeliverable":
            digest_store.move(connection, row, "approved", reply=None, not_before=None)
            row = replace(row, status="approved", reply=None, not_before=None)
        if fault is None:
            return row
        digest_store.move(connection, row, "undeliverable", reply=fault, not_before=None)
        return None

    @contextmanager
    def _holding(self, left: list[Digest]) -> Iterator[None]:
        """Give back what is left of claimed digests where something fails."""
        try:
            yield
        except BaseException:
            with self._installation.database.writing() as connection:
                self._handover.let_go(connection, left)
            raise

    def _attempts(
        self, post: Courier, claimed: Sequence[Digest], left: list[Digest]
    ) -> Iterator[tuple[Digest, Outcome]]:
        """Hand each digest over; one that may have gone, or has an outcome, is taken out of `left`."""
        with self._installation.database.reading() as connection:
            managers = registry_store.managers(connection)
            mails = {row.account_manager_id: digest_store.load_mail(connection, row) for row in claimed}
        for row in claimed:
            try:
                manager = managers.get(row.account_manager_id)
                envelope = _envelope(self._brand, row, manager, mails[row.account_manager_id], self._bounce_address)
            except Undeliverable as refusal:
                left.remove(row)
                yield row, Outcome("undeliverable", str(refusal))
            else:
                yield self._sender.hand_over(post, row, envelope, left)


def _named(row: Digest) -> str:
    return f"digest of {row.account_manager_id}"


def _fault(manager: AccountManager | None, settings: SendingSettings) -> str | None:
    """Say why no digest can go to a manager, None where it can."""
    if manager is None:
        return GONE
    if not manager.email:
        return NO_ADDRESS
    try:
        address = parse_address(manager.email)
    except Undeliverable as refusal:
        return str(refusal)
    return None if settings.allows(sending_domain(domain_of(str(address)))) else NOT_ALLOWED


def _envelope(
    brand: Brand, row: Digest, manager: AccountManager | None, mail: DigestMail, bounce_address: str
) -> Envelope:
    """Return a digest ready to send; its date is that of its collecting, so that its bytes never change."""
    if manager is None:
        raise Undeliverable(f"{row.account_manager_id} {GONE}")
    address, message_id = parse_address(manager.email), row.message_id or ""
    named = (address, parse_address(brand.sender_address))
    head = MessageHead(
        sender_name=brand.sender_name,
        sender_address=brand.sender_address,
        reply_to_name=brand.sender_name,
        reply_to_address=brand.sender_address,
        recipient_name=manager.name,
        recipient_address=manager.email,
        subject=mail.subject,
        message_id=message_id,
        dated=datetime.fromtimestamp(row.dated or 0, UTC),
        language="en",
    )
    return Envelope(
        return_path=return_path(message_id, bounce_address),
        recipient=str(address),
        message=message_bytes(head, mail.text, mail.html),
        needs_smtputf8=any(each.needs_smtputf8 for each in named),
    )
