"""Which installation sends, and how often it has: a database put back from a backup, or copied, knows less than that.

The database and a file beside the letters count together. Where the file has counted further, the database is older
than what was sent; where there is no file, or one of another installation, the database is a copy.
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
    """Count one more time of sending; `known` is the database's count, `found` that of the file of this name.

    Raises `NotThisInstallation`.
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
    """The epoch of a database that sends from here from now on: the count goes on from the further of both.

    The id stays the database's own, `new_id` only where it has none: a letter sent again would otherwise have another
    Message-ID.
    """
    count = max(known.count if known else 0, found.count if found else 0) + 1
    return Epoch(known.installation_id if known else new_id, count)
