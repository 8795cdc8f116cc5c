"""`explain --lines`: which lines a receipt is made of, read now, and where they are not what was counted."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command_line import Answer, CommandLine
from tests.cli.conftest import command_line, moved
from tests.worlds import World

AGREE = "NL: number and sum of its lines agree with what was counted"


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> World:
    """P1 is billed in all ways at two entities, P2 has a faulty line, P3 has 300 lines that count alike."""
    world = World(tmp_path_factory.mktemp("billed"))
    world.partner("P1", {"NL": "A1", "US": "B1"})
    world.bill("A1", "2015-06", 1_000_00, line_id="INV-1001")
    world.bill("A1", "2015-06", 250_00, line_id="INV-1002")
    world.bill("A1", "2015-06", 50_00, line_id="INV-1003", charge_kind="setup")
    credit = {"service_start": "2015-06-10", "service_end": "2015-06-15", "term_months": None}
    world.bill("A1", "2015-06", -40_00, line_id="CN-17", charge_kind="credit", **credit)
    world.bill("B1", "2015-06", 100_00, entity="US", line_id="US-9")
    world.partner("P2", {"NL": "A2"})
    world.bill("A2", "2015-06", 500_00, line_id="INV-2001")
    world.bill("A2", "2015-06", 10_00, line_id="INV-2002", term_months=0)
    world.partner("P3", {"NL": "A3"})
    _add_lines(world.billing_db("NL"))
    world.rate("2015-06", "USD", "1.1")
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-27")
    return world


def _add_lines(billing: Path) -> None:
    rows = [(f"M{number:03}",) for number in range(300)]
    with closing(sqlite3.connect(billing)) as connection, connection:
        connection.executemany(
            "INSERT INTO program_mrr_line SELECT ?, 'A3', service_id, product, charge_kind, service_start, service_end,"
            " term_months, 100, currency, document_status, posted_on, NULL, NULL FROM program_mrr_line"
            " WHERE line_id = 'INV-1001'",
            rows,
        )


@pytest.fixture
def world(billed: World, tmp_path: Path) -> World:
    """The settled world, to be changed by one test."""
    return moved(billed, tmp_path)


def explain(world: World, partner_id: str, *options: str) -> Answer:
    return command_line(world)("explain", partner_id, "2015-06", *options)


def ids(answer: Answer) -> list[str]:
    return [line["line_id"] for line in answer.json["lines_now"]["lines"]]


def test_each_line_of_a_sound_group_is_named_in_words_and_in_json(billed: World) -> None:
    said = explain(billed, "P1", "--lines")
    answer = explain(billed, "P1", "--lines", "--format", "json")
    lines = {line["line_id"]: line for line in answer.json["lines_now"]["lines"]}

    assert said.status == answer.status == 0
    assert "│ INV-1002 │ recurring │ counted │ 2015-06-01 to 2015-07-01 │ 250.00 EUR │" in said.said
    assert AGREE in said.said
    assert ids(answer) == ["CN-17", "INV-1001", "INV-1002", "INV-1003", "US-9"]
    assert [lines[name]["share_minor"] for name in ("CN-17", "INV-1002", "INV-1003")] == ["-4000", "25000", "0"]
    assert lines["INV-1003"]["bucket"] == "setup"
    assert answer.json["lines_now"]["changed"] == []


def test_the_receipt_itself_is_the_same_with_and_without_its_lines(billed: World) -> None:
    without, asked = (explain(billed, "P1", "--format", "json", *option).json for option in ([], ["--lines"]))

    assert without.pop("lines_now") is None
    assert asked.pop("lines_now") is not None
    assert asked == without
    assert "which lines these are: --lines" in explain(billed, "P1").stdout


def test_a_faulty_line_is_named_with_its_fault(billed: World) -> None:
    answer = explain(billed, "P2", "--lines", "--format", "json").json["lines_now"]

    assert [(line["line_id"], line["bucket"], line["agrees"]) for line in answer["lines"]] == [
        ("INV-2001", "held", True),
        ("INV-2002", "faulty", True),
    ]
    assert answer["entities"] == [{"entity": "NL", "fault": None, "agrees": True}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE program_mrr_line SET net_amount_minor = 26000 WHERE line_id = 'INV-1002'",
            "recurring, posted, a term of 1 month: 2 lines of 1,250.00 EUR (each amount * its days: 37,500.00) then, "
            "2 lines of 1,260.00 EUR (each amount * its days: 37,800.00) now",
        ),
        (
            "DELETE FROM program_mrr_line WHERE line_id = 'CN-17'",
            "1 line of -40.00 EUR (each amount * its days: -200.00) then, no line now",
        ),
        (
            "UPDATE program_mrr_line SET term_months = 0 WHERE line_id = 'INV-1002'",
            "line INV-1002 was not faulty: term_months is 0, expected a whole number of months, 1 or more",
        ),
    ],
)
def test_what_the_entity_changed_since_is_said_beside_what_was_counted(world: World, change: str, said: str) -> None:
    world.execute("NL", change)

    answer = explain(world, "P1", "--lines").said

    assert "NL: its data has changed since the month was read:" in answer
    assert said in answer
    assert "changed since │" in answer or "no line now" in answer
    assert "│ 2 │ 1,250.00 EUR │ 125000 / 1 month" in answer  # what was counted stands
    assert AGREE not in answer


def test_a_line_mended_since_is_not_told_as_counted(world: World) -> None:
    world.execute("NL", "UPDATE program_mrr_line SET term_months = 1 WHERE line_id = 'INV-2002'")

    answer = explain(world, "P2", "--lines")

    assert "line INV-2002 was faulty, and is not any more" in answer.said
    assert "│ INV-2002 │ recurring │ changed since │" in answer.said


def test_a_receipt_stands_where_an_entitys_database_is_away(world: World) -> None:
    world.billing_db("US").rename(world.folder / "away.db")

    answer = explain(world, "P1", "--lines")

    assert answer.status == 0
    assert "US: its lines cannot be named now, what was counted stands above: billing database not read" in answer.said
    assert AGREE in answer.said
    assert "total 1,300.91 EUR" in answer.stdout


def test_a_connection_that_is_gone_is_said_too(world: World) -> None:
    without = CommandLine(world.environment()).without("AIRFLOW_CONN_BILLING_NL")

    answer = without("explain", "P3", "2015-06", "--lines")

    assert answer.status == 0
    assert "NL: its lines cannot be named now" in answer.said
    assert "connection billing_nl is not set" in answer.said


def test_many_lines_do_not_flood_the_terminal(billed: World) -> None:
    first, every = explain(billed, "P3", "--lines"), explain(billed, "P3", "--lines", "--all")

    assert (first.stdout.count("M1"), first.stdout.count("M2")) == (100, 0)
    assert "the first 200 of 300 lines; every one: --all" in first.stdout
    assert every.stdout.count("M2") == 100
    assert len(ids(explain(billed, "P3", "--lines", "--format", "json"))) == 300


def test_ids_of_36_characters_are_printed_whole_so_that_they_can_be_copied(tmp_path: Path) -> None:
    own = World(tmp_path, entities=("NL",))
    account_id = "6f1c2f0e-1111-4c5e-9d7a-0a1b2c3d4e5f"
    whole, short = "a1b2c3d4-2222-4c5e-9d7a-0a1b2c3d4e5f", "b1b2c3d4-3333-4c5e-9d7a-0a1b2c3d4e5f"
    own.partner("P8", {"NL": account_id})
    own.bill(account_id, "2015-06", 1_000_000_00, line_id=whole, service_end="2018-06-01", term_months=36)
    own.bill(account_id, "2015-06", 120_00, line_id=short, service_end="2015-06-16", term_months=12)
    own.ready("2015-06")
    own.settle("2015-06", on="2015-07-27")

    groups, lines = explain(own, "P8", "--lines").said.split("Each line, as the billing databases")
    now, shorter = lines.split("Lines with a period shorter")

    assert f"│ NL │ {account_id} │ recurring │" in groups
    assert f"│ NL │ {account_id} │" in now
    assert now.count(account_id) == 1
    assert f"│ {whole} │ recurring │ counted │" in now
    assert f"│ {account_id} │ {short} │" in shorter
