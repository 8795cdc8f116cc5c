"""A settled month: rates for new orders only, written only if they differ, and one letter (rules 3 to 7 and 12)."""

from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import LegacyAgreement
from partner_program.domain.settlement import (
    NO_HISTORY,
    Decision,
    GraceAssignment,
    PartnerHistory,
    TierAssignment,
    assign_tiers,
    decide,
    keep_rate,
    record_history,
    settle_grace_periods,
)
from partner_program.domain.totals import AccountTotal, PartnerTotal
from tests.domain.made_month import (
    GO_LIVE,
    JUNE,
    PROGRAM,
    billed,
    decided,
    entity,
    grant,
    legacy,
    line,
    link,
    partner,
    settled,
)

JULY = BillingMonth(2015, 7)
EARLIER, AUGUST_3 = date(2015, 7, 1), date(2015, 8, 3)
SILVER = Rate(EARLIER, RateTerms(2, 800, 2_000, "Silver"))
SECOND_TIER = PartnerHistory(previous_tier=2, rate=SILVER)


def with_agreement(mrr: int, history: PartnerHistory, agreement: LegacyAgreement) -> Decision:
    (decision,) = settled(
        billed(line(mrr)), histories={"P1": history}, agreements={"P1": [agreement], "P2": [legacy(9_000)]}
    ).decisions
    return decision


# The first day of a rate


def test_a_month_is_not_settled_before_it_has_ended() -> None:
    with pytest.raises(Refusal, match="choose a day after it"):
        settled(billed(line(2_000_00)), effective_on=date(2015, 6, 30))


def test_a_new_rate_holds_from_the_effective_date_and_never_before() -> None:
    assert decided(2_000_00, NO_HISTORY, effective_on=AUGUST_3).rate == Rate(
        AUGUST_3, RateTerms(2, 800, 2_000, "Silver")
    )


# A new rate only if something differs


def test_nothing_differs_and_the_old_rate_stays_with_its_own_first_day() -> None:
    decision = decided(4_999_99, SECOND_TIER)
    assert (decision.rate, decision.rate_is_new, decision.letter) == (SILVER, False, None)


@pytest.mark.parametrize(
    "before",
    [
        RateTerms(1, 800, 2_000, "Silver"),
        RateTerms(2, 700, 2_000, "Silver"),
        RateTerms(2, 800, 1_000, "Silver"),
        RateTerms(2, 800, 2_000, "Bronze"),
        RateTerms(2, 800, 2_000, None),
    ],
)
def test_a_difference_in_tier_discount_or_service_level_makes_a_new_rate(before: RateTerms) -> None:
    decision = decided(2_000_00, replace(SECOND_TIER, rate=Rate(EARLIER, before)))
    assert decision.rate_is_new
    assert decision.rate == Rate(GO_LIVE, RateTerms(2, 800, 2_000, "Silver"))


def test_a_first_assessment_writes_a_rate_even_where_nothing_is_earned() -> None:
    """From its first assessment on each authorised partner has exactly one rate at each instant."""
    decision = decided(0, NO_HISTORY)
    assert (decision.tier, decision.rate_is_new) == (0, True)
    assert decision.rate == Rate(GO_LIVE, RateTerms(0, 0, 0, None))


def test_a_partner_may_fall_from_the_highest_tier_to_none_in_one_month() -> None:
    top = PartnerHistory(previous_tier=6, rate=Rate(EARLIER, RateTerms(6, 2_500, 10_000, "Platinum")))
    decision = decided(499_99, top)
    assert (decision.tier, decision.letter) == (0, "tier_lowered")
    assert decision.rate == Rate(GO_LIVE, RateTerms(0, 0, 0, None))


def test_a_partner_may_rise_from_none_to_the_highest_tier_in_one_month() -> None:
    decision = decided(40_000_00, PartnerHistory(previous_tier=0, rate=Rate(EARLIER, RateTerms(0, 0, 0, None))))
    assert (decision.tier, decision.previous_tier, decision.letter) == (6, 0, "tier_raised")


# Existing partners


def test_an_old_agreement_is_a_floor_and_the_decision_names_the_tier() -> None:
    decision = with_agreement(2_000_00, NO_HISTORY, legacy(1_200, 1_000, "Bronze"))
    assert decision.tier == 2
    assert decision.rate == Rate(GO_LIVE, RateTerms(2, 1_200, 2_000, "Silver"))


