import pickle
import subprocess
import sys
import traceback

import pytest

from partner_program.adapters.connections import (
    ConnectionFields,
    EnvironmentConnections,
    connection_from_environment,
    sqlalchemy_url,
)
from partner_program.domain.refusals import Refusal

VARIABLE = "AIRFLOW_CONN_BILLING_NL"


def read(monkeypatch: pytest.MonkeyPatch, value: str) -> ConnectionFields:
    monkeypatch.setenv(VARIABLE, value)
    found = EnvironmentConnections().get("billing_nl")
    assert found is not None
    return found


def test_a_connection_that_is_not_set_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert connection_from_environment("billing_nl") is None


def test_an_empty_variable_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " ")
    assert connection_from_environment("billing_nl") is None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ('{"conn_type": "sqlite", "host": "/data/nl.db"}', "/data/nl.db"),
        ('{"conn_type": "sqlite", "schema": "/data/nl.db"}', "/data/nl.db"),
        ("sqlite:////data/NL.db", "/data/NL.db"),
        ("sqlite://%2Fdata%2FNL.db", "/data/NL.db"),
        ("sqlite:///nl%20one.db", "nl one.db"),
    ],
)
def test_each_form_of_a_sqlite_connection_gives_the_path(
    monkeypatch: pytest.MonkeyPatch, value: str, path: str
) -> None:
    fields = read(monkeypatch, value)
    assert (fields.conn_type, fields.sqlite_file) == ("sqlite", path)
    assert sqlalchemy_url(fields).database == path


@pytest.mark.parametrize(
    "value",
    [
        '{"conn_type": "postgres", "host": "db.example", "port": "5432", "login": "ann", "password": "p@ss/:%",'
        ' "schema": "billing", "extra": {"sslmode": "require"}}',
        '{"conn_type": "postgresql", "host": "db.example", "port": 5432, "login": "ann", "password": "p@ss/:%",'
        ' "schema": "billing", "extra": "{\\"sslmode\\": \\"require\\"}"}',
        "postgres://ann:p%40ss%2F%3A%25@db.example:5432/billing?sslmode=require",
        "postgresql://ann:p%40ss%2F%3A%25@db.example:5432/billing?__extra__=%7B%22sslmode%22%3A+%22require%22%7D",
    ],
)
def test_each_form_of_a_postgres_connection_gives_the_same_fields(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    expected = ConnectionFields(
        "billing_nl", "postgres", "db.example", 5432, "ann", "p@ss/:%", "billing", {"sslmode": "require"}
    )
    assert read(monkeypatch, value) == expected


def test_a_host_that_is_an_ipv6_address_is_read_without_its_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = read(monkeypatch, "mysql://ann@[::1]:3306/billing")
    assert (fields.host, fields.port, fields.login, fields.password) == ("::1", 3306, "ann", None)


@pytest.mark.parametrize(("conn_type", "driver"), [("postgres", "postgresql+psycopg"), ("mysql", "mysql+pymysql")])
def test_the_address_for_sqlalchemy_names_the_driver_and_quotes_the_password(conn_type: str, driver: str) -> None:
    url = sqlalchemy_url(ConnectionFields("b", conn_type, "db.example", 1, "ann", "p@ss/:%", "billing"))
    assert url.drivername == driver
    assert url.password == "p@ss/:%"  # noqa: S105, an invented one
    assert "p@ss" not in str(url)


def test_a_type_without_a_driver_is_refused_by_name() -> None:
    with pytest.raises(Refusal, match="connection b: type 'oracle', expected one of sqlite, postgres, mysql"):
        sqlalchemy_url(ConnectionFields("b", "oracle"))


def test_a_sqlite_connection_without_a_path_is_refused() -> None:
    with pytest.raises(Refusal, match="connection b: expected the path"):
        sqlalchemy_url(ConnectionFields("b", "sqlite"))


@pytest.mark.parametrize(
    "value",
    [
        '{"conn_type": "postgres", "password": "hunter2"',
        '{"password": "hunter2"}',
        '{"conn_type": "postgres", "password": "hunter2", "port": "hunter2"}',
        '{"conn_type": "postgres", "password": ["hunter2"]}',
        '{"conn_type": "postgres", "extra": "hunter2"}',
        '{"conn_type": "postgres", "extra": "[\\"hunter2\\"]"}',
        "postgres://ann:hunter2@db.example:port/billing",
        "hunter2",
        "postgres://ann:hunter2@[db.example/billing",
    ],
)
def test_a_fault_names_the_variable_and_never_shows_its_value(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(Refusal, match=f"{VARIABLE}: expected a connection") as refused:
        connection_from_environment("billing_nl")
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_printing_a_connection_shows_neither_password_nor_extra() -> None:
    fields = ConnectionFields("b", "postgres", "h", 1, "ann", "hunter2", "s", {"sslkey": "hunter3"})
    assert "hunter" not in f"{fields!r} {fields}"
    assert pickle.loads(pickle.dumps(fields)) == fields  # noqa: S301, what a task's worker does


@pytest.mark.processes
def test_reading_connections_does_not_import_sqlalchemy() -> None:
    code = "import sys, partner_program.adapters.billing.pull; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0
