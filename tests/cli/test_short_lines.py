"""A line with a period shorter than its term, told where people look: the end of `run`, the report, `explain`."""

import sqlite3
from contextlib import closing

import pytest

from partner_program.adapters.database.snapshots import content_hash, load_revenues
from partner_program.domain.billing_month import BillingMonth
from tests.cli.command_line import CommandLine
from tests.cli.conftest import command_line
from tests.worlds import World

BOTH = "250.00 EUR as said, 500.00 EUR for the period alone"
WARNING = f"NL: 1 line in EUR with a period shorter than the term: {BOTH}"
RUN = ("run", "2015-06", "--effective-on", "2015-07-27")


@pytest.fixture(scope="module")
def pro_rated(tmp_path_factory: pytest.TempPathFactory) -> World:
    """P1 ordered 1,000.00 a month on the 16th; its invoice of 500.00 says that it pays for a whole month."""
    world = World(tmp_path_factory.mktemp("pro_rated"), entities=("NL",))
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 500_00, service_start="2015-06-16")
    world.partner("P2", {"NL": "A2"})
    world.bill("A2", "2015-06", 2_000_00)
    world.ready("2015-06")
    return world


@pytest.fixture(scope="module")
def answer_of_run(pro_rated: World) -> str:
    return command_line(pro_rated).must(*RUN).stdout


@pytest.fixture
def commands(pro_rated: World, answer_of_run: str) -> CommandLine:
    """The command line over the month that was run."""
    assert pro_rated.folder.name in answer_of_run
    return command_line(pro_rated)


def test_the_end_of_run_says_both_amounts_and_where_the_lines_are_named(pro_rated: World, answer_of_run: str) -> None:
    report = pro_rated.folder / "out" / "quality" / "2015-06" / "index.html"

    assert f"1 warning to look at, see {report}:\n  {WARNING};" in answer_of_run
    assert f"account A1: 2015-06-16 to 2015-07-01 with a term of 1 month: {BOTH}" in report.read_text()


def test_run_again_says_so_again_and_changes_nothing(commands: CommandLine, pro_rated: World) -> None:
    before = pro_rated.fingerprint(), pro_rated.written()

    again = commands(*RUN)

    assert "nothing new" in again.stdout
    assert WARNING in again.stdout
    assert (pro_rated.fingerprint(), pro_rated.written()) == before


def test_explain_names_the_line_in_words_and_in_json(commands: CommandLine) -> None:
    said = commands("explain", "P1", "2015-06").said
    (line,) = commands("explain", "P1", "2015-06", "--format", "json").json["short_lines"]

    assert "2015-06-16 to 2015-07-01 with a term of 1 month" in said
    assert BOTH in said
    assert (line["entity"], line["account_id"], line["as_said_minor"], line["for_period_minor"]) == (
        "NL",
        "A1",
        "25000",
        "50000",
    )


def test_explain_of_another_partner_does_not_show_it(commands: CommandLine) -> None:
    assert "shorter" not in commands("explain", "P2", "2015-06").stdout
    assert commands("explain", "P2", "2015-06", "--format", "json").json["short_lines"] == []


@pytest.mark.usefixtures("answer_of_run")
def test_a_snapshot_is_read_back_as_it_was_frozen(pro_rated: World) -> None:
    with pro_rated.installation.database.reading() as connection:
        (revenue,) = load_revenues(connection, BillingMonth(2015, 6))

    assert [line.account_id for line in revenue.short_lines] == ["A1"]
    assert pro_rated.rows("SELECT content_hash FROM snapshot") == [(content_hash(revenue),)]


@pytest.mark.usefixtures("answer_of_run")
@pytest.mark.parametrize("change", ["DELETE FROM", "UPDATE"])
def test_a_frozen_line_cannot_be_changed(pro_rated: World, change: str) -> None:
    sql = f"{change} snapshot_short_line" + (" SET net_amount_minor = 0" if change == "UPDATE" else "")
    with closing(sqlite3.connect(pro_rated.program_db)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(sql)
