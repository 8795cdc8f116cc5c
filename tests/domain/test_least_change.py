"""The smallest single change that would have given another tier: thresholds 500, 2,000, 5,000 ... euros."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import CountedAccount
from partner_program.domain.grace import SettledGrant
from partner_program.domain.least_change import DecidedMonth, LeastChanges, TierChange, least_changes
from partner_program.domain.registry import GraceGrant
from partner_program.domain.revenue import EntityRevenue, MrrGroup
from partner_program.usecases.installation import PROJECT

PROGRAM = load_program(PROJECT / "include" / "program" / "2015-07-27.yaml")
JULY = BillingMonth(2015, 7)
NOTHING: Mapping[str, Decimal] = {}


def lines(account: str, kind: str, minor: int, currency: str = "EUR", many: int = 1) -> MrrGroup:
    return MrrGroup(account, currency, kind, "posted", 1, 31, many, minor)


def counted(
    account: str, cents: int, currency: str = "EUR", rate: str = "1", minor: int | None = None
) -> CountedAccount:
    return CountedAccount("P1", "NL", account, currency, rate, cents if minor is None else minor, cents)


def changes(*accounts: CountedAccount, groups: tuple[MrrGroup, ...] = (), **values: Any) -> LeastChanges:
    total = sum(each.mrr_eur_cents for each in accounts)
    given: dict[str, Any] = {
        "tier": PROGRAM.earned_tier(total),
        "grants": (),
        "before": {},
        "rates": NOTHING,
        **values,
    }
    revenue = EntityRevenue("NL", groups, (), (), ())
    return least_changes(
        DecidedMonth(
            program=PROGRAM,
            month=JULY,
            effective_on=date(2015, 8, 3),
            accounts=accounts,
            revenues=[revenue],
            **given,
        )
    )


def grant(tier: int, ends_on: date = date(2015, 10, 1)) -> SettledGrant:
    own = GraceGrant("G1", "P1", tier, date(2015, 7, 1), ends_on, "Pat", "growth")
    return SettledGrant(own, None)


def test_a_cent_below_a_threshold_is_a_cent_away_from_the_next_tier() -> None:
    assert changes(counted("A", 1_999_99)).smallest == (TierChange("amount", 1, 2),)


def test_exactly_on_a_threshold_a_cent_less_is_the_tier_below() -> None:
    assert changes(counted("A", 2_000_00)).smallest == (TierChange("amount", -1, 1),)


def test_the_highest_tier_has_nothing_above_and_no_tier_nothing_below() -> None:
    assert changes(counted("A", 90_000_00)).smallest == (TierChange("amount", -50_000_01, 5),)
    assert changes(counted("A", -145_50)).smallest == (TierChange("amount", 645_50, 1),)


def test_the_nearer_threshold_is_told() -> None:
    # down to 1,999.99 or up to 5,000.00: the half between them is no whole cent, so they are never equal
    assert changes(counted("A", 3_499_99)).smallest == (TierChange("amount", -1_500_00, 1),)
    assert changes(counted("A", 3_500_00)).smallest == (TierChange("amount", 1_500_00, 3),)


def test_an_account_that_counts_no_more_is_told_beside_the_smaller_amount() -> None:
    found = changes(counted("A", 1_900_00), before={("NL", "A"): 1_900_00, ("NL", "B"): 150_00, ("US", "C"): 20_00})
    assert found.smallest == (TierChange("amount", 100_00, 2),)
    assert found.happened == (TierChange("account", 150_00, 2, "NL", "B"),)


def test_of_equal_changes_what_happened_comes_first_and_all_are_told() -> None:
    found = changes(counted("A", 1_900_00), before={("NL", "C"): 100_00, ("NL", "B"): 100_00})
    assert found.smallest == (
        TierChange("account", 100_00, 2, "NL", "B"),
        TierChange("account", 100_00, 2, "NL", "C"),
        TierChange("amount", 100_00, 2),
    )
    assert found.happened == found.smallest[:2]


def test_credit_notes_count_by_what_the_total_would_be_without_them() -> None:
    groups = (lines("A", "recurring", 2_050_00), lines("A", "credit", -60_00), lines("A", "setup", 900_00))
    found = changes(counted("A", 1_990_00), groups=groups)
    assert found.happened == (TierChange("credit", 60_00, 2, "NL", "A", 1),)


def test_a_credit_note_that_would_not_be_enough_is_not_told() -> None:
    groups = (lines("A", "recurring", 1_050_00), lines("A", "credit", -60_00))
    assert changes(counted("A", 990_00), groups=groups).happened == ()


def test_the_rates_of_the_month_before_convert_each_account_and_round_it() -> None:
    # USD 2,190.00 at 1.1 is 1,990.91; at 1.09 it is 2,009.17
    groups = (lines("A", "recurring", 2_190_00, "USD"),)
    foreign = counted("A", 1_990_91, "USD", "1.1", 2_190_00)
    found = changes(foreign, groups=groups, rates={"USD": Decimal("1.09")})
    assert found.happened == (TierChange("rates", 18_26, 2),)
    assert changes(foreign, groups=groups).unknown == ("rates",)


def test_a_grant_that_lifts_is_lost_by_no_amount_and_passed_by_the_tier_above_it() -> None:
    # earns tier 1, is lifted to 3: only 10,000.00 would have been another tier
    assert changes(counted("A", 1_000_00), tier=3, grants=(grant(3),)).smallest == (TierChange("amount", 9_000_00, 4),)


def test_a_grant_to_the_highest_tier_leaves_no_change_at_all() -> None:
    assert changes(counted("A", 1_000_00), tier=6, grants=(grant(6),)) == LeastChanges()


def test_a_grant_that_was_confirmed_would_have_held_the_tier_if_it_had_not_been_earned() -> None:
    confirmed = SettledGrant(grant(3).grant, "confirmed")
    assert changes(counted("A", 5_000_00), grants=(confirmed,)).smallest == (TierChange("amount", 5_000_00, 4),)


def test_a_grant_that_ended_before_the_effective_day_holds_nothing() -> None:
    lapsed = SettledGrant(grant(3, date(2015, 8, 1)).grant, "lapsed")
    assert changes(counted("A", 2_001_00), grants=(lapsed,)).smallest == (TierChange("amount", -1_01, 1),)


def test_nothing_is_known_where_the_total_does_not_give_the_tier_that_was_decided() -> None:
    assert changes(counted("A", 2_000_00), tier=4).unknown == ("account", "credit", "rates", "amount")


@pytest.mark.parametrize("found", [1_990_01, 1_989_99])
def test_credit_notes_are_not_known_where_the_snapshot_gives_another_sum(found: int) -> None:
    groups = (lines("A", "recurring", 2_050_00), lines("A", "credit", -60_00))
    assert "credit" in changes(counted("A", found), groups=groups).unknown
