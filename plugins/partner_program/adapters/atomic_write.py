"""Writes files so that a reader never sees half of one, and removes the drafts that a killed process left.

Every file written here holds names or revenue: only its owner may read it (0600), and the same is true of folders made
for it (0700). A folder that exists already keeps its rights.
"""

import contextlib
import errno
import filecmp
import itertools
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from partner_program.domain.refusals import Unavailable

OWNER_FILE = 0o600
OWNER_FOLDER = 0o700
# The name of a draft says which process writes it: `.name.machine.process.random`.
_DRAFT = re.compile(r"\..+\.(?P<machine>[^.]+)\.(?P<process>\d+)\.[a-z0-9_]+", re.ASCII)
_MACHINE = socket.gethostname().replace(".", "-") or "here"


def write_if_changed(path: Path, text: str) -> bool:
    """Write a text to a file in one step, readable by its owner only; return False if the file has it already.

    Raises `Unavailable` if the file cannot be written.
    """
    return write_bytes_if_changed(path, text.encode())


def write_bytes_if_changed(path: Path, body: bytes) -> bool:
    """Do the same as `write_if_changed` for bytes."""
    try:
        if _holds(path, body):
            return False
        make_folder(path.parent)
        _replace(path, body)
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    return True


def replace_keeping_rights(path: Path, body: bytes) -> None:
    """Write a file of a person's own folder in one step and onto the disk, with the rights that it has.

    A new one may be read by its owner only. Raises `Unavailable` if it cannot be written.
    """
    try:
        rights = path.stat().st_mode & 0o777 if path.exists() else OWNER_FILE
        _replace(path, body, rights)
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error


def read_private(path: Path) -> bytes | None:
    """Return a file's bytes; None where there is none that can be read, or others than its owner may read it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - half the time of Path.open, for every letter
        try:
            return None if os.fstat(handle).st_mode & 0o077 else file.read()
        except OSError:
            return None


def make_folder(folder: Path) -> None:
    """Make a folder and the missing folders above it, open to the owner only, whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=OWNER_FOLDER, exist_ok=True)


@contextmanager
def file_in_one_piece(path: Path) -> Iterator[BinaryIO]:
    """Yield a draft file to fill; afterwards it replaces `path`, unless that has the same bytes already.

    A draft that is not finished is removed; one of a process that was killed, by the next that writes there. Raises
    `Unavailable` if it cannot be written.
    """
    try:
        make_folder(path.parent)
        sweep_drafts(path.parent)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=_draft_prefix(path.name))  # 0600
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    try:
        os.close(handle)
        with Path(draft).open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not _is_same(path, Path(draft)):
            Path(draft).replace(path)
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    finally:
        Path(draft).unlink(missing_ok=True)


def _is_same(path: Path, draft: Path) -> bool:
    return path.exists() and not path.stat().st_mode & 0o077 and filecmp.cmp(path, draft, shallow=False)


@contextmanager
def folder_in_one_piece(folder: Path) -> Iterator[Path]:
    """Yield a draft folder to fill; afterwards it replaces `folder`.

    A reader may find no folder for an instant, but never half of one. A draft that is not finished is removed.
    """
    make_folder(folder.parent)
    sweep_drafts(folder.parent)
    draft = Path(tempfile.mkdtemp(prefix=_draft_prefix(folder.name), dir=folder.parent))
    try:
        yield draft
        _put_in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def sweep_drafts(folder: Path) -> None:
    """Remove the drafts in a folder whose process ran on this machine and has ended."""
    import psutil

    for path in folder.glob(".*"):
        match = _DRAFT.fullmatch(path.name)
        if match is None or match["machine"] != _MACHINE or psutil.pid_exists(int(match["process"])):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _draft_prefix(name: str) -> str:
    """Return how the name of a draft begins: with a dot, the name of the file, and the process that writes it."""
    return f".{name[:40]}.{_MACHINE}.{os.getpid()}."


def _holds(path: Path, body: bytes) -> bool:
    """Return whether a file has these bytes and only its owner may read it; otherwise it is written again."""
    return path.exists() and not path.stat().st_mode & 0o077 and path.read_bytes() == body


def _replace(path: Path, body: bytes, rights: int | None = None) -> None:
    """Write a draft beside the file and rename it; a draft that cannot be renamed is removed.

    With `rights`, the file gets them and is on the disk before it is renamed.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=_draft_prefix(path.name))  # 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            if rights is not None:
                os.fchmod(file.fileno(), rights)
                file.flush()
                os.fsync(file.fileno())
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink()
        raise


def _put_in_place(draft: Path, folder: Path) -> None:
    """Rename the finished folder into place.

    Another process may do the same at this moment: if a folder is in the way, it is moved aside, and we try again.
    """
    aside = Path(tempfile.mkdtemp(prefix=_draft_prefix(folder.name), dir=folder.parent))
    for attempt in itertools.count():
        with contextlib.suppress(FileNotFoundError):
            folder.rename(aside / str(attempt))
        try:
            draft.rename(folder)
            break
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    shutil.rmtree(aside)
