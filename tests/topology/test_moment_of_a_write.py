"""PostgreSQL is to be killed in the middle of a transaction that has written: that moment is found, and only that."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from topology import postgres_server
from topology.local_places import LOOPBACK, free_ports
from topology.postgres_server import bring_up, wait_for_a_write
from topology.processes import Processes
from topology.unprivileged import Unprivileged

pytestmark = pytest.mark.server

ENVIRONMENT = {"POSTGRES_USER": "programme", "POSTGRES_PASSWORD": "word", "POSTGRES_DB": "programme"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("postgres")
    (port,) = free_ports(["programme"]).values()
    processes, unprivileged = Processes(folder / "processes.json"), Unprivileged()
    for _ in bring_up(
        processes, "programme", unprivileged=unprivileged, home=folder, port=port, environment=ENVIRONMENT
    ):
        pass
    yield port
    processes.stop()
    unprivileged.forget()


@pytest.fixture
def somebody(port: int) -> Iterator[psycopg.Connection]:
    with closing(
        psycopg.connect(host=LOOPBACK, port=port, user="programme", password="word", dbname="programme")
    ) as connection:
        yield connection


def test_a_transaction_that_has_written_is_the_moment(port, somebody):
    somebody.execute("CREATE TABLE written (number integer)")
    assert wait_for_a_write(port, ENVIRONMENT)


def test_a_transaction_that_only_reads_is_not(port, somebody, monkeypatch):
    monkeypatch.setattr(postgres_server, "WRITE_SECONDS", 0.3)
    somebody.execute("SELECT count(*) FROM pg_class")
    assert not wait_for_a_write(port, ENVIRONMENT)
