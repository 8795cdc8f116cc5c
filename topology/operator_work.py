"""What an operator does after a fault, through the REST API: clears what waits or failed, as docs/operations.md says.

Clearing any task of a month is safe. A task that waits to be tried again needs no operator; clearing it saves the wait.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from topology.airflow_rest import AirflowRest

WAITING, FAILED = "up_for_retry", "failed"
# A task that fails more often than servers were killed fails for another reason, which clearing does not remove.
MOST_CLEARED = 4


class Operator:
    """Clears the tasks of one run; `rest` is logged in."""

    def __init__(self, rest: AirflowRest, say: Callable[[str], None]) -> None:
        self._rest = rest
        self._say = say
        self._cleared: Counter[tuple[str, int]] = Counter()

    def tend(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Clear each task that waits for its next try, and each that failed with what comes after it."""
        for task in tasks:
            if self._cleared[_which(task)] == MOST_CLEARED:
                continue
            if task["state"] == WAITING:
                self._clear(task)
            elif task["state"] == FAILED:
                self.repeat(task)

    def repeat(self, task: dict[str, Any]) -> None:
        """Clear a task and all that comes after it, so that it is done again."""
        self._clear(task, include_downstream=True)

    def _clear(self, task: dict[str, Any], *, include_downstream: bool = False) -> None:
        which = task["task_id"] if task["map_index"] < 0 else [task["task_id"], task["map_index"]]
        self._rest.clear(task["dag_id"], task["dag_run_id"], which, include_downstream=include_downstream)
        self._cleared[_which(task)] += 1
        after = " and what comes after it" if include_downstream else ""
        self._say(f"the operator clears {task['task_id']} ({task['state']}){after}")


def _which(task: dict[str, Any]) -> tuple[str, int]:
    """A task over all its tries; each try has another id."""
    return task["task_id"], task["map_index"]
