"""What a person or a schedule does that changes something: who, when and why (rule 13)."""

from dataclasses import dataclass

MONTH_RUN = "month run"
APPLICATION_ACCEPTED = "application accepted"
PARTNER_SUSPENDED = "partner suspended"
PARTNER_ENDED = "partner ended"
PARTNER_RESUMED = "partner resumed"
PARTNER_ASSIGNED = "partner manager assigned"
BY_SCHEDULE = "schedule"  # who ran a month that no person started


@dataclass(frozen=True, slots=True)
class Doer:
    """Who acts, why and when (seconds since 1970)."""

    done_by: str
    reason: str
    done_at: int


@dataclass(frozen=True, slots=True)
class Act:
    """One act: `kind` says what was done, `subject` to what, `detail` with which values (JSON)."""

    kind: str
    subject: str
    doer: Doer
    decided_hash: str
    detail: str
