"""Processes as a container engine keeps them (`restart: unless-stopped`): what ends is started again.

    processes = RestartingProcesses(record, say)
    processes.kill("worker-1", down_seconds=5)   # SIGKILL for it and all below it, without a warning
    processes.check()                            # 5 s later: the same command, in the same folder

Whatever else ends meanwhile, as a scheduler does without its database, is started again too.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from topology.processes import Command, Processes, ServiceFailed, Started, end_now, families

# An engine does not wait much longer either before the first attempt.
RESTART_SECONDS = 1.0
MOST_RESTARTS = 10


class RestartingProcesses(Processes):
    """All that one run has started, started again when it ends; a job that fails is refused as ever."""

    def __init__(self, record: Path, say: Callable[[str], None]) -> None:
        """Take the file of the sessions, and who is told of each restart."""
        super().__init__(record)
        self._say = say
        self._down: list[tuple[float, Command]] = []
        self._restarts: Counter[str] = Counter()

    def kill(self, *names: str, down_seconds: float) -> None:
        """Kill services with all that they started, at the same moment; they stay down for some seconds."""
        these = [each for each in self._started if each.command.name in names]
        missing = set(names) - {each.command.name for each in these}
        if missing:
            raise ServiceFailed(f"{', '.join(missing)} is not running: it cannot be killed")
        self._take_down(these, down_seconds)

    def mend(self, name: str) -> None:
        """Let a service that is down start at the next check."""
        self._down = [(0.0 if command.name == name else since, command) for since, command in self._down]

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
        """End what is left of sessions; what a database server leaves running would keep its files."""
        left = end_now(families(each.identity for each in these))
        if left:
            raise ServiceFailed(f"could not end: {', '.join(left)}")
        for each in these:
            each.process.wait()
            self._started.remove(each)
            self._down.append((monotonic() + seconds, each.command))
