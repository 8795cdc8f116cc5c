"""Writing files so that a reader never sees half of one."""

import os
import tempfile
from pathlib import Path

from partner_program.domain.refusals import Unavailable


def write_if_changed(path: Path, text: str) -> bool:
    """Put a text in place at once, for the owner alone; a file that has it already is left as it is."""
    body = text.encode()
    try:
        if path.exists() and path.read_bytes() == body:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, body)
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    return True


def _replace(path: Path, body: bytes) -> None:
    """Write beside the file and rename; what could not be put in place is taken away again."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink()
        raise
