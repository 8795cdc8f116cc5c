"""A question to the entities on a page: a process apart asks them, the answer is kept, and a person asks again."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from partner_program.cli.commands import program
from partner_program.page.words import for_people
from partner_program.usecases.installation import PROJECT
from tests.page.asking import Asking
from tests.page.small_world import JULY, small_world
from tests.page.test_pages import words_of
from tests.page.test_what_if import finished
from tests.worlds import World

WHERE = f"months/{JULY}/reports/leakage"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.become(small_world)
    return world


@pytest.fixture
def desk_of(ask: Asking, shown: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """The pages over a world of its own; what a test starts apart finds the tests too."""
    shown(world)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    return ask


def test_nobody_is_asked_before_a_person_asks(desk_of: Asking) -> None:
    said = words_of(desk_of(WHERE, "user").text)
    assert "Nobody has asked yet." in said
    assert "Ask the entities" in said
    assert desk_of(f"{WHERE}/groups.csv").status_code == 404
    assert desk_of(f"api/v1/{WHERE}").status_code == 404


def test_who_may_only_look_may_not_ask(desk_of: Asking) -> None:
    assert "You may look, and not ask." in words_of(desk_of(WHERE, "viewer").text)
    assert desk_of.post(WHERE, "viewer").status_code == 403
    assert "Nobody has asked yet." in words_of(desk_of(WHERE).text)


def test_the_answer_is_the_commands_and_is_kept_until_somebody_asks_again(desk_of: Asking, world: World) -> None:
    account = world.tables["account_links"][0]["account_id"]
    world.bill(account, str(JULY), 900_00, discount_bp=1_000, ordered_on="2015-07-01", line_id="FIRST")
    assert desk_of.post(WHERE, "user").status_code == 303
    page = finished(desk_of, WHERE)
    said = words_of(page.text)
    assert "asked by user-person" in said
    assert "Ask again" in words_of(desk_of(WHERE, "user").text)

    command = CliRunner(env=world.environment()).invoke(program, ["leakage", str(JULY), "--format", "json"])
    facts = json.loads(desk_of(f"api/v1/{WHERE}").text)
    assert facts == json.loads(command.output)
    rows = list(csv.DictReader(io.StringIO(desk_of(f"{WHERE}/groups.csv").text)))
    assert [row["group"] for row in rows] == [row["group"] for row in facts["groups"]]
    for sentence in facts["said"]:
        assert for_people(sentence) in said

    world.bill(account, str(JULY), 900_00, discount_bp=1_000, ordered_on="2015-07-01")
    assert json.loads(desk_of(f"api/v1/{WHERE}").text) == facts
    desk_of.post(WHERE, "user")
    finished(desk_of, WHERE)
    assert json.loads(desk_of(f"api/v1/{WHERE}").text) != facts


def test_an_entity_that_cannot_be_read_is_on_the_page(desk_of: Asking, world: World) -> None:
    for entity in ("NL", "US"):
        if f"billing_{entity.lower()}" in world.connections:
            world.billing_db(entity).write_bytes(b"no database at all, of no use to anybody, whoever reads it" * 20)
    desk_of.post(WHERE, "user")
    said = words_of(finished(desk_of, WHERE).text)
    assert "Not known" in said
    assert "billing database not readable" in said


def test_a_month_that_was_not_run_has_no_such_page(desk_of: Asking) -> None:
    assert desk_of("months/2016-01/reports/leakage").status_code == 404


def test_a_months_page_asks_for_the_forecast_of_the_month_after(desk_of: Asking, world: World) -> None:
    where = f"months/{JULY}/reports/forecast"
    assert desk_of.post(where, "user").status_code == 303
    page = finished(desk_of, where).text
    said = words_of(page)
    assert "<h1>August 2015: who will fall, and who will rise? Forecast from July 2015</h1>" in page
    assert "Who will fall, and who will rise? August 2015" in words_of(desk_of(f"months/{JULY}").text)
    command = CliRunner(env=world.environment()).invoke(program, ["forecast", str(JULY.following), "--format", "json"])
    facts = json.loads(desk_of(f"api/v1/{where}").text)
    assert facts == json.loads(command.output)
    assert facts["billing_month"] == str(JULY.following)
    assert facts["partners"]
    for sentence in facts["said"]:
        assert for_people(sentence) in said


def test_the_cost_of_a_month_is_the_commands_and_its_workbook_has_it_once_somebody_asked(
    desk_of: Asking, world: World
) -> None:
    """Two services of P1 from 28 July at 8 %: list value 1,000.00 and 100.00, of which 88.00 were given."""
    where = f"months/{JULY}/reports/cost"
    workbook = f"months/{JULY}/register.xlsx"
    given = {"discount_bp": 800, "ordered_on": "2015-07-28", "posted_on": "2015-07-31"}
    world.bill("A1", str(JULY), 920_00, product="cdn", **given)
    world.bill("A1", str(JULY), 92_00, **given)
    assert "cost tiers" not in sheets(desk_of, workbook)
    assert "Nobody has asked yet." in words_of(desk_of(where).text)
    assert desk_of.post(where, "user").status_code == 303
    page = finished(desk_of, where).text
    said = words_of(page)
    command = CliRunner(env=world.environment()).invoke(program, ["cost", str(JULY), "--format", "json"])
    facts = json.loads(desk_of(f"api/v1/{where}").text)
    assert facts == json.loads(command.output)
    for sentence in facts["said"]:
        assert for_people(sentence) in said
    assert "88.00 EUR of discount were given in July 2015 on a list value of 1,100.00 EUR (8 %)" in said
    tables = re.findall(rf'href="[^"]*/{where}/(\w+)\.csv"', page)
    assert tables == ["tiers", "entities", "products", "shares", "committed", "posting"]  # no contract ends
    answer = said[: said.index("By tier of the order's day")]
    assert "Discount given 88.00 EUR in the month Due 88.00 EUR" in answer
    assert "Given beyond due 0.00 EUR" in answer
    opened = words_of(re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL))
    for folded in ("How it adds up", "Posting of discounts given", "difference"):
        assert folded in said
        assert folded not in opened
    rows = list(csv.DictReader(io.StringIO(desk_of(f"{where}/posting.csv").text)))
    assert [(row["account"], row["debit_minor"], row["credit_eur_cents"]) for row in rows] == [
        ("partner_discount", "8000", "0"),
        ("revenue_at_list", "0", "8000"),
        ("partner_discount", "800", "0"),
        ("revenue_at_list", "0", "800"),
    ]
    assert "cost tiers" in sheets(desk_of, workbook)


def sheets(desk_of: Asking, workbook: str) -> list[str]:
    return openpyxl.load_workbook(io.BytesIO(desk_of(workbook).content)).sheetnames


def test_an_entity_that_cannot_be_read_is_on_the_page_of_the_cost(desk_of: Asking, world: World) -> None:
    where = f"months/{JULY}/reports/cost"
    world.billing_db("US").write_bytes(b"no database at all, of no use to anybody, whoever reads it" * 20)
    desk_of.post(where, "user")
    said = words_of(finished(desk_of, where).text)
    assert "Not known" in said
    assert "billing database not readable" in said
    assert "No accrual follows" in said


def test_the_files_of_a_forecast_that_was_asked_are_there(desk_of: Asking) -> None:
    where = f"months/{JULY}/reports/forecast"
    desk_of.post(where, "user")
    page = finished(desk_of, where).text
    for name in re.findall(rf'href="[^"]*/{where}/(\w+)\.csv"', page):
        assert desk_of(f"{where}/{name}.csv").headers["content-disposition"].startswith("attachment")
    assert f"{where}/partners.csv" in page


def test_a_partners_page_says_of_what_was_asked_its_own_rows_alone(desk_of: Asking, world: World) -> None:
    page = words_of(desk_of("partners/P2").text)
    assert "Nobody has asked the entities yet what it will bring." in page
    assert "Nobody has asked the entities yet whether one is missing." in page

    named = "INSERT INTO program_reseller_account (account_id, company_name) VALUES ('A99', 'Noordzee Hosting B.V.')"
    world.execute("NL", named)
    world.bill("A2", "2015-08", 4_000_00)
    for name in ("forecast", "missing_accounts"):
        assert desk_of.post(f"months/{JULY}/reports/{name}", "user").status_code == 303
        finished(desk_of, f"months/{JULY}/reports/{name}")

    page = words_of(desk_of("partners/P2").text)
    assert "Sure: posted already 4,000.00 Tier 2" in page
    assert "It will drop from Tier 3 to Tier 2 unless" in page
    assert re.search(r"A99 NL Noordzee Hosting B\.V\. maybe company name", page)
    other = words_of(desk_of("partners/P/5").text)
    assert "A99" not in other
    assert "4,000.00" not in other
    assert "No account that nobody linked is like this partner's." in other


def test_what_an_older_release_kept_is_asked_again(desk_of: Asking, world: World) -> None:
    kept = world.installation.out / "reports" / ".pages" / f"forecast.{JULY}"
    kept.mkdir(parents=True)
    (kept / "answer.json").write_text('{"title": "of another kind"}')
    (kept / "by_partner.lines").write_text('1\n"P1"\tdrops\t{"partner": "P1"}\n')
    assert "Nobody has asked yet." in words_of(desk_of(f"months/{JULY}/reports/forecast").text)
    page = words_of(desk_of("partners/P1").text)
    assert "Nobody has asked the entities yet what it will bring." in page
