"""The demo's months through the real scheduler: started, watched and reported through the REST API."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from topology.airflow_rest import AirflowRest, NotReachable
from topology.processes import ServiceFailed

RUN_SECONDS = 600.0
# Each look costs the api-server about as much as a task does.
LOOK_SECONDS = 2.0
ATTENDED_SECONDS = 0.4
PARTITIONED = "monthly_tier_assignment"
_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
Attend = Callable[[Sequence[dict[str, Any]]], None]


@dataclass(frozen=True, slots=True)
class EndedTask:
    """One task of a run, and the service that ran it."""

    label: str
    state: str
    worker: str


def run_month(
    rest: AirflowRest,
    dag_id: str,
    params: Mapping[str, str],
    say: Callable[[EndedTask], None],
    attend: Attend | None = None,
) -> Iterator[None]:
    """Start one month, report each task as it ends, and yield until the run is over; refuse where it did not succeed.

    `attend` is called with the tasks at each look, and there are more looks with it than without. It may itself have
    killed what does not answer, so with it an answer that fails to come is waited for; without it that is refused.
    """
    end = monotonic() + RUN_SECONDS
    while not rest.knows(dag_id):
        yield from _pause(LOOK_SECONDS)
    rest.unpause(dag_id)
    run_id = _order(rest, dag_id, params)
    reported: set[str] = set()
    state = "queued"
    while state not in ("success", "failed") and monotonic() < end:
        yield from _pause(ATTENDED_SECONDS if attend else LOOK_SECONDS)
        try:
            state = _look(rest, dag_id, run_id, reported, say, attend)
        except NotReachable:
            if attend is None:
                raise
    if state != "success":
        raise ServiceFailed(f"{dag_id}: run {run_id} is {state}: see the tasks' logs below logs/dag_id={dag_id}")


def _look(
    rest: AirflowRest,
    dag_id: str,
    run_id: str,
    reported: set[str],
    say: Callable[[EndedTask], None],
    attend: Attend | None,
) -> str:
    """Look at a run's tasks and report those that ended; its own state is asked for once all have."""
    tasks = rest.task_instances(dag_id, run_id)
    _report(tasks, reported, say)
    if attend is not None:
        attend(tasks)
    return rest.run_state(dag_id, run_id) if all(task["state"] in _ENDED for task in tasks) else "running"


def _order(rest: AirflowRest, dag_id: str, params: Mapping[str, str]) -> str:
    """Start a run; the month is the partition key where the DAG has one, a param elsewhere."""
    if dag_id != PARTITIONED:
        return rest.trigger(dag_id, partition_key=None, conf=params)
    conf = {name: value for name, value in params.items() if name != "billing_month"}
    return rest.trigger(dag_id, partition_key=params["billing_month"], conf=conf)


def _report(tasks: Sequence[dict[str, Any]], reported: set[str], say: Callable[[EndedTask], None]) -> None:
    for task in sorted(tasks, key=lambda task: task["end_date"] or ""):
        if task["state"] in _ENDED and task["id"] not in reported:
            reported.add(task["id"])
            say(EndedTask(_label(task), task["state"], task["hostname"] or ""))


def _label(task: Mapping[str, Any]) -> str:
    if task["map_index"] < 0:
        return str(task["task_id"])
    return f"{task['task_id']} {task['rendered_map_index'] or task['map_index']}"


def _pause(seconds: float) -> Iterator[None]:
    until = monotonic() + seconds
    while monotonic() < until:
        yield
