"""Which month may be assessed, and from which day: in order, without a gap, never backwards (rules 3 and 8)."""

from collections.abc import Collection
from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import (
    HISTORY,
    IN_FORCE,
    MonthStatus,
    check_acceptance_day,
    check_all_assessed,
    check_effective_date,
    check_follows,
    check_grant_day,
    check_release_day,
    check_request,
    check_someone_began,
    last_in_force_before,
    months_from_to,
    run_day,
)
from partner_program.domain.refusals import MissingMonth, Refusal

MAY, JUNE, JULY, AUGUST = (BillingMonth(2015, month) for month in (5, 6, 7, 8))
GO_LIVE, AUGUST_3, AUGUST_20 = date(2015, 7, 27), date(2015, 8, 3), date(2015, 8, 20)


def follows(
    month: BillingMonth,
    assessed: dict[BillingMonth, MonthStatus],
    *,
    history: bool = False,
    on: date = AUGUST_20,
    last: date = GO_LIVE,
    empty: Collection[BillingMonth] = (),
) -> None:
    """Ask for a month beside those `assessed`: the `empty` ones held everybody, all others decided on `last`."""
    decided = {each: last for each, status in assessed.items() if status == IN_FORCE and each not in empty}
    check_follows(month=month, history=history, assessed=assessed, decided=decided, effective_on=on)


# The requested effective date


@pytest.mark.parametrize(
    ("month", "day", "allowed"),
    [
        (BillingMonth(2015, 6), date(2015, 6, 30), False),
        (BillingMonth(2015, 6), date(2015, 7, 1), True),
        (BillingMonth(2016, 2), date(2016, 2, 28), False),
        (BillingMonth(2016, 2), date(2016, 2, 29), False),
        (BillingMonth(2016, 2), date(2016, 3, 1), True),
        (BillingMonth(2015, 12), date(2015, 1, 31), False),
    ],
)
def test_rates_take_effect_on_a_day_after_the_month_has_ended(month: BillingMonth, day: date, allowed: bool) -> None:
    if allowed:
        check_effective_date(month=month, effective_on=day)
        return
    with pytest.raises(Refusal, match=f"effective date {day}: month {month} ends on"):
        check_effective_date(month=month, effective_on=day)


@pytest.mark.parametrize("today", [date(2015, 6, 29), date(2015, 6, 30)])
def test_a_month_has_not_ended_on_its_last_day(today: date) -> None:
    with pytest.raises(Refusal, match="month 2015-06 has not ended: it ends on 2015-06-30"):
        check_request(month=JUNE, history=False, effective_on=None, today=today)


def test_a_month_may_be_assessed_on_the_day_after_it_has_ended() -> None:
    check_request(month=JUNE, history=False, effective_on=None, today=date(2015, 7, 1))
    check_request(month=JUNE, history=True, effective_on=None, today=date(2015, 7, 1))


def test_a_requested_effective_date_lies_after_the_month_and_before_or_after_today() -> None:
    for day in (date(2015, 7, 1), GO_LIVE, date(2016, 1, 1)):
        check_request(month=JUNE, history=False, effective_on=day, today=GO_LIVE)
    with pytest.raises(Refusal, match="effective date 2015-06-30: month 2015-06 ends on 2015-06-30"):
        check_request(month=JUNE, history=False, effective_on=date(2015, 6, 30), today=GO_LIVE)


def test_history_has_no_effective_date() -> None:
    with pytest.raises(Refusal, match="history only has no effective date"):
        check_request(month=JUNE, history=True, effective_on=GO_LIVE, today=GO_LIVE)


# The day from which rates hold


def day_of_run(
    *,
    history: bool = False,
    written_down: date | None = None,
    effective_on: date | None = None,
    own: date | None = None,
) -> date:
    return run_day(
        month=JUNE,
        history=history,
        written_down=written_down,
        effective_on=effective_on,
        own_effective_on=own,
        today=AUGUST_20,
    )


def test_rates_hold_from_today_where_nobody_names_a_day() -> None:
    assert day_of_run() == AUGUST_20


