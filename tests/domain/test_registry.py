"""An entity bills in a month on any day of which it belongs to the company; managers are known by their ids."""

from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import check_managers
from tests.domain.made_month import entity

JUNE = BillingMonth(2015, 6)


def test_an_entity_that_joins_on_the_last_day_bills_in_that_month() -> None:
    assert entity(joined_on=date(2015, 6, 30)).bills_in(JUNE)
    assert not entity(joined_on=date(2015, 7, 1)).bills_in(JUNE)


def test_an_entity_that_leaves_on_the_first_day_does_not_bill_in_that_month() -> None:
    assert not entity(left_on=date(2015, 6, 1)).bills_in(JUNE)
    assert entity(left_on=date(2015, 6, 2)).bills_in(JUNE)


def test_every_id_that_is_no_managers_is_named_beside_those_that_are() -> None:
    check_managers(["M2", "M1"], ["M1", "M2"])
    says = r"partner manager M3 and M0 is not in account_managers\.csv, which has M1, M2$"
    with pytest.raises(Refusal, match=says):
        check_managers(["M3", "M1", "M0"], ["M2", "M1"])
