"""What a worker has taken is read from its own answer: what it runs and what it has not begun, by name."""

import json
from typing import Any

from topology.taken_tasks import Taken, taken_by


class Worker:
    """Stands for Celery and the one worker that it asks; None is no answer in time."""

    def __init__(self, active: list[Any] | None, reserved: list[Any] | None) -> None:
        self._answers = {"active": active, "reserved": reserved}
        self.control = self

    def inspect(self, names: list[str], *, timeout: float) -> "Worker":
        assert names == ["celery@worker-2"]
        assert timeout > 0
        return self

    def active(self) -> dict[str, list[Any]] | None:
        return self._answer("active")

    def reserved(self) -> dict[str, list[Any]] | None:
        return self._answer("reserved")

    def _answer(self, which: str) -> dict[str, list[Any]] | None:
        answer = self._answers[which]
        return None if answer is None else {"celery@worker-2": answer}


def message(task_id: str, map_index: int) -> dict[str, Any]:
    workload = {"type": "ExecuteTask", "token": "secret", "ti": {"task_id": task_id, "map_index": map_index}}
    return {"id": "1", "args": [json.dumps(workload)]}


def test_a_task_is_named_with_its_map_index():
    worker = Worker([message("begin_month", -1)], [message("pull_mrr", 3), message("validate_mrr", -1)])
    assert taken_by(worker, "worker-2") == Taken(
        frozenset({("begin_month", -1)}), frozenset({("pull_mrr", 3), ("validate_mrr", -1)})
    )


def test_a_worker_that_holds_nothing():
    assert taken_by(Worker([], []), "worker-2") == Taken(frozenset(), frozenset())


def test_a_worker_that_does_not_answer_in_time_is_not_known_to_hold_nothing():
    assert taken_by(Worker(None, []), "worker-2") is None
    assert taken_by(Worker([], None), "worker-2") is None
