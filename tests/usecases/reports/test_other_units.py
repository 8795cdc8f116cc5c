"""Reports about months that were counted in dollars, in whole rupiah and in points; each figure worked out by hand."""

import csv
import io
import json
import re
from typing import Any

import pytest

from tests.own_folder import OwnWorld
from tests.usecases.three_programmes import KESTREL, MERAPI, TESSERA, Story, begin, months_of, settle

DECEMBER, JANUARY = "2025-12", "2026-01"
EUROS = re.compile(r"\bEUR\b|€|\beuros?\b|eur_cents", re.IGNORECASE)


def _lived(story: Story, factory: pytest.TempPathFactory) -> OwnWorld:
    world = begin(story, factory.mktemp(story.folder))
    settle(world, months_of(story))
    return world


@pytest.fixture(scope="module")
def kestrel(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December and January in dollars, a year together: see `KESTREL`."""
    return _lived(KESTREL, tmp_path_factory)


@pytest.fixture(scope="module")
def merapi(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December and January in whole rupiah: see `MERAPI`."""
    return _lived(MERAPI, tmp_path_factory)


@pytest.fixture(scope="module")
def tessera(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December to March in points: see `TESSERA`."""
    return _lived(TESSERA, tmp_path_factory)


def told(world: OwnWorld, *command: str, status: int = 0) -> str:
    """What a command prints."""
    done = world.command_line(*command)
    assert done.status == status, done.stderr
    return done.stdout


def answered(world: OwnWorld, *command: str, status: int = 0) -> dict[str, Any]:
    """A report as JSON."""
    answer: dict[str, Any] = json.loads(told(world, *command, "--format", "json", status=status))
    return answer


def test_near_a_threshold_of_a_year_in_dollars(kestrel: OwnWorld) -> None:
    found = answered(kestrel, "near", JANUARY, "--within", "10")
    assert (found["currency"], "decimals" in found) == ("USD", False)
    # December and January together: P1 has 5,162.00, P2 4,500.00 of the 5,000.00 for Plus; P3 1,631.92 is far away.
    assert [list(row.values()) for row in found["partners"]] == [
        ["P1", "Company P1", "M1", None, 3_104_00, 2, 14_838_00, 162_00],
        ["P2", "Company P2", "M1", None, -1_500_00, 1, 500_00, None],
    ]
    # At the rates of December P1 would have 1,058.00 for its 920.00 EUR, and 5,116.00 together: Plus all the same.
    assert (found["rates"], found["unknown"]) == ([], [])
    text = told(kestrel, "near", JANUARY, "--within", "10")
    assert "MRR USD" in text
    assert "14,838.00" in text
    assert not EUROS.search(text)


def test_near_in_whole_rupiah_says_whom_exchange_rates_lift(merapi: OwnWorld) -> None:
    found = answered(merapi, "near", JANUARY)
    assert (found["currency"], found["decimals"]) == ("IDR", 0)
    assert [list(row.values())[3:] for row in found["partners"]] == [
        [None, 5_000_000, 2, 15_000_000, 0],
        [None, 20_100_000, 3, None, 100_000],
    ]
    # 105.00 EUR are 2,100,000 at 20,000, and 1,995,000 at 19,000: 19,995,000 together are Cempaka.
    (row,) = found["rates"]
    assert (row["partner_id"], row["before_cents"], row["before_eur_cents"]) == ("P2", 19_995_000, None)
    assert (row["earned_tier"], row["before_tier"], row["moved_cents"]) == (3, 2, 105_000)
    assert "1 partner earned a higher tier than at those of 2025-12" in found["said"][1]
    text = told(merapi, "near", JANUARY)
    assert "20,100,000" in text
    assert "+105,000" in text
    assert not EUROS.search(text)


def test_near_in_points_knows_no_exchange_rates(tessera: OwnWorld) -> None:
    found = answered(tessera, "near", JANUARY)
    assert [list(row.values()) for row in found["partners"]] == [["P2", "Company P2", "M1", None, 99, 1, 1, 89]]
    text = told(tessera, "near", JANUARY)
    assert "MRR pts" in text
    assert "pts have no exchange rates." in text


def test_a_table_as_csv_says_its_unit(merapi: OwnWorld) -> None:
    rows = list(csv.DictReader(io.StringIO(told(merapi, "near", JANUARY, "--format", "csv"))))
    assert [(row["mrr_eur_cents"], row["mrr_cents"], row["currency"]) for row in rows] == [
        ("", "5000000", "IDR"),
        ("", "20100000", "IDR"),
    ]
