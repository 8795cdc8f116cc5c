"""A CSV file, held against the form that it has to have; every fault is kept with its line in the file.

A column is read value by value, each distinct value once, so that a hundred thousand rows take little more time than
it takes to split them into cells.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from partner_program.adapters.files.csv_records import Records, read_records
from partner_program.adapters.files.faults import FileFaults, did_you_mean, quoted
from partner_program.adapters.files.values import check_visible
from partner_program.domain.refusals import Refusal

LONGEST_CELL = 200
REQUIRED = object()
FAULTY = object()
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how a cell of it is read, and what a blank cell means where one is allowed."""

    name: str
    read: Callable[[str], object]
    if_blank: object = REQUIRED
    longest: int = LONGEST_CELL
    may_be_absent: bool = False


@dataclass(frozen=True, slots=True)
class Form(Generic[Row]):
    """A file's columns, in the order in which `build` takes them, and the columns that identify a row."""

    file_name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    build: Callable[..., Row]


@dataclass(slots=True, eq=False)
class Sheet(Generic[Row]):
    """A file as it was read: per row its line, per column the values, `FAULTY` where one could not be read."""

    form: Form[Row]
    faults: FileFaults
    records: Records
    values: dict[str, list[Any]] = field(default_factory=dict)

    def fault(self, row: int, column: str, fault: str) -> None:
        """Keep a fault of one row."""
        self.faults.add(self.records.lines[row], column, fault)

    def line(self, row: int) -> int:
        """The line of the file on which a row starts."""
        return self.records.lines[row]

    def rows(self, *columns: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """The values of some columns, of each row in which all of them could be read."""
        for row, values in enumerate(zip(*(self.values[column] for column in columns), strict=True)):
            if FAULTY not in values:
                yield row, values

    def built(self) -> tuple[Row, ...]:
        """The rows as what they stand for, ordered by key; asked for only where nothing is at fault."""
        built = list(map(self.form.build, *(self.values[column.name] for column in self.form.columns)))
        keys = list(zip(*(self.values[column] for column in self.form.key), strict=True))
        return tuple(built[row] for row in sorted(range(len(built)), key=keys.__getitem__))


def read_sheet(folder: Path, form: Form[Row]) -> Sheet[Row]:
    """Read a file of a folder; what is wrong in it is kept in the sheet's faults."""
    faults = FileFaults(form.file_name)
    sheet = Sheet(form, faults, read_records(folder / form.file_name, faults))
    if sheet.records.header is not None:
        _check_header(sheet, sheet.records.header)
    for column in form.columns:
        sheet.values[column.name] = _read_column(sheet, column)
    return sheet


def _check_header(sheet: Sheet[Row], header: list[str]) -> None:
    known = [column.name for column in sheet.form.columns]
    for place, name in enumerate(header):
        if name not in known:
            fault = f"is no known column, expected {', '.join(known)}{did_you_mean(name, known)}"
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
