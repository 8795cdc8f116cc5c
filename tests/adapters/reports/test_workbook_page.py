"""The rows that are written at once are those that XlsxWriter writes cell by cell, to the byte."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from xlsxwriter.worksheet import Worksheet

from partner_program.adapters.reports import workbook_page
from partner_program.adapters.reports.workbook import Cell, Sheet, SheetColumn, workbook


class CellByCell(Worksheet):  # type: ignore[misc]
    """A sheet as XlsxWriter's own methods write it."""

    def write_body(self, rows: Any, styles: Any, differences: Any, *, has_totals: bool) -> None:  # noqa: ARG002
        for number, row in enumerate(rows, start=1):
            for place, (value, style, difference) in enumerate(zip(row, styles, differences, strict=True)):
                if difference is not None:
                    one, other = (f"{letter}{number + 1}" for letter in difference)
                    formula = f'=IF(OR({one}="",{other}=""),"",ROUND({one}-{other},2))'
                    self.write_formula(number, place, formula, style, "" if value is None else float(value))
                elif isinstance(value, str):
                    self.write_string(number, place, value, style)
                elif isinstance(value, datetime):
                    self.write_datetime(number, place, value.replace(tzinfo=None), style)
                elif isinstance(value, date):
                    self.write_datetime(number, place, value, style)
                elif value is not None:
                    self.write_number(number, place, value, style)

    def widen_for_body(self, widest: int) -> None:
        """All is in `autofit` already."""


TEXTS = ("", "P1", "=1+1", " two\nlines ", "<&>\"'", "\x0b_x0041_", "Üß \u5b57 \U0001f600", "w" * 400)
COLUMNS = (
    SheetColumn("text"),
    SheetColumn("whole", "whole", total=True),
    SheetColumn("amount", "amount", total=True),
    SheetColumn("difference", "amount", minus=("amount", "whole")),
    SheetColumn("percent", "percent"),
    SheetColumn("day", "day"),
    SheetColumn("moment", "moment"),
    SheetColumn("units", "units"),
)


def a_row(chance: random.Random, filled: float) -> list[Cell]:
    """Cells of every kind, each there or not."""
    whole, cents = chance.randint(-(10 ** chance.randint(1, 18)), 10**12), chance.randint(-(10**9), 10**9)
    row: list[Cell] = [
        chance.choice(TEXTS),
        whole,
        Decimal(cents).scaleb(-2),
        Decimal(chance.randint(-5000, 5000)).scaleb(-2),
        Decimal(chance.randint(0, 10_000)) / 10_000,
        date(2015, 1, chance.randint(1, 31)),
        datetime(2015, 2, 3, chance.randint(0, 23), 5, tzinfo=UTC),
        Decimal("1.108701"),
    ]
    return [value if chance.random() < filled else None for value in row]


def sheets(seed: int) -> list[Sheet]:
    """Full and nearly empty sheets, of no rows and of as many as fill blocks of 16 or just do not."""
    chance = random.Random(seed)
    found = []
    for filled in (1.0, 0.5, 0.05):
        for count in (0, 1, 14, 15, 16, 17, 50):
            for columns in (COLUMNS, COLUMNS[:1]):
                rows = [a_row(chance, filled)[: len(columns)] for _ in range(count)]
                found.append(Sheet(f"{filled} {count} {len(columns)}", columns, rows))
    return found


def written_cell_by_cell(monkeypatch: pytest.MonkeyPatch, wanted: Sequence[Sheet]) -> bytes:
    with monkeypatch.context() as patched:
        patched.setattr(workbook_page, "Page", CellByCell)
        return workbook(wanted, about="June", created=date(2015, 7, 27))


@pytest.mark.parametrize("seed", range(5))
def test_rows_of_every_kind_are_equal_bytes(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    wanted = sheets(seed)
    assert workbook(wanted, about="June", created=date(2015, 7, 27)) == written_cell_by_cell(monkeypatch, wanted)


@pytest.mark.parametrize("text", ["x" * 32_768, "\U0001f600" * 16_383 + "yz", "y" + "\U0001f600" * 16_384])
def test_a_text_is_cut_at_what_a_cell_can_hold(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    wanted = [Sheet("long", COLUMNS[:1], [[text], ["short"]])]
    assert workbook(wanted, about="June", created=date(2015, 7, 27)) == written_cell_by_cell(monkeypatch, wanted)
