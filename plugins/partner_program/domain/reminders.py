"""What each partner manager has to see to: what ends soon for their partners, and answers that are due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

ReminderKind = Literal["agreement", "benefit", "grant", "contract", "dispute", "drop"]
DUE_DAYS = 30  # unless somebody asks for other days


@dataclass(frozen=True, slots=True, order=True)
class Reminder:
    """One thing of a partner: `words` say what it is, `subject_id` names it in the list of its kind.

    `day` is the first day without the agreement, the benefit, the grant or the contract, the last day for an answer to
    a dispute, or the first day from which a lower tier can hold. It lies in the past for a grant that has ended and
    that no month has settled, and for an answer that is overdue.
    """

    day: date
    partner_id: str
    kind: ReminderKind
    subject_id: str
    company_name: str
    words: str


@dataclass(frozen=True, slots=True)
class ManagerReminders:
    """What one partner manager has to see to, by day."""

    account_manager_id: str
    reminders: tuple[Reminder, ...]


@dataclass(frozen=True, slots=True)
class Reminders:
    """What all managers have to see to within `due_days` of a day; who has nothing is not listed.

    `not_read` says of which entities the contracts are not known, and why; `faulty_lines` are the ids of lines at fault
    by entity: whether they end a contract is not known. `unowned_contracts` end within these days at accounts that are
    linked to no one partner, so no manager is told.
    """

    on: date
    due_days: int
    managers: tuple[ManagerReminders, ...]
    unowned_contracts: int
    not_read: Mapping[str, str]
    faulty_lines: Mapping[str, tuple[str, ...]]


def last_days(*, on: date, due_days: int) -> tuple[date, date]:
    """The first and the last of the days that are a contract's last one where it ends within so many days.

    The first day without it lies 1 to `due_days` days after `on`, as the end of a benefit that is in force does.
    """
    return on, on + timedelta(due_days - 1)


def by_manager(found: Iterable[tuple[str, Reminder]]) -> tuple[ManagerReminders, ...]:
    """Sort reminders, each with its manager's id, into one list for each manager that has any."""
    own: dict[str, list[Reminder]] = {}
    for manager_id, reminder in found:
        own.setdefault(manager_id, []).append(reminder)
    return tuple(ManagerReminders(each, tuple(sorted(own[each]))) for each in sorted(own))
