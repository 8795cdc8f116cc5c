"""Commands that set the programme up: its database, the registry, and whether all is well."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from partner_program.cli.inputs import FOLDER, WORDS, installation
from partner_program.cli.options import example, login
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal

if TYPE_CHECKING:
    from partner_program.domain.acts import Doer
    from partner_program.domain.registry import Removals


@click.command(epilog=example("partner-program init"))
def init() -> None:
    """Create the programme's database, or bring it up to date. Safe to repeat."""
    from partner_program.usecases.set_up import init_database

    click.echo(f"programme database: {init_database(installation())}")


@click.command(
    epilog=example(
        "partner-program load registry/",
        "partner-program load registry/ --remove account_links.csv:P1/NL/A1 --by pat --reason 'wrong account'",
    )
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--remove", multiple=True, metavar="FILE:KEY", help="Row that was a mistake; may be given many times.")
@click.option("--by", "done_by", type=WORDS, help="Who loads, or removes a row; default: the user logged in.")
@click.option("--reason", type=WORDS, help="Why: it stays on record.")
def load(folder: Path, remove: tuple[str, ...], done_by: str | None, reason: str | None) -> None:
    """Load the registry's CSV files from DIR: all of them, or none.

    All faults are printed at once, as file:line: column. Loading the same folder twice changes nothing. A partner,
    account link, legacy agreement or grant that is no longer in the files is refused, unless --remove names it.
    """
    from partner_program.usecases.registry import load_registry_folder, loader
    from partner_program.usecases.registry_doubts import doubts_of_now

    here = installation()
    by = loader(done_by or login(), reason)
    if remove and not (done_by and reason):
        raise click.UsageError("--remove needs --by NAME and --reason TEXT: a removal stays on record")
    registry, changed = load_registry_folder(here, folder, _removals(remove, by), loaded_by=by)
    click.echo(
        f"{plural(len(registry.partners), 'partner')}, {plural(len(registry.account_links), 'account link')}, "
        f"{plural(len(registry.entities), 'entity', 'entities')}: {plural(changed, 'row')} changed"
    )
    for row in dict.fromkeys(remove):
        click.echo(f"removed {row}")
    for doubt in doubts_of_now(here):
        click.echo(f"warning: {doubt}", err=True)


def _removals(remove: tuple[str, ...], by: "Doer") -> "Removals | None":
    """Read what --remove names."""
    from partner_program.domain.registry import Removals
    from partner_program.usecases.registry import removal

    try:
        return Removals([removal(each) for each in remove], by) if remove else None
    except Refusal as refusal:
        raise click.UsageError(f"--remove: {refusal}") from refusal


@click.command(epilog=example("partner-program doctor"))
def doctor() -> None:
    """Check this installation: programme files, database, connections, templates; say what to do."""
    from partner_program.usecases.doctor import examine

    here = installation()
    findings = examine(here, today=here.today)
    for finding in findings:
        click.echo(f"{'ok  ' if finding.sound else 'FAIL'} {finding.subject}: {finding.message}")
        for doubt in finding.doubts:
            click.echo(f"warning: {doubt}", err=True)
    if not all(finding.sound for finding in findings):
        raise Refusal("something needs attention: see the lines marked FAIL")
