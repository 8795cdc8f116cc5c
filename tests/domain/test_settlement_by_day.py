"""Partners of one month whose rates begin on different days: each is decided by the programme of its own day."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import FxBasis, LastEarned
from partner_program.domain.measure import EarlierMonth, Measure
from partner_program.domain.program import Need, OnRecord, Program
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.registry import Entity, LegacyAgreement
from partner_program.domain.revenue import MrrGroup
from partner_program.domain.settlement import (
    Decision,
    PartnerHistory,
    apply_changes_by_day,
    assign_tiers_by_day,
    decide_by_day,
    guard_tiers_by_day,
    keep_rate,
    new_rates,
    record_history_of,
    settle_grace_periods_by_day,
    settle_month,
)
from partner_program.domain.tier_changes import Changes, Merit
from partner_program.domain.totals import PartnerTotal, merge_totals
from tests.domain.made_month import (
    GO_LIVE,
    JUNE,
    LONG_AGO,
    PROGRAM,
    billed,
    entity,
    grant,
    legacy,
    line,
    link,
    listing,
    partner,
)

MAY = BillingMonth(2015, 5)
AUGUST_10 = date(2015, 8, 10)
STAFF = "certified_staff"
STRICT: Program = replace(
    PROGRAM,
    in_force_from=AUGUST_10,
    tiers=tuple(replace(row, requires=(Need(STAFF, 2),) if row.tier == 4 else ()) for row in PROGRAM.tiers),
    measure=Measure(2, "mean", "as_is"),
    changes=Changes("monthly", "monthly", drop_after_months=3),
    fx_guard="hold_tier",
)
PROGRAMS = {GO_LIVE: PROGRAM, AUGUST_10: STRICT}
SILVER = Rate(date(2015, 7, 1), RateTerms(2, 800, 2_000, "Silver"))

# What each partner was billed; each is decided on the day beside it.
LINES: dict[str, MrrGroup] = {
    "P0": line(6_000_00, account_id="P0"),
    "P1": line(6_000_00, account_id="P1"),
    "P2": line(6_000_00, account_id="P2"),
    "P3": line(15_000_00, account_id="P3"),
    "P4": line(15_000_00, account_id="P4"),
    "P5": line(2_200_00, account_id="P5", currency="USD"),
    "P6": line(2_200_00, account_id="P6", currency="USD"),
    "P7": line(1_00, account_id="P7"),
    "P8": line(6_000_00, account_id="P8"),
}
DAYS = {each: GO_LIVE if each in ("P1", "P6", "P8") else AUGUST_10 for each in LINES}
LATE = {"P0", "P8"}
EARLIER = {each: [EarlierMonth(MAY, 2_000_00)] for each in ("P1", "P2")}
HELD: dict[str, OnRecord] = {"P4": {STAFF: 2}}
AGREEMENTS: dict[str, list[LegacyAgreement]] = {"P1": [legacy(1_400)], "P3": [replace(legacy(1_600), partner_id="P3")]}
HISTORIES = {
    "P0": PartnerHistory(previous_tier=2, rate=SILVER),
    "P7": PartnerHistory(
        previous_tier=2,
        rate=SILVER,
        merit=Merit(2, 2),
        open_grants=(grant(3, date(2015, 7, 1), date(2015, 12, 1)),),
    ),
    "P8": PartnerHistory(previous_tier=2, rate=SILVER),
}
BASIS = FxBasis({"P5": LastEarned(2, MAY), "P6": LastEarned(2, MAY)}, {MAY: {"USD": Decimal("1.1")}})
RATES = {"USD": Decimal("1.12")}  # 2,200 dollars are 1,964.29 EUR; in May they were 2,000.00
ENTITIES = [entity(), Entity("US", "Hosting US", "US", "USD", "Europe/Amsterdam", LONG_AGO, None)]
LINKS = [link(each, each, "US" if group.currency == "USD" else "NL") for each, group in LINES.items()]
REVENUES = listing(
    [billed(*(g for g in LINES.values() if g.currency == currency), code=code) for code, currency in
     (("NL", "EUR"), ("US", "USD"))],
    LINKS,
)  # fmt: skip


def totals() -> tuple[PartnerTotal, ...]:
    return merge_totals(
        month=JUNE,
        entities=ENTITIES,
        partners=[partner(each) for each in LINES],
        links=LINKS,
        rates=RATES,
        revenues=REVENUES,
        entity_faults={},
        rates_before=BASIS.rates_before(),
    ).partners


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


def alone(partner_id: str, *, migration: bool) -> Decision:
    """The same partner in a month of its own, by one programme."""
    (decision,) = settle_month(
        month=JUNE,
        effective_on=DAYS[partner_id],
        program=PROGRAMS[DAYS[partner_id]],
        entities=ENTITIES,
        partners=[partner(partner_id)],
        links=[each for each in LINKS if each.partner_id == partner_id],
        agreements=AGREEMENTS,
        rates=RATES,
        revenues=REVENUES,
        entity_faults={},
        histories=HISTORIES,
        migration=migration,
        basis=BASIS,
        held=HELD,
        earlier=EARLIER,
    ).decisions
    return decision


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
