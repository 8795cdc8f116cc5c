"""Conditions beside revenue: the tier is the highest row whose threshold and requirements hold."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.program import Need, Program
from partner_program.domain.qualifications import (
    Lack,
    Qualification,
    RevenueAlone,
    by_partner,
    lack_words,
    lacks_of,
    on_record,
    revenue_alone,
    used_of,
)
from partner_program.domain.rates_taking_force import rise_early
from partner_program.domain.settlement import PartnerHistory, assign_tiers, guard_tiers
from partner_program.domain.totals import PartnerTotal
from tests.domain.made_month import GO_LIVE, PROGRAM, billed, grant, line, settled

STAFF, SCORE = "certified_staff", "score"


def demanding(**needs: tuple[Need, ...]) -> Program:
    """2015's table with requirements: `t4=(Need(...),)` for Tier 4."""
    return replace(PROGRAM, tiers=tuple(replace(row, requires=needs.get(f"t{row.tier}", ())) for row in PROGRAM.tiers))


TWO, FIVE = Need(STAFF, 2), Need(STAFF, 5)
ASKS = demanding(t3=(TWO,), t4=(TWO,), t5=(FIVE, Need(SCORE, 70)), t6=(FIVE, Need(SCORE, 70)))


@pytest.mark.parametrize(
    ("cents", "held", "tier"),
    [
        (4_999_99, {}, 2),
        (5_000_00, {}, 2),  # Tier 3 by revenue, which needs 2: none on record
        (5_000_00, {STAFF: 1}, 2),
        (5_000_00, {STAFF: 2}, 3),  # exactly as many is enough
        (25_000_00, {STAFF: 2, SCORE: 70}, 4),  # Tier 5 needs 5
        (25_000_00, {STAFF: 5}, 4),  # and a score
        (25_000_00, {STAFF: 5, SCORE: 70}, 5),
        (25_000_00, {}, 2),  # down over every row that needs it
        (1_00, {STAFF: 9, SCORE: 99}, 0),  # and no threshold is given away
    ],
)
def test_the_tier_is_the_highest_row_whose_threshold_and_needs_hold(
    cents: int, held: dict[str, int], tier: int
) -> None:
    assert ASKS.tier_with(cents, held) == tier


@given(st.integers(-1_00, 60_000_00), st.integers(0, 6), st.integers(0, 100))
def test_it_is_what_looking_at_each_row_gives(cents: int, staff: int, score: int) -> None:
    held = {STAFF: staff, SCORE: score}
    rows = [row.tier for row in ASKS.tiers if row.from_mrr_cents <= cents and row.admits(held)]
    assert ASKS.tier_with(cents, held) == max(rows, default=0)
    assert PROGRAM.tier_with(cents, held) == PROGRAM.earned_tier(cents), "a programme that needs nothing is as ever"


def test_a_first_tier_from_nothing_is_everybodys() -> None:
    from_nothing = replace(ASKS, tiers=(replace(ASKS.tiers[0], from_mrr_cents=0), *ASKS.tiers[1:]))
    assert from_nothing.tier_with(-5_00, {}) == 1


def held(value: int, since: str, until: str | None = None, key: str = STAFF) -> Qualification:
    period = Period(date.fromisoformat(since), date.fromisoformat(until) if until else None)
    return Qualification("P1", key, value, "academy", period)


def test_what_counts_is_on_record_on_the_day_and_its_end_is_not_one_of_the_days() -> None:
    rows = [held(1, "2015-01-01", "2015-06-30"), held(2, "2015-06-30")]
    assert on_record(rows, date(2015, 6, 29)) == {"P1": {STAFF: 1}}
    assert on_record(rows, date(2015, 6, 30)) == {"P1": {STAFF: 2}}
    assert on_record(rows, date(2014, 12, 31)) == {}


