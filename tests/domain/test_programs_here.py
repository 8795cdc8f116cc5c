"""Months are decided with the files of the company that decided those before."""

from dataclasses import replace

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.programs_here import SettledWith, check_programs_here
from partner_program.domain.refusals import Refusal
from tests.domain.made_month import PROGRAM

JUNE, JULY = BillingMonth(2026, 6), BillingMonth(2026, 7)
FIRST = replace(PROGRAM, file_name="2026-06-01.yaml", file_hash="a")
SECOND = replace(PROGRAM, file_name="2026-08-01.yaml", file_hash="b")


def test_months_before_that_know_their_files_go_on() -> None:
    check_programs_here([], [FIRST])
    check_programs_here([SettledWith(JUNE, "2026-06-01.yaml", "a")], [FIRST])
    check_programs_here(
        [SettledWith(JUNE, "2026-06-01.yaml", "a"), SettledWith(JULY, "2026-08-01.yaml", "b")], [SECOND]
    )


def test_a_file_changed_after_its_month_is_named() -> None:
    with pytest.raises(Refusal, match=r"^2026-06-01\.yaml is not as it was when month 2026-06 was settled with it:"):
        check_programs_here([SettledWith(JUNE, "2026-06-01.yaml", "a")], [replace(FIRST, file_hash="changed")])


def test_files_of_which_no_month_knows_any_are_another_companys() -> None:
    settled = [SettledWith(JULY, "2026-06-01.yaml", "a"), SettledWith(JUNE, "2026-05-01.yaml", "0")]
    with pytest.raises(Refusal, match=r"^month 2026-07 was settled with 2026-06-01\.yaml, and no month .*INCLUDE"):
        check_programs_here(settled, [SECOND])


def test_a_file_given_by_hand_for_the_newest_month_is_no_fault() -> None:
    settled = [SettledWith(JULY, "draft.yaml", "d"), SettledWith(JUNE, "2026-06-01.yaml", "a")]
    check_programs_here(settled, [FIRST])
