"""Prints what the checks of a month found for a person to look at."""

from collections.abc import Sequence
from pathlib import Path

import click

from partner_program.domain.findings import Finding
from partner_program.domain.plurals import plural

MOST = 12


def print_warnings(warnings: Sequence[Finding], report: Path) -> None:
    """Print each warning on a line, at most `MOST`; the report has them all, with which lines and accounts."""
    if not warnings:
        return
    click.echo(f"{plural(len(warnings), 'warning')} to look at, see {report}:")
    for finding in warnings[:MOST]:
        click.echo(f"  {finding.entity}: {finding.message}")
    if len(warnings) > MOST:
        click.echo(f"  and {len(warnings) - MOST} more")
