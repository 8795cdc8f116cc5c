"""The addresses and folders of the containers on this machine; nothing else differs from docker-compose.yaml.

Each service gets a free loopback port, each folder of the containers one below `out/topology/`. What a container gets
from its surroundings (its own host name, a port that no other service uses) is set in `local_settings`.
"""

import json
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

LOOPBACK = "127.0.0.1"
# All services share one folder of logs here; a worker's own log server would listen on every interface.
LOCAL_OPTIONS = {("airflow", "celery", "worker"): ("--skip-serve-logs",)}
# The ports at which the containers listen, by service.
PORTS = {
    "metadata": 5432,
    "programme": 5432,
    "redis": 6379,
    "billing-postgres": 5432,
    "billing-mariadb": 3306,
    "mail": 1025,
    "api-server": 8080,
    "scheduler": 8974,
}


def free_ports(services: Iterable[str]) -> dict[str, int]:
    """A free loopback port for each service that listens, all held at once so that no two are the same."""
    names = [service for service in services if service in PORTS]
    held = [socket.socket() for _ in names]
    for each in held:
        each.bind((LOOPBACK, 0))
    ports = {name: int(each.getsockname()[1]) for name, each in zip(names, held, strict=True)}
    for each in held:
        each.close()
    return ports


class LocalPlaces:
    """Translates the containers' settings and commands to this machine; `settings` replace those of the containers."""

    def __init__(
        self, ports: Mapping[str, int], *, project: Path, out: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.ports = ports
        self.out = out
        self._settings = settings or {}
        self._folders = {"/opt/partner-program": project, "/var/lib/partner-program": out / "state"}
        self._folders["/var/log/airflow"] = out / "logs"

    def home(self, service: str) -> Path:
        """The folder of one service, which is `/opt/airflow` in its container."""
        return self.out / "services" / service

    def port(self, service: str) -> int:
        """The port at which a service listens here."""
        return self.ports[service]

    def environment(self, service: str, settings: Mapping[str, str]) -> dict[str, str]:
        """A container's settings, for the same service here."""
        here = {name: self._value(service, name, value) for name, value in settings.items()}
        return here | self.local_settings()

    def local_settings(self) -> dict[str, str]:
        """Settings that a container does not need, as its surroundings give it the same."""
        return {
            "AIRFLOW__API__PORT": str(self.ports["api-server"]),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports["scheduler"]),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "topology.service_name.service_name",
            **self._settings,
        }

    def command(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """A container's command, for the same service here."""
        added = (option for start, option in LOCAL_OPTIONS.items() if command[: len(start)] == start)
        return command + next(added, ())

    def _value(self, service: str, name: str, value: str) -> str:
        """One setting: a connection's host and port, an address inside a text, or folders."""
        if value.startswith("{"):
            return json.dumps(self._connection(name, json.loads(value)))
        for listening, port in self.ports.items():
            value = value.replace(f"{listening}:{PORTS[listening]}", f"{LOOPBACK}:{port}")
        if value == "0.0.0.0":  # noqa: S104  what is replaced, not what is bound
            return LOOPBACK
        return self._path(value.replace("/opt/airflow", str(self.home(service))))

    def _connection(self, name: str, fields: dict[str, object]) -> dict[str, object]:
        host = str(fields["host"])
        if host in self.ports:
            return fields | {"host": LOOPBACK, "port": self.ports[host]}
        if host in PORTS:  # this machine has no such server: the entity's SQLite file of the demo world is read
            entity = name.removeprefix("AIRFLOW_CONN_BILLING_").lower()
            return {"conn_type": "sqlite", "host": str(self.out / "state" / "world" / "billing" / f"{entity}.db")}
        return fields | {"host": self._path(host)}

    def _path(self, value: str) -> str:
        for there, here in self._folders.items():
            value = value.replace(there, str(here))
        return value
