"""What moved revenue between settled months: restated, moved, held and released, with the figures of the database."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from partner_program.cli.commands import program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.domain.report import Report
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.reports.movements import movements_between, movements_to
from partner_program.usecases.reports.questions import report_file
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, three_partners
from tests.worlds import World

AUGUST = "2015-08"


def moved(world: World, first: str, last: str) -> Report:
    return movements_between(world.installation, BillingMonth.parse(first), BillingMonth.parse(last))


def rows_of(report: Report, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(report_file(report, "json"))[table]
    return found


def partner(report: Report, partner_id: str) -> dict[str, str]:
    """What is not nothing of a partner's row."""
    rows = csv.DictReader(io.StringIO(report_file(report, "csv", "partners")))
    row = next(each for each in rows if each["partner_id"] == partner_id)
    left_out = ("partner_id", "company_name", "moved")
    return {name: value for name, value in row.items() if value not in ("0", "") and name not in left_out}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return three_partners(World(tmp_path))


def settle(world: World, month: str, on: str) -> None:
    world.settle(month, on=on)


def test_exchange_rates_and_an_account_that_changes_its_partner(world: World) -> None:
    world.tables["exchange_rates"][1]["units_per_eur"] = "1.0"  # July's
    world.tables["account_links"][2] |= {"valid_to": "2015-07-15"}  # A3, 7,000.00 EUR, goes from P3 to P1
    world.link("P1", "NL", "A3", since="2015-07-15")
    world.load()
    settle(world, JUNE, GO_LIVE)
    settle(world, JULY, "2015-08-03")
    report = moved(world, JUNE, JULY)
    # P2 has 1,100.00 USD and P3 2,200.00: 1,000.00 and 2,000.00 EUR at 1.1, 1,100.00 and 2,200.00 at 1.0.
    assert partner(report, "P1") == {
        "from_tier": "2", "to_tier": "3", "told_cents": "200000", "link_moves_cents": "700000",
        "mrr_eur_cents": "900000",
    }  # fmt: skip
    assert partner(report, "P2") == {
        "from_tier": "1", "to_tier": "1", "told_cents": "100000", "exchange_rates_cents": "10000",
        "mrr_eur_cents": "110000",
    }  # fmt: skip
    assert partner(report, "P3") == {
        "from_tier": "3", "to_tier": "2", "told_cents": "900000", "exchange_rates_cents": "20000",
        "link_moves_cents": "-700000", "mrr_eur_cents": "220000",
    }  # fmt: skip
    (account,) = rows_of(report, "accounts")
    assert (account["account_id"], account["from_partner_id"], account["partner_id"]) == ("A3", "P3", "P1")


def test_a_restatement_of_the_month_before_is_told_as_such_and_months_in_a_row_add_up(world: World) -> None:
    settle(world, JUNE, GO_LIVE)
    world.bill("A1", JUNE, 100_00)
    world.close(JUNE)
    settle(world, JUNE, "2015-08-01")
    accepted = Acceptance(world.request(JUNE, on="2015-08-01").today, "pat", "late invoice")
    accept_restatement(world.installation, BillingMonth.parse(JUNE), accepted, today=accepted.effective_on)
    settle(world, JULY, "2015-08-03")
    settle(world, AUGUST, "2015-09-01")
    assert partner(moved(world, JUNE, JULY), "P1") == {
        "from_tier": "2", "to_tier": "2", "told_cents": "200000", "restated_cents": "10000",
        "contraction_cents": "-10000", "mrr_eur_cents": "200000",
    }  # fmt: skip
    whole = moved(world, JUNE, AUGUST)
    assert [(each.name, each.parts[0][1], each.parts[1][1], each.whole[1]) for each in whole.equations] == [
        (JULY, 12_000_00, 100_00, 12_000_00),
        (AUGUST, 12_000_00, 0, 12_000_00),
        ("together", 12_000_00, 100_00, 12_000_00),
    ]


