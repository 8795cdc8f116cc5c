"""Runs work in a child process that is killed in the middle, as by `kill -9`."""

import hashlib
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

Work = Callable[[], object]


class Changes:
    """Calls `before` before each change of this process, from `watch` on, and after a file was moved into place.

    A change is a statement that writes, a commit, or a file moved into place.
    """

    def __init__(self, before: Callable[[], object]) -> None:
        self._before = before

    def watch(self) -> None:
        """Begin. It cannot be ended: it is for a process that ends soon."""
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        replace = Path.replace

        def counted(path: Path, target: Any) -> Path:
            self._before()
            found = replace(path, target)
            self._before()
            return found

        Path.replace = counted  # type: ignore[assignment, method-assign]

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
            self._before()

    def _commit(self, connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            self._before()


class Deadly:
    """Kills the process when it is called for the given time, from 1."""

    def __init__(self, point: int) -> None:
        self._left = point

    def __call__(self) -> None:
        """Count; kill."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def start(work: Work) -> int:
    """Start a child that does the work; it ends with status 0, or with 1 and the fault on stderr. Return its id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001 - after any fault the child must not go on with the parent's tests
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Wait for a child; return its status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_at(point: int, work: Work) -> bool:
    """Do the work in a child that is killed before change number `point`; return whether it made so many changes."""

    def dying() -> None:
        Changes(Deadly(point)).watch()
        work()

    status = ended(start(dying))
    assert status in (0, -signal.SIGKILL)
    return status != 0


def states_of_killed(work: Work, folder: Path) -> Iterator[tuple[int, Path]]:
    """Yield each state in which a process may leave a folder that is killed while it does the work there.

    The work is done once, in a child process; before each of its changes the folder is copied, journals of SQLite
    included: that is what a killed process leaves. Yields the number of the change and the copy, which the next one
    replaces. Of states that follow one another and differ only in what a rollback takes back, the last one is yielded:
    its journal is the longest.
    """
    copies = folder.with_name(f"{folder.name}-states")
    copies.mkdir()

    def copying() -> None:
        point = 0

        def copy() -> None:
            nonlocal point
            point += 1
            shutil.copytree(folder, copies / str(point))

        Changes(copy).watch()
        work()

    assert ended(start(copying)) == 0
    points = range(1, 1 + sum(1 for _ in copies.iterdir()))
    contents = [_content(copies / str(point)) for point in points] + [None]
    for point in points:
        if contents[point - 1] != contents[point]:
            yield point, copies / str(point)
        shutil.rmtree(copies / str(point))
    copies.rmdir()


def _content(folder: Path) -> dict[str, str]:
    """The hash of each file below a folder, as it is once the next process has rolled back what was not committed."""
    rolled_back = folder.with_name(f"{folder.name}-rolled-back")
    shutil.copytree(folder, rolled_back)
    for journal in rolled_back.rglob("*-journal"):
        with closing(sqlite3.connect(journal.with_name(journal.name.removesuffix("-journal")))) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    files = [path for path in sorted(rolled_back.rglob("*")) if path.is_file()]
    found = {str(path.relative_to(rolled_back)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    shutil.rmtree(rolled_back)
    return found


def at_once(works: Sequence[Callable[[], object]]) -> list[int]:
    """Do each work in its own process, all starting at the same moment; return their statuses."""
    gate, opened = os.pipe()

    def when_told(work: Callable[[], object]) -> None:
        os.close(opened)
        os.read(gate, 1)  # the end of the pipe is the signal for all of them
        work()

    children = [start(partial(when_told, work)) for work in works]
    os.close(opened)
    os.close(gate)
    return [ended(child) for child in children]
