"""A whole programme over an entity on Spark: the month, and all that asks the entity for its lines afterwards.

Run with `SPARK=127.0.0.1:15002`, the address of a server of Spark Connect.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.billing.dialects import RELATIONS, SparkTables, spark_tables
from tests.usecases.month.own_programme import OwnProgramme
from tests.usecases.month.test_families import programme, world_of

__all__ = ["spark_tables"]  # a fixture
on_spark = pytest.mark.skipif("SPARK" not in os.environ, reason="SPARK names no server: NOT tested on it")

SHORTENING = """
shortening:
  from_months: 12
  terms: [{months: 1, surcharge_bp: 1000, reading: x}]
  reading: x
"""
ASKED = (
    ("register", "2015-07", "--format", "json"),
    ("explain", "P1", "2015-07", "--lines", "--format", "json"),
    ("leakage", "2015-07", "--format", "json"),
    ("cost", "2015-07", "--format", "json"),
    ("forecast", "2015-08", "--format", "json"),
    ("accounts", "suggest", "2015-07", "--format", "json"),
    ("contracts", "ending", "--month", "2015-07", "--format", "json"),
    ("benefit", "units", "P1", "--on", "2015-07-15", "--format", "json"),
    ("close", "check", "NL", "2015-07"),
    ("source", "check", "--connection", "billing_nl", "--month", "2015-07", "--format", "json"),
)


def july(world: OwnProgramme) -> None:
    """Orders of two families and of none, a unit of nothing, a contract that ends, and the kinds that count or not."""
    ordered = {"ordered_on": "2015-07-02", "posted_on": "2015-07-02"}
    world.bill("A1", "2015-07", 930_00, product="vps", discount_bp=700, service_id="S1", **ordered)
    world.bill("A1", "2015-07", 880_00, product="vps", discount_bp=1_200, service_id="S2", **ordered)
    world.bill("A1", "2015-07", 100_00, product="dedicated", discount_bp=0, service_id="S3", **ordered)
    world.bill("A1", "2015-07", 85_00, product="cdn", discount_bp=500, service_id="S4", **ordered)
    world.bill("A1", "2015-07", 0, product="vps", service_id="S5", discount_bp=None)
    year = {"service_start": "2014-08-01", "service_end": "2015-08-01", "term_months": 12, "posted_on": "2014-08-01"}
    world.bill("A1", "2015-07", 1_200_00, product="vps", service_id="S6", **year)
    world.bill("A2", "2015-07", 12_34, charge_kind="usage", product="cdn")
    world.bill("A2", "2015-07", -7_00, charge_kind="credit", service_end="2015-07-08", term_months=None)
    world.bill("A2", "2015-07", 50_00, charge_kind="setup")
    world.bill("A2", "2015-07", 33_00, document_status="draft")
    world.bill("A9", "2015-07", 20_00, product="vps", **ordered)


def to_spark(world: OwnProgramme, tables: SparkTables) -> None:
    """Let Spark show what the entity's SQLite has."""
    with closing(sqlite3.connect(world.billing_db("NL"))) as connection:
        for name in RELATIONS:
            tables.run(f"DELETE FROM {name}", [])  # noqa: S608
            rows = connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
            tables.run(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})" if rows else "", rows)  # noqa: S608
    world.connections["billing_nl"] = tables.fields


def answers(world: OwnProgramme) -> Mapping[str, tuple[int, str, str]]:
    given = {" ".join(words): world.command_line(*words) for words in ASKED}
    return {words: (each.status, each.stdout, each.stderr) for words, each in given.items()}


@on_spark
def test_a_month_and_all_questions_about_it_are_answered_alike(tmp_path: Path, spark_tables: SparkTables) -> None:
    world = world_of(tmp_path, programme() + SHORTENING)
    july(world)
    with closing(sqlite3.connect(world.billing_db("NL"))) as connection, connection:
        rows = [("A1", "Partner 1", "", ""), ("A2", "Partner 2", "", ""), ("A9", "Partner 2 BV", "", "")]
        connection.execute("DELETE FROM program_reseller_account")
        connection.executemany("INSERT INTO program_reseller_account VALUES (?, ?, ?, ?)", rows)
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    world.settle("2015-07", on="2015-08-03")
    on_sqlite = answers(world)
    before = world.dump()
    assert {words: status for words, (status, *_) in on_sqlite.items() if status} == {}

    to_spark(world, spark_tables)
    world.settle("2015-07", on="2015-08-03")

    assert world.dump() == before
    assert answers(world) == on_sqlite