def test_partners_of_an_entity_that_is_not_closed_are_held_and_come_back(world: World) -> None:
    settle(world, JUNE, GO_LIVE)
    world.reopen(JULY, "US")
    settle(world, JULY, "2015-08-03")
    held = moved(world, JUNE, JULY)
    assert partner(held, "P2") == {
        "from_tier": "1", "to_tier": "held", "told_cents": "100000", "held_cents": "-100000",
    }  # fmt: skip
    known = {row["partner_id"]: row["known_eur_cents"] for row in rows_of(held, "held")}
    assert known == {"P2": 1_000_00, "P3": 9_000_00}
    settle(world, AUGUST, "2015-09-01")
    assert partner(moved(world, JULY, AUGUST), "P2") == {
        "from_tier": "held", "to_tier": "1", "held_cents": "100000", "mrr_eur_cents": "100000",
    }  # fmt: skip
    world.close(JULY)
    settle(world, JULY, "2015-09-10")
    assert "held_cents" not in partner(moved(world, JUNE, JULY), "P2"), "released in the same month, it was never away"


def test_an_account_that_left_a_held_partner_meanwhile_comes_back_to_nobody(world: World) -> None:
    settle(world, JUNE, GO_LIVE)
    for month in (JULY, AUGUST):
        world.reopen(month, "US")
    settle(world, JULY, "2015-08-03")  # P2 and P3 are held; P3 has A3 at NL, 7,000.00 EUR
    world.tables["account_links"][2] |= {"valid_to": "2015-08-10"}
    world.link("P1", "NL", "A3", since="2015-08-10")
    world.load()
    settle(world, AUGUST, "2015-09-01")
    moved_on = moved(world, JULY, AUGUST)
    assert partner(moved_on, "P1")["link_moves_cents"] == "700000"
    known = {row["partner_id"]: row["known_eur_cents"] for row in rows_of(moved_on, "held")}
    assert known == {"P2": 1_000_00, "P3": 2_000_00}
    world.bill("B2", "2015-09", 1_100_00, entity="US")
    world.bill("B3", "2015-09", 2_200_00, entity="US")
    world.bill("A1", "2015-09", 2_000_00)
    world.bill("A3", "2015-09", 7_000_00)
    world.rate("2015-09", "USD", "1.1")
    world.close("2015-09")
    world.load()
    settle(world, "2015-09", "2015-10-01")
    assert partner(moved(world, AUGUST, "2015-09"), "P3") == {
        "from_tier": "held", "to_tier": "2", "held_cents": "200000", "mrr_eur_cents": "200000",
    }  # fmt: skip


def test_a_month_without_one_before_it_is_answered_so(world: World) -> None:
    settle(world, JUNE, GO_LIVE)
    report = movements_to(world.installation, BillingMonth.parse(JUNE))
    assert report.unknown == ("2015-05 is not assessed, so there is nothing to compare 2015-06 with",)
    assert report.equations == ()


def test_the_months_have_to_be_settled_and_in_order(world: World) -> None:
    settle(world, JUNE, GO_LIVE)
    with pytest.raises(NotThere, match=AUGUST):
        moved(world, JUNE, AUGUST)
    with pytest.raises(Refusal, match="expected a later month after 2015-06"):
        moved(world, JUNE, JUNE)
    with pytest.raises(NotThere, match="2015-05"):
        moved(world, "2015-05", JUNE)


def test_the_command_prints_the_equation_and_writes_both_months(world: World) -> None:
    settle(world, JUNE, GO_LIVE)
    settle(world, JULY, "2015-08-03")
    asked = ["movements", JUNE, JULY]
    text = CliRunner().invoke(program, asked, env=world.environment())
    assert "MRR of 2015-07 12,000.00 EUR = MRR of 2015-06 as told first 12,000.00" in text.output
    facts = json.loads(CliRunner().invoke(program, [*asked, "--format", "json"], env=world.environment()).output)
    assert (facts["from_month"], facts["billing_month"]) == (JUNE, JULY)
