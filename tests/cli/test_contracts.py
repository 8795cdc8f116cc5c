"""`contracts ending`: whose contracts end in a month, and what a shorter term costs them."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import command_line
from tests.usecases.three_partners import june_in_force
from tests.worlds import World

YEAR = {"service_start": "2015-01-01", "service_end": "2016-01-01", "term_months": 12, "service_id": "S1"}


@pytest.fixture
def billed(tmp_path: Path) -> tuple[World, CommandLine]:
    """A contract of P2 at US and of P1 at NL end in December, one of P1 is renewed, one is of nobody."""
    world = World(tmp_path)
    june_in_force(world)
    world.bill("B2", "2015-12", 1_200_00, entity="US", **YEAR)
    world.bill("A1", "2015-12", 2_400_00, **YEAR | {"service_id": "S2"})
    world.bill(
        "A1",
        "2015-12",
        2_500_00,
        **YEAR | {"service_id": "S2", "service_start": "2016-01-01", "service_end": "2017-01-01"},
    )
    world.bill("A9", "2015-12", 3_600_00, **YEAR)
    world.bill("A1", "2015-12", 99_00)
    return world, command_line(world)


def asked(run: CommandLine, *words: str) -> Any:
    return run.must("contracts", "ending", "--month", "2015-12", "--format", "json", *words).json


def test_contracts_are_listed_by_partner_with_each_shorter_term(billed: tuple[World, CommandLine]) -> None:
    _, run = billed
    found = asked(run)
    assert [
        (each["partner_id"], each["entity"], each["last_day"], each["renewed_until"]) for each in found["contracts"]
    ] == [
        ("P1", "NL", "2015-12-31", "2016-12-31"),
        ("P2", "US", "2015-12-31", None),
        (None, "NL", "2015-12-31", None),
    ]
    assert [each["no_quote"] for each in found["contracts"]] == [None, None, "the account is linked to no one partner"]
    assert [each["monthly_minor"] for each in found["contracts"]] == [200_00, 100_00, 300_00]
    order = ["--on", "2016-01-01", "--monthly", "100", "--setup", "0", "--shortened-from", "12", "--format", "json"]
    for contract in found["contracts"][:2]:
        for term in contract["shorter_terms"]:
            priced = run.must("quote", contract["partner_id"], *order, "--term", term["term_months"]).json
            assert term["of_list_price_bp"] == priced["monthly_fee_cents"]


def test_csv_and_table_say_the_same(billed: tuple[World, CommandLine]) -> None:
    _, run = billed
    words = ("contracts", "ending", "--month", "2015-12")
    rows = list(csv.DictReader(io.StringIO(run.must(*words, "--format", "csv").stdout)))
    assert [row["partner_id"] for row in rows] == ["P1", "P2", ""]
    assert [row["3_months_of_list_price_bp"] for row in rows] == ["9700", "10000", ""]
    table = run.must(*words).said
    for word in ("from 2015-12-01 to 2015-12-31", "200.00 EUR", "100.00 USD", "2016-12-31", "97 %"):
        assert word in table


def test_an_entity_that_cannot_be_read_is_named_and_the_others_are_listed(billed: tuple[World, CommandLine]) -> None:
    world, run = billed
    world.billing_db("US").unlink()
    answer = run("contracts", "ending", "--month", "2015-12", "--format", "json")
    assert answer.status == 1
    assert "not read: US: billing database not readable" in answer.stderr
    assert [each["partner_id"] for each in answer.json["contracts"]] == ["P1", None]
    assert list(answer.json["not_read"]) == ["US"]
    without = run.without("AIRFLOW_CONN_BILLING_US")("contracts", "ending", "--month", "2015-12")
    assert (without.status, "US: connection billing_us is not set" in without.stderr) == (1, True)


def test_a_faulty_line_is_named_and_not_taken_for_a_contract(billed: tuple[World, CommandLine]) -> None:
    world, run = billed
    world.bill("A1", "2015-12", -5, **YEAR)
    answer = run.must("contracts", "ending", "--month", "2015-12", "--format", "json")
    assert "NL: 1 line at fault, not listed" in answer.stderr
    assert len(answer.json["contracts"]) == 3


def test_a_partner_that_is_not_authorised_has_no_quote(billed: tuple[World, CommandLine]) -> None:
    world, run = billed
    world.tables["partners"][0]["status"] = "suspended"
    world.load()
    assert asked(run)["contracts"][0]["no_quote"] == "the partner is suspended"
