"""What a Celery worker has taken from the queue, as it says itself."""

import json
from typing import Any, NamedTuple

from celery import Celery

ANSWER_SECONDS = 2.0


class Taken(NamedTuple):
    """What one worker holds: the tasks that it runs and those that it has not begun, each with its map index.

    A task that has ended counts among those that run for some seconds more, until its process has ended too.
    """

    begun: frozenset[tuple[str, int]]
    not_begun: frozenset[tuple[str, int]]


def taken_by(celery: Celery, worker: str) -> Taken | None:
    """What a worker holds now; None where it does not answer."""
    name = f"celery@{worker}"
    asked = celery.control.inspect([name], timeout=ANSWER_SECONDS)
    begun, not_begun = asked.active(), asked.reserved()
    if begun is None or not_begun is None:
        return None
    return Taken(frozenset(map(_task, begun[name])), frozenset(map(_task, not_begun[name])))


def _task(message: dict[str, Any]) -> tuple[str, int]:
    """The Airflow task that a message asks for."""
    task = json.loads(message["args"][0])["ti"]
    return task["task_id"], task["map_index"]
