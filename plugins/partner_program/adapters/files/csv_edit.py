"""Adds rows to a CSV file, takes rows out and changes single cells; every other byte stays as somebody wrote it.

Order of rows and columns, quotation marks, line ends, a byte order mark and a missing last line end are left alone.
The content has to be sound (`csv_sheet`).
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence

_MARK = "\ufeff"


def with_rows(content: bytes, rows: Sequence[Mapping[str, str]]) -> bytes:
    """Add rows at the end: each column of the file gets its value, or stays empty; other values are left out."""
    if not rows:
        return content
    end = "\r\n" if b"\r\n" in content else "\n"
    added = io.StringIO()
    written = csv.writer(added, lineterminator=end)
    header = _records(content.decode())[0][1]
    for row in rows:
        written.writerow([row.get(name, "") for name in header])
    return content + (b"" if content.endswith(b"\n") else end.encode()) + added.getvalue().encode()


def with_cells(content: bytes, change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> bytes:
    """Change cells: `change` is given each row by column and returns the new values of the cells that change."""
    records = _records(content.decode())
    header = records[0][1]
    parts = [records[0][0]]
    for raw, cells in records[1:]:
        new = change(dict(zip(header, cells, strict=True))) if cells else {}
        parts.append(_with_values(raw, {header.index(name): value for name, value in new.items()}))
    return "".join(parts).encode()


def without_rows(content: bytes, gone: Callable[[Mapping[str, str]], bool]) -> bytes:
    """Take out the rows of which `gone` is true; it is given each row by column."""
    records = _records(content.decode())
    header = records[0][1]
    kept = [raw for raw, cells in records[1:] if not (cells and gone(dict(zip(header, cells, strict=True))))]
    return "".join([records[0][0], *kept]).encode()


def _records(text: str) -> list[tuple[str, list[str]]]:
    """Each record as it is written, with its line end, and its cells; a blank line has no cells."""
    mark = _MARK if text.startswith(_MARK) else ""
    lines = list(io.StringIO(text.removeprefix(_MARK), newline=""))
    reader = csv.reader(iter(lines), strict=True)
    found: list[tuple[str, list[str]]] = []
    start = 0
    for cells in reader:
        found.append(("".join(lines[start : reader.line_num]), cells))
        start = reader.line_num
    header_at = next(place for place, (_, cells) in enumerate(found) if cells)
    raw = mark + "".join(each for each, _ in found[: header_at + 1])
    return [(raw, found[header_at][1]), *found[header_at + 1 :]]


def _with_values(raw: str, values: Mapping[int, str]) -> str:
    """Put new values into the cells at these places of a record."""
    if not values:
        return raw
    body = raw.rstrip("\r\n")
    cells = _raw_cells(body)
    for place, value in values.items():
        cells[place] = _written(value)
    return ",".join(cells) + raw[len(body) :]


def _raw_cells(body: str) -> list[str]:
    """Split a record at its commas outside quotation marks; a doubled mark closes and opens again."""
    cells, start, quoted = [], 0, False
    for place, each in enumerate(body):
        if each == '"':
            quoted = not quoted
        elif each == "," and not quoted:
            cells.append(body[start:place])
            start = place + 1
    return [*cells, body[start:]]


def _written(value: str) -> str:
    cell = io.StringIO()
    csv.writer(cell, lineterminator="").writerow([value, ""])
    return cell.getvalue().removesuffix(",")
