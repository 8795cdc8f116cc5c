"""Splits a CSV file into records: the cells of each row, and the line of the file on which the row starts."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from partner_program.adapters.files.faults import FileFaults, decoded, read_whole


@dataclass(slots=True)
class Records:
    """The rows of a file.

    `odd` holds the rows with more or fewer cells than the header; `whole` is False when a row could not be read at all.
    """

    header: list[str] | None = None
    header_line: int = 1
    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    odd: list[list[str]] = field(default_factory=list)
    whole: bool = True

    def column(self, name: str) -> Sequence[str] | None:
        """Return the cells of a column, one for each line, or None if the file has no such column."""
        if self.header is None or name not in self.header:
            return None
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def names(self, column: str) -> set[str] | None:
        """Return every name in a column, odd rows included, or None if some may be missing from what was read."""
        cells = self.column(column)
        if cells is None or not self.whole or self.header is None:
            return None
        place = self.header.index(column)
        return {*cells, *(row[place] for row in self.odd if place < len(row))}


def read_records(path: Path, faults: FileFaults, content: bytes | None = None) -> Records:
    """Read a UTF-8 file with commas, doubled quotes and a header; a row that cannot be read is a fault and left out.

    With `content`, the file is read as if it had these bytes.
    """
    records = Records()
    if content is None:
        content = read_whole(path, faults)
    if content is None:
        return records
    reader = csv.reader(io.StringIO(decoded(content, faults), newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            faults.add(line, "row", f"cannot be read ({error}), expected cells whose quotes are doubled and closed")
            records.whole = False
        else:
            _take(records, line, row, faults)
    if records.header is None:
        faults.add(1, "header", "is missing, expected the names of the columns")
    return records


def _take(records: Records, line: int, row: list[str], faults: FileFaults) -> None:
    if not row:
        return
    if records.header is None:
        records.header, records.header_line = row, line
    elif len(row) == len(records.header):
        records.lines.append(line)
        records.rows.append(row)
    else:
        faults.add(line, "row", f"has {len(row)} cells, expected {len(records.header)} as in the header")
        records.odd.append(row)
