"""A partner manager's weekly digest: which week it belongs to, which days it covers, and its way to the mail server.

Each manager gets at most one digest a week, on whichever day of it. What has ended is told once: in the first digest
that was taken after it ended, so that a Monday without one, or a digest that did not arrive, loses nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from partner_program.domain.refusals import Refusal
from partner_program.domain.reminders import Reminder

DigestState = Literal[
    "empty",  # looked, and there was nothing to tell
    "approved",  # written, and may be sent: no person is asked, since it goes to the own staff
    "claimed",  # a sender has it; the mail server does not have the whole body yet
    "dot_pending",  # recorded before the final dot is sent: from here on it may have arrived
    "accepted",  # the mail server took it, or it was written to a file
    "deferred",  # the mail server said: later
    "refused",  # the mail server said: never
    "ambiguous",  # it may have arrived; a person decides
    "undeliverable",  # no address, one that is not allowed, or a later week's digest has taken its place
]
DIGEST_STATES: tuple[DigestState, ...] = get_args(DigestState)
TOLD: tuple[DigestState, ...] = ("accepted", "empty")  # what had ended by then is not told again
RESENT: tuple[DigestState, ...] = ("accepted", "refused", "ambiguous")  # it may have arrived: only a person sends again
STUCK: tuple[DigestState, ...] = ("refused", "ambiguous", "undeliverable")  # a person has to see to it
MAY_HAVE_LEFT: tuple[DigestState, ...] = ("empty", "approved", "claimed", "dot_pending", "deferred", "undeliverable")

# The database holds these moves too (migration 0027, `digest_guard_moves`), whoever writes to it.
NEXT_OF_DIGEST: Mapping[DigestState, tuple[DigestState, ...]] = {
    "empty": ("approved", "ambiguous"),
    "approved": ("claimed", "undeliverable", "ambiguous"),
    "claimed": ("dot_pending", "approved", "deferred", "refused", "undeliverable", "ambiguous"),
    "dot_pending": ("accepted", "deferred", "refused", "ambiguous"),
    "accepted": ("approved",),
    "deferred": ("claimed", "refused", "undeliverable", "ambiguous"),
    "refused": ("approved",),
    "ambiguous": ("accepted", "approved"),
    "undeliverable": ("approved", "ambiguous"),
}
DAYS_A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Digest:
    """One manager's digest of one week; times are seconds since 1970, UTC.

    It tells what ends within `due_days` of `listed_on`, and what has ended after `told_from`. `not_read` are the codes
    of the entities whose contracts were not known, with blanks between them. `reminders` is how many things it tells.
    """

    week_of: date
    account_manager_id: str
    status: DigestState
    listed_on: date
    told_from: date
    due_days: int
    reminders: int
    not_read: str
    content_hash: str | None = None
    message_id: str | None = None
    dated: int | None = None
    resend_number: int = 0
    claimed_by: str | None = None
    claimed_until: int | None = None
    not_before: int | None = None
    attempts: int = 0
    reply: str | None = None

    @property
    def recipient(self) -> str:
        """To whom it goes, by id: the address is the registry's when it is sent."""
        return self.account_manager_id


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """What a digest says: what is overdue, what has ended since `told_from`, and what ends or is due soon.

    `not_read` are the entities whose contracts are not known, `faulty_lines` how many lines of an entity are at fault.
    """

    account_manager_id: str
    manager_name: str
    week_of: date
    listed_on: date
    told_from: date
    due_days: int
    overdue: tuple[Reminder, ...]
    ended: tuple[Reminder, ...]
    coming: tuple[Reminder, ...]
    not_read: tuple[str, ...]
    faulty_lines: Mapping[str, int]

    @property
    def reminders(self) -> int:
        """How many things it tells."""
        return len(self.overdue) + len(self.ended) + len(self.coming)


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week_named(week: date) -> str:
    """How acts name the digests of a week, by its Monday."""
    return f"week of {week}"


def check_week(week: date, *, newest: date | None) -> None:
    """Refuse a week before the newest one that has digests: those tell already what had ended by then."""
    if newest is not None and week < newest:
        raise Refusal(f"the week of {newest} has its digests already: they cover the week of {week} too")


def told_until(earlier: Sequence[Digest], *, listed_on: date, entity: str | None = None) -> date:
    """The day up to which a manager was told what has ended, before a digest of `listed_on`.

    `earlier` are the manager's digests of weeks before; only those that were taken count, or that had nothing to tell,
    up to the first gap: one of which a person says later that it did not arrive is made up for. With `entity` also only
    those for which its contracts were known. Before a first one, a week is looked back.
    """
    first = reached = min((each.told_from for each in earlier), default=listed_on - DAYS_A_WEEK)
    told = [first]
    for each in sorted(earlier, key=lambda each: each.week_of):
        if each.status in TOLD and each.told_from <= reached:
            reached = each.listed_on
            if entity not in each.not_read.split():
                told.append(reached)
    return max(told)


def is_overdue(reminder: Reminder, *, on: date) -> bool:
    """Whether its day has passed: the last one for an answer, or the first one without a grant that is not settled."""
    return reminder.day < on or (reminder.kind != "dispute" and reminder.day == on)
