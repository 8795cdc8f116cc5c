"""The lease of a month: one run at a time may write it, and a run that was overtaken writes nothing more.

Each change of hands raises the month's token. A run remembers the token that it saw when it began: where another run
has had the month since, that token is out of date (a "fencing token"), however long the first one slept.
"""

from dataclasses import dataclass, replace

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import MonthBusy, MonthLost


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may write a month. `token` only grows; `held_until` is in seconds since 1970, 0 where it was given back."""

    token: int
    holder: str
    held_until: int


NEVER_HELD = Lease(0, "", 0)


def claim_lease(
    *, month: BillingMonth, lease: Lease, holder: str, seen: int, now: int, seconds: int, holder_is_gone: bool
) -> Lease:
    """The month's lease after `holder`, who saw the token `seen` when it began, asks for it for so many seconds.

    Raises `MonthBusy` while another run has it, and `MonthLost` where another run has had it since this one began.
    """
    if lease.holder == holder and lease.token:
        return replace(lease, held_until=now + seconds)
    if lease.held_until > now and not holder_is_gone:
        raise MonthBusy(f"month {month} is in the hands of another run ({lease.holder}): wait for it to end")
    if lease.token > seen:
        raise MonthLost(
            f"month {month}: another run ({lease.holder}) has written it since this one began, so that nothing of "
            "this one takes force: look at the register, then start the month again if that is still needed"
        )
    return Lease(lease.token + 1, holder, now + seconds)


def give_back(*, lease: Lease, holder: str) -> Lease:
    """The lease free for the next run, where `holder` has it; its token stays."""
    return replace(lease, held_until=0) if lease.holder == holder else lease
