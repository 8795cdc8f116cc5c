"""The months of the demo through two workers, from empty folders to the comparison with the command line."""

import secrets
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

from demo.__main__ import MONTHS
from topology import mariadb_server, postgres_server, redis_server
from topology.compose_file import Service, read_services, required_variables
from topology.disturbances import Disturbances
from topology.local_places import LocalPlaces, free_ports
from topology.local_services import KEY_PREFIX_VARIABLE, LocalServices
from topology.months import EndedTask, run_month
from topology.operator_work import Operator
from topology.processes import Processes, ServiceFailed
from topology.progress import Progress
from topology.reference import differences, run_by_command_line
from topology.restarts import RestartingProcesses
from topology.secret_values import files_that_contain, random_values
from topology.taken_tasks import taken_by

WORKERS = ("worker-1", "worker-2")


class Show:
    """One run of `make topology`."""

    def __init__(self, project: Path, out: Path, processes: Processes, progress: Progress) -> None:
        """Choose ports and secrets. With `RestartingProcesses` the first month is disturbed."""
        self._out = out
        self._processes = processes
        self._progress = progress
        self._afterwards: list[Callable[[], None]] = []
        self._ran: dict[str, list[str]] = defaultdict(list)
        services, settings = self._on_this_machine(read_services())
        self._places = LocalPlaces(free_ports(services), project=project, out=out, settings=settings)
        self._secrets = random_values(required_variables(services))
        values = self._secrets | {"AIRFLOW_PORT": str(self._places.port("api-server"))}
        self._local = LocalServices(services, places=self._places, values=values, processes=processes)
        self._afterwards.append(self._local.unprivileged.forget)

    def _on_this_machine(self, services: dict[str, Service]) -> tuple[dict[str, Service], dict[str, str]]:
        """The services that can run here, and other settings in place of those that cannot; prints which."""
        settings = {}
        if mariadb_server.own_server() is None:
            del services["billing-mariadb"]
            self._progress.say("no mariadbd on this machine: its entity's billing is read from a SQLite file")
        if redis_server.own_server() is None:
            del services["redis"]
            url, prefix = redis_server.running_server(), f"topology-{secrets.token_hex(8)}:"
            settings = {"AIRFLOW__CELERY__BROKER_URL": url, KEY_PREFIX_VARIABLE: prefix}
            self._progress.say("no redis-server on this machine: the queue is in a Redis that runs already")
            self._afterwards.append(lambda: redis_server.forget_keys(url, prefix))
        return services, settings

    def run(self) -> None:
        """Start everything, run the months, compare, and print the result."""
        self._local.bring_up_all(lambda name, seconds: self._progress.say(f"  {name} is up ({seconds:.1f} s)"))
        self._progress.step(f"{len(self._local.services)} services started")
        self._local.rest.login("operator", self._secrets["AIRFLOW_OPERATOR_PASSWORD"])
        reference = self._reference()
        disturbances = self._disturbances()
        for dag_id, params in MONTHS:
            attend = disturbances.look if disturbances and not disturbances.over else None
            months = run_month(self._local.rest, dag_id, params, self._report, attend)
            self._together(months, reference, lambda: disturbances is None or disturbances.billing_stays_up)
            if attend and disturbances:
                disturbances.refuse_what_is_missing()
            self._progress.step(f"{dag_id}: {params['billing_month']} settled, by workers")
        self._finish(reference)
        self._progress.step("the same months by the command line, without Airflow")
        self._judge()

    def forget(self) -> None:
        """Once everything has stopped: delete databases and logins; logs, registers and letters stay."""
        for passwords in self._out.glob("services/*/passwords.json"):
            passwords.unlink()
        # A disk may take milliseconds for each of some 4000 files: the databases are deleted side by side.
        with ThreadPoolExecutor() as several:
            list(several.map(shutil.rmtree, self._out.glob("services/*/data")))
        for forget in self._afterwards:
            forget()

    def _disturbances(self) -> Disturbances | None:
        """What disturbs the first month, if the processes are ones that are started again."""
        if not isinstance(self._processes, RestartingProcesses):
            return None
        operator = Operator(self._local.rest, self._progress.say)
        programme, settings = self._places.port("programme"), self._local.environment("programme")
        return Disturbances(
            self._processes,
            operator,
            workers=WORKERS,
            taken_by=lambda worker: taken_by(self._local.celery(), worker),
            mariadb_port=self._places.ports.get("billing-mariadb"),
            wait_for_a_write=lambda: postgres_server.wait_for_a_write(programme, settings),
            say=self._progress.say,
        )

    def _reference(self) -> Iterator[None]:
        return run_by_command_line(
            self._processes,
            environment=self._local.environment("worker-1"),
            registry=self._out / "state" / "world" / "registry",
            out=self._out / "reference",
        )

    def _together(self, watched: Iterator[None], beside: Iterator[None], may: Callable[[], bool]) -> None:
        """Run `watched` to its end; meanwhile, while `may` allows it, also run `beside`."""
        for _ in watched:
            if may():
                next(beside, None)
            self._processes.check()
            sleep(0.05)

    def _finish(self, steps: Iterator[None]) -> None:
        for _ in steps:
            self._processes.check()
            sleep(0.05)

    def _report(self, task: EndedTask) -> None:
        if task.worker:
            self._ran[task.worker].append(task.label)
        self._progress.say(f"  {task.label}: {task.state} {f'on {task.worker}' if task.worker else ''}")

    def _judge(self) -> None:
        for worker in WORKERS:
            self._progress.say(f"{worker} ran {len(self._ran[worker])} tasks: {', '.join(self._ran[worker])}")
        idle = [worker for worker in WORKERS if not self._ran[worker]]
        if idle:
            raise ServiceFailed(f"{', '.join(idle)} ran no task")
        equal, different = differences(self._out / "state", self._out / "reference")
        if different or not equal:
            raise ServiceFailed(f"not as the command line has it: {', '.join(different[:10]) or 'no file was written'}")
        self._progress.step(f"registers and letters: {equal} files, each equal to the command line's to the byte")
        leaking = files_that_contain(self._out, self._secrets.values())
        if leaking:
            raise ServiceFailed(f"a secret of this run stands in {', '.join(leaking)}")
        self._progress.step(f"none of the {len(self._secrets)} secrets of this run stands in a log")
