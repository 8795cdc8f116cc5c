"""When a tier may change: at once, at a review, after months in a row, by one step (rule 1)."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.tier_changes import (
    Changes,
    DecidedMerit,
    Merit,
    confirmed,
    is_kept,
    last_merit,
    merit_after,
    stays_for,
    stays_words,
)

FIRST = BillingMonth(2026, 1)
AT_ONCE = Changes("monthly", "monthly")
PATIENT = Changes("monthly", "monthly", drop_after_months=3)
JANUARY_REVIEW = Changes("monthly", "review", (12,))
CHANGES = st.builds(
    Changes,
    st.sampled_from(("monthly", "review")),
    st.sampled_from(("monthly", "review", "never")),
    st.lists(st.integers(1, 12), min_size=1, max_size=12, unique=True).map(lambda months: tuple(sorted(months))),
    st.integers(1, 4),
    st.sampled_from(("any", "one")),
)
TIERS = st.lists(st.integers(0, 5), min_size=1, max_size=24)


def run(changes: Changes, *earned: int, first: BillingMonth = FIRST) -> list[Merit]:
    """The merit after each of some months in a row."""
    found, month, before = list[Merit](), first, None
    for tier in earned:
        before = merit_after(changes=changes, month=month, earned_tier=tier, before=before, highest_tier=5)
        found.append(before)
        month = month.following
    return found


def tiers(changes: Changes, *earned: int, first: BillingMonth = FIRST) -> list[int]:
    return [each.tier for each in run(changes, *earned, first=first)]


def test_the_first_assessment_is_what_it_earned() -> None:
    assert run(JANUARY_REVIEW, 3) == [Merit(3, 3)]


def test_a_drop_waits_for_three_months_in_a_row_and_a_good_month_begins_the_count_anew() -> None:
    assert tiers(PATIENT, 3, 2, 2, 3, 2, 1, 2) == [3, 3, 3, 3, 3, 3, 2]


def test_a_drop_goes_to_what_the_deciding_month_earned_or_one_step() -> None:
    assert tiers(PATIENT, 4, 2, 3, 1) == [4, 4, 4, 1]
    by_step = replace(PATIENT, drop_steps="one")
    assert tiers(by_step, 4, 2, 3, 1, 1, 1, 1) == [4, 4, 4, 3, 3, 3, 2]


def test_a_review_in_the_year_lowers_and_other_months_do_not() -> None:
    october = BillingMonth(2026, 10)
    assert tiers(JANUARY_REVIEW, 3, 2, 2, 1, 4, first=october) == [3, 3, 2, 2, 4]


def test_a_rise_may_wait_for_the_review_too() -> None:
    october = BillingMonth(2026, 10)
    both = Changes("review", "review", (12,))
    assert tiers(both, 2, 4, 3, 5, first=october) == [2, 2, 3, 3]


def test_a_review_with_patience_needs_both() -> None:
    patient = replace(JANUARY_REVIEW, drop_after_months=3)
    assert tiers(patient, 3, 2, 2, 2, first=BillingMonth(2026, 9)) == [3, 3, 3, 2]
    assert tiers(patient, 3, 3, 2, 2, first=BillingMonth(2026, 9)) == [3, 3, 3, 3], "only two in a row at the review"


def test_a_table_with_fewer_or_higher_first_tiers_takes_the_nearest() -> None:
    before = Merit(6, 6)
    after = merit_after(changes=AT_ONCE, month=FIRST, earned_tier=2, before=before, highest_tier=3)
    kept = merit_after(changes=PATIENT, month=FIRST, earned_tier=2, before=before, highest_tier=3)
    lowest = merit_after(
        changes=Changes("review", "never", (12,)),
        month=FIRST,
        earned_tier=1,
        before=Merit(0, 0),
        highest_tier=3,
        lowest_tier=1,
    )
    assert (after.tier, kept, lowest.tier) == (2, Merit(3, 2, 1), 1)


@given(TIERS)
def test_rules_that_let_everything_change_at_once_change_nothing(earned: list[int]) -> None:
    assert tiers(AT_ONCE, *earned) == earned


@given(CHANGES, TIERS)
def test_merit_never_leaves_what_was_earned_since_it_began(changes: Changes, earned: list[int]) -> None:
    for place, merit in enumerate(run(changes, *earned)):
        assert min(earned[: place + 1]) <= merit.tier <= max(earned[: place + 1])
        assert merit.months_below == 0 or merit.earned_tier < merit.tier


@given(CHANGES.map(lambda each: replace(each, drops="never")), TIERS)
def test_what_never_drops_never_drops(changes: Changes, earned: list[int]) -> None:
    found = tiers(changes, *earned)
    assert found == sorted(found)


@given(CHANGES.map(lambda each: replace(each, drop_steps="one")), TIERS)
def test_one_step_is_one_step(changes: Changes, earned: list[int]) -> None:
    found = tiers(changes, *earned)
    assert all(later >= sooner - 1 for sooner, later in pairwise(found))


@given(CHANGES, TIERS, st.integers(1, 4))
def test_more_patience_never_gives_a_lower_tier(changes: Changes, earned: list[int], more: int) -> None:
    by_all = replace(changes, drop_steps="any", drops="monthly", rises="monthly")
    patient = replace(by_all, drop_after_months=by_all.drop_after_months + more)
    if by_all.drop_after_months == 1:
        assert all(late >= soon for soon, late in zip(tiers(by_all, *earned), tiers(patient, *earned), strict=True))


def on_record(month: int, merit: Merit, sequence: int, **changed: object) -> DecidedMerit:
    base = DecidedMerit(BillingMonth(2026, month), merit, sequence, sequence, JANUARY_REVIEW, 5)
    return replace(base, **changed)  # type: ignore[arg-type]


def test_the_last_merit_is_that_of_the_newest_month() -> None:
    assert last_merit([on_record(11, Merit(3, 2, 1), 2), on_record(10, Merit(3, 3), 1)]) == Merit(3, 2, 1)
    assert last_merit([]) is None


def test_a_review_that_was_held_and_released_late_moves_the_months_after_it() -> None:
    """November stood in Tier 3; January was decided before December's review, which lowers to Tier 2."""
    november, december = on_record(11, Merit(3, 2, 1), 1), on_record(12, Merit(2, 2), 3)
    january = DecidedMerit(BillingMonth(2027, 1), Merit(3, 1, 2), 2, 2, JANUARY_REVIEW, 5)
    assert last_merit([november, december, january]) == Merit(2, 1, 1)
    in_order = [november, replace(december, written_in=2), replace(january, decided_in=3, written_in=3)]
    assert last_merit(in_order) == Merit(3, 1, 2)


