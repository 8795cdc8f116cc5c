"""The lease of a month: one run at a time may write it, and a run that was overtaken writes nothing more.

Each run that takes the month raises its token. A run remembers the token that it saw when it began: if another run has
had the month since, that token is out of date, however long the first run slept (a "fencing token").
"""

from dataclasses import dataclass, replace

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import MonthBusy, MonthLost


@dataclass(frozen=True, slots=True)
class Lease:
    """Which run may write a month. `token` only grows; `held_until` is in seconds since 1970, 0 once given back."""

    token: int
    holder: str
    held_until: int


NEVER_HELD = Lease(0, "", 0)


def claim_lease(
    *, month: BillingMonth, lease: Lease, holder: str, seen: int, now: int, seconds: int, holder_is_gone: bool
) -> Lease:
    """Return the month's lease after the run `holder` asked for it for so many seconds.

    `seen` is the token that the run saw when it began; `holder_is_gone` says that the process of the run that has the
    lease has ended.

    Raises `MonthBusy` while another run has it, and `MonthLost` where another run has had it since this one began.
    """
    if lease.holder == holder and lease.token:
        return replace(lease, held_until=now + seconds)
    if lease.held_until > now and not holder_is_gone:
        raise MonthBusy(f"another run ({lease.holder}) has month {month}: wait for it to end")
    if lease.token > seen:
        raise MonthLost(
            f"month {month}: another run ({lease.holder}) has written it since this one began, so nothing of "
            "this one takes force: look at the register, then start the month again if that is still needed"
        )
    return Lease(lease.token + 1, holder, now + seconds)


def give_back(*, lease: Lease, holder: str) -> Lease:
    """Return the lease free for the next run, if `holder` has it; its token stays."""
    return replace(lease, held_until=0) if lease.holder == holder else lease
