"""Commands that write files for other programs to read."""

from pathlib import Path

import click

from partner_program.cli.inputs import WORDS, installation
from partner_program.cli.options import example
from partner_program.domain.plurals import plural


@click.group()
def export() -> None:
    """Files for a warehouse."""


@export.command("changes", epilog=example("partner-program export changes --to /data/changes --since WzQsICJl..."))
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Where to write the files; it may have earlier ones.",
)
@click.option("--since", metavar="CURSOR", type=WORDS, help="Only what happened after it; default: everything.")
@click.option("--until", metavar="CURSOR", type=WORDS, help="Only what happened up to it; default: until now.")
@click.option("--amounts", "with_amounts", is_flag=True, help="Amounts and discounts too.")
def export_changes(folder: Path, since: str | None, until: str | None, with_amounts: bool) -> None:
    """Write the events as Parquet and CSV with a manifest, whose `next` is the cursor to go on from.

    The same two cursors give the same bytes. Nothing is sent, and nothing changes in the database.
    """
    from partner_program.usecases.changes_export import export_changes as write

    done = write(installation(), folder, since=since, until=until, with_amounts=with_amounts)
    click.echo(f"{plural(done.rows, 'change')}: {done.manifest}")
    click.echo(f"next: {done.following}")
