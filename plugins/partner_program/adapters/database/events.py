"""The outbox of events: what is told to other systems, in the order in which it was written.

One writer at a time numbers them, so whoever reads up to a number has read all there will ever be before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, func, or_, select, text, update

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.events import FINISHED, NEXT_OF_EVENT, Event, EventState, OutboxEvent

_IDS_AT_ONCE = 500
_READ_AT_ONCE = 1_000
_COLUMNS = [schema.event.c[each.name] for each in fields(OutboxEvent)]


def add_events(connection: Connection, events: Sequence[Event]) -> int:
    """Add the events that are not there yet, in the caller's transaction and their order; return how many."""
    there = _ids_there(connection, [each.event_id for each in events])
    new = [each for each in events if each.event_id not in there]
    if new:
        last = last_number(connection)
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


def last_number(connection: Connection) -> int:
    """Return the number of the newest event, 0 where there is none."""
    return int(connection.execute(select(func.max(schema.event.c.event_no))).scalar() or 0)


def id_at(connection: Connection, number: int) -> str | None:
    """Return the id of the event of that number, None where there is none."""
    table = schema.event
    return connection.execute(select(table.c.event_id).where(table.c.event_no == number)).scalar()


def events_between(connection: Connection, after: int, until: int) -> Iterator[OutboxEvent]:
    """Yield the events after a number up to another, in their order, and read them as they are asked for."""
    table = schema.event
    query = select(*_COLUMNS).where(table.c.event_no > after, table.c.event_no <= until).order_by(table.c.event_no)
    for row in connection.execute(query.execution_options(yield_per=_READ_AT_ONCE)):
        yield _event(row)


def count_states(connection: Connection) -> dict[EventState, int]:
    """Count the events in each state."""
    status = schema.event.c.status
    return {row[0]: row[1] for row in connection.execute(select(status, func.count()).group_by(status))}


def find_event(connection: Connection, event_id: str) -> OutboxEvent | None:
    """Return an event by its id, None where there is none."""
    row = connection.execute(select(*_COLUMNS).where(schema.event.c.event_id == event_id)).one_or_none()
    return None if row is None else _event(row)


def in_state(connection: Connection, state: EventState) -> list[OutboxEvent]:
    """Return the events in an unfinished state, oldest first."""
    table = schema.event
    query = select(*_COLUMNS).where(_unfinished(), table.c.status == state)
    rows = connection.execute(query)  # in their order, SQLite would read the whole table along its key
    return sorted((_event(row) for row in rows), key=lambda each: each.event_no)


def first_of_each(connection: Connection, *, now: int) -> list[int]:
    """Return the number of each partner's first unfinished event, and of the first about a month, that may go now.

    Where that one waits for its time, for a person or for another sender, later ones of the partner wait too.
    """
    table = schema.event
    firsts = select(func.min(table.c.event_no)).where(_unfinished()).group_by(table.c.partner_id)
    query = select(table.c.event_no).where(table.c.event_no.in_(firsts), *_may_go(now)).order_by(table.c.event_no)
    return list(connection.execute(query).scalars())


def still_to_go(connection: Connection, numbers: Sequence[int], *, now: int) -> list[OutboxEvent]:
    """Return those of these events that may still go now, in their order."""
    table = schema.event
    query = select(*_COLUMNS).where(table.c.event_no.in_(numbers), *_may_go(now)).order_by(table.c.event_no)
    return [_event(row) for row in connection.execute(query)]


def leave_old(connection: Connection, *, before: int) -> int:
    """Where no event was ever tried, leave those that happened before that second unsent; return how many."""
    table = schema.event
    tried = connection.execute(select(table.c.event_no).where(table.c.attempts > 0).limit(1)).first()
    if tried is not None:
        return 0
    old = (_unfinished(), table.c.status == "waiting", table.c.happened_at < before)
    return connection.execute(update(table).where(*old).values(status="too_old")).rowcount


def move(connection: Connection, row: OutboxEvent, to: EventState, **values: object) -> bool:
    """Move an event to another state; return False if somebody else moved it since it was read."""
    if to not in NEXT_OF_EVENT[row.status]:
        raise ValueError(f"an event never goes from {row.status} to {to}")
    table = schema.event
    here = [table.c.event_no == row.event_no, table.c.status == row.status]
    here.append(table.c.claimed_by.is_(None) if row.claimed_by is None else table.c.claimed_by == row.claimed_by)
    return connection.execute(update(table).where(*here).values(status=to, **values)).rowcount == 1


def _unfinished() -> TextClause:
    """The condition of the index `event_unfinished`, in the same words."""
    return text(f"status NOT IN {FINISHED}")


def _may_go(now: int) -> list[ColumnElement[bool]]:
    table = schema.event
    return [table.c.status.in_(("waiting", "deferred")), or_(table.c.not_before.is_(None), table.c.not_before <= now)]


def _event(row: Row[Any]) -> OutboxEvent:
    return OutboxEvent(**row._mapping)
