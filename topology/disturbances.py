"""What is killed in the middle of a disturbed run's first month, with SIGKILL, and what has to happen then.

| killed | when | what has to happen then |
|---|---|---|
| MariaDB | before its entity's pull | the pull reports it and holds its partners; the operator has it read again |
| a worker | when it has taken pulls from the queue and begun none | the scheduler queues them again |
| a worker | while it reads MariaDB's entity again | the scheduler misses the task's heartbeat and retries it |
| the scheduler | while totals are merged or tiers assigned | the next one goes on where the first stopped |
| PostgreSQL | amid a transaction of `write_discount_rates` | crash recovery; the month is in force whole, or not |

PostgreSQL is both servers: the programme's, and Airflow's own.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from demo.entities import ENTITIES
from topology.airflow_rest import NotReachable
from topology.local_places import LOOPBACK
from topology.months import RUN_SECONDS
from topology.operator_work import Operator
from topology.processes import ServiceFailed
from topology.queued_waits import QueuedWaits, Which, named
from topology.restarts import RestartingProcesses
from topology.taken_tasks import Taken

Tasks = Sequence[dict[str, Any]]
MARIADB_ENTITY = "UK"
# A pull has its entity's name only once it has been tried; until then its place among the entities tells.
MARIADB_PULL = ("pull_mrr", sorted(row.entity for row in ENTITIES).index(MARIADB_ENTITY))
POSTGRES = ("programme", "metadata")
MERGING = ("merge_totals", "assign_tiers", "settle_grace_periods")
DOWN_SECONDS = 3.0
WORKER_KILLS = 2
_READ = {"success", "failed", "up_for_retry"}
_BEGUN = {"queued", "running", "success"}


class Disturbances:
    """Kills servers one after the other; which and when depends on the tasks that it is shown."""

    def __init__(
        self,
        processes: RestartingProcesses,
        operator: Operator,
        *,
        workers: Sequence[str],
        taken_by: Callable[[str], Taken | None],
        mariadb_port: int | None,
        wait_for_a_write: Callable[[], bool],
        say: Callable[[str], None],
    ) -> None:
        """`mariadb_port` is None without MariaDB; `wait_for_a_write` returns once PostgreSQL is written to."""
        self._processes = processes
        self._operator = operator
        self._workers = workers
        self._taken_by = taken_by
        self._mariadb_port = mariadb_port
        self._wait_for_a_write = wait_for_a_write
        self._say = say
        self._tasks: Tasks = ()
        self._frozen = ""
        self._waits = QueuedWaits(say)
        self._kills = self._one_by_one()
        self.killed: list[str] = []
        self.over = False
        self.billing_stays_up = mariadb_port is None

    def look(self, tasks: Tasks) -> None:
        """Given the tasks as they are now: kill what is to be killed, and do what an operator has to do."""
        self._tasks = tasks
        self._waits.look(tasks)
        next(self._kills, None)
        self._operator.tend(tasks)

    def refuse_what_is_missing(self) -> None:
        """Once the month is over: refuse where not everything was killed meanwhile."""
        wanted = {"billing-mariadb"} if self._mariadb_port else set()
        missing = (wanted | {"scheduler", *POSTGRES}) - set(self.killed)
        if missing or sum(name in self._workers for name in self.killed) < WORKER_KILLS:
            raise ServiceFailed(f"not everything was killed, only {', '.join(self.killed) or 'nothing'}")
        self._waits.refuse_too_long()
        self.over = True

    def _one_by_one(self) -> Iterator[None]:
        if self._mariadb_port is not None:
            yield from self._until(lambda: self._any("begin_month", _BEGUN))
            self._kill("billing-mariadb", down_seconds=RUN_SECONDS)
        yield from self._worker_before_it_begins()
        if self._mariadb_port is not None:
            yield from self._until(lambda: self._pull() is not None)
            self._processes.start_now("billing-mariadb")
            yield from self._until(self._mariadb_answers)
            self.billing_stays_up = True
            yield from self._until(self._read_again)
            yield
        yield from self._worker_at_work()
        yield from self._until(lambda: any(self._any(task_id, {"running"}) for task_id in MERGING))
        self._kill("scheduler")
        yield from self._until(lambda: self._any("write_discount_rates", {"running"}))
        amid = " in the middle of a transaction" if self._wait_for_a_write() else ""
        self._kill(*POSTGRES, how=amid)

    def _worker_before_it_begins(self) -> Iterator[None]:
        """Kill a worker that has taken pulls from the queue and begun none.

        Its pool is frozen while the other worker runs the task before the pulls, so that it takes them all the same.
        """
        yield from self._until(self._freeze_an_idle_worker)
        yield from self._until(lambda: bool(self._not_begun()))
        yield  # the second of two may come a moment later
        while not (held := self._not_begun()):
            yield
        self._kill(self._frozen, how=f" with {' and '.join(map(named, held))} taken from the queue and not begun")
        self._waits.begin(held)
        if MARIADB_PULL in held and len(held) > 1 and self._mariadb_port is not None:
            yield from self._until(self._clear_mariadbs_pull)
        yield

    def _freeze_an_idle_worker(self) -> bool:
        if not self._any("wait_for_closes", {"running", "success"}):
            return False
        busy = {task["hostname"] for task in self._tasks if task["state"] == "running"}
        ended = {_named_by(task) for task in self._tasks if task["state"] == "success"}
        for worker in self._workers:
            if worker not in busy:
                self._processes.freeze(worker)
                taken = self._taken_by(worker)
                if taken is not None and taken.begun <= ended:
                    self._frozen = worker
                    return True
                self._processes.thaw(worker)
        return False

    def _not_begun(self) -> list[Which]:
        taken = self._taken_by(self._frozen)
        return sorted(taken.not_begun) if taken else []

    def _clear_mariadbs_pull(self) -> bool:
        """Clear it, as the run book allows, while the other task shows how long one waits that nobody clears."""
        pull = next(task for task in self._tasks if _named_by(task) == MARIADB_PULL)
        try:
            self._operator.repeat(pull)
        except NotReachable:
            return False
        self._waits.drop(MARIADB_PULL)
        return True

    def _worker_at_work(self) -> Iterator[None]:
        """Kill the worker that is reading MariaDB's entity, or any entity on a machine without MariaDB."""
        yield from self._until(lambda: bool(self._readers()))
        self._kill(self._readers()[0])

    def _readers(self) -> list[str]:
        pulls = self._which("pull_mrr", {"running"})
        return [pull["hostname"] for pull in pulls if self._mariadb_port is None or _named_by(pull) == MARIADB_PULL]

    def _kill(self, *services: str, down_seconds: float = DOWN_SECONDS, how: str = "") -> None:
        self._processes.kill(*services, down_seconds=down_seconds)
        self.killed += services
        at_work = [task["task_id"] for task in self._tasks if task["state"] == "running"]
        self._say(f"[red]killed {' and '.join(services)}[/red]{how}, while {', '.join(at_work) or 'nothing'} ran")

    def _pull(self) -> dict[str, Any] | None:
        """The pull of MariaDB's entity, once it has been tried; it has its label only then."""
        pulls = self._which("pull_mrr", _READ)
        return next((task for task in pulls if task["rendered_map_index"] == MARIADB_ENTITY), None)

    def _read_again(self) -> bool:
        pull = self._pull()
        try:
            if pull:
                self._operator.repeat(pull)
        except NotReachable:
            return False
        return pull is not None

    def _mariadb_answers(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex((LOOPBACK, self._mariadb_port or 0)) == 0

    def _any(self, task_id: str, states: set[str]) -> bool:
        return bool(self._which(task_id, states))

    def _which(self, task_id: str, states: set[str]) -> list[dict[str, Any]]:
        return [task for task in self._tasks if task["task_id"] == task_id and task["state"] in states]

    def _until(self, is_time: Callable[[], bool]) -> Iterator[None]:
        while not is_time():
            yield


def _named_by(task: dict[str, Any]) -> Which:
    return task["task_id"], task["map_index"]
