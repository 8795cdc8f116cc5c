"""The pages of a company with another programme: its own tier names, and nothing of what it does not have."""

import re
from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.installation import INCLUDE_VARIABLE
from tests.own_folder import OwnWorld, own_brand
from tests.page.asking import Asking, mounted
from tests.page.test_pages import words_of
from tests.usecases.month.test_qualifications import JULY, JUNE, Demanding

FILE = Path(__file__).parents[1] / "data" / "programmes" / "waterloop" / "2026-01-01.yaml"
JANUARY, FEBRUARY = "2026-01", "2026-02"
ABSENT = r"\bTier.\d|LeaseWeb|\bSLA\b|Service level|[Pp]repayment|paid in advance|Private Rack|shortens|No tier"
PAGES = (
    "",
    "months",
    "months/2026-02",
    "months/2026-02/changes",
    "partners",
    "partners/P1",
    "partners/P2",
    "programme",
    "programme/what-if",
    "programme/sweep",
    "grants/new/P2",
    "benefits",
    "quote?partner=P1",
    "quote?partner=P1&on=2026-03-01&monthly=100&term=1",
    "receipts/2026-02/P1",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """January and February 2026 settled: P1 rises from Silver to Gold, P2 stays Ready."""
    made = OwnWorld(
        tmp_path_factory.mktemp("waterloop"),
        brand=own_brand("Waterloop"),
        programs={FILE.stem: FILE.read_text("utf-8")},
    )
    made.partner("P1", {"NL": "A1"})
    made.qualified("P1", 2)
    made.partner("P2", {"NL": "A2"})
    made.bill("A1", JANUARY, 14_999_99)
    made.bill("A1", FEBRUARY, 15_000_00)
    made.bill("A2", JANUARY, 1_00, months=2)
    made.grant("G1", "P2", 2, "2026-01-15", "2026-01-20")
    made.ready(JANUARY, FEBRUARY)
    made.settle(JANUARY, on="2026-02-01", migration=True)
    made.settle(FEBRUARY, on="2026-03-01")
    return made


@pytest.fixture
def pages(desk: Any, shown: Any, world: OwnWorld, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Asks the pages over this world."""
    shown(world)
    monkeypatch.setenv(INCLUDE_VARIABLE, str(world.own))
    return Asking(mounted(desk))


def words(page: str) -> str:
    """What a page says, without markup."""
    return " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_tiers_number_or_what_the_programme_lacks(pages: Asking, path: str) -> None:
    answer = pages(path, "op")
    assert answer.status_code == 200, words(answer.text)[:300]
    said = words(answer.text)
    assert [said[max(0, found.start() - 60) : found.end() + 60] for found in re.finditer(ABSENT, said)] == []


def test_a_partner_is_shown_with_the_names_of_its_tiers(pages: Asking) -> None:
    said = words(pages("partners/P1", "op").text)
    assert "Tier today Gold" in said
    assert "In February 2026 it rose from Silver to Gold" in said
    assert "was Silver" in said


def test_the_programme_is_shown_as_its_file_has_it(pages: Asking) -> None:
    said = words(pages("programme", "op").text)
    assert "Nobody who is assessed has less than the first." in said
    assert "There is no cap." in said
    assert all(name in said for name in ("Ready", "Silver", "Gold"))
    assert all(f" {head} " not in said for head in ("Terms", "Products", "Becoming a partner"))


def test_a_partners_page_says_beside_its_tier_what_revenue_alone_does_not_reach(
    desk: Any, shown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Demanding(tmp_path).settled(JUNE, JULY)
    shown(world)
    monkeypatch.setenv(INCLUDE_VARIABLE, str(world.include))
    pages = Asking(mounted(desk))
    told = "In July 2015 revenue reaches Tier 3, which needs 2 certified staff, on record 1."
    assert told.lower() in words_of(pages("partners/P1").text).lower()
    assert "on record" not in words_of(pages("partners/P2").text)
