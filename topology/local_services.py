"""Each service of docker-compose.yaml as a local process: what replaces its image, and when it is up.

A service is brought up by a generator that yields while it waits, so that all of them come up side by side.
"""

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep
from typing import TypedDict
from urllib.error import URLError
from urllib.request import urlopen

from celery import Celery

from topology import mariadb_server, postgres_server, redis_server
from topology.airflow_rest import AirflowRest
from topology.compose_file import Service, filled_in
from topology.local_places import LOOPBACK, LocalPlaces
from topology.processes import Command, Processes, ServiceFailed
from topology.service_name import VARIABLE as SERVICE_VARIABLE
from topology.unprivileged import Unprivileged

UP_SECONDS = 180.0
LOOK_SECONDS = 0.5
KEY_PREFIX_VARIABLE = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__GLOBAL_KEYPREFIX"
OWN_IMAGE = "partner-program"
_INHERITED = ("HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
_DONE = object()


class _Place(TypedDict):
    home: Path
    port: int
    environment: Mapping[str, str]


class LocalServices:
    """The services on this machine, with the settings of the containers; `values` are those of their variables."""

    def __init__(
        self, services: Mapping[str, Service], *, places: LocalPlaces, values: Mapping[str, str], processes: Processes
    ) -> None:
        self.services = services
        self.places = places
        self.rest = AirflowRest(f"http://{LOOPBACK}:{places.port('api-server')}")
        self.unprivileged = Unprivileged()
        self._values = values
        self._processes = processes
        self._stand_ins: Mapping[str, Callable[[str], Iterator[None]]] = {
            "postgres": self._postgres,
            "redis": self._redis,
            "mariadb": self._mariadb,
            "axllent/mailpit": self._mail,
            OWN_IMAGE: self._airflow,
        }

    def bring_up_all(self, say: Callable[[str, float], None]) -> None:
        """Start each service once those that it depends on are up; say each with its seconds."""
        sorter = TopologicalSorter(
            {name: service.depends_on & self.services.keys() for name, service in self.services.items()}
        )
        sorter.prepare()
        coming: dict[str, tuple[Iterator[None], float]] = {}
        while sorter.is_active():
            self._processes.check()
            for name in sorter.get_ready():
                coming[name] = (self._bring_up(name), monotonic())
            for name, (steps, began) in list(coming.items()):
                if next(steps, _DONE) is _DONE:
                    say(name, monotonic() - began)
                    del coming[name]
                    sorter.done(name)
                elif monotonic() - began > UP_SECONDS:
                    raise ServiceFailed(f"{name} is not up after {UP_SECONDS:.0f} s: see {self._log(name)}")
            sleep(0.05)

    def environment(self, name: str) -> dict[str, str]:
        """The whole environment of a service's process; of this process's own it has only what it needs to run."""
        here = {variable: os.environ[variable] for variable in _INHERITED if variable in os.environ}
        here["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        settings = {
            variable: filled_in(value, self._values) for variable, value in self.services[name].environment.items()
        }
        return here | self.places.environment(name, settings) | {SERVICE_VARIABLE: name}

    def command(self, name: str) -> Command:
        """How an Airflow service or a job is started here."""
        service = self.services[name]
        words = [filled_in(word, {}) for word in self.places.command(service.command)]
        return Command(name, words, self.environment(name), self._log(name), job=service.job)

    def _log(self, name: str) -> Path:
        return self.places.home(name) / "output.log"

    def _bring_up(self, name: str) -> Iterator[None]:
        self.places.home(name).mkdir(parents=True)
        return self._stand_ins[self.services[name].image.partition(":")[0]](name)

    def _postgres(self, name: str) -> Iterator[None]:
        return postgres_server.bring_up(self._processes, name, unprivileged=self.unprivileged, **self._place(name))

    def _mariadb(self, name: str) -> Iterator[None]:
        return mariadb_server.bring_up(self._processes, name, unprivileged=self.unprivileged, **self._place(name))

    def _redis(self, name: str) -> Iterator[None]:
        return redis_server.bring_up(self._processes, **self._place(name))

    def _place(self, name: str) -> _Place:
        return {
            "home": self.places.home(name),
            "port": self.places.port(name),
            "environment": self.environment(name),
        }

    def _mail(self, name: str) -> Iterator[None]:
        port = self.places.port(name)
        words: list[str | Path] = [
            sys.executable,
            "-m",
            "topology.mail_catcher",
            str(port),
            self.places.home(name) / "caught",
        ]
        environment = self.environment("demo-world")
        self._processes.start(Command(name, words, environment, self._log(name)))
        yield from self._until(lambda: _listens(port))

    def _airflow(self, name: str) -> Iterator[None]:
        if self.services[name].job:
            yield from self._processes.run(self.command(name))
        else:
            self._processes.start(self.command(name))
            yield from self._until(lambda: self._is_up(name))

    def _is_up(self, name: str) -> bool:
        """What the container's health check asks, asked from outside."""
        if name == "api-server":
            return self.rest.health().get("metadatabase") == "healthy" and self.rest.serves_tasks()
        if name == "scheduler":
            return _answers(f"http://{LOOPBACK}:{self.places.port(name)}/health")
        if name == "dag-processor":
            return self.rest.health().get("dag_processor") == "healthy"
        return bool(self.celery().control.ping([f"celery@{name}"], timeout=0.5))

    def celery(self) -> Celery:
        """A client of the queue, with a worker's settings."""
        settings = self.environment("worker-1")
        celery = Celery(broker=settings["AIRFLOW__CELERY__BROKER_URL"])
        celery.conf.broker_transport_options = {"global_keyprefix": settings.get(KEY_PREFIX_VARIABLE, "")}
        return celery

    def _until(self, up: Callable[[], bool]) -> Iterator[None]:
        """Yield until a check holds; each check costs the service something, so not too often."""
        next_look = 0.0
        while True:
            self._processes.check()
            if monotonic() >= next_look:
                if up():
                    return
                next_look = monotonic() + LOOK_SECONDS
            yield


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex((LOOPBACK, port)) == 0


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  this run's own address
            return bool(answer.status == HTTPStatus.OK)
    except (URLError, ConnectionError, TimeoutError):
        return False
