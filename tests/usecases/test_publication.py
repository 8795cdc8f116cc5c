"""Publishing to the entities' order databases: appended, read back, never changed."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.drift import find_drift
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.publication import entities_with_orders, publish_rates
from partner_program.usecases.registry import find_entity
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World

DAY = date(2015, 7, 28)


def publish(world: World, entity: str = "NL", on: date = DAY) -> int:
    here = world.installation
    return publish_rates(here, find_entity(here, entity), published_on=on)


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def published(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM program_discount_rate ORDER BY account_id, valid_from").fetchall()


@pytest.fixture
def orders(world: World) -> Path:
    """The order database of NL, after June is settled."""
    path = world.orders("NL")
    june_in_force(world)
    return path


def test_every_account_of_the_entity_gets_its_partners_rate(world: World, orders: Path) -> None:
    assert publish(world) == 2
    assert published(orders) == [
        ("A1", GO_LIVE, 2, 800, 2000, "Silver", 1, "2015-07-28"),
        ("A3", GO_LIVE, 3, 1000, 3500, "Gold", 1, "2015-07-28"),
    ]


def test_publishing_twice_changes_no_byte_on_either_side(world: World, orders: Path) -> None:
    publish(world)
    before = orders.read_bytes(), world.fingerprint()
    assert publish(world, on=date(2015, 8, 5)) == 0
    assert (orders.read_bytes(), world.fingerprint()) == before


def test_a_new_rate_is_appended_beside_the_old_one(world: World, orders: Path) -> None:
    publish(world)
    world.tables["partners"][0]["status"] = "ended"
    world.load()
    world.settle(JULY, on="2015-08-20")
    assert publish(world, on=date(2015, 8, 20)) == 1
    assert [row[:3] for row in published(orders)] == [("A1", GO_LIVE, 2), ("A1", "2015-08-20", 0), ("A3", GO_LIVE, 3)]


def test_an_account_that_changes_hands_gets_the_new_partners_rate_from_that_day(world: World, orders: Path) -> None:
    publish(world)
    world.tables["account_links"][0]["valid_to"] = "2015-09-01"
    world.link("P3", "NL", "A1", since="2015-09-01")
    world.load()
    assert publish(world) == 1
    assert [row[:3] for row in published(orders)][:2] == [("A1", GO_LIVE, 2), ("A1", "2015-09-01", 3)]


def rate_on(path: Path, account_id: str, day: str) -> int:
    """The tier of an order placed on a day, as an order system reads it."""
    with closing(sqlite3.connect(path)) as connection:
        query = (
            "SELECT tier FROM program_discount_rate WHERE account_id = ? AND valid_from <= ?"
            " ORDER BY valid_from DESC, revision DESC LIMIT 1"
        )
        return int(connection.execute(query, (account_id, day)).fetchone()[0])


def test_a_link_corrected_to_begin_later_ends_its_published_rate_on_the_day_of_the_correction(
    world: World, orders: Path
) -> None:
    """Orders of earlier days keep the rate that they got; no order gets another rate afterwards."""
    publish(world)
    before = published(orders)
    world.tables["account_links"][0]["valid_from"] = "2015-09-01"
    world.load()
    assert publish(world, on=date(2015, 8, 10)) == 2
    assert set(before) < set(published(orders))
    days = ("2015-07-27", "2015-08-09", "2015-08-10", "2015-08-31", "2015-09-01", "2015-12-31")
    assert [rate_on(orders, "A1", day) for day in days] == [2, 2, 0, 0, 2, 2]
    assert [rate_on(orders, "A3", day) for day in days] == [3] * 6
    assert [publish(world, on=date(2015, 8, day)) for day in (10, 11, 31)] == [0, 0, 0]
    assert find_drift(world.installation) == []


def test_a_published_end_of_a_link_that_is_then_postponed_does_not_take_effect(world: World, orders: Path) -> None:
    link = world.tables["account_links"][0]
    link["valid_to"] = "2015-09-01"
    world.load()
    publish(world)
    assert rate_on(orders, "A1", "2015-09-01") == 0
    link["valid_to"] = "2015-10-01"
    world.load()
    publish(world, on=date(2015, 8, 10))
    days = ("2015-08-31", "2015-09-01", "2015-09-30", "2015-10-01")
    assert [rate_on(orders, "A1", day) for day in days] == [2, 2, 2, 0]


def test_an_account_that_always_was_another_partners_gets_that_partners_rate_from_the_correction_on(
    world: World, orders: Path
) -> None:
    publish(world)
    world.tables["account_links"][0]["partner_id"] = "P3"
    world.load("account_links.csv:P1/NL/A1")
    publish(world, on=date(2015, 8, 10))
    assert rate_on(orders, "A1", "2015-08-10") == 3


def test_an_order_placed_before_a_link_was_corrected_keeps_its_answer(world: World, orders: Path) -> None:
    """A3 always was P1's. This is noticed on 10 August, by whichever run looks first, and holds from then on."""
    publish(world)
    world.tables["account_links"][2]["partner_id"] = "P1"
    world.load("account_links.csv:P3/NL/A3")
    assert publish(world, on=date(2015, 8, 10)) == 1
    assert [row for row in published(orders) if row[0] == "A3"] == [
        ("A3", GO_LIVE, 3, 1000, 3500, "Gold", 1, "2015-07-28"),
        ("A3", "2015-08-10", 2, 800, 2000, "Silver", 1, "2015-08-10"),
    ]
    assert [publish(world, on=date(2015, 8, day)) for day in (10, 11)] == [0, 0]


