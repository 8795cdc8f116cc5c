"""Real servers with the tables of billing systems, read by a role that may only read.

    billing.empty_tables("CREATE TABLE ...")   # the system's own tables, in a database of the test module's own
    billing.add("invoices", id="I1", ...)      # a row
    billing.lines("killbill")                  # the rows of a source's query, used in place, by line_id
    billing.install_views("killbill")          # install the views as an entity does
    billing.view_lines()                       # the same lines through its view
    billing.fields                             # the connection of the role that may only read

MariaDB is the one that tests/mariadb_place.py names; without it its tests are skipped. PostgreSQL comes from a wheel
and is always there.
"""

import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pymysql
import pytest

from partner_program.adapters.billing.statements import read_stand_ins
from partner_program.adapters.connections import ConnectionFields
from tests.servers import Postgres

SQL = Path(__file__).parents[2] / "include" / "sql"
PRINT_SQL = SQL / "sources" / "print_sql"
LINES, RESELLERS = "program_mrr_line", "program_reseller_account"


class Billing(ABC):
    """A database with one billing system's tables, read by a role that has SELECT only."""

    conn_type: str

    def __init__(self, owner: Any, reader: Any, fields: ConnectionFields) -> None:
        self._owner = owner
        self._reader = reader
        self.fields = fields
        self._tables: dict[str, list[str]] = {}

    def empty_tables(self, statements: str) -> None:
        """Make the system's tables, or empty those of an earlier test, which takes a tenth of the time."""
        self.script(f"DROP VIEW IF EXISTS {LINES}; DROP VIEW IF EXISTS {RESELLERS}")
        if statements not in self._tables:
            self.script(statements)
            self._tables[statements] = re.findall(r"CREATE TABLE (`[^`]+`|\w+)", statements)
        self.script(";".join(f"DELETE FROM {table}" for table in self._tables[statements]))  # noqa: S608

    def script(self, statements: str) -> None:
        """Run statements that end in a semicolon, as the owner."""
        with self._owner.cursor() as cursor:
            for statement in filter(str.strip, statements.split(";")):
                cursor.execute(statement)

    def add(self, table: str, **values: Any) -> None:
        """Insert a row."""
        names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        with self._owner.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608

    def lines(self, source: str) -> dict[str, dict[str, Any]]:
        """The rows of `program_mrr_line` by line_id, from the query used in place."""
        return self._by_id(self.ask(f"SELECT * FROM ({self.query(source, LINES)}) AS {LINES}"))  # noqa: S608

    def resellers(self, source: str) -> list[dict[str, Any]]:
        """The rows of `program_reseller_account`, by account."""
        rows = self.ask(f"SELECT * FROM ({self.query(source, RESELLERS)}) AS {RESELLERS}")  # noqa: S608
        return sorted(rows, key=lambda row: str(row["account_id"]))

    def install_views(self, source: str) -> None:
        """Install the views as an entity does, with the printed script."""
        self.script(printed("views", source, self.conn_type))

    def view_lines(self) -> dict[str, dict[str, Any]]:
        """The rows of the installed view `program_mrr_line` by line_id."""
        return self._by_id(self.ask(f"SELECT * FROM {LINES}"))  # noqa: S608

    def query(self, source: str, relation: str) -> str:
        """A source's query for a relation, as the pull of a month finds it."""
        stand_ins = read_stand_ins(SQL, source, self.conn_type)
        assert stand_ins is not None
        return stand_ins[relation]

    def ask(self, question: str) -> list[dict[str, Any]]:
        """Rows that the reader sees."""
        return _rows(self._reader, question)

    def ask_as_owner(self, question: str) -> list[dict[str, Any]]:
        """Rows that the owner sees."""
        return _rows(self._owner, question)

    @staticmethod
    def _by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        found = {row["line_id"]: row for row in rows}
        assert len(found) == len(rows), "line_id is unique"
        return found

    @abstractmethod
    def refuses_writing(self, statement: str) -> bool:
        """Whether the reader's rights forbid a statement."""


