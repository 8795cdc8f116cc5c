"""How mutants are prepared, drawn and told apart; mutmut itself is run by hand."""

import dataclasses

import pytest

from bench.mutants import draw, is_wording, module_of
from bench.mutants_copy import with_properties_as_methods

SOURCE = """
from dataclasses import dataclass

@dataclass(frozen=True, slots=True)
class Pair:
    one: int

    @property
    def double(self) -> int:
        return self.one * 2

    @classmethod
    def of(cls, number: int) -> "Pair":
        return cls(number)

    @property
    def half(self) -> int:
        if self.one:
            return self.one // 2
        return 0
"""


def test_a_property_is_the_same_written_as_a_method_that_mutmut_can_change() -> None:
    written = with_properties_as_methods(SOURCE)
    assert "@property" not in written
    names: dict[str, type] = {}
    exec(written, names)  # noqa: S102 - the source above
    pair = names["Pair"].of(6)  # type: ignore[attr-defined]
    assert (pair.double, pair.half, [each.name for each in dataclasses.fields(pair)]) == (12, 3, ["one"])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('raise Refusal("no Euro here")', 'raise Refusal("XXno Euro hereXX")', True),
        ('raise Refusal("no Euro here")', 'raise Refusal("NO EURO HERE")', True),
        ('raise Refusal("no Euro here")', "raise Refusal(None)", False),
        ("return 1", "return 2", False),
    ],
)
def test_a_change_of_letters_alone_is_told_from_one_of_the_code(before: str, after: str, expected: bool) -> None:
    assert is_wording(f"--- a\n+++ b\n@@ -1 +1 @@\n-    {before}\n+    {after}\n") is expected


def test_a_sample_is_the_same_each_time_and_a_larger_one_has_all_of_it() -> None:
    found = [str(number) for number in range(100)]
    first = draw(found, sample=10, seed=1)
    assert len(set(first)) == 10
    assert draw(found[::-1], sample=10, seed=1) == first
    assert draw(found, sample=20, seed=1)[:10] == first
    assert draw(found, sample=10, seed=2) != first
    assert sorted(draw(found, sample=500, seed=1)) == draw(found, sample=None, seed=1) == sorted(found)


@pytest.mark.parametrize("place", ["x_unit_on__mutmut_1", "xǁUnitǁof__mutmut_12"])
def test_a_place_names_its_module(place: str) -> None:
    assert module_of(f"partner_program.domain.program_unit.{place}") == "program_unit"
