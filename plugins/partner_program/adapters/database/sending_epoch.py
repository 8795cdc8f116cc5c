"""Which installation sends, and how often it has: a database put back from a backup, or copied, knows less than that.

The database and a file below `out/` count together. Where the file has counted further, the database is older than
what was sent; where there is no file, or one of another installation, the database is a copy.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database import schema
from partner_program.domain.refusals import NotThisInstallation


@dataclass(frozen=True, slots=True)
class Epoch:
    """An installation's id and how often it has begun to send."""

    installation_id: str
    count: int


def load_epoch(connection: Connection) -> Epoch | None:
    """What the database says; None where nothing was ever approved or sent."""
    row = connection.execute(select(schema.sending)).one_or_none()
    return None if row is None else Epoch(row.installation_id, row.epoch)


def own_id(connection: Connection) -> str:
    """The installation's id, made with the first approval."""
    known = load_epoch(connection)
    if known is None:
        known = Epoch(str(uuid4()), 0)
        _save(connection, known)
    return known.installation_id


def introduce(file: Path, epoch: Epoch) -> None:
    """Before the first time, let the file know the installation: a sender killed right after it counted is no copy."""
    if epoch.count == 0 and _read(file) is None:
        write_file(file, epoch)


def count_on(connection: Connection, file: Path) -> Epoch:
    """Count one more time of sending, in the caller's transaction; raises `NotThisInstallation`."""
    known, found = load_epoch(connection) or Epoch(own_id(connection), 0), _read(file)
    if found is None and known.count:
        raise NotThisInstallation(
            f"this database has sent letters, and {file} is not there: it was copied or moved here. {_WHAT_TO_DO}"
        )
    if found is not None and found.installation_id != known.installation_id:
        raise NotThisInstallation(f"letters were sent from here by another database ({file}). {_WHAT_TO_DO}")
    if found is not None and found.count > known.count:
        raise NotThisInstallation(
            f"this database is older than what was sent ({file}): it was put back from a backup. {_WHAT_TO_DO}"
        )
    counted = Epoch(known.installation_id, known.count + 1)
    _save(connection, counted)
    return counted


def write_file(file: Path, epoch: Epoch) -> None:
    """Write the count beside the letters, after the database has it."""
    write_if_changed(file, json.dumps({"installation_id": epoch.installation_id, "epoch": epoch.count}) + "\n")


def adopt(connection: Connection, file: Path) -> Epoch:
    """Make this database the one that sends from here, counting on from the further of both."""
    known, found = load_epoch(connection), _read(file)
    # the id stays: a letter sent again would otherwise have another Message-ID
    count = max(known.count if known else 0, found.count if found else 0) + 1
    adopted = Epoch(known.installation_id if known else str(uuid4()), count)
    _save(connection, adopted)
    return adopted


_WHAT_TO_DO = "Nothing is sent. See docs/operations.md, then: partner-program letters adopt --by NAME --reason TEXT"


def _save(connection: Connection, epoch: Epoch) -> None:
    connection.execute(delete(schema.sending))
    connection.execute(insert(schema.sending).values(installation_id=epoch.installation_id, epoch=epoch.count))


def _read(file: Path) -> Epoch | None:
    try:
        found = json.loads(file.read_text("utf-8"))
        return Epoch(str(found["installation_id"]), int(found["epoch"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
