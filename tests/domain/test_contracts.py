"""Contracts that end, and the scheme for going on with a shorter term (rule 9)."""

from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.contracts import ShorterTerm, TermLine, ending_between, shorter_term_words, shorter_terms
from partner_program.domain.rates import Rate, RateTerms
from tests.domain.made_month import PROGRAM

LINE = TermLine(
    account_id="A1",
    service_id="S1",
    service_start=date(2015, 1, 1),
    service_end=date(2016, 1, 1),
    line_id="L1",
    product="dedicated_server",
    currency="EUR",
    term_months=12,
    net_amount_minor=1_200_00,
    term_amount_minor=None,
)
DECEMBER = {"first": date(2015, 12, 1), "last": date(2015, 12, 31)}


def ending(*lines: TermLine) -> list[tuple[str, date | None]]:
    return [(line.line_id, until) for line, until in ending_between(lines, **DECEMBER)]


@pytest.mark.parametrize(
    ("service_end", "ends"),
    [
        (date(2015, 12, 1), False),  # its last day is 30 November
        (date(2015, 12, 2), True),
        (date(2016, 1, 1), True),  # its last day is 31 December
        (date(2016, 1, 2), False),
    ],
)
def test_a_contract_ends_in_the_month_of_its_last_day(service_end: date, ends: bool) -> None:
    assert bool(ending(replace(LINE, service_end=service_end))) is ends


def test_a_line_of_the_same_service_that_goes_on_from_there_renews_it() -> None:
    renewal = replace(LINE, line_id="L2", service_start=LINE.service_end, service_end=date(2017, 1, 1))
    assert ending(LINE, renewal) == [("L1", date(2016, 12, 31))]
    assert ending(LINE, replace(renewal, service_id="S2")) == [("L1", None)]
    assert ending(LINE, replace(renewal, account_id="A2")) == [("L1", None)]
    assert ending(LINE, replace(renewal, service_start=date(2016, 1, 2))) == [("L1", None)]


def test_lines_without_a_service_do_not_renew_one_another() -> None:
    nameless = replace(LINE, service_id="")
    renewal = replace(nameless, line_id="L2", service_start=LINE.service_end, service_end=date(2017, 1, 1))
    assert ending(nameless, renewal) == [("L1", None)]


def test_a_month_of_a_piece_of_a_term_is_a_twelfth_of_the_whole_terms_price() -> None:
    assert LINE.monthly_minor == 100_00
    assert replace(LINE, net_amount_minor=50_00, term_amount_minor=2_400_00).monthly_minor == 200_00


def offered(tier_bp: int, product: str = "cdn") -> list[int | None]:
    rate = Rate(date(2015, 7, 27), RateTerms(3, tier_bp, 0, "Gold"))
    terms = shorter_terms(program=PROGRAM, rate=rate, legacy=frozenset(), product=product)
    assert [each.term_months for each in terms] == [1, 3, 6]
    return [each.of_list_price_bp for each in terms]


def test_the_scheme_adds_10_and_7_5_and_5_points_to_what_the_shorter_term_costs() -> None:
    """One month: 100 - 10 + 10. Three months: 100 - 10 - 2.5 + 7.5. Six months: 100 - 10 - 5 + 5."""
    assert offered(1000) == [100_00, 95_00, 90_00]
    assert offered(0, "") == [110_00, 105_00, 100_00]


def test_a_private_rack_has_no_one_month_term_and_a_product_that_the_programme_does_not_know_none() -> None:
    assert offered(1000, "private_rack") == [None, 95_00, 90_00]
    assert offered(1000, "blimp") == [None, None, None]


def test_a_term_is_told_in_words() -> None:
    assert shorter_term_words(ShorterTerm(1, 97_50, None)) == "1 month 97.5 %"
    assert shorter_term_words(ShorterTerm(3, None, "why")) == "3 months not offered"
