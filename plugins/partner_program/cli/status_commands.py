"""Commands about the partners' own status."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from partner_program.cli.inputs import DAY, MONTH, installation
from partner_program.cli.options import example
from partner_program.domain.findings import EXAMPLES
from partner_program.domain.plurals import first_names, plural

if TYPE_CHECKING:
    from partner_program.domain.billing_month import BillingMonth


@click.group()
def status() -> None:
    """What each partner may see of itself at any time."""


@status.command("export", epilog=example("partner-program status export --to /srv/status"))
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder.")
@click.option("--month", type=MONTH, help="The month that the pages state.  [default: the newest in force]")
@click.option(
    "--expires", type=DAY, help="The last day on which a page is valid.  [default: the last day of next month]"
)
def export(folder: Path, month: "BillingMonth | None", expires: date | None) -> None:
    """Write a page and its data for each authorised partner, under a name that nobody can guess, and an index.

    Pages of partners that are no more authorised are removed. The key of the names is in connection `status_pages`.
    """
    from partner_program.usecases.status_export import export_status

    here = installation()
    made = export_status(here, folder, month=month, expires_on=expires, today=here.today())
    click.echo(
        f"{made.month}: {plural(made.pages, 'page')} valid until {made.expires_on}, {made.changed} new or changed, "
        f"{made.removed} removed: serve {folder / 'pages'}, and keep {folder / 'index.json'} from the web"
    )
    if made.without:
        click.echo(
            f"without a page, {made.month} says nothing of {plural(len(made.without), 'authorised partner')}: "
            f"{first_names(made.without, EXAMPLES)}"
        )
