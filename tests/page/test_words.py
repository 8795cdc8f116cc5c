"""How values are written on pages."""

import pytest

from partner_program.page.words import dated, differing, for_people, marked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Look at 2015-07: the brake stopped it", "Look at July 2015: the brake stopped it"),
        ("month 2015-07 not closed", "July 2015 not closed"),
        ("the rates of 2015-07, and of 2015-12", "the rates of July 2015, and of December 2015"),
        ("run `partner-program run 2015-07`", "run `partner-program run 2015-07`"),
        ("since 2015-07-27", "since 2015-07-27"),
        ("out/proofs/2015-07.zip is there", "out/proofs/2015-07.zip is there"),
        ("dispute P1-2015-07-1", "dispute P1-2015-07-1"),
        ("was decided in 2015-07.", "was decided in July 2015."),
        ("month '2015-13': expected YYYY-MM", "month '2015-13': expected YYYY-MM"),
        ("`2015-07` and 2015-08", "`2015-07` and August 2015"),
        ("", ""),
    ],
)
def test_months_are_written_one_way_and_what_is_typed_stays(said: str, shown: str) -> None:
    assert for_people(said) == shown


def test_days_are_written_as_people_do_where_no_id_has_one() -> None:
    assert dated("stays: tier 5, since 2015-08-03") == "stays: tier 5, since 3 August 2015"
    assert dated("2015-07-27.yaml of P004-2015-07-1 in 2015-07") == "2015-07-27.yaml of P004-2015-07-1 in July 2015"


def test_what_is_to_be_typed_is_code_and_nothing_else_is_markup() -> None:
    assert marked("2015-07 <b>: run `partner-program run '2015-07'`") == (
        "July 2015 &lt;b&gt;: run <code>partner-program run &#39;2015-07&#39;</code>"
    )
    assert marked("a company called `Quote & Sons") == "a company called `Quote &amp; Sons"


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        ("earned_tier 2 becomes 3", "earned tier 2 becomes 3"),
        ("mrr 2,000.00 EUR becomes 5,000.00 EUR", "revenue 2,000.00 EUR becomes 5,000.00 EUR"),
        ("accounts: NL A_1 becomes nothing", "accounts: NL A_1 becomes nothing"),
        ("stays as it is", "stays as it is"),
    ],
)
def test_a_difference_names_its_field_as_people_do(difference: str, shown: str) -> None:
    assert differing(difference) == shown
