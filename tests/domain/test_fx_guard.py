"""The exchange-rate guard: rates alone move no tier, up or down, for however long; everything else moves it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import (
    AtRatesBefore,
    FxBasis,
    LastEarned,
    RatesAlone,
    guarded_tier,
    rates_alone,
    rates_words,
)
from partner_program.domain.measure import Measure
from partner_program.domain.program import Need, Program
from partner_program.domain.rates_taking_force import early_rises
from partner_program.domain.registry import Entity
from partner_program.domain.settlement import Decision, PartnerHistory, settle_month
from tests.domain.made_month import (
    GO_LIVE,
    LONG_AGO,
    PROGRAM,
    billed,
    entity,
    grant,
    line,
    link,
    listing,
    partner,
)

HOLD: Program = replace(PROGRAM, fx_guard="hold_tier")
INFORM: Program = replace(PROGRAM, fx_guard="inform")
MAY, JUNE, JULY = BillingMonth(2015, 5), BillingMonth(2015, 6), BillingMonth(2015, 7)
TIERS = st.integers(0, 6)
RATE = st.decimals("0.500000", "2.000000", places=6)


def of_month(
    month: BillingMonth,
    dollars: int,
    rate: str | Decimal,
    *,
    program: Program = HOLD,
    basis: FxBasis | None = None,
    euros: int = 0,
    history: PartnerHistory | None = None,
) -> Decision:
    """What a month decides for P1, with these minor units of dollars at US and of euros at NL."""
    groups = [line(euros, month=month)] if euros else []
    revenues = [billed(*groups), billed(line(dollars, account_id="D1", month=month, currency="USD"), code="US")]
    links = [link(), link(account_id="D1", code="US")]
    settled = settle_month(
        month=month,
        effective_on=month.following.first_day if month != JUNE else GO_LIVE,
        program=program,
        entities=[entity(), Entity("US", "Hosting US", "US", "USD", "Europe/Amsterdam", LONG_AGO, None)],
        partners=[partner()],
        links=links,
        agreements={},
        rates={"USD": Decimal(rate)},
        revenues=listing(revenues, links),
        entity_faults={},
        histories={"P1": history or PartnerHistory()},
        migration=False,
        basis=basis,
    )
    return settled.decisions[0]


def basis(tier: int, rate: str, *, rates_of: BillingMonth = JUNE, currency: str = "USD") -> FxBasis:
    return FxBasis({"P1": LastEarned(tier, rates_of)}, {rates_of: {currency: Decimal(rate)}})


@pytest.mark.parametrize(
    ("earned", "before", "last", "tier"),
    [
        (1, 2, 2, 2),  # the rates alone would lower it
        (3, 2, 2, 2),  # the rates alone would raise it
        (4, 3, 2, 3),  # it rises by its revenue, and no further by the rates
        (1, 2, 3, 2),  # it falls by its revenue, and no further by the rates
        (2, 1, 2, 2),  # the rates make up for what its revenue lost: nothing moves
        (2, 3, 2, 2),
        (4, 2, 3, 3),  # one up, one down: nothing moves
        (3, 3, 1, 3),  # the rates do not matter
        (1, None, 3, 1),  # a rate is not known: as earned
        (3, 1, None, 3),  # nothing was earned before: as earned
    ],
)
def test_a_tier_goes_as_far_from_the_last_as_both_rates_agree(
    earned: int, before: int | None, last: int | None, tier: int
) -> None:
    assert guarded_tier(program=HOLD, earned=earned, at_rates_before=before, last=last) == tier
    for other in (PROGRAM, INFORM):
        assert guarded_tier(program=other, earned=earned, at_rates_before=before, last=last) == earned


@given(TIERS, TIERS, TIERS)
def test_up_and_down_are_treated_alike(earned: int, before: int, last: int) -> None:
    tier = guarded_tier(program=HOLD, earned=earned, at_rates_before=before, last=last)
    mirrored = guarded_tier(program=HOLD, earned=6 - earned, at_rates_before=6 - before, last=6 - last)
    assert mirrored == 6 - tier
    assert guarded_tier(program=HOLD, earned=before, at_rates_before=earned, last=last) == tier


@given(TIERS, TIERS)
def test_the_same_rates_change_nothing(earned: int, last: int) -> None:
    assert guarded_tier(program=HOLD, earned=earned, at_rates_before=earned, last=last) == earned


def test_a_last_tier_of_a_longer_table_is_this_ones_highest() -> None:
    assert guarded_tier(program=HOLD, earned=5, at_rates_before=6, last=9) == 6


# 2,200.00 USD are 2,000.00 EUR at 1.1, which is exactly Tier 2; at 1.12 they are 1,964.29, which is Tier 1.


def test_a_stronger_euro_alone_lowers_nobody() -> None:
    held = of_month(JULY, 2_200_00, "1.12", basis=basis(2, "1.1"))
    assert (held.mrr_eur_cents, held.earned_tier, held.tier) == (1_964_29, 2, 2)
    assert held.at_rates_before is not None
    assert (held.at_rates_before.rates_of, held.at_rates_before.cents, held.at_rates_before.holds) == (
        JUNE,
        2_000_00,
        True,
    )


def test_a_weaker_euro_alone_raises_nobody() -> None:
    held = of_month(JULY, 2_200_00, "1.1", basis=basis(1, "1.12"))
    assert (held.mrr_eur_cents, held.earned_tier) == (2_000_00, 1)
    assert held.at_rates_before is not None
    assert (held.at_rates_before.cents, held.at_rates_before.holds) == (1_964_29, True)


def test_informing_moves_the_tier_and_says_what_it_would_have_been() -> None:
    told = of_month(JULY, 2_200_00, "1.12", program=INFORM, basis=basis(2, "1.1"))
    assert told.earned_tier == 1
    assert told.at_rates_before is not None
    assert (told.at_rates_before.cents, told.at_rates_before.holds) == (2_000_00, False)


@pytest.mark.parametrize(
    ("mrr", "before", "moves", "says"),
    [
        (1_964_29, AtRatesBefore(JUNE, 2_000_00, holds=False), True, "2,000.00 EUR, tier 2"),
        (
            1_964_29,
            AtRatesBefore(JUNE, 2_000_00, holds=True),
            True,
            "2,000.00 EUR, tier 2; by rates alone it would be tier 1: they move no tier",
        ),
        (2_000_00, AtRatesBefore(JUNE, 1_999_99, holds=False), True, "1,999.99 EUR, tier 1"),
        (2_000_00, AtRatesBefore(JUNE, 2_000_01, holds=False), False, "2,000.01 EUR, tier 2"),
        (1_00, AtRatesBefore(JUNE, 1_10, holds=False), False, "1.10 EUR, tier none"),
    ],
)
def test_what_rates_alone_made_of_a_month_is_told(mrr: int, before: AtRatesBefore, moves: bool, says: str) -> None:
    found = rates_alone(program=HOLD, mrr_eur_cents=mrr, before=before)
    assert found is not None
    assert found.moves is moves
    assert rates_words(found) == f"at the exchange rates of 2015-06: {says}"


def test_rates_alone_are_looked_at_with_the_months_and_the_conditions_that_count() -> None:
    """1,500 in the mean of two months are Tier 1, and 4,500 at the rates before Tier 2: both of them need somebody."""
    asks = tuple(replace(row, requires=(Need("certified_staff", 1),)) for row in HOLD.tiers)
    program = replace(HOLD, tiers=asks, measure=Measure(2, "mean", "as_is"))
    before = AtRatesBefore(JUNE, 9_000_00, holds=True)
    found = rates_alone(program=program, mrr_eur_cents=3_000_00, before=before, held={"certified_staff": 1}, window=[0])
    assert found == RatesAlone(JUNE, 9_000_00, 2, 1, holds=True)
    nobody = rates_alone(program=program, mrr_eur_cents=3_000_00, before=before, window=[0])
    assert nobody == RatesAlone(JUNE, 9_000_00, 0, 0, holds=True)
    first = rates_alone(program=program, mrr_eur_cents=3_000_00, before=None, held={"certified_staff": 1}, window=[0])
    assert first == RatesAlone(None, None, None, 1, holds=False)


def test_rates_that_are_not_known_move_nothing() -> None:
    found = rates_alone(program=HOLD, mrr_eur_cents=2_000_00, before=None)
    assert found is not None
    assert not found.moves
    assert rates_words(found) == "at the exchange rates of an earlier month: not known"
    assert rates_alone(program=PROGRAM, mrr_eur_cents=2_000_00, before=None) is None, "nobody looks at it"


def test_without_the_key_a_month_is_decided_as_ever() -> None:
    plain = of_month(JULY, 2_200_00, "1.12", program=PROGRAM)
    assert plain == of_month(JULY, 2_200_00, "1.12", program=PROGRAM, basis=basis(2, "1.1"))
    assert (plain.earned_tier, plain.at_rates_before) == (1, None)


def test_revenue_still_moves_a_tier_at_any_rate() -> None:
    # 2,178.00 USD are 1,980.00 EUR at June's rate: revenue fell below Tier 2, whatever the rates did.
    assert of_month(JULY, 2_178_00, "1.12", basis=basis(2, "1.1")).earned_tier == 1
    # 5,600.00 USD are 5,000.00 EUR at 1.12 and more at 1.1: Tier 3 by both.
    assert of_month(JULY, 5_600_00, "1.12", basis=basis(2, "1.1")).earned_tier == 3


def test_a_rate_that_is_not_known_is_never_one() -> None:
    unknown = of_month(JULY, 2_200_00, "1.12", basis=basis(2, "1", currency="GBP"))
    assert (unknown.earned_tier, unknown.at_rates_before) == (1, None)


def test_a_first_month_is_as_earned() -> None:
    first = of_month(JULY, 2_200_00, "1.12", basis=FxBasis({}, {JUNE: {"USD": Decimal("1.1")}}))
    assert (first.earned_tier, first.at_rates_before) == (1, None)


def test_each_account_is_rounded_before_the_sum() -> None:
    # 2,200.01 USD / 1.1 = 2,000.0090.. EUR -> 2,000.01; with 0.01 EUR beside it 2,000.02 in all.
    found = of_month(JULY, 2_200_01, "1.12", euros=1, basis=basis(2, "1.1"))
    assert found.at_rates_before is not None
    assert found.at_rates_before.cents == 2_000_02


def test_a_grant_is_confirmed_by_revenue_and_not_by_rates_alone() -> None:
    held = PartnerHistory(previous_tier=2, open_grants=(grant(2, date(2015, 7, 1), date(2015, 10, 1)),))
    by_rates = of_month(JULY, 2_200_00, "1.1", basis=basis(1, "1.12"), history=held)
    assert (by_rates.earned_tier, by_rates.tier, by_rates.grants[0].outcome) == (1, 2, None)
    as_earned = of_month(JULY, 2_200_00, "1.1", program=INFORM, basis=basis(1, "1.12"), history=held)
    assert as_earned.grants[0].outcome == "confirmed"
    # and the other way round: rates alone do not keep a grant from being confirmed
    kept = of_month(JULY, 2_200_00, "1.12", basis=basis(2, "1.1"), history=held)
    assert kept.grants[0].outcome == "confirmed"


@given(st.integers(100_00, 60_000_00), st.integers(0, 20_000_00), st.lists(RATE, min_size=2, max_size=8))
def test_rates_alone_never_move_a_tier_in_any_row_of_months(dollars: int, euros: int, rates: list[Decimal]) -> None:
    month, last, known = JUNE, None, {}
    first = None
    for rate in rates:
        known[month] = {"USD": rate}
        now = FxBasis({"P1": last} if last else {}, known)
        decision = of_month(month, dollars, rate, euros=euros, basis=now)
        tier, before = decision.earned_tier, decision.at_rates_before
        assert tier is not None
        first = tier if first is None else first
        assert tier == first
        last = LastEarned(tier, before.rates_of if before and before.holds else month)
        month = month.following


@given(st.lists(st.integers(100_00, 60_000_00), min_size=2, max_size=6), RATE)
def test_months_at_one_rate_are_decided_as_without_the_guard(amounts: list[int], rate: Decimal) -> None:
    month, last, known = JUNE, None, {}
    for dollars in amounts:
        known[month] = {"USD": rate}
        now = FxBasis({"P1": last} if last else {}, known)
        decision = of_month(month, dollars, rate, basis=now)
        assert decision.earned_tier == PROGRAM.earned_tier(decision.mrr_eur_cents)
        last = LastEarned(decision.earned_tier, month)
        month = month.following


def test_nobody_rises_early_by_rates_alone() -> None:
    program = replace(HOLD, readings=replace(HOLD.readings, rise_on_partial=True))

    def risen(before: dict[str, int], of: Program = program) -> list[int]:
        found = early_rises(
            program=of,
            month=JUNE,
            known_parts={"P1": 2_000_00},
            decided=(),
            rates={},
            agreements={},
            effective_on=GO_LIVE,
            known_parts_before=before,
        )
        return [rate.terms.tier for _, rate in found]

    assert risen({"P1": 1_964_29}) == [1]
    assert risen({"P1": 2_100_00}) == [2]
    assert risen({}) == [2], "a rate is not known: as the known part is"
    assert risen({"P1": 1_964_29}, replace(program, fx_guard="inform")) == [2]
