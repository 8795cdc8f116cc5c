"""Changes several files of a folder as one change, whatever happens in between.

What is to be written is put into one file of the folder first, the journal. The programme's database then takes the
change in one transaction, and the files follow. Whoever finds a journal asks the database whether the change was made:
then the files are written again from the journal, otherwise it is thrown away and all is as before.
"""

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from partner_program.adapters.atomic_write import replace_keeping_rights, sweep_drafts
from partner_program.domain.refusals import Refusal, Unavailable

JOURNAL = ".registry-change.json"
_WAIT_SECONDS = 60
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file's text before and after a change; a text, since a sound file is UTF-8."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What is to be written, and in which words; `kind` and `done_at` say by which act the database took it."""

    kind: str
    done_at: int
    files: tuple[ChangedFile, ...]

    @property
    def change_id(self) -> str:
        """The sha256 of the change, under which its act is on record."""
        return sha256(self._text().encode()).hexdigest()

    def _text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    def write_journal(self, folder: Path) -> None:
        """Put the change into the folder's journal; none of its files is touched."""
        replace_keeping_rights(folder / JOURNAL, self._text().encode())


def changed_files(folder: Path, new: Mapping[str, bytes]) -> tuple[ChangedFile, ...]:
    """Compare new contents with the files that are there; those that stay are left out."""
    found = []
    for name, after in new.items():
        before = (folder / name).read_bytes()
        if before != after:
            found.append(ChangedFile(name, before.decode(), after.decode()))
    return tuple(found)


def read_journal(folder: Path) -> FolderChange | None:
    """Return the change in a folder's journal, None where there is none; raises `Refusal` for one that is damaged."""
    try:
        values = json.loads((folder / JOURNAL).read_bytes())
        files = tuple(ChangedFile(**each) for each in values.pop("files"))
        return FolderChange(**values, files=files)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refusal(
            f"{folder / JOURNAL} cannot be read ({type(error).__name__}): look at it, then remove it"
        ) from error


def write_files(folder: Path, change: FolderChange) -> None:
    """Write the files of a change, again if need be; refuses a file that somebody has changed since by hand."""
    for each in change.files:
        now = (folder / each.name).read_bytes().decode(errors="replace")
        if now not in (each.before, each.after):
            raise Refusal(
                f"{folder / each.name} was changed by hand while a change of it was not finished: "
                f"{folder / JOURNAL} has its text before and after; put one of them back, then repeat this command"
            )
    for each in change.files:
        path = folder / each.name
        if path.read_bytes() != each.after.encode():
            replace_keeping_rights(path, each.after.encode())


def remove_journal(folder: Path) -> None:
    """Remove the journal of a change that is finished, or was never made."""
    (folder / JOURNAL).unlink(missing_ok=True)


@contextmanager
def folder_locked(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold a folder while it is read or, `alone`, changed; the lock ends with the process.

    A file system without locks can be read, but not changed. Raises `Unavailable` after a minute of waiting.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(handle, folder, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        with suppress(OSError):  # a folder that may only be read keeps what a killed process left
            sweep_drafts(folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path, kind: int) -> None:
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                if kind == fcntl.LOCK_SH:
                    return
                raise Refusal(
                    f"{folder} cannot be locked ({error.strerror}): change it on a disk with locks"
                ) from error
            if time.monotonic() > until:
                raise Unavailable(f"{folder} is being changed by another command: try again") from error
            time.sleep(_PAUSE_SECONDS)
        else:
            return
