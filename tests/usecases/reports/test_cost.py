"""What August 2015 cost with three partners, asked of both entities: report, posting, workbook.

Their rates from 27 July on: P1 8 % (NL/A1), P2 5 % (US/B2, USD at 1.1), P3 10 % (NL/A3, US/B3). One line of each
account says nothing of its order: 2,000.00, 1,000.00, 7,000.00 and 2,000.00 EUR.
"""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from partner_program.cli.commands import program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.report import Report
from partner_program.usecases.reports.cost import cost
from tests.usecases.reports.test_leakage import settle
from tests.usecases.three_partners import three_partners
from tests.worlds import World

AUGUST = BillingMonth(2015, 8)
SILENT = 12_000_00


@pytest.fixture
def world(tmp_path: Path) -> World:
    """June to August in force; then a service of each sort is billed to P1 and P2."""
    world = World(tmp_path)
    world.become(_billed)
    return world


def _billed(world: World) -> None:
    three_partners(world)
    settle(world)
    order(world, "A1", 920_00, 800)  # list 1,000.00, each month until it is cancelled
    order(world, "A1", 12 * 460_00, 800, service_start="2015-08-01", service_end="2016-08-01", term_months=12)
    order(world, "B2", 1_045_00, 500, entity="US")  # list 1,100.00 USD


def order(world: World, account_id: str, minor: int, given: int | None, **values: Any) -> None:
    world.bill(account_id, "2015-08", minor, discount_bp=given, ordered_on="2015-07-28", **values)


def row(report: Report, table: str, part: str) -> Any:
    (only,) = [each for each in report.table(table).rows if each.part == part]  # type: ignore[attr-defined]
    return only


def test_a_month_is_told_by_tier_entity_and_product_with_what_is_committed(world: World) -> None:
    report = cost(world.installation, AUGUST)
    tiers: Any = report.table("tiers").rows
    assert [(each.part, each.list_eur_cents, each.given_eur_cents, each.due_eur_cents) for each in tiers] == [
        ("2", 1_500_00, 120_00, 120_00),
        ("1", 1_000_00, 50_00, 50_00),
        ("discount not said", None, None, None),
    ]
    assert row(report, "tiers", "discount not said").unknown_eur_cents == SILENT
    assert row(report, "entities", "US").given_eur_cents == 50_00
    committed = row(report, "committed", "2")
    assert (committed.monthly_due_eur_cents, committed.contract_due_eur_cents) == (80_00, 11 * 40_00)
    assert str(committed.last_end) == "2016-08-01"
    assert row(report, "ends", "2016-07").due_eur_cents == 11 * 40_00


def test_what_the_rates_of_today_would_say_is_told_to_be_no_cost(world: World) -> None:
    """On 31 August P1's orders still get 8 %, after which a lower tier would change nothing for these services."""
    said = " ".join(cost(world.installation, AUGUST).said)
    assert (
        "170.00 EUR of discount were given in 2015-08 on a list value of 2,500.00 EUR (6.8 %); 170.00 EUR were due"
        in said
    )
    assert "The rates of 2015-08-31 on all of this list value would be 170.00 EUR, which is no cost" in said
    assert "No accrual follows" in said
    assert f"{4} lines of 12,000.00 EUR do not say their discount" in said


def test_the_whole_is_what_leakage_and_the_register_count(world: World) -> None:
    from partner_program.usecases.reports.leakage import leakage

    order(world, "A1", 333_33, 1_100, service_start="2015-08-03", service_end="2015-09-03")
    (revenue, _) = leakage(world.installation, AUGUST).equations
    counted, given = cost(world.installation, AUGUST).equations[:2]
    assert counted.whole == revenue.whole
    groups: Any = leakage(world.installation, AUGUST).table("groups").rows
    beyond = {each.group: each.effect_eur_cents for each in groups if each.effect_eur_cents}
    assert beyond
    assert beyond.items() <= dict(given.parts).items()


def test_services_ordered_in_grace_are_told_apart(tmp_path: Path) -> None:
    """P2 earned Tier 1 (5 %) and is granted Tier 3 (10 %) from 10 August: half of what is due comes from grace."""
    world = World(tmp_path)
    three_partners(world)
    world.settle("2015-06", on="2015-07-27")
    world.settle("2015-07", on="2015-08-03")
    granted = CliRunner(env=world.environment()).invoke(
        program,
        ["grant", "P2", "--tier", "3", "--from", "2015-08-10", "--until", "2015-12-01", "--by=pat", "--reason=new"],
    )
    assert granted.exit_code == 0, granted.output
    world.settle("2015-08", on="2015-09-02")
    given: dict[str, Any] = {"discount_bp": 1_000, "ordered_on": "2015-08-12", "posted_on": None}
    world.bill("B2", "2015-08", 990_00, entity="US", **given)  # list 1,000.00 EUR
    shares: Any = cost(world.installation, AUGUST).table("shares").rows
    assert [(each.part, each.due_eur_cents, each.monthly_due_eur_cents) for each in shares] == [
        ("the tier that was earned", 50_00, 50_00),
        ("a grace period", 50_00, 50_00),
        ("an older agreement", 0, 0),
    ]


