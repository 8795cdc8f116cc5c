"""Counted things: one is one, and none or several are many."""

import pytest

from partner_program.domain.plurals import first_names, grouped, plural


@pytest.mark.parametrize(("count", "said"), [(0, "0 letters"), (1, "1 letter"), (2, "2 letters"), (21, "21 letters")])
def test_only_one_is_counted_in_the_singular(count: int, said: str) -> None:
    assert plural(count, "letter") == said


def test_what_does_not_only_take_an_s_is_named() -> None:
    assert [plural(count, "entity is", "entities are") for count in (0, 1, 2)] == [
        "0 entities are",
        "1 entity is",
        "2 entities are",
    ]


def test_thousands_stand_apart_where_tables_beside_have_them_so() -> None:
    said = [grouped(count, "line was", "lines were") for count in (0, 1, 999, 5_756, 1_000_000)]
    assert said == ["0 lines were", "1 line was", "999 lines were", "5,756 lines were", "1,000,000 lines were"]


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["P1"], "P1"), (["P1", "P2"], "P1, P2"), (["P1", "P2", "P3", "P4"], "P1, P2 and 2 more")],
)
def test_the_first_names_are_said_and_the_others_counted(names: list[str], said: str) -> None:
    assert first_names(names, 2) == said
