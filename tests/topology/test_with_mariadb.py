"""A command that runs beside a MariaDB of its own finds it where the tests look for it."""

import sys

import pytest

from topology import mariadb_server
from topology.with_mariadb import run_beside_mariadb

ASKS = """
import sys, pymysql
from tests.mariadb_place import MARIADB
with pymysql.connect(**MARIADB) as server, server.cursor() as cursor:
    cursor.execute("SELECT @@port")
    sys.exit(7 if cursor.fetchone() == (MARIADB["port"],) and MARIADB["port"] != 3306 else 1)
"""


@pytest.mark.skipif(mariadb_server.own_server() is None, reason="NO MARIADB-SERVER INSTALLED: not tested")
def test_the_command_is_told_where_the_server_is_and_gives_its_status():
    assert run_beside_mariadb([sys.executable, "-c", ASKS]) == 7


def test_without_the_server_the_command_runs_all_the_same(monkeypatch):
    monkeypatch.setattr(mariadb_server, "own_server", lambda: None)
    assert run_beside_mariadb([sys.executable, "-c", "raise SystemExit(5)"]) == 5
