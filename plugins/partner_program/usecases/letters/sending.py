"""Sends approved letters: each one is claimed, rendered again, compared with its approval, and handed over once."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database.history import settlements_or_refusal
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.letters.templates import RenderedLetter
from partner_program.adapters.mail.client import Envelope, SmtpClient, SmtpSettings, StopSending
from partner_program.adapters.mail.courier import Courier, FileCourier
from partner_program.adapters.mail.send_rate import SendRate
from partner_program.adapters.mail.sending_settings import bounce_address_for, mail_server_fields, sending_settings
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery, Outcome
from partner_program.domain.email_address import domain_of
from partner_program.domain.letter_facts import facts_of_letters
from partner_program.domain.recipients import Recipients
from partner_program.domain.refusals import NotApproved, Undeliverable
from partner_program.domain.refused_alike import SAME_WORDS, RefusedAlike
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.binding import count_on, note_count
from partner_program.usecases.letters.claims import CLAIM, Claims
from partner_program.usecases.letters.envelopes import letter_envelope
from partner_program.usecases.letters.rendering import letter_hash, letter_templates

EVERY_LETTER = 10**9


@dataclass(slots=True)
class SendReport:
    """What one sending did: how many rows reached each state, and how many have to wait, by reason."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the sender has its time from: seconds since 1970, and waiting."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


def count_to_send(installation: Installation, month: BillingMonth) -> int:
    """How many rows of a month are approved or deferred: the most that one sending can send.

    Raises `Refusal` where the month was not run.
    """
    with installation.database.reading() as connection:
        settlements_or_refusal(connection, month)
        states = delivery_store.count_states(connection, month)
    return states.get("approved", 0) + states.get("deferred", 0)


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
        self._settings = settings = sending_settings(installation.connections)
        self._templates = letter_templates(installation)
        self._bounce_address = bounce_address_for(settings, self._templates.brand.sender_address)
        self._claims = Claims(installation, month, settings, clock=clock.now, partners=partners, sent_by=sent_by)
        self._rate = SendRate(
            per_minute=settings.per_minute,
            per_domain_per_minute=settings.per_domain_per_minute,
            clock=clock.now,
            sleep=clock.sleep,
        )

    def run(self, limit: int, progress: Callable[[SendReport], None]) -> SendReport:
        """Send until the limit is reached or nothing more may go."""
        report = SendReport(waiting=self._claims.waiting)
        alike = RefusedAlike(self._claims.record_outcome, self._claims.refuse_deferred)
        self._begin()
        with self._courier() as post:
            while limit > 0 and (claimed := self._claims.take(min(CLAIM, limit))):
                limit -= len(claimed)
                left = list(claimed)
                try:
                    for row, outcome in self._outcomes(post, claimed, left):
                        words = alike.add(row, outcome)
                        report.outcomes[outcome.state] += 1
                        if words is not None:
                            raise StopSending(_refuses_us(words))
                        progress(report)
                except NotApproved as refusal:
                    self._claims.let_go(left, ask_again=str(refusal))
                    raise
                except BaseException:
                    self._claims.let_go(left)
                    raise
            alike.end()
        return report

    def _begin(self) -> None:
        """Refuse a copy of the installation if letters are really sent, and clear up after senders that ended."""
        with self._installation.database.writing() as connection:
            if self._settings.live:
                count_on(connection, self._installation)
            self._claims.sweep(connection)
        if self._settings.live:
            note_count(self._installation)  # shows, before the first letter, that the file can be written

    def _courier(self) -> Courier:
        if not self._settings.live:
            return FileCourier(self._installation.out / "mail" / str(self._month))
        return SmtpClient(SmtpSettings.from_connection(mail_server_fields(self._installation.connections)))

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
                    if self._settings.live:
                        self._rate.wait(domain_of(envelope.recipient))
                    yield self._hand_over(post, row, envelope, left)

    def _hand_over(
        self, post: Courier, row: Delivery, envelope: Envelope, left: list[Delivery]
    ) -> tuple[Delivery, Outcome]:
        marked = row

        def before_dot() -> None:
            nonlocal marked
            left.remove(row)
            marked = self._claims.mark_pending(row)

        outcome = post.deliver(envelope, before_dot)
        if row in left:
            left.remove(row)
        return marked, outcome


def _refuses_us(words: str) -> str:
    return (
        f"the mail server gave {SAME_WORDS} recipients the same refusal and took no letter: {words}. It refuses this "
        "sender or host, not these letters: they can be sent again; ask whoever runs the mail server"
    )


def _check_approved(row: Delivery, revision: int, rendered: RenderedLetter) -> None:
    if row.revision != revision or letter_hash(rendered) != row.content_hash:
        raise NotApproved(
            f"the letter to {row.partner_id} has changed since its approval: render the month's letters, look at "
            "them and approve them again; nothing more was sent"
        )
