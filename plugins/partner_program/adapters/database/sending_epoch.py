"""Stores which installation this database belongs to, and how often it has begun to send letters."""

from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from partner_program.adapters.database import schema
from partner_program.domain.sending_epoch import Epoch


def load_epoch(connection: Connection) -> Epoch | None:
    """Return the installation and its count, or None if nothing was ever approved or sent."""
    row = connection.execute(select(schema.sending)).one_or_none()
    return None if row is None else Epoch(row.installation_id, row.epoch)


def own_epoch(connection: Connection) -> Epoch:
    """Return the installation and its count; the first call, with the first approval, makes the installation's id."""
    known = load_epoch(connection)
    if known is None:
        known = Epoch(str(uuid4()), 0)
        save_epoch(connection, known)
    return known


def save_epoch(connection: Connection, epoch: Epoch) -> None:
    """Write the one row of the table."""
    connection.execute(delete(schema.sending))
    connection.execute(insert(schema.sending).values(installation_id=epoch.installation_id, epoch=epoch.count))
