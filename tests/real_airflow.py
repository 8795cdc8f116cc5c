"""A real Airflow in a folder: PostgreSQL metadata, api-server, scheduler with LocalExecutor, DAG processor.

Or `airflow standalone`, which starts these by itself.

All listen on free loopback ports and end with the `with` block. Tests act as an operator does, with Airflow's own
command line and REST API, and read the results from the metadata.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg

from topology import postgres_server
from topology.airflow_rest import AirflowRest
from topology.local_places import LOOPBACK, free_ports
from topology.passwords import FILE_VARIABLE
from topology.processes import Command, Processes
from topology.secret_values import random_values
from topology.unprivileged import Unprivileged

ROOT = Path(__file__).parents[1]
UP_SECONDS = 180.0
SECRETS = ("FERNET_KEY", "JWT_SECRET", "API_SECRET", "METADATA_PASSWORD")
SERVICES = ("api-server", "scheduler", "dag-processor")
STANDALONE = ("standalone",)
ADMIN = {"admin": "admin"}
_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")


class RealAirflow:
    """One running Airflow, made by `real_airflow`."""

    def __init__(
        self, folder: Path, processes: Processes, *, dags: Path, variables: Mapping[str, str], users: Mapping[str, str]
    ) -> None:
        """Choose ports and secrets for a home in a folder, and take more variables for its processes.

        `users` are those who may log in, with their roles.
        """
        self.home = folder
        self._processes = processes
        self._users = users
        self._ports = free_ports(("metadata", "api-server", "scheduler"))
        self._secrets = random_values(SECRETS)
        self._passwords = random_values(tuple(users))
        self.rest = AirflowRest(self._url)
        self.environment = self._inherited() | self._settings(dags) | dict(variables)

    def bring_up(self, unprivileged: Unprivileged, services: Sequence[str]) -> None:
        """Start everything and log in as the first user."""
        home = self.home / "metadata"
        home.mkdir()
        server = postgres_server.bring_up(
            self._processes,
            "metadata",
            unprivileged=unprivileged,
            home=home,
            port=self._ports["metadata"],
            environment={"POSTGRES_USER": "airflow", "POSTGRES_DB": "airflow", "POSTGRES_PASSWORD": self._password},
        )
        self._follow(server)
        if services != STANDALONE:
            self._follow(self._processes.run(self._command("db", "migrate", job=True)))
        self._write_passwords()
        for name in services:
            self._processes.start(self._command(name))
        self.wait_for("every service", self._is_up)
        self.rest = self.rest_of(next(iter(self._users)))

    def rest_of(self, user: str) -> AirflowRest:
        """The REST API as one of the users."""
        rest = AirflowRest(self._url)
        rest.login(user, self._passwords[user])
        return rest

    def airflow(self, *words: str) -> str:
        """Run a command of Airflow's own command line, which has to succeed; return its output."""
        return subprocess.run(
            [_program(), *words], env=self.environment, cwd=self.home, check=True, capture_output=True, text=True
        ).stdout

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of Airflow's metadata."""
        with psycopg.connect(
            host=LOOPBACK, port=self._ports["metadata"], user="airflow", dbname="airflow", password=self._password
        ) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def wait_for(self, what: str, holds: Callable[[], object], seconds: float = UP_SECONDS) -> None:
        """Wait until `holds` is true; fail if a service ends or it takes too long."""
        end = monotonic() + seconds
        while not holds():
            self._processes.check()
            assert monotonic() < end, f"{what}: not within {seconds:.0f} s, see {self.home}"
            sleep(0.2)

    @property
    def _url(self) -> str:
        return f"http://{LOOPBACK}:{self._ports['api-server']}"

    @property
    def _password(self) -> str:
        return self._secrets["METADATA_PASSWORD"]

    def _inherited(self) -> dict[str, str]:
        found = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        # `airflow standalone` starts the first `airflow` on the PATH
        return found | {"PATH": os.pathsep.join((str(Path(_program()).parent), found["PATH"]))}

    def _settings(self, dags: Path) -> dict[str, str]:
        database = f"airflow:{self._password}@{LOOPBACK}:{self._ports['metadata']}/airflow"
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__FERNET_KEY": self._secrets["FERNET_KEY"],
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self._url}/execution/",
            # the first answer of this kind takes 40 s on a laden machine, and a task would be tried again 5 min later
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(map(":".join, self._users.items())),
            FILE_VARIABLE: str(self.home / "passwords.json"),
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(self._ports["api-server"]),
            "AIRFLOW__API__BASE_URL": self._url,
            "AIRFLOW__API__SECRET_KEY": self._secrets["API_SECRET"],
            "AIRFLOW__API_AUTH__JWT_SECRET": self._secrets["JWT_SECRET"],
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg://{database}",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "false",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
            "GX_ANALYTICS_ENABLED": "false",
        }

    def _command(self, *words: str, job: bool = False) -> Command:
        name = words[0]
        return Command(name, (_program(), *words), self.environment, self.home / f"{name}.log", job=job)

    def _write_passwords(self) -> None:
        path = Path(self.environment[FILE_VARIABLE])
        path.touch(mode=0o600)
        path.write_text(json.dumps(self._passwords))

    def _is_up(self) -> bool:
        health = self.rest.health()
        return all(health.get(part) == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))

    def _follow(self, steps: Iterator[None]) -> None:
        for _ in steps:
            self._processes.check()
            sleep(0.05)


def _program() -> str:
    return str(Path(sys.executable).with_name("airflow"))


@contextlib.contextmanager
def real_airflow(
    folder: Path,
    *,
    dags: Path,
    variables: Mapping[str, str] | None = None,
    users: Mapping[str, str] = ADMIN,
    services: Sequence[str] = SERVICES,
) -> Iterator[RealAirflow]:
    """An Airflow over a folder of DAGs, with its home in another; everything ends with the block."""
    processes, unprivileged = Processes(folder / "processes.json"), Unprivileged()
    try:
        airflow = RealAirflow(folder, processes, dags=dags, variables=variables or {}, users=users)
        airflow.bring_up(unprivileged, services)
        yield airflow
    finally:
        processes.stop()
        unprivileged.forget()
