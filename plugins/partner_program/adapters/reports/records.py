"""Writes a list of records as JSON and CSV for programs: one object or row a record, its fields in their order.

A tier is a number; where a programme names its tiers, its own name stands behind it: `tier`, `tier_name`.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from partner_program.adapters.in_unit import cells_in_unit, in_unit
from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.tier_names import NamedTiers

UnitOf = Callable[[Any], Unit]
_NO_NAMES = NamedTiers((), lambda _record, _field: "")


def records_json(records: Iterable[object], unit_of: UnitOf | None = None, tiers: NamedTiers | None = None) -> str:
    """Return the records as a JSON array; a missing value is null, a day is in ISO form.

    The amounts of each are named after its unit; its `tiers` have their names behind them.
    """
    found = [record_facts(each, unit_of(each) if unit_of else EURO, tiers) for each in records]
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def record_json(record: object, unit: Unit = EURO) -> str:
    """Return one record as a JSON object, with its amounts named after the unit."""
    return json.dumps(record_facts(record, unit), indent=1, ensure_ascii=False) + "\n"


def record_facts(record: object, unit: Unit = EURO, tiers: NamedTiers | None = None) -> dict[str, object]:
    """Return one record for JSON, with its amounts named after the unit and the names of its tiers."""
    return in_unit(named_facts(record, tiers), unit)


def named_facts(record: object, tiers: NamedTiers | None) -> dict[str, object]:
    """Return one record for JSON with the names of its tiers; its amounts are named as its fields are."""
    told = plain(record)
    if not isinstance(told, dict):
        raise TypeError(f"{type(record).__name__} is no record")
    if tiers is None:
        return told
    found: dict[str, object] = {}
    for key, value in told.items():
        found |= {key: value, **{own: name for own, name in tiers.beside(record, key).items() if name}}
    return found


def records_csv(
    kind: type,
    records: Iterable[object],
    unit: Unit = EURO,
    *,
    unit_of: UnitOf | None = None,
    tiers: NamedTiers | None = None,
) -> str:
    """Return the records of one dataclass as CSV (RFC 4180); what a field lists is separated by blanks.

    A field that is `domain.columns.ADDED` is a column where some record has a value. Amounts are in `unit`, or each
    record's in what `unit_of` says. The names of its `tiers` are columns behind them.
    """
    records = list(records)
    names = [
        each.name
        for each in fields(kind)
        if "added" not in each.metadata or any(getattr(record, each.name) is not None for record in records)
    ]
    units = [unit_of(each) if unit_of else unit for each in records]
    beside, named = {unit, *units}, tiers or _NO_NAMES
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    heads = [head for name in names for head in (name, *([f"{name}_name"] if name in named.fields else []))]
    writer.writerow(cells_in_unit(dict.fromkeys(heads), unit, beside))
    for each, own in zip(records, units, strict=True):
        cells: dict[str, Any] = {}
        for name in names:
            cells[name] = _cell(plain(getattr(each, name)))
            cells |= {own: safe_cell(told) for own, told in named.beside(each, name).items()}
        writer.writerow(cells_in_unit(cells, own, beside).values())
    return text.getvalue()


def _cell(value: object) -> object:
    return safe_cell(" ".join(map(str, value)) if isinstance(value, list) else value)
