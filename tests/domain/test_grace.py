"""A grace period lifts a partner for a time, and is confirmed or lapses once (rule 5).

"If they meet the criteria for the new tier within a certain period of time, their eligibility to stay there will be
confirmed."
"""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import GraceSettlement, settle_grants, tier_with_grants
from partner_program.domain.registry import GraceGrant
from tests.domain.made_month import grant

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)
FEBRUARY = BillingMonth(2016, 2)
AUGUST_3 = date(2015, 8, 3)


def settle(
    *grants: GraceGrant, month: BillingMonth = JULY, on: date = AUGUST_3, earned: int = 0, highest: int = 6
) -> GraceSettlement:
    return settle_grants(grants=grants, month=month, effective_on=on, earned_tier=earned, highest_tier=highest)


def outcomes(settlement: GraceSettlement) -> dict[str, str | None]:
    return {each.grant.grant_id: each.outcome for each in settlement.grants}


# Confirmed: the month's last day lies in the grant and the tier is earned


@pytest.mark.parametrize(("earned", "outcome"), [(2, None), (3, "confirmed"), (4, "confirmed")])
def test_the_granted_tier_itself_is_enough_to_keep_it(earned: int, outcome: str | None) -> None:
    assert outcomes(settle(grant(3, date(2015, 7, 1), date(2015, 12, 1)), earned=earned)) == {"G1": outcome}


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "outcome"),
    [
        (date(2015, 7, 31), date(2015, 8, 1), "confirmed"),  # the last day alone
        (date(2015, 7, 1), date(2015, 7, 31), "lapsed"),  # ended the day before: the end is exclusive
        (date(2015, 8, 1), date(2015, 9, 1), None),  # began the day after: this month says nothing about it
    ],
)
def test_the_last_day_of_the_month_has_to_lie_in_the_grant(starts_on: date, ends_on: date, outcome: str | None) -> None:
    assert outcomes(settle(grant(2, starts_on, ends_on), earned=2)) == {"G1": outcome}


def test_a_grant_that_covered_29_february_is_confirmed_by_that_month_and_one_until_it_is_not() -> None:
    on = date(2016, 3, 2)
    until_leap_day = grant(2, date(2015, 12, 1), date(2016, 2, 29), grant_id="G1")
    over_leap_day = grant(2, date(2015, 12, 1), date(2016, 3, 1), grant_id="G2")
    from_leap_day = grant(2, date(2016, 2, 29), date(2016, 5, 29), grant_id="G3")
    found = settle(until_leap_day, over_leap_day, from_leap_day, month=FEBRUARY, on=on, earned=2)
    assert outcomes(found) == {"G1": "lapsed", "G2": "confirmed", "G3": "confirmed"}


def test_a_confirmed_grant_lifts_no_more_because_merit_decides() -> None:
    found = settle(grant(3, date(2015, 7, 1), date(2015, 12, 1)), earned=3)
    assert (found.granted_tier, found.granted_by) == (None, None)


def test_a_grant_may_be_confirmed_by_the_month_in_which_it_ended_even_when_the_run_is_late() -> None:
    """The month's last day counts, not the day of the run, so that a late entity costs nobody a grace period."""
    found = settle(grant(3, date(2015, 5, 1), date(2015, 8, 1)), on=date(2015, 10, 20), earned=3)
    assert outcomes(found) == {"G1": "confirmed"}


# Lapsed: it has ended by the effective date


@pytest.mark.parametrize(
    ("ends_on", "outcome", "lifts_to"),
    [(date(2015, 8, 2), "lapsed", None), (date(2015, 8, 3), "lapsed", None), (date(2015, 8, 4), None, 3)],
)
def test_a_grant_that_ends_on_the_effective_date_has_lapsed_because_its_end_is_exclusive(
    ends_on: date, outcome: str | None, lifts_to: int | None
) -> None:
    found = settle(grant(3, date(2015, 6, 1), ends_on), earned=1)
    assert outcomes(found) == {"G1": outcome}
    assert found.granted_tier == lifts_to


def test_a_grant_from_months_that_nobody_ran_lapses_once_in_the_next_run() -> None:
    skipped = grant(4, date(2015, 2, 1), date(2015, 4, 1))
    assert outcomes(settle(skipped, earned=6)) == {"G1": "lapsed"}


# Open: it lifts while the effective date lies in it


@pytest.mark.parametrize(
    ("starts_on", "told", "lifts_to"),
    [(date(2015, 8, 2), True, 3), (date(2015, 8, 3), True, 3), (date(2015, 8, 4), False, None)],
)
def test_a_grant_lifts_from_its_first_day_and_is_not_announced_before(
    starts_on: date, told: bool, lifts_to: int | None
) -> None:
    found = settle(grant(3, starts_on, date(2015, 12, 1)))
    assert outcomes(found) == ({"G1": None} if told else {})
    assert found.granted_tier == lifts_to


