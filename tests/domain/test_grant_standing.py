"""Where a grant stands: what it needs, which months can still confirm it, and whether they can."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import (
    GrantOutcome,
    GrantStanding,
    deciding_months,
    first_days_after,
    months_words,
    settle_grants,
    standing_of_grant,
    verdict_words,
)
from partner_program.domain.registry import GraceGrant
from tests.domain.made_month import PROGRAM, grant, partner

MAY, JUNE, JULY, AUGUST = (BillingMonth(2015, number) for number in (5, 6, 7, 8))
SUMMER = grant(3, date(2015, 6, 1), date(2015, 9, 1))
AUGUST_3 = date(2015, 8, 3)
THRESHOLD = 5_000_00  # of Tier 3


def stands(
    given: GraceGrant = SUMMER,
    counted: Mapping[BillingMonth, int] | None = None,
    *,
    in_force: tuple[BillingMonth, ...] = (JUNE,),
    outcome: tuple[BillingMonth, GrantOutcome] | None = None,
    on: date = AUGUST_3,
    status: str = "authorized",
) -> GrantStanding:
    return standing_of_grant(
        grant=given,
        partner=partner(status=status),
        program=PROGRAM,
        counted=counted or {},
        in_force=in_force,
        outcome=outcome,
        on=on,
    )


def test_exactly_the_months_that_settling_confirms_can_decide() -> None:
    first = date(2015, 12, 28)
    months = [BillingMonth(2015, 12), *(BillingMonth(2016, number) for number in range(1, 5))]
    for starts in range(8):
        for length in range(1, 70):
            given = grant(3, first + timedelta(starts), first + timedelta(starts + length))
            confirming = [
                month
                for month in months
                for each in settle_grants(
                    grants=[given],
                    month=month,
                    effective_on=month.following.first_day,
                    earned_tier=3,
                    highest_tier=6,
                ).grants
                if each.outcome == "confirmed"
            ]
            assert list(deciding_months(given)) == confirming


@pytest.mark.parametrize("starts", [date(2015, 11, 1), date(2015, 11, 29), date(2015, 11, 30), date(2015, 12, 1)])
def test_each_offered_end_adds_one_month_that_can_confirm_the_grant(starts: date) -> None:
    offered = first_days_after(starts, 4)
    for place, (ends, _) in enumerate(offered, start=1):
        assert list(deciding_months(grant(3, starts, ends))) == [each for _, each in offered[:place]]


def test_a_grant_to_the_last_day_of_all_has_an_end() -> None:
    *_, last = deciding_months(grant(1, date(9999, 11, 30), date.max))
    assert last == BillingMonth(9999, 11)


@pytest.mark.parametrize(
    ("counted", "verdict", "short"), [(THRESHOLD - 1, "short", 1), (THRESHOLD, "reached", None), (-1, "short", 500001)]
)
def test_a_cent_below_the_threshold_is_short_by_it(counted: int, verdict: str, short: int | None) -> None:
    found = stands(counted={JUNE: counted})
    assert (found.verdict, found.short_by_eur_cents, found.needed_eur_cents) == (verdict, short, THRESHOLD)
    assert found.months_left == (JULY, AUGUST)


def test_what_was_counted_last_is_told_and_not_what_was_most() -> None:
    found = stands(counted={MAY: 9_000_00, JUNE: 1_000_00}, in_force=(MAY, JUNE))
    assert (found.counted_month, found.counted_eur_cents) == (JUNE, 1_000_00)
    assert verdict_words(found) == "short by 4,000.00 EUR"


def test_nothing_counted_is_no_zero() -> None:
    found = stands(in_force=())
    assert (found.verdict, found.short_by_eur_cents, found.counted_eur_cents) == ("not_counted", None, None)
    assert found.months_left == (JUNE, JULY, AUGUST)


def test_a_month_that_held_the_partner_can_still_confirm() -> None:
    assert stands(counted={JUNE: 0}, in_force=(JUNE, JULY)).months_left == (JULY, AUGUST)


def test_a_month_before_the_first_in_force_confirms_nothing_any_more() -> None:
    found = stands(grant(3, date(2015, 5, 1), date(2015, 6, 1)), in_force=(JUNE,))
    assert (found.months_left, found.verdict) == ((), "cannot")


def test_a_grant_over_no_last_day_of_a_month_cannot_be_confirmed_however_much_was_counted() -> None:
    found = stands(grant(3, date(2015, 8, 1), date(2015, 8, 31)), counted={JUNE: 9_000_00})
    assert (found.months_left, found.verdict, verdict_words(found)) == ((), "cannot", "cannot any more")


def test_a_grant_whose_months_have_all_decided_cannot_any_more() -> None:
    found = stands(grant(3, date(2015, 6, 1), date(2015, 7, 31)), counted={JUNE: 1})
    assert (found.months_left, found.verdict) == ((), "cannot")


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2015, 5, 31), "upcoming"),
        (date(2015, 6, 1), "in_force"),
        (date(2015, 8, 31), "in_force"),
        (date(2015, 9, 1), "ended"),
    ],
)
def test_the_day_says_whether_an_open_grant_has_begun_or_ended(on: date, state: str) -> None:
    assert stands(on=on).state == state


def test_a_settled_grant_has_its_outcome_and_no_verdict() -> None:
    found = stands(counted={JUNE: 1, JULY: THRESHOLD}, outcome=(JULY, "confirmed"), on=date(2016, 1, 1))
    assert (found.state, found.settled_by, found.verdict, found.months_left) == ("confirmed", JULY, None, ())
    assert verdict_words(found) == "confirmed with 2015-07"


def test_a_grant_above_the_table_needs_its_highest_tier() -> None:
    shorter = replace(PROGRAM, tiers=PROGRAM.tiers[:3])
    found = standing_of_grant(
        grant=grant(6, date(2015, 6, 1), date(2015, 9, 1)),
        partner=partner(),
        program=shorter,
        counted={JUNE: THRESHOLD},
        in_force=[JUNE],
        outcome=None,
        on=AUGUST_3,
    )
    assert (found.needed_eur_cents, found.verdict) == (THRESHOLD, "reached")


def test_an_ended_grant_names_the_earlier_month_that_would_let_it_lapse_first() -> None:
    given = grant(3, date(2015, 7, 15), date(2015, 8, 20))
    late = stands(given, in_force=(MAY,), counted={MAY: THRESHOLD}, on=date(2015, 8, 20))
    assert (late.months_left, late.lapses_with) == ((JULY,), JUNE)
    settled = settle_grants(
        grants=[given], month=JUNE, effective_on=date(2015, 8, 20), earned_tier=6, highest_tier=6
    ).grants
    assert [each.outcome for each in settled] == ["lapsed"]
    assert verdict_words(late) == "reached; lapses with 2015-06, unless that is run from a day before 2015-08-20"
    assert stands(given, in_force=(MAY,), counted={MAY: THRESHOLD}, on=date(2015, 8, 19)).lapses_with is None
    assert stands(given, in_force=(JUNE,), counted={JUNE: THRESHOLD}, on=date(2015, 8, 20)).lapses_with is None


def test_words_tell_that_no_month_counts_a_suspended_partner() -> None:
    found = stands(counted={JUNE: THRESHOLD}, status="suspended")
    assert verdict_words(found) == "reached; the partner is suspended: no month counts it"


def test_a_long_row_of_months_is_told_by_its_ends() -> None:
    assert months_words(()) == "none"
    assert months_words((JULY, AUGUST)) == "2015-07, 2015-08"
    assert months_words(stands(in_force=()).months_left) == "2015-06 to 2015-08 (3)"