def test_a_requested_day_is_preferred_to_today() -> None:
    assert day_of_run(effective_on=AUGUST_3) == AUGUST_3
    assert day_of_run(effective_on=AUGUST_3, own=GO_LIVE) == AUGUST_3


def test_a_release_is_not_backdated_by_itself_and_not_ahead_of_the_months_own_day() -> None:
    for own in (GO_LIVE, date(2015, 8, 19), AUGUST_20):
        assert day_of_run(own=own) == AUGUST_20
    assert day_of_run(own=date(2015, 8, 21)) == date(2015, 8, 21)


def test_a_day_that_is_recorded_stays_whatever_is_requested() -> None:
    assert day_of_run(written_down=GO_LIVE) == GO_LIVE
    assert day_of_run(written_down=GO_LIVE, effective_on=AUGUST_3) == GO_LIVE


def test_history_is_looked_at_on_the_last_day_of_the_month() -> None:
    assert day_of_run(history=True) == JUNE.last_day


# The first month


@pytest.mark.parametrize("assessed", [{}, {MAY: HISTORY, JUNE: HISTORY}])
def test_the_schedule_does_not_begin_while_no_month_is_in_force(assessed: dict[BillingMonth, MonthStatus]) -> None:
    with pytest.raises(Refusal, match="no month is in force yet, and the schedule never starts the first one"):
        check_someone_began(assessed=assessed)


def test_the_schedule_goes_on_from_the_first_month_in_force() -> None:
    check_someone_began(assessed={MAY: HISTORY, JUNE: IN_FORCE})


def test_any_month_may_be_the_first_one() -> None:
    follows(JUNE, {})
    follows(JUNE, {MAY: HISTORY, JULY: HISTORY})


# One month after another


def test_the_next_month_follows() -> None:
    follows(JULY, {JUNE: IN_FORCE})


def test_january_follows_december() -> None:
    follows(BillingMonth(2016, 1), {BillingMonth(2015, 12): IN_FORCE})


@pytest.mark.parametrize(
    ("month", "assessed"), [(AUGUST, [JUNE]), (BillingMonth(2016, 7), [JUNE]), (AUGUST, [MAY, JUNE])]
)
def test_a_gap_is_refused_by_the_name_of_the_month_that_is_missing(
    month: BillingMonth, assessed: list[BillingMonth]
) -> None:
    with pytest.raises(MissingMonth, match=f"^month 2015-07 has to be assessed before {month}$"):
        follows(month, dict.fromkeys(assessed, IN_FORCE))


def test_a_month_before_the_first_one_in_force_can_only_be_history() -> None:
    with pytest.raises(Refusal, match="month 2015-06 is in force already: an earlier month can only be history"):
        follows(MAY, {JULY: IN_FORCE, JUNE: IN_FORCE})
    follows(MAY, {JUNE: IN_FORCE}, history=True)


@pytest.mark.parametrize("month", [JUNE, JULY])
def test_a_month_in_force_may_be_run_again_whatever_its_place_and_the_day(month: BillingMonth) -> None:
    follows(month, {JUNE: IN_FORCE, JULY: IN_FORCE}, on=GO_LIVE, last=AUGUST_20)


# A month in force that has held everybody so far decides nothing


def test_an_earlier_month_takes_force_beside_one_that_held_everybody_on_any_day() -> None:
    for month in (MAY, JUNE, JULY):
        follows(month, {AUGUST: IN_FORCE}, empty=[AUGUST], on=GO_LIVE, last=AUGUST_20)


def test_it_is_a_month_that_decided_something_that_an_earlier_one_is_too_late_for() -> None:
    with pytest.raises(Refusal, match="month 2015-08 is in force already: an earlier month can only be history"):
        follows(JUNE, {JULY: IN_FORCE, AUGUST: IN_FORCE}, empty=[JULY])
    with pytest.raises(Refusal, match="month 2015-07 is in force already: an earlier month can only be history"):
        follows(JUNE, {JULY: IN_FORCE, AUGUST: IN_FORCE}, empty=[AUGUST])


