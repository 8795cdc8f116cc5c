"""Processes that are started again when they end, as a container engine does (`restart: unless-stopped`).

    processes = RestartingProcesses(record, say)
    processes.kill("worker-1", down_seconds=5)   # SIGKILL for it and all below it, without a warning
    processes.check()                            # 5 s later: the same command, in the same folder

Whatever else ends meanwhile, as a scheduler does without its database, is started again too.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

import psutil

from topology.processes import Command, Processes, ServiceFailed, Started, end_now, families

# An engine does not wait much longer either before the first attempt.
RESTART_SECONDS = 1.0
MOST_RESTARTS = 10


class RestartingProcesses(Processes):
    """All that one run has started. A service that ends is started again; a job that fails is refused."""

    def __init__(self, record: Path, say: Callable[[str], None]) -> None:
        super().__init__(record)
        self._say = say
        self._down: list[tuple[float, Command]] = []
        self._restarts: Counter[str] = Counter()

    def kill(self, *names: str, down_seconds: float) -> None:
        """Kill services, at the same moment, with all that they started; they are started again after some seconds."""
        these = [each for each in self._started if each.command.name in names]
        missing = set(names) - {each.command.name for each in these}
        if missing:
            raise ServiceFailed(f"{', '.join(missing)} is not running: it cannot be killed")
        self._take_down(these, down_seconds)

    def start_now(self, name: str) -> None:
        """Start a service that is down at the next check, however long it was to stay down."""
        self._down = [(0.0 if command.name == name else since, command) for since, command in self._down]

    def freeze(self, name: str) -> None:
        """Suspend all that a service has started, but not itself: a worker then takes tasks and begins none."""
        for child in self._children(name):
            with suppress(psutil.NoSuchProcess):
                child.suspend()

    def thaw(self, name: str) -> None:
        """Let what was frozen go on."""
        for child in self._children(name):
            with suppress(psutil.NoSuchProcess):
                child.resume()

    def _children(self, name: str) -> list[psutil.Process]:
        leader = next((each.process.pid for each in self._started if each.command.name == name), None)
        if leader is None:
            raise ServiceFailed(f"{name} is not running: it cannot be frozen")
        children: list[psutil.Process] = psutil.Process(leader).children(recursive=True)
        return children

    def check(self) -> None:
        """Start again what has been down for long enough; obey a signal."""
        super().check()
        due = [command for since, command in self._down if since <= monotonic()]
        self._down = [(since, command) for since, command in self._down if command not in due]
        for command in due:
            self.start(command)
            self._say(f"{command.name} is started again")

    def _ended(self, each: Started, status: int) -> None:
        name = each.command.name
        self._restarts[name] += 1
        if each.command.job or self._restarts[name] > MOST_RESTARTS:
            super()._ended(each, status)
        self._say(f"{name} ended by itself with status {status}")
        self._take_down([each], RESTART_SECONDS)

    def _take_down(self, these: list[Started], seconds: float) -> None:
        """End all that is left of sessions: what a database server leaves running would keep its files open."""
        left = end_now(families(each.identity for each in these))
        if left:
            raise ServiceFailed(f"could not end: {', '.join(left)}")
        for each in these:
            each.process.wait()
            self._started.remove(each)
            self._down.append((monotonic() + seconds, each.command))