def test_the_highest_open_grant_lifts() -> None:
    low = grant(2, date(2015, 7, 1), date(2015, 12, 1), grant_id="G1")
    high = grant(5, date(2015, 7, 1), date(2015, 9, 1), grant_id="G2")
    for both in ((low, high), (high, low)):
        found = settle(*both)
        assert (found.granted_tier, found.granted_by) == (5, "G2")
        assert outcomes(found) == {"G1": None, "G2": None}


def test_of_two_grants_one_may_be_confirmed_while_the_higher_stays_open() -> None:
    low = grant(2, date(2015, 7, 1), date(2015, 12, 1), grant_id="G1")
    high = grant(5, date(2015, 7, 1), date(2015, 12, 1), grant_id="G2")
    found = settle(low, high, earned=3)
    assert outcomes(found) == {"G1": "confirmed", "G2": None}
    assert (found.granted_tier, found.granted_by) == (5, "G2")


@pytest.mark.parametrize(
    ("day", "settled", "tier"),
    [
        (date(2015, 7, 31), (), 1),  # before both
        (date(2015, 8, 1), (), 2),
        (date(2015, 8, 15), (), 5),
        (date(2015, 9, 14), (), 5),
        (date(2015, 9, 15), (), 2),  # the higher one is over
        (date(2015, 8, 20), ("G2",), 2),
        (date(2015, 8, 20), ("G1", "G2"), 1),
    ],
)
def test_on_any_day_the_highest_grant_in_force_that_is_not_settled_lifts(
    day: date, settled: tuple[str, ...], tier: int
) -> None:
    low = grant(2, date(2015, 8, 1), date(2015, 12, 1), grant_id="G1")
    high = grant(5, date(2015, 8, 15), date(2015, 9, 15), grant_id="G2")
    for both in ((low, high), (high, low)):
        assert tier_with_grants(earned_tier=1, open_grants=both, settled=settled, day=day) == tier


def test_when_the_highest_grant_ends_the_one_below_it_lifts() -> None:
    low = grant(2, date(2015, 6, 1), date(2015, 12, 1), grant_id="G1")
    high = grant(5, date(2015, 6, 1), date(2015, 8, 3), grant_id="G2")
    found = settle(high, low)
    assert outcomes(found) == {"G1": None, "G2": "lapsed"}
    assert (found.granted_tier, found.granted_by) == (2, "G1")


def test_grants_are_listed_by_id_in_whatever_order_they_come() -> None:
    grants = [grant(1, date(2015, 7, 1), date(2015, 12, 1), grant_id=grant_id) for grant_id in ("G3", "G1", "G2")]
    assert list(outcomes(settle(*grants))) == ["G1", "G2", "G3"]


def test_without_grants_there_is_nothing_to_settle() -> None:
    assert settle() == GraceSettlement((), None, None)


# The worked example, whose registers were computed without this code

EXAMPLE = Path(__file__).parents[1] / "data/worked_example"
REGISTERS = sorted(EXAMPLE.glob("register_*.json"))


def granted_in_the_example() -> dict[str, GraceGrant]:
    with (EXAMPLE / "registry/grace_grants.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["grant_id"]: grant(
                int(row["tier"]),
                date.fromisoformat(row["starts_on"]),
                date.fromisoformat(row["ends_on"]),
                grant_id=row["grant_id"],
            )
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize("path", REGISTERS, ids=lambda path: path.stem)
def test_each_register_of_the_worked_example_settles_its_grants_as_given(path: Path) -> None:
    grants, register = granted_in_the_example(), json.loads(path.read_text(encoding="utf-8"))
    for row in register["partners"]:
        if row["status"] == "assigned":
            found = settle(
                *(grants[told["grant_id"]] for told in row["grants"]),
                month=BillingMonth.parse(register["billing_month"]),
                on=date.fromisoformat(register["effective_on"]),
                earned=row["earned_tier"],
            )
            assert outcomes(found) == {told["grant_id"]: told["outcome"] for told in row["grants"]}
            assert found.granted_tier == row["granted_tier"]


def test_the_worked_example_has_a_grant_of_each_outcome() -> None:
    told = [
        each["outcome"]
        for path in REGISTERS
        for row in json.loads(path.read_text(encoding="utf-8"))["partners"]
        for each in row["grants"]
    ]
    assert set(told) == {None, "confirmed", "lapsed"}


# A programme with fewer tiers than the one under which a grant was made


def test_a_grant_above_the_highest_tier_lifts_to_the_highest() -> None:
    found = settle(grant(6, date(2015, 8, 1), date(2015, 12, 1)), earned=1, highest=4)
    assert (found.granted_tier, outcomes(found)) == (4, {"G1": None})


@pytest.mark.parametrize(("earned", "outcome"), [(3, None), (4, "confirmed")])
def test_a_grant_above_the_highest_tier_is_confirmed_by_earning_the_highest(earned: int, outcome: str | None) -> None:
    assert outcomes(settle(grant(6, date(2015, 7, 1), date(2015, 12, 1)), earned=earned, highest=4)) == {"G1": outcome}
