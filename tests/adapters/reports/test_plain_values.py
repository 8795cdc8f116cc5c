from datetime import date
from fractions import Fraction
from typing import NamedTuple

import pytest

from partner_program.adapters.reports.plain_values import plain
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.totals import HeldPartner


class Pair(NamedTuple):
    day: date
    amount: int | None


def test_records_become_objects_in_the_order_of_their_fields_and_tuples_lists() -> None:
    held = HeldPartner("P1", ("NL", "US"), "not closed")
    assert plain((held, Pair(date(2015, 6, 1), None))) == [
        {"partner_id": "P1", "entities": ["NL", "US"], "reason": "not closed"},
        {"day": "2015-06-01", "amount": None},
    ]
    assert plain(BillingMonth(2015, 6)) == "2015-06"


@pytest.mark.parametrize("value", [Fraction(1, 3), 0.1, {"a": 1}])
def test_what_has_no_plain_form_is_refused_by_its_type(value: object) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        plain(value)
