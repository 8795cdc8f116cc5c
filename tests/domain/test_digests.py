"""Which week a digest belongs to, which days it covers, and how it may go on."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from partner_program.domain.digests import (
    DIGEST_STATES,
    NEXT_OF_DIGEST,
    RESENT,
    Digest,
    DigestState,
    check_week,
    is_overdue,
    told_until,
    week_of,
)
from partner_program.domain.refusals import Refusal
from partner_program.domain.reminders import Reminder, ReminderKind

MONDAY = date(2015, 8, 3)
WEEK = timedelta(7)


def digest(weeks: int, status: DigestState = "accepted", **more: Any) -> Digest:
    """The digest of a Monday, some weeks after the first, that tells what has ended since the Monday before."""
    week = MONDAY + weeks * WEEK
    values = {"listed_on": week, "told_from": week - WEEK, "not_read": "", **more}
    return Digest(week, "M1", status, due_days=30, reminders=1, **values)


@pytest.mark.parametrize(("day", "monday"), [(2, date(2015, 7, 27)), (3, MONDAY), (9, MONDAY), (10, MONDAY + WEEK)])
def test_a_week_begins_on_its_monday(day: int, monday: date) -> None:
    assert week_of(date(2015, 8, day)) == monday


def test_a_week_before_the_newest_is_refused_and_that_one_is_not() -> None:
    check_week(MONDAY, newest=None)
    check_week(MONDAY, newest=MONDAY)
    with pytest.raises(Refusal, match="the week of 2015-08-03 has its digests already"):
        check_week(MONDAY - WEEK, newest=MONDAY)


GAP: dict[str, tuple[Sequence[Digest], date]] = {
    "none before: a week is looked back": ((), MONDAY + 3 * WEEK),
    "the last one that was taken": ((digest(0), digest(1)), MONDAY + WEEK),
    "one with nothing to tell counts too": ((digest(0), digest(1, "empty")), MONDAY + WEEK),
    "one on another day of its week": ((digest(0, listed_on=MONDAY + timedelta(2)),), MONDAY + timedelta(2)),
    "one that was refused tells nothing": ((digest(0), digest(1, "refused")), MONDAY),
    "one of which nobody knows tells nothing": ((digest(0), digest(1, "ambiguous")), MONDAY),
    "the first one did not arrive": ((digest(0, "refused"),), MONDAY - WEEK),
    "one that did not arrive was made up for": (
        (digest(0), digest(1, "refused"), digest(2, told_from=MONDAY)),
        MONDAY + 2 * WEEK,
    ),
    "one did not arrive, and the next knew nothing of that": (
        (digest(0, "undeliverable"), digest(1)),
        MONDAY - WEEK,
    ),
    "and was made up for later": (
        (digest(0, "undeliverable"), digest(1), digest(2, told_from=MONDAY - WEEK)),
        MONDAY + 2 * WEEK,
    ),
    "a missed Monday": ((digest(0), digest(2, told_from=MONDAY)), MONDAY + 2 * WEEK),
}


@pytest.mark.parametrize("case", GAP)
def test_what_has_ended_is_told_from_the_day_up_to_which_all_was_told(case: str) -> None:
    earlier, told = GAP[case]
    assert told_until(earlier, listed_on=MONDAY + 4 * WEEK) == told


@pytest.mark.parametrize(
    ("not_read", "told"),
    [
        (("", "", ""), MONDAY + 2 * WEEK),
        (("", "US", "NL US"), MONDAY),
        (("", "US", ""), MONDAY + 2 * WEEK),
        (("US", "US", "US"), MONDAY - WEEK),
        (("", "USA", "USA"), MONDAY + 2 * WEEK),
    ],
)
def test_contracts_of_an_entity_are_told_from_the_last_digest_that_knew_them(
    not_read: Sequence[str], told: date
) -> None:
    earlier = [digest(week, not_read=codes) for week, codes in enumerate(not_read)]
    assert told_until(earlier, listed_on=MONDAY + 4 * WEEK, entity="US") == told


@pytest.mark.parametrize(
    ("kind", "days", "overdue"),
    [("dispute", -1, True), ("dispute", 0, False), ("grant", 0, True), ("grant", 1, False), ("benefit", 1, False)],
)
def test_an_answer_is_overdue_after_its_day_and_a_grant_on_the_first_day_without_it(
    kind: ReminderKind, days: int, *, overdue: bool
) -> None:
    each = Reminder(MONDAY + timedelta(days), "P1", kind, "X", "Company", "words")
    assert is_overdue(each, on=MONDAY) == overdue


def test_what_may_have_arrived_becomes_sendable_again_only_by_a_resend() -> None:
    """But for the mail server's own word after the dot that it did not take it: later."""
    assert set(NEXT_OF_DIGEST) == set(DIGEST_STATES)
    reached: set[DigestState] = set()
    resends = {(state, "approved") for state in RESENT}
    open_: list[DigestState] = ["accepted", "refused", "ambiguous"]
    while open_:
        state = open_.pop()
        reached.add(state)
        open_ += [to for to in NEXT_OF_DIGEST[state] if to not in reached and (state, to) not in resends]
    assert reached == set(RESENT)
    assert "approved" not in NEXT_OF_DIGEST["dot_pending"]
