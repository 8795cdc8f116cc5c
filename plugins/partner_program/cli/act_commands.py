"""The command that shows the record of acts."""

from typing import Literal

import click

from partner_program.cli.inputs import WORDS, installation
from partner_program.cli.options import all_rows, example, table_or_file


@click.command(epilog=example("partner-program acts 2015-06", "partner-program acts P004 --format json"))
@click.argument("about", type=WORDS, metavar="MONTH|PARTNER|DAY")
@table_or_file
@all_rows
def acts(about: str, form: Literal["table", "json", "csv"], every: bool) -> None:
    """List what people and schedules did about a month (YYYY-MM) or a partner: when, who, what, why; newest first.

    A day (YYYY-MM-DD) stands for the digests of its week.
    """
    from partner_program.usecases.acts import acts_file, list_acts

    found = list_acts(installation(), about)
    if form == "table":
        from partner_program.cli.act_tables import print_acts

        print_acts(f"Acts about {about}", found, every=every)
    else:
        click.echo(acts_file(found, form), nl=False)
