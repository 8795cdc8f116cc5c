"""A partner's settled months, decided again with another programme: what stays, what differs, which grants go on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.measure import Measure
from partner_program.domain.program import Program
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from partner_program.domain.simulated_chain import simulate_partner
from partner_program.domain.simulation import Discounts, SettledResult, SimulatedMonth, SimulatedResult
from partner_program.domain.tier_changes import Changes
from tests.domain.made_month import GO_LIVE, JUNE, PROGRAM, grant, legacy

MONTHS = [BillingMonth(2015, month) for month in (6, 7, 8, 9)]
JULY, AUGUST, SEPTEMBER = MONTHS[1:]
DAYS = dict(zip(MONTHS, (GO_LIVE, date(2015, 8, 20), date(2015, 9, 20), date(2015, 10, 20)), strict=True))
TERMS = {
    0: Discounts(0, 0, None),
    1: Discounts(500, 1_000, "Bronze"),
    2: Discounts(800, 2_000, "Silver"),
    3: Discounts(1_000, 3_500, "Gold"),
}
Outcomes = tuple[tuple[str, GrantOutcome | None], ...]


def tier_from(tier: int, cents: int) -> Program:
    """The programme with another threshold of one tier."""
    rows = [replace(row, from_mrr_cents=cents) if row.tier == tier else row for row in PROGRAM.tiers]
    return replace(PROGRAM, tiers=tuple(rows))


def settled(
    month: BillingMonth,
    cents: int,
    tier: int,
    *outcomes: tuple[str, GrantOutcome | None],
    sequence: int = 0,
    day: date | None = None,
    terms: Discounts | None = None,
) -> SettledResult:
    """A month in force; `day` is that of a later settlement of it, such as an acceptance."""
    number = sequence or MONTHS.index(month) + 1
    return SettledResult(
        month, number, "P1", DAYS[month], day or DAYS[month], cents, tier, terms or TERMS[tier], tuple(outcomes)
    )


def simulated(
    *results: SettledResult,
    program: Program = PROGRAM,
    months: Sequence[BillingMonth] = MONTHS,
    grants: Sequence[GraceGrant] = (),
    agreements: Sequence[LegacyAgreement] = (),
) -> list[SimulatedResult]:
    return simulate_partner(program=program, months=months, results=results, grants=grants, agreements=agreements)


def told(*found: SimulatedResult) -> list[tuple[BillingMonth, int | None, Discounts | None]]:
    return [(each.settled.month, each.tier, each.discounts) for each in found]


def test_each_month_has_the_tier_and_discounts_of_the_other_table_in_the_order_of_months() -> None:
    june, july = settled(JUNE, 2_000_00, 2), settled(JULY, 1_000_00, 1)
    found = simulated(july, june, program=tier_from(2, 2_000_01))
    assert told(*found) == [(JUNE, 1, TERMS[1]), (JULY, 1, TERMS[1])]
    assert [each.settled for each in found] == [june, july]
    assert [each.differs for each in found] == [True, False]


def test_only_the_months_that_were_asked_for_are_told() -> None:
    results = [settled(month, 2_000_00, 2) for month in MONTHS]
    assert told(*simulated(*results, months=[JULY, AUGUST])) == [(JULY, 2, TERMS[2]), (AUGUST, 2, TERMS[2])]


def test_a_month_of_history_has_its_tier_and_no_discounts() -> None:
    may = SettledResult(BillingMonth(2015, 5), 1, "P1", None, None, 700_00, None, None)
    assert told(*simulated(may, months=[may.month])) == [(may.month, 1, None)]


def test_an_older_agreement_in_force_on_the_effective_day_is_a_floor() -> None:
    (found,) = simulated(settled(JUNE, 2_000_00, 2), agreements=[legacy(900), legacy(2_500, until=GO_LIVE)])
    assert found.discounts == Discounts(900, 2_000, "Silver")
    assert found.more.alike == 100


def chain(*rows: tuple[int, int, GrantOutcome | None]) -> list[SettledResult]:
    """Months from June with the grant G1: revenue, the settled tier, and what became of the grant."""
    return [
        settled(month, cents, tier, ("G1", outcome))
        for month, (cents, tier, outcome) in zip(MONTHS, rows, strict=False)
    ]


G1 = grant(3, GO_LIVE, date(2015, 10, 20))


def tiers(found: Sequence[SimulatedResult]) -> list[int | None]:
    return [each.tier for each in found]


def test_with_the_programme_that_was_used_an_open_grant_lifts_and_lapses_as_it_did() -> None:
    results = chain((2_500_00, 3, None), (2_500_00, 3, None), (2_500_00, 3, None), (2_500_00, 2, "lapsed"))
    found = simulated(*results, grants=[G1])
    assert [each.differs for each in found] == [False] * 4
    assert tiers(found) == [3, 3, 3, 2]


def test_a_grant_that_the_other_table_confirms_is_gone_in_the_months_after() -> None:
    results = chain((2_500_00, 3, None), (2_500_00, 3, None), (100_00, 3, None))
    assert tiers(simulated(*results, program=tier_from(3, 2_500_00), grants=[G1])) == [3, 3, 0]


def test_a_grant_that_the_other_table_does_not_confirm_stays_open_and_lifts_on() -> None:
    results = [*chain((100_00, 3, None), (5_000_00, 3, "confirmed")), settled(AUGUST, 100_00, 0, ("G1", None))]
    assert tiers(simulated(*results, program=tier_from(3, 5_000_01), grants=[G1])) == [3, 3, 3]
    # Months before the first that is simulated keep what they were: the grant was confirmed in July.
    after = simulated(*results, program=tier_from(3, 5_000_01), grants=[G1], months=[AUGUST])
    assert tiers(after) == [0]


def test_a_grant_recorded_after_a_month_does_not_change_that_month() -> None:
    results = [settled(JUNE, 2_500_00, 2), settled(JULY, 2_500_00, 3, ("G1", None))]
    assert tiers(simulated(*results, grants=[G1])) == [2, 3]


def test_a_grant_that_only_an_earlier_month_lists_goes_on_as_it_was_simulated() -> None:
    """The month that was settled later had no open grant any more; in the simulation it has."""
    results = [settled(JUNE, 5_000_00, 3, ("G1", "confirmed")), settled(JULY, 100_00, 0)]
    whole = replace(G1, starts_on=date(2015, 6, 1))
    assert tiers(simulated(*results, program=tier_from(3, 5_000_01), grants=[whole])) == [3, 3]
    assert tiers(simulated(*results, grants=[whole])) == [3, 0]


def restated(month: BillingMonth, cents: int, tier: int, day: date, terms: Discounts | None = None) -> SettledResult:
    return settled(month, cents, tier, sequence=9, day=day, terms=terms)


def test_of_a_restated_month_the_correction_is_compared_from_the_day_of_its_acceptance() -> None:
    accepted_on = date(2015, 8, 5)
    results = [settled(JUNE, 2_000_00, 2), restated(JUNE, 5_000_00, 3, accepted_on)]
    ends = legacy(3_000, until=accepted_on)  # it held on the month's own day, and no more on that of the acceptance
    (found,) = simulated(*results, agreements=[ends])
    assert told(found) == [(JUNE, 3, TERMS[3])]
    assert found.settled == results[1]
    (kept,) = simulated(*results, agreements=[legacy(3_000, since=accepted_on)])
    assert kept.discounts == Discounts(3_000, 3_500, "Gold")


def test_the_window_of_a_month_restated_twice_is_that_of_its_first_settlement() -> None:
    mean = replace(PROGRAM, measure=Measure(2, "mean", "as_is"))
    june, july = settled(JUNE, 4_000_00, 2), settled(JULY, 2_000_00, 2)
    corrected = [
        restated(JUNE, 9_000_00, 3, date(2015, 9, 1)),
        replace(restated(JULY, 2_000_01, 2, date(2015, 9, 2)), sequence=10),
        replace(restated(JULY, 2_000_02, 2, date(2015, 9, 3)), sequence=11),
    ]
    found = simulated(june, july, *corrected, program=mean)
    assert found[1].amount_cents == 3_000_01  # (4,000.00 + 2,000.02) / 2: what June was when July was decided first


def test_the_window_of_a_month_of_history_settled_again_is_that_of_its_first_settlement() -> None:
    mean = replace(PROGRAM, measure=Measure(2, "mean", "as_is"))
    rows = [(JUNE, 1, 4_000_00), (JULY, 2, 2_000_00), (JUNE, 3, 10_000_00), (JULY, 4, 2_000_02)]
    results = [
        replace(settled(month, cents, 2, sequence=number), effective_on=None, discounts=None)
        for month, number, cents in rows
    ]
    assert [each.amount_cents for each in simulated(*results, program=mean)] == [10_000_00, 3_000_01]


def test_a_restatement_that_carries_a_partner_over_keeps_its_discounts() -> None:
    results = [settled(JUNE, 2_000_00, 2), restated(JUNE, 2_000_00, 2, date(2015, 8, 5))]
    (found,) = simulated(*results, agreements=[legacy(3_000, until=date(2015, 8, 1))])
    assert found.discounts == Discounts(3_000, 2_000, "Silver")
    assert found.settled == results[1]


def test_a_grant_that_holds_on_the_day_of_acceptance_is_in_the_rate_and_not_in_the_month() -> None:
    ahead = grant(3, date(2015, 8, 1), date(2015, 12, 1))
    results = [settled(JUNE, 2_000_00, 2), restated(JUNE, 1_000_00, 1, date(2015, 8, 5), TERMS[3])]
    (found,) = simulated(*results, grants=[ahead])
    assert told(found) == [(JUNE, 1, TERMS[3])]


@pytest.mark.parametrize("kept", [TERMS[1], TERMS[2]])
def test_a_partner_released_after_a_later_month_has_that_months_discounts_as_simulated(kept: Discounts) -> None:
    july = settled(JULY, 2_000_00, 2)
    late = settled(JUNE, 5_000_00, 3, sequence=9, day=date(2015, 9, 1), terms=kept)
    june, _ = simulated(july, late, program=tier_from(2, 2_000_01))
    # Its discounts were July's, which the simulation changes; others it had from elsewhere, and they stay.
    assert told(june) == [(JUNE, 3, TERMS[1])]


def test_of_several_later_months_with_the_same_discounts_the_last_settled_counts() -> None:
    july, august = settled(JULY, 2_000_00, 2), settled(AUGUST, 2_500_00, 2)
    late = settled(JUNE, 5_000_00, 3, sequence=9, terms=TERMS[2])
    june, *_ = simulated(july, august, late, program=tier_from(2, 2_000_01))
    assert june.discounts == TERMS[2]


def test_a_month_restated_after_a_later_one_keeps_the_discounts_that_it_had_in_the_simulation() -> None:
    results = [settled(JUNE, 2_000_00, 2), settled(JULY, 100_00, 0), restated(JUNE, 5_000_00, 3, date(2015, 9, 1))]
    june, july = simulated(*results, program=tier_from(2, 2_000_01))
    assert told(june, july) == [(JUNE, 3, TERMS[1]), (JULY, 0, TERMS[0])]


def test_a_later_month_of_history_decides_no_discounts() -> None:
    august = SettledResult(AUGUST, 1, "P1", None, None, 100_00, 0, None)
    june, _ = simulated(august, settled(JUNE, 5_000_00, 3, sequence=9))
    assert june.discounts == TERMS[3]


def test_higher_and_lower_discounts_of_a_month_are_told_apart() -> None:
    pairs = [(500, 800), (800, 500), (500, 500)]
    results = tuple(
        SimulatedResult(settled(JUNE, 100, 1, terms=Discounts(was, 0, None)), 1, Discounts(now, 0, None))
        for was, now in pairs
    )
    month = SimulatedMonth(JUNE, "in_force", GO_LIVE, 0, results)
    assert month.changed(1) == [results[0]]
    assert month.changed(-1) == [results[1]]
    assert month.mrr_cents_times_bp == 0


def test_a_month_of_history_has_no_difference_of_discounts() -> None:
    may = SettledResult(BillingMonth(2015, 5), 1, "P1", None, None, 700_00, 1, None)
    assert SimulatedResult(may, 2, TERMS[2]).more.alike == 0
    assert SimulatedResult(settled(JUNE, 700_00, 1), None, None).more.alike == 0
    assert [SimulatedResult(may, tier, None).move for tier in (0, 1, 3, None)] == [-1, 0, 2, 0]


def test_a_discount_that_differs_by_a_hundredth_of_a_per_cent_differs() -> None:
    result = SimulatedResult(settled(JUNE, 100, 1, terms=Discounts(500, 0, None)), 1, Discounts(501, 0, None))
    assert SimulatedMonth(JUNE, "in_force", GO_LIVE, 0, (result,)).changed(1) == [result]


def test_a_month_that_was_not_asked_for_decides_with_the_discounts_that_it_was_settled_with() -> None:
    july = settled(JULY, 2_000_00, 2)
    late = settled(JUNE, 5_000_00, 3, sequence=9, terms=TERMS[2])
    (june,) = simulated(july, late, program=tier_from(2, 2_000_01), months=[JUNE])
    assert told(june) == [(JUNE, 3, TERMS[2])]


def test_a_restated_month_has_the_grants_that_were_open_for_it_whatever_a_later_month_made_of_them() -> None:
    results = [
        settled(JUNE, 2_000_00, 3, ("G1", None)),
        settled(JULY, 5_000_00, 3, ("G1", "confirmed")),
        settled(JUNE, 1_000_00, 3, ("G1", None), sequence=9, day=date(2015, 9, 1)),
    ]
    june, july = simulated(*results, grants=[G1])
    assert (june.tier, july.tier) == (3, 3)


def test_a_grant_that_is_open_in_a_restated_month_lifts_its_rate_from_the_day_of_acceptance_too() -> None:
    results = [
        settled(JUNE, 2_000_00, 3, ("G1", None)),
        settled(JUNE, 1_000_00, 3, ("G1", None), sequence=9, day=date(2015, 8, 5)),
    ]
    (june,) = simulated(*results, grants=[G1])
    assert told(june) == [(JUNE, 3, TERMS[3])]


def test_a_month_counts_its_partners_by_both_tiers_and_by_the_way_they_move() -> None:
    pairs = [(2, 1), (1, 2), (None, 1), (2, 1), (1, 1), (0, 3), (3, None)]
    results = tuple(
        SimulatedResult(SettledResult(JUNE, 1, "P1", GO_LIVE, GO_LIVE, 100, was, None), now, None) for was, now in pairs
    )
    month = SimulatedMonth(JUNE, "in_force", GO_LIVE, 0, results)
    assert month.tiers == [
        ((None, 1), 1),
        ((0, 3), 1),
        ((1, 1), 1),
        ((1, 2), 1),
        ((2, 1), 2),
        ((3, None), 1),
    ]
    assert month.moves == {"up": 2, "down": 2}
    assert month.differing == [each for each in results if each.settled.tier != each.tier]


def test_a_confirmed_grace_period_is_merit_also_after_an_earlier_month_was_corrected() -> None:
    """June is corrected to Tier 2 after August confirmed the grant: September still stands in Tier 3.

    By these rules nothing rises or drops before December, so that August's own merit is nothing but what the grant
    confirmed.
    """
    program = replace(PROGRAM, changes=Changes("review", "review", (12,)))
    found = simulated(
        settled(JUNE, 500_00, 3, ("G1", None)),
        settled(JULY, 2_000_00, 3, ("G1", None)),
        settled(AUGUST, 5_000_00, 3, ("G1", "confirmed")),
        settled(JUNE, 2_000_00, 3, ("G1", None), sequence=4, day=date(2015, 9, 25)),
        settled(SEPTEMBER, 2_000_00, 3, sequence=5),
        program=program,
        grants=[G1],
    )
    assert tiers(found) == [3, 3, 3, 3]
    without = simulated(
        settled(JUNE, 500_00, 1),
        settled(JULY, 2_000_00, 1),
        settled(AUGUST, 5_000_00, 1),
        settled(JUNE, 2_000_00, 2, sequence=4, day=date(2015, 9, 25)),
        settled(SEPTEMBER, 2_000_00, 2, sequence=5),
        program=program,
    )
    assert tiers(without) == [2, 1, 1, 2], "the correction is June's; September follows from it"
