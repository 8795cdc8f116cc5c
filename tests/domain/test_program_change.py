"""A change of the tier table that somebody tries: what it changes is told, and the day alone changes nothing."""

from dataclasses import replace
from datetime import date

from partner_program.domain.program_change import ProgramChange, TierTerms, differences, unchanged
from partner_program.domain.program_unit import Unit
from tests.domain.made_month import PROGRAM

DAY = date(2016, 1, 1)
NOW = TierTerms(2_000_00, 800, 2_000)


def test_a_programmes_own_terms_change_nothing_but_the_day() -> None:
    change = unchanged(replace(PROGRAM, tiers=PROGRAM.tiers[:2]), in_force_from=DAY)
    assert change == ProgramChange(DAY, PROGRAM.promotion_cap_bp, (TierTerms(500_00, 500, 1_000), NOW))
    bare = replace(PROGRAM, promotion_cap_bp=None, tiers=(replace(PROGRAM.tiers[0], setup_fee_discount_bp=None),))
    assert unchanged(bare, in_force_from=DAY) == ProgramChange(DAY, None, (TierTerms(500_00, 500, None),))


def test_what_would_be_another_is_told_and_nothing_else() -> None:
    assert differences(NOW, NOW) == []
    assert differences(NOW, TierTerms(2_500_00, 850, 1_500)) == [
        "threshold 2,000.00 to 2,500.00 EUR",
        "monthly fee 8 % to 8.5 %",
        "setup fee 20 % to 15 %",
    ]
    assert differences(NOW, replace(NOW, from_mrr_cents=1), Unit("XXX", 0, "points")) == [
        "threshold 200,000 to 1 points"
    ]


def test_a_discount_that_a_programme_has_not_is_no_change() -> None:
    without = replace(NOW, setup_fee_discount_bp=None)
    assert differences(without, NOW) == differences(NOW, without) == []