def test_an_agreement_that_ends_on_the_effective_date_holds_no_more() -> None:
    before = PartnerHistory(previous_tier=2, rate=Rate(EARLIER, RateTerms(2, 1_200, 2_000, "Silver")))
    held_on = with_agreement(2_000_00, before, legacy(1_200, until=date(2015, 7, 28)))
    ended = with_agreement(2_000_00, before, legacy(1_200, until=GO_LIVE))
    assert (held_on.rate, held_on.rate_is_new) == (before.rate, False)
    assert (ended.rate, ended.rate_is_new) == (Rate(GO_LIVE, RateTerms(2, 800, 2_000, "Silver")), True)
    assert (held_on.letter, ended.letter) == (None, "terms_changed")


# Grace


def lifted(tier: int = 4, *, ends_on: date = date(2015, 12, 1), lifted_by: tuple[str, ...] = ()) -> PartnerHistory:
    return replace(SECOND_TIER, open_grants=(grant(tier, EARLIER, ends_on),), lifted_by=lifted_by)


def test_a_grant_lifts_the_tier_and_the_first_letter_says_so() -> None:
    decision = decided(2_000_00, lifted())
    assert (decision.earned_tier, decision.granted_tier, decision.tier) == (2, 4, 4)
    assert (decision.lifted_by, decision.letter) == ("G1", "grace_granted")
    assert decision.rate == Rate(GO_LIVE, RateTerms(4, 1_500, 5_000, "Gold"))


def test_a_grant_that_lifted_before_is_not_announced_again() -> None:
    known = Rate(EARLIER, RateTerms(4, 1_500, 5_000, "Gold"))
    decision = decided(2_000_00, replace(lifted(lifted_by=("G1",)), previous_tier=4, rate=known))
    assert (decision.tier, decision.lifted_by, decision.letter) == (4, "G1", None)


def test_a_second_grant_that_lifts_is_announced() -> None:
    assert decided(2_000_00, replace(lifted(lifted_by=("G0",)), previous_tier=4)).letter == "grace_granted"


def test_a_grant_below_the_earned_tier_lifts_nothing() -> None:
    platinum = Rate(EARLIER, RateTerms(5, 2_000, 7_500, "Platinum"))
    below = grant(1, date(2015, 7, 10), date(2015, 12, 1))
    decision = decided(20_000_00, PartnerHistory(previous_tier=5, rate=platinum, open_grants=(below,)))
    assert (decision.tier, decision.granted_tier, decision.lifted_by) == (5, 1, None)
    assert decision.letter is None


def test_a_grant_that_is_only_as_high_as_the_earned_tier_lifts_nothing() -> None:
    equal = replace(SECOND_TIER, open_grants=(grant(2, date(2015, 7, 10), date(2015, 12, 1)),))
    decision = decided(2_000_00, equal)
    assert (decision.tier, decision.granted_tier, decision.lifted_by, decision.letter) == (2, 2, None, None)


def test_a_partner_who_reaches_the_granted_tier_keeps_it_by_merit() -> None:
    history = replace(lifted(lifted_by=("G1",)), previous_tier=4)
    history = replace(history, open_grants=(grant(4, date(2015, 6, 1), date(2015, 12, 1)),))
    decision = decided(10_000_00, history)
    assert [each.outcome for each in decision.grants] == ["confirmed"]
    assert (decision.tier, decision.granted_tier, decision.lifted_by) == (4, None, None)
    assert decision.letter == "grace_confirmed"


def test_a_partner_whose_grant_lapses_gets_the_earned_tier_for_new_orders() -> None:
    history = replace(lifted(ends_on=GO_LIVE, lifted_by=("G1",)), previous_tier=4)
    decision = decided(2_000_00, history)
    assert [each.outcome for each in decision.grants] == ["lapsed"]
    assert (decision.tier, decision.granted_tier, decision.letter) == (2, None, "grace_lapsed")


# Letters


@pytest.mark.parametrize(
    "before",
    [RateTerms(2, 700, 2_000, "Silver"), RateTerms(2, 800, 2_500, "Silver"), RateTerms(2, 800, 2_000, "Gold")],
)
def test_a_discount_or_service_level_that_changes_without_the_tier_is_told(before: RateTerms) -> None:
    assert decided(2_000_00, replace(SECOND_TIER, rate=Rate(EARLIER, before))).letter == "terms_changed"


