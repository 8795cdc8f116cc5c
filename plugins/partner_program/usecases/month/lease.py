"""Taking a month for a run: its first change takes the lease; a run that changes nothing writes nothing."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from partner_program.adapters import own_process
from partner_program.adapters.database import leases as lease_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.lease import claim_lease, give_back
from partner_program.domain.refusals import MonthBusy, MonthLost
from partner_program.usecases.installation import Installation

LEASE_SECONDS = 60  # a run that wrote nothing for so long may be overtaken; its next write is then refused
LOOK_SECONDS = 0.1
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class MonthLease:
    """One run's claim to a month.

    Without a `holder` the run is this process. `seen` is the month's token when the run began; without it the token is
    read when it is first needed.
    """

    def __init__(
        self, installation: Installation, month: BillingMonth, *, holder: str | None = None, seen: int | None = None
    ) -> None:
        self._database = installation.database
        self._month = month
        self._holder = holder
        self._seen = seen

    @property
    def holder(self) -> str:
        """The name of the run."""
        self._holder = self._holder or own_process.own_name()
        return self._holder

    def seen(self, connection: Connection) -> int:
        """The month's token when the run began."""
        if self._seen is None:
            self._seen = lease_store.load_lease(connection, self._month).token
        return self._seen

    def step_seen(self, connection: Connection, step: str) -> int:
        """The token that a step has now, where it reads what it begins from; it passes it back when it writes."""
        self.seen(connection)
        return lease_store.load_step_token(connection, self._month, step)

    def hold(self, connection: Connection) -> None:
        """Take or keep the month, in the transaction that changes it; raises `MonthBusy` or `MonthLost`."""
        lease = lease_store.load_lease(connection, self._month)
        claimed = claim_lease(
            month=self._month,
            lease=lease,
            holder=self.holder,
            seen=self.seen(connection),
            now=int(time.time()),
            seconds=LEASE_SECONDS,
            holder_is_gone=own_process.is_gone(lease.holder),
        )
        if claimed != lease:
            lease_store.save_lease(connection, self._month, claimed)

    def hold_step(self, connection: Connection, step: str, seen: int) -> None:
        """Take the month for a step that began when its token was `seen`; raises where another try wrote since."""
        self.hold(connection)
        token = lease_store.load_step_token(connection, self._month, step)
        if token != seen:
            raise MonthLost(
                f"month {self._month}: {step} was done by another try while this one ran: nothing of this one is "
                "written"
            )
        lease_store.save_step_token(connection, self._month, step, token + 1)

    def give_back(self) -> None:
        """Free the month for the next run; nothing is written where this run does not hold it."""
        with self._database.reading() as connection:
            lease = lease_store.load_lease(connection, self._month)
        if give_back(lease=lease, holder=self.holder) == lease:
            return
        with self._database.writing() as connection:
            lease = lease_store.load_lease(connection, self._month)
            lease_store.save_lease(connection, self._month, give_back(lease=lease, holder=self.holder))


def when_free(work: Callable[[], _T]) -> _T:
    """Run `work`, retrying while another run has the month, for up to 1.5 leases; then raise its `MonthBusy`.

    `work` starts anew each time, as the other run may have done all or part of it.
    """
    deadline, is_logged = time.monotonic() + 1.5 * LEASE_SECONDS, False
    while True:
        try:
            return work()
        except MonthBusy as busy:
            if time.monotonic() > deadline:
                raise
            if not is_logged:
                _log.warning("%s", busy)
            is_logged = True
        time.sleep(LOOK_SECONDS)
