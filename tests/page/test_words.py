"""How values are written on pages."""

import pytest

from partner_program.page.words import for_people


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
