"""Unreadable rows that somebody wrote by hand, and order databases that fail, do not stop sound rows and databases."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.publication import PublishedRate
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.drift import DriftUnknown, find_drift
from partner_program.usecases.publication import Drift
from tests.cli.conftest import command_line
from tests.silent_servers import listening, say_nothing
from tests.usecases.test_publication import change, publish, published, rate_on
from tests.usecases.three_partners import GO_LIVE, JUNE, june_in_force, three_partners
from tests.worlds import World

ROWS = [
    ("'A1', '2015/07/01', 6, 2500, 10000, NULL, 1", "'2015/07/01'", "valid_from is '2015/07/01', expected a day as"),
    ("'A1', '20150701', 6, 2500, 10000, NULL, 1", "'20150701'", "valid_from is '20150701', expected a day as"),
    ("'A1', NULL, 6, 2500, 10000, NULL, 1", "NULL", "valid_from is NULL, expected a day as YYYY-MM-DD"),
    ("'A1', '2015-07-01', 'six', 2500, 10000, NULL, 1", "2015-07-01", "tier is 'six', expected a whole number"),
    ("'A1', '2015-07-01', 6, NULL, 99.5, NULL, 1", "2015-07-01", "monthly_fee_discount_bp is NULL, expected a whole"),
    ("'A1', '2015-07-01', 6, 2500, 10000, x'ff', 1", "2015-07-01", "sla is b'\\xff', expected a service level or NULL"),
    ("'A1', '2015-07-01', 6, 2500, 10000, NULL, NULL", "2015-07-01", "revision is NULL, expected a whole number"),
]


@pytest.fixture
def orders(world: World) -> Path:
    """The order database of NL, after June is settled and published."""
    path = world.orders("NL")
    june_in_force(world)
    publish(world)
    return path


def insert(path: Path, row: str) -> None:
    change(path, f"INSERT INTO program_discount_rate VALUES ({row}, NULL)")  # noqa: S608 - the rows above


@pytest.mark.parametrize(("row", "valid_from", "words"), ROWS)
def test_an_unreadable_row_is_drift_and_does_not_stop_sound_rows(
    world: World, orders: Path, row: str, valid_from: str, words: str
) -> None:
    insert(orders, row)
    world.link("P3", "NL", "A4", since="2015-08-20")
    world.load()

    assert publish(world, on=date(2015, 8, 20)) == 1

    assert world.rows("SELECT count(*) FROM publication WHERE entity = 'NL' AND published_on IS NULL") == [(0,)]
    assert rate_on(orders, "A4", "2015-08-20") == 3
    (drift,) = find_drift(world.installation)
    assert (drift.entity, drift.account_id, drift.valid_from) == ("NL", "A1", valid_from)
    assert drift.message.startswith(f"published nothing, there a row that cannot be read: {words}")


def test_an_unreadable_account_is_shown_as_it_is(world: World, orders: Path) -> None:
    insert(orders, "NULL, '2015-07-01', 6, 2500, 10000, NULL, 1")
    insert(orders, "CAST(x'4131ff' AS TEXT), '2015-07-01', 6, 2500, 10000, NULL, 1")
    found = {(each.account_id, each.valid_from) for each in find_drift(world.installation)}
    assert found == {("NULL", "2015-07-01"), ("A1\N{REPLACEMENT CHARACTER}", date(2015, 7, 1))}


def test_a_published_row_made_unreadable_is_named_once_and_not_added_again(world: World, orders: Path) -> None:
    change(orders, "UPDATE program_discount_rate SET tier = 'x' WHERE account_id = 'A1'")
    with pytest.raises(Refusal, match=r"A1 from 2015-07-27: published tier 2, .* cannot be read: tier is 'x'"):
        publish(world)
    assert len(published(orders)) == 2
    (drift,) = find_drift(world.installation)
    assert drift.valid_from == date(2015, 7, 27)


def test_drift_is_reported_for_every_entity_that_answers_and_the_others_are_named(world: World, orders: Path) -> None:
    us = world.orders("US")
    publish(world, "US")
    change(us, "UPDATE program_discount_rate SET tier = 6 WHERE account_id = 'B2'")
    orders.unlink()

    with pytest.raises(DriftUnknown, match="entity NL was not compared: connection orders_nl: reading") as unknown:
        find_drift(world.installation)
    assert [(each.entity, each.account_id) for each in unknown.value.found] == [("US", "B2")]
    assert isinstance(unknown.value, Unavailable)
    assert isinstance(unknown.value.found[0], Drift)

    answer = command_line(world)("drift")
    assert answer.status == 1
    assert answer.stdout.startswith("US B2 from 2015-07-27: published tier 1,")
    assert "refused: entity NL was not compared: connection orders_nl: reading failed: no file" in answer.stderr


def test_an_unforeseen_fault_delays_neither_the_next_entity_nor_letters(world: World) -> None:
    """A host name with an empty label raises no refusal of ours: Python itself cannot encode it."""
    world.orders("NL")
    us = world.orders("US")
    three_partners(world)
    sound = world.connections["orders_nl"]
    world.connections["orders_nl"] = replace(sound, conn_type="mysql", host="orders..example", schema="orders")

    answer = command_line(world)("run", JUNE, "--effective-on", GO_LIVE)

    assert answer.status == 0
    assert "publish_rates NL: failed for an unknown cause: UnicodeError at " in answer.stderr
    assert "not published, still owed: NL" in answer.stdout
    assert [row[0] for row in published(us)] == ["B2", "B3"]
    assert "3 letters rendered" in answer.stdout


def test_an_unreadable_connection_delays_no_other_entity(world: World) -> None:
    us = world.orders("US")
    june_in_force(world)
    answer = command_line(world).but(AIRFLOW_CONN_ORDERS_NL="{not json")("publish")
    assert answer.status == 1
    assert "publish_rates NL: AIRFLOW_CONN_ORDERS_NL: expected a connection" in answer.stderr
    assert [row[0] for row in published(us)] == ["B2", "B3"]


# Order databases that do not answer


def with_deadline(world: World, **extra: object) -> None:
    fields = world.connections["orders_nl"]
    world.connections["orders_nl"] = replace(fields, extra={"deadline": 1, **extra})


def owed_to_nl(world: World) -> list[tuple[str, ...]]:
    return world.rows("SELECT account_id FROM publication WHERE entity = 'NL' AND published_on IS NULL ORDER BY 1")


NO_ANSWER = "connection orders_nl: {} program_discount_rate failed: no answer within 1 second"


def test_an_order_database_that_another_program_writes_to_for_ever_is_left_at_the_deadline(world: World) -> None:
    """Waiting for the writer does not take longer than the deadline, and nothing is left that publishes later."""
    orders = world.orders("NL")
    june_in_force(world)
    with_deadline(world, timeout=20)
    with closing(sqlite3.connect(orders, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unavailable) as no:
            publish(world)
        with pytest.raises(DriftUnknown) as unknown:
            find_drift(world.installation)
        writer.execute("ROLLBACK")
    assert str(no.value) == NO_ANSWER.format("publishing")
    assert str(unknown.value) == f"entity NL was not compared: {NO_ANSWER.format('reading')}"
    assert (published(orders), owed_to_nl(world)) == ([], [("A1",), ("A3",)])
    assert (publish(world), owed_to_nl(world)) == (2, [])


def test_an_order_database_whose_view_never_ends_is_left_at_the_deadline(world: World) -> None:
    orders = world.orders("NL")
    june_in_force(world)
    with_deadline(world)
    change(orders, "ALTER TABLE program_discount_rate RENAME TO there")
    columns = ", ".join(f"i AS {name}" for name in [*PublishedRate.__dataclass_fields__, "published_at"])
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    change(orders, f"CREATE VIEW program_discount_rate AS {counting} SELECT {columns} FROM n WHERE i < 0")  # noqa: S608
    with pytest.raises(Unavailable, match=NO_ANSWER.format("publishing")):
        publish(world)
    assert owed_to_nl(world) == [("A1",), ("A3",)]


@pytest.mark.parametrize("conn_type", ["postgres", "mysql"])
def test_a_server_that_says_nothing_takes_no_time_from_the_others(world: World, conn_type: str) -> None:
    us = world.orders("US")
    june_in_force(world)
    with listening(say_nothing) as port:
        extra = {"deadline": 1}
        world.connections["orders_nl"] = ConnectionFields(
            "orders_nl", conn_type, "127.0.0.1", port, "adder", "tell-nobody", "orders", extra
        )
        answer = command_line(world)("publish")
    assert (answer.status, [row[0] for row in published(us)]) == (1, ["B2", "B3"])
    assert "publish_rates NL: connection orders_nl: publishing program_discount_rate failed: " in answer.stderr
    assert "refused: not published, still owed: NL" in answer.stderr
    assert "tell-nobody" not in answer.stderr
    assert owed_to_nl(world) == [("A1",), ("A3",)]


def test_a_deadline_of_an_order_database_that_is_no_number_is_named(world: World, orders: Path) -> None:
    with_deadline(world, deadline="soon")
    wrong = "connection orders_nl: deadline in extra: expected whole seconds, as in 600"
    with pytest.raises(Refusal, match=wrong):
        publish(world)
    assert f"entity NL was not compared: {wrong}" in command_line(world)("drift").stderr
    assert len(published(orders)) == 2
