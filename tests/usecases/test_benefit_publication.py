"""Benefits in order databases: published where there is a table for them, read back, with drift (contract 2)."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

import pymysql
import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.benefits import (
    Asked,
    Granted,
    Said,
    approve_benefit,
    list_benefits,
    request_benefit,
    withdraw_benefit,
)
from partner_program.usecases.drift import find_drift
from partner_program.usecases.partner_status import Step, change_status
from partner_program.usecases.publication import publish_rates
from partner_program.usecases.registry import find_entity
from tests.servers import Postgres
from tests.usecases.test_publication_servers import ON_MARIADB, TABLE
from tests.usecases.three_partners import june_in_force
from tests.worlds import World

# The table that docs/operations.md asks the owner of an order database to make.
BENEFITS = """CREATE TABLE program_benefit (account_id VARCHAR(200) NOT NULL, benefit VARCHAR(60) NOT NULL,
  status VARCHAR(20), quantity INTEGER, days INTEGER, valid_from DATE NOT NULL, valid_to DATE,
  revision INTEGER NOT NULL, published_at DATE, PRIMARY KEY (account_id, benefit, valid_from, revision))"""
READ = (
    "SELECT account_id, benefit, status, quantity, days, valid_from, valid_to, revision FROM program_benefit "
    "ORDER BY account_id, benefit, valid_from, revision"
)
TODAY, SEPTEMBER, OCTOBER = date(2015, 8, 3), date(2015, 9, 1), date(2015, 10, 1)
BOB = Said("bob", "fits", TODAY)


@dataclass
class Orders:
    """The order database of NL: what its owner runs and reads there."""

    world: World
    run: Callable[[str], list[tuple[Any, ...]]]

    def rows(self) -> list[tuple[Any, ...]]:
        return [tuple(str(cell) if isinstance(cell, date) else cell for cell in row) for row in self.run(READ)]

    def publish(self, on: date = TODAY) -> int:
        here = self.world.installation
        return publish_rates(here, find_entity(here, "NL"), published_on=on)

    def approve(
        self, benefit: str, partner: str = "P1", ends: date | None = SEPTEMBER, units: int | None = None
    ) -> str:
        here = self.world.installation
        asked = Asked(partner, benefit, TODAY, quantity=units, request_id=f"{partner}-{benefit}-{ends}")
        request_id = request_benefit(here, asked, Said("ann", "tests", TODAY)).request.request_id
        approve_benefit(here, request_id, Granted(valid_to=ends), BOB)
        return request_id


def on_sqlite(world: World) -> Iterator[Orders]:
    path = world.orders("NL")

    def run(sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(sql).fetchall()

    yield Orders(world, run)


def on_postgres(world: World, server: Postgres) -> Iterator[Orders]:
    name = server.database()
    with server.owner(name) as owner:

        def run(sql: str) -> list[tuple[Any, ...]]:
            cursor = owner.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

        run(TABLE)
        world.connections["orders_nl"] = server.fields("orders_nl", name)
        yield Orders(world, run)
    server.drop(name)


def on_mariadb(world: World, server: dict[str, Any]) -> Iterator[Orders]:
    owner, name = pymysql.connect(**server, autocommit=True), f"benefits_{uuid4().hex[:12]}"
    with closing(owner), owner.cursor() as cursor:

        def run(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql.replace("VARCHAR(200) NOT NULL,", "VARCHAR(200) COLLATE utf8mb4_bin NOT NULL,", 1))
            return list(cursor.fetchall())

        for statement in (f"CREATE DATABASE {name}", f"USE {name}", ON_MARIADB):
            cursor.execute(statement)
        fields = {key: server[key] for key in ("host", "port")}
        world.connections["orders_nl"] = ConnectionFields(
            "orders_nl", "mysql", **fields, login=server["user"], password=server.get("password", ""), schema=name
        )
        try:
            yield Orders(world, run)
        finally:
            cursor.execute(f"DROP DATABASE {name}")


_SERVERS = [pytest.param(name, marks=pytest.mark.server) for name in ("postgres", "mariadb")]


@pytest.fixture(params=["sqlite", *_SERVERS])
def orders(request: pytest.FixtureRequest, world: World) -> Iterator[Orders]:
    """NL's order database with its table of rates, and none for benefits yet."""
    june_in_force(world)
    if request.param == "sqlite":
        yield from on_sqlite(world)
    elif request.param == "postgres":
        yield from on_postgres(world, request.getfixturevalue("shared_postgres"))
    else:
        yield from on_mariadb(world, request.getfixturevalue("shared_mariadb"))


def test_what_was_approved_is_published_read_back_and_ends_by_itself(orders: Orders) -> None:
    orders.run(BENEFITS)
    orders.approve("post_payment", ends=None)
    orders.approve("seeding_options", units=2)
    orders.approve("seeding_options", partner="P3", units=1)
    assert orders.publish() == 3 + 2  # and the rates of A1 and A3
    assert orders.rows() == [
        ("A1", "post_payment", "approved", None, 30, "2015-08-03", None, 1),
        ("A1", "seeding_options", "approved", 2, None, "2015-08-03", "2015-09-01", 1),
        ("A3", "seeding_options", "approved", 1, None, "2015-08-03", "2015-09-01", 1),
    ]
    before = orders.world.fingerprint()
    assert [orders.publish(on=day) for day in (TODAY, SEPTEMBER)] == [0, 0]
    assert orders.world.fingerprint() == before
    assert find_drift(orders.world.installation) == []


