"""Commands about what partner managers have to see to."""

from datetime import date

import click

from partner_program.cli.contract_commands import tell_unread
from partner_program.cli.inputs import CODE, installation, whole
from partner_program.cli.options import as_of, example, text_or_json
from partner_program.domain.reminders import DUE_DAYS


@click.group()
def reminders() -> None:
    """What each partner manager has to see to soon."""


@reminders.command("show", epilog=example("partner-program reminders show --manager M1"))
@click.option(
    "--due",
    "due_days",
    type=whole("DAYS", 1, 365),
    default=str(DUE_DAYS),
    show_default=True,
    help="What ends or is due within so many days.",
)
@as_of
@click.option("--manager", type=CODE, help="Only what this partner manager has to see to.")
@text_or_json
def reminders_show(due_days: int, on: date | None, manager: str | None, form: str) -> None:
    """Show what ends soon for each manager's partners: benefits, grace periods, contracts; and answers that are due.

    A day is the first one without it, or the last one for an answer. Nothing is sent. Contracts are asked from the
    billing databases now; an entity that cannot be read is named, and the exit status is 1.
    """
    from partner_program.usecases.reminders import reminders_file, show_reminders

    here = installation()
    found = show_reminders(here, on=on or here.today(), due_days=due_days, manager_id=manager)
    if form == "json":
        click.echo(reminders_file(found), nl=False)
    else:
        from partner_program.cli.reminder_text import print_reminders

        print_reminders(found)
    tell_unread(found.not_read, found.faulty_lines)
