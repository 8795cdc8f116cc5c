"""Writes changes for a warehouse: the same rows as CSV and as Parquet, with a manifest that is written last.

Cells are written as they are, for programs: nothing is put before one that a spreadsheet would take for a formula.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from partner_program.adapters.atomic_write import file_in_one_piece, write_if_changed
from partner_program.domain.events import Event, OutboxEvent

COLUMNS = {
    "event_no": "BIGINT",
    "event_id": "VARCHAR",
    "kind": "VARCHAR",
    "subject": "VARCHAR",
    "partner_id": "VARCHAR",
    "billing_month": "VARCHAR",
    "happened_at": "TIMESTAMP",
    "data": "VARCHAR",
    "amounts": "VARCHAR",
}


def write_changes(
    folder: Path, name: str, events: Iterable[OutboxEvent], *, with_amounts: bool, since: str | None, following: str
) -> Path:
    """Write NAME.csv, NAME.parquet and NAME.json into a folder; return the manifest.

    The same events give the same bytes. `since` and `following` are the cursors before and after them.
    """
    columns = {each: kind for each, kind in COLUMNS.items() if each != "amounts" or with_amounts}
    table, parquet = folder / f"{name}.csv", folder / f"{name}.parquet"
    rows = 0
    with file_in_one_piece(table) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(columns)
        for cells in _cells(events, columns):
            writer.writerow(cells)
            rows += 1
        text.flush()
        text.detach()
    with file_in_one_piece(parquet) as file:
        _write_parquet(table, Path(file.name), columns)
    manifest = folder / f"{name}.json"
    told = {
        "since": since,
        "next": following,
        "rows": rows,
        "columns": [{"name": each, "type": kind} for each, kind in columns.items()],
        "files": [_of_file(each) for each in (table, parquet)],
    }
    write_if_changed(manifest, json.dumps(told, indent=1) + "\n")
    return manifest


def _cells(events: Iterable[OutboxEvent], columns: Iterable[str]) -> Iterator[list[object]]:
    wanted = list(columns)
    for each in events:
        cells = {name: getattr(each, name) for name in ("event_no", *Event.__dataclass_fields__)}
        cells["happened_at"] = f"{datetime.fromtimestamp(each.happened_at, UTC):%Y-%m-%d %H:%M:%S}"
        yield [cells[name] for name in wanted]


def _write_parquet(table: Path, draft: Path, columns: dict[str, str]) -> None:
    """Write the rows of a CSV file as Parquet, by one thread, so that the same rows give the same bytes."""
    import duckdb

    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    read = f"read_csv({_quoted(table)}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
    read += f"nullstr = '', allow_quoted_nulls = false, max_line_size = 100000000, columns = {{{kinds}}})"
    rows = f"SELECT * FROM {read}"  # noqa: S608 - our own columns, and a path as a literal
    form = "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"  # into the draft itself, which is its owner's alone
    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "500MB"}) as connection:
        connection.execute(f"COPY ({rows}) TO {_quoted(draft)} {form}")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _of_file(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return {
            "name": path.name,
            "bytes": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }
