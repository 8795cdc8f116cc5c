"""The outbox of events: what is told to other systems, in the order in which it was written.

One writer at a time numbers them, so whoever reads up to a number has read all there will ever be before it.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, Row, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.events import Event, EventState, OutboxEvent

_IDS_AT_ONCE = 500
_COLUMNS = [schema.event.c[each.name] for each in fields(OutboxEvent)]


def add_events(connection: Connection, events: Sequence[Event]) -> int:
    """Add the events that are not there yet, in the caller's transaction and their order; return how many."""
    there = _ids_there(connection, [each.event_id for each in events])
    new = [each for each in events if each.event_id not in there]
    if new:
        last = connection.execute(select(func.max(schema.event.c.event_no))).scalar() or 0
        rows = [
            {"event_no": number, **asdict(each), "status": "waiting", "attempts": 0}
            for number, each in enumerate(new, last + 1)
        ]
        append_rows(connection, schema.event, rows)
    return len(new)


def _ids_there(connection: Connection, ids: Sequence[str]) -> set[str]:
    column, found = schema.event.c.event_id, set[str]()
    for first in range(0, len(ids), _IDS_AT_ONCE):
        some = select(column).where(column.in_(ids[first : first + _IDS_AT_ONCE]))
        found |= set(connection.execute(some).scalars())
    return found


def newest_events(
    connection: Connection, *, states: Sequence[EventState] | None, first: int | None
) -> list[OutboxEvent]:
    """Return events in these states, or in any, the newest first; at most `first`."""
    table = schema.event
    query = select(*_COLUMNS).order_by(table.c.event_no.desc()).limit(first)
    if states is not None:
        query = query.where(table.c.status.in_(states))
    return [_event(row) for row in connection.execute(query)]


def count_states(connection: Connection) -> dict[EventState, int]:
    """Count the events in each state."""
    status = schema.event.c.status
    return {row[0]: row[1] for row in connection.execute(select(status, func.count()).group_by(status))}


def _event(row: Row[Any]) -> OutboxEvent:
    return OutboxEvent(**row._mapping)
