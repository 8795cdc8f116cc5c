"""Prints a report for people in a terminal, on stdout."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from partner_program.cli.long_tables import print_rows, visible
from partner_program.domain.columns import headed, shown
from partner_program.domain.tier_names import heading_with_names, tier_in_a_cell

if TYPE_CHECKING:
    from partner_program.domain.columns import Column
    from partner_program.domain.report import Report, ReportTable


def print_report(report: "Report", *, every: bool, names: "Sequence[str]" = ()) -> None:
    """Print the answer in sentences, then each table, then its equations; with `every`, all rows of each table.

    `names` are the tiers' own, lowest first; none where they are told by their number.
    """
    click.echo(report.title)
    for words in (*report.said, *(f"not known: {each}" for each in report.unknown)):
        click.echo(visible(f"  {words}"))
    for table in report.tables:
        _print_table(table, every=every, names=names)
    for equation in report.equations:
        click.echo(visible(f"  {equation.text}"))


def _print_table(table: "ReportTable[object]", *, every: bool, names: "Sequence[str]") -> None:
    def told(name: str, value: object) -> str:
        return tier_in_a_cell(name, columns[name], value, names) or shown(columns[name].form, value)

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
            heading_with_names(column.heading or "", names): "left" if column.form == "text" else "right"
            for column in columns.values()
        },
        ([told(name, getattr(row, name)) for name in columns] for row in table.rows),
        every=every,
        total=len(table.rows),
        rest=f"rows; every one: --all, or --format csv --table {table.name}",
        foot=_foot(table, columns) if table.adds_up else None,
    )


def _foot(table: "ReportTable[object]", columns: "Mapping[str, Column]") -> list[str]:
    totals = table.totals
    cells = [shown(column.form, totals.get(name)) for name, column in columns.items()]
    return ["all", *cells[1:]]