def test_an_agreement_that_begins_is_told_as_one_that_ends() -> None:
    assert with_agreement(2_000_00, SECOND_TIER, legacy(1_200)).letter == "terms_changed"
    assert with_agreement(2_000_00, SECOND_TIER, legacy(0, 0, "Platinum")).letter == "terms_changed"
    assert with_agreement(2_000_00, SECOND_TIER, legacy(800, 2_000, "Silver")).letter is None  # as the tier gives


def test_a_partner_that_returns_with_its_tier_is_told_that_its_discounts_are_back() -> None:
    """While it was suspended its rate was the one of no tier; its tier is that of the last month that assigned it."""
    returns = replace(SECOND_TIER, rate=Rate(EARLIER, NO_PROGRAMME_RATE))
    decision = decided(2_000_00, returns)
    assert (decision.previous_tier, decision.tier, decision.rate_is_new, decision.letter) == (
        2,
        2,
        True,
        "terms_changed",
    )
    assert decided(0, replace(returns, previous_tier=0)).letter is None


def test_a_programme_with_other_percentages_is_told_to_partners_whose_tier_stays() -> None:
    second = replace(PROGRAM.tiers[1], monthly_fee_discount_bp=900)
    other = replace(PROGRAM, tiers=(PROGRAM.tiers[0], second, *PROGRAM.tiers[2:]))
    assert decided(2_000_00, SECOND_TIER, program=other).letter == "terms_changed"
    assert decided(5_000_00, SECOND_TIER, program=other).letter == "tier_raised"
    assert decided(500_00, SECOND_TIER, program=other).letter == "tier_lowered"


def test_a_first_rate_is_no_change_of_terms() -> None:
    assert decided(0, NO_HISTORY).letter is None
    assert with_agreement(0, NO_HISTORY, legacy(1_200)).letter is None


def test_a_rate_that_differs_in_nothing_but_its_tier_is_no_change_of_terms() -> None:
    same = Rate(EARLIER, RateTerms(1, 800, 2_000, "Silver"))
    assert decided(2_000_00, replace(SECOND_TIER, rate=same)).letter is None


def test_at_the_migration_every_partner_is_informed_even_where_nothing_changed() -> None:
    """ "Each Reseller Partner will be informed about the tier they are in" """
    settlement = settled(
        billed(line(2_000_00)),
        partners=[partner("P1"), partner("P2"), partner("P3", "suspended")],
        histories={"P1": SECOND_TIER},
        migration=True,
    )
    assert {each.partner_id: each.letter for each in settlement.decisions} == {"P1": "migration", "P2": "migration"}


def test_a_programme_that_notifies_always_writes_to_partners_to_whom_nothing_happened() -> None:
    always = replace(PROGRAM, readings=replace(PROGRAM.readings, notify="always"))
    assert decided(2_000_00, SECOND_TIER, program=always).letter == "no_change"
    assert decided(5_000_00, SECOND_TIER, program=always).letter == "tier_raised"


def test_a_restated_month_says_so_before_it_says_what_moved() -> None:
    (plain,) = settled(billed(line(5_000_00)), histories={"P1": SECOND_TIER}).decisions
    restated = decide(
        program=PROGRAM,
        total=PartnerTotal("P1", plain.accounts),
        grace=GraceAssignment("P1", GO_LIVE, 3, None, 3, (), None),
        history=SECOND_TIER,
        agreements=(),
        migration=False,
        restated=True,
    )
    assert (plain.letter, restated.letter) == ("tier_raised", "restated")
    assert restated.rate == plain.rate


# A month decided after a later one


def test_a_decision_beside_a_kept_rate_has_its_figures_and_neither_a_new_rate_nor_a_letter() -> None:
    decision = decided(5_000_00, SECOND_TIER)
    kept = keep_rate(decision, rate=SILVER)
    assert (decision.rate_is_new, decision.letter) == (True, "tier_raised")
    assert (kept.tier, kept.mrr_eur_cents) == (decision.tier, decision.mrr_eur_cents)
    assert (kept.rate, kept.rate_is_new, kept.letter) == (SILVER, False, None)
    assert keep_rate(decision, rate=None).rate is None


# Held partners, and months that are history only


