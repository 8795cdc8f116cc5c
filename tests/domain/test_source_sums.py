"""The sums of a look at a source: by bucket, by what amounts pay for, by account; several groups of one add up."""

from fractions import Fraction

from partner_program.domain.revenue import PIECE_OF_TERM, THIS_PERIOD, WHOLE_TERM
from partner_program.domain.source_check import (
    AccountLines,
    BucketSum,
    PaidFor,
    bucket_sums,
    largest_accounts,
    lines_of_others,
    main_currency,
    paid_for,
)
from tests.domain.made_month import JUNE, faulty, line

MONTHLY, YEARLY = line(100_00), line(1_200_00, term=12)
SETUP, DOLLARS = line(7, kind="setup"), line(5, currency="USD")


def test_lines_are_added_up_by_currency_bucket_and_kind() -> None:
    found = bucket_sums([MONTHLY, YEARLY, SETUP, DOLLARS], [faulty(3), faulty(None), faulty(4, kind="usage")])
    assert found == (
        BucketSum("EUR", "counted", "recurring", 2, 1_300_00),
        BucketSum("EUR", "faulty", "recurring", 2, 3),
        BucketSum("EUR", "faulty", "usage", 1, 4),
        BucketSum("EUR", "setup", "setup", 1, 7),
        BucketSum("USD", "counted", "recurring", 1, 5),
    )


def test_what_counts_is_added_up_by_what_it_pays_for() -> None:
    period = MONTHLY._replace(way=THIS_PERIOD, period_days=17, term_months=1)
    piece = MONTHLY._replace(way=PIECE_OF_TERM, term_months=3, term_amount_minor=9)
    found = paid_for([MONTHLY, MONTHLY, YEARLY, SETUP, period, period, piece])
    assert found == (
        PaidFor("EUR", THIS_PERIOD, 0, 17, 2, 200_00),
        PaidFor("EUR", PIECE_OF_TERM, 3, 0, 1, 100_00),
        PaidFor("EUR", WHOLE_TERM, 1, 0, 2, 200_00),
        PaidFor("EUR", WHOLE_TERM, 12, 0, 1, 1_200_00),
    )


def test_groups_of_one_account_add_up_in_its_share_and_its_lines() -> None:
    small = line(1_00, account_id="A2")
    found = largest_accounts([small, MONTHLY._replace(lines=2), YEARLY._replace(lines=3), SETUP], JUNE)
    assert [(each.account_id, each.share_minor, each.line_count) for each in found] == [
        ("A1", Fraction(200_00), 5),
        ("A2", Fraction(1_00), 1),
    ]


def test_the_main_currency_is_that_of_most_lines_in_all_groups() -> None:
    assert main_currency([MONTHLY, DOLLARS._replace(lines=2), MONTHLY, YEARLY]) == "EUR"


def test_lines_of_accounts_that_are_not_listed_are_counted_with_the_faulty_ones() -> None:
    others = lines_of_others([MONTHLY, YEARLY._replace(lines=3)], [faulty(), faulty()], ["A9"])[1]
    assert others.first == (AccountLines("A1", 6),)
