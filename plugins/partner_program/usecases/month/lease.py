"""Holding a month: a run takes the lease with its first change; one that changes nothing writes nothing."""

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

LEASE_SECONDS = 60  # a run that has not written for so long may be overtaken; it is refused when it wakes
LOOK_SECONDS = 0.1
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class MonthLease:
    """One run's claim to a month; without a holder named, the run is this process."""

    def __init__(
        self, installation: Installation, month: BillingMonth, *, holder: str | None = None, seen: int | None = None
    ) -> None:
        """Take who runs, and the month's token when that run began; a run that begins now looks at it first."""
        self._database = installation.database
        self._month = month
        self._holder = holder
        self._seen = seen

    @property
    def holder(self) -> str:
        """Who runs the month."""
        self._holder = self._holder or own_process.own_name()
        return self._holder

    def seen(self, connection: Connection) -> int:
        """The month's token when the run began."""
        if self._seen is None:
            self._seen = lease_store.load_lease(connection, self._month).token
        return self._seen

    def step_seen(self, step: str) -> int:
        """A step's token as it stands, to be presented when the step writes."""
        with self._database.reading() as connection:
            self.seen(connection)
            return lease_store.load_step_token(connection, self._month, step)

    def hold(self, connection: Connection) -> None:
        """Take or keep the month in the transaction that changes it; raises `MonthBusy` or `MonthLost`."""
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
        """Hold the month for a step that began when its token was `seen`; raises where another try wrote meanwhile."""
        self.hold(connection)
        token = lease_store.load_step_token(connection, self._month, step)
        if token != seen:
            raise MonthLost(
                f"month {self._month}: {step} was done by another try while this one was at it; nothing of this one "
                "is written"
            )
        lease_store.save_step_token(connection, self._month, step, token + 1)

    def give_back(self) -> None:
        """Let the next run have the month at once; nothing is written where this one does not hold it."""
        with self._database.reading() as connection:
            lease = lease_store.load_lease(connection, self._month)
        if give_back(lease=lease, holder=self.holder) == lease:
            return
        with self._database.writing() as connection:
            lease = lease_store.load_lease(connection, self._month)
            lease_store.save_lease(connection, self._month, give_back(lease=lease, holder=self.holder))


def when_free(work: Callable[[], _T]) -> _T:
    """Do it; while another run has the month, wait and do it again: what that run leaves may make it needless."""
    deadline, told = time.monotonic() + 1.5 * LEASE_SECONDS, False
    while True:
        try:
            return work()
        except MonthBusy as busy:
            if time.monotonic() > deadline:
                raise
            if not told:
                _log.warning("%s", busy)
            told = True
        time.sleep(LOOK_SECONDS)
