"""A sheet of XlsxWriter's whose rows are XML as soon as they are written, for sheets of millions of cells.

XlsxWriter keeps an object for each cell, looks at all of them for the widths of columns, and asks of each what it is
once more when it writes it. Here its own are the heading, the totals and everything around; the rows between them are
written at once. The bytes are those that XlsxWriter would write, in a third of the time and of the memory. It leans on
insides of the version that is locked: a test compares both.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_pixel_width
from xlsxwriter.worksheet import Worksheet

_LONGEST_TEXT = 32_767  # units of UTF-16 in a cell
_ROWS_OF_A_SPAN = 16
_DIGIT_WIDTH, _DAY_WIDTH, _PADDING = 7, 68, 7  # pixels, as `autofit` has them

_Value = str | int | Decimal | date | None
_Difference = tuple[str, str] | None
_Column = tuple[int, str, Any, _Difference]


class Page(Worksheet):  # type: ignore[misc]
    """A sheet: write its heading, its body once, then its totals; `autofit` is followed by `widen_for_body`."""

    dim_rowmin: Any
    dim_rowmax: Any
    table: Any

    def write_body(
        self,
        rows: Sequence[Sequence[_Value]],
        styles: Sequence[Any],
        differences: Sequence[_Difference],
        *,
        has_totals: bool,
    ) -> None:
        """Write the rows below a heading, each column in its style; `differences` names two columns by their letters.

        Such a column is a formula, the first of the two less the second, with the row's value as its result.
        """
        self._body: list[str] = []
        self._widths = [0] * len(styles)
        self._number_styles(0)
        columns = [
            (place, xl_col_to_name(place), style, difference)
            for place, (style, difference) in enumerate(zip(styles, differences, strict=True))
        ]
        totals = len(rows) + 1 if has_totals else 0
        for start in range(0, len(rows) + 1, _ROWS_OF_A_SPAN):
            after = start + _ROWS_OF_A_SPAN
            numbers = range(max(start, 1), min(after, len(rows) + 1))
            written = [(number + 1, self._cells(rows[number - 1], number + 1, columns)) for number in numbers]
            is_whole = start <= 0 < after or start <= totals < after  # heading and totals have a cell in every column
            places = (0, len(columns) - 1) if is_whole else tuple(place for _, cells in written for place in cells)
            for line, cells in written:
                if cells:
                    self._check_dimensions(line - 1, max(cells))
                    span = f"{min(places) + 1}:{max(places) + 1}"
                    self._body.append(f'<row r="{line}" spans="{span}">{"".join(cells.values())}</row>')

    def widen_for_body(self, widest: int) -> None:
        """Do for the rows what `autofit` did for heading and totals, which are written by now."""
        if self.dim_rowmax:
            self._number_styles(self.dim_rowmax)
        for place, width in enumerate(self._widths):
            if width:
                column = self.col_info[place]
                column.width = max(column.width, min(width + _PADDING, widest))

    def _number_styles(self, row: int) -> None:
        """Give the styles of a row their numbers before later rows do: equal sheets are equal bytes."""
        for cell in self.table.get(row, {}).values():
            cell.format._get_xf_index()

    def _cells(self, row: Sequence[_Value], line: int, columns: Sequence[_Column]) -> dict[int, str]:
        """The cells of a row that are not empty, by their place."""
        cells, widths = {}, self._widths
        for place, letter, style, difference in columns:
            value = row[place]
            if value is None and difference is None:
                continue
            head = f'<c r="{letter}{line}"' if style is None else f'<c r="{letter}{line}" s="{style._get_xf_index()}"'
            if difference is not None:
                cells[place], width = _formula(head, difference, line, value)
            elif isinstance(value, str):
                index = self.str_table._get_shared_string_index(_cut(value))
                cells[place] = f'{head} t="s"><v>{index}</v></c>'
                width = max(map(xl_pixel_width, value.split("\n")))
            elif isinstance(value, date):
                # A workbook knows no time zones: it is the programme's.
                day = value.replace(tzinfo=None) if isinstance(value, datetime) else value
                cells[place] = f"{head}><v>{self._convert_date_time(day):.16G}</v></c>"
                width = _DAY_WIDTH
            else:
                cells[place] = f"{head}><v>{value:.16G}</v></c>"
                width = _DIGIT_WIDTH * len(str(value))
            if width > widths[place]:
                widths[place] = width
        return cells

    def _write_rows(self) -> None:
        """Write the sheet's rows: XlsxWriter calls it."""
        first, last = self.dim_rowmin, self.dim_rowmax
        self.dim_rowmax = 0
        super()._write_rows()
        self.fh.writelines(self._body)
        self._body.clear()  # it is in the file now, and the other sheets come after it
        if last and last in self.table:
            self.dim_rowmin = self.dim_rowmax = last
            super()._write_rows()
        self.dim_rowmin, self.dim_rowmax = first, last


def _formula(head: str, difference: tuple[str, str], line: int, value: Any) -> tuple[str, int]:
    """The cell of a difference, empty where one of the two is, and its width: `autofit` looks at no negative ones."""
    one, other = (f"{letter}{line}" for letter in difference)
    result = "" if value is None else float(value)
    width = _DIGIT_WIDTH * len(str(result)) if isinstance(result, float) and result > 0 else 0
    return f'{head}><f>IF(OR({one}="",{other}=""),"",ROUND({one}-{other},2))</f><v>{result}</v></c>', width


def _cut(text: str) -> str:
    """A text as long as a cell can hold."""
    if len(text) <= _LONGEST_TEXT // 2:
        return text
    return text.encode("utf-16-le")[: 2 * _LONGEST_TEXT].decode("utf-16-le", "ignore")
