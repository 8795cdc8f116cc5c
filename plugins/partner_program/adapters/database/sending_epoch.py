"""Stores which installation this database belongs to, from where it sends, and how many letters it handed over."""

from dataclasses import asdict

from sqlalchemy import Connection, insert, select, update

from partner_program.adapters.database import schema
from partner_program.domain.sending_epoch import Epoch, Place


def load_epoch(connection: Connection) -> Epoch | None:
    """Return the installation with its place and count, or None if nothing was ever approved or adopted."""
    row = connection.execute(select(schema.sending)).one_or_none()
    if row is None:
        return None
    place = None if row.host is None else Place(row.host, row.out, row.database)
    return Epoch(row.installation_id, row.epoch, place)


def save_epoch(connection: Connection, epoch: Epoch) -> None:
    """Write the one row of the table; it keeps its id."""
    values = {"epoch": epoch.count, **(asdict(epoch.place) if epoch.place else {})}
    here = schema.sending.c.installation_id == epoch.installation_id
    if not connection.execute(update(schema.sending).where(here).values(values)).rowcount:
        connection.execute(insert(schema.sending).values(installation_id=epoch.installation_id, **values))
