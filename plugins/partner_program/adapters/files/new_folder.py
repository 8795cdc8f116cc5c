"""Makes a folder with files that a person goes on to change: all of them, or it can be made again.

While it is made, a file in it says so, and is locked by the process that makes it: where that process was killed, the
same command begins again. A folder with anything else in it is refused.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from partner_program.adapters.atomic_write import make_folder, sweep_drafts, write_if_changed
from partner_program.domain.refusals import Refusal

BEING_MADE = ".being-made"


def make_new_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their places into a new or empty folder; only its owner may read them.

    Raises `Refusal` where the folder is not empty, is no folder, or cannot be written.
    """
    try:
        make_folder(folder)
        with _alone(folder, {Path(place).parts[0] for place in files}):
            for below in {(folder / place).parent for place in files}:
                sweep_drafts(below)
            for place, text in files.items():
                write_if_changed(folder / place, text)
            (folder / BEING_MADE).unlink()
    except OSError as error:
        raise Refusal(f"{folder} cannot be made: {error.strerror}") from error


@contextmanager
def _alone(folder: Path, ours: set[str]) -> Iterator[None]:
    there = {each.name for each in folder.iterdir()}
    foreign = sorted(name for name in there - ours if not name.startswith("."))
    if there and (BEING_MADE not in there or foreign):
        first = (foreign or sorted(there))[0]
        raise Refusal(f"{folder} is not empty: it has {first}. Name a new or an empty folder")
    flags = os.O_RDWR if there else os.O_RDWR | os.O_CREAT | os.O_EXCL
    handle = os.open(folder / BEING_MADE, flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refusal(f"{folder} is being made by another command") from None
    finally:
        os.close(handle)
