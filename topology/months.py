"""The demo's months through the real scheduler: ordered, watched and told by the REST API."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from topology.airflow_rest import AirflowRest
from topology.processes import ServiceFailed

RUN_SECONDS = 600.0
LOOK_SECONDS = 1.0
PARTITIONED = "monthly_tier_assignment"
_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}


@dataclass(frozen=True, slots=True)
class EndedTask:
    """One task of a run, and the service that ran it."""

    label: str
    state: str
    worker: str


def run_month(
    rest: AirflowRest, dag_id: str, params: Mapping[str, str], say: Callable[[EndedTask], None]
) -> Iterator[None]:
    """Order one month, say each task as it ends, yield while the run goes on; refuse where it did not succeed."""
    end = monotonic() + RUN_SECONDS
    while not rest.knows(dag_id):
        yield from _pause()
    rest.unpause(dag_id)
    run_id = _order(rest, dag_id, params)
    told: set[str] = set()
    while (state := rest.run_state(dag_id, run_id)) not in ("success", "failed") and monotonic() < end:
        _tell(rest, dag_id, run_id, told, say)
        yield from _pause()
    _tell(rest, dag_id, run_id, told, say)
    if state != "success":
        raise ServiceFailed(f"{dag_id}: run {run_id} is {state}: see the tasks' logs below logs/dag_id={dag_id}")


def _order(rest: AirflowRest, dag_id: str, params: Mapping[str, str]) -> str:
    """The month comes as the partition key where the DAG has one, else as a param."""
    if dag_id != PARTITIONED:
        return rest.trigger(dag_id, partition_key=None, conf=params)
    conf = {name: value for name, value in params.items() if name != "billing_month"}
    return rest.trigger(dag_id, partition_key=params["billing_month"], conf=conf)


def _tell(rest: AirflowRest, dag_id: str, run_id: str, told: set[str], say: Callable[[EndedTask], None]) -> None:
    for task in sorted(rest.task_instances(dag_id, run_id), key=lambda task: task["end_date"] or ""):
        if task["state"] in _ENDED and task["id"] not in told:
            told.add(task["id"])
            say(EndedTask(_label(task), task["state"], task["hostname"] or ""))


def _label(task: Mapping[str, Any]) -> str:
    if task["map_index"] < 0:
        return str(task["task_id"])
    return f"{task['task_id']} {task['rendered_map_index'] or task['map_index']}"


def _pause() -> Iterator[None]:
    until = monotonic() + LOOK_SECONDS
    while monotonic() < until:
        yield
