"""A line of which the billing system does not say what it is for: named by `source check`, `run` and the report."""

from pathlib import Path

import pytest

from partner_program.adapters.database.snapshots import content_hash, load_revenues
from partner_program.domain.billing_month import BillingMonth
from tests.cli.conftest import command_line
from tests.worlds import World

WARNING = "NL: 1 line of 60.00 EUR: typed by hand, counts nothing"
RUN = ("run", "2015-06", "--effective-on", "2015-07-27")


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> World:
    """P1 has a fee, and a line of 60.00 that somebody typed in by hand."""
    world = World(tmp_path_factory.mktemp("typed"), entities=("NL",))
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 500_00)
    world.bill("A1", "2015-06", 60_00, line_id="TYPED", charge_kind="one_off")
    world.execute("NL", "ALTER TABLE program_mrr_line ADD COLUMN doubt TEXT")
    world.execute("NL", "UPDATE program_mrr_line SET doubt = 'typed by hand, counts nothing' WHERE line_id = 'TYPED'")
    world.ready("2015-06")
    return world


def test_the_line_is_named_in_each_place_and_a_second_run_writes_nothing(typed: World) -> None:
    commands = command_line(typed)
    look = ("source", "check", "--connection", "billing_nl", "--month", "2015-06")

    checked, as_json = commands.must(*look), commands.must(*look, "--format", "json").json
    run = commands.must(*RUN).stdout
    before = typed.fingerprint(), typed.written()
    again = commands.must(*RUN).stdout

    assert (
        "│ TYPED │ A1 │ one_off │ 2015-06-01 to 2015-07-01 │ 60.00 EUR │ typed by hand, counts nothing │"
        in checked.said
    )
    assert [line["line_id"] for line in as_json["month"]["doubtful"]["first"]] == ["TYPED"]
    assert WARNING in run
    assert WARNING in again
    assert (typed.fingerprint(), typed.written()) == before
    report: Path = typed.folder / "out" / "quality" / "2015-06" / "index.html"
    assert "line TYPED, account A1, one_off: 2015-06-01 to 2015-07-01, 60.00" in report.read_text()
    with typed.installation.database.reading() as connection:
        (revenue,) = load_revenues(connection, BillingMonth(2015, 6))
    assert typed.rows("SELECT content_hash FROM snapshot") == [(content_hash(revenue),)]
    assert [line.line_id for line in revenue.doubtful_lines] == ["TYPED"]
