"""Unreadable rows that somebody wrote by hand, and order databases that fail, do not stop sound rows and databases."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.publication import Drift, DriftUnknown, find_drift
from tests.cli.conftest import command_line
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
