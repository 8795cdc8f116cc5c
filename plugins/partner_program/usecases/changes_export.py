"""Exports what happened as files for a warehouse: from one cursor to another, without a gap and without a repeat."""

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.change_files import write_changes
from partner_program.adapters.database import events as event_store
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class Exported:
    """The manifest of an export, how many changes are in it, and the cursor from which the next one goes on."""

    manifest: Path
    rows: int
    following: str


def export_changes(
    installation: Installation, folder: Path, *, since: str | None, until: str | None = None, with_amounts: bool = False
) -> Exported:
    """Write what happened after one cursor, or ever, up to another, or until now, into a folder.

    The same two cursors give the same bytes, whenever they are asked for. Raises `Refusal` for a cursor that is none of
    this database: it may have been put back from a backup.
    """
    with installation.database.reading() as connection:
        after = 0 if since is None else _number(connection, since)
        last = event_store.last_number(connection) if until is None else _number(connection, until)
        if last < after:
            raise Refusal("the cursor of --until is before that of --since")
        following = _cursor(last, event_store.id_at(connection, last) or "")
        events = event_store.events_between(connection, after, last)
        manifest = write_changes(
            folder,
            f"changes-{'with-amounts-' if with_amounts else ''}{after:012}-{last:012}",
            events,
            with_amounts=with_amounts,
            since=since,
            following=following,
        )
    return Exported(manifest, last - after, following)


def _cursor(number: int, event_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([number, event_id]).encode()).decode().rstrip("=")


def _number(connection: Connection, cursor: str) -> int:
    """The number of the event that a cursor stands behind."""
    try:
        number, event_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        sound = isinstance(number, int) and isinstance(event_id, str) and cursor == _cursor(number, event_id)
    except (binascii.Error, ValueError, TypeError):
        sound = False
    if not sound:
        raise Refusal("this is no cursor: expected the `next` of an earlier manifest")
    if (event_store.id_at(connection, number) or "") != event_id or (number and not event_id):
        raise Refusal(
            "this cursor is of another database, or of one that was put back from a backup: export everything anew, "
            "without --since, and keep each event_id once"
        )
    return int(number)