def test_a_month_that_held_everybody_fills_its_gap_and_asks_for_those_after_it() -> None:
    follows(JULY, {MAY: IN_FORCE, JUNE: IN_FORCE}, empty=[JUNE])
    follows(JULY, {JUNE: IN_FORCE}, empty=[JUNE])
    with pytest.raises(MissingMonth, match="month 2015-07 has to be assessed before 2015-08"):
        follows(AUGUST, {JUNE: IN_FORCE}, empty=[JUNE])


@pytest.mark.parametrize("month", [JULY, AUGUST])
def test_a_gap_before_a_month_that_held_everybody_is_named(month: BillingMonth) -> None:
    with pytest.raises(MissingMonth, match=f"month 2015-06 has to be assessed before {month}"):
        follows(month, {MAY: IN_FORCE, JULY: IN_FORCE}, empty=[JULY])
    follows(JUNE, {MAY: IN_FORCE, JULY: IN_FORCE}, empty=[JULY])


def test_a_month_that_held_everybody_is_released_after_later_months_and_not_before_the_day_of_an_earlier_one() -> None:
    follows(JULY, {JUNE: IN_FORCE, JULY: IN_FORCE, AUGUST: IN_FORCE}, empty=[JULY], on=AUGUST_3, last=AUGUST_3)
    with pytest.raises(Refusal, match="effective date 2015-08-02: the month before took force on 2015-08-03"):
        follows(JULY, {JUNE: IN_FORCE, JULY: IN_FORCE}, empty=[JULY], on=date(2015, 8, 2), last=AUGUST_3)
    follows(JULY, {JULY: IN_FORCE, AUGUST: IN_FORCE}, empty=[JULY], on=GO_LIVE, last=AUGUST_3)


def test_a_month_that_held_everybody_is_not_made_history() -> None:
    with pytest.raises(Refusal, match="month 2015-06 is in force: it cannot be made history"):
        follows(JUNE, {JUNE: IN_FORCE}, empty=[JUNE], history=True)


# History is outside the order


def test_history_leaves_no_gap() -> None:
    follows(JUNE, {BillingMonth(2015, 3): HISTORY})


def test_history_fills_no_gap() -> None:
    with pytest.raises(MissingMonth, match="month 2015-07 has to be assessed before 2015-08"):
        follows(AUGUST, {JUNE: IN_FORCE, JULY: HISTORY})


def test_history_may_be_taken_of_any_month_that_is_not_in_force_whatever_the_day() -> None:
    for month in (MAY, JULY, BillingMonth(2016, 12)):
        follows(month, {JUNE: IN_FORCE}, history=True, on=date(2015, 5, 31), last=AUGUST_20)


def test_a_month_that_was_history_may_take_force_in_its_place() -> None:
    follows(JULY, {JUNE: IN_FORCE, JULY: HISTORY})


def test_a_month_in_force_cannot_be_made_history() -> None:
    with pytest.raises(Refusal, match="month 2015-06 is in force: it cannot be made history"):
        follows(JUNE, {JUNE: IN_FORCE}, history=True)


def test_the_month_before_is_the_last_one_in_force() -> None:
    assessed: dict[BillingMonth, MonthStatus] = {MAY: IN_FORCE, JUNE: IN_FORCE, JULY: HISTORY, AUGUST: IN_FORCE}
    assert last_in_force_before(month=AUGUST, assessed=assessed) == JUNE
    assert last_in_force_before(month=JUNE, assessed=assessed) == MAY
    assert last_in_force_before(month=MAY, assessed=assessed) is None


# No day backwards


@pytest.mark.parametrize("day", [AUGUST_3, date(2015, 8, 4)])
def test_a_month_may_take_force_on_the_day_of_the_month_before_or_later(day: date) -> None:
    follows(JULY, {JUNE: IN_FORCE}, on=day, last=AUGUST_3)


def test_a_month_does_not_take_force_on_the_day_before_the_month_before_did() -> None:
    with pytest.raises(Refusal, match="effective date 2015-08-02: the month before took force on 2015-08-03"):
        follows(JULY, {JUNE: IN_FORCE}, on=date(2015, 8, 2), last=AUGUST_3)


