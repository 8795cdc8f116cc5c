"""Which installation sends, from where, and how often it has: so that no copy of it sends a letter twice.

The first approval of letters binds the installation: the database and a file beside the letters both hold its id, the
place from which it sends, and a count, which grows with each letter that is really handed over. What is then found
elsewhere, or without its file, is a copy. Where the file's count is higher, the database is older than what was sent.
"""

from dataclasses import dataclass, replace

from partner_program.domain.refusals import NotThisInstallation

_WHAT_TO_DO = (
    "Nothing is approved or sent here. Where this is the only place that sends from now on: "
    "partner-program letters adopt --by NAME --reason TEXT; see docs/operations.md, Disaster recovery"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation sends from: the name of its host, the folder of its letters, its database."""

    host: str
    out: str
    database: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """An installation's id, how often it has begun to send or handed a letter over, and from where it sends.

    `place` is None where a version wrote it that did not bind installations.
    """

    installation_id: str
    count: int
    place: Place | None


ADOPTED = 1_000_000  # more than the letters that may have left between a backup and its adoption
UNREADABLE = Epoch("", 0, None)  # a file that is there, and is none of ours as it is


def bound(*, known: Epoch | None, found: Epoch | None, here: Place, file: str, new_id: str) -> Epoch:
    """Return the installation that letters are approved for; `known` is the database's, `found` that of the file.

    Where nothing was ever approved it is a new one, or the one of a file that an approval left when it was stopped
    before its end. Raises `NotThisInstallation` for a copy.
    """
    if known is not None:
        check_bound(known=known, found=found, here=here, file=file)
        return known
    if found is None:
        return Epoch(new_id, 0, here)
    if found == UNREADABLE:
        raise _not_here(f"{file} cannot be read, so letters may have been approved or sent from here before")
    if found.count or found.place != here:
        raise _not_here(f"letters were approved or sent from here by another database ({file})")
    return found


def check_bound(*, known: Epoch, found: Epoch | None, here: Place, file: str) -> None:
    """Refuse what is not the installation whose letters were approved; raises `NotThisInstallation`."""
    if known.place is None:
        raise _not_here("this installation is of an earlier version, which did not write down where it sends from")
    if known.place != here:
        raise _not_here(f"this is a copy, or was moved: letters are sent {_difference(known.place, here)}")
    if found is None or found == UNREADABLE:
        raise _not_here(
            f"{file} is not there or cannot be read, so this database was copied, or put back without its letters' "
            f"folder"
        )
    if found.installation_id != known.installation_id:
        raise _not_here(f"letters were approved or sent from here by another database ({file})")
    if found.place != here:
        raise _not_here(f"{file} was copied here or changed: it does not belong to this place")
    if found.count > known.count:
        raise _not_here(f"this database is older than what was sent ({file}): it was put back from a backup")


def counted_on(*, known: Epoch, found: Epoch | None, here: Place, file: str) -> Epoch:
    """Return the epoch with one more letter or sending; raises `NotThisInstallation` as `check_bound` does."""
    check_bound(known=known, found=found, here=here, file=file)
    return replace(known, count=known.count + 1)


def adopted(*, known: Epoch | None, found: Epoch | None, here: Place, new_id: str) -> Epoch:
    """Return the epoch of a database that is to send from here: its count goes on far above both.

    So every backup from before the adoption is older than the file, also where the file's own count was lost.
    The database keeps its id, and gets `new_id` only where it has none: with another id, a letter sent again would get
    another Message-ID.
    """
    count = max(known.count if known else 0, found.count if found else 0) + ADOPTED
    return Epoch(known.installation_id if known else new_id, count, here)


def _not_here(what: str) -> NotThisInstallation:
    return NotThisInstallation(f"{what}. {_WHAT_TO_DO}")


def _difference(there: Place, here: Place) -> str:
    """Say in which way two places differ, the first that a person would recognise."""
    if there.host != here.host:
        return f"from the host {there.host}, and this is {here.host} (PARTNER_PROGRAM_HOST)"
    if there.out != here.out:
        return f"from the folder {there.out}, and this is {here.out} (PARTNER_PROGRAM_OUT)"
    return f"with the database {there.database}, and this is {here.database}"
