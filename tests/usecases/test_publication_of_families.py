"""Publishing the rates of product families to order databases on PostgreSQL and MariaDB: each rate whole, or not."""

import os
import signal
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.refusals import Refusal
from partner_program.usecases.doctor import examine
from partner_program.usecases.drift import find_drift
from tests.servers import until
from tests.usecases.dying import die_at, ended, start
from tests.usecases.month.own_programme import OwnProgramme
from tests.usecases.month.test_families import programme, publish, world_of
from tests.usecases.test_publication_servers import Orders, on_mariadb, on_postgres

__all__ = ["on_mariadb", "on_postgres"]

JULY, AUGUST = date(2015, 7, 1), date(2015, 8, 3)
READ = (
    "SELECT account_id, valid_from, revision, product, monthly_fee_discount_bp FROM program_discount_rate"
    " ORDER BY account_id, valid_from, revision, product IS NOT NULL, product"
)
OF_JULY = [
    ("A1", JULY, 1, None, 1000),
    ("A1", JULY, 1, "dedicated", 0),
    ("A1", JULY, 1, "vps", 700),
    ("A2", JULY, 1, None, 0),
    ("A2", JULY, 1, "dedicated", 0),
    ("A2", JULY, 1, "vps", 0),
]
NO_PRODUCT = "connection orders_..: program_discount_rate has no column product"
OLD_KEY = "connection orders_..: program_discount_rate has a key of account_id, valid_from and revision without product"
HELD = (
    "INSERT INTO program_discount_rate (account_id, valid_from, revision, product)"
    " VALUES ('A1', '2015-07-01', 1, 'vps')"
)
SESSIONS = {
    "on_postgres": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
    "on_mariadb": "SELECT 1 + count(*) FROM information_schema.processlist WHERE user = database()",
}
WAITING = {
    "on_postgres": "SELECT count(*) FROM pg_locks WHERE NOT granted",
    "on_mariadb": "SELECT count(*) FROM information_schema.processlist WHERE user = database() AND command = 'Query'"
    " AND info LIKE 'INSERT%' AND time_ms > 300",
}


