"""A disturbed run kills each kind of server once, each at its moment, and is refused where one was left alive."""

from typing import Any
from uuid import uuid4

import pytest

from topology.airflow_rest import NotReachable
from topology.disturbances import DOWN_SECONDS, Disturbances
from topology.operator_work import MOST_CLEARED, Operator
from topology.processes import ServiceFailed


class Killed:
    """Stands for the processes: writes down what is done to them."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []
        self.seconds: list[float] = []

    def kill(self, *names: str, down_seconds: float) -> None:
        self.names.append(names)
        self.seconds.append(down_seconds)


class Clears:
    """Stands for the REST API: writes down what is cleared, or does not answer."""

    def __init__(self) -> None:
        self.tasks: list[tuple[Any, bool]] = []
        self.answers = True

    def clear(self, dag_id: str, run_id: str, task: Any, *, include_downstream: bool) -> None:
        if not self.answers:
            raise NotReachable("down")
        assert (dag_id, run_id) == ("migration_2015", "run")
        self.tasks.append((task, include_downstream))


def task(task_id: str, state: str, *, hostname: str = "", map_index: int = -1) -> dict[str, Any]:
    names = {"dag_id": "migration_2015", "dag_run_id": "run", "rendered_map_index": None}
    return names | {
        "id": str(uuid4()),  # each try has another
        "task_id": task_id,
        "state": state,
        "hostname": hostname,
        "map_index": map_index,
    }


@pytest.fixture
def killed() -> Killed:
    return Killed()


@pytest.fixture
def clears() -> Clears:
    return Clears()


@pytest.fixture
def disturbances(killed, clears) -> Disturbances:
    operator = Operator(clears, lambda _: None)
    return Disturbances(killed, operator, mariadb_port=None, wait_for_a_write=lambda: True, say=lambda _: None)


def test_each_is_killed_once_at_its_moment(disturbances, killed):
    disturbances.look([task("begin_month", "running")])
    assert killed.names == []
    for _ in range(2):
        disturbances.look([task("pull_mrr", "running", hostname="worker-2", map_index=3)])
    assert killed.names == [("worker-2",)]
    for _ in range(2):
        disturbances.look([task("assign_tiers", "running")])
    assert killed.names[1:] == [("scheduler",)]
    for _ in range(2):
        disturbances.look([task("write_discount_rates", "running")])
    assert killed.names[2:] == [("programme", "metadata")]
    assert set(killed.seconds) == {DOWN_SECONDS}
    disturbances.refuse_what_is_missing()
    assert disturbances.over


def test_a_month_that_was_over_too_soon_is_refused(disturbances):
    disturbances.look([task("pull_mrr", "running", hostname="worker-1")])
    with pytest.raises(ServiceFailed, match="not everything was killed, only worker-1"):
        disturbances.refuse_what_is_missing()


def test_a_task_that_waits_or_failed_is_cleared(disturbances, clears):
    disturbances.look([task("pull_mrr", "up_for_retry", map_index=2), task("validate_mrr", "success")])
    disturbances.look([task("write_discount_rates", "failed"), task("render_letters", "upstream_failed")])
    assert clears.tasks == [(["pull_mrr", 2], False), ("write_discount_rates", True)]


def test_a_task_that_fails_again_and_again_is_left_as_failed(disturbances, clears):
    for _ in range(MOST_CLEARED + 3):
        disturbances.look([task("validate_mrr", "failed")])
    assert len(clears.tasks) == MOST_CLEARED


def test_an_api_that_does_not_answer_is_asked_again(disturbances, clears):
    clears.answers = False
    for _ in range(MOST_CLEARED + 3):
        with pytest.raises(NotReachable):
            disturbances.look([task("validate_mrr", "failed")])
    clears.answers = True
    disturbances.look([task("validate_mrr", "failed")])
    assert clears.tasks == [("validate_mrr", True)]
