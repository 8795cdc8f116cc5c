"""Prints reminders for people in a terminal, on stdout."""

from typing import TYPE_CHECKING

import click

from partner_program.cli.long_tables import visible
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.domain.reminders import Reminders


def print_reminders(reminders: "Reminders") -> None:
    """Print one line a reminder below each manager, then how many contracts no manager is told of."""
    for manager in reminders.managers:
        click.echo(f"{visible(manager.account_manager_id)}: {plural(len(manager.reminders), 'reminder')}")
        for each in manager.reminders:
            told = f"{each.day}  {each.partner_id} {each.company_name}, {each.kind} {each.subject_id}: {each.words}"
            click.echo(f"  {visible(told)}")
    if not reminders.managers:
        click.echo(f"nothing ends or is due within {plural(reminders.due_days, 'day')} of {reminders.on}")
    if reminders.unowned_contracts:
        click.echo(
            f"{plural(reminders.unowned_contracts, 'contract')} more of accounts that are linked to no one partner: "
            "partner-program contracts ending"
        )
