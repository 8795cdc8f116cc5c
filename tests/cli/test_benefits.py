"""Benefits on request on the command line: each act is one line, each refusal one sentence and status 1."""

from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import command_line, moved
from tests.worlds import World

ASK = ("benefit", "request", "P1")
SEEDING = (*ASK, "seeding_options", "--id", "R1", "--by", "ann", "--reason", "tests")


@pytest.fixture
def june(world_after_june: World, tmp_path: Path) -> CommandLine:
    """P1 in Tier 2."""
    return command_line(moved(world_after_june, tmp_path))


def test_the_life_of_seeding_units(june: CommandLine) -> None:
    asked = june.must(*SEEDING, "--quantity", "5", "--from", "2015-08-03", "--until", "2100-09-01")
    assert asked.stdout.startswith("R1 requested by ann on ")
    approve = ("benefit", "approve", "R1", "--quantity", "2", "--by", "bob", "--reason", "fits")
    assert "(2 units, from 2015-08-03, until 2100-09-01, fits)" in june.must(*approve).stdout
    assert june.must(*approve).stdout.endswith(": nothing new is written\n")
    (line,) = june.must("benefit", "list", "P1", "--on", "2100-08-15", "--due", "30", "--format", "json").json
    assert (line["state"], line["quantity"], line["units_in_force"], line["units_limit"]) == ("in_force", 2, 2, 5)
    assert "2 of 5" in june.must("benefit", "list").stdout
    assert "withdrawn by bob" in june.must("benefit", "withdraw", "R1", "--by", "bob", "--reason", "moved on").stdout
    assert june.must("benefit", "list", "--format", "json").json == []
    assert june.must("benefit", "list", "--past", "--format", "csv").stdout.splitlines()[1].startswith("P1,R1,seeding")


def test_the_life_of_a_proposal(june: CommandLine) -> None:
    proposal = ("--activity", "fair", "--market", "hosting, NL", "--amount", "1500.00")
    june.must(*ASK, "mdf", "--id", "M1", *proposal, "--reason", "leads")
    june.must("benefit", "approve", "M1", "--amount", "1000.00", "--reason", "half of it")
    june.must("benefit", "outcome", "M1", "--spent", "990.00", "--reason", "40 leads")
    (line,) = june.must("benefit", "list", "--format", "json").json
    assert (line["amount_eur_cents"], line["spent_eur_cents"], line["outcome"]) == (100_000, 99_000, "40 leads")
    june.must(*ASK, "mdf", "--id", "M2", *proposal, "--reason", "leads")
    assert "refused by kim" in june.must("benefit", "refuse", "M2", "--by", "kim", "--reason", "no budget").stdout


def test_units_stand_beside_the_lines_of_nothing_that_run_that_day(world_after_june: World, tmp_path: Path) -> None:
    world = moved(world_after_june, tmp_path)
    run, july = command_line(world), {"service_start": "2015-07-15", "service_end": "2015-08-15", "term_months": 1}
    run.must(*SEEDING, "--quantity", "3", "--from", "2015-07-01", "--until", "2015-09-01")
    run.must("benefit", "approve", "R1", "--reason", "fits")
    for service in range(4):
        world.bill("A1", "2015-07", 0, service_id=f"S{service}", **july)
        world.bill(
            "A1",
            "2015-07",
            0,
            service_id=f"S{service}",
            **july | {"service_start": "2015-08-15", "service_end": "2015-09-15"},
        )
    world.bill("A1", "2015-07", 0, charge_kind="usage")
    world.bill("A1", "2015-07", 0, document_status="draft")
    world.bill("A1", "2015-07", 1)
    world.bill("A9", "2015-07", 0)
    before = world.fingerprint()
    asked = ("benefit", "units", "P1", "--on")
    said = run.must(*asked, "2015-08-03").stdout.splitlines()
    assert said[:3] == [
        "seeding_options of P1 on 2015-08-03: 3 of 5 units in force",
        "  R1: 3 units from 2015-07-01 until 2015-09-01",
        "4 lines of 0.00 that day:",
    ]
    assert {each.split(" from ")[1] for each in said[3:]} == {"2015-07-15 until 2015-08-15"}
    facts = run.must(*asked, "2015-08-15", "--format", "json").json
    assert [len(facts["lines"]), facts["lines"][0]["service_start"]] == [4, "2015-08-15"]
    assert run.must(*asked, "2015-09-15").stdout == "P1 has no units in force on 2015-09-15\n0 lines of 0.00 that day\n"
    assert world.fingerprint() == before


def test_an_entity_whose_lines_cannot_be_asked_for_is_named(world_after_june: World, tmp_path: Path) -> None:
    world = moved(world_after_june, tmp_path)
    del world.connections["billing_nl"]
    answer = command_line(world)("benefit", "units", "P1", "--on", "2015-07-03")
    assert (answer.status, answer.stdout) == (
        1,
        "P1 has no units in force on 2015-07-03\n0 lines of 0.00 that day, without NL\n",
    )
    assert answer.stderr.startswith("refused: not read: NL: ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (SEEDING, "seeding_options is counted: say how many units are asked for"),
        ((*ASK, "seminar_training", "--reason", "x"), "seminar_training is unknown in the programme"),
        ((*ASK, "mdf", "--reason", "x"), "mdf is given on a proposal: it lacks activity, market, amount above 0"),
        (("benefit", "approve", "R9", "--reason", "x"), "no benefit was requested as R9"),
        (("benefit", "list", "P9"), "partner P9 is not in the registry"),
    ],
)
def test_what_no_rule_allows_is_one_sentence(june: CommandLine, words: tuple[str, ...], says: str) -> None:
    answer = june(*words)
    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"refused: {says}")
    assert answer.stderr.count("\n") == 1