def test_a_restated_month_follows_from_the_correction_of_the_month_before_too() -> None:
    """October was decided before September was corrected upwards, and is itself corrected after that.

    Its own correction was decided from what was known before: from the lower merit. The review of September is not
    lost by it.
    """
    september = on_record(9, Merit(3, 3), 1, written_in=3)
    october = on_record(10, Merit(2, 1, 1), 2, written_in=4)
    assert last_merit([september, october]) == Merit(3, 1, 1)
    november = on_record(11, Merit(3, 3), 5)
    assert last_merit([september, october, november]) == Merit(3, 3)


def test_a_confirmed_grace_period_is_not_lost_when_months_follow_again() -> None:
    late = on_record(1, Merit(1, 1), 5)
    held_on = on_record(2, Merit(3, 3), 2, changes=Changes("review", "review", (12,)), confirmed_tier=3)
    assert last_merit([late, held_on]) == Merit(3, 3)


def test_months_that_follow_again_know_the_first_tier_of_a_table_that_begins_at_nothing() -> None:
    """The late month was decided without a tier; the table of the month after it gives the first one to everybody."""
    late = on_record(1, Merit(0, 0), 5)
    after = on_record(2, Merit(1, 1), 2, changes=Changes("review", "never", (12,)), lowest_tier=1)
    assert last_merit([late, after]) == Merit(1, 1)


