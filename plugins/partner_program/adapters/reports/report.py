"""Writes a report as JSON and CSV for programs: minor units, basis points, ISO days, null for a missing value."""

import json
from collections.abc import Sequence

from partner_program.adapters.in_unit import fields_in_unit, unit_facts
from partner_program.adapters.reports.records import named_facts, records_csv
from partner_program.domain.program_unit import EUR, Unit
from partner_program.domain.report import Report, ReportTable
from partner_program.domain.tier_names import named_in_table

_encode = json.JSONEncoder(indent=1, ensure_ascii=False).encode


def report_json(report: Report, names: Sequence[str] = ()) -> str:
    """Return a report whole: each table as an array of objects under its name.

    `names` are the tiers' own, lowest first: each stands behind the number of its tier.
    """
    facts = {
        "report": report.name,
        "billing_month": str(report.month),
        **({"from_month": str(report.since)} if report.since else {}),
        **unit_facts(report.unit),
        "said": list(report.said),
        "unknown": list(report.unknown),
        "equations": {
            each.name: {
                "currency": EUR,
                **unit_facts(each.unit),
                "parts": [{"part": words, "minor": minor} for words, minor in each.parts],
                "whole": {"part": each.whole[0], "minor": each.whole[1]},
            }
            for each in report.equations
        },
    }
    head = _encode(facts).removesuffix("\n}")
    tables = [f" {_encode(each.name)}: {_array(each, report.unit, names)}" for each in report.tables]
    return ",\n".join([head, *tables]) + "\n}\n"


def _array(table: ReportTable[object], unit: Unit, names: Sequence[str]) -> str:
    """Rows as an array of a report, each encoded by itself: all at once would take several times its length."""
    tiers = named_in_table(table.columns, names)
    told = (fields_in_unit(named_facts(row, tiers), unit) for row in table.rows)
    found = ["  " + _encode(each).replace("\n", "\n  ") for each in told]  # no text in JSON has an end of line
    return "[\n" + ",\n".join(found) + "\n ]" if found else "[]"


def report_csv(report: Report, table: str, names: Sequence[str] = ()) -> str:
    """Return one table of a report (RFC 4180)."""
    found = report.table(table)
    return records_csv(found.kind, found.rows, report.unit, tiers=named_in_table(found.columns, names))
