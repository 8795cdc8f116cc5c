"""Discounts by product family: rates, older agreements, and what order databases get of them."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from partner_program.domain.refusals import Refusal
from partner_program.usecases.doctor import examine
from partner_program.usecases.drift import find_drift
from partner_program.usecases.publication import publish_rates
from partner_program.usecases.registry import find_entity
from tests.programs import least
from tests.usecases.month.own_programme import DAY, OwnProgramme
from tests.usecases.month.test_restatement import changed

FAMILIES = """
product_discounts:
  - product: vps
    tiers: [300, {vps}]
    reading: x
  - product: dedicated
    tiers: [0, 0]
    reading: "No discount on dedicated servers."
"""
ROWS = ((100_00, 500), (1_000_00, 1000))


def programme(vps: int = 700, day: str = DAY) -> str:
    return least(*ROWS, day=day) + FAMILIES.format(vps=vps)


def world_of(folder: Path, text: str) -> OwnProgramme:
    """P1 bills 1,000.00 a month, on the threshold of Tier 2; P2 99.99, a cent below Tier 1."""
    world = OwnProgramme(folder, text, entities=("NL",))
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"NL": "A2"})
    world.bill("A1", "2015-06", 1_000_00, months=2)
    world.bill("A2", "2015-06", 99_99, months=2)
    return world


def by_product(path: Path) -> None:
    """Give an order database the column that keeps families apart; its old key knew no families."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "DROP TABLE program_discount_rate; CREATE TABLE program_discount_rate(account_id TEXT, valid_from TEXT, "
            "product TEXT, tier INTEGER, monthly_fee_discount_bp INTEGER, setup_fee_discount_bp INTEGER, sla TEXT, "
            "revision INTEGER, published_at TEXT, UNIQUE (account_id, valid_from, revision, product));"
        )


def published(path: Path, account_id: str = "A1") -> list[tuple[Any, ...]]:
    query = (
        "SELECT valid_from, product, monthly_fee_discount_bp FROM program_discount_rate WHERE account_id = ?"
        " ORDER BY valid_from, product"
    )
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, (account_id,)).fetchall()


def rate_of_order(path: Path, product: str, day: str) -> int:
    """What an order system reads for an order of a family: the newest day, its own row before the general one."""
    query = (
        "SELECT monthly_fee_discount_bp FROM program_discount_rate WHERE account_id = 'A1' AND valid_from <= ?"
        " AND (product = ? OR product IS NULL) ORDER BY valid_from DESC, revision DESC, product IS NULL LIMIT 1"
    )
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(query, (day, product)).fetchone()[0])


def publish(world: OwnProgramme, on: date) -> int:
    here = world.installation
    return publish_rates(here, find_entity(here, "NL"), published_on=on)


def families(world: OwnProgramme) -> list[tuple[Any, ...]]:
    return world.rows(
        "SELECT partner_id, valid_from, monthly_fee_discount_bp, families FROM discount_rate ORDER BY 1, 2"
    )


def test_each_partner_has_a_rate_of_each_family(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    assert families(world) == [
        ("P1", "2015-07-01", 1000, "dedicated=0 vps=700"),
        ("P2", "2015-07-01", 0, "dedicated=0 vps=0"),
    ]
    rows = {each["partner_id"]: each for each in world.register("2015-06")["partners"]}
    assert rows["P1"]["families"] == "dedicated=0 vps=700"


def test_a_programme_without_families_says_nothing_of_them(tmp_path: Path) -> None:
    world = world_of(tmp_path, least(*ROWS, day=DAY))
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    assert {row[3] for row in families(world)} == {None}
    assert not any("families" in row for row in world.register("2015-06")["partners"])


def test_an_older_agreement_lifts_the_general_rate_or_the_family_that_it_names(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    world.legacy("P1", 1500)
    world.legacy("P2", 1500)
    world.tables["legacy_agreements"][0] |= {"product": ""}
    world.tables["legacy_agreements"][1] |= {"product": "vps"}
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    assert families(world) == [
        ("P1", "2015-07-01", 1500, "dedicated=0 vps=700"),
        ("P2", "2015-07-01", 0, "dedicated=0 vps=1500"),
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"product": "cdn"}, "is cdn, but the programme of 2010-01-01 has no discount of its own for it"),
        ({"product": "vps", "sla": "Gold"}, "is Gold, expected none in a row about one product"),
        ({"product": "vps", "setup_fee_discount_bp": 100}, "is 100, expected 0 in a row about one product"),
    ],
)
def test_an_agreement_about_a_family_keeps_nothing_else(tmp_path: Path, row: dict[str, Any], fault: str) -> None:
    world = world_of(tmp_path, programme())
    world.legacy("P1", 1500)
    world.tables["legacy_agreements"][0] |= row
    with pytest.raises(Refusal, match=fault):
        world.ready("2015-06")