def test_a_held_partner_has_no_decision_and_so_no_lower_rate_and_no_letter() -> None:
    settlement = settled(
        billed(line(2_000_00), code="NL"),
        billed(line(9_000_00), code="US", fault="month 2015-06 not closed"),
        partners=[partner("P1"), partner("P2")],
        links=[link("P1"), link("P1", code="US"), link("P2", "A2")],
        histories={"P1": PartnerHistory(previous_tier=4)},
    )
    assert [decision.partner_id for decision in settlement.decisions] == ["P2"]
    assert [held.partner_id for held in settlement.totals.held] == ["P1"]


def test_no_history_or_agreement_affects_another_partner() -> None:
    settlement = settled(
        billed(line(2_000_00), line(2_000_00, account_id="A2")),
        partners=[partner("P1"), partner("P2")],
        links=[link(), link("P2", "A2")],
        histories={"P1": replace(SECOND_TIER, open_grants=(grant(6, EARLIER, date(2016, 1, 1)),))},
        agreements={"P1": [legacy(3_000)]},
    )
    first, second = settlement.decisions
    assert (first.tier, second.tier) == (6, 2)
    assert second.rate == Rate(GO_LIVE, RateTerms(2, 800, 2_000, "Silver"))


def test_the_same_rate_holds_for_a_partner_in_all_entities() -> None:
    """ "apply the same discount across the various accounts, including all legal entities" """
    settlement = settled(
        billed(line(1_000_00), code="NL"),
        billed(line(1_000_00), code="US"),
        links=[link(), link(code="US")],
        entities=[entity("NL"), entity("US")],
    )
    (decision,) = settlement.decisions
    assert len(decision.accounts) == 2
    assert decision.rate == Rate(GO_LIVE, RateTerms(2, 800, 2_000, "Silver"))


def test_a_month_that_is_history_only_has_a_total_and_neither_rate_nor_letter() -> None:
    account = AccountTotal("NL", "A1", "EUR", "1", 5_00, 5_00)
    history = record_history(total=PartnerTotal("P1", (account,)), earned_tier=None)
    assert (history.mrr_eur_cents, history.tier, history.earned_tier) == (5_00, None, None)
    assert (history.rate, history.rate_is_new, history.letter, history.grants, history.previous_tier) == (
        None,
        False,
        None,
        (),
        None,
    )
    assert record_history(total=PartnerTotal("P1", ()), earned_tier=3).tier == 3


def test_the_same_inputs_settle_to_the_same_month() -> None:
    def run() -> object:
        return settled(billed(line(2_000_00), line(1, currency="SEK", account_id="A9")), histories={"P1": lifted()})

    assert run() == run()


def test_months_are_settled_by_their_own_days() -> None:
    (decision,) = settled(
        billed(line(310_00, month=JULY, start=date(2015, 7, 31), end=date(2015, 8, 2))),
        month=JULY,
        effective_on=AUGUST_3,
    ).decisions
    assert decision.mrr_eur_cents == 10_00


@pytest.mark.parametrize("tier", [None, 0, 2])
def test_a_month_of_history_has_the_partner_its_total_and_tier_and_nothing_that_takes_force(tier: int | None) -> None:
    accounts = (AccountTotal("NL", "A1", "EUR", "1", 2_500_00, 2_500_00),)
    decision = record_history(total=PartnerTotal("P7", accounts), earned_tier=tier)

    assert (decision.partner_id, decision.accounts, decision.mrr_eur_cents) == ("P7", accounts, 2_500_00)
    assert (decision.earned_tier, decision.tier) == (tier, tier)
    assert (decision.rate, decision.rate_is_new, decision.letter, decision.grants) == (None, False, None, ())
    assert (decision.granted_tier, decision.previous_tier, decision.lifted_by) == (None, None, None)


def test_each_stage_names_its_partner_with_the_cents_that_earned_the_tier() -> None:
    totals = [PartnerTotal(each, (AccountTotal("NL", "A1", "EUR", "1", 2_000_00, 2_000_00),)) for each in "PQ"]
    tiers = assign_tiers(program=PROGRAM, month=JUNE, totals=totals)
    assert tiers == (TierAssignment("P", 2_000_00, 2), TierAssignment("Q", 2_000_00, 2))
    graces = settle_grace_periods(
        program=PROGRAM, month=JUNE, effective_on=GO_LIVE, assignments=tiers, histories={"Q": PartnerHistory()}
    )
    assert graces == tuple(GraceAssignment(each, GO_LIVE, 2, None, 2, (), None) for each in "PQ")
