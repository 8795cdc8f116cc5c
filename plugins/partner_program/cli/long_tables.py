"""Prints tables of any length on stdout: their first rows, or with `--all` every row as soon as it is read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice

import click
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from partner_program.cli.options import ROWS_SHOWN

_IDS = ("account", "id", "line")
_LONGEST_ID = 40  # a UUID has 36
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def console() -> Console:
    """The terminal, or a file that is 140 characters wide."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=140)


def print_rows(
    title: str | None,
    columns: Mapping[str, JustifyMethod],
    rows: Iterable[Sequence[str]],
    *,
    every: bool,
    total: int,
    rest: str,
    foot: Sequence[str] | None = None,
) -> None:
    """Print the first rows as a table, and how many of `total` were left out, or every row as one line.

    `rest` says in words what the rows are and how to get those that are left out besides `--all`; `foot` is the row
    below all of them.
    """
    if title and not total:
        click.echo(f"{title}: none")
        return
    if every:
        _print_lines(title, columns, rows if foot is None else chain(rows, [foot]))
        return
    print_first_rows(title, columns, islice(rows, ROWS_SHOWN), total=total, rest=rest, foot=foot)


def print_first_rows(
    title: str | None,
    columns: Mapping[str, JustifyMethod],
    rows: Iterable[Sequence[str]],
    *,
    total: int,
    rest: str,
    foot: Sequence[str] | None = None,
) -> None:
    """Print rows as a table, whatever their number; say how many of `total` were left out, if there are more."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for heading, side in columns.items():
        table.add_column(heading, justify=side, overflow="fold")
    for row in rows:
        table.add_row(*(escape(visible(cell)) for cell in row))
    if foot is not None:
        table.add_section()
        table.add_row(*(escape(visible(cell)) for cell in foot), style="bold")
    print_table(table)
    if total > ROWS_SHOWN:
        click.echo(f"the first {ROWS_SHOWN} of {total:,} {rest}")


def print_table(table: Table) -> None:
    """Print a table in which ids stay whole, so that they can be copied; the other columns fold instead."""
    for column in table.columns:
        if column.header in _IDS:
            column.min_width = min(_LONGEST_ID, max((cell_len(str(cell)) for cell in column.cells), default=0))
    console().print(table)


def _print_lines(title: str | None, columns: Mapping[str, JustifyMethod], rows: Iterable[Sequence[str]]) -> None:
    """Print every row as one line; the first rows decide how wide the columns are, a longer value moves its line."""
    if title:
        click.echo(title)
    here = (tuple(map(visible, row)) for row in rows)
    first = [tuple(columns), *islice(here, ROWS_SHOWN)]
    widths = [max(map(cell_len, column)) for column in zip(*first, strict=True)]
    right = [side == "right" for side in columns.values()]
    for row in chain(first, here):
        cells = (_cell(*each) for each in zip(row, widths, right, strict=True))
        click.echo("  ".join(cells).rstrip())


def visible(text: str) -> str:
    """Return the text on one line, without what would move or colour others in a terminal."""
    return text if text.isprintable() else _UNPRINTABLE.sub(" ", text)


def _cell(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - (len(text) if text.isascii() else cell_len(text)))
    return blanks + text if right else text + blanks
