"""Whatever an entity's database does, reading it ends at its deadline, as a fault in words."""

import os
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from partner_program.adapters.billing.pull import faults_in_reading, pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.program import LargestLine
from tests.adapters.billing.test_pull import (
    CLOSES,
    ENTITY,
    JULY,
    LARGEST,
    LINE,
    RESELLERS,
    SQL_FOLDER,
    TABLE,
    write_billing,
)
from tests.servers import Postgres, until
from tests.silent_servers import Mute, listening, say_a_byte_now_and_then, say_nothing

NO_ANSWER = "no answer within 1 second"
AT_MOST = 6.0  # seconds; far more than a deadline of one, far less than what the databases here would take
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {columns} FROM n WHERE i < 0"


@contextmanager
def ends_in_time() -> Iterator[None]:
    before = monotonic()
    yield
    assert monotonic() - before < AT_MOST


def reading(fields: ConnectionFields, *, left_behind: bool = False) -> list[str]:
    """What a month's pull and what the doctor say of a database; no thread reads on, unless nothing could end it."""
    before = set(threading.enumerate())
    with ends_in_time():
        pulled = pull_month(fields, ENTITY, JULY, largest_line=LargestLine(LARGEST), sql_folder=SQL_FOLDER)
    assert (pulled.groups, pulled.faulty_lines, pulled.closes, pulled.reseller_accounts) == ((), (), (), ())
    with ends_in_time():
        said = faults_in_reading(fields, ENTITY, JULY, largest_line=LargestLine(LARGEST), sql_folder=SQL_FOLDER)
    if not left_behind:
        until(lambda: not [each for each in set(threading.enumerate()) - before if "_give" in each.name])
    return [str(pulled.fault), *said]


def of_sqlite(file: Path, **extra: object) -> ConnectionFields:
    return ConnectionFields("billing_nl", "sqlite", host=str(file), extra={"deadline": 1, **extra})


# SQLite


def endless(table: str) -> str:
    """A view that has a table's name and columns, and searches for ever for a row."""
    name, columns = re.findall(r"CREATE TABLE (\w+) \((.*)\)", table)[0]
    words = [column.split()[0] for column in columns.split(",")]
    return f"CREATE VIEW {name} AS " + ENDLESS.format(columns=", ".join(f"'2015-07-' || i AS {word}" for word in words))


@pytest.mark.parametrize("which", [TABLE, CLOSES, RESELLERS])
def test_an_endless_view_of_sqlite_ends(tmp_path: Path, which: str) -> None:
    tables = [table for table in (TABLE, CLOSES, RESELLERS) if table != which]
    file = write_billing(tmp_path / "nl.db", [], [("2015-07", "EUR", 0, 0)] if which != CLOSES else [], tables)
    with closing(sqlite3.connect(file)) as owner:
        owner.execute(endless(which))
    assert reading(of_sqlite(file)) == [NO_ANSWER, NO_ANSWER]


def test_a_view_of_sqlite_that_gives_rows_for_ever_ends(tmp_path: Path) -> None:
    file = write_billing(tmp_path / "nl.db", [], [("2015-07", "EUR", 0, 0)], [TABLE, CLOSES])
    with closing(sqlite3.connect(file)) as owner:
        owner.execute(
            "CREATE VIEW program_reseller_account AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT 'A' || (i % 7) AS account_id, '' AS company_name, '' AS vat_id, '' AS email_domain FROM n"
        )
    assert reading(of_sqlite(file)) == [NO_ANSWER, NO_ANSWER]


def test_waiting_for_a_writer_of_sqlite_ends_at_the_deadline_too(tmp_path: Path) -> None:
    file = write_billing(tmp_path / "nl.db", [], [("2015-07", "EUR", 0, 0)], [TABLE, CLOSES, RESELLERS])
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert reading(of_sqlite(file, timeout=20)) == [NO_ANSWER, NO_ANSWER]


