"""What `make topology` starts is what docker-compose.yaml describes: the same services, commands and settings."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from topology.compose_file import filled_in, read_services, required_variables
from topology.local_places import LOOPBACK, PORTS, LocalPlaces, free_ports
from topology.local_services import LocalServices
from topology.processes import Processes
from topology.secret_values import random_values
from topology.service_name import VARIABLE, service_name

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
SERVICES = read_services()
AIRFLOW = [name for name, service in SERVICES.items() if service.image.startswith("partner-program")]
SECRETS = random_values(required_variables(SERVICES))
OF_THIS_MACHINE = {
    "AIRFLOW__API__PORT",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT",
    "AIRFLOW__CORE__HOSTNAME_CALLABLE",
}


@pytest.fixture
def places(tmp_path: Path) -> LocalPlaces:
    return LocalPlaces(free_ports(SERVICES), project=ROOT, out=tmp_path)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path / "processes.json")
    yield processes
    processes.stop()


@pytest.fixture
def local(places: LocalPlaces, processes: Processes) -> LocalServices:
    values = SECRETS | {"AIRFLOW_PORT": str(places.port("api-server"))}
    return LocalServices(SERVICES, places=places, values=values, processes=processes)


def back(value: str, service: str, places: LocalPlaces) -> str:
    """A setting of this machine, as the container has it."""
    for name, port in places.ports.items():
        value = value.replace(f"{LOOPBACK}:{port}", f"{name}:{PORTS[name]}")
        value = value.replace(f'"host": "{LOOPBACK}", "port": {port}', f'"host": "{name}", "port": {PORTS[name]}')
    for here, there in (
        (places.home(service), "/opt/airflow"),
        (places.out / "state", "/var/lib/partner-program"),
        (places.out / "logs", "/var/log/airflow"),
        (ROOT, "/opt/partner-program"),
    ):
        value = value.replace(str(here), there)
    return value


def test_every_service_of_the_containers_has_a_stand_in_here(local, tmp_path):
    for name in SERVICES:
        local._bring_up(name)  # nothing starts before its first step
    assert set(SERVICES) == set(COMPOSE)
    assert not (tmp_path / "processes.json").exists()


@pytest.mark.parametrize("name", AIRFLOW)
def test_a_setting_is_the_containers_but_for_where_things_are(name, local, places):
    here = local.environment(name)
    there = {setting: filled_in(value, SECRETS) for setting, value in COMPOSE[name]["environment"].items()}
    assert set(there) <= set(here)
    for setting in there.keys() - OF_THIS_MACHINE - {"AIRFLOW__API__HOST", "AIRFLOW__API__BASE_URL"}:
        assert back(here[setting], name, places) == there[setting], setting


@pytest.mark.parametrize("name", AIRFLOW)
def test_no_setting_of_airflow_is_added_here(name, local):
    added = {setting for setting in local.environment(name) if setting.startswith("AIRFLOW")}
    assert added == {setting for setting in COMPOSE[name]["environment"] if setting.startswith("AIRFLOW")}


@pytest.mark.parametrize("name", AIRFLOW)
def test_a_command_is_the_containers_but_for_a_workers_log_server(name, local):
    there = [word.replace("$$", "$") for word in COMPOSE[name]["command"]]
    more = ["--skip-serve-logs"] if there[:3] == ["airflow", "celery", "worker"] else []
    assert list(local.command(name).words) == there + more


@pytest.mark.parametrize("name", AIRFLOW)
def test_nothing_here_listens_on_or_speaks_to_another_machine(name, local):
    environment = local.environment(name)
    values = " ".join(value for setting, value in environment.items() if setting.startswith("AIRFLOW"))
    assert "0.0.0.0" not in values  # noqa: S104  the opposite
    assert not [service for service in PORTS if re.search(rf'[/@]{service}:|"host": "{service}"', values)]
    assert environment["AIRFLOW__API__HOST"] == LOOPBACK
    assert environment["AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST"] == LOOPBACK


def test_every_address_in_a_setting_is_one_that_is_known_to_move():
    text = json.dumps([service.environment for service in map(SERVICES.get, AIRFLOW) if service])
    in_text = re.findall(r"(?:@|//)([a-z][a-z-]+):(\d+)", text)
    in_connections = re.findall(r'\\"host\\": \\"([a-z][a-z-]+)\\", \\"port\\": (\d+)', text)
    found = {(service, int(port)) for service, port in in_text + in_connections}
    assert found <= set(PORTS.items())
    assert {"metadata", "programme", "redis", "api-server", "mail"} <= {service for service, _ in found}


def test_each_service_that_listens_gets_a_free_port_of_its_own():
    ports = free_ports(SERVICES)
    assert set(ports) == set(PORTS)
    assert len(set(ports.values())) == len(ports)
    assert min(ports.values()) >= 1024


def test_a_service_starts_only_with_what_it_was_given(local, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    monkeypatch.setenv("AIRFLOW_CONN_SOMETHING_ELSE", "sqlite:///x")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environment = local.environment("scheduler")
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert not {"AIRFLOW_CONN_SOMETHING_ELSE", "PYTHONDONTWRITEBYTECODE"} & environment.keys()


def test_a_task_notes_the_service_that_ran_it(local, monkeypatch):
    monkeypatch.setenv(VARIABLE, local.environment("worker-2")[VARIABLE])
    assert service_name() == "worker-2"


def test_no_secret_is_on_a_command_line(local):
    words = [str(word) for name in AIRFLOW for word in local.command(name).words]
    assert not [secret for secret in SECRETS.values() if any(secret in word for word in words)]


def test_without_mariadb_the_entitys_file_stands_in(tmp_path):
    ports = free_ports(name for name in SERVICES if name != "billing-mariadb")
    places = LocalPlaces(ports, project=ROOT, out=tmp_path)
    connection = json.dumps({"conn_type": "mysql", "host": "billing-mariadb", "port": 3306})
    here = places.environment("worker-1", {"AIRFLOW_CONN_BILLING_UK": connection})["AIRFLOW_CONN_BILLING_UK"]
    assert json.loads(here) == {"conn_type": "sqlite", "host": str(tmp_path / "state/world/billing/uk.db")}


def test_another_redis_is_used_with_a_prefix_of_this_runs_own(tmp_path):
    other = {"AIRFLOW__CELERY__BROKER_URL": "redis://127.0.0.1:6379/3"}
    places = LocalPlaces(free_ports(SERVICES), project=ROOT, out=tmp_path, settings=other)
    settings = {"AIRFLOW__CELERY__BROKER_URL": "redis://:x@redis:6379/0"}
    assert places.environment("worker-1", settings).items() >= other.items()
