"""Which installation sends, and how often it has: so that a copied or restored database sends no letter twice.

The database and a file beside the letters both count how often the installation has begun to send. Where the file's
count is higher, the database is older than what was sent; where there is no file, or one of another installation, the
database is a copy.
"""

from dataclasses import dataclass

from partner_program.domain.refusals import NotThisInstallation

_WHAT_TO_DO = "Nothing is sent. See docs/operations.md, then: partner-program letters adopt --by NAME --reason TEXT"


@dataclass(frozen=True, slots=True)
class Epoch:
    """An installation's id and how often it has begun to send."""

    installation_id: str
    count: int


def counted_on(*, known: Epoch, found: Epoch | None, file: str) -> Epoch:
    """Return the epoch with one more sending; `known` is the database's, `found` that of the file of this name.

    Raises `NotThisInstallation` where the two show a copied or restored database.
    """
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
    return Epoch(known.installation_id, known.count + 1)


def adopted(*, known: Epoch | None, found: Epoch | None, new_id: str) -> Epoch:
    """Return the epoch of a database that is to send from here: its count goes on from the higher one.

    The database keeps its id, and gets `new_id` only where it has none: with another id, a letter sent again would get
    another Message-ID.
    """
    count = max(known.count if known else 0, found.count if found else 0) + 1
    return Epoch(known.installation_id if known else new_id, count)
