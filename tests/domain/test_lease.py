"""The lease of a month: which run may write the month, and which one has been overtaken."""

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.lease import NEVER_HELD, Lease, claim_lease, give_back
from partner_program.domain.refusals import MonthBusy, MonthLost

JUNE = BillingMonth(2015, 6)


def claim(lease: Lease, *, holder: str = "b", seen: int = 0, now: int = 1_000, gone: bool = False) -> Lease:
    return claim_lease(month=JUNE, lease=lease, holder=holder, seen=seen, now=now, seconds=60, holder_is_gone=gone)


def test_the_first_run_gets_the_month_with_the_first_token():
    assert claim(NEVER_HELD) == Lease(1, "b", 1_060)


def test_a_run_that_has_the_month_keeps_its_token_and_gets_more_time():
    assert claim(Lease(3, "b", 1_001), seen=2) == Lease(3, "b", 1_060)


def test_a_run_that_slept_past_its_time_goes_on_where_nobody_took_the_month():
    assert claim(Lease(3, "b", 10), seen=2) == Lease(3, "b", 1_060)


@pytest.mark.parametrize("until", [1_001, 1_060])
def test_another_run_waits_while_the_month_is_held(until):
    with pytest.raises(MonthBusy, match=r"another run \(a\) has month 2015-06: wait for it to end"):
        claim(Lease(3, "a", until), seen=3)


@pytest.mark.parametrize("lease", [Lease(3, "a", 1_000), Lease(3, "a", 0)])
def test_another_run_gets_the_month_in_the_second_in_which_the_time_is_up_or_it_was_given_back(lease):
    assert claim(lease, seen=3) == Lease(4, "b", 1_060)


def test_a_holder_whose_process_is_gone_is_not_waited_for():
    assert claim(Lease(3, "a", 1_060), seen=3, gone=True) == Lease(4, "b", 1_060)


def test_a_run_that_was_overtaken_is_refused_however_long_it_slept():
    with pytest.raises(MonthLost, match=r"another run \(a\) has written it since this one began"):
        claim(Lease(4, "a", 0), seen=3, now=10**9)


def test_a_month_that_was_given_back_is_free_and_keeps_its_token():
    assert give_back(lease=Lease(4, "a", 1_060), holder="a") == Lease(4, "a", 0)
    assert give_back(lease=Lease(4, "a", 1_060), holder="b") == Lease(4, "a", 1_060)
