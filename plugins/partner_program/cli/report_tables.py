"""Prints a report for people in a terminal, on stdout."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from partner_program.cli.long_tables import print_rows, visible
from partner_program.domain.columns import headed, shown, unit_in
from partner_program.domain.tier_names import heading_with_names, tier_in_a_cell

if TYPE_CHECKING:
    from partner_program.domain.columns import Column
    from partner_program.domain.program_unit import Unit
    from partner_program.domain.report import Report, ReportTable


def print_report(report: "Report", *, every: bool, names: "Sequence[str]" = ()) -> None:
    """Print the answer in sentences, then each table, then its equations; with `every`, all rows of each table.

    `names` are the tiers' own, lowest first; none where they are told by their number.
    """
    click.echo(report.title)
    for words in (*report.said, *(f"not known: {each}" for each in report.unknown)):
        click.echo(visible(f"  {words}"))
    for table in report.tables:
        _print_table(table, every=every, names=names, unit=report.unit)
    for equation in report.equations:
        click.echo(visible(f"  {equation.text}"))


def _print_table(table: "ReportTable[object]", *, every: bool, names: "Sequence[str]", unit: "Unit") -> None:
    def told(name: str, row: object) -> str:
        column, value = columns[name], getattr(row, name)
        return tier_in_a_cell(name, column, value, names) or shown(column.form, value, unit_in(row, column.form, unit))

    columns = {name: table.columns[name] for name in headed(table.columns)}
    if not table.rows:
        click.echo(f"{table.title}: {table.empty}")
        return
    if table.instead and not every:
        click.echo(f"{table.title}: {table.instead}")
        return
    print_rows(
        table.title,
        {
            heading_with_names(unit.headed(column.heading or ""), names): "left" if column.form == "text" else "right"
            for column in columns.values()
        },
        ([told(name, row) for name in columns] for row in table.rows),
        every=every,
        total=len(table.rows),
        rest=f"rows; every one: --all, or --format csv --table {table.name}",
        foot=_foot(table, columns, unit) if table.adds_up else None,
    )


def _foot(table: "ReportTable[object]", columns: "Mapping[str, Column]", unit: "Unit") -> list[str]:
    totals = table.totals
    cells = [shown(column.form, totals.get(name), unit) for name, column in columns.items()]
    return ["all", *cells[1:]]
