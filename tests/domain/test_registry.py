"""An entity bills in a month on any day of which it belongs to the company."""

from datetime import date

from partner_program.domain.billing_month import BillingMonth
from tests.domain.made_month import entity

JUNE = BillingMonth(2015, 6)


def test_an_entity_that_joins_on_the_last_day_bills_in_that_month() -> None:
    assert entity(joined_on=date(2015, 6, 30)).bills_in(JUNE)
    assert not entity(joined_on=date(2015, 7, 1)).bills_in(JUNE)


def test_an_entity_that_leaves_on_the_first_day_does_not_bill_in_that_month() -> None:
    assert not entity(left_on=date(2015, 6, 1)).bills_in(JUNE)
    assert entity(left_on=date(2015, 6, 2)).bills_in(JUNE)
