"""Writing files so that a reader never sees half of one, and clearing away what a killed process left."""

import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

from partner_program.domain.refusals import Unavailable

# A draft names who writes it: `.name.machine.process.random`.
_DRAFT = re.compile(r"\..+\.(?P<machine>[^.]+)\.(?P<process>\d+)\.[a-z0-9_]+", re.ASCII)
_MACHINE = socket.gethostname().replace(".", "-") or "here"


def write_if_changed(path: Path, text: str) -> bool:
    """Put a text in place at once, for the owner alone; a file that has it already is left as it is."""
    return write_bytes_if_changed(path, text.encode())


def write_bytes_if_changed(path: Path, body: bytes) -> bool:
    """The same for a file that is not text."""
    try:
        if path.exists() and path.read_bytes() == body:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, body)
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    return True


def draft_prefix(name: str) -> str:
    """How the draft of a file or folder begins: hidden, and named after the process that writes it."""
    return f".{name[:40]}.{_MACHINE}.{os.getpid()}."


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


def _replace(path: Path, body: bytes) -> None:
    """Write beside the file and rename; what could not be put in place is taken away again."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=draft_prefix(path.name))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink()
        raise