def test_a_file_that_cannot_even_be_opened_in_time_is_left(tmp_path: Path) -> None:
    """As on a network drive that is gone: nothing in this process can end the waiting."""
    os.mkfifo(tmp_path / "nl.db")
    try:
        assert reading(of_sqlite(tmp_path / "nl.db"), left_behind=True) == [NO_ANSWER, NO_ANSWER]
    finally:
        os.close(os.open(tmp_path / "nl.db", os.O_RDWR | os.O_NONBLOCK))  # let those go that still wait


def test_nothing_is_left_of_a_reading_that_ended(tmp_path: Path) -> None:
    file = write_billing(tmp_path / "nl.db", [LINE], [("2015-07", "EUR", 1, 10_000)], [TABLE, CLOSES, RESELLERS])
    before, open_before = set(threading.enumerate()), len(list(Path("/proc/self/fd").iterdir()))
    pulled = pull_month(of_sqlite(file), ENTITY, JULY, largest_line=LargestLine(LARGEST), sql_folder=SQL_FOLDER)
    assert (pulled.fault, len(pulled.groups)) == (None, 1)
    until(lambda: set(threading.enumerate()) <= before)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


# Servers that take the connection and go silent


@pytest.mark.parametrize("conn_type", ["postgres", "mysql"])
@pytest.mark.parametrize("answer", [say_nothing, say_a_byte_now_and_then])
def test_a_server_that_takes_the_connection_and_says_nothing_of_use(
    conn_type: str, answer: Callable[[socket.socket], None]
) -> None:
    with listening(answer) as port:
        fields = ConnectionFields(
            "billing_nl",
            conn_type,
            host="127.0.0.1",
            port=port,
            login="reader",
            password="tell-nobody",
            schema="billing",
            extra={"deadline": 1},
        )
        for said in reading(fields, left_behind=answer is say_a_byte_now_and_then):
            assert said == NO_ANSWER or (said.startswith("billing database not readable: ") and "nobody" not in said)


def went_silent(fields: dict[str, Any], mute: Mute) -> list[str]:
    with listening(mute) as port:
        return reading(ConnectionFields("billing_nl", host="127.0.0.1", port=port, extra={"deadline": 1}, **fields))


# What the statement `relations` of each dialect asks for: the session is set up by then.
def test_a_postgresql_that_goes_silent_in_the_midst(shared_postgres: Postgres) -> None:
    def connect() -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{shared_postgres.folder}/.s.PGSQL.5432")
        return server

    mute = Mute(connect, b"relname")
    fields = {"conn_type": "postgres", "login": "postgres", "schema": "postgres"}
    assert went_silent(fields, mute) == [NO_ANSWER, NO_ANSWER]
    assert mute.said_it.is_set()


def test_a_mariadb_that_goes_silent_in_the_midst(shared_mariadb: dict[str, Any]) -> None:
    def connect() -> socket.socket:
        return socket.create_connection((shared_mariadb["host"], shared_mariadb["port"]))

    mute = Mute(connect, b"information_schema.tables")
    fields = {"conn_type": "mysql", "login": "root", "password": shared_mariadb["password"], "schema": "mysql"}
    assert went_silent(fields, mute) == [NO_ANSWER, NO_ANSWER]
    assert mute.said_it.is_set()


# The setting


@pytest.mark.parametrize("asked", ["soon", 0, -5, 1.5, True, 86_401, "", "٣"])
def test_a_deadline_that_is_no_number_of_seconds_is_named(tmp_path: Path, asked: object) -> None:
    file = write_billing(tmp_path / "nl.db", [], [], [TABLE, CLOSES, RESELLERS])
    wrong = "connection billing_nl: deadline in extra: expected whole seconds, as in 600"
    assert reading(of_sqlite(file, deadline=asked)) == [wrong, wrong]


def test_a_deadline_may_be_text_as_in_the_uri_of_a_connection(tmp_path: Path) -> None:
    file = write_billing(tmp_path / "nl.db", [], [("2015-07", "EUR", 0, 0)], [TABLE, CLOSES, RESELLERS])
    fields = of_sqlite(file, deadline="30")
    assert faults_in_reading(fields, ENTITY, JULY, largest_line=LargestLine(LARGEST), sql_folder=SQL_FOLDER) == []
