"""The pages of reports about months in whole rupiah and in points: each amount in the unit, and no word of euros."""

import re
from typing import Any

import pytest

from partner_program.usecases.installation import INCLUDE_VARIABLE
from tests.own_folder import OwnWorld
from tests.page.asking import Asking, mounted
from tests.page.test_pages import words_of
from tests.usecases.three_programmes import MERAPI, TESSERA, Story, begin, months_of, settle

EUROS = re.compile(r"\bEUR\b|€|\beuros?\b", re.IGNORECASE)


def _made(story: Story, factory: pytest.TempPathFactory) -> OwnWorld:
    world = begin(story, factory.mktemp(story.folder))
    settle(world, months_of(story))
    return world


@pytest.fixture(scope="module")
def merapi(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December and January in whole rupiah: see `MERAPI`."""
    return _made(MERAPI, tmp_path_factory)


@pytest.fixture(scope="module")
def tessera(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December to March in points: see `TESSERA`."""
    return _made(TESSERA, tmp_path_factory)


@pytest.fixture
def over(desk: Any, shown: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks the pages over a world."""

    def ask(world: OwnWorld) -> Asking:
        shown(world)
        monkeypatch.setenv(INCLUDE_VARIABLE, str(world.own))
        return Asking(mounted(desk))

    return ask


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("near", ("MRR IDR", "20,100,000", "+105,000")),
        ("movements", ("Month by month, IDR", "−5,000,000", "MRR of January 2026, in IDR")),  # noqa: RUF001 - a minus
        ("signals", ("5,000,000 IDR in December 2025, 0 in January 2026", "40 % more or less")),
    ],
)
def test_a_report_in_whole_rupiah(over: Any, merapi: OwnWorld, name: str, expected: tuple[str, ...]) -> None:
    page = over(merapi)(f"months/2026-01/reports/{name}")
    assert page.status_code == 200
    words = words_of(page.text)
    assert [each for each in expected if each not in words] == []
    assert not EUROS.search(words)


def test_a_report_of_points_is_about_a_count(over: Any, tessera: OwnWorld) -> None:
    ask = over(tessera)
    words = words_of(ask("months/2026-01/reports/movements").text)
    assert "January 2026: what moved the count since the month before?" in words
    assert "The count went from 1,220 pts in December 2025 to 819 pts in January 2026: -401 pts." in words
    assert "jump in the count" in words_of(ask("months/2026-01/reports/signals").text)
    seen = ask("signals/seen/2026-01 jump P3", "user")
    assert "Jump in the count: Company P3" in words_of(seen.text)


def test_points_are_asked_no_question_about_prices(over: Any, tessera: OwnWorld) -> None:
    ask = over(tessera)
    assert "reports/cost" not in ask("months/2026-01").text
    refused = ask("months/2026-01/reports/cost")
    assert refused.status_code == 409
    assert "January 2026 is counted in pts: its lines have a number of them, and no price" in words_of(refused.text)


def test_a_program_reads_the_unit_from_the_api(over: Any, merapi: OwnWorld) -> None:
    answer = over(merapi)("api/v1/months/2026-01/reports/near").json()
    assert (answer["currency"], answer["decimals"]) == ("IDR", 0)
    assert [(row["mrr_eur_cents"], row["mrr_cents"]) for row in answer["partners"]] == [
        (None, 5_000_000),
        (None, 20_100_000),
    ]


def test_a_receipt_shows_lines_in_the_decimals_of_the_unit(over: Any, merapi: OwnWorld) -> None:
    words = words_of(over(merapi)("receipts/2026-01/P2").text)
    assert "18,000,000 IDR" in words
    assert "105.00 EUR" in words
    assert "180,000" not in words