def test_what_is_lacking_is_told_of_the_tier_that_revenue_reaches() -> None:
    used = used_of(ASKS, {STAFF: 2, "other": 7})
    assert used == ((STAFF, 2), (SCORE, 0))
    found = revenue_alone(program=ASKS, mrr_eur_cents=25_000_00, used=used)
    assert found == RevenueAlone(5, (Lack(STAFF, 5, 2, "certified staff"), Lack(SCORE, 70, 0, "score")))
    assert lack_words(found) == (
        "revenue reaches tier 5, which needs 5 certified staff, on record 2; 70 score, on record 0"
    )
    assert revenue_alone(program=ASKS, mrr_eur_cents=6_000_00, used=used) is None
    assert used_of(PROGRAM, {STAFF: 2}) is None
    assert revenue_alone(program=PROGRAM, mrr_eur_cents=25_000_00, used=None) is None


def test_what_is_not_on_record_at_all_is_none_of_it() -> None:
    assert lacks_of(ASKS, ASKS.tiers[4], {}) == (Lack(STAFF, 5, 0, "certified staff"), Lack(SCORE, 70, 0, "score"))
    one = demanding(t3=(Need(STAFF, 1),))
    assert lacks_of(one, one.tiers[2], {}) == (Lack(STAFF, 1, 0, "certified staff"),)
    assert lacks_of(one, one.tiers[2], {STAFF: 1}) == ()


def test_nothing_lacks_where_a_month_was_decided_before_the_programme_asked() -> None:
    assert revenue_alone(program=ASKS, mrr_eur_cents=25_000_00, used=None) is None
    assert revenue_alone(program=ASKS, mrr_eur_cents=0, used=((STAFF, 0), (SCORE, 0))) is None


def test_what_is_lacking_names_the_tier_by_its_own_name() -> None:
    rows = tuple(replace(row, name=f"Rank {row.tier}") for row in ASKS.tiers)
    found = revenue_alone(program=replace(ASKS, tiers=rows), mrr_eur_cents=5_000_00, used=((STAFF, 1), (SCORE, 0)))
    assert found is not None
    assert lack_words(found) == "revenue reaches Rank 3, which needs 2 certified staff, on record 1"


def test_each_partner_has_its_own_records_in_their_order() -> None:
    first, other, second = held(1, "2015-01-01"), replace(held(9, "2015-01-01"), partner_id="P2"), held(2, "2015-02-01")
    assert by_partner([first, other, second]) == {"P1": [first, second], "P2": [other]}


def test_a_grant_lifts_over_what_is_lacking_and_is_confirmed_by_all_of_it_alone() -> None:
    open_grant = grant(3, date(2015, 6, 1), date(2015, 9, 1))
    asked = {"program": ASKS, "histories": {"P1": PartnerHistory(previous_tier=2, open_grants=(open_grant,))}}
    lacking = settled(billed(line(6_000_00)), **asked).decisions[0]  # type: ignore[arg-type]
    assert (lacking.earned_tier, lacking.tier, lacking.grants[0].outcome) == (2, 3, None)
    full = settled(billed(line(6_000_00)), **asked, held={"P1": {STAFF: 2}}).decisions[0]  # type: ignore[arg-type]
    assert (full.earned_tier, full.tier, full.grants[0].outcome) == (3, 3, "confirmed")
    assert full.qualifications == ((STAFF, 2), (SCORE, 0))


def test_nobody_rises_early_into_a_tier_whose_needs_do_not_hold() -> None:
    program = replace(ASKS, readings=replace(ASKS.readings, rise_on_partial=True))

    def risen(on_record: dict[str, int]) -> int:
        rate = rise_early(
            program=program, known_cents=6_000_00, rate=None, agreements=(), effective_on=GO_LIVE, held=on_record
        )
        return rate.terms.tier if rate else 0

    assert (risen({}), risen({STAFF: 2})) == (2, 3)


def test_the_guard_of_exchange_rates_comes_after_the_needs() -> None:
    (assigned,) = assign_tiers(
        program=ASKS, month=BillingMonth(2015, 7), totals=[PartnerTotal("P1", ())], held={"P1": {STAFF: 2}}
    )
    assert (assigned.earned_tier, assigned.at_rates_before) == (0, None)
    assert guard_tiers(program=ASKS, assignments=[assigned], last={}) == (assigned,)
