"""Events as they stand: which were written, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from partner_program.adapters.database import events as event_store
from partner_program.adapters.reports.events import events_json
from partner_program.domain.events import EVENT_STATES, EventState, OutboxEvent
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class EventList:
    """The newest events of those wanted, the newest first, and how many are wanted."""

    events: tuple[OutboxEvent, ...]
    of: int


def list_events(installation: Installation, *, state: EventState | None = None, first: int | None = None) -> EventList:
    """The events in a state, or in any; at most `first`, or every one."""
    states = EVENT_STATES if state is None else (state,)
    with installation.database.reading() as connection:
        counted = event_store.count_states(connection)
        events = event_store.newest_events(connection, states=states, first=first)
    return EventList(tuple(events), sum(counted.get(each, 0) for each in states))


def events_file(events: Sequence[OutboxEvent]) -> str:
    """Events as JSON: what each tells of as an object, times in seconds since 1970."""
    return events_json(events)
