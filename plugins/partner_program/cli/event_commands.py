"""Commands about events: what other systems are told of, and what became of it."""

from typing import TYPE_CHECKING

import click

from partner_program.cli.inputs import installation
from partner_program.cli.options import ROWS_SHOWN, all_rows, example, text_or_json
from partner_program.domain.events import EVENT_STATES

if TYPE_CHECKING:
    from partner_program.domain.events import EventState


@click.group()
def events() -> None:
    """What other systems are told of: months in force, changed tiers, published rates and others."""


@events.command("list", epilog=example("partner-program events list --state dead"))
@click.option("--state", type=click.Choice(EVENT_STATES), help="Only events in this state.")
@all_rows
@text_or_json
def events_list(state: "EventState | None", every: bool, form: str) -> None:
    """List the events, the newest first: what each says, and what became of it."""
    from partner_program.usecases.events import events_file, list_events

    first = None if every or form == "json" else ROWS_SHOWN
    found = list_events(installation(), state=state, first=first)
    if form == "json":
        click.echo(events_file(found.events), nl=False)
    else:
        from partner_program.cli.event_tables import print_events

        print_events(found, every=every)
