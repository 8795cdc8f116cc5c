"""What a look at a source says of single lines, of accounts and of sums."""

from fractions import Fraction

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import PIECE_OF_TERM, THIS_PERIOD, MrrGroup
from partner_program.domain.single_lines import SingleLine
from partner_program.domain.source_check import (
    LARGEST_ACCOUNTS,
    SHOWN,
    First,
    doubt_of,
    largest_accounts,
    lines_of_others,
    main_currency,
)

JUNE = BillingMonth(2015, 6)


def term(months: int, **changed: object) -> MrrGroup:
    group = MrrGroup("A1", "EUR", "recurring", "posted", months, 30, 1, 100_00)
    return group._replace(**changed)  # type: ignore[arg-type]


def piece(net: int, price: int) -> MrrGroup:
    return term(1, way=PIECE_OF_TERM, net_amount_minor=net, term_amount_minor=price)


PERIOD = term(1, way=THIS_PERIOD)


@pytest.mark.parametrize(
    ("group", "start", "end", "says"),
    [
        (term(1), "2015-06-01", "2015-07-01", None),
        (term(1), "2015-06-01", "2015-06-29", None),  # a month told as 28 days
        (term(1), "2015-06-01", "2015-06-28", "shorter than its term of 1 month: 100.00 as said"),
        (term(12, covered_days=15), "2015-06-16", "2015-07-01", "4.17 as said, 100.00 for the period alone"),
        (term(1), "2015-06-01", "2015-07-03", None),
        (term(1), "2015-06-01", "2015-07-04", "3 days longer than its term of 1 month"),
        (piece(50_00, 100_00), "2015-06-16", "2015-07-01", None),
        (piece(100_01, 100_00), "2015-06-16", "2015-07-01", "a piece of 15 days of a term that costs 100.00"),
        (piece(96_00, 95_00), "2015-06-01", "2015-06-30", "a piece of 29 days of a term that costs 95.00"),
        (piece(60_00, 100_00), "2015-06-16", "2015-07-01", None),
        (piece(60_01, 100_00), "2015-06-16", "2015-07-01", "a piece of 15 days of a term that costs 100.00"),
        (piece(39_00, 100_00), "2015-06-16", "2015-07-01", "a piece of 15 days of a term that costs 100.00"),
        (piece(-50_00, -100_00), "2015-06-16", "2015-07-01", None),
        (piece(100_00, 100_00), "2015-06-01", "2015-07-04", "3 days longer than its term of 1 month"),
        (piece(50_00, 100_00), "2015-06-01", "2015-07-10", "a piece of 39 days of a term that costs 100.00"),
        (PERIOD, "2015-06-15", "2015-07-15", "exactly 1 month, counted by days: term_months 1"),
        (PERIOD, "2015-01-31", "2015-02-28", "exactly 1 month"),
        (PERIOD, "2015-06-01", "2015-06-15", None),  # two weeks
        (PERIOD, "2015-06-11", "2015-07-11", "exactly 1 month"),
        (PERIOD, "2015-05-11", "2015-06-10", None),  # thirty days
        (PERIOD, "2015-06-01", "2015-06-18", "a period of 17 days, neither months nor weeks"),
        (term(1, charge_kind="usage"), "2015-06-01", "2015-06-02", None),
        (term(1, charge_kind="usage"), "2015-06-01", "2015-07-02", None),
        (term(1, charge_kind="usage"), "2015-06-01", "2015-07-03", "usage of 32 days counts whole in one month"),
        (term(12, charge_kind="setup"), "2015-06-01", "2015-06-02", None),  # counts nowhere
        (term(12, document_status="void"), "2015-06-01", "2015-06-02", None),
    ],
)
def test_a_line_whose_period_or_price_looks_wrong_is_named_with_why(
    group: MrrGroup, start: str, end: str, says: str | None
) -> None:
    why = doubt_of(SingleLine("L", start, end, group), JUNE)

    assert (why is None) if says is None else (why is not None and says in why)


def test_the_largest_accounts_are_those_with_the_largest_shares_of_the_month_in_each_currency() -> None:
    yearly = term(12, account_id="Y", net_amount_minor=1_200_00)
    monthly = [term(1, account_id=f"M{number:02}", net_amount_minor=10_00 + number) for number in range(12)]
    other = term(1, account_id="Y", currency="USD", net_amount_minor=1)
    setup = term(1, account_id="S", charge_kind="setup", net_amount_minor=10**9)

    found = largest_accounts([setup, *monthly, yearly, other], JUNE)

    assert [each.account_id for each in found[:3]] == ["Y", "M11", "M10"]
    assert found[0].share_minor == Fraction(100_00)
    assert [each.currency for each in found] == ["EUR"] * LARGEST_ACCOUNTS + ["USD"]


def test_accounts_are_compared_with_the_list_in_both_directions() -> None:
    without, others = lines_of_others([term(1), term(1, account_id="A3", lines=4)], [], {"A1", "A2"})

    assert without.first == ("A2",)
    assert others.first == (("A3", 4),)


def test_the_currency_of_most_lines_is_the_main_one_and_of_none_there_is_none() -> None:
    assert main_currency([term(1, currency="USD", lines=2), term(1), term(1, currency="GBP")]) == "USD"
    assert main_currency([]) is None


def test_a_long_list_keeps_its_beginning_and_its_length() -> None:
    assert First(range(SHOWN + 7)).kept.count == SHOWN + 7
    assert First(range(SHOWN + 7)).kept.first == tuple(range(SHOWN))
