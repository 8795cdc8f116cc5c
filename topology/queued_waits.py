"""How long a task waits that a killed worker had taken from the queue and not begun."""

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

from topology.processes import ServiceFailed

Which = tuple[str, int]
# The scheduler queues such a task again after 60 to 65 s; the rest is for its start on a busy machine.
MOST_SECONDS = 120.0
_NOT_BEGUN = {None, "scheduled", "queued"}


class QueuedWaits:
    """Measures from the death of a worker until others have begun the tasks that it held."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._since: dict[Which, float] = {}
        self._seconds: list[float] = []

    def begin(self, tasks: Iterable[Which]) -> None:
        """Measure from now on; each task is named with its map index."""
        self._since |= dict.fromkeys(tasks, monotonic())

    def drop(self, task: Which) -> None:
        """Do not measure a task after all, as somebody clears it."""
        self._since.pop(task, None)

    def look(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Report each task that has been begun since the last look."""
        for task in tasks:
            which = task["task_id"], task["map_index"]
            if which in self._since and task["state"] not in _NOT_BEGUN:
                seconds = monotonic() - self._since.pop(which)
                self._seconds.append(seconds)
                self._say(f"{named(which)} was begun by {task['hostname']} after {seconds:.0f} s in the queue")

    def refuse_too_long(self) -> None:
        """Once the month is over: refuse where no task was measured, or one waited for too long."""
        if not self._seconds:
            raise ServiceFailed("no task waited in the queue for another worker")
        longest = max(self._seconds)
        if longest > MOST_SECONDS:
            raise ServiceFailed(
                f"a task waited {longest:.0f} s for another worker, expected {MOST_SECONDS:.0f} at most"
            )


def named(task: Which) -> str:
    """A task as messages name it: a mapped one with its number."""
    task_id, map_index = task
    return task_id if map_index < 0 else f"{task_id} {map_index}"
