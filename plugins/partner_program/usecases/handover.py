"""Hands mail over at most once, whatever it says: the claim, the mark before the final dot, the outcome of an attempt.

Letters and digests have an outbox each, with the same states; which of their rows may go, and what they say, is their
own. Here a row is given to one sender at a time, and nothing is handed over that is not marked first.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import Field, dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from partner_program.adapters import own_process
from partner_program.adapters.mail.client import Envelope, SmtpClient, SmtpSettings, StopSending
from partner_program.adapters.mail.courier import Courier, FileCourier
from partner_program.adapters.mail.send_rate import SendRate
from partner_program.adapters.mail.sending_settings import mail_server_fields
from partner_program.domain.delivery import HandoverState, Outcome
from partner_program.domain.email_address import domain_of
from partner_program.domain.refusals import Refusal
from partner_program.domain.refused_alike import SAME_WORDS, RefusedAlike
from partner_program.domain.sending_settings import SendingSettings
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.binding import count_on, note_count

CLAIM = 50  # rows claimed in one transaction
CLAIM_SECONDS = 1_800  # longer than a mail server may take over a final dot
BACK_OFF_SECONDS = (300, 900, 3_600, 14_400)  # after the first, second ... time that the server said "later"


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


class OutboxRow(Protocol):
    """A row of an outbox, a dataclass: mail to one recipient, and the sender that has it now."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    @property
    def recipient(self) -> str:
        """To whom it goes: the same for two rows to the same person."""

    @property
    def status(self) -> str:
        """Its state."""

    @property
    def claimed_by(self) -> str | None:
        """The sender that has it."""

    @property
    def claimed_until(self) -> int | None:
        """Until when that sender has it, in seconds since 1970."""

    @property
    def not_before(self) -> int | None:
        """Before when it may not be tried again, in seconds since 1970."""

    @property
    def attempts(self) -> int:
        """How often it was tried."""


Row = TypeVar("Row", bound=OutboxRow)
_Row = TypeVar("_Row", bound=OutboxRow, contravariant=True)


class Move(Protocol[_Row]):
    """Moves a row of an outbox to another state."""

    def __call__(self, connection: Connection, row: _Row, to: HandoverState, **values: object) -> bool:
        """Move it with new values; return False, and change nothing, if somebody else moved it since it was read."""


