"""Writing files so that a reader never sees half of one, and clearing away what a killed process left.

Everything written here holds names or revenue: files are for their owner alone (0600), folders made for them too
(0700). A folder that is there already keeps the rights that somebody gave it.
"""

import contextlib
import errno
import itertools
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from partner_program.domain.refusals import Unavailable

OWNER_FILE = 0o600
OWNER_FOLDER = 0o700
# A draft names who writes it: `.name.machine.process.random`.
_DRAFT = re.compile(r"\..+\.(?P<machine>[^.]+)\.(?P<process>\d+)\.[a-z0-9_]+", re.ASCII)
_MACHINE = socket.gethostname().replace(".", "-") or "here"


def write_if_changed(path: Path, text: str) -> bool:
    """Put a text in place at once, for the owner alone; a file that has it already is left as it is."""
    return write_bytes_if_changed(path, text.encode())


def write_bytes_if_changed(path: Path, body: bytes) -> bool:
    """The same for a file that is not text."""
    try:
        if _holds(path, body):
            return False
        make_folder(path.parent)
        _replace(path, body)
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    return True


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, for the owner alone whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=OWNER_FOLDER, exist_ok=True)


@contextmanager
def folder_in_one_piece(folder: Path) -> Iterator[Path]:
    """A draft to fill; afterwards it stands in the folder's place, and what was there is gone.

    A reader may find no folder for an instant, but never half of one. What cannot be finished is taken away again.
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
    """Take away the drafts in a folder whose process, on this machine, is no more."""
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
    """How the draft of a file or folder begins: hidden, and named after the process that writes it."""
    return f".{name[:40]}.{_MACHINE}.{os.getpid()}."


def _holds(path: Path, body: bytes) -> bool:
    """Whether a file has these bytes; one that others may read is written anew, for the owner alone."""
    return path.exists() and not path.stat().st_mode & 0o077 and path.read_bytes() == body


def _replace(path: Path, body: bytes) -> None:
    """Write beside the file and rename; what could not be put in place is taken away again."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=_draft_prefix(path.name))  # 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink()
        raise


def _put_in_place(draft: Path, folder: Path) -> None:
    """Rename the finished folder into place.

    A twin may do the same at this moment: whoever finds a folder in the way moves it aside and tries again.
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