def run(world: World, *words: str) -> Result:
    return CliRunner(env=world.environment()).invoke(program, ["cost", "2015-08", *words])


def test_a_posting_is_written_for_a_ledger_and_balances(world: World, tmp_path: Path) -> None:
    file = tmp_path / "discounts.csv"
    answer = run(world, "--posting", str(file), "--format", "json")
    assert answer.exit_code == 0, answer.output
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert [(each["entity"], each["account"], each["debit"], each["credit"], each["debit_eur"]) for each in rows] == [
        ("NL", "partner_discount", "120.00", "", "120.00"),
        ("NL", "revenue_at_list", "", "120.00", ""),
        ("US", "partner_discount", "55.00", "", "50.00"),
        ("US", "revenue_at_list", "", "55.00", ""),
    ]
    assert {each["voucher"] for each in rows} == {"discounts-2015-08-NL-EUR", "discounts-2015-08-US-USD"}
    before = file.stat().st_mtime_ns
    assert "is there already, the same" in run(world, "--posting", str(file)).stderr
    assert file.stat().st_mtime_ns == before


def test_a_terminal_has_the_total_of_the_posting_and_its_rows_where_every_one_is_asked_for(world: World) -> None:
    """55.00 USD at 1.1 are 50.00 EUR; amounts of two currencies are never added up."""
    told = run(world).stdout
    assert (
        "Posting of discounts given: 4 rows, 170.00 EUR in debit and in credit; --posting FILE writes them for a ledger"
    ) in told
    assert "revenue_at_list" not in told
    every = run(world, "--all").stdout
    assert every.count("revenue_at_list") == 2
    assert re.search(r"^all +170\.00 +170\.00$", every, re.MULTILINE)


def test_an_entity_that_cannot_be_read_is_told_and_nothing_is_posted(world: World, tmp_path: Path) -> None:
    world.billing_db("US").write_bytes(b"no database at all, of no use to anybody, whoever reads it" * 20)
    answer = run(world, "--posting", str(tmp_path / "discounts.csv"))
    assert answer.exit_code == 1
    assert "not known: entity US: billing database not readable" in answer.output
    assert "no posting of a part of the month" in str(answer.exception)
    assert not (tmp_path / "discounts.csv").exists()
    assert [each.part for each in cost(world.installation, AUGUST).table("entities").rows] == ["NL"]  # type: ignore[attr-defined]


def test_without_accounts_of_the_ledger_the_report_is_told_and_says_so(world: World, tmp_path: Path) -> None:
    own = tmp_path / "include"
    (own / "program").mkdir(parents=True)
    for each in (Path(__file__).parents[3] / "include" / "program").glob("*.yaml"):
        (own / "program" / each.name).write_bytes(each.read_bytes())
    environment = {**world.environment(), "PARTNER_PROGRAM_INCLUDE": str(own)}
    answer = CliRunner(env=environment).invoke(program, ["cost", "2015-08"])
    assert answer.exit_code == 0, answer.output
    assert "Not posted: ledger_accounts.csv" in answer.output
    refused = CliRunner(env=environment).invoke(program, ["cost", "2015-08", "--posting", str(tmp_path / "x.csv")])
    assert refused.exit_code == 1
    assert not (tmp_path / "x.csv").exists()


def test_the_workbook_has_the_cost_where_the_entities_are_asked_and_its_totals_are_formulas(world: World) -> None:
    command = ["register", "2015-08", "--format", "xlsx"]
    runner = CliRunner(env=world.environment())
    plain = openpyxl.load_workbook(io.BytesIO(runner.invoke(program, command).stdout_bytes))
    assert not [name for name in plain.sheetnames if name.startswith("cost")]
    body = runner.invoke(program, [*command, "--cost"]).stdout_bytes
    sheet = openpyxl.load_workbook(io.BytesIO(body))["cost tiers"]
    last = [cell.value for cell in list(sheet.rows)[-1]]
    assert last[0] == "total"
    assert "=ROUND(SUM(" in str(last[3])
    told = [
        cell.value for cell in list(openpyxl.load_workbook(io.BytesIO(body), data_only=True)["cost tiers"].rows)[-1]
    ]
    facts = json.loads(run(world, "--format", "json").stdout)
    assert told[3] == sum(each["given_eur_cents"] or 0 for each in facts["tiers"]) / 100 == 170
