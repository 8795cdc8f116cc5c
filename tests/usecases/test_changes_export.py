"""Changes as files for a warehouse: no gap, no repeat, the same bytes for the same cursors, the same rows in both."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partner_program.domain.refusals import Refusal
from partner_program.usecases.changes_export import Exported, export_changes
from partner_program.usecases.events import list_events
from tests.usecases.three_partners import JULY, june_in_force
from tests.worlds import World


@pytest.fixture
def june(world: World) -> World:
    """Four events."""
    return june_in_force(world)


def july_too(world: World) -> None:
    """Two more."""
    world.bill("A1", JULY, 3_000_00)
    world.close(JULY)
    world.settle(JULY, on="2015-08-03")


def export(world: World, folder: Path, since: str | None = None, **asked: Any) -> Exported:
    return export_changes(world.installation, folder, since=since, **asked)


def rows(done: Exported) -> list[dict[str, str]]:
    with done.manifest.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def parquet(done: Exported) -> list[tuple[Any, ...]]:
    with duckdb.connect(":memory:") as connection:
        return connection.execute(
            "SELECT * FROM read_parquet(?)", [str(done.manifest.with_suffix(".parquet"))]
        ).fetchall()


def bytes_of(folder: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in sorted(folder.iterdir())}


def test_exports_that_follow_one_another_have_each_event_once(june: World, tmp_path: Path) -> None:
    first = export(june, tmp_path)
    july_too(june)
    second = export(june, tmp_path, first.following)
    third = export(june, tmp_path, second.following)
    assert (first.rows, second.rows, third.rows) == (4, 2, 0)
    written = [row["event_id"] for done in (first, second, third) for row in rows(done)]
    assert written == [each.event_id for each in reversed(list_events(june.installation).events)]
    assert third.following == second.following


def test_the_same_cursors_give_the_same_bytes_whatever_came_after(june: World, tmp_path: Path) -> None:
    first = export(june, tmp_path / "a")
    july_too(june)
    again = export(june, tmp_path / "b", until=first.following)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    assert again.following == first.following
    both = [export(june, tmp_path / name, first.following) for name in ("c", "d")]
    assert bytes_of(tmp_path / "c") == bytes_of(tmp_path / "d")
    assert both[0].following == both[1].following


def test_both_forms_have_the_same_rows_and_the_manifest_says_what_is_there(june: World, tmp_path: Path) -> None:
    done = export(june, tmp_path, with_amounts=True)
    manifest = json.loads(done.manifest.read_text())
    assert [[str(cell) if cell is not None else "" for cell in row] for row in parquet(done)] == [
        list(row.values()) for row in rows(done)
    ]
    assert manifest["rows"] == 4
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir() if each.name.startswith("changes-")} == {0o600}
    export(june, tmp_path)
    assert json.loads(done.manifest.read_text()) == manifest, "one without amounts stands beside it"
    assert [each["name"] for each in manifest["columns"]] == list(rows(done)[0])
    assert manifest["since"] is None
    for each in manifest["files"]:
        written = (tmp_path / each["name"]).read_bytes()
        assert (len(written), hashlib.sha256(written).hexdigest()) == (each["bytes"], each["sha256"])
    assert json.loads(rows(done)[1]["amounts"]) == {"mrr_eur_cents": 2_000_00}


def test_amounts_are_there_only_where_they_are_asked_for(june: World, tmp_path: Path) -> None:
    assert "amounts" not in rows(export(june, tmp_path))[0]


def test_an_installation_without_events_gives_empty_files_from_which_one_goes_on(world: World, tmp_path: Path) -> None:
    world.ready()
    done = export(world, tmp_path)
    assert (done.rows, rows(done), parquet(done)) == (0, [], [])
    assert export(world, tmp_path, done.following).following == done.following


def test_a_cursor_of_another_database_is_refused_and_writes_nothing(june: World, tmp_path: Path) -> None:
    done = export(june, tmp_path / "a")
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    other.ready()
    with pytest.raises(Refusal, match="this cursor is of another database"):
        export(other, tmp_path / "b", done.following)
    for nonsense in ("", "x", "WzQ", "W10", done.following + "A", "WzQsIDRd"):
        with pytest.raises(Refusal, match="this is no cursor"):
            export(june, tmp_path / "b", nonsense)
    with pytest.raises(Refusal, match="the cursor of --until is before that of --since"):
        export(june, tmp_path / "b", done.following, until=export(other, tmp_path / "c").following)
    assert not (tmp_path / "b").exists()
