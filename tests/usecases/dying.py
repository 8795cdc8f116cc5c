"""Runs work in a child process that is killed in the middle, as by `kill -9`."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

Work = Callable[[], object]


class Points:
    """Counts the changes that a process makes, from `watch` on, and kills it before change number `deadly` (from 1)."""

    def __init__(self, deadly: int) -> None:
        self._seen = 0
        self._deadly = deadly

    def watch(self) -> None:
        """Count the changes of this process from now on: statements that write, commits, files moved into place."""
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        replace = Path.replace

        def counted(path: Path, target: Any) -> Path:
            self.pass_one()
            found = replace(path, target)
            self.pass_one()
            return found

        Path.replace = counted  # type: ignore[assignment, method-assign] # never put back: the process ends soon

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
            self.pass_one()

    def _commit(self, connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            self.pass_one()

    def pass_one(self) -> None:
        """Count one change; kill the process if it is the deadly one."""
        self._seen += 1
        if self._seen == self._deadly:
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
        Points(point).watch()
        work()

    status = ended(start(dying))
    assert status in (0, -signal.SIGKILL)
    return status != 0


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
