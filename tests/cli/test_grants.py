"""`grants list`: what a person and a program are told about open grants."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import command_line
from tests.usecases.three_partners import JUNE, june_in_force
from tests.worlds import World


@pytest.fixture
def granted(tmp_path: Path) -> tuple[World, CommandLine]:
    """P1 short of Tier 3, P2 with a grant that no month's end lies in, P3 in Tier 3 with a grant of Tier 3."""
    world = World(tmp_path)
    june_in_force(world)
    world.grant("G1", "P1", 3, "2015-07-01", "2015-10-01")
    world.grant("G2", "P2", 2, "2015-08-01", "2015-08-31")
    world.grant("G3", "P3", 3, "2015-07-15", "2015-09-02")
    world.load()
    return world, command_line(world)


def listed(run: CommandLine, *asked: str) -> list[dict[str, object]]:
    found = run.must("grants", "list", "--format", "json", *asked).json
    assert isinstance(found, list)
    return found


def test_a_grant_is_listed_with_what_it_needs_and_a_verdict(granted: tuple[World, CommandLine]) -> None:
    _, run = granted
    found = listed(run, "--on", "2015-08-03")
    assert [(each["grant_id"], each["state"], each["verdict"]) for each in found] == [
        ("G2", "in_force", "cannot"),
        ("G3", "in_force", "reached"),
        ("G1", "in_force", "short"),
    ]
    assert found[2] == {
        **{"grant_id": "G1", "partner_id": "P1", "company_name": "Company P1", "partner_status": "authorized"},
        **{"account_manager_id": "M1", "tier": 3, "starts_on": "2015-07-01", "ends_on": "2015-10-01"},
        **{"granted_by": "pat", "reason": "growth plan", "state": "in_force", "settled_by": None},
        **{"needed_eur_cents": 500000, "counted_month": JUNE, "counted_eur_cents": 200000, "verdict": "short"},
        **{"short_by_eur_cents": 300000, "lapses_with": None, "months_left": ["2015-07", "2015-08", "2015-09"]},
    }


@pytest.mark.parametrize(
    ("on", "found"), [("2015-08-01", ["G2"]), ("2015-08-02", ["G2"]), ("2015-08-03", ["G2", "G3"])]
)
def test_due_in_30_days_takes_one_that_ends_on_the_30th_and_none_that_ends_on_the_31st(
    granted: tuple[World, CommandLine], on: str, found: list[str]
) -> None:
    _, run = granted
    assert [each["grant_id"] for each in listed(run, "--on", on, "--due", "30")] == found


def test_a_settled_grant_is_listed_on_request_with_the_month_that_settled_it(
    granted: tuple[World, CommandLine],
) -> None:
    world, run = granted
    world.settle("2015-07", on="2015-09-03")
    assert [each["grant_id"] for each in listed(run, "--on", "2015-09-03")] == ["G1"]
    found = {each["grant_id"]: each for each in listed(run, "--on", "2015-09-03", "--settled")}
    assert {name: (each["state"], each["settled_by"], each["verdict"]) for name, each in found.items()} == {
        "G1": ("in_force", None, "short"),
        "G2": ("lapsed", "2015-07", None),
        "G3": ("confirmed", "2015-07", None),
    }
    assert found["G1"]["months_left"] == ["2015-08", "2015-09"]
    assert [each["grant_id"] for each in listed(run, "--on", "2015-09-03", "--settled", "--due", "30")] == ["G1"]


def test_a_partner_that_the_month_held_keeps_that_month(granted: tuple[World, CommandLine]) -> None:
    world, run = granted
    world.reopen("2015-07", "US")
    world.settle("2015-07", on="2015-08-03")
    found = {each["grant_id"]: each["months_left"] for each in listed(run, "--on", "2015-08-03")}
    assert found["G3"] == ["2015-07", "2015-08"]
    assert found["G1"] == ["2015-08", "2015-09"]


def test_table_and_csv_say_the_same_as_json(granted: tuple[World, CommandLine]) -> None:
    _, run = granted
    table = run.must("grants", "list", "--on", "2015-08-03").said
    for word in ("Grace grants on 2015-08-03", "short by 3,000.00 EUR", "cannot any more", "2015-07 to 2015-09 (3)"):
        assert word in table
    rows = list(csv.DictReader(io.StringIO(run.must("grants", "list", "--on", "2015-08-03", "--format", "csv").stdout)))
    found = listed(run, "--on", "2015-08-03")
    assert [row["months_left"].split() for row in rows] == [each["months_left"] for each in found]
    assert [row["short_by_eur_cents"] for row in rows] == ["", "", "300000"]


def test_a_day_before_the_first_programme_takes_the_first_one(granted: tuple[World, CommandLine]) -> None:
    _, run = granted
    assert {each["needed_eur_cents"] for each in listed(run, "--on", "2015-01-01")} == {200000, 500000}


def test_whoever_makes_a_grant_is_told_which_months_can_confirm_it(granted: tuple[World, CommandLine]) -> None:
    _, run = granted
    made = ["grant", "P1", "--tier", "4", "--by", "pat", "--reason", "x", "--from", "2015-09-01", "--until"]
    assert "months that can confirm it: none" in run.must(*made, "2015-09-30").stdout
    made[-2] = "2015-10-01"
    assert "months that can confirm it: 2015-10, 2015-11" in run.must(*made, "2015-12-01").stdout
