"""Prints events for people in a terminal, on stdout."""

from typing import TYPE_CHECKING

from partner_program.cli.long_tables import print_rows

if TYPE_CHECKING:
    from partner_program.usecases.events import EventList
    from partner_program.usecases.events_sending import EventReport


def sent_text(report: "EventReport") -> str:
    """Say how many events reached each state."""
    if not report.is_connected:
        return "no endpoint: the connection events_webhook is not set, and nothing is sent"
    counts = (f"{count} {state.replace('_', ' ')}" for state, count in sorted(report.outcomes.items()))
    return "events: " + (", ".join(counts) or "nothing new")


def print_events(found: "EventList", *, every: bool) -> None:
    """Print one row an event, the newest first."""
    print_rows(
        "Events",
        {
            "no": "right",
            "id": "left",
            "kind": "left",
            "subject": "left",
            "month": "left",
            "state": "left",
            "tried": "right",
            "reply": "left",
        },
        (
            (
                str(each.event_no),
                each.event_id,
                each.kind,
                each.subject,
                each.billing_month or "",
                each.status.replace("_", " "),
                str(each.attempts),
                each.reply or "",
            )
            for each in found.events
        ),
        every=every,
        total=found.of,
        rest="events; every one: --all, or --format json",
    )
