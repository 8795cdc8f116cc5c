"""Processes that are killed, as by `kill -9`, in the middle of their work."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

Work = Callable[[], object]


class Points:
    """Counts the moments at which a process changes something, and kills it before a given one (from 1)."""

    def __init__(self, deadly: int) -> None:
        """Nothing is counted before `watch`."""
        self._seen = 0
        self._deadly = deadly

    def watch(self) -> None:
        """Count in this process from now on: writing statements, commits, files put in place."""
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
        """One more moment; the process dies before the given one."""
        self._seen += 1
        if self._seen == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def start(work: Work) -> int:
    """Start a child that does the work and ends with status 0, or 1 and what went wrong on stderr; return its id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001 - whatever it is, a child never goes on with the parent's tests
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Wait for a child: its status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_at(point: int, work: Work) -> bool:
    """Do the work in a child that is killed before its n-th change; return whether it came that far."""

    def dying() -> None:
        Points(point).watch()
        work()

    status = ended(start(dying))
    assert status in (0, -signal.SIGKILL)
    return status != 0
