"""Starts one process that nobody waits for: a lock says that it works, and ends with it, however it ends.

For work that a server must not do itself. Several processes of a server share no memory, so that the lock is a file;
the process that works inherits it, and the system lets it go. The process is a new one, nicer than others, and is ended
by the system when its time is over.
"""

import errno
import fcntl
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from partner_program.adapters.atomic_write import OWNER_FILE, make_folder
from partner_program.domain.refusals import Unavailable

_PACKAGES = str(Path(__file__).parents[2])
# The alarm is set before anything of ours is imported: it ends the process whatever it waits for.
_BEGIN = (
    "import os, signal, sys; signal.alarm(int(sys.argv[1])); os.nice(10); "
    "from partner_program.adapters.process_apart import work; work()"
)
_LOOKS, _PAUSE_SECONDS = 20, 0.05  # who only looks at the lock has it for an instant
_LONGEST_NAME = 200


def start_apart(
    lock: Path, name: str, begin: Callable[[], None], work: Callable[..., None], *given: object, seconds: int
) -> bool:
    """Start `work(*given)` in a process of its own, under a name; False where another one works.

    `begin` is called once the lock is taken, before the process is started. `work` and what is given are sent through a
    pipe: they do not stand in the list of processes.
    """
    try:
        make_folder(lock.parent)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_FILE)
    except OSError as error:
        raise Unavailable(f"writing {lock} failed: {error.strerror}") from error
    try:
        if not _taken(handle):
            return False
        os.ftruncate(handle, 0)
        os.pwrite(handle, name.encode(), 0)
        begin()
        _start(handle, pickle.dumps((work, given)), seconds)
    finally:
        os.close(handle)
    return True


def who_works(lock: Path) -> str | None:
    """Return the name of what works, None where nothing does."""
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _try(handle, fcntl.LOCK_SH):
            return None
        return os.pread(handle, _LONGEST_NAME, 0).decode(errors="replace")
    finally:
        os.close(handle)


def work() -> None:
    """Do what the process was started for."""
    function, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    sys.stdin.close()
    function(*given)
    os._exit(0)  # at once: what it wrote says that it is done, and somebody may start the next


def _taken(handle: int) -> bool:
    for _ in range(_LOOKS):
        if _try(handle, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise Unavailable(f"the folder for letters and reports cannot be locked: {error.strerror}") from error
    return True


def _start(handle: int, sent: bytes, seconds: int) -> None:
    path = os.pathsep.join([_PACKAGES, *filter(None, [os.environ.get("PYTHONPATH")])])
    child = subprocess.Popen(  # noqa: S603 - this Python, and words that stand here
        [sys.executable, "-P", "-c", _BEGIN, str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=[handle],
        env={**os.environ, "PYTHONPATH": path},
    )
    # Waited for by a thread, so that it does not stay in the list of processes once it has ended.
    Thread(target=child.wait, daemon=True).start()
    if child.stdin is not None:
        with suppress(BrokenPipeError), child.stdin:
            child.stdin.write(sent)
