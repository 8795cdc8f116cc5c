"""Changes the registry's folder and the database together: both have the change, or none of them (rules 11 and 13).

The folder is a person's own. So that nothing is written into a stale copy, it has to say what the database says: it is
the one that was loaded last. Files, rows, acts and what follows from them take force with one transaction of the
database; a process that dies leaves a journal, and the next command that uses the folder finishes the change or
forgets it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import Connection

from partner_program.adapters.database.acts import is_on_record, now_by, record_act
from partner_program.adapters.database.registry import rows_that_differ, save_registry
from partner_program.adapters.files import folder_change
from partner_program.adapters.files.folder_change import FolderChange, changed_files, folder_locked
from partner_program.adapters.files.registry import FILE_NAMES, read_registry
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.domain.registry import Registry
from partner_program.usecases.installation import Installation

_Answer = TypeVar("_Answer")
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """What goes on record about one partner; `detail` has ids and days, no name and no address."""

    partner_id: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Planned(Generic[_Answer]):
    """A change: the answer to who asked, the files that are new, its acts, and what else the database has to do.

    `follow` runs in the same transaction, after the registry has changed. Neither file nor act: nothing is written.
    """

    answer: _Answer
    files: Files
    acts: Sequence[PlannedAct] = ()
    follow: Callable[[Connection], None] = lambda _connection: None


def read_folder(installation: Installation, folder: Path, instead: Files | None = None) -> Registry:
    """Read a registry folder by the programme files: which benefits a request may name, which tiers a grant.

    `instead` has the bytes of files as they are to be, by name.
    """
    benefits = {benefit.key for program in installation.programs for benefit in program.benefits}
    return read_registry(folder, benefits=benefits, programs=installation.programs, instead=instead)


@contextmanager
def held_for_reading(installation: Installation, folder: Path) -> Iterator[None]:
    """Hold a folder while it is read, after a change that was interrupted has been finished or forgotten."""
    while True:
        with folder_locked(folder, alone=False):
            if folder_change.read_journal(folder) is None:
                yield
                return
        with folder_locked(folder, alone=True):
            _finish_interrupted(installation, folder)


def change_registry(
    installation: Installation,
    folder: Path,
    *,
    kind: str,
    done_by: str,
    reason: str,
    plan: Callable[[Connection, Registry, Files], Planned[_Answer]],
) -> _Answer:
    """Change the registry's folder and the database by one plan; return its answer.

    `plan` is given the registry and the contents of its files by name. Refused where the folder does not say what the
    database says, and where what is planned would not load.
    """
    doer = now_by(done_by, reason)
    with folder_locked(folder, alone=True):
        _finish_interrupted(installation, folder)
        registry = read_folder(installation, folder)
        files = {name: (folder / name).read_bytes() for name in FILE_NAMES}
        journal: FolderChange | None = None
        try:
            with installation.database.writing() as connection:
                _check_loaded(connection, installation, folder, registry)
                planned = plan(connection, registry, files)
                if not planned.files and not planned.acts:
                    return planned.answer
                new = read_folder(installation, folder, planned.files)
                journal = FolderChange(kind, doer.done_at, changed_files(folder, planned.files))
                journal.write_journal(folder)
                save_registry(connection, new, programs=installation.programs)
                planned.follow(connection)
                for act in planned.acts:
                    detail = {**act.detail, "change": journal.change_id}
                    record_act(connection, kind, act.partner_id, doer, detail, partner_id=act.partner_id)
        except Unavailable:
            raise  # the reply to COMMIT may be lost although it was done: the journal waits for the next command
        except Exception:
            if journal is not None:
                folder_change.remove_journal(folder)
            raise
        folder_change.write_files(folder, journal)
        folder_change.remove_journal(folder)
        return planned.answer


def _finish_interrupted(installation: Installation, folder: Path) -> None:
    """Finish a change that the database took and that did not reach all files; forget one that it did not take."""
    journal = folder_change.read_journal(folder)
    if journal is None:
        return
    with installation.database.reading() as connection:
        was_made = is_on_record(connection, journal.kind, journal.done_at, journal.change_id)
    if was_made:
        folder_change.write_files(folder, journal)
    folder_change.remove_journal(folder)


def _check_loaded(connection: Connection, installation: Installation, folder: Path, registry: Registry) -> None:
    differing = rows_that_differ(connection, registry, programs=installation.programs)
    if differing:
        raise Refusal(
            f"{folder} is not what the programme's database has: {plural(differing, 'row differs', 'rows differ')}. "
            "Name the folder that was loaded, or load this one first"
        )
