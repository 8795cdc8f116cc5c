from dataclasses import dataclass
from datetime import date
from typing import Annotated

import pytest

from partner_program.domain.columns import Column, columns_of, headed, shown
from partner_program.domain.report import Equation


@dataclass(frozen=True, slots=True)
class Row:
    partner_id: Annotated[str, Column("partner")]
    tier: Annotated[int, Column("tier", "tier")]
    gap_cents: Annotated[int | None, Column("gap", "change", before="tier")]
    internal: Annotated[str, Column(None)]


def test_an_equation_whose_parts_add_up_says_so() -> None:
    equation = Equation("given", (("equal", 100_00), ("over", -1)), ("all lines", 99_99))
    assert equation.text == "all lines 99.99 EUR = equal 100.00 + over -0.01; difference 0.00"


def test_an_equation_that_is_a_cent_off_is_never_made() -> None:
    with pytest.raises(ArithmeticError, match=r"difference 0\.01"):
        Equation("given", (("equal", 100_00), ("over", -2)), ("all lines", 99_99))


def test_people_see_the_columns_with_a_heading_each_in_its_place() -> None:
    assert headed(columns_of(Row)) == ["partner_id", "gap_cents", "tier"]


@pytest.mark.parametrize(
    ("form", "value", "words"),
    [
        ("euros", -1_234_56, "-1,234.56"),
        ("change", 5, "+0.05"),
        ("change", 0, "0.00"),
        ("change", -5, "-0.05"),
        ("percent", 250, "2.5 %"),
        ("tier", 0, "none"),
        ("whole", 12_345, "12,345"),
        ("whole", None, ""),
        ("text", date(2015, 7, 27), "2015-07-27"),
        ("text", ("NL", "US"), "NL US"),
    ],
)
def test_a_cell_is_written_as_its_column_says(form: str, value: object, words: str) -> None:
    assert shown(form, value) == words  # type: ignore[arg-type]


def test_a_text_in_a_column_of_numbers_is_a_fault() -> None:
    with pytest.raises(TypeError, match="no whole number"):
        shown("euros", "12.00")
