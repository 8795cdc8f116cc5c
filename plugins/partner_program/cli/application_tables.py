"""Prints what an application comes to, for people."""

from typing import TYPE_CHECKING

import click
from rich.markup import escape

from partner_program.cli.long_tables import console
from partner_program.cli.table_cells import titled_table

if TYPE_CHECKING:
    from partner_program.domain.authorisation import ApplicationCheck


def print_application(checked: "ApplicationCheck") -> None:
    """Print each field with the programme's words, then what a person has to look at."""
    table = titled_table("The application, field by field", "field", "state", "why", "the programme's words")
    for each in checked.fields:
        table.add_row(each.field, each.state, escape(each.because), escape(each.source))
    console().print(table)
    for said in checked.to_verify:
        click.echo(f"verify: {said}")
    for partner in checked.partners or ():
        click.echo(f"verify: may be partner {partner.partner_id} ({partner.status}): {', '.join(partner.marks)}")
