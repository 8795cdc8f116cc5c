from dataclasses import fields, replace
from datetime import date
from typing import Annotated, Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column, columns_of, headed
from partner_program.domain.register import (
    COLUMNS,
    RegisterAccount,
    RegisterGrant,
    RegisterLetter,
    RegisterPartner,
    cells,
)

HELD = RegisterPartner(**dict.fromkeys(each.name for each in fields(RegisterPartner)))  # type: ignore[arg-type]
ASSIGNED = replace(
    HELD,
    partner_id="P1",
    status="assigned",
    tier=0,
    rate_valid_from=date(2015, 7, 27),
    letter=RegisterLetter("tier_raised", "rendered"),
    grants=(RegisterGrant("G1", None),),
    accounts=(RegisterAccount("NL", "A1", "EUR", "1", 5),),
)


def test_every_field_that_holds_one_value_is_a_column() -> None:
    lists = {"grants", "accounts", "window", "unit"}
    assert list(COLUMNS) == [each.name for each in fields(RegisterPartner) if each.name not in lists]


def test_the_terminal_shows_the_tier_before_in_front_of_the_tier_and_words_under_the_table() -> None:
    names = headed(COLUMNS)
    assert names.index("previous_tier") == names.index("tier") - 1
    assert [name for name in COLUMNS if name not in names] == [
        "rate_decided_by",
        "held_reason",
        "company_name",
        "months_below",
    ]
    assert sorted(names) == sorted(set(names))


def test_a_row_has_the_letter_by_its_kind_days_in_iso_form_and_nothing_as_none() -> None:
    row = cells(ASSIGNED)
    assert list(row) == list(COLUMNS)
    assert (row["letter"], row["rate_valid_from"], row["tier"], row["sla"]) == ("tier_raised", "2015-07-27", 0, None)


@pytest.mark.parametrize("misspelt", [{"teir": 1}, {"partner": "P1"}])
def test_a_misspelt_column_is_refused_by_name(misspelt: dict[str, Any]) -> None:
    values = {each.name: None for each in fields(RegisterPartner)}
    with pytest.raises(TypeError, match=next(iter(misspelt))):
        RegisterPartner(**values, **misspelt)


def test_a_list_has_no_place_in_a_column() -> None:
    with pytest.raises(TypeError, match="a column of the register cannot hold tuple"):
        cells(replace(ASSIGNED, sla=("a", "b")))  # type: ignore[arg-type]


def test_a_misspelt_form_of_a_column_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="column accounts: form 'number', expected one of text, whole, euros"):
        Column("accounts", "number")  # type: ignore[arg-type]


class Row:
    """A row with columns of every sort, and two fields that are none."""

    name: Annotated[str, "a remark", Column("name")]
    hidden: Annotated[str, Column(None)]
    first: Annotated[int, Column("first", "euros", before="name")]
    parts: list[str]
    day: date


def test_the_columns_of_a_row_are_its_fields_that_say_so() -> None:
    assert columns_of(Row) == {
        "name": Column("name"),
        "hidden": Column(None),
        "first": Column("first", "euros", before="name"),
    }
    assert columns_of(RegisterPartner) == COLUMNS


class BeforeNothing:
    """A row with a column before one that there is not."""

    first: Annotated[int, Column("first", before="nmae")]


class BeforeHidden:
    """A row with a column before one that the table does not show."""

    hidden: Annotated[str, Column(None)]
    first: Annotated[int, Column("first", before="hidden")]


@pytest.mark.parametrize(("row", "before"), [(BeforeNothing, "nmae"), (BeforeHidden, "hidden")])
def test_a_column_before_one_that_the_table_does_not_show_is_refused(row: type, before: str) -> None:
    with pytest.raises(ValueError, match=f"column first: before='{before}' is not a column of the table"):
        columns_of(row)


def test_a_month_stands_in_a_cell_as_it_is_written() -> None:
    assert cells(replace(ASSIGNED, rate_decided_by=BillingMonth(2015, 8)))["rate_decided_by"] == "2015-08"
