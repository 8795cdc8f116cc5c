"""The forecast of a month to come, asked from real billing databases, and held against the month that was settled."""

from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere
from partner_program.domain.report import Report
from partner_program.usecases.reports.forecast import forecast
from tests.cli.conftest import command_line
from tests.usecases.three_partners import june_in_force, partners
from tests.worlds import World

JUNE, JULY, AUGUST = BillingMonth(2015, 6), BillingMonth(2015, 7), BillingMonth(2015, 8)


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """June is in force; lines of June, July and August are there, each with its month's first day as `posted_on`."""
    world = World(tmp_path_factory.mktemp("forecast"))
    june_in_force(world)
    for entity in ("NL", "US"):
        world.execute(entity, "UPDATE program_mrr_line SET posted_on = service_start, service_id = account_id")
    return world


def forget(world: World, entity: str, month: str) -> None:
    """Take the lines of a month, and its close, out of an entity's database."""
    world.execute(entity, "DELETE FROM program_mrr_line WHERE service_start >= ?", (f"{month}-01",))
    world.execute(entity, "DELETE FROM program_period_close WHERE billing_month >= ?", (month,))


def figures(report: Report) -> dict[str, tuple[Any, ...]]:
    return {
        row.partner_id: (row.sure_cents, row.expected_cents, row.expected_tier)  # type: ignore[attr-defined]
        for row in report.table("partners").rows
    }


def test_without_a_line_of_the_month_all_that_was_billed_last_comes_again(world: World) -> None:
    forget(world, "NL", "2015-07")
    forget(world, "US", "2015-07")
    report = forecast(world.installation)
    assert report.month == JULY
    assert figures(report) == {"P1": (0, 2_000_00, 2), "P2": (0, 1_000_00, 1), "P3": (0, 9_000_00, 3)}
    assert report.table("drops").rows == []


def test_what_is_posted_is_sure_whether_or_not_the_month_is_closed(world: World) -> None:
    forget(world, "US", "2015-07")
    assert figures(forecast(world.installation)) == {
        "P1": (2_000_00, 2_000_00, 2),
        "P2": (0, 1_000_00, 1),
        "P3": (7_000_00, 9_000_00, 3),
    }


def test_what_is_sure_of_a_month_that_is_wholly_posted_is_what_its_run_counts(world: World) -> None:
    world.settle("2015-07", on="2015-08-03")
    world.execute(
        "NL",
        "UPDATE program_mrr_line SET service_end = '2015-09-11', term_months = NULL"
        " WHERE service_start = '2015-08-01' AND account_id = 'A1'",
    )
    sure = {partner_id: cents for partner_id, (cents, *_) in figures(forecast(world.installation)).items()}
    world.close("2015-08")
    world.settle("2015-08", on="2015-09-02")
    assert sure == {partner_id: row["mrr_eur_cents"] for partner_id, row in partners(world, "2015-08").items()}
    assert sure["P1"] == 1_512_20  # 31 of 41 days of 2,000.00: 1,512.195


def test_a_month_that_was_settled_is_forecast_from_what_was_posted_before_its_first_day(world: World) -> None:
    world.settle("2015-07", on="2015-08-03")
    report = forecast(world.installation, JULY)
    assert figures(report)["P1"] == (0, 2_000_00, 2)
    (row,) = report.table("back_test").rows
    assert (row.partners, row.right, row.sure_cents, row.absolute_cents) == (3, 3, 0, 0)  # type: ignore[attr-defined]
    assert report.said[0] == "2015-07 was settled since: this is what was known before its first day."
    assert "3 of 3 tiers right" in report.said[2]
    assert "0 % of it was posted before: most is posted later" in report.said[2]


def test_an_entity_that_does_not_answer_is_named_and_its_partners_are_not_known(world: World) -> None:
    world.billing_db("US").write_bytes(b"no database")
    answer = command_line(world)("forecast", "--format", "csv", "--table", "partners")
    assert answer.status == 1
    assert "entity US" in answer.stderr
    assert [line.split(",")[0] for line in answer.stdout.splitlines()] == ["partner_id", "P1"]
    report = forecast(world.installation)
    assert [row.partner_id for row in report.table("not_known").rows] == ["P2", "P3"]  # type: ignore[attr-defined]


def test_asking_writes_nothing_and_says_who_drops(world: World) -> None:
    forget(world, "NL", "2015-07")
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 199999 WHERE account_id = 'A1'")
    before = world.fingerprint()
    said = command_line(world).must("forecast", "2015-07", "--back", "0").stdout
    assert world.fingerprint() == before
    assert "0.01 EUR more" in said


def test_only_the_next_month_or_a_settled_one_is_forecast(world: World) -> None:
    with pytest.raises(NotThere, match="only 2015-07"):
        forecast(world.installation, AUGUST)


def test_before_the_first_month_there_is_nothing_to_go_by(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = World(tmp_path_factory.mktemp("empty"))
    world.ready("2015-06")
    with pytest.raises(NotThere, match="no month is in force"):
        forecast(world.installation)
