"""Tables tell a tier by its own name where the programme names tiers, and by its number where not."""

import pytest

from partner_program.domain.columns import Column
from partner_program.domain.tier_names import heading_with_names, tier_in_a_cell

NAMES = ("Crew", "Mate", "Captain")
TIER, TEXT, WHOLE = Column("earned", "tier"), Column("tier before"), Column("partners", "whole")


@pytest.mark.parametrize(
    ("name", "column", "value", "told"),
    [
        ("earned_tier", TIER, 1, "Crew"),
        ("earned_tier", TIER, 3, "Captain"),
        ("earned_tier", TIER, 4, "Captain"),  # of an earlier table with more tiers: the highest that there is
        ("earned_tier", TIER, 0, None),
        ("earned_tier", TIER, None, None),
        ("to_tier", TEXT, "2", "Mate"),
        ("from_tier", Column("from 2015-06, to 2015-07"), "2", "Mate"),
        ("to_tier", TEXT, "held", None),
        ("to_tier", TEXT, "none", None),
        ("part", Column("tier"), "3", "Captain"),
        ("part", Column("entity"), "3", None),  # an entity may be called 3
        ("partners", WHOLE, 2, None),
    ],
)
def test_a_number_that_is_a_tier_is_told_by_its_name(name: str, column: Column, value: object, told: str) -> None:
    assert tier_in_a_cell(name, column, value, NAMES) == told
    assert tier_in_a_cell(name, column, value, ()) is None


def test_a_title_of_one_tier_has_its_name() -> None:
    titles = ("tier 1", "tier 3", "held", "no tier", "tier")
    assert [heading_with_names(each, NAMES) for each in titles] == ["Crew", "Captain", "held", "no tier", "tier"]
    assert [heading_with_names(each, ()) for each in titles] == list(titles)
