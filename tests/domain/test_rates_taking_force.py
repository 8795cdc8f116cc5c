"""Which rates take force besides a month's own decisions: ahead, closing, early, of a grant, of an acceptance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from partner_program.domain.grace import GrantOutcome, SettledGrant
from partner_program.domain.program import Program
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.rates_taking_force import (
    RateAhead,
    closing_rates,
    early_rises,
    ended_ahead,
    rate_of_acceptance,
    rate_of_grant,
    rates_ahead,
    rates_of_return,
    rise_early,
)
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from tests.domain.made_month import GO_LIVE, JUNE, PROGRAM, grant, legacy

EARLIER, AUGUST_10, AUGUST_20 = date(2015, 7, 1), date(2015, 8, 10), date(2015, 8, 20)
DAY = timedelta(days=1)
BRONZE = RateTerms(1, 500, 1_000, "Bronze")
SECOND = RateTerms(2, 800, 2_000, "Silver")
THIRD = RateTerms(3, 1_000, 3_500, "Gold")
FOURTH = RateTerms(4, 1_500, 5_000, "Gold")
TOP = RateTerms(6, 2_500, 10_000, "Platinum")
SILVER = Rate(EARLIER, SECOND)
SHORTER = replace(PROGRAM, tiers=PROGRAM.tiers[:3])


# Rates ahead: they begin after the run's day, and were written against the tier of their time


def ahead(tier: int, *written: RateAhead, agreements: Sequence[LegacyAgreement] = ()) -> list[tuple[str, Rate]]:
    return rates_ahead(
        tiers={"P1": tier},
        ahead={"P1": written},
        agreements={"P1": agreements},
        programs={each.rate.valid_from: PROGRAM for each in written},
    )


@pytest.mark.parametrize(("decided", "then"), [(2, THIRD), (3, THIRD), (4, FOURTH)])
def test_a_grant_ahead_lifts_to_its_tier_and_lowers_nobody(decided: int, then: RateTerms) -> None:
    granted = RateAhead(Rate(AUGUST_10, THIRD), granted_tier=3)
    assert ahead(decided, granted) == ([] if then == THIRD else [("P1", Rate(AUGUST_10, then))])


@pytest.mark.parametrize(("decided", "then"), [(1, BRONZE), (2, SECOND), (3, THIRD), (0, NO_PROGRAMME_RATE)])
def test_a_rate_ahead_without_a_grant_becomes_what_the_month_decides(decided: int, then: RateTerms) -> None:
    restated = RateAhead(Rate(AUGUST_10, SECOND))
    assert ahead(decided, restated) == ([] if then == SECOND else [("P1", Rate(AUGUST_10, then))])


def test_of_two_grants_ahead_the_later_one_is_held_against_the_tier_that_the_first_one_lifted_to() -> None:
    first = RateAhead(Rate(AUGUST_10, FOURTH), granted_tier=4)
    second = RateAhead(Rate(AUGUST_20, THIRD), granted_tier=3)
    assert ahead(2, first, second) == [("P1", Rate(AUGUST_20, FOURTH))]


def test_of_two_grants_ahead_the_first_one_is_not_lifted_by_the_later_one() -> None:
    first = RateAhead(Rate(AUGUST_10, BRONZE), granted_tier=1)
    second = RateAhead(Rate(AUGUST_20, THIRD), granted_tier=3)
    assert ahead(2, first, second) == [("P1", Rate(AUGUST_10, SECOND))]


@pytest.mark.parametrize(("until", "changes"), [(AUGUST_10, True), (AUGUST_10 + DAY, False)])
def test_an_old_agreement_counts_on_the_day_on_which_the_rate_begins(until: date, changes: bool) -> None:
    kept = RateTerms(2, 1_200, 2_000, "Silver")
    found = ahead(2, RateAhead(Rate(AUGUST_10, kept)), agreements=[legacy(1_200, until=until)])
    assert found == ([("P1", Rate(AUGUST_10, SECOND))] if changes else [])


def test_each_day_ahead_is_decided_with_the_programme_of_that_day() -> None:
    first, second = RateAhead(Rate(AUGUST_10, FOURTH)), RateAhead(Rate(AUGUST_20, FOURTH))
    found = rates_ahead(
        tiers={"P1": 4},
        ahead={"P1": [first, second]},
        agreements={},
        programs={AUGUST_10: PROGRAM, AUGUST_20: SHORTER},
    )
    assert found == [("P1", Rate(AUGUST_20, THIRD))]


def test_rates_ahead_of_partners_that_are_not_decided_now_stay() -> None:
    written = {"P1": [RateAhead(Rate(AUGUST_10, SECOND))], "P2": [RateAhead(Rate(AUGUST_10, SECOND))]}
    found = rates_ahead(tiers={"P2": 1}, ahead=written, agreements={}, programs={AUGUST_10: PROGRAM})
    assert found == [("P2", Rate(AUGUST_10, BRONZE))]


def test_without_rates_ahead_there_is_nothing_to_follow() -> None:
    assert rates_ahead(tiers={"P1": 3}, ahead={}, agreements={}, programs={}) == []


# Closing: a partner that is no longer authorised


def closing(
    rates: Mapping[str, Rate], written: Mapping[str, Sequence[RateAhead]] | None = None, *authorized: str
) -> list[tuple[str, Rate]]:
    return closing_rates(authorized=authorized, rates=rates, ahead=written or {}, day=GO_LIVE)


def test_a_partner_no_longer_authorised_gets_0_percent_from_the_runs_day() -> None:
    assert closing({"P1": SILVER}) == [("P1", Rate(GO_LIVE, NO_PROGRAMME_RATE))]


def test_an_authorised_partner_keeps_its_rate() -> None:
    assert closing({"P1": SILVER}, {"P1": [RateAhead(Rate(AUGUST_10, THIRD), 3)]}, "P1") == []


def test_a_rate_is_closed_once() -> None:
    assert closing({"P1": Rate(EARLIER, NO_PROGRAMME_RATE)}) == []
    assert closing({}) == []


def test_tier_none_that_names_families_with_0_percent_gives_nothing_and_is_not_closed() -> None:
    none = RateTerms(0, 0, 0, None, "dedicated=0 vps=0")
    assert closing({"P1": Rate(EARLIER, none)}, {"P1": [RateAhead(Rate(AUGUST_10, none))]}) == []
    assert ended_ahead({"P1": [RateAhead(Rate(AUGUST_10, none))]}) == {"P1"}
    kept = replace(none, families="dedicated=0 vps=700")
    assert closing({"P1": Rate(EARLIER, kept)}) == [("P1", Rate(GO_LIVE, NO_PROGRAMME_RATE))]


def test_tier_none_with_an_old_discount_is_closed_too() -> None:
    kept = Rate(EARLIER, RateTerms(0, 700, 0, None))
    assert closing({"P1": kept}) == [("P1", Rate(GO_LIVE, NO_PROGRAMME_RATE))]


def test_a_rate_ahead_is_closed_on_its_own_day_and_so_does_not_begin() -> None:
    written = {"P1": [RateAhead(Rate(AUGUST_10, THIRD), 3), RateAhead(Rate(AUGUST_20, FOURTH), 4)]}
    assert closing({}, written) == [
        ("P1", Rate(AUGUST_10, NO_PROGRAMME_RATE)),
        ("P1", Rate(AUGUST_20, NO_PROGRAMME_RATE)),
    ]


def test_rates_are_closed_by_partner_and_day() -> None:
    rates = {"P2": SILVER, "P1": SILVER, "P3": SILVER}
    written = {"P1": [RateAhead(Rate(AUGUST_10, THIRD), 3)]}
    assert [(partner_id, rate.valid_from) for partner_id, rate in closing(rates, written, "P3")] == [
        ("P1", GO_LIVE),
        ("P1", AUGUST_10),
        ("P2", GO_LIVE),
    ]


# Rising early: the reading `rise_on_partial`

RISING = replace(PROGRAM, readings=replace(PROGRAM.readings, rise_on_partial=True))


def rises(program: Program = RISING, decided: Sequence[str] = ()) -> list[tuple[str, Rate]]:
    return early_rises(
        program=program,
        month=JUNE,
        known_parts={"P1": 5_000_00, "P2": 4_999_99, "P3": 500_00},
        decided=decided,
        rates={"P1": SILVER, "P2": SILVER, "P3": None},
        agreements={"P1": [legacy(2_000)]},
        effective_on=GO_LIVE,
    )


def test_nobody_rises_early_unless_the_programme_says_so() -> None:
    assert rises(PROGRAM) == []


def test_held_partners_rise_each_by_its_own_known_part_rate_and_agreement() -> None:
    assert rises() == [
        ("P1", Rate(GO_LIVE, RateTerms(3, 2_000, 3_500, "Gold"))),
        ("P3", Rate(GO_LIVE, BRONZE)),
    ]


def test_a_partner_that_is_decided_already_does_not_rise() -> None:
    assert [partner_id for partner_id, _ in rises(decided=["P1"])] == ["P3"]


# Rising early, one partner


def early(known_cents: int, rate: Rate | None, *agreements: LegacyAgreement) -> Rate | None:
    return rise_early(program=PROGRAM, known_cents=known_cents, rate=rate, agreements=agreements, effective_on=GO_LIVE)


def test_a_held_partner_rises_to_the_tier_that_the_known_part_alone_reaches() -> None:
    assert early(5_000_00, SILVER) == Rate(GO_LIVE, RateTerms(3, 1_000, 3_500, "Gold"))
    assert early(500_00, None) == Rate(GO_LIVE, RateTerms(1, 500, 1_000, "Bronze"))


@pytest.mark.parametrize("known_cents", [4_999_99, 2_000_00, 1_999_99, 0, -1])
def test_a_held_partner_is_never_moved_sideways_or_down(known_cents: int) -> None:
    assert early(known_cents, SILVER) is None


def test_a_held_partner_without_a_rate_gets_none_for_no_tier() -> None:
    assert early(499_99, None) is None


def test_a_partner_that_rises_early_keeps_its_old_terms() -> None:
    assert early(5_000_00, SILVER, legacy(2_000)) == Rate(GO_LIVE, RateTerms(3, 2_000, 3_500, "Gold"))


# A grant made on demand


def of_grant(tier: int, current: Rate | None, *agreements: LegacyAgreement, program: Program = PROGRAM) -> Rate:
    made = grant(tier, AUGUST_10, date(2015, 12, 1))
    return rate_of_grant(program=program, grant=made, agreements=agreements, current=current)


def test_a_grant_lifts_from_its_own_first_day() -> None:
    assert of_grant(3, SILVER) == Rate(AUGUST_10, THIRD)
    assert of_grant(3, None) == Rate(AUGUST_10, THIRD)


@pytest.mark.parametrize("tier", [1, 2])
def test_a_grant_that_lifts_nothing_leaves_the_rate_in_force(tier: int) -> None:
    assert of_grant(tier, SILVER) is SILVER


@pytest.mark.parametrize(("until", "monthly_bp"), [(AUGUST_10, 1_000), (AUGUST_10 + DAY, 1_200)])
def test_old_terms_of_the_grants_first_day_are_kept_beside_it(until: date, monthly_bp: int) -> None:
    assert of_grant(3, SILVER, legacy(1_200, until=until)).terms.monthly_fee_discount_bp == monthly_bp


def test_a_grant_does_not_lower_a_tier_that_the_programme_of_its_day_no_longer_has() -> None:
    top = Rate(EARLIER, TOP)
    assert of_grant(3, top, program=SHORTER) is top


# A restatement accepted


def accepted(
    earned: int,
    *open_grants: GraceGrant,
    on: date = AUGUST_10,
    settled: Sequence[SettledGrant] = (),
    current: Rate | None = SILVER,
    agreements: Sequence[LegacyAgreement] = (),
) -> Rate:
    return rate_of_acceptance(
        program=PROGRAM,
        day=on,
        earned_tier=earned,
        open_grants=open_grants,
        settled_grants=settled,
        agreements=agreements,
        current=current,
    )


@pytest.mark.parametrize(("earned", "terms"), [(1, BRONZE), (3, THIRD), (0, NO_PROGRAMME_RATE)])
def test_a_corrected_tier_holds_from_the_day_of_the_acceptance(earned: int, terms: RateTerms) -> None:
    assert accepted(earned) == Rate(AUGUST_10, terms)
    assert accepted(earned, current=None) == Rate(AUGUST_10, terms)


def test_a_rate_with_the_same_terms_stays_as_it_was_written() -> None:
    assert accepted(2) is SILVER


@pytest.mark.parametrize(
    ("on", "terms"),
    [
        (AUGUST_10 - DAY, BRONZE),
        (AUGUST_10, FOURTH),
        (AUGUST_20 - DAY, FOURTH),
        (AUGUST_20, BRONZE),
    ],
)
def test_a_grant_lifts_an_accepted_restatement_on_its_own_days_alone(on: date, terms: RateTerms) -> None:
    assert accepted(1, grant(4, AUGUST_10, AUGUST_20), on=on) == Rate(on, terms)


@pytest.mark.parametrize("outcome", ["confirmed", "lapsed"])
def test_a_grant_that_the_restated_month_settles_lifts_no_more(outcome: GrantOutcome) -> None:
    made = grant(4, EARLIER, AUGUST_20)
    assert accepted(1, made, settled=[SettledGrant(made, outcome)]) == Rate(AUGUST_10, BRONZE)


def test_a_grant_that_the_restated_month_leaves_open_lifts_on() -> None:
    made = grant(4, EARLIER, AUGUST_20)
    assert accepted(1, made, settled=[SettledGrant(made, None)]) == Rate(AUGUST_10, FOURTH)


def test_of_two_grants_the_highest_that_is_still_open_lifts() -> None:
    low, high = grant(3, EARLIER, AUGUST_20, grant_id="G1"), grant(4, EARLIER, AUGUST_20, grant_id="G2")
    assert accepted(1, low, high) == Rate(AUGUST_10, FOURTH)
    assert accepted(1, low, high, settled=[SettledGrant(high, "lapsed")]) == Rate(AUGUST_10, THIRD)


@pytest.mark.parametrize(("until", "monthly_bp"), [(AUGUST_10, 500), (AUGUST_10 + DAY, 1_200)])
def test_old_terms_count_on_the_day_of_the_acceptance(until: date, monthly_bp: int) -> None:
    rate = accepted(1, agreements=[legacy(1_200, until=until)])
    assert rate.terms.monthly_fee_discount_bp == monthly_bp


@pytest.mark.parametrize("tier", [1, 2])
def test_old_terms_that_begin_with_a_grant_that_lifts_nothing_are_in_the_rate_from_that_day(tier: int) -> None:
    begins = legacy(1_200, since=AUGUST_10)
    assert of_grant(tier, SILVER, begins) == Rate(AUGUST_10, RateTerms(2, 1_200, 2_000, "Silver"))


def test_a_partner_whose_rate_ends_on_a_later_day_is_ended_ahead_and_others_are_not() -> None:
    ends = RateAhead(Rate(AUGUST_20, NO_PROGRAMME_RATE))
    rises = RateAhead(Rate(AUGUST_10, THIRD), granted_tier=3)
    assert ended_ahead({"P1": [rises, ends], "P2": [rises], "P3": []}) == {"P1"}


def test_a_partner_that_returns_before_its_end_keeps_its_rate_on_that_day_too() -> None:
    ends = RateAhead(Rate(AUGUST_20, NO_PROGRAMME_RATE))
    current = Rate(AUGUST_10, SECOND)
    returned = rates_of_return(
        partner_id="P1", rate=current, current=current, ahead=[ends], agreements=[], programs={AUGUST_20: PROGRAM}
    )
    assert returned == [Rate(AUGUST_20, SECOND)]
