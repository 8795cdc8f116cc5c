"""Publishing to order databases on PostgreSQL and MariaDB: one that is down blocks no other and loses no row."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pymysql
import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.drift import find_drift
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.publication import publish_rates
from partner_program.usecases.registry import find_entity
from tests.cli.conftest import command_line
from tests.servers import Postgres, until
from tests.silent_servers import Mute, listening
from tests.usecases.three_partners import GO_LIVE, june_in_force
from tests.worlds import PROJECT, World

# The table that docs/operations.md asks the owner of an order database to make.
TABLE = """CREATE TABLE program_discount_rate (account_id VARCHAR(200) NOT NULL, valid_from DATE NOT NULL, tier INTEGER,
  monthly_fee_discount_bp INTEGER, setup_fee_discount_bp INTEGER, sla VARCHAR(20), revision INTEGER NOT NULL,
  published_at DATE, PRIMARY KEY (account_id, valid_from, revision))"""
ON_MARIADB = TABLE.replace("VARCHAR(200) NOT NULL", "VARCHAR(200) COLLATE utf8mb4_bin NOT NULL")
READ = "SELECT account_id, valid_from, tier, revision, published_at FROM program_discount_rate ORDER BY 1, 2, 4"
JUNE_DAY, JULY_DAY = date(2015, 7, 27), date(2015, 8, 20)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'program_discount_rate'::regclass"


@dataclass
class Orders:
    """An order database: the connection with which the programme writes, and the rows that its owner reads."""

    fields: ConnectionFields
    run: Callable[[str], list[tuple[Any, ...]]]
    do: Callable[[str], Any]

    def published(self) -> list[tuple[Any, ...]]:
        return self.run(READ)


@pytest.fixture
def on_postgres(shared_postgres: Postgres) -> Iterator[Orders]:
    name = shared_postgres.database()
    with shared_postgres.owner(name) as owner:
        owner.execute(TABLE)
        fields = shared_postgres.fields("orders_nl", name)
        yield Orders(
            fields, lambda sql: owner.execute(sql.encode()).fetchall(), lambda sql: owner.execute(sql.encode())
        )
    shared_postgres.drop(name)


@pytest.fixture
def on_mariadb(shared_mariadb: dict[str, Any]) -> Iterator[Orders]:
    owner = pymysql.connect(**shared_mariadb, autocommit=True)
    name = f"orders_{uuid4().hex[:12]}"

    def run(sql: str) -> list[tuple[Any, ...]]:
        cursor.execute(sql)
        return list(cursor.fetchall())

    with closing(owner), owner.cursor() as cursor:
        for statement in (f"CREATE DATABASE {name}", f"CREATE USER {name}@'%' IDENTIFIED BY 'adds'", f"USE {name}"):
            cursor.execute(statement)
        cursor.execute(ON_MARIADB)
        cursor.execute(f"GRANT SELECT, INSERT ON {name}.program_discount_rate TO {name}@'%'")
        place = {key: shared_mariadb[key] for key in ("host", "port")}
        fields = ConnectionFields("orders_us", "mysql", **place, login=name, password="adds", schema=name)
        try:
            yield Orders(fields, run, cursor.execute)
        finally:
            cursor.execute(f"DROP USER {name}@'%'")
            cursor.execute(f"DROP DATABASE {name}")


def publish(world: World, entity: str, on: date) -> int:
    here = world.installation
    return publish_rates(here, find_entity(here, entity), published_on=on)


def owed(world: World) -> list[tuple[Any, ...]]:
    return world.rows(
        "SELECT entity, account_id, valid_from FROM publication WHERE published_on IS NULL ORDER BY 1, 2, 3"
    )


@pytest.fixture
def june(world: World) -> World:
    """June in force, nothing published."""
    june_in_force(world)
    return world


def grant(world: World, partner_id: str, tier: int) -> None:
    """Grant a tier from today, so that a rate is owed at once."""
    grant_grace(
        world.installation,
        partner_id,
        tier=tier,
        starts_on=JULY_DAY,
        ends_on=date(2015, 12, 1),
        granted_by="pat",
        reason="growth plan",
        today=JULY_DAY,
    )


@pytest.mark.parametrize("kind", ["on_postgres", "on_mariadb"])
def test_each_rate_is_published_to_a_server_once(june: World, kind: str, request: pytest.FixtureRequest) -> None:
    orders: Orders = request.getfixturevalue(kind)
    june.connections["orders_nl"] = orders.fields
    assert [publish(june, "NL", JUNE_DAY), publish(june, "NL", JULY_DAY)] == [2, 0]
    assert orders.published() == [("A1", JUNE_DAY, 2, 1, JUNE_DAY), ("A3", JUNE_DAY, 3, 1, JUNE_DAY)]
    assert (find_drift(june.installation), owed(june)) == ([], [("US", "B2", GO_LIVE), ("US", "B3", GO_LIVE)])


@pytest.mark.parametrize("down", ["NL", "US"])
def test_a_server_that_is_down_blocks_no_other_and_gets_every_row_later(
    june: World, on_postgres: Orders, on_mariadb: Orders, down: str
) -> None:
    orders = {"NL": on_postgres, "US": on_mariadb}
    for entity, each in orders.items():
        june.connections[f"orders_{entity.lower()}"] = each.fields
    lost = june.connections[f"orders_{down.lower()}"]
    june.connections[lost.conn_id] = replace(lost, host="127.0.0.1", port=1)
    up = "US" if down == "NL" else "NL"

    for granted in ({}, {"P1": 4, "P2": 5}):
        for partner_id, tier in granted.items():
            grant(june, partner_id, tier)
        answer = command_line(june)("publish")
        assert (answer.status, orders[down].published()) == (1, [])
        assert f"refused: not published, still owed: {down}" in answer.stderr
        assert f"publish_rates {up}: " in answer.stderr
        assert {entity for entity, *_ in owed(june)} == {down}

    june.connections[lost.conn_id] = lost
    assert command_line(june)("publish").status == 0
    assert owed(june) == []
    rows = {entity: [row[:3] for row in each.published()] for entity, each in orders.items()}
    assert rows == {
        "NL": [("A1", JUNE_DAY, 2), ("A1", JULY_DAY, 4), ("A3", JUNE_DAY, 3)],
        "US": [("B2", JUNE_DAY, 1), ("B2", JULY_DAY, 5), ("B3", JUNE_DAY, 3)],
    }


def test_a_rate_that_becomes_owed_while_a_server_is_written_to_stays_owed(june: World, on_postgres: Orders) -> None:
    june.connections["orders_nl"] = on_postgres.fields
    at = on_postgres.fields
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(host=at.host, port=at.port, dbname=at.schema, user="postgres") as holder,
    ):
        holder.execute("LOCK TABLE program_discount_rate IN ACCESS EXCLUSIVE MODE")
        publishing = pool.submit(publish, june, "NL", JULY_DAY)
        until = time.monotonic() + 60
        while on_postgres.run(WAITING) == [(0,)] and time.monotonic() < until and not publishing.done():
            time.sleep(0.05)
        assert on_postgres.run(WAITING) == [(1,)]
        grant(june, "P1", 4)
        holder.commit()
        assert publishing.result() == 2
    assert ("NL", "A1", "2015-08-20") in owed(june)
    assert publish(june, "NL", JULY_DAY) == 1
    assert [row[:3] for row in on_postgres.published()] == [
        ("A1", JUNE_DAY, 2),
        ("A1", JULY_DAY, 4),
        ("A3", JUNE_DAY, 3),
    ]


@pytest.mark.parametrize("kind", ["on_postgres", "on_mariadb"])
def test_a_row_that_another_session_holds_ends_publishing_at_the_deadline_with_nothing_of_it(
    june: World, kind: str, request: pytest.FixtureRequest
) -> None:
    """The other session holds the key of the second row, so that the first one was written before."""
    orders: Orders = request.getfixturevalue(kind)
    june.connections["orders_nl"] = replace(orders.fields, extra={"deadline": 1})
    orders.do("BEGIN")
    orders.do(f"INSERT INTO program_discount_rate (account_id, valid_from, revision) VALUES ('A3', '{GO_LIVE}', 1)")  # noqa: S608
    with pytest.raises(Unavailable, match="publishing program_discount_rate failed: no answer within 1 second"):
        publish(june, "NL", JUNE_DAY)
    orders.do("ROLLBACK")
    assert (orders.published(), len([row for row in owed(june) if row[0] == "NL"])) == ([], 2)
    assert publish(june, "NL", JULY_DAY) == 2
    assert [row[:2] for row in orders.published()] == [("A1", JUNE_DAY), ("A3", JUNE_DAY)]
    assert {entity for entity, *_ in owed(june)} == {"US"}


def test_a_server_that_goes_silent_after_the_rows_were_sent_has_them_owed_until_they_are_read_back(
    june: World, on_mariadb: Orders
) -> None:
    """The commit arrives and its answer does not: the next publication finds the rows there and adds none."""
    at = on_mariadb.fields
    mute = Mute(lambda: socket.create_connection((at.host or "", at.port or 0)), b"\x03COMMIT")
    with listening(mute) as port:
        june.connections["orders_us"] = replace(at, host="127.0.0.1", port=port, extra={"deadline": 1})
        with pytest.raises(Unavailable, match="no answer within 1 second"):
            publish(june, "US", JUNE_DAY)
    assert len([row for row in owed(june) if row[0] == "US"]) == 2
    until(lambda: len(on_mariadb.published()) == 2)
    june.connections["orders_us"] = at
    assert find_drift(june.installation) == []
    assert (publish(june, "US", JULY_DAY), {entity for entity, *_ in owed(june)}) == (0, {"NL"})


def test_a_row_published_by_a_run_that_died_before_recording_it_is_not_drift(june: World, on_mariadb: Orders) -> None:
    june.connections["orders_us"] = on_mariadb.fields
    publish(june, "US", JUNE_DAY)
    with june.installation.database.writing() as connection:
        connection.exec_driver_sql("UPDATE publication SET published_on = NULL")
    assert find_drift(june.installation) == []
    assert (publish(june, "US", JULY_DAY), {entity for entity, *_ in owed(june)}) == (0, {"NL"})


def test_a_role_that_may_not_add_rows_is_named_and_the_rates_stay_owed(june: World, on_mariadb: Orders) -> None:
    june.connections["orders_us"] = replace(on_mariadb.fields, password="wrong")
    with pytest.raises(Unavailable, match="connection orders_us: publishing program_discount_rate failed") as refused:
        publish(june, "US", JUNE_DAY)
    assert "wrong" not in str(refused.value)
    assert len([row for row in owed(june) if row[0] == "US"]) == 2


@pytest.mark.parametrize(
    ("kind", "day", "mode"),
    [
        ("on_postgres", "infinity", None),
        ("on_postgres", "-infinity", None),
        ("on_postgres", "0044-03-15 BC", None),
        ("on_mariadb", "0000-00-00", "SET sql_mode = ''"),
    ],
)
def test_a_day_that_only_the_server_can_hold_is_drift_and_does_not_stop_sound_rows(
    june: World, kind: str, day: str, mode: str | None, request: pytest.FixtureRequest
) -> None:
    orders: Orders = request.getfixturevalue(kind)
    june.connections["orders_nl"] = orders.fields
    if mode is not None:
        orders.do(mode)
    orders.do(f"INSERT INTO program_discount_rate (account_id, valid_from, revision) VALUES ('A1', '{day}', 1)")  # noqa: S608 - the days above
    assert [publish(june, "NL", JUNE_DAY), publish(june, "NL", JULY_DAY)] == [2, 0]
    assert {entity for entity, *_ in owed(june)} == {"US"}
    (drift,) = find_drift(june.installation)
    assert (drift.account_id, drift.valid_from) == ("A1", f"'{day}'")
    assert f"valid_from is '{day}', expected a day as YYYY-MM-DD" in drift.message


@pytest.mark.parametrize(
    "kind", ["VARCHAR(200) COLLATE utf8mb4_bin", "VARBINARY(200)", "VARCHAR(200) COLLATE latin1_bin"]
)
def test_accounts_that_differ_only_in_case_have_a_rate_each_on_mariadb(
    june: World, on_mariadb: Orders, kind: str
) -> None:
    on_mariadb.do(f"ALTER TABLE program_discount_rate MODIFY account_id {kind} NOT NULL")
    june.connections["orders_nl"] = on_mariadb.fields
    june.link("P3", "NL", "a1", since="2015-07-27")
    june.load()
    assert [publish(june, "NL", JUNE_DAY), publish(june, "NL", JULY_DAY)] == [3, 0]
    assert find_drift(june.installation) == []
    rates = on_mariadb.run("SELECT hex(account_id), tier FROM program_discount_rate ORDER BY 1")
    assert rates == [("4131", 2), ("4133", 3), ("6131", 3)]


@pytest.mark.parametrize(
    "kind", ["VARCHAR(200) COLLATE utf8mb4_general_ci", "VARCHAR(200) COLLATE latin1_general_cs", "INTEGER"]
)
def test_a_table_of_mariadb_that_compares_accounts_loosely_is_refused_by_name(
    june: World, on_mariadb: Orders, kind: str
) -> None:
    on_mariadb.do(f"ALTER TABLE program_discount_rate MODIFY account_id {kind} NOT NULL")
    june.connections["orders_nl"] = on_mariadb.fields
    with pytest.raises(
        Refusal, match=r"connection orders_us: program_discount_rate.account_id is .* compared as"
    ) as no:
        publish(june, "NL", JUNE_DAY)
    assert on_mariadb.published() == []
    _, _, advice = str(no.value).partition("may be one: ")
    on_mariadb.do(advice.removesuffix(", then publish again"))
    assert publish(june, "NL", JUNE_DAY) == 2


def test_the_tables_of_these_tests_are_those_of_the_page_for_operators() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert all(f"{made};" in page for made in (TABLE, ON_MARIADB))
