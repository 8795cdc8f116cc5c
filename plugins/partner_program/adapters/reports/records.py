"""Writes a list of records as JSON and CSV for programs: one object or row a record, its fields in their order."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from partner_program.adapters.in_unit import cells_in_unit, in_unit
from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.program_unit import EURO, Unit


def records_json(records: Iterable[object]) -> str:
    """Return the records as a JSON array; a missing value is null, a day is in ISO form."""
    return json.dumps([plain(each) for each in records], indent=1, ensure_ascii=False) + "\n"


def record_json(record: object, unit: Unit = EURO) -> str:
    """Return one record as a JSON object, with its amounts named after the unit."""
    told = plain(record)
    return json.dumps(in_unit(told, unit) if isinstance(told, dict) else told, indent=1, ensure_ascii=False) + "\n"


def records_csv(kind: type, records: Iterable[object], unit: Unit = EURO) -> str:
    """Return the records of one dataclass as CSV (RFC 4180); what a field lists is separated by blanks.

    A field that is `domain.columns.ADDED` is a column where some record has a value.
    """
    records = list(records)
    names = [
        each.name
        for each in fields(kind)
        if "added" not in each.metadata or any(getattr(record, each.name) is not None for record in records)
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(cells_in_unit(dict.fromkeys(names), unit))
    for each in records:
        cells: dict[str, Any] = {name: _cell(plain(getattr(each, name))) for name in names}
        writer.writerow(cells_in_unit(cells, unit).values())
    return text.getvalue()


def _cell(value: object) -> object:
    return safe_cell(" ".join(map(str, value)) if isinstance(value, list) else value)
