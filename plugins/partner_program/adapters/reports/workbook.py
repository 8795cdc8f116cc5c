"""Writes sheets as a workbook that a spreadsheet calculates with: amounts, percentages, days, formulas under them.

Numbers are decimals, never binary fractions; texts stay texts, whatever they begin with: the formulas are those of a
column (`SheetColumn`) alone, each with the value that it had here. Equal sheets give equal bytes.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from xlsxwriter import Workbook

Cell = str | int | Decimal | date | None
Form = Literal["text", "whole", "amount", "percent", "day", "moment", "units"]

_FORMATS: dict[Form, str] = {
    "whole": "#,##0",
    "amount": "#,##0.00",
    "percent": "0.00%",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
    "units": "0.000000",
}
_A4 = 9
_WIDEST = 300  # pixels of a column: a long text goes on in the next cell, or is cut in print
_MOMENT_WIDTH = 16  # letters
_SIDE_MARGIN = 0.4  # inches
_PRINTED_WIDTH = 1045  # pixels, 96 an inch, between the margins of a landscape page
_SMALLEST_PRINT = 60  # per cent: smaller figures cannot be read on paper
_ROOM_OF_BOLD = 2  # letters, beside those of a total
_LONGEST_NAME = 31  # of a sheet
_NOT_IN_A_NAME = str.maketrans("[]:*?/\\", "       ")


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: its heading, and how its values are written.

    With `total` a formula under the rows adds it up. `minus` names two columns, the first of which less the second is
    this one: each row has it as a formula, empty where one of the two is.
    """

    heading: str
    form: Form = "text"
    total: bool = False
    minus: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name is that of its tab; a value of None is an empty cell. `fixed` columns stay in sight."""

    name: str
    columns: Sequence[SheetColumn]
    rows: Sequence[Sequence[Cell]]
    fixed: int = 1


def workbook(sheets: Iterable[Sheet], *, about: str, created: date) -> bytes:
    """Return a workbook with these sheets, of which it holds one at a time.

    What it is `about` stands on each printed page, beside the sheet's name. It holds a day of creation: `created`, and
    never the clock's, so that equal figures are equal bytes.
    """
    import xlsxwriter

    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime.combine(created, time.min)})
    names: set[str] = set()
    for sheet in sheets:
        _write(book, _named_apart(sheet, names), about)
        del sheet  # before the next one is made
    book.close()
    return body.getvalue()


def _named_apart(sheet: Sheet, names: set[str]) -> Sheet:
    """The sheet with a name that a workbook can have: short, without signs, not among `names`. It is added there."""
    name = sheet.name.translate(_NOT_IN_A_NAME)[:_LONGEST_NAME]
    if name in names:
        raise ValueError(f"two sheets are called {name}")
    names.add(name)
    return replace(sheet, name=name)


def _write(book: "Workbook", sheet: Sheet, about: str) -> None:
    """Write one sheet: headings that stay in sight and on each printed page, a filter over the rows, totals below."""
    from partner_program.adapters.reports.workbook_page import Page

    page: Any = book.add_worksheet(sheet.name, Page)
    bold, above_numbers = (book.add_format({"bold": True, "bottom": 1, "align": side}) for side in ("left", "right"))
    styles = [_style(book, column) for column in sheet.columns]
    strong = [_style(book, column, bold=True, top=1) for column in sheet.columns]
    page.freeze_panes(1, sheet.fixed)
    for place, column in enumerate(sheet.columns):
        page.write_string(0, place, column.heading, bold if column.form in ("text", "moment") else above_numbers)
    has_totals = any(each.total for each in sheet.columns)
    differences = [_difference(sheet, column) for column in sheet.columns]
    page.write_body(sheet.rows, styles, differences, has_totals=has_totals)
    if has_totals:
        _totals(page, sheet, strong)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    page.autofit(_WIDEST)
    page.widen_for_body(_WIDEST)
    _widen_for_totals(page, sheet)
    for place, column in enumerate(sheet.columns):
        if column.form == "moment":  # which it takes for a day
            page.set_column(place, place, _MOMENT_WIDTH)
    _set_up_paper(page, sheet, about)


def _set_up_paper(page: Any, sheet: Sheet, about: str) -> None:
    """Print it as wide as one page where that stays readable; else over pages side by side, each with what is fixed."""
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(left=_SIDE_MARGIN, right=_SIDE_MARGIN)
    page.hide_gridlines(0)  # printed too: a row of 240 is followed by its line
    page.repeat_rows(0)
    page.set_footer(f"&L&A&CPage &P of &N&R{about}")
    widths = [page.col_info[place].width for place in range(len(sheet.columns))]
    if sum(widths) * _SMALLEST_PRINT <= _PRINTED_WIDTH * 100:
        page.fit_to_pages(1, 0)
    else:
        page.set_print_scale(_SMALLEST_PRINT)
        page.repeat_columns(0, sheet.fixed - 1)
        page.print_across()


def _widen_for_totals(page: Any, sheet: Sheet) -> None:
    """Widen columns whose total needs more room than their rows: its bold figures are not looked at before."""
    for place, column in enumerate(sheet.columns):
        if column.total:
            total = f"{_total_of(sheet, place):,.2f}" if column.form == "amount" else f"{_total_of(sheet, place):,}"
            cells = [f"{value:,}" for row in sheet.rows if isinstance(value := row[place], int | Decimal)]
            if len(total) >= max([len(column.heading), *map(len, cells)]):
                page.set_column(place, place, len(total) + _ROOM_OF_BOLD)


def _total_of(sheet: Sheet, place: int) -> Decimal:
    return sum((_number(row[place]) for row in sheet.rows if row[place] is not None), Decimal(0))


def _totals(page: Any, sheet: Sheet, strong: Sequence[Any]) -> None:
    under = len(sheet.rows) + 1
    for place, (column, style) in enumerate(zip(sheet.columns, strong, strict=True)):
        if place == 0:
            page.write_string(under, 0, "total", style)
        elif column.total:
            total = _total_of(sheet, place)
            letter = _letter(place)
            # Rounded: a spreadsheet adds binary fractions, and a total may not be half a cent off.
            formula = f"=ROUND(SUM({letter}2:{letter}{under}),2)" if sheet.rows else "=0"
            page.write_formula(under, place, formula, style, float(total))
        else:
            page.write_blank(under, place, None, style)


def _difference(sheet: Sheet, column: SheetColumn) -> tuple[str, str] | None:
    """The letters of the two columns of which a column is the difference; None for a column of values."""
    if column.minus is None:
        return None
    headings = [each.heading for each in sheet.columns]
    one, other = (_letter(headings.index(name)) for name in column.minus)
    return one, other


def _style(book: "Workbook", column: SheetColumn, **more: object) -> Any:
    form = _FORMATS.get(column.form)
    return book.add_format({**({"num_format": form} if form else {}), **more}) if form or more else None


def _letter(place: int) -> str:
    """The letters of a column by its place from 0."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(place))


def _number(value: Cell) -> Decimal:
    if isinstance(value, int | Decimal):
        return Decimal(value)
    raise TypeError(f"{value!r} is no number: its column has a formula")