@pytest.fixture(params=["on_postgres", "on_mariadb"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def orders(kind: str, request: pytest.FixtureRequest) -> Orders:
    """An order database as its owner made it before there were families."""
    found: Orders = request.getfixturevalue(kind)
    return found


def add_product(orders: Orders, kind: str) -> None:
    text = "VARCHAR(100)" if kind == "on_postgres" else "VARCHAR(100) COLLATE utf8mb4_bin"
    orders.do(f"ALTER TABLE program_discount_rate ADD COLUMN product {text}")


def change_key(orders: Orders, kind: str) -> None:
    old = "CONSTRAINT program_discount_rate_pkey" if kind == "on_postgres" else "PRIMARY KEY"
    orders.do(f"ALTER TABLE program_discount_rate DROP {old}, ADD UNIQUE (account_id, valid_from, revision, product)")


@pytest.fixture
def ready(orders: Orders, kind: str) -> Orders:
    """The same after what the page for operators asks for."""
    add_product(orders, kind)
    change_key(orders, kind)
    return orders


def in_force(folder: Path, orders: Orders, later: str | None = None) -> OwnProgramme:
    """June in force with families; nothing is published yet."""
    world = world_of(folder, programme())
    if later is not None:
        (world.include / "program" / "2015-08-01.yaml").write_text(later, encoding="utf-8")
        world.reread()
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on=str(JULY))
    world.connections["orders_nl"] = orders.fields
    return world


def owed(world: OwnProgramme) -> int:
    ((found,),) = world.rows("SELECT count(*) FROM publication WHERE published_on IS NULL")
    return int(found)


def test_a_general_row_and_one_of_each_family_are_published_once(tmp_path: Path, ready: Orders) -> None:
    world = in_force(tmp_path, ready)
    assert publish(world, JULY) == 6
    assert ready.run(READ) == OF_JULY
    before = world.fingerprint()
    assert publish(world, AUGUST) == 0
    assert (ready.run(READ), world.fingerprint(), find_drift(world.installation)) == (OF_JULY, before, [])


def test_one_family_that_changes_gives_a_new_rate_whole(tmp_path: Path, ready: Orders) -> None:
    world = in_force(tmp_path, ready, later=programme(vps=800, day="2015-08-01"))
    publish(world, JULY)
    world.settle("2015-07", on=str(AUGUST))
    assert publish(world, AUGUST) == 3
    new = [("A1", AUGUST, 1, None, 1000), ("A1", AUGUST, 1, "dedicated", 0), ("A1", AUGUST, 1, "vps", 800)]
    assert ready.run(READ) == [*OF_JULY[:3], *new, *OF_JULY[3:]]
    assert (find_drift(world.installation), owed(world)) == ([], 0)


@pytest.mark.parametrize("product", ["product IS NULL", "product = 'vps'"])
def test_a_row_that_was_deleted_is_drift_and_is_added_again_alone(tmp_path: Path, ready: Orders, product: str) -> None:
    world = in_force(tmp_path, ready)
    publish(world, JULY)
    ready.do(f"DELETE FROM program_discount_rate WHERE account_id = 'A1' AND {product}")  # noqa: S608 - the words above
    assert [(each.account_id, each.message[-13:]) for each in find_drift(world.installation)] == [
        ("A1", "there nothing")
    ]
    assert publish(world, AUGUST) == 1
    assert ready.run(READ) == OF_JULY
    assert find_drift(world.installation) == []


def test_a_row_of_a_family_that_was_changed_by_hand_is_named(tmp_path: Path, ready: Orders) -> None:
    world = in_force(tmp_path, ready)
    publish(world, JULY)
    ready.do(
        "UPDATE program_discount_rate SET monthly_fee_discount_bp = 900 WHERE account_id = 'A1' AND product = 'vps'"
    )
    said = "published vps: tier 2, 7 % monthly, 0 % setup, no SLA, there vps: tier 2, 9 % monthly, 0 % setup, no SLA"
    assert [each.message.replace("\N{NO-BREAK SPACE}", " ") for each in find_drift(world.installation)] == [said]
    with pytest.raises(Refusal, match="1 rate read back differs"):
        publish(world, AUGUST)


@pytest.mark.parametrize("has_column", [False, True])
def test_a_table_that_cannot_keep_families_apart_is_refused_by_name_until_it_can(
    tmp_path: Path, orders: Orders, kind: str, has_column: bool
) -> None:
    """Its old key holds one row of a rate: the column alone is not enough."""
    world = in_force(tmp_path, orders)
    if has_column:
        add_product(orders, kind)
    fault = OLD_KEY if has_column else NO_PRODUCT
    with pytest.raises(Refusal, match=fault):
        publish(world, JULY)
    assert (orders.run("SELECT * FROM program_discount_rate"), owed(world)) == ([], 2)
    with pytest.raises(Refusal, match=f"entity NL: {fault}"):
        world.run("2015-07", on=str(AUGUST))
    said = {each.subject: each for each in examine(world.installation, today=lambda: JULY)}["orders_nl"]
    assert fault.partition("program")[2] in said.message
    if not has_column:
        add_product(orders, kind)
    change_key(orders, kind)
    assert publish(world, JULY) == 6
    assert orders.run(READ) == OF_JULY


def test_a_process_killed_between_two_rows_of_a_rate_leaves_none(tmp_path: Path, ready: Orders, kind: str) -> None:
    """Another session holds the key of a family's row: the general row before it is written, and not yet there."""
    world = in_force(tmp_path, ready)
    ready.do("BEGIN")
    ready.do(HELD)
    child = start(lambda: publish(world, JULY))
    until(lambda: ready.run(WAITING[kind]) != [(0,)])
    os.kill(child, signal.SIGKILL)
    assert ended(child) == -signal.SIGKILL
    ready.do("ROLLBACK")
    until(lambda: ready.run(SESSIONS[kind]) == [(1,)])
    assert (ready.run(READ), owed(world)) == ([], 2)
    assert publish(world, AUGUST) == 6
    assert (ready.run(READ), owed(world), find_drift(world.installation)) == (OF_JULY, 0, [])


def test_a_process_killed_at_any_moment_leaves_all_rows_or_none(tmp_path: Path, ready: Orders, kind: str) -> None:
    world = in_force(tmp_path, ready)
    left: list[int] = []
    for point in count(1):
        if not die_at(point, lambda: publish(world, JULY)):
            break
        until(lambda: ready.run(SESSIONS[kind]) == [(1,)])
        there: list[Any] = ready.run(READ)
        left.append(len(there))
        assert publish(world, JULY) == 6 - len(there)
        assert (ready.run(READ), owed(world)) == (OF_JULY, 0)
        ready.do("DELETE FROM program_discount_rate")
        with world.installation.database.writing() as connection:
            connection.exec_driver_sql("UPDATE publication SET published_on = NULL")
    assert set(left) == {0, 6}
