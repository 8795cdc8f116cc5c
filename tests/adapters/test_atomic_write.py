"""Files that people read are replaced as a whole or not at all, and are not touched without need."""

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_program.adapters.atomic_write import (
    folder_in_one_piece,
    make_folder,
    sweep_drafts,
    write_if_changed,
)
from partner_program.domain.refusals import Unavailable


def test_a_text_is_put_in_place_with_its_folders_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "letters" / "2015-06" / "P1.txt"
    assert write_if_changed(path, "Tier 2, 株式会社\n")
    assert path.read_bytes() == "Tier 2, 株式会社\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600


def test_missing_folders_are_made_for_the_owner_alone_and_others_are_left_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(0o022)
    try:
        make_folder(tmp_path / "letters" / "2015-06")
    finally:
        os.umask(before)
    folders = (tmp_path, tmp_path / "letters", tmp_path / "letters" / "2015-06")
    assert [each.stat().st_mode & 0o777 for each in folders] == [0o755, 0o700, 0o700]


def test_a_file_that_others_may_read_is_written_anew_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text("one", "utf-8")
    path.chmod(0o644)
    assert write_if_changed(path, "one")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_stands_in_its_place_only_when_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "quality" / "2015-06"
    with folder_in_one_piece(folder) as draft:
        write_if_changed(draft / "index.html", "one")
    with contextlib.suppress(ZeroDivisionError), folder_in_one_piece(folder) as draft:
        write_if_changed(draft / "index.html", "two")
        raise ZeroDivisionError
    assert [path.name for path in folder.parent.iterdir()] == ["2015-06"]
    assert (folder / "index.html").read_text("utf-8") == "one"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_same_text_leaves_the_file_untouched_and_another_replaces_it(tmp_path: Path) -> None:
    path = tmp_path / "P1.txt"
    write_if_changed(path, "one")
    before = path.stat()
    assert not write_if_changed(path, "one")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert write_if_changed(path, "two")
    assert path.read_text("utf-8") == "two"


def test_a_reader_that_has_the_old_file_open_keeps_reading_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "P1.txt"
    write_if_changed(path, "one")
    with path.open(encoding="utf-8") as reader:
        write_if_changed(path, "two")
        assert reader.read() == "one"


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Limit every file that this process writes to a thousand bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("small_disk")
def test_a_file_that_cannot_be_written_is_named_and_the_old_text_stays(tmp_path: Path) -> None:
    path = tmp_path / "P1.txt"
    write_if_changed(path, "one")
    with pytest.raises(Unavailable, match=f"^writing {path} failed: File too large$"):
        write_if_changed(path, "two" * 1_000)
    assert [(each.name, each.read_text("utf-8")) for each in tmp_path.iterdir()] == [("P1.txt", "one")]


@pytest.mark.parametrize("in_the_way", ["letters", "letters/P1.txt/folder"])
def test_a_folder_or_file_in_the_way_is_named(tmp_path: Path, in_the_way: str) -> None:
    (tmp_path / in_the_way).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / in_the_way).write_text("", "utf-8")
    with pytest.raises(Unavailable, match=f"^writing {tmp_path / 'letters' / 'P1.txt'} failed: "):
        write_if_changed(tmp_path / "letters" / "P1.txt", "one")


@pytest.mark.processes
def test_drafts_of_dead_processes_are_removed_and_nothing_else(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with folder_in_one_piece(tmp_path / "2015-06") as draft:
        mine = draft.name
    shutil.rmtree(tmp_path / "2015-06")
    theirs = mine.replace(f".{os.getpid()}.", f".{gone.pid}.")
    elsewhere = f".2015-06.another-machine.{gone.pid}.abc123"
    for name in (mine, theirs, elsewhere, ".checks"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text("", "utf-8")
    (tmp_path / f"{theirs}4").write_text("", "utf-8")
    (tmp_path / "P1.txt").write_text("", "utf-8")
    sweep_drafts(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {mine, elsewhere, ".checks", "P1.txt"}


def test_a_folder_that_does_not_exist_has_no_drafts_to_remove(tmp_path: Path) -> None:
    sweep_drafts(tmp_path / "letters")
    assert list(tmp_path.iterdir()) == []