class MariadbBilling(Billing):
    """On a MariaDB server."""

    conn_type = "mysql"

    def refuses_writing(self, statement: str) -> bool:
        with self._reader.cursor() as cursor:
            try:
                cursor.execute(statement)
            except pymysql.err.OperationalError as refusal:
                return "denied" in str(refusal)
        return False


class PostgresBilling(Billing):
    """On a PostgreSQL server."""

    conn_type = "postgres"

    def refuses_writing(self, statement: str) -> bool:
        with self._reader.cursor() as cursor:
            try:
                cursor.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                return True
        return False


def _rows(connection: Any, question: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def printed(*words: str) -> str:
    """The output of `print_sql`."""
    return subprocess.run([str(PRINT_SQL), *words], check=True, capture_output=True, text=True).stdout


def copied(source: str, copy: str, folder: Path) -> str:
    """The query for lines of a copy of a source, made in a folder with the commands of the source's README."""
    (commands,) = re.findall(r"```sh\n(cp -r .*?)```", (SQL / "sources" / source / "README.md").read_text(), re.DOTALL)
    shutil.copytree(SQL / "sources" / source, folder / source)
    subprocess.run(["/bin/sh", "-ec", commands], cwd=folder, check=True)
    (query,) = (folder / copy).rglob(f"{LINES}.sql")
    return query.read_text()


@pytest.fixture(scope="module")
def mariadb_billing(shared_mariadb: dict[str, Any]) -> Iterator[Billing]:
    """A MariaDB database."""
    name = f"source_{uuid4().hex[:12]}"
    with closing(pymysql.connect(**shared_mariadb, autocommit=True)) as owner, owner.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE USER {name}@'%' IDENTIFIED BY 'only-reads'")
        cursor.execute(f"GRANT SELECT ON {name}.* TO {name}@'%'")
        owner.select_db(name)
        reading = shared_mariadb | {"user": name, "password": "only-reads", "database": name}
        place = {key: shared_mariadb[key] for key in ("host", "port")}
        fields = ConnectionFields("billing_nl", "mysql", **place, login=name, password="only-reads", schema=name)
        try:
            with closing(pymysql.connect(**reading, autocommit=True)) as reader:
                yield MariadbBilling(owner, reader, fields)
        finally:
            cursor.execute(f"DROP USER {name}@'%'")
            cursor.execute(f"DROP DATABASE {name}")


@pytest.fixture(scope="module")
def postgres_billing(shared_postgres: Postgres) -> Iterator[Billing]:
    """A schema of a PostgreSQL database."""
    with _schema(shared_postgres) as billing:
        yield billing


@pytest.fixture
def own_postgres_billing(shared_postgres: Postgres) -> Iterator[Billing]:
    """A schema of a test's own, for systems whose tables have the names of another system's."""
    with _schema(shared_postgres) as billing:
        yield billing


@contextmanager
def _schema(server: Postgres) -> Iterator[Billing]:
    name = f"source_{uuid4().hex[:12]}"
    with server.owner() as owner:
        owner.execute(f"CREATE SCHEMA {name}")
        owner.execute(f"CREATE ROLE {name}_reader LOGIN")
        owner.execute(f"GRANT USAGE ON SCHEMA {name} TO {name}_reader")
        owner.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {name} GRANT SELECT ON TABLES TO {name}_reader")
        owner.execute(f"SET search_path TO {name}")
        host, schema = server.folder, owner.info.dbname
        fields = ConnectionFields(
            "billing_nl", "postgres", host, None, f"{name}_reader", schema=schema, extra={"search_path": name}
        )
        reading = {"host": host, "dbname": schema, "user": fields.login, "options": f"-c search_path={name}"}
        try:
            with psycopg.connect(**reading, autocommit=True) as reader:
                yield PostgresBilling(owner, reader, fields)
        finally:
            owner.execute(f"DROP SCHEMA {name} CASCADE")
            owner.execute(f"DROP ROLE {name}_reader")
