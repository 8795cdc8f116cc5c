"""Commands about events: what other systems are told of, and what became of it."""

import sys
import time
from typing import TYPE_CHECKING, Literal

import click

from partner_program.cli.inputs import CODE, WORDS, installation
from partner_program.cli.options import ROWS_SHOWN, all_rows, example, looked_at, text_or_json
from partner_program.domain.acts import Doer
from partner_program.domain.events import EVENT_STATES
from partner_program.domain.plurals import plural

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
    """List the events, the newest first, with what became of each; `--format json` has what each says."""
    from partner_program.usecases.events import events_file, list_events

    first = None if every or form == "json" else ROWS_SHOWN
    found = list_events(installation(), state=state, first=first)
    if form == "json":
        click.echo(events_file(found.events), nl=False)
    else:
        from partner_program.cli.event_tables import print_events

        print_events(found, every=every)


@events.command("send", epilog=example("partner-program events send"))
def events_send() -> None:
    """Send the events that may go now to the endpoint of the connection events_webhook, each partner's in order.

    Without the connection nothing is sent. An event may arrive more than once, with the same id. Exit status 1 where
    the endpoint takes nothing, or an event was not taken ten times and waits for a person.
    """
    from partner_program.cli.event_tables import sent_text
    from partner_program.usecases.events import list_events
    from partner_program.usecases.events_sending import send_events

    here = installation()
    report = send_events(here, now=time.time)
    click.echo(sent_text(report))
    if not report.is_connected:
        return
    dead = list_events(here, state="dead", first=1).of
    if dead:
        click.echo(f"{plural(dead, 'event waits', 'events wait')} for a person: events list --state dead", err=True)
    if report.stopped:
        click.echo(f"stopped: {report.stopped}", err=True)
    if dead or report.stopped:
        sys.exit(1)


@events.command("resolve", epilog=example('partner-program events resolve evt_0a1b --again --reason "endpoint mended"'))
@click.argument("event_id", metavar="ID", type=CODE)
@click.option("--again", "word", flag_value="again", help="Try a dead event anew.")
@click.option("--give-up", "word", flag_value="given_up", help="Never send a dead or deferred event.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
@looked_at("resolved_by")
def events_resolve(event_id: str, word: Literal["again", "given_up"] | None, reason: str, resolved_by: str) -> None:
    """Resolve the event ID that was not taken, one of the two; later events of its partner then go on."""
    from partner_program.usecases.events import resolve_event

    if word not in ("again", "given_up"):
        raise click.UsageError("one of --again and --give-up is needed")
    row = resolve_event(installation(), event_id, word, Doer(resolved_by, reason, int(time.time())))
    then = "; now: partner-program events send" if row.status == "waiting" else ""
    click.echo(f"{row.kind} {row.subject}: {row.status.replace('_', ' ')}, resolved by {resolved_by}{then}")