def test_a_database_without_the_table_is_owed_the_rows_until_it_has_one(orders: Orders) -> None:
    orders.approve("post_payment", ends=None)
    assert orders.publish() == 2
    assert find_drift(orders.world.installation) == []
    orders.run(BENEFITS)
    assert orders.publish() == 1
    assert [row[:3] for row in orders.rows()] == [("A1", "post_payment", "approved")]


def test_an_early_end_and_a_partner_that_is_suspended_are_published_as_ends(orders: Orders) -> None:
    orders.run(BENEFITS)
    orders.approve("post_payment", ends=None)
    request_id = orders.approve("seeding_options", units=2)
    orders.publish()
    day = date(2015, 8, 10)
    withdraw_benefit(orders.world.installation, request_id, replace(BOB, today=day))
    assert orders.publish(on=day) == 1
    orders.world.tables["partners"][0]["status"] = "suspended"
    orders.world.load()
    assert orders.publish(on=date(2015, 8, 20)) == 1
    assert [(row[1], row[6], row[7]) for row in orders.rows()] == [
        ("post_payment", None, 1),
        ("post_payment", "2015-08-20", 2),
        ("seeding_options", "2015-09-01", 1),
        ("seeding_options", "2015-08-10", 2),
    ]
    assert find_drift(orders.world.installation) == []
    assert orders.publish(on=OCTOBER) == 0


def test_a_partner_that_leaves_later_keeps_its_benefits_until_that_day_as_it_keeps_its_rate(orders: Orders) -> None:
    world, folder = orders.world, orders.world.write_registry()
    orders.run(BENEFITS)
    orders.approve("post_payment", ends=None)
    orders.approve("seeding_options", units=2)
    orders.publish()

    def step(kind: Step, day: date, today: date) -> None:
        change_status(world.installation, "P1", folder, step=kind, day=day, today=today, done_by="kim", reason="r")

    def post_payment() -> list[tuple[str, str, int]]:
        return [(row[2], row[6], row[7]) for row in orders.rows() if row[1] == "post_payment"]

    def states(day: date) -> list[str]:
        return [each.state for each in list_benefits(world.installation, on=day)]

    leaves, seen = date(2015, 8, 20), date(2015, 8, 10)
    step("suspend", leaves, TODAY)
    assert orders.publish() == 1 + 2  # a rate of 0 %, and the ends of both
    assert post_payment() == [("approved", None, 1), ("approved", "2015-08-20", 2)]
    assert [states(day) for day in (date(2015, 8, 19), leaves)] == [["in_force"] * 2, ["stopped"] * 2]
    before = world.fingerprint()
    assert [orders.publish(on=day) for day in (seen, leaves, OCTOBER)] == [0, 0, 0]
    assert world.fingerprint() == before
    step("end", date(2015, 8, 25), seen)
    assert orders.publish(on=seen) == 0  # orders were told the 20th
    assert states(leaves) == ["stopped"] * 2


def test_a_partner_that_goes_on_before_its_day_has_its_benefits_again(orders: Orders) -> None:
    world, folder = orders.world, orders.world.write_registry()
    orders.run(BENEFITS)
    orders.approve("post_payment", ends=None)
    orders.publish()
    for kind, day in (("suspend", date(2015, 8, 20)), ("resume", TODAY)):
        change_status(world.installation, "P1", folder, step=kind, day=day, today=TODAY, done_by="kim", reason="r")  # type: ignore[arg-type]
        orders.publish()
    assert [(row[2], row[6], row[7]) for row in orders.rows()] == [
        ("approved", None, 1),
        ("approved", "2015-08-20", 2),
        ("approved", None, 3),
    ]
    assert [each.state for each in list_benefits(world.installation, on=OCTOBER)] == ["in_force"]


def test_a_row_that_somebody_changed_is_drift_and_is_never_overwritten(orders: Orders) -> None:
    orders.run(BENEFITS)
    orders.approve("seeding_options", units=2)
    orders.publish()
    orders.run("UPDATE program_benefit SET quantity = 9")
    (drift,) = find_drift(orders.world.installation)
    assert (drift.account_id, drift.valid_from, drift.table) == ("A1", TODAY, "program_benefit")
    assert drift.message == (
        "published seeding_options approved, 2 units, until 2015-09-01, "
        "there seeding_options approved, 9 units, until 2015-09-01"
    )
    with pytest.raises(Refusal, match="entity NL: 1 row read back differs from what was published: A1 from 2015-08-03"):
        orders.publish()
    orders.run("UPDATE program_benefit SET quantity = 2")
    assert orders.publish() == 0


def test_a_table_that_cannot_be_written_keeps_its_rows_owed(orders: Orders) -> None:
    orders.run(BENEFITS.replace("quantity INTEGER, ", ""))
    orders.approve("seeding_options", units=2)
    with pytest.raises(Unavailable, match=r"connection orders_nl: publishing program_benefit failed: .*quantity"):
        orders.publish()
    assert orders.world.rows("SELECT count(*) FROM benefit_publication WHERE published_on IS NULL") == [(1,)]
    orders.run("DROP TABLE program_benefit")
    orders.run(BENEFITS)
    assert orders.publish() == 1


def test_an_older_agreement_keeps_its_benefit_in_orders(orders: Orders) -> None:
    orders.run(BENEFITS)
    orders.world.legacy("P1", 0)
    orders.world.tables["legacy_agreements"][-1]["benefits"] = "post_payment"
    orders.world.load()
    orders.publish()
    assert [row[:3] for row in orders.rows()] == [("A1", "post_payment", "approved")]
