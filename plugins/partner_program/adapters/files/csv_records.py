"""A CSV file as records: the cells of each row with the line on which it starts in the file."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from partner_program.adapters.files.faults import FileFaults, decoded, read_whole


@dataclass(slots=True)
class Records:
    """What a file holds. `odd` are rows whose number of cells is not the header's; `whole` tells that none is lost."""

    header: list[str] | None = None
    header_line: int = 1
    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    odd: list[list[str]] = field(default_factory=list)
    whole: bool = True

    def column(self, name: str) -> Sequence[str] | None:
        """The cells of a column, one for each line; None where the file has no such column."""
        if self.header is None or name not in self.header:
            return None
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def names(self, column: str) -> set[str] | None:
        """Every name that a column holds, in odd rows too; None where the file does not let us know them all."""
        cells = self.column(column)
        if cells is None or not self.whole or self.header is None:
            return None
        place = self.header.index(column)
        return {*cells, *(row[place] for row in self.odd if place < len(row))}


def read_records(path: Path, faults: FileFaults) -> Records:
    """Read a UTF-8 file with commas, doubled quotes and a header; what cannot be read is a fault and left out."""
    records = Records()
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
