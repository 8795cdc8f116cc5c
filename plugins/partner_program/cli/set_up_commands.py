"""Commands that set the programme up: its database, the registry, who may join, and whether all is well."""

from pathlib import Path

import click

from partner_program.cli.inputs import FILE, FOLDER, installation
from partner_program.cli.options import example
from partner_program.domain.refusals import Refusal


@click.command(epilog=example("partner-program init"))
def init() -> None:
    """Create the programme's database, or bring it up to date. Safe to repeat."""
    from partner_program.usecases.set_up import init_database

    click.echo(f"programme database: {init_database(installation())}")


@click.command(epilog=example("partner-program load registry/"))
@click.argument("folder", type=FOLDER, metavar="DIR")
def load(folder: Path) -> None:
    """Load the registry's CSV files from DIR: all of them, or none.

    All faults are printed at once, as file:line: column. Loading the same folder twice changes nothing.
    """
    from partner_program.usecases.registry import load_registry_folder

    registry, changed = load_registry_folder(installation(), folder)
    click.echo(
        f"{len(registry.partners)} partners, {len(registry.account_links)} account links, "
        f"{len(registry.entities)} entities: {changed} rows changed"
    )


@click.group()
def application() -> None:
    """Applications to become an authorised partner."""


@application.command("check", epilog=example("partner-program application check application.yaml"))
@click.argument("file", type=FILE)
def application_check(file: Path) -> None:
    """Check the application in FILE (JSON or YAML, field: value) against the programme's list; a person decides."""
    from partner_program.usecases.application import check_application_file

    checked = check_application_file(installation(), file)
    for word, names in (("given", checked.present), ("missing", checked.missing), ("verify", checked.to_verify)):
        for name in names:
            click.echo(f"{word:8} {name}")
    if checked.missing:
        raise Refusal(f"the application is not complete: {', '.join(checked.missing)}")


@click.command(epilog=example("partner-program doctor"))
def doctor() -> None:
    """Check this installation: programme files, database, connections, templates; say what to do."""
    from partner_program.usecases.doctor import examine

    findings = examine(installation())
    for finding in findings:
        click.echo(f"{'ok  ' if finding.sound else 'FAIL'} {finding.subject}: {finding.message}")
    if not all(finding.sound for finding in findings):
        raise Refusal("something needs attention: see the lines marked FAIL")
