"""Partners of one month whose rates begin on different days: each is decided by the programme of its own day."""

from dataclasses import replace

import pytest

from partner_program.domain.fx_guard import FxBasis
from partner_program.domain.settlement import (
    Decision,
    apply_changes_by_day,
    assign_tiers_by_day,
    decide_by_day,
    guard_tiers_by_day,
    keep_rate,
    new_rates,
    record_history_of,
    settle_grace_periods_by_day,
)
from partner_program.domain.tier_changes import Merit
from tests.domain.made_month import JUNE
from tests.domain.two_days import (
    AGREEMENTS,
    AUGUST_10,
    BASIS,
    DAYS,
    EARLIER,
    HELD,
    HISTORIES,
    LATE,
    LINES,
    PROGRAMS,
    SILVER,
    STRICT,
    alone,
    totals,
)


def by_day(*, basis: FxBasis | None = BASIS, migration: bool = False) -> dict[str, Decision]:
    of_month = totals()
    tiers = assign_tiers_by_day(
        month=JUNE, programs=PROGRAMS, effective=DAYS, totals=of_month, earlier=EARLIER, held=HELD
    )
    tiers = guard_tiers_by_day(programs=PROGRAMS, effective=DAYS, assignments=tiers, basis=basis)
    tiers = apply_changes_by_day(
        month=JUNE, programs=PROGRAMS, effective=DAYS, assignments=tiers, histories=HISTORIES
    )  # fmt: skip
    graces = settle_grace_periods_by_day(
        month=JUNE, programs=PROGRAMS, effective=DAYS, assignments=tiers, histories=HISTORIES
    )
    decisions = decide_by_day(
        totals=of_month,
        graces=graces,
        programs=PROGRAMS,
        effective=DAYS,
        histories=HISTORIES,
        agreements=AGREEMENTS,
        late=LATE,
        migration=migration,
        held=HELD,
    )
    return {each.partner_id: each for each in decisions}


def test_each_partner_has_the_tier_that_the_table_of_its_own_day_gives() -> None:
    tiers = {each: (decision.earned_tier, decision.tier) for each, decision in by_day().items()}
    assert tiers == {
        "P0": (3, 3),
        "P1": (3, 3),  # 6,000 in the month alone
        "P2": (2, 2),  # 4,000 in the mean of two
        "P3": (3, 3),  # nobody certified
        "P4": (4, 4),
        "P5": (2, 2),  # rates alone move no tier
        "P6": (1, 1),  # they do by the table of 2015
        "P7": (0, 3),  # a grant lifts over the merit of 2, which waits for three months
        "P8": (3, 3),
    }
    assert {each: decision.merit for each, decision in by_day().items() if each in ("P1", "P7")} == {
        "P1": None,
        "P7": Merit(2, 0, 1),
    }


@pytest.mark.parametrize("migration", [False, True])
def test_each_partner_is_decided_as_in_a_month_of_its_own_and_a_late_one_keeps_its_rate(migration: bool) -> None:
    expected = {each: alone(each, migration=migration) for each in LINES}
    expected["P0"] = keep_rate(expected["P0"], rate=SILVER)
    expected["P8"] = keep_rate(expected["P8"], rate=SILVER)
    assert by_day(migration=migration) == expected


def test_the_rates_that_take_force_are_those_that_are_new() -> None:
    decisions = by_day()
    written = dict(new_rates(decisions.values()))
    assert sorted(written) == ["P1", "P2", "P3", "P4", "P5", "P6", "P7"], "late ones keep theirs"
    assert {each: rate.valid_from for each, rate in written.items()} == {each: DAYS[each] for each in written}
    assert written["P3"].terms.monthly_fee_discount_bp == 1_600, "its agreement"
    left_out = replace(decisions["P1"], rate=None, rate_is_new=True)
    assert new_rates([left_out]) == []


def test_where_a_partner_stands_on_its_merit() -> None:
    on_merit = {each: decision.merit_tier for each, decision in by_day().items()}
    assert (on_merit["P1"], on_merit["P7"]) == (3, 2), "what was earned where no rules keep another"


def test_where_nobody_is_guarded_tiers_are_as_earned() -> None:
    assert by_day(basis=None)["P5"].earned_tier == 1


def test_a_partner_on_a_day_before_any_table_has_a_total_and_no_tier() -> None:
    """So is a month that is history only."""
    of_month = [each for each in totals() if each.partner_id in ("P1", "P2")]
    tiers = assign_tiers_by_day(
        month=JUNE, programs={AUGUST_10: STRICT}, effective=DAYS, totals=of_month, earlier=EARLIER
    )
    graces = settle_grace_periods_by_day(
        month=JUNE, programs={AUGUST_10: STRICT}, effective=DAYS, assignments=tiers, histories={}
    )
    before, known = record_history_of(totals=of_month, graces=graces)
    assert (before.partner_id, before.mrr_eur_cents, before.tier, before.amount) == ("P1", 6_000_00, None, None)
    assert (known.partner_id, known.mrr_eur_cents, known.tier, known.earned_tier) == ("P2", 6_000_00, 2, 2)
    assert known.amount is not None
    assert known.amount.cents == 4_000_00
    assert {(each.rate, each.letter) for each in (before, known)} == {(None, None)}
