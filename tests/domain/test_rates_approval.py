"""Rates that wait for a person: only the decision that was looked at takes force, and not by whoever asked for it."""

from datetime import date

import pytest

from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates_approval import (
    MonthTookForce,
    RatesAnswered,
    RatesApproval,
    RatesAsked,
    check_approved,
    check_may_approve,
    rates_approval,
)
from partner_program.domain.refusals import NotApproved, RatesWait

JULY = BillingMonth(2026, 7)
FIRST = RatesAsked("first", "pam", date(2026, 8, 1), None, migration=False, program_file=None)
ANEW = RatesAsked("anew", "pam", date(2026, 8, 2), None, migration=False, program_file=None)
ANN = Doer("ann", "looked at each", 1_000)
BEN = Doer("ben", "tier of P7", 2_000)


def approved(decision_hash: str = "first") -> RatesAnswered:
    return RatesAnswered(decision_hash, "approved", ANN)


def refused(decision_hash: str = "first") -> RatesAnswered:
    return RatesAnswered(decision_hash, "refused", BEN)


def test_an_answer_is_bound_to_the_decision_that_it_names() -> None:
    found = rates_approval([FIRST, approved()])
    assert found == RatesApproval(FIRST, "approved", ANN)
    assert found.is_answered("first", "approved")
    assert not found.is_answered("anew", "approved")
    assert not found.is_answered("first", "refused")
    check_approved(JULY, found, "first")


def test_what_is_decided_anew_waits_anew_and_an_answer_to_the_decision_before_is_none() -> None:
    assert rates_approval([FIRST, approved(), ANEW]) == RatesApproval(ANEW, "waits", None)
    assert rates_approval([FIRST, ANEW, approved("first")]) == RatesApproval(ANEW)
    assert rates_approval([FIRST, ANEW, approved("anew")]) == RatesApproval(ANEW, "approved", ANN)


def test_the_last_answer_counts() -> None:
    assert rates_approval([FIRST, refused(), approved()]) == RatesApproval(FIRST, "approved", ANN)
    assert rates_approval([FIRST, approved(), refused()]) == RatesApproval(FIRST, "refused", BEN)


def test_once_the_month_took_force_what_was_answered_before_is_over() -> None:
    assert rates_approval([FIRST, approved(), MonthTookForce()]) is None
    assert rates_approval([FIRST, MonthTookForce(), approved()]) is None, "nothing waits"
    assert rates_approval([FIRST, approved(), MonthTookForce(), ANEW]) == RatesApproval(ANEW)
    assert rates_approval([approved()]) is None
    assert rates_approval([]) is None


@pytest.mark.parametrize("by", ["pam", "Pam", " PAM "])
def test_whoever_asked_does_not_approve(by: str) -> None:
    with pytest.raises(NotApproved, match="somebody else has to look at its rates"):
        check_may_approve(JULY, RatesApproval(FIRST), by=by)


def test_anybody_else_does() -> None:
    check_may_approve(JULY, RatesApproval(FIRST), by="ann")


@pytest.mark.parametrize(
    ("approval", "decision_hash", "says"),
    [
        (None, "first", "decided anew since: run the month again"),
        (RatesApproval(FIRST, "approved", ANN), "anew", "decided anew since: run the month again"),
        (RatesApproval(FIRST), "first", "by somebody other than pam; nothing took force"),
        (RatesApproval(FIRST, "refused", BEN), "first", "ben refused the rates of 2026-07: tier of P7. Nothing took"),
    ],
)
def test_nothing_takes_force_without_an_approval_of_exactly_this_decision(
    approval: RatesApproval | None, decision_hash: str, says: str
) -> None:
    with pytest.raises(RatesWait, match=says):
        check_approved(JULY, approval, decision_hash)
