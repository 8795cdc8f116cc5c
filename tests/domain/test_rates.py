"""The terms that a tier gives to new orders, and older agreements as a floor under them (rules 4 and 6).

"existing Reseller Partners will continue to have their current discount and benefit levels (including SLA)"
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from partner_program.domain.rates import (
    NO_PROGRAMME_RATE,
    LegacyTerm,
    Rate,
    RateTerms,
    legacy_ended,
    legacy_kept,
    orders_differ,
    rate_from,
    rate_terms,
)
from partner_program.domain.registry import LegacyAgreement
from tests.domain.made_month import GO_LIVE, PROGRAM, legacy


def terms(tier: int, *agreements: LegacyAgreement, on: date = GO_LIVE) -> RateTerms:
    return rate_terms(program=PROGRAM, tier=tier, agreements=agreements, day=on)


def kept(tier: int, *agreements: LegacyAgreement, on: date = GO_LIVE) -> tuple[LegacyTerm, ...]:
    return legacy_kept(program=PROGRAM, terms=terms(tier, *agreements, on=on), agreements=agreements, day=on)


@pytest.mark.parametrize(
    ("tier", "monthly_bp", "setup_bp", "sla"),
    [
        (0, 0, 0, None),
        (1, 500, 1_000, "Bronze"),
        (2, 800, 2_000, "Silver"),
        (3, 1_000, 3_500, "Gold"),
        (4, 1_500, 5_000, "Gold"),
        (5, 2_000, 7_500, "Platinum"),
        (6, 2_500, 10_000, "Platinum"),
    ],
)
def test_a_tier_gives_what_its_row_of_the_table_says(
    tier: int, monthly_bp: int, setup_bp: int, sla: str | None
) -> None:
    assert terms(tier) == RateTerms(tier, monthly_bp, setup_bp, sla)


def test_a_tier_above_a_shorter_table_gives_what_its_highest_does() -> None:
    shorter = replace(PROGRAM, tiers=PROGRAM.tiers[:4])
    found = rate_terms(program=shorter, tier=6, agreements=(), day=GO_LIVE)
    assert found == RateTerms(4, 1_500, 5_000, "Gold")


def test_orders_differ_where_a_discount_or_the_service_level_does_and_never_by_the_tier_alone() -> None:
    second = RateTerms(2, 800, 2_000, "Silver")
    others = [replace(second, monthly_fee_discount_bp=900), replace(second, setup_fee_discount_bp=0)]
    others += [replace(second, sla="Gold"), replace(second, sla=None)]
    assert [orders_differ(second, each) for each in others] == [True] * 4
    assert not orders_differ(second, second)
    assert not orders_differ(second, replace(second, tier=5))


def test_no_tier_gives_nothing() -> None:
    assert terms(0) == NO_PROGRAMME_RATE


def test_an_old_agreement_is_a_floor_for_each_component_by_itself() -> None:
    assert terms(3, legacy(1_200, 1_000, "Bronze")) == RateTerms(3, 1_200, 3_500, "Gold")
    assert terms(3, legacy(500, 6_000, "Bronze")) == RateTerms(3, 1_000, 6_000, "Gold")
    assert terms(3, legacy(500, 1_000, "Platinum")) == RateTerms(3, 1_000, 3_500, "Platinum")


def test_an_old_agreement_is_kept_without_any_tier() -> None:
    assert terms(0, legacy(700, 0, "Silver")) == RateTerms(0, 700, 0, "Silver")


def test_an_old_agreement_without_a_service_level_takes_none_away() -> None:
    assert terms(1, legacy(700, 1_500, None)).sla == "Bronze"


def test_an_old_discount_above_25_percent_stays() -> None:
    assert terms(6, legacy(3_000)).monthly_fee_discount_bp == 3_000


def test_of_two_agreements_each_component_is_the_better_one() -> None:
    assert terms(1, legacy(900, 1_000, "Gold"), legacy(600, 4_000, "Silver")) == RateTerms(1, 900, 4_000, "Gold")


@pytest.mark.parametrize(
    ("on", "monthly_bp"),
    [(date(2016, 2, 28), 800), (date(2016, 2, 29), 1_200), (date(2016, 3, 30), 1_200), (date(2016, 3, 31), 800)],
)
def test_an_agreement_holds_from_its_first_day_up_to_its_end(on: date, monthly_bp: int) -> None:
    dated = legacy(1_200, since=date(2016, 2, 29), until=date(2016, 3, 31))
    assert terms(2, dated, on=on).monthly_fee_discount_bp == monthly_bp


def test_a_new_rate_begins_only_where_its_terms_differ_from_those_in_force() -> None:
    current = Rate(date(2015, 7, 1), terms(2))
    assert rate_from(day=GO_LIVE, terms=terms(2), current=current) is current
    assert rate_from(day=GO_LIVE, terms=terms(3), current=current) == Rate(GO_LIVE, terms(3))
    assert rate_from(day=GO_LIVE, terms=terms(2), current=None) == Rate(GO_LIVE, terms(2))


@pytest.mark.parametrize(
    "other", [{"tier": 1}, {"monthly_fee_discount_bp": 1}, {"setup_fee_discount_bp": 1}, {"sla": None}]
)
def test_tier_each_discount_and_the_service_level_make_a_rate_another_one(other: dict[str, Any]) -> None:
    changed = replace(terms(2), **other)
    assert rate_from(day=GO_LIVE, terms=changed, current=Rate(GO_LIVE, terms(2))) == Rate(GO_LIVE, changed)


# What a letter says about it


def test_a_letter_names_each_old_term_that_is_better_and_no_other() -> None:
    until = date(2016, 1, 1)
    agreement = legacy(1_200, 3_000, "Platinum", until=until, source="letter of 2013")
    assert kept(3, agreement) == (
        LegacyTerm("monthly_fee", 1_200, None, "letter of 2013", until),
        LegacyTerm("sla", None, "Platinum", "letter of 2013", until),
    )


def test_a_better_setup_discount_is_named() -> None:
    assert kept(1, legacy(0, 5_000)) == (LegacyTerm("setup_fee", 5_000, None, "agreement of 2012", None),)


def test_an_old_term_that_only_equals_the_tiers_is_not_named() -> None:
    assert kept(3, legacy(1_000, 3_500, "Gold")) == ()


def test_an_agreement_that_has_ended_is_not_named() -> None:
    assert kept(1, legacy(2_000, until=GO_LIVE)) == ()


def test_of_two_agreements_the_one_that_gives_the_term_is_named() -> None:
    weaker, stronger = legacy(900, source="2011"), legacy(1_200, source="2013")
    assert kept(1, weaker, stronger) == (LegacyTerm("monthly_fee", 1_200, None, "2013", None),)


def test_without_a_tier_every_old_term_is_named() -> None:
    assert [fact.component for fact in kept(0, legacy(100, 100, "Bronze"))] == ["monthly_fee", "setup_fee", "sla"]


def test_an_agreement_that_has_ended_hides_none_that_is_in_force() -> None:
    ended = legacy(monthly_bp=2_900, until=date(2015, 7, 1))
    kept = legacy(monthly_bp=3_000)
    for agreements in ((ended, kept), (kept, ended)):
        day = date(2015, 7, 27)
        terms = rate_terms(program=PROGRAM, tier=1, agreements=agreements, day=day)
        found = legacy_kept(program=PROGRAM, terms=terms, agreements=agreements, day=day)
        assert [(each.component, each.discount_bp) for each in found] == [("monthly_fee", 3_000)]


def test_without_a_tier_the_smallest_old_term_stays_and_each_is_named_until_its_end() -> None:
    ends = date(2016, 1, 1)
    smallest = legacy(1, 1, "Bronze", until=ends)
    assert kept(0, smallest) == (
        LegacyTerm("monthly_fee", 1, None, smallest.source, ends),
        LegacyTerm("setup_fee", 1, None, smallest.source, ends),
        LegacyTerm("sla", None, "Bronze", smallest.source, ends),
    )


def ended(tier: int, *agreements: LegacyAgreement, on: date, before: int | None = None) -> tuple[LegacyTerm, ...]:
    """What has ended on a day of the terms that go-live gave."""
    was = terms(tier if before is None else before, *agreements)
    now = terms(tier, *agreements, on=on)
    return legacy_ended(program=PROGRAM, before=was, now=now, agreements=agreements, day=on)


def test_what_an_agreement_gave_above_the_tier_has_ended_from_the_day_on_which_it_holds_no_more() -> None:
    end = date(2015, 8, 1)
    agreement = legacy(1_200, 3_500, "Platinum", until=end)
    assert ended(3, agreement, on=end - timedelta(1)) == ()
    assert ended(3, agreement, on=end) == (
        LegacyTerm("monthly_fee", 1_200, None, "agreement of 2012", end),
        LegacyTerm("sla", None, "Platinum", "agreement of 2012", end),
    )


def test_what_the_tier_before_gave_by_itself_did_not_end_with_an_agreement_of_the_same_terms() -> None:
    end = date(2015, 8, 1)
    assert ended(1, legacy(1_000, 3_500, "Gold", until=end), before=3, on=end) == ()


def test_nothing_has_ended_where_the_new_tier_gives_as_much() -> None:
    end = date(2015, 8, 1)
    assert ended(4, legacy(1_500, 5_000, "Gold", until=end), before=3, on=end) == ()


def test_of_agreements_with_the_same_term_the_last_to_end_is_named() -> None:
    first, last = date(2015, 8, 1), date(2015, 8, 15)
    both = (replace(legacy(1_200, until=last), source="the last"), legacy(1_200, until=first))
    assert ended(3, *both, on=first) == ()
    assert [(each.source, each.valid_to) for each in ended(3, *both, on=last)] == [("the last", last)]


def ended_of(now: RateTerms, *agreements: LegacyAgreement) -> list[tuple[str, date | None]]:
    """What has ended of a Tier 2 with 9 % and Gold from older agreements."""
    before = RateTerms(2, 900, 2_000, "Gold")
    found = legacy_ended(program=PROGRAM, before=before, now=now, agreements=agreements, day=GO_LIVE)
    return [(each.component, each.valid_to) for each in found]


def test_only_what_is_lower_now_has_ended_with_its_agreement() -> None:
    over = legacy(900, 0, "Gold", until=GO_LIVE)
    assert ended_of(terms(2), over) == [("monthly_fee", GO_LIVE), ("sla", GO_LIVE)]
    assert ended_of(RateTerms(2, 800, 2_000, "Gold"), over) == [("monthly_fee", GO_LIVE)]
    assert ended_of(RateTerms(2, 900, 2_000, "Silver"), over) == [("sla", GO_LIVE)]
    assert ended_of(terms(3), over) == []


def test_an_agreement_that_is_open_or_ends_later_has_not_ended() -> None:
    later = date(2015, 7, 28)
    assert ended_of(terms(2), legacy(900, 0, "Gold"), legacy(900, 0, "Gold", until=later)) == []
