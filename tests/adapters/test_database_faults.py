"""A server's fault is reported with its code and without the values of a row, in messages and in tracebacks."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pymysql
import pytest
from sqlalchemy import insert

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema
from partner_program.adapters.database.append import COPY_FROM_ROWS, append_rows
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.adapters.database_faults import plain_words
from partner_program.adapters.orders.database import RATES, append
from partner_program.domain.publication import PublishedRate
from partner_program.domain.refusals import Unavailable
from tests.servers import Postgres

CANARY = "canary@private.example"
MANAGER = {"account_manager_id": CANARY, "name": CANARY, "email": CANARY, "phone": CANARY}
RATE = PublishedRate(CANARY, date(2015, 7, 27), 2, 800, 2000, "Silver", 1)
TABLE = (
    "CREATE TABLE program_discount_rate (account_id {account}, valid_from DATE, tier INTEGER,"
    " monthly_fee_discount_bp INTEGER, setup_fee_discount_bp INTEGER, sla VARCHAR(20), revision INTEGER,"
    " published_at DATE, {rule})"
)
RULES = ["CHECK (tier > 6)", "UNIQUE (tier)"]


@pytest.fixture(scope="module")
def postgres(shared_postgres: Postgres) -> Iterator[psycopg.Connection[Any]]:
    name = shared_postgres.programme()
    with shared_postgres.owner(name) as owner:
        yield owner
    shared_postgres.drop(name)


def fields_of(owner: psycopg.Connection[Any], conn_id: str) -> ConnectionFields:
    here = owner.info
    return ConnectionFields(conn_id, "postgres", str(here.host), here.port, "postgres", schema=here.dbname)


@pytest.fixture(scope="module")
def programme(postgres: psycopg.Connection[Any]) -> ProgramDatabase:
    return ProgramDatabase(fields_of(postgres, "partner_program"))


@contextmanager
def refused_without_the_value(words: str) -> Iterator[None]:
    """Expect a refusal with these words; the value is neither in them nor in the traceback that a log would show."""
    with pytest.raises(Unavailable) as refused:
        yield
    assert words in str(refused.value)
    # the lines of the test itself do not hold the value, only its name
    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_a_row_that_is_there_already_is_refused_without_its_values(programme: ProgramDatabase) -> None:
    with refused_without_the_value("(SQLSTATE 23505)"), programme.writing() as connection:
        connection.execute(insert(schema.account_manager), [MANAGER, MANAGER])


def test_a_rule_that_is_broken_is_named_without_the_row(programme: ProgramDatabase) -> None:
    with refused_without_the_value("(SQLSTATE 23502)"), programme.writing() as connection:
        connection.execute(insert(schema.account_manager), [MANAGER | {"name": None}])


def test_a_value_that_the_server_quotes_in_its_first_line_is_not_shown(programme: ProgramDatabase) -> None:
    with (
        refused_without_the_value("a value does not fit its column (SQLSTATE 22P02)"),
        programme.writing() as connection,
    ):
        connection.exec_driver_sql("SELECT CAST(%(value)s AS integer)", {"value": CANARY})


def test_a_copied_row_that_is_refused_is_not_shown(programme: ProgramDatabase) -> None:
    rows = [MANAGER | {"account_manager_id": f"M{number}"} for number in range(COPY_FROM_ROWS)]
    bad = [*rows[1:], MANAGER | {"account_manager_id": "M0", "name": CANARY + "\0"}]
    with refused_without_the_value("(SQLSTATE 22021)"), programme.writing() as connection:
        append_rows(connection, schema.account_manager, bad)


@pytest.mark.parametrize("rule", RULES)
def test_a_rate_that_an_order_database_on_postgresql_refuses_is_not_shown(
    postgres: psycopg.Connection[Any], rule: str
) -> None:
    postgres.execute("DROP TABLE IF EXISTS program_discount_rate")
    postgres.execute(TABLE.format(account="text", rule=rule).encode())
    with refused_without_the_value("(SQLSTATE 235"):
        append(fields_of(postgres, "orders_nl"), RATES, [RATE, RATE], published_at=date(2015, 7, 27))


@pytest.fixture
def mariadb(shared_mariadb: dict[str, Any]) -> Iterator[tuple[ConnectionFields, Callable[[str], Any]]]:
    owner = pymysql.connect(**shared_mariadb, autocommit=True)
    name = f"faults_{uuid4().hex[:12]}"
    with closing(owner), owner.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"USE {name}")
        place = {key: shared_mariadb[key] for key in ("host", "port")}
        login, password = str(shared_mariadb["user"]), str(shared_mariadb["password"])
        try:
            yield (
                ConnectionFields("orders_us", "mysql", **place, login=login, password=password, schema=name),
                cursor.execute,
            )
        finally:
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize(
    ("account", "rule", "words"),
    [
        (
            "varchar(100) COLLATE utf8mb4_bin",
            "UNIQUE (account_id)",
            "a row with the same key is there already (error 1062)",
        ),
        ("varchar(5) COLLATE utf8mb4_bin", "CHECK (TRUE)", "a value is too long for its column (error 1406)"),
        ("varchar(100) COLLATE latin1_bin", "CHECK (TRUE)", "a value does not fit its column (error 1366)"),
        ("varchar(100) COLLATE utf8mb4_bin", "CHECK (tier > 6)", "a rule of the table is broken (error 4025)"),
    ],
)
def test_a_rate_that_an_order_database_on_mariadb_refuses_is_not_shown(
    mariadb: tuple[ConnectionFields, Callable[[str], Any]], account: str, rule: str, words: str
) -> None:
    fields, run = mariadb
    run(TABLE.format(account=account, rule=rule))
    rate = replace(RATE, account_id=f"{CANARY} 株")
    with refused_without_the_value(words):
        append(fields, RATES, [rate, rate], published_at=date(2015, 7, 27))


def test_words_of_a_trigger_are_not_shown(mariadb: tuple[ConnectionFields, Callable[[str], Any]]) -> None:
    fields, run = mariadb
    run(TABLE.format(account="varchar(100) COLLATE utf8mb4_bin", rule="CHECK (TRUE)"))
    run(
        "CREATE TRIGGER says BEFORE INSERT ON program_discount_rate FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = NEW.account_id"
    )
    with refused_without_the_value("(error 1644)"):
        append(fields, RATES, [RATE], published_at=date(2015, 7, 27))


def test_a_table_that_is_not_there_is_named(mariadb: tuple[ConnectionFields, Callable[[str], Any]]) -> None:
    fields, _ = mariadb
    with pytest.raises(Unavailable, match=rf"Table '{fields.schema}.program_discount_rate' doesn't exist \(error 1146"):
        append(fields, RATES, [RATE], published_at=date(2015, 7, 27))


def test_a_server_that_does_not_answer_is_named_in_one_line() -> None:
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(host="127.0.0.1", port=1, connect_timeout=2)
    assert "127.0.0.1" in plain_words(refused.value)
    assert "\n" not in plain_words(refused.value)


def test_a_query_that_the_server_cannot_parse_is_named_by_its_line_without_its_text() -> None:
    said = f"You have an error in your SQL syntax; check the manual near 'FORM t WHERE x = '{CANARY}'' at line 3"

    assert plain_words(pymysql.err.ProgrammingError(1064, said)) == (
        "the server cannot parse the statement, at line 3 (error 1064)"
    )
    assert CANARY not in plain_words(pymysql.err.ProgrammingError(1064, CANARY))
