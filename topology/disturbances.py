"""What a disturbed run suffers in the middle of a month: each kind of server killed once, with SIGKILL.

| killed | when | what has to happen then |
|---|---|---|
| MariaDB | before its entity's pull | the pull says so and holds its partners; the operator has it read again |
| a worker | while it reads that entity again | the scheduler misses the task's heartbeat and has it tried again |
| the scheduler | while totals are merged or tiers assigned | the next one goes on where the first stopped |
| PostgreSQL | amid a transaction of `write_discount_rates` | crash recovery; the month is in force whole, or not |

PostgreSQL is both servers: the programme's, and Airflow's own.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from topology.airflow_rest import NotReachable
from topology.local_places import LOOPBACK
from topology.months import RUN_SECONDS
from topology.operator_work import Operator
from topology.processes import ServiceFailed
from topology.restarts import RestartingProcesses

Tasks = Sequence[dict[str, Any]]
MARIADB_ENTITY = "UK"
POSTGRES = ("programme", "metadata")
MERGING = ("merge_totals", "assign_tiers", "settle_grace_periods")
DOWN_SECONDS = 3.0
_READ = {"success", "failed", "up_for_retry"}
_BEGUN = {"queued", "running", "success"}


class Disturbances:
    """The blows of one run, one after the other; looks at the tasks as often as it is asked to."""

    def __init__(
        self,
        processes: RestartingProcesses,
        operator: Operator,
        *,
        mariadb_port: int | None,
        wait_for_a_write: Callable[[], bool],
        say: Callable[[str], None],
    ) -> None:
        """Take what is killed and who mends; where MariaDB listens, if this machine has one; how PostgreSQL is hit."""
        self._processes = processes
        self._operator = operator
        self._mariadb_port = mariadb_port
        self._wait_for_a_write = wait_for_a_write
        self._say = say
        self._tasks: Tasks = ()
        self._blows = self._one_by_one()
        self.killed: list[str] = []
        self.over = False
        self.billing_stays_up = mariadb_port is None

    def look(self, tasks: Tasks) -> None:
        """Take the tasks as they are now: strike when it is time, and mend what is to be mended."""
        self._tasks = tasks
        next(self._blows, None)
        self._operator.tend(tasks)

    def refuse_what_is_missing(self) -> None:
        """Once the month is over: refuse where not everything was killed meanwhile."""
        wanted = {"billing-mariadb"} if self._mariadb_port else set()
        missing = (wanted | {"scheduler", *POSTGRES}) - set(self.killed)
        if missing or not any(name.startswith("worker") for name in self.killed):
            raise ServiceFailed(f"not everything was killed, only {', '.join(self.killed) or 'nothing'}")
        self.over = True

    def _one_by_one(self) -> Iterator[None]:
        if self._mariadb_port is not None:
            yield from self._until(lambda: self._any("begin_month", _BEGUN))
            self._kill("billing-mariadb", down_seconds=RUN_SECONDS)
            yield from self._until(lambda: self._pull() is not None)
            self._processes.mend("billing-mariadb")
            yield from self._until(self._mariadb_answers)
            self.billing_stays_up = True
            yield from self._until(self._read_again)
            yield
        yield from self._worker()
        yield from self._until(lambda: any(self._any(task_id, {"running"}) for task_id in MERGING))
        self._kill("scheduler")
        yield from self._until(lambda: self._any("write_discount_rates", {"running"}))
        amid = " in the middle of a transaction" if self._wait_for_a_write() else ""
        self._kill(*POSTGRES, how=amid)

    def _worker(self) -> Iterator[None]:
        """Kill the worker that is reading an entity."""
        yield from self._until(lambda: self._any("pull_mrr", {"running"}))
        task = self._which("pull_mrr", {"running"})[-1]
        self._kill(task["hostname"])

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
