"""Which month may be assessed, and from which day its rates may hold (rules 3 and 8).

Months are assessed in order, and no effective date lies before one that was used already. A month that is history only
decides nothing for other months, so it may be assessed at any time. A month in force that has held everybody so far
decides nothing either: an earlier month may take force beside it, and it takes its own place when it is run again.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import first_names
from partner_program.domain.refusals import MissingMonth, Refusal

MonthStatus = Literal["in_force", "history"]
IN_FORCE: MonthStatus = "in_force"
HISTORY: MonthStatus = "history"
NAMED = 12  # how many months a refusal names; it counts the rest


def check_request(*, month: BillingMonth, history: bool, effective_on: date | None, today: date) -> None:
    """Refuse a month that has not ended, or an effective date that does not fit it.

    `effective_on` is the day that was asked for; without one, rates hold from `today`.
    """
    if history and effective_on is not None:
        raise Refusal("a month that is history only has no effective date: drop one of the two")
    if month.last_day >= today:
        raise Refusal(f"month {month} has not ended: it ends on {month.last_day}")
    if not history:
        check_effective_date(month=month, effective_on=effective_on or today)


def check_effective_date(*, month: BillingMonth, effective_on: date) -> None:
    """Refuse an effective date before the month has ended (rule 3)."""
    if effective_on <= month.last_day:
        raise Refusal(f"effective date {effective_on}: month {month} ends on {month.last_day}; choose a day after it")


def run_day(
    *,
    month: BillingMonth,
    history: bool,
    written_down: date | None,
    effective_on: date | None,
    own_effective_on: date | None,
    today: date,
) -> date:
    """The day from which a run's new rates hold; for a month that is history only, its last day.

    `written_down` is the day recorded with the month, given only where every partner has its day already. It stays,
    whatever day is asked for later: there is no partner left to choose a day for.
    """
    if history:
        return month.last_day
    return written_down or release_day(effective_on=effective_on, own_effective_on=own_effective_on, today=today)


def release_day(*, effective_on: date | None, own_effective_on: date | None, today: date) -> date:
    """The day from which the rates of partners hold that a month decides now: the one asked for, else today.

    Rates are never backdated unless a person names the day (rule 3), so a run that releases held partners does not take
    the month's own day by itself. Where that day is still to come, it is theirs too: nobody gets a rate ahead of it.
    """
    return effective_on or max(today, own_effective_on or today)


def check_someone_began(*, assessed: Mapping[BillingMonth, MonthStatus]) -> None:
    """Refuse a month that nobody asked for while none is in force: a person starts the first one, not the schedule."""
    if IN_FORCE not in assessed.values():
        raise Refusal(
            "no month is in force yet, and the schedule never starts the first one: "
            "start the migration, or this DAG with the first month as billing_month"
        )


def check_follows(
    *,
    month: BillingMonth,
    history: bool,
    assessed: Mapping[BillingMonth, MonthStatus],
    decided: Mapping[BillingMonth, date],
    effective_on: date,
) -> None:
    """Refuse a month out of order; a gap is refused by the name of the month that is missing (rule 8).

    `decided` are the months in force that assigned somebody or wrote a rate, each with its latest effective date. Such
    a month may be run again whatever its place; the others in force fill a gap and stand in no month's way.
    Raises `MissingMonth` for a gap.
    """
    in_force = [each for each, status in assessed.items() if status == IN_FORCE]
    if history and month in in_force:
        raise Refusal(f"month {month} is in force: it cannot be made history")
    if history or month in decided:
        return
    _check_no_gap(month=month, in_force=in_force)
    later = [each for each in decided if each > month]
    if later and month not in in_force:
        raise Refusal(f"month {min(later)} is in force already: an earlier month can only be history (--history)")
    before = max((day for each, day in decided.items() if each < month), default=None)
    if before is not None and effective_on < before:
        raise Refusal(
            f"effective date {effective_on}: the month before took force on {before}; choose that day or a later one"
        )


def _check_no_gap(*, month: BillingMonth, in_force: Collection[BillingMonth]) -> None:
    """Refuse a month if one is missing between it and the first in force before it."""
    following = min(in_force, default=month)
    while following < month:
        if following not in in_force:
            raise MissingMonth(f"month {following} has to be assessed before {month}")
        following = following.following


def last_in_force_before(*, month: BillingMonth, assessed: Mapping[BillingMonth, MonthStatus]) -> BillingMonth | None:
    """The last month in force before this one; None for the first."""
    earlier = (each for each, status in assessed.items() if status == IN_FORCE and each < month)
    return max(earlier, default=None)


def check_release_day(
    *, month: BillingMonth, effective_on: date, own_effective_on: date | None, decided: Mapping[BillingMonth, date]
) -> None:
    """Refuse to decide partners from a day before the month's own day and before another month's.

    `own_effective_on` is the day from which the month first took force, None where it has not yet; `decided` are the
    months that decided something, each with its latest day. Partners that were held get the month's own day, also
    where another month took force after it; a partner that a later month has assigned keeps the later rate anyway.
    """
    others = max((day for each, day in decided.items() if each != month), default=None)
    if others is None or effective_on >= others:
        return
    if own_effective_on is None or effective_on < own_effective_on:
        raise Refusal(
            f"effective date {effective_on}: another month took force on {others}; choose that day or a later one"
        )


def check_acceptance_day(*, partner_id: str, effective_on: date, last_decided_on: date | None) -> None:
    """Refuse to accept a restatement from a day before the partner's last decided one: rates never go backwards."""
    if last_decided_on is not None and effective_on < last_decided_on:
        raise Refusal(
            f"effective date {effective_on}: partner {partner_id} has a rate decided on {last_decided_on}; "
            "choose a later day"
        )


def check_grant_day(*, partner_id: str, starts_on: date, last_decided_on: date | None) -> None:
    """Refuse a grant on demand that begins on or before the partner's last decided day: that day has its rate."""
    if last_decided_on is not None and starts_on <= last_decided_on:
        raise Refusal(
            f"partner {partner_id} has a rate decided on {last_decided_on}: rates are never changed backwards, "
            "choose a later day"
        )


def months_from_to(*, first: BillingMonth, last: BillingMonth) -> list[BillingMonth]:
    """Every month from `first` to `last`, in order."""
    if first > last:
        raise Refusal(f"month {first} is after {last}: name the earlier month first")
    months = [first]
    while months[-1] < last:
        months.append(months[-1].following)
    return months


def check_all_assessed(*, months: Sequence[BillingMonth], assessed: Collection[BillingMonth]) -> None:
    """Refuse to simulate months that were not assessed; the message names them."""
    missing = [str(month) for month in months if month not in assessed]
    if missing:
        raise MissingMonth(f"not assessed: {first_names(missing, NAMED)}; only settled months can be simulated")
