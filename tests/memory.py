"""A file system in memory, where there is one with room: on a disk every commit waits for it."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
ROOM = 4 * 2**30


def in_memory() -> Path | None:
    """The folder of that file system."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy else None


@cache
def made_once() -> Path:
    """A folder for what this test process makes once, to copy from; it goes with the process.

    A process that was killed leaves its folder to the next one.
    """
    place = in_memory() or Path(tempfile.gettempdir())
    for left in place.glob("made-once-*-*"):
        if not _is_alive(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=f"made-once-{os.getpid()}-", dir=place)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as why:
        return not isinstance(why, ProcessLookupError)
    return True
