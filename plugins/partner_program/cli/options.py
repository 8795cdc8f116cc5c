"""What several commands share: the option for a form, the option for a person, an example for help, progress."""

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from partner_program.cli.inputs import DAY, FOLDER, WORDS, whole

ROWS_SHOWN = 200  # of a table, unless every row is asked for
_Command = TypeVar("_Command", bound=Callable[..., Any])


def example(*lines: str, title: str = "Example:") -> str:
    """Lines that help shows as they are: click does not wrap a paragraph that begins with a backspace."""
    return "\n".join(["\b", title, *(f"  {line}" for line in lines)])


text_or_json = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)


table_or_file = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="For people, programs, or a spreadsheet.",
)


due = click.option(
    "--due", "due_days", type=whole("DAYS", 0, 3650), help="Only what has ended or ends within so many days."
)


as_of = click.option("--on", type=DAY, help="As it is on this day; default: today.")


all_rows = click.option(
    "--all", "every", is_flag=True, help=f"Every row, one line each; without it, tables have their first {ROWS_SHOWN}."
)


out_file = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; default: one below PARTNER_PROGRAM_OUT. Its path is printed.",
)


into_registry = click.option(
    "--into",
    "folder",
    type=FOLDER,
    required=True,
    metavar="DIR",
    help="The registry's folder, as it was loaded last: its files and the database change together.",
)


def person(name: str, help_text: str) -> Callable[[_Command], _Command]:
    """The option `--by` for a person; `name` is the parameter's."""
    return click.option("--by", name, type=WORDS, default=login, show_default="the user logged in", help=help_text)


def login() -> str:
    """The name of the user logged in; a container may run as a number that has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def looked_at(name: str) -> Callable[[_Command], _Command]:
    """The option for the person who decided; `name` is the parameter's."""
    return person(name, "Who looked at it.")


def progress(step: str) -> None:
    """Print on stderr which step runs."""
    click.echo(f"  {step}", err=True)
