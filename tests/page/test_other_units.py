"""Pages of a programme that counts in dollars, and of one that changed to dollars: each month in its own unit."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from partner_program.page.words import NOTHING
from partner_program.usecases.installation import INCLUDE_VARIABLE
from tests.page.asking import Asking, mounted
from tests.page.test_other_programmes import words
from tests.usecases.month.own_programme import OwnProgramme
from tests.usecases.month.test_currency import (
    EURO_WORDS,
    FEBRUARY,
    FUNDS,
    JANUARY,
    changed,
    in_unit,
    partner,
    settled,
    world_of,
)

REQUEST = "P1-mdf"
ASKED = ("--activity", "a fair", "--market", "US", "--amount", "1500", "--reason", "leads", "--id", REQUEST)
PAGES = (
    "",
    "months",
    f"months/{JANUARY}",
    f"months/{JANUARY}/changes",
    f"months/{JANUARY}/sign",
    "partners",
    "partners/P1",
    "programme",
    "grants/new/P1",
    "benefits",
    f"benefits/of/{REQUEST}",
    f"benefits/outcome/{REQUEST}",
    "benefits/request/P1?benefit=mdf",
    "quote?partner=P1",
    "quote?partner=P1&on=2026-03-01&monthly=100&setup=50&term=1",
    f"receipts/{JANUARY}/P1",
    f"in-their-words/{JANUARY}/P1",
    f"letters/{JANUARY}",
    f"letters/{JANUARY}/letter/P1",
    "acts",
    f"months/{JANUARY}/closes",
)


@pytest.fixture(scope="module")
def dollars(tmp_path_factory: pytest.TempPathFactory) -> OwnProgramme:
    """January in USD, with a grant, and an approved proposal of 1,500.00."""
    text = in_unit("{code: USD}", more=FUNDS + "company: LeaseWeb\n")
    world = world_of(tmp_path_factory.mktemp("dollars"), text, "US", "UK")
    partner(world, "P1", US=1_000_00, UK=1_000_00)
    world.grant("G1", "P1", 3, "2026-01-15", "2099-01-01")
    settled(world)
    command(world, "benefit", "request", "P1", "mdf", *ASKED)
    command(world, "benefit", "approve", REQUEST, "--reason", "fits")
    return world


def command(world: OwnProgramme, *words: str) -> str:
    """What a command of this world prints."""
    done = world.command_line(*words)
    assert done.status == 0, done.stderr
    return done.stdout


@pytest.fixture
def pages(desk: Any, shown: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks the pages over a world."""

    def over(world: OwnProgramme) -> Asking:
        shown(world)
        monkeypatch.setenv(INCLUDE_VARIABLE, str(world.include))
        return Asking(mounted(desk))

    return over


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_a_programme_in_dollars_speaks_of_euros(pages: Any, dollars: OwnProgramme, path: str) -> None:
    answer = pages(dollars)(path, "op")
    said = re.sub(r"per EUR, a test|for one EUR \(a test\)", "", words(answer.text))  # what a rate is
    assert answer.status_code == 200, said[:300]
    assert [said[max(0, found.start() - 60) : found.end() + 60] for found in EURO_WORDS.finditer(said)] == []


def test_files_of_lists_name_the_unit_and_the_tiers(pages: Any, dollars: OwnProgramme) -> None:
    (grant,) = json.loads(command(dollars, "grants", "list", "--format", "json"))
    assert (grant["currency"], grant["needed_cents"], grant["needed_eur_cents"]) == ("USD", 5_000_00, None)
    assert (grant["tier"], grant["tier_name"]) == (3, "Gold")
    (row,) = csv.DictReader(io.StringIO(command(dollars, "grants", "list", "--format", "csv")))
    assert (row["needed_cents"], row["needed_eur_cents"], row["currency"]) == ("500000", "", "USD")
    assert (row["tier"], row["tier_name"]) == ("3", "Gold")
    (benefit,) = json.loads(command(dollars, "benefit", "list", "--format", "json"))
    assert (benefit["currency"], benefit["amount_cents"], benefit["amount_eur_cents"]) == ("USD", 1_500_00, None)
    ask = pages(dollars)
    (listed,) = csv.DictReader(io.StringIO(ask("partners.csv").text))
    assert (listed["mrr_cents"], listed["mrr_eur_cents"], listed["currency"]) == ("250000", "", "USD")
    assert (listed["earned_tier_name"], listed["tier_name"]) == ("Silver", "Gold")
    (found,) = ask("api/v1/partners").json()["partners"]
    assert (found["mrr_cents"], found["gap_cents"], found["gap_eur_cents"]) == (2_500_00, 2_500_00, None)
    whole = ask("api/v1/partners/P1").json()
    assert (whole["currency"], whole["gap_cents"], whole["months"][0]["mrr_cents"]) == ("USD", 2_500_00, 2_500_00)
    assert (whole["months"][0]["tier_name"], whole["grants"][0]["tier_name"]) == ("Gold", "Gold")
    assert ask(f"api/v1/months/{JANUARY}").json()["counted_cents"] == 2_500_00


def test_each_month_is_told_in_the_unit_that_it_was_counted_in(pages: Any, tmp_path: Path) -> None:
    world = changed(tmp_path, "NL")
    partner(world, "P1", NL=1_000_00)
    world.grant("G1", "P1", 3, "2026-01-15", "2099-01-01")
    settled(world)
    ask = pages(world)
    said = words(ask("partners/P1").text)
    assert "Revenue, January 2026 1,000.00 EUR" in said
    assert "not known before a month in USD" in said
    assert f"1,000.00 {NOTHING} 10" in words(ask("partners").text)  # nothing to the next tier
    (grant,) = json.loads(command(world, "grants", "list", "--format", "json"))
    assert (grant["needed_cents"], grant["counted_month"], grant["verdict"]) == (5_000_00, None, "not_counted")

    world.bill("P1-NL", FEBRUARY, 3_000_00)
    settled(world, FEBRUARY, "2026-03-01")
    said = words(ask("partners/P1").text)
    assert "January 2026 : why 1,000.00 EUR" in said
    assert "February 2026 : why 3,600.00 " in said
    assert "3,600.00 EUR" not in said
    months = ask("api/v1/partners/P1").json()["months"]
    assert [(each.get("currency"), each["mrr_eur_cents"], each.get("mrr_cents")) for each in months] == [
        ("USD", None, 3_600_00),
        (None, 1_000_00, None),
    ]
    assert "on January 2026" not in words(ask(f"months/{FEBRUARY}").text)
    assert words(ask(f"months/{FEBRUARY}/changes").text).count("1,000.00") == 0


def test_whole_units_say_in_csv_that_they_have_no_decimals(tmp_path: Path) -> None:
    world = world_of(tmp_path, in_unit("{code: IDR, decimals: 0}", (0, 500), (1_000_000, 800), (5_000_000, 900)), "NL")
    partner(world, "P1", NL=100_00)
    settled(world)
    (row,) = csv.DictReader(io.StringIO(command(world, "register", JANUARY, "--format", "csv")))
    assert (row["mrr_cents"], row["currency"], row["decimals"]) == ("2000000", "IDR", "0")
