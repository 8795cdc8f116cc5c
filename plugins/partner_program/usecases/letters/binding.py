"""Binds an installation to the place where its letters were approved, so that a copy of it sends nothing."""

from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection

from partner_program.adapters.database import sending_epoch as epoch_store
from partner_program.adapters.mail.installation_file import read_epoch, write_epoch
from partner_program.domain.sending_epoch import Epoch, adopted, bound, counted_on
from partner_program.usecases.installation import Installation


def installation_file(installation: Installation) -> Path:
    """The file that, like the database, says which installation sends from here, and counts."""
    return installation.out / "mail" / "installation.json"


def bind(connection: Connection, installation: Installation) -> str:
    """Bind the installation with its first approval, in the caller's transaction; return its id.

    The file is written before the transaction ends: where it cannot be written, nothing is approved. A later approval
    checks that this is still the installation's place; raises `NotThisInstallation`.
    """
    file = installation_file(installation)
    known = epoch_store.load_epoch(connection)
    epoch = bound(known=known, found=read_epoch(file), here=installation.place, file=str(file), new_id=str(uuid4()))
    if known is None:
        write_epoch(file, epoch)
        epoch_store.save_epoch(connection, epoch)
    return epoch.installation_id


def check_place(installation: Installation) -> str:
    """Say from where letters are sent; raises `NotThisInstallation` for a copy."""
    file = installation_file(installation)
    with installation.database.reading() as connection:
        known = epoch_store.load_epoch(connection)
    here = installation.place
    bound(known=known, found=read_epoch(file), here=here, file=str(file), new_id="")
    if known is None:
        return "no letter was approved yet: the first approval binds this installation to its place"
    return f"host {here.host}, folder {here.out}"


def count_on(connection: Connection, installation: Installation) -> None:
    """Count a sending, or a letter, in the caller's transaction; `note_count` has to follow before anything is sent.

    Nothing is counted where nothing was ever approved. Raises `NotThisInstallation`.
    """
    file = installation_file(installation)
    known = epoch_store.load_epoch(connection)
    if known is not None:
        counted = counted_on(known=known, found=read_epoch(file), here=installation.place, file=str(file))
        epoch_store.save_epoch(connection, counted)


def note_count(installation: Installation) -> None:
    """Write the database's count into the file; under the writers' lock, so that it never falls back."""
    with installation.database.writing() as connection:
        epoch = epoch_store.load_epoch(connection)
        if epoch is not None:
            write_epoch(installation_file(installation), epoch)


def rebind(connection: Connection, installation: Installation) -> Epoch:
    """Bind the database to this place, in the caller's transaction, whatever it was bound to before."""
    file = installation_file(installation)
    epoch = adopted(
        known=epoch_store.load_epoch(connection),
        found=read_epoch(file),
        here=installation.place,
        new_id=str(uuid4()),
    )
    epoch_store.save_epoch(connection, epoch)
    write_epoch(file, epoch)
    return epoch
