"""What a person on duty does after a fault, by the REST API: clears what waits or failed, as docs/operations.md says.

Clearing any task of a month is safe. A task that waits to be tried again needs nobody; clearing it saves the wait.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from topology.airflow_rest import AirflowRest

WAITING, FAILED = "up_for_retry", "failed"
# A task that fails more often than things were killed has another reason, which clearing does not mend.
MOST_CLEARED = 4


class Operator:
    """Looks after one run."""

    def __init__(self, rest: AirflowRest, say: Callable[[str], None]) -> None:
        """Take an API that is logged in, and who is told what was done."""
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
        """Clear a task and all that comes after it: what it read was not sound."""
        self._clear(task, include_downstream=True)

    def _clear(self, task: dict[str, Any], *, include_downstream: bool = False) -> None:
        which = task["task_id"] if task["map_index"] < 0 else [task["task_id"], task["map_index"]]
        self._rest.clear(task["dag_id"], task["dag_run_id"], which, include_downstream=include_downstream)
        self._cleared[_which(task)] += 1
        after = " and what comes after it" if include_downstream else ""
        self._say(f"the operator clears {task['task_id']} ({task['state']}){after}")


def _which(task: dict[str, Any]) -> tuple[str, int]:
    """A task whatever its tries, each of which has an id of its own."""
    return task["task_id"], task["map_index"]
