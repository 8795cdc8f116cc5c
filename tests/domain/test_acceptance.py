"""What accepting a restatement does for one partner: record, rate, letter, and the words for them (rule 8)."""

from dataclasses import replace
from datetime import date

from partner_program.domain.acceptance import (
    Consequence,
    Standing,
    consequences,
    letter_words,
    rate_words,
    record_words,
    summary_words,
    takes_effect_on,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.restatement import figures_of
from partner_program.domain.settlement import PartnerHistory
from tests.domain.made_month import GO_LIVE, PROGRAM, decided, grant, legacy

JULY, AUGUST = BillingMonth(2015, 7), BillingMonth(2015, 8)
AUGUST_20 = date(2015, 8, 20)
BEFORE = decided(2_000_00, PartnerHistory())
SILVER = Rate(GO_LIVE, RateTerms(2, 800, 2_000, "Silver"))
GOLD = RateTerms(3, 1_000, 3_500, "Gold")
STANDING = Standing(figures_of(BEFORE), SILVER)


def accepted(cents: int, standing: Standing = STANDING, *, history: bool = False) -> Consequence:
    (found,) = consequences(
        restated=[decided(cents, PartnerHistory())],
        standings={"P1": standing},
        program=None if history else PROGRAM,
        day=AUGUST_20,
    )
    return found


def test_a_corrected_tier_is_a_new_rate_from_the_day_and_a_letter() -> None:
    found = accepted(5_000_00)
    assert (found.rate, found.rate_before, found.letter) == (Rate(AUGUST_20, GOLD), SILVER, "restated")
    assert {"tier 2 becomes 3", "monthly_fee_discount 8 % becomes 10 %"} <= set(found.record)
    assert rate_words(found) == (
        "from 2015-08-20: tier 3, 10 % monthly, 35 % setup, Gold; until then tier 2, 8 % monthly, 20 % setup, Silver"
    )
    assert not found.is_on_record_only


def test_where_a_later_month_decides_only_the_record_changes_and_no_discount_is_promised() -> None:
    later = Rate(date(2015, 8, 3), RateTerms(1, 500, 1_000, "Bronze"))
    found = accepted(0, replace(STANDING, rate=later, decided_by=AUGUST))
    assert (found.rate, found.rate_before, found.letter) == (later, later, None)
    assert "tier 2 becomes 0" in found.record
    assert not [line for line in found.record if "discount" in line or "sla" in line]
    written = figures_of(found.decision)
    assert (written.tier, written.monthly_fee_discount_bp, written.rate_valid_from) == (0, 800, GO_LIVE)
    assert rate_words(found) == (
        "stays: tier 1, 5 % monthly, 10 % setup, Bronze, since 2015-08-03; 2015-08 decides it, a later month"
    )
    assert found.is_on_record_only


def test_a_month_of_history_changes_its_record_alone() -> None:
    found = accepted(5_000_00, replace(STANDING, rate=None, decided_by=JULY), history=True)
    assert (found.rate, found.letter, found.is_on_record_only, found.decided_by) == (None, None, True, None)
    assert rate_words(found) == "stays: no rate"


def test_another_amount_in_the_same_tier_is_a_letter_with_the_same_rate() -> None:
    found = accepted(2_000_01)
    assert (found.rate, found.letter) == (SILVER, "restated")
    assert [line for line in found.record if line.startswith("mrr")] == ["mrr 2,000.00 EUR becomes 2,000.01 EUR"]
    assert rate_words(found) == "stays: tier 2, 8 % monthly, 20 % setup, Silver, since 2015-07-27"
    assert not found.is_on_record_only


def test_a_grant_or_an_agreement_in_force_on_the_day_of_acceptance_is_in_the_rate_that_is_told() -> None:
    granted = accepted(0, replace(STANDING, open_grants=(grant(3, AUGUST_20, date(2015, 12, 1)),)))
    kept = accepted(0, replace(STANDING, agreements=(legacy(900),)))
    assert (granted.rate, kept.rate) == (Rate(AUGUST_20, GOLD), Rate(AUGUST_20, RateTerms(0, 900, 0, None)))


def test_the_revision_takes_effect_on_the_day_only_if_something_does() -> None:
    record_only = accepted(0, replace(STANDING, decided_by=JULY))
    assert takes_effect_on(accepted=[record_only], day=AUGUST_20, month_in_force_from=GO_LIVE) == GO_LIVE
    assert takes_effect_on(accepted=[record_only, accepted(0)], day=AUGUST_20, month_in_force_from=GO_LIVE) == AUGUST_20
    # The same rate, but a letter from that day:
    assert takes_effect_on(accepted=[accepted(2_000_01)], day=AUGUST_20, month_in_force_from=GO_LIVE) == AUGUST_20


def test_the_summary_counts_rates_letters_and_what_is_on_record_only() -> None:
    found = [accepted(0), accepted(2_000_01), accepted(0, replace(STANDING, decided_by=JULY))]
    assert summary_words(found) == "3 partners restated: 1 new rate, 2 letters, 1 on record only"


def test_a_record_without_a_change_says_so() -> None:
    assert record_words(accepted(2_000_00)) == "stays as it is"


def test_the_letter_that_is_owed_is_named_by_its_kind() -> None:
    assert letter_words(accepted(0)) == "restated"
    assert letter_words(accepted(0, replace(STANDING, decided_by=JULY))) == "no new one"


def test_an_acceptance_writes_a_rate_only_where_it_is_another_one() -> None:
    raised, same, later = accepted(5_000_00), accepted(2_000_01), accepted(0, replace(STANDING, decided_by=JULY))
    assert [(each.partner_id, each.decision.rate_is_new) for each in (raised, same, later)] == [
        ("P1", True),
        ("P1", False),
        ("P1", False),
    ]
    assert raised.decision.rate == Rate(AUGUST_20, GOLD)


def test_what_a_partner_loses_is_told_in_words_and_a_record_line_by_line() -> None:
    lost = accepted(0)
    assert rate_words(lost).startswith("from 2015-08-20: tier none, 0 % monthly, 0 % setup, no SLA; until then tier 2")
    assert record_words(lost).split("\n") == list(lost.record)