class Handover(Generic[Row]):
    """One sender's hold on the rows of an outbox: it claims them, marks them, and records what became of them."""

    def __init__(
        self,
        installation: Installation,
        settings: SendingSettings,
        *,
        now: Callable[[], float],
        move: Move[Row],
        name: Callable[[Row], str],
    ) -> None:
        """Take the outbox's own move, and how a row is named in a message."""
        self._installation, self._settings = installation, settings
        self._database = installation.database
        self._now, self._move, self._name = now, move, name
        self._holder = own_process.own_name()

    def begin(self, clear_up: Callable[[Connection], None]) -> None:
        """Refuse a copy of the installation if mail is really sent, and clear up after senders that ended."""
        with self._database.writing() as connection:
            if self._settings.live:
                count_on(connection, self._installation)
            clear_up(connection)
        if self._settings.live:
            note_count(self._installation)  # shows, before the first letter, that the file can be written

    def let_go_of_gone(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Record the outcome of attempts whose sender ended, or has had its time."""
        now = int(self._now())
        for row in rows:
            if (row.claimed_until or 0) > now and not own_process.is_gone(row.claimed_by or ""):
                continue
            what = self._name(row).partition(" ")[0]
            if row.status == "dot_pending":
                left = Outcome("ambiguous", f"its sender was stopped after it had begun to hand the {what} over")
            else:
                left = Outcome("approved", f"its sender was stopped before it handed the {what} over")
            self._record(connection, row, left, not_before=row.not_before)

    def claim(self, connection: Connection, rows: Sequence[Row]) -> list[Row]:
        """Claim rows in the transaction that read them; return them as they are now."""
        until = int(self._now()) + CLAIM_SECONDS
        for row in rows:
            self._move(connection, row, "claimed", claimed_by=self._holder, claimed_until=until)
        return [replace(row, status="claimed", claimed_by=self._holder) for row in rows]

    def mark_pending(self, row: Row) -> Row:
        """Record that the mail may arrive from now on; refused where another sender has it.

        Each mail that is really handed over is counted, in the database and in the installation's file: a backup
        made at any moment of a sending is older than what left after it.
        """
        until = int(self._now()) + CLAIM_SECONDS
        with self._database.writing() as connection:
            if not self._move(connection, row, "dot_pending", claimed_until=until):
                raise Refusal(f"{self._name(row)}: another sender has it now; nothing of it was sent here")
            if self._settings.live:
                count_on(connection, self._installation)
        if self._settings.live:
            note_count(self._installation)
        return replace(row, status="dot_pending")

    def record_outcome(self, row: Row, outcome: Outcome) -> None:
        """Record the outcome of one attempt."""
        later = None
        if outcome.state == "deferred":
            later = int(self._now()) + BACK_OFF_SECONDS[min(row.attempts, len(BACK_OFF_SECONDS) - 1)]
        with self._database.writing() as connection:
            self._record(connection, row, outcome, not_before=later)

    def refuse_deferred(self, row: Row, outcome: Outcome) -> None:
        """Record the refusal of a mail that was deferred until it was known what the refusal is about."""
        deferred = replace(row, status="deferred", claimed_by=None)
        with self._database.writing() as connection:
            self._move(connection, deferred, "refused", reply=outcome.reply, not_before=None)

    def let_go(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Give back claimed rows that were not handed over."""
        for row in rows:
            self._move(connection, row, "approved", claimed_by=None, claimed_until=None)

    def _record(self, connection: Connection, row: Row, outcome: Outcome, *, not_before: int | None) -> None:
        self._move(
            connection,
            row,
            outcome.state,
            reply=outcome.reply,
            not_before=not_before,
            attempts=row.attempts + 1,
            claimed_by=None,
            claimed_until=None,
        )


class Sender(Generic[Row]):
    """One run of a sender: hands rows over one after the other, to the mail server or to files, at the set pace."""

    def __init__(
        self, installation: Installation, settings: SendingSettings, handover: Handover[Row], *, clock: Clock
    ) -> None:
        self._installation, self._settings, self._handover = installation, settings, handover
        self._rate = SendRate(
            per_minute=settings.per_minute,
            per_domain_per_minute=settings.per_domain_per_minute,
            clock=clock.now,
            sleep=clock.sleep,
        )

    def run(
        self,
        folder: Path,
        *,
        take: Callable[[], Sequence[Row]],
        attempts: Callable[[Courier, Sequence[Row], list[Row]], Iterator[tuple[Row, Outcome]]],
        holding: Callable[[list[Row]], AbstractContextManager[None]],
        report: SendReport,
        progress: Callable[[SendReport], None],
    ) -> None:
        """Send what `take` claims, until it claims nothing more; without live sending into files below `folder`.

        `attempts` yields each claimed row with its outcome, and takes out of its list what may have gone; `holding`
        gives back what is left when something fails. Raises `StopSending` where the mail server takes nothing at all.
        """
        alike = RefusedAlike(self._handover.record_outcome, self._handover.refuse_deferred)
        with self._courier(folder) as post:
            while claimed := take():
                left = list(claimed)
                with holding(left):
                    for row, outcome in attempts(post, claimed, left):
                        words = alike.add(row, outcome)
                        report.outcomes[outcome.state] += 1
                        if words is not None:
                            raise StopSending(_refuses_us(words))
                        progress(report)
            alike.end()

    def hand_over(self, post: Courier, row: Row, envelope: Envelope, left: list[Row]) -> tuple[Row, Outcome]:
        """Hand one claimed row over, and take it out of `left`; return it as it was last written, with the outcome."""
        marked = row
        if self._settings.live:
            self._rate.wait(domain_of(envelope.recipient))

        def before_dot() -> None:
            nonlocal marked
            left.remove(row)
            marked = self._handover.mark_pending(row)

        outcome = post.deliver(envelope, before_dot)
        if row in left:
            left.remove(row)
        return marked, outcome

    def _courier(self, folder: Path) -> Courier:
        if not self._settings.live:
            return FileCourier(folder)
        return SmtpClient(SmtpSettings.from_connection(mail_server_fields(self._installation.connections)))


def _refuses_us(words: str) -> str:
    return (
        f"the mail server gave {SAME_WORDS} recipients the same refusal and took no letter: {words}. It refuses this "
        "sender or host, not these letters: they can be sent again; ask whoever runs the mail server"
    )
