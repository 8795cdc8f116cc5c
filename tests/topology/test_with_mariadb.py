"""A command that runs beside a MariaDB of its own finds it where the tests look for it."""

import sys
import tempfile
from pathlib import Path

import pytest

from topology import mariadb_server
from topology.with_mariadb import run_beside_mariadb

pytestmark = pytest.mark.server

ASKS = """
import sys, pymysql
from pathlib import Path
from tests.mariadb_place import MARIADB
with pymysql.connect(**MARIADB) as server, server.cursor() as cursor:
    cursor.execute("SELECT @@port, @@tmpdir")
    Path(sys.argv[1]).write_text("\\n".join(map(str, cursor.fetchone())))
    sys.exit(7)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[int, int, str]:
    """The status of a command beside the server, and the port and the temporary folder that the server told it."""
    if mariadb_server.own_server() is None:
        pytest.skip("NO MARIADB-SERVER INSTALLED: not tested")
    answer = tmp_path_factory.mktemp("told") / "answer"
    status = run_beside_mariadb([sys.executable, "-c", ASKS, str(answer)])
    port, folder = answer.read_text().splitlines()
    return status, int(port), folder


def test_the_command_is_told_where_the_server_is_and_gives_its_status(told):
    status, port, _ = told
    assert status == 7
    assert port != 3306


def test_no_other_server_sweeps_its_temporary_tables_away(told):
    *_, folder = told
    assert Path(folder) != Path(tempfile.gettempdir())
    assert not Path(folder).exists(), "it goes with the server"


def test_without_the_server_the_command_runs_all_the_same(monkeypatch):
    monkeypatch.setattr(mariadb_server, "own_server", lambda: None)
    assert run_beside_mariadb([sys.executable, "-c", "raise SystemExit(5)"]) == 5
