"""Sends events to the endpoint: each at least once, and each partner's in their order.

An event is claimed, handed over and then marked. A sender that is killed in between leaves it claimed: the next one
sends it again, with the same id. Of each partner only the first unfinished event is ever sent.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from partner_program.adapters import own_process
from partner_program.adapters.cloud_event import event_body
from partner_program.adapters.database import events as event_store
from partner_program.adapters.webhook import Answer, post_event
from partner_program.adapters.webhook_settings import WebhookSettings, webhook_settings
from partner_program.domain.events import OutboxEvent
from partner_program.domain.refusals import Unavailable
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.binding import check_place

CLAIM = 50  # events claimed in one transaction; each takes at most half a minute
CLAIM_SECONDS = 1_800
# After the first, second ... time that an event was not taken: ten attempts in three days, then a person decides.
BACK_OFF_SECONDS = (60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
OLDEST_SECONDS = 30 * 86_400  # how far back the first sending of an installation begins
ALL_REFUSED = 5  # not taken one after the other: it is not about these events


@dataclass(slots=True)
class EventReport:
    """What one sending did; `is_connected` is False where there is no endpoint, `stopped` says why it ended early."""

    is_connected: bool = True
    outcomes: Counter[str] = field(default_factory=Counter)
    stopped: str = ""


def send_events(installation: Installation, *, now: Callable[[], float]) -> EventReport:
    """Send what may go now, until nothing more may.

    Ends early where the endpoint takes nothing. Raises `NotThisInstallation` for a copy of an installation.
    """
    settings = webhook_settings(installation.connections)
    if settings is None:
        return EventReport(is_connected=False)
    check_place(installation)
    return _Sending(installation, settings, now).run()


class _Sending:
    """One run of the sender."""

    def __init__(self, installation: Installation, settings: WebhookSettings, now: Callable[[], float]) -> None:
        self._database, self._settings, self._now = installation.database, settings, now
        self._holder = own_process.own_name()
        self._report, self._refused = EventReport(), 0

    def run(self) -> EventReport:
        """Send each partner's first event, then each one's next, until none may go or the endpoint takes none."""
        with self._database.writing() as connection:
            self._report.outcomes.update(
                too_old=event_store.leave_old(connection, before=self._second() - OLDEST_SECONDS)
            )
            self._let_go_of_gone(connection)
        try:
            while firsts := self._firsts():
                for begin in range(0, len(firsts), CLAIM):
                    self._send(firsts[begin : begin + CLAIM])
        except Unavailable as fault:
            self._report.stopped = str(fault)
        self._report.outcomes = +self._report.outcomes
        return self._report

    def _firsts(self) -> list[int]:
        with self._database.reading() as connection:
            return event_store.first_of_each(connection, now=self._second())

    def _send(self, numbers: list[int]) -> None:
        with self._database.writing() as connection:
            rows = event_store.still_to_go(connection, numbers, now=self._second())
            until = self._second() + CLAIM_SECONDS
            for row in rows:
                event_store.move(connection, row, "claimed", claimed_by=self._holder, claimed_until=until)
        left = [replace(row, status="claimed", claimed_by=self._holder) for row in rows]
        with self._giving_back(left):
            while left:
                body = event_body(left[0], source=self._settings.source, with_amounts=self._settings.amounts)
                answer = post_event(self._settings, left[0].event_id, body, now=self._now())
                self._record(left.pop(0), answer)

    @contextmanager
    def _giving_back(self, left: list[OutboxEvent]) -> Iterator[None]:
        """Give back what is left of the claimed where something fails: nothing of it counts as tried."""
        try:
            yield
        except BaseException:
            with self._database.writing() as connection:
                for row in left:
                    event_store.move(connection, row, "waiting", claimed_by=None, claimed_until=None)
            raise

    def _record(self, row: OutboxEvent, answer: Answer) -> None:
        done = {"attempts": row.attempts + 1, "claimed_by": None, "claimed_until": None, "not_before": None}
        with self._database.writing() as connection:
            if answer.taken:
                event_store.move(connection, row, "sent", **done, reply=None)
                self._report.outcomes["sent"] += 1
            elif row.attempts < len(BACK_OFF_SECONDS):
                later = self._second() + BACK_OFF_SECONDS[row.attempts]
                event_store.move(connection, row, "deferred", **{**done, "not_before": later}, reply=answer.words)
                self._report.outcomes["deferred"] += 1
            else:
                event_store.move(connection, row, "dead", **done, reply=answer.words)
                self._report.outcomes["dead"] += 1
        self._refused = 0 if answer.taken else self._refused + 1
        if self._refused == ALL_REFUSED:
            raise Unavailable(
                f"{self._settings.host} took none of {ALL_REFUSED} events one after the other, the last with: "
                f"{answer.words}"
            )

    def _let_go_of_gone(self, connection: Connection) -> None:
        """Give back what a sender had that has ended, or has had its time: it may have arrived, and goes again."""
        for row in event_store.in_state(connection, "claimed"):
            if (row.claimed_until or 0) <= self._second() or own_process.is_gone(row.claimed_by or ""):
                event_store.move(connection, row, "waiting", claimed_by=None, claimed_until=None)

    def _second(self) -> int:
        return int(self._now())
