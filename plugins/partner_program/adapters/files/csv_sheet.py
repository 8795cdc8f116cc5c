"""Reads a CSV file and checks it against its form: its columns, their values, its key.

Each distinct value of a column is read once, so that reading a hundred thousand rows takes little longer than
splitting them into cells.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from partner_program.adapters.files.csv_records import Records, read_records
from partner_program.adapters.files.faults import FileFaults, quoted
from partner_program.adapters.files.values import check_visible
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal

LONGEST_CELL = 200
REQUIRED = object()
FAULTY = object()
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how to read a cell, and what a blank cell means if blank cells are allowed."""

    name: str
    read: Callable[[str], object]
    if_blank: object = REQUIRED
    longest: int = LONGEST_CELL
    may_be_absent: bool = False


@dataclass(frozen=True, slots=True)
class Form(Generic[Row]):
    """A file's columns, in the order in which `build` takes them, and the columns that form the key of a row.

    A file that `may_be_absent` is then one without rows.
    """

    file_name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    build: Callable[..., Row]
    may_be_absent: bool = False


@dataclass(slots=True, eq=False)
class Sheet(Generic[Row]):
    """A file that was read: the line of each row and the values of each column, `FAULTY` for each unreadable value."""

    form: Form[Row]
    faults: FileFaults
    records: Records
    values: dict[str, list[Any]] = field(default_factory=dict)

    def fault(self, row: int, column: str, fault: str) -> None:
        """Record a fault of one row."""
        self.faults.add(self.records.lines[row], column, fault)

    def line(self, row: int) -> int:
        """Return the line of the file on which a row starts."""
        return self.records.lines[row]

    def rows(self, *columns: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield the values of these columns for each row in which all of them could be read."""
        for row, values in enumerate(zip(*(self.values[column] for column in columns), strict=True)):
            if FAULTY not in values:
                yield row, values

    def built(self) -> tuple[Row, ...]:
        """Build a value from each row and return them ordered by key; call it only if the file has no fault."""
        built = list(map(self.form.build, *(self.values[column.name] for column in self.form.columns)))
        keys = list(zip(*(self.values[column] for column in self.form.key), strict=True))
        return tuple(built[row] for row in sorted(range(len(built)), key=keys.__getitem__))


def read_sheet(folder: Path, form: Form[Row], instead: Mapping[str, bytes] | None = None) -> Sheet[Row]:
    """Read one file of a folder, or its bytes in `instead`, by name; the sheet records its faults."""
    faults = FileFaults(form.file_name)
    content = (instead or {}).get(form.file_name)
    if content is None and form.may_be_absent and not (folder / form.file_name).exists():
        content = ",".join(column.name for column in form.columns).encode()
    sheet = Sheet(form, faults, read_records(folder / form.file_name, faults, content))
    if sheet.records.header is not None:
        _check_header(sheet, sheet.records.header)
    for column in form.columns:
        sheet.values[column.name] = _read_column(sheet, column)
    return sheet


def _check_header(sheet: Sheet[Row], header: list[str]) -> None:
    known = [column.name for column in sheet.form.columns]
    for place, name in enumerate(header):
        if name not in known:
            fault = f"is not a known column, expected {', '.join(known)}{did_you_mean(name, known)}"
            sheet.faults.add(sheet.records.header_line, name, fault)
        elif name in header[:place]:
            sheet.faults.add(sheet.records.header_line, name, "is given twice, expected one column of this name")
    for column in sheet.form.columns:
        if column.name not in header and not column.may_be_absent:
            sheet.faults.add(sheet.records.header_line, column.name, "is missing, expected a column of this name")


def _read_column(sheet: Sheet[Row], column: Column) -> list[Any]:
    cells = sheet.records.column(column.name)
    if cells is None:
        return [column.if_blank if column.may_be_absent else FAULTY] * len(sheet.records.lines)
    values: dict[str, object] = {}
    faults: dict[str, str] = {}
    for cell in set(cells):
        try:
            values[cell] = _read_cell(column, cell)
        except Refusal as refusal:
            values[cell], faults[cell] = FAULTY, str(refusal)
    for row, cell in enumerate(cells if faults else ()):
        if cell in faults:
            sheet.fault(row, column.name, faults[cell])
    return [values[cell] for cell in cells]


def _read_cell(column: Column, cell: str) -> object:
    if len(cell) > column.longest:
        raise Refusal(f"{quoted(cell)} is too long, expected at most {column.longest} characters")
    check_visible(cell)
    if cell.strip():
        return column.read(cell)
    if column.if_blank is REQUIRED:
        raise Refusal("is blank, expected a value")
    return column.if_blank