def release(on: date, *, own: date | None = AUGUST_3, last: date | None = AUGUST_20) -> None:
    """Release a partner of July after August took force on the day `last`; July itself decided something later."""
    decided = {JULY: date(2015, 9, 1)} | ({AUGUST: last} if last else {})
    check_release_day(month=JULY, effective_on=on, own_effective_on=own, decided=decided)


@pytest.mark.parametrize("day", [AUGUST_3, date(2015, 8, 4), AUGUST_20, date(2015, 8, 21)])
def test_a_held_partner_is_released_on_the_months_own_day_or_later(day: date) -> None:
    release(day)


def test_a_held_partner_is_not_released_on_the_day_before_the_months_own() -> None:
    with pytest.raises(Refusal, match="effective date 2015-08-02: another month took force on 2015-08-20"):
        release(date(2015, 8, 2))


def test_a_month_that_has_no_day_yet_takes_force_after_all_others() -> None:
    release(AUGUST_20, own=None)
    with pytest.raises(Refusal, match="effective date 2015-08-19: another month took force on 2015-08-20"):
        release(date(2015, 8, 19), own=None)


def test_the_only_month_may_release_a_partner_on_any_day() -> None:
    release(GO_LIVE, last=None)
    release(GO_LIVE, own=None, last=None)


@pytest.mark.parametrize("last", [None, AUGUST_3, date(2015, 8, 2)])
def test_a_restatement_is_accepted_from_the_day_of_the_last_decided_rate_or_later(last: date | None) -> None:
    check_acceptance_day(partner_id="P1", effective_on=AUGUST_3, last_decided_on=last)


def test_a_restatement_is_not_accepted_from_the_day_before_a_decided_rate() -> None:
    with pytest.raises(Refusal, match="effective date 2015-08-03: partner P1 has a rate decided on 2015-08-04"):
        check_acceptance_day(partner_id="P1", effective_on=AUGUST_3, last_decided_on=date(2015, 8, 4))


@pytest.mark.parametrize("last", [None, date(2015, 8, 2)])
def test_a_grant_begins_after_the_last_day_that_is_decided(last: date | None) -> None:
    check_grant_day(partner_id="P1", starts_on=AUGUST_3, last_decided_on=last)


@pytest.mark.parametrize("last", [AUGUST_3, date(2015, 8, 4)])
def test_a_grant_does_not_begin_on_a_day_that_is_decided(last: date) -> None:
    with pytest.raises(Refusal, match=f"partner P1 has a rate decided on {last}: rates are never changed backwards"):
        check_grant_day(partner_id="P1", starts_on=AUGUST_3, last_decided_on=last)


# Months that are looked at again


def test_months_from_one_to_another_are_in_order_over_the_turn_of_the_year() -> None:
    months = [BillingMonth(2015, 11), BillingMonth(2015, 12), BillingMonth(2016, 1)]
    assert months_from_to(first=months[0], last=months[-1]) == months
    assert months_from_to(first=JUNE, last=JUNE) == [JUNE]


def test_months_are_named_the_earlier_one_first() -> None:
    with pytest.raises(Refusal, match="month 2015-07 is after 2015-06: name the earlier month first"):
        months_from_to(first=JULY, last=JUNE)


def test_months_that_were_not_assessed_are_refused_by_their_names() -> None:
    check_all_assessed(months=[MAY, JUNE], assessed=[JUNE, MAY])
    with pytest.raises(MissingMonth, match=r"^not assessed: 2015-06, 2015-08; "):
        check_all_assessed(months=[MAY, JUNE, JULY, AUGUST], assessed=[MAY, JULY])


@pytest.mark.parametrize(
    ("last", "named"), [(4, "2016-04; "), (5, "2016-04 and 1 more; "), (6, "2016-04 and 2 more; ")]
)
def test_of_many_missing_months_twelve_are_named_and_the_rest_is_counted(last: int, named: str) -> None:
    months = months_from_to(first=MAY, last=BillingMonth(2016, last))
    with pytest.raises(MissingMonth, match=f"not assessed: 2015-05, .*{named}"):
        check_all_assessed(months=months, assessed=[])