def test_a_partner_that_comes_back_begins_anew() -> None:
    assert last_merit([on_record(1, Merit(4, 4), 9), on_record(3, Merit(1, 1), 2, follows=False)]) == Merit(1, 1)


def test_a_confirmed_tier_is_merit_and_begins_its_own_count() -> None:
    assert confirmed(Merit(2, 4, 0), 4) == Merit(4, 4)
    assert confirmed(Merit(4, 2, 1), 3) == Merit(4, 2, 1)
    assert confirmed(Merit(4, 2, 1), 4) == Merit(4, 2, 1), "it is that tier already"


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (Merit(3, 3), Merit(3, 2, 1), "not"),
        (Merit(3, 2, 1), Merit(3, 3), "now"),
        (Merit(3, 2, 2), Merit(3, 2, 1), "still"),
        (Merit(3, 1, 2), Merit(3, 2, 1), "still"),
        (Merit(3, 4), Merit(3, 2, 1), "now"),
        (Merit(2, 1, 1), Merit(3, 1, 2), "now"),
        (None, None, "not"),
    ],
)
def test_a_kept_tier_is_told_once(now: Merit | None, before: Merit | None, expected: str) -> None:
    assert is_kept(now, before) == expected


def test_why_a_tier_stays_is_said_with_the_month_of_the_review() -> None:
    october = BillingMonth(2026, 10)
    never = Changes("monthly", "never")
    assert stays_words(JANUARY_REVIEW, Merit(3, 2, 1), october) == "stays until the review of 2026-12"
    assert stays_words(PATIENT, Merit(3, 2, 1), october) == "stays: 1 of 3 months in a row earned less"
    assert stays_words(never, Merit(3, 2, 1), october) == "a tier never drops"
    assert stays_words(Changes("review", "never", (3,)), Merit(2, 3), october) == (
        "a rise waits for the review of 2027-03"
    )
    assert stays_words(PATIENT, Merit(3, 3), october) == ""
    both = replace(JANUARY_REVIEW, drop_after_months=3)
    assert stays_words(both, Merit(3, 2, 2), october) == (
        "stays until the review of 2026-12; 2 of 3 months in a row earned less"
    )


def test_what_a_tier_that_stays_waits_for_has_a_key_that_letters_word() -> None:
    lower, rise = Merit(3, 2, 1), Merit(2, 3)
    asked = [
        (JANUARY_REVIEW, rise),
        (Changes("review", "never", (12,)), rise),
        (Changes("monthly", "never"), lower),
        (JANUARY_REVIEW, lower),
        (replace(JANUARY_REVIEW, drop_after_months=3), lower),
        (PATIENT, lower),
        (replace(PATIENT, drop_steps="one"), Merit(3, 2)),
    ]
    assert [stays_for(changes, merit) for changes, merit in asked] == [
        "review",
        "review",
        "never",
        "review",
        "review_after",
        "months",
        "step",
    ]


def test_a_month_is_reviewed_in_the_one_after_it() -> None:
    assert Changes("review", "review", (12, 3, 11)).months_of_reviews == (1, 4, 12)
    assert Changes("monthly", "monthly").months_of_reviews == ()
    quarters = Changes("monthly", "review", (3, 6, 9, 12))
    assert quarters.next_review(BillingMonth(2026, 12)) == BillingMonth(2027, 3), "the next, not this one"
    assert PATIENT.next_review(FIRST) is None


@pytest.mark.parametrize(
    "changes",
    [
        Changes("monthly", "monthly", drop_steps="one"),
        Changes("monthly", "monthly", drop_after_months=3, drop_steps="one"),
        Changes("monthly", "review", (10,), drop_after_months=2, drop_steps="one"),
    ],
)
def test_a_tier_that_has_just_dropped_one_step_counts_no_months(changes: Changes) -> None:
    october = BillingMonth(2026, 10)
    before = Merit(4, 2, changes.drop_after_months - 1)
    merit = merit_after(changes=changes, month=october, earned_tier=2, before=before, highest_tier=6)
    assert merit == Merit(3, 2, 0)
    assert stays_words(changes, merit, october) == "drops one tier at a time"
    assert stays_for(changes, merit) == "step"
