"""Commands about a company's own programme: make its folder, look at a programme file."""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from partner_program.cli.inputs import DAY, FILE, WORDS, installation
from partner_program.cli.options import example, text_or_json


@click.command(epilog=example('partner-program new /srv/acme --company "Acme Hosting" --from 2026-02-01'))
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--company", type=WORDS, default="Your Company", show_default=True, help="The company's name in letters.")
@click.option("--from", "first_day", type=DAY, help="First day of the programme; default: that of next month.")
def new(folder: Path, company: str, first_day: date | None) -> None:
    """Make DIR, a company's own folder: programme file, brand, registry, connections, and what to do next.

    DIR has to be new or empty. PARTNER_PROGRAM_INCLUDE then points at it; an upgrade of the project never touches it.
    """
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.usecases.new_company import NewCompany, make_folder_of

    day = first_day or BillingMonth.of(datetime.now(UTC).date()).following.first_day
    for place in make_folder_of(NewCompany(folder, company, day)):
        click.echo(f"made {folder / place}")
    click.echo(f"what to do next: {folder / 'README.md'}")


@click.group("program")
def program_files() -> None:
    """Look at programme files."""


@program_files.command(epilog=example("partner-program program check program/2026-02-01.yaml"))
@click.argument("file", type=FILE, metavar="FILE")
@text_or_json
def check(file: Path, form: str) -> None:
    """Read a programme FILE and show the table, benefits and rules that partners will see, and what it changes.

    It is compared with the programme before it: beside it in its folder `program`, else in the installation's. Every
    fault is named with its line.
    """
    from partner_program.usecases.program_check import check_program, checked_program_file

    checked = check_program(installation(), file)
    if form == "json":
        click.echo(checked_program_file(checked), nl=False)
        return
    from partner_program.cli.program_tables import print_program

    print_program(checked)
