"""The programme's page: every file on its day, each value with the words that it comes from."""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from partner_program.usecases.installation import PROJECT
from tests.page.asking import Asking
from tests.page.test_pages import words_of
from tests.programs import with_tiers
from tests.worlds import World

FIRST = PROJECT / "include" / "program" / "2015-07-27.yaml"


@pytest.fixture
def two_files(ask: Asking, shown: Any, page_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """The pages over the small world, with a second programme of seven tiers from 2016 on."""
    include = copytree(PROJECT / "include", tmp_path / "include")
    (include / "program" / "2016-01-01.yaml").write_text(with_tiers(7, day="2016-01-01"))
    shown(page_world)
    monkeypatch.setenv("PARTNER_PROGRAM_INCLUDE", str(include))
    return ask


def test_each_tier_stands_with_the_words_of_the_source(ask: Asking) -> None:
    answer = ask("programme")
    assert answer.status_code == 200
    assert len(answer.content) < 100_000
    said = words_of(answer.text)
    assert "Tier 2 2,000.00 8 % 20 % Silver Tier 2 2,000-4,999 8% 20% ... Service Level Agreement Bronze Silver" in said
    assert "Our reading: 1,999.99 is still Tier 1" in said
    assert "6 months +5%" in said
    assert "readings.stacking" in said
    assert "brake.lowered_share_bp" in said


def test_a_value_that_the_file_leaves_out_is_said_to_be_the_default(ask: Asking) -> None:
    said = words_of(ask("programme").text)
    assert "10,000 EUR brake.entity_total_move_at_least_cents The file does not say it: this is the default." in said


def test_a_date_shows_the_programme_of_that_day_and_every_file_newest_first(two_files: Asking) -> None:
    old, new = (two_files("programme", params={"on": day}).text for day in ("2015-12-31", "2016-01-01"))
    assert "the programme of 27 July 2015, until 1 January 2016 begins" in words_of(old)
    assert "the programme of 1 January 2016." in words_of(new)
    assert "Tier 7" not in old.replace("\N{NO-BREAK SPACE}", " ")
    assert "Tier 7 80,000.00 27 %" in words_of(new)
    assert new.index(">1 January 2016</a>") < new.index(">27 July 2015</a>")


def test_the_hash_is_the_one_that_settled_months_keep(ask: Asking, page_world: World) -> None:
    kept = page_world.rows("SELECT DISTINCT program_hash FROM settlement")
    assert len(kept) == 1
    assert kept[0][0] in ask("programme").text


@pytest.mark.parametrize(("on", "status"), [("2015-07-26", 404), ("yesterday", 422), ("2015-02-30", 422)])
def test_a_day_without_a_programme_or_that_is_none_is_told(ask: Asking, on: str, status: int) -> None:
    answer = ask("programme", params={"on": on})
    assert answer.status_code == status
    assert on in words_of(answer.text)


def test_a_file_that_was_added_is_shown_at_once(two_files: Asking, tmp_path: Path) -> None:
    assert "2017-01-01.yaml" not in two_files("programme").text
    (tmp_path / "include" / "program" / "2017-01-01.yaml").write_text(with_tiers(6, day="2017-01-01"))
    assert "2017-01-01.yaml" in two_files("programme").text