def test_an_end_of_a_link_that_is_entered_late_holds_from_the_day_on_which_it_is_noticed(
    world: World, orders: Path
) -> None:
    publish(world)
    world.tables["account_links"][2]["valid_to"] = "2015-07-30"
    world.load()
    publish(world, on=date(2015, 8, 10))
    days = ("2015-07-29", "2015-07-30", "2015-08-09", "2015-08-10")
    assert [rate_on(orders, "A3", day) for day in days] == [3, 3, 3, 0]


def test_a_month_that_takes_force_from_a_past_day_changes_no_answer_that_a_corrected_link_gave_before(
    world: World, orders: Path
) -> None:
    """A run of 20 August raises P1 from 3 August: A1 has the rate from then; A3, corrected meanwhile, keeps its own."""
    publish(world)
    world.tables["account_links"][2]["partner_id"] = "P1"
    world.load("account_links.csv:P3/NL/A3")
    world.settle(JULY, on="2015-08-03", today="2015-08-20")
    publish(world, on=date(2015, 8, 20))
    days = ("2015-08-02", "2015-08-03", "2015-08-19", "2015-08-20")
    assert [rate_on(orders, "A1", day) for day in days] == [2, 3, 3, 3]
    assert {row[1:3] for row in published(orders) if row[0] == "A3"} == {(GO_LIVE, 3)}
    assert [publish(world, on=date(2015, 8, day)) for day in (20, 21)] == [0, 0]


def test_a_restatement_accepted_from_a_past_day_is_published_from_that_day(world: World, orders: Path) -> None:
    publish(world)
    world.settle(JULY, on="2015-08-03")
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 60000 WHERE account_id = 'A1'")
    world.close(JULY)
    world.settle(JULY, today="2015-08-18")
    accepted = Acceptance(date(2015, 8, 4), "pat", "late credit")
    accept_restatement(world.installation, BillingMonth.parse(JULY), accepted, today=date(2015, 8, 20))
    publish(world, on=date(2015, 8, 20))
    assert [rate_on(orders, "A1", day) for day in ("2015-08-03", "2015-08-04", "2015-08-20")] == [2, 1, 1]


def test_an_account_that_is_linked_late_for_the_first_time_has_its_rates_from_the_links_own_day(
    world: World, orders: Path
) -> None:
    publish(world)
    world.link("P3", "NL", "A4", since="2015-08-01")
    world.load()
    publish(world, on=date(2015, 8, 10))
    assert [row[:3] for row in published(orders) if row[0] == "A4"] == [("A4", "2015-08-01", 3)]


def test_a_row_that_somebody_changed_is_named_and_left_alone(world: World, orders: Path) -> None:
    publish(world)
    change(orders, "UPDATE program_discount_rate SET monthly_fee_discount_bp = 9000 WHERE account_id = 'A1'")
    before = orders.read_bytes()
    with pytest.raises(
        Refusal, match=r"entity NL: 1 rate read back differs .*A1 from 2015-07-27: published tier 2, 8 %"
    ):
        publish(world)
    assert orders.read_bytes() == before
    (drift,) = find_drift(world.installation)
    assert (drift.entity, drift.account_id, drift.valid_from) == ("NL", "A1", date(2015, 7, 27))


def test_a_row_that_was_not_published_by_us_is_drift(world: World, orders: Path) -> None:
    publish(world)
    assert find_drift(world.installation) == []
    change(orders, "INSERT INTO program_discount_rate VALUES ('A9', '2015-07-27', 6, 2500, 10000, NULL, 1, NULL)")
    (drift,) = find_drift(world.installation)
    assert drift.message.startswith("published nothing, there tier 6, 25 % monthly, 100 % setup, no SLA")


def test_a_missing_table_is_named_and_the_rates_stay_owed(world: World, orders: Path) -> None:
    change(orders, "ALTER TABLE program_discount_rate RENAME TO elsewhere")
    with pytest.raises(Unavailable, match=r"connection orders_nl: publishing .* no such table: program_discount_rate"):
        publish(world)
    change(orders, "ALTER TABLE elsewhere RENAME TO program_discount_rate")
    assert publish(world) == 2


def test_a_missing_file_is_named_and_not_created(world: World, orders: Path) -> None:
    orders.unlink()
    with pytest.raises(Unavailable, match=f"connection orders_nl: publishing failed: no file {orders}"):
        publish(world)
    assert not orders.exists()


def test_only_an_entity_with_an_order_database_is_published_to(world: World, orders: Path) -> None:
    assert [entity.entity for entity in entities_with_orders(world.installation)] == ["NL"]
    assert publish(world, "US") == 0
    assert orders.exists()


def test_a_history_month_publishes_nothing(world: World) -> None:
    path = world.orders("NL")
    three_partners(world).settle(JUNE, today="2015-09-01", history=True)
    assert publish(world) == 0
    assert published(path) == []
