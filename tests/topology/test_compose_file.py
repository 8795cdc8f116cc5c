"""docker-compose.yaml holds to what its first lines promise, read as plain YAML."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from topology.compose_file import UnsetVariable, filled_in, read_services, required_variables
from topology.queued_waits import MOST_SECONDS

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STAYING = {name: service for name, service in SERVICES.items() if service.get("restart") != "no"}
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("partner-program:")}


def locked(package: str) -> str:
    found = re.search(rf"^{package}==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert found
    return found[1]


def test_the_services_are_those_of_a_whole_installation():
    assert set(SERVICES) == {
        "metadata",
        "programme",
        "redis",
        "billing-postgres",
        "billing-mariadb",
        "mail",
        "database-migration",
        "demo-world",
        "api-server",
        "scheduler",
        "dag-processor",
        "worker-1",
        "worker-2",
    }


@pytest.mark.parametrize("name", STAYING)
def test_a_service_that_stays_has_a_health_check(name):
    check = STAYING[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries"} <= check.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_roots_or_can_become_it(name):
    user = str(SERVICES[name]["user"]).partition(":")[0]
    assert user not in ("", "0", "root")
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_published_is_published_on_loopback_alone(name):
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))
    assert "network_mode" not in SERVICES[name]


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_to_a_whole_version(name):
    _, _, tag = SERVICES[name]["image"].rpartition(":")
    assert re.match(r"v?\d+\.\d+", tag), tag


def test_the_metadata_and_the_programme_are_in_postgresql_16_or_later():
    for name in ("metadata", "programme"):
        repository, _, tag = SERVICES[name]["image"].partition(":")
        assert repository == "postgres"
        assert int(tag.partition(".")[0]) >= 16


def test_the_image_is_airflows_own_at_the_locked_version():
    (base,) = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    repository, _, tag = base.partition(":")
    assert repository == "apache/airflow"
    assert re.fullmatch(rf"slim-{re.escape(locked('apache-airflow'))}-python3\.1[123]", tag)


def test_the_image_takes_the_lock_by_its_hashes_and_ends_as_airflows_user():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.txt" in dockerfile
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE)[-1] == "airflow"


def test_our_image_bears_our_version():
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert {service["image"] for service in OURS.values()} == {f"partner-program:{version[1]}"}


def test_months_run_by_celery_on_two_workers_of_different_names():
    assert SERVICES["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    workers = [service for service in OURS.values() if "worker" in service["command"]]
    assert [worker["command"][:3] for worker in workers] == [["airflow", "celery", "worker"]] * 2
    assert len({worker["hostname"] for worker in workers}) == 2
    assert all(worker["command"][-1] == worker["hostname"] for worker in workers)


def test_all_of_airflow_has_the_same_settings():
    shared = COMPOSE["x-airflow-environment"]
    for service in OURS.values():
        own = {name: value for name, value in service["environment"].items() if name not in shared}
        assert {name: service["environment"][name] for name in shared} == shared
        assert not [name for name in own if name.startswith("AIRFLOW__")]


def test_a_task_leaves_the_scheduler_only_once_a_worker_has_a_slot_for_it():
    shared = COMPOSE["x-airflow-environment"]
    workers = [service for service in OURS.values() if "worker" in service["command"]]
    slots = len(workers) * int(shared["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert int(shared["AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT"]) == slots


def test_a_task_that_a_lost_worker_did_not_begin_is_queued_again_in_time_and_for_a_day():
    shared = COMPOSE["x-airflow-environment"]
    queued = int(shared["AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT"])
    looks = int(shared["AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL"])
    assert queued + looks < MOST_SECONDS
    assert queued * int(shared["AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"]) >= 24 * 60 * 60
    # Until it is queued again, the token of its message is taken.
    assert looks < int(shared["AIRFLOW__API_AUTH__JWT_LEEWAY"])


def test_every_service_waits_for_what_it_needs():
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            ends = SERVICES[needed].get("restart") == "no"
            assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")


def settings() -> Iterator[tuple[str, str]]:
    for service in SERVICES.values():
        yield from service.get("environment", {}).items()


def test_a_secret_is_never_written_here_and_has_no_default():
    secret = [(name, value) for name, value in settings() if re.search(r"PASSWORD$|SECRET|_KEY$", name)]
    assert secret
    assert all(re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value) for _, value in secret)
    in_addresses = [password for _, value in settings() for password in re.findall(r"://\w*:(.+?)@", value)]
    assert in_addresses
    assert all(password.startswith("${") and ":?" in password for password in in_addresses)
    in_connections = [word for _, value in settings() for word in re.findall(r'"password": "([^"]*)"', value)]
    assert in_connections
    assert all(re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", password) for password in in_connections)


def test_only_the_two_ports_have_defaults():
    text = (ROOT / "docker-compose.yaml").read_text()
    assert set(re.findall(r"\$\{([A-Z_]+):-", text)) == {"AIRFLOW_PORT", "MAIL_PORT"}


def test_the_example_names_each_secret_and_gives_none():
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE))
    assert named | {"PARTNER_PROGRAM_HOST"} == required_variables(read_services()), "bin/compose gives the host's name"
    assert set(re.findall(r"^([A-Z_]+)=.+$", example, re.MULTILINE)) == {"AIRFLOW_PORT", "MAIL_PORT"}


def test_what_tasks_need_is_in_the_image():
    copied = set(re.findall(r"^COPY .*?(\S+) \./\S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert {"include", "plugins", "dags", "demo", "topology"} <= copied
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied <= allowed
    assert ".env" not in allowed


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a ${ONE} b", "a 1 b"),
        ("${ONE:?why}", "1"),
        ("${ONE:-2}", "1"),
        ("${TWO:-2}", "2"),
        ("$$ONE $${ONE}", "$ONE ${ONE}"),
        ("no variable", "no variable"),
    ],
)
def test_variables_are_filled_in_as_the_engine_does_it(text, filled):
    assert filled_in(text, {"ONE": "1"}) == filled


@pytest.mark.parametrize("given", [{}, {"SECRET": ""}])
def test_a_secret_that_is_not_set_is_refused_by_name(given):
    with pytest.raises(UnsetVariable, match="SECRET: run bin/make-env"):
        filled_in("${SECRET:?run bin/make-env}", given)
