"""Prints events for people in a terminal, on stdout."""

from typing import TYPE_CHECKING

from partner_program.cli.long_tables import print_rows

if TYPE_CHECKING:
    from partner_program.usecases.events import EventList


def print_events(found: "EventList", *, every: bool) -> None:
    """Print one row an event, the newest first."""
    print_rows(
        "Events",
        {
            "no": "right",
            "id": "left",
            "kind": "left",
            "subject": "left",
            "state": "left",
            "tried": "right",
            "says": "left",
            "reply": "left",
        },
        (
            (
                str(each.event_no),
                each.event_id,
                each.kind,
                each.subject,
                each.status.replace("_", " "),
                str(each.attempts),
                each.data,
                each.reply or "",
            )
            for each in found.events
        ),
        every=every,
        total=found.of,
        rest="events; every one: --all, or --format json",
    )
