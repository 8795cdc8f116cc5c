"""A report as a text that can be kept, and read again."""

from collections.abc import Mapping
from dataclasses import dataclass

from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.report import Equation, Report, ReportTable


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    title: str
    empty: str
    rows: str
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report with each table's rows as a text: which records they are, only its question knows."""

    name: str
    title: str
    month: str
    said: tuple[str, ...]
    unknown: tuple[str, ...]
    equations: tuple[Equation, ...]
    tables: tuple[_Table, ...]
    unit: Unit = EURO


def to_keep(report: Report) -> KeptReport:
    """A report as it can be kept."""
    return KeptReport(
        report.name,
        report.title,
        str(report.month),
        report.said,
        report.unknown,
        report.equations,
        tuple(_Table(each.name, each.title, each.empty, _rows(each), each.adds_up) for each in report.tables),
        report.unit,
    )


def report_of(kept: KeptReport, kinds: Mapping[str, type]) -> Report:
    """The report that was kept; `kinds` are the records of its tables. Raises `ValueError` for others."""
    tables = []
    for each in kept.tables:
        kind = kinds[each.name]
        rows = from_json(tuple[kind, ...], each.rows)  # type: ignore[valid-type]
        tables.append(ReportTable(each.name, each.title, kind, rows, each.empty, each.adds_up))
    return Report(
        name=kept.name,
        title=kept.title,
        month=BillingMonth.parse(kept.month),
        said=kept.said,
        tables=tuple(tables),
        equations=kept.equations,
        unknown=kept.unknown,
        unit=kept.unit,
    )


def _rows(table: ReportTable[object]) -> str:
    return as_json(tuple[table.kind, ...], tuple(table.rows))  # type: ignore[name-defined]