def test_a_partner_without_a_tier_gets_no_row_where_nothing_changes(tmp_path: Path) -> None:
    """P2 has no tier. It leaves and comes back, and no order of any family ever gets anything."""
    world = world_of(tmp_path, programme())
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    written = families(world)
    steps: tuple[tuple[Literal["suspend", "resume"], date], ...] = (
        ("suspend", date(2015, 7, 10)),
        ("resume", date(2015, 7, 20)),
    )
    for step, day in steps:
        changed(world, "P2", step, day, day=day)
        assert [row for row in families(world) if row[0] == "P2"] == [row for row in written if row[0] == "P2"], step
    world.settle("2015-07", on="2015-08-01")
    assert [row for row in families(world) if row[0] == "P2"] == [row for row in written if row[0] == "P2"]


def test_every_family_is_published_beside_the_general_rate(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    orders = world.orders("NL")
    by_product(orders)
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    assert publish(world, date(2015, 7, 1)) == 6
    assert published(orders) == [
        ("2015-07-01", None, 1000),
        ("2015-07-01", "dedicated", 0),
        ("2015-07-01", "vps", 700),
    ]
    before = orders.read_bytes(), world.fingerprint()
    assert publish(world, date(2015, 7, 2)) == 0
    assert (orders.read_bytes(), world.fingerprint()) == before
    told = [data for (data,) in world.rows("SELECT data FROM event WHERE kind = 'rate.published' ORDER BY event_no")]
    assert sum('"product"' in each for each in told) == 4
    assert find_drift(world.installation) == []


def test_rows_that_a_crash_left_out_are_added_and_no_other(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    orders = world.orders("NL")
    by_product(orders)
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    publish(world, date(2015, 7, 1))
    whole = published(orders)
    with closing(sqlite3.connect(orders)) as connection, connection:
        connection.execute("DELETE FROM program_discount_rate WHERE account_id = 'A1' AND product = 'vps'")
    assert "vps" in find_drift(world.installation)[0].message
    assert publish(world, date(2015, 7, 1)) == 1
    assert published(orders) == whole


def test_a_database_that_cannot_keep_families_apart_is_refused_by_name(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    orders = world.orders("NL")
    world.ready("2015-06")
    fault = "connection orders_nl: program_discount_rate has no column product"
    with pytest.raises(Refusal, match=fault):
        world.run("2015-06", on="2015-07-01")
    assert families(world) == []
    said = {each.subject: each for each in examine(world.installation, today=lambda: date(2015, 7, 1))}
    assert fault in said["orders_nl"].message
    by_product(orders)
    world.settle("2015-06", on="2015-07-01")
    with closing(sqlite3.connect(orders)) as connection, connection:
        connection.execute("ALTER TABLE program_discount_rate RENAME COLUMN product TO family")
    with pytest.raises(Refusal, match=fault):
        publish(world, date(2015, 7, 1))


def test_a_month_in_which_one_family_alone_changes_publishes_a_new_rate(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    later = world.include / "program" / "2015-08-01.yaml"
    later.write_text(programme(vps=800, day="2015-08-01"), encoding="utf-8")
    world.reread()
    orders = world.orders("NL")
    by_product(orders)
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    publish(world, date(2015, 7, 1))
    world.settle("2015-07", on="2015-08-03")
    assert publish(world, date(2015, 8, 3)) == 3  # P2 has no tier, and nothing new
    assert published(orders)[3:] == [
        ("2015-08-03", None, 1000),
        ("2015-08-03", "dedicated", 0),
        ("2015-08-03", "vps", 800),
    ]
    days = ("2015-07-01", "2015-08-02", "2015-08-03")
    assert [rate_of_order(orders, "vps", day) for day in days] == [700, 700, 800]
    assert world.rows("SELECT partner_id, kind FROM letter WHERE billing_month = '2015-07'") == [
        ("P1", "terms_changed")
    ]


def test_a_family_that_vanishes_has_the_general_rate_from_that_day(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    later = world.include / "program" / "2015-08-01.yaml"
    later.write_text(least(*ROWS, day="2015-08-01"), encoding="utf-8")
    world.reread()
    orders = world.orders("NL")
    by_product(orders)
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    publish(world, date(2015, 7, 1))
    world.settle("2015-07", on="2015-08-03")
    assert publish(world, date(2015, 8, 3)) == 1  # P2 has no tier: nothing of every family, as before
    assert [rate_of_order(orders, "dedicated", day) for day in ("2015-08-02", "2015-08-03")] == [0, 1000]


def test_a_familys_order_is_priced_in_whole_units_of_the_programmes_currency(tmp_path: Path) -> None:
    world = OwnProgramme(tmp_path, programme(vps=750) + "\ncurrency: {code: IDR, decimals: 0}\n", entities=("NL",))
    world.tables["entities"][0]["currency"] = "IDR"
    world.rate("2015-06", "IDR", "15000")
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 100_000, entity="NL", currency="IDR")
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    order = ("quote", "P1", "--on", "2015-07-10", "--setup", "0", "--term", "1", "--product", "vps")
    quoted = world.command_line(*order, "--monthly", "150002", "--format", "json").json
    assert (quoted["monthly_fee_cents"], quoted["currency"], quoted["decimals"]) == (138_752, "IDR", 0)
    told = world.command_line(*order, "--monthly", "150002").stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert "monthly fee 138,752 IDR, list 150,002" in told
    assert "tier 2, vps" in told
    assert "IDR are whole" in world.command_line(*order, "--monthly", "150.50").stderr
