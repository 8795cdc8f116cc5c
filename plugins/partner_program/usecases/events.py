"""Events: which were written, what became of each, and a person's decision about one that was not taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import events as event_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.reports.events import events_json
from partner_program.domain.acts import EVENT_AGAIN, EVENT_GIVEN_UP, Doer
from partner_program.domain.events import EVENT_STATES, EventState, OutboxEvent
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.usecases.installation import Installation

EventResolution = Literal["again", "given_up"]
_STUCK: tuple[EventState, ...] = ("dead", "deferred")
_MAY_BE: dict[EventResolution, tuple[EventState, ...]] = {"again": ("dead",), "given_up": ("dead", "deferred")}


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


@dataclass(frozen=True, slots=True)
class StuckEvents:
    """The events that were not taken, those that wait for a person first, and how many are in each state."""

    events: tuple[OutboxEvent, ...]
    states: tuple[tuple[EventState, int], ...]


def stuck_events(installation: Installation) -> StuckEvents:
    """Dead and deferred events, and a count of all."""
    with installation.database.reading() as connection:
        counted = event_store.count_states(connection)
        found = [each for state in _STUCK for each in event_store.in_state(connection, state)]
    return StuckEvents(tuple(found), tuple((state, counted[state]) for state in EVENT_STATES if counted.get(state)))


def find_event(installation: Installation, event_id: str) -> OutboxEvent:
    """An event by its id; raises `NotThere`."""
    with installation.database.reading() as connection:
        return _found(connection, event_id)


def possible_resolutions(event: OutboxEvent) -> tuple[EventResolution, ...]:
    """What a person can say about an event as it is."""
    return tuple(resolution for resolution, states in _MAY_BE.items() if event.status in states)


def standing_of(event: OutboxEvent) -> str:
    """What says whether an event is another than the one that somebody looked at."""
    return f"{event.status} after {plural(event.attempts, 'attempt')}"


def resolve_event(
    installation: Installation,
    event_id: str,
    resolution: EventResolution,
    by: Doer,
    *,
    shown: str | None = None,
    only_try: bool = False,
) -> OutboxEvent:
    """Record a person's decision about an event that was not taken; return it as it is then.

    `again` lets a dead one be tried anew, `given_up` leaves it unsent for ever; either way later events of its partner
    go on. Raises `Refusal` for any other, and `Moved` where it is not as it was `shown`.
    """
    with installation.database.deciding(only_try=only_try) as connection:
        row = _found(connection, event_id)
        if shown not in (None, standing_of(row)):
            raise Moved(f"event {event_id} was {shown} when you looked, and is {standing_of(row)} now")
        if row.status not in _MAY_BE[resolution]:
            raise Refusal(f"event {event_id} is {row.status.replace('_', ' ')}: nothing to resolve so")
        if only_try:
            return row
        if resolution == "again":
            event_store.move(connection, row, "waiting", attempts=0, not_before=None)
        else:
            event_store.move(connection, row, "given_up", not_before=None)
        kind = EVENT_AGAIN if resolution == "again" else EVENT_GIVEN_UP
        detail = {"kind": row.kind, "subject": row.subject, "state": row.status, "attempts": row.attempts}
        record_act(connection, kind, event_id, by, detail, partner_id=row.partner_id)
        return _found(connection, event_id)


def _found(connection: Connection, event_id: str) -> OutboxEvent:
    row = event_store.find_event(connection, event_id)
    if row is None:
        raise NotThere(f"there is no event {event_id}: partner-program events list")
    return row


def events_file(events: Sequence[OutboxEvent]) -> str:
    """Events as JSON: what each tells of as an object, times in seconds since 1970."""
    return events_json(events)
