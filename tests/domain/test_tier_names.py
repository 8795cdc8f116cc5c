"""A tier is told by the name that it had on its day, and by its number where the table has no names."""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.tier_names import NO_NAMES, TierNames, named_in_table, tier_words, with_name
from tests.domain.made_month import PROGRAM

POINTS = Unit("XXX", 0, "points")
NAMES = ("Crew", "Mate", "Captain")


def table(since: str, *names: str, unit: Unit = EURO) -> Program:
    rows = tuple(replace(row, name=name) for row, name in zip(PROGRAM.tiers, names, strict=False))
    return replace(PROGRAM, in_force_from=date.fromisoformat(since), tiers=rows, unit=unit)


NUMBERED = table("2015-01-01", "", "")
RENAMED = [table("2016-01-01", *NAMES), table("2017-01-01", "Bronze", "Silver"), NUMBERED]


@pytest.mark.parametrize(
    ("day", "tier", "name"),
    [
        ("2014-06-01", 1, ""),  # before the first table: as by the first
        ("2015-12-31", 1, ""),
        ("2016-01-01", 1, "Crew"),
        ("2016-12-31", 3, "Captain"),
        ("2016-12-31", 6, "Captain"),  # a tier of a longer table is the highest here
        ("2017-01-01", 2, "Silver"),
        ("2017-01-01", 0, ""),
        ("2017-01-01", None, ""),
        (None, 2, ""),
    ],
)
def test_a_tier_has_the_name_that_it_had_on_the_day(day: str | None, tier: int | None, name: str) -> None:
    assert TierNames(RENAMED).on(date.fromisoformat(day) if day else None, tier) == name


def test_the_names_of_a_table_are_lowest_first_and_none_where_tiers_have_numbers() -> None:
    names = TierNames(RENAMED)
    assert names.table_on(date(2016, 6, 1)) == NAMES
    assert names.table_on(date(2015, 6, 1)) == ()
    assert (bool(names), bool(TierNames([NUMBERED])), bool(NO_NAMES)) == (True, False, False)
    one = replace(NUMBERED, tiers=table("2015-01-01", "Crew").tiers[:1])
    assert TierNames([one]), "a table of one tier may name it"
    assert TierNames([NUMBERED]).table_on(date(2016, 6, 1)) == ()
    assert NO_NAMES.on(date(2016, 6, 1), 1) == ""


def test_a_month_is_counted_in_the_unit_of_the_day_that_decided_it_or_of_its_last_one() -> None:
    names = TierNames([table("2015-01-01", ""), table("2016-01-31", "", unit=POINTS)])
    december, january = BillingMonth(2015, 12), BillingMonth(2016, 1)
    assert names.unit_of(december, date(2016, 1, 30)) == EURO
    assert names.unit_of(december, date(2016, 1, 31)) == POINTS
    assert (names.unit_of(december, None), names.unit_of(january, None)) == (EURO, POINTS), "history only"


def test_a_tier_in_a_sentence() -> None:
    assert [tier_words(3, "Captain"), tier_words(3), tier_words(0), tier_words(None)] == [
        "Captain",
        "tier 3",
        "no tier",
        "no tier",
    ]


def test_a_name_stands_beside_its_number_in_json_where_there_is_one() -> None:
    assert with_name("Mate") == {"tier_name": "Mate"}
    assert with_name("Mate", "before_name") == {"before_name": "Mate"}
    assert with_name("") == {}


@dataclass(frozen=True)
class Row:
    partner: str
    tier: int
    from_tier: str


COLUMNS = {
    "partner": Column("partner"),
    "tier": Column("earned", "tier"),
    "from_tier": Column("from 2015-06, to 2015-07"),
}


def test_the_columns_of_a_table_that_are_tiers_are_followed_by_their_names() -> None:
    named = named_in_table(COLUMNS, NAMES)
    assert named is not None
    assert named.fields == {"tier", "from_tier"}
    row = Row("1", 2, "3")
    assert [named.beside(row, field) for field in COLUMNS] == [{}, {"tier_name": "Mate"}, {"from_tier_name": "Captain"}]
    assert named.beside(Row("1", 0, "held"), "tier") == {"tier_name": ""}
    assert named_in_table(COLUMNS, ()) is None
