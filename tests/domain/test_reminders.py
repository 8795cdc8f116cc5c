"""What each partner manager has to see to."""

from datetime import date, timedelta

import pytest

from partner_program.domain.reminders import ManagerReminders, Reminder, by_manager, last_days

DAY = date(2015, 8, 3)


def reminder(day: date, partner_id: str) -> Reminder:
    return Reminder(day, partner_id, "grant", "G1", "Company", "words")


@pytest.mark.parametrize("due_days", [1, 30])
def test_a_contract_ends_within_so_many_days_by_its_first_day_without_it(due_days: int) -> None:
    first, last = last_days(on=DAY, due_days=due_days)
    assert (first + timedelta(1), last + timedelta(1)) == (DAY + timedelta(1), DAY + timedelta(due_days))


def test_each_manager_has_a_list_of_their_own_by_day_and_who_has_nothing_has_none() -> None:
    soon, later = DAY, DAY + timedelta(3)
    found = by_manager(
        [("M2", reminder(soon, "P3")), ("M1", reminder(later, "P1")), ("M1", reminder(soon, "P2"))],
    )
    assert found == (
        ManagerReminders("M1", (reminder(soon, "P2"), reminder(later, "P1"))),
        ManagerReminders("M2", (reminder(soon, "P3"),)),
    )
