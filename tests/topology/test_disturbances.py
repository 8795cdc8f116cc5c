"""A disturbed run kills each kind of server once, each at its moment, and is refused where one was left alive."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from topology.airflow_rest import NotReachable
from topology.disturbances import DOWN_SECONDS, MARIADB_PULL, Disturbances
from topology.operator_work import MOST_CLEARED, Operator
from topology.processes import ServiceFailed
from topology.taken_tasks import Taken

NOTHING = Taken(frozenset(), frozenset())


class Killed:
    """Stands for the processes: writes down what is done to them."""

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []
        self.seconds: list[float] = []
        self.frozen: list[str] = []

    def kill(self, *names: str, down_seconds: float) -> None:
        self.names.append(names)
        self.seconds.append(down_seconds)

    def freeze(self, name: str) -> None:
        self.frozen.append(name)

    def thaw(self, name: str) -> None:
        self.frozen.remove(name)

    def start_now(self, name: str) -> None:
        assert name == "billing-mariadb"


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
def holds() -> dict[str, Taken | None]:
    """What each worker has taken from the queue, as it answers."""
    return {"worker-1": NOTHING, "worker-2": NOTHING}


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def disturb(killed, clears, holds, told) -> Callable[..., Disturbances]:
    def disturbances(mariadb_port: int | None = None) -> Disturbances:
        return Disturbances(
            killed,
            Operator(clears, told.append),
            workers=tuple(holds),
            taken_by=holds.__getitem__,
            mariadb_port=mariadb_port,
            wait_for_a_write=lambda: True,
            say=told.append,
        )

    return disturbances


@pytest.fixture
def disturbances(disturb) -> Disturbances:
    return disturb()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("topology.queued_waits.monotonic", lambda: now[0])
    return now


def pull(number: int, state: str, *, hostname: str = "") -> dict[str, Any]:
    return task("pull_mrr", state, hostname=hostname, map_index=number)


def kill_worker_2_before_it_begins(disturbances: Disturbances, holds: dict[str, Taken | None], *numbers: int) -> None:
    """It has taken the pulls of these numbers; worker-1 works."""
    disturbances.look([task("wait_for_closes", "running", hostname="worker-1")])
    holds["worker-2"] = Taken(frozenset(), frozenset(("pull_mrr", number) for number in numbers))
    for _ in range(2):
        disturbances.look([pull(0, "running", hostname="worker-1"), *(pull(number, "queued") for number in numbers)])


def test_each_is_killed_once_at_its_moment(disturbances, killed, holds):
    disturbances.look([task("begin_month", "running", hostname="worker-1")])
    assert killed.names == []
    kill_worker_2_before_it_begins(disturbances, holds, 1)
    assert killed.names == [("worker-2",)]
    for _ in range(2):
        disturbances.look([pull(1, "running", hostname="worker-1")])
    assert killed.names[1:] == [("worker-1",)]
    for _ in range(2):
        disturbances.look([task("assign_tiers", "running")])
    assert killed.names[2:] == [("scheduler",)]
    for _ in range(2):
        disturbances.look([task("write_discount_rates", "running")])
    assert killed.names[3:] == [("programme", "metadata")]
    assert set(killed.seconds) == {DOWN_SECONDS}
    disturbances.refuse_what_is_missing()
    assert disturbances.over


def test_a_worker_is_killed_only_with_tasks_that_it_took_and_did_not_begin(disturbances, killed, holds, told):
    disturbances.look([task("wait_for_closes", "running", hostname="worker-2")])
    assert killed.frozen == ["worker-1"]
    for _ in range(3):
        disturbances.look([task("wait_for_closes", "success", hostname="worker-2")])
    holds["worker-1"] = None  # it does not answer now
    disturbances.look([pull(0, "queued")])
    assert killed.names == []
    holds["worker-1"] = Taken(frozenset(), frozenset({("pull_mrr", 0), ("pull_mrr", 2)}))
    for _ in range(2):
        disturbances.look([pull(0, "queued"), pull(1, "running", hostname="worker-2"), pull(2, "queued")])
    assert killed.names == [("worker-1",)]
    assert "with pull_mrr 0 and pull_mrr 2 taken from the queue and not begun" in told[-1]


def test_a_worker_that_began_something_before_it_was_frozen_goes_on(disturbances, killed, holds):
    holds["worker-2"] = Taken(frozenset({("pull_mrr", 1)}), frozenset())
    disturbances.look(
        [task("wait_for_closes", "success", hostname="worker-1"), pull(0, "running", hostname="worker-1")]
    )
    assert killed.frozen == []
    holds["worker-2"] = NOTHING
    disturbances.look(
        [task("wait_for_closes", "success", hostname="worker-1"), pull(0, "running", hostname="worker-1")]
    )
    assert killed.frozen == ["worker-2"]


def test_a_worker_whose_last_task_is_over_but_not_its_process_is_idle(disturbances, killed, holds):
    holds["worker-2"] = Taken(frozenset({("begin_month", -1)}), frozenset())
    closes = task("wait_for_closes", "running", hostname="worker-1")
    disturbances.look([task("begin_month", "running", hostname="worker-2"), closes])
    assert killed.frozen == []
    disturbances.look([task("begin_month", "success", hostname="worker-2"), closes])
    assert killed.frozen == ["worker-2"]


def test_the_time_is_told_until_another_worker_begins_the_task(disturbances, holds, told, clock):
    kill_worker_2_before_it_begins(disturbances, holds, 1)
    for state in ("queued", "scheduled", "queued"):
        clock[0] += 20
        disturbances.look([pull(0, "success"), pull(1, state)])
    clock[0] += 7
    disturbances.look([pull(0, "success"), pull(1, "running", hostname="worker-1")])
    assert "pull_mrr 1 was begun by worker-1 after 67 s in the queue" in told


@pytest.mark.parametrize(
    ("seconds", "why"),
    [(121, "a task waited 121 s for another worker, expected 120 at most"), (None, "no task waited")],
)
def test_a_task_that_waits_for_too_long_or_for_ever_is_refused(disturbances, holds, clock, seconds, why):
    kill_worker_2_before_it_begins(disturbances, holds, 1)
    if seconds:
        clock[0] = seconds
        disturbances.look([pull(1, "success", hostname="worker-1")])
    disturbances.killed += ["worker-1", "scheduler", "programme", "metadata"]
    with pytest.raises(ServiceFailed, match=why):
        disturbances.refuse_what_is_missing()


def test_mariadbs_pull_is_cleared_where_it_is_held_with_another(disturb, holds, clears, told):
    disturbances = disturb(mariadb_port=1)
    disturbances.look([task("begin_month", "running", hostname="worker-1")])
    number = MARIADB_PULL[1]
    kill_worker_2_before_it_begins(disturbances, holds, number, number + 1)
    disturbances.look([pull(number, "queued"), pull(number + 1, "queued")])
    assert clears.tasks == [(["pull_mrr", number], True)]
    disturbances.look([pull(number, "running", hostname="worker-1"), pull(number + 1, "queued")])
    assert not any("in the queue" in line for line in told if line.startswith("pull_mrr"))


def test_mariadbs_pull_that_is_held_alone_waits(disturb, holds, clears):
    disturbances = disturb(mariadb_port=1)
    disturbances.look([task("begin_month", "running", hostname="worker-1")])
    kill_worker_2_before_it_begins(disturbances, holds, MARIADB_PULL[1])
    disturbances.look([pull(MARIADB_PULL[1], "queued")])
    assert clears.tasks == []


def test_a_month_that_was_over_too_soon_is_refused(disturbances, holds):
    kill_worker_2_before_it_begins(disturbances, holds, 0)
    with pytest.raises(ServiceFailed, match="not everything was killed, only worker-2"):
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
