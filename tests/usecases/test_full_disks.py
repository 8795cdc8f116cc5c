"""A disk that fills up is reported and leaves nothing half done; with space again the work is completed.

SQLite is in test_month_run.py. The disk is a small file system in memory, which only root can make.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from partner_program.domain.refusals import Unavailable
from tests.adapters.database.test_database_on_postgres import Programme
from tests.servers import own_postgres
from tests.usecases.letter_world import RECIPIENTS, LetterWorld, letter_world, render
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

PAGE = 8192
MEGABYTES = 24


class SmallDisk:
    """A small file system that a test can fill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def leave(self, free: int) -> None:
        """Fill the disk, or shrink the ballast file, until `free` bytes are free."""
        self._ballast.unlink(missing_ok=True)
        size = shutil.disk_usage(self.folder).free - free
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)

    def make_room(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    # not below pytest's own folder, which the server may not enter
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    made = subprocess.run(mount, check=False, capture_output=True, text=True) if os.geteuid() == 0 else None
    if made is None or made.returncode:
        folder.rmdir()
        pytest.skip(f"NO FILE SYSTEM CAN BE MADE HERE ({made.stderr.strip() if made else 'not root'}): NOT tested full")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607  as the mount
    folder.rmdir()


# The programme's database on PostgreSQL


@pytest.fixture
def programme(disk: SmallDisk, tmp_path: Path) -> Iterator[Programme]:
    place = disk.folder / "tables"
    place.mkdir()
    with own_postgres() as server:
        data = Path(server.pgdata).stat()
        os.chown(place, data.st_uid, data.st_gid)
        with psycopg.connect(server.get_uri(), autocommit=True) as owner:
            folder = str(owner.info.host)
            owner.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
            owner.execute("CREATE DATABASE programme TABLESPACE small")
        found = Programme(World(tmp_path), folder, "programme")
        found.through(folder)
        three_partners(found.world)
        yield found


def refusal_of_june(world: World) -> str | None:
    try:
        world.settle(JUNE, on=GO_LIVE)
    except Unavailable as full:
        return str(full)
    return None


@pytest.mark.server
def test_a_full_disk_of_postgresql_is_reported_and_with_space_again_the_month_ends_as_usual(
    disk: SmallDisk, programme: Programme, tmp_path_factory: pytest.TempPathFactory
) -> None:
    twin = three_partners(World(tmp_path_factory.mktemp("undisturbed")))
    twin.settle(JUNE, on=GO_LIVE)
    told = []
    while not told or told[-1] is not None:
        disk.leave(len(told) * PAGE)
        told.append(refusal_of_june(programme.world))
        if told[-1] is not None:
            for table in ("settlement", "discount_rate", "letter"):
                assert programme.ask(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608  our own tables
    *refusals, _ = told
    assert len(refusals) > 5, "it was full at many moments of the month"
    for refusal in refusals:
        assert "writing the programme database failed" in refusal
        assert "No space left on device" in refusal
    assert programme.world.register(JUNE) == twin.register(JUNE)
    assert not programme.world.settle(JUNE, on=GO_LIVE).changed


# Letters in files


@pytest.fixture
def letters(disk: SmallDisk, tmp_path: Path) -> LetterWorld:
    """A world whose `out` lies on the small disk."""
    (disk.folder / "out").mkdir()
    (tmp_path / "out").symlink_to(disk.folder / "out")
    return letter_world(tmp_path)


@pytest.mark.processes
def test_a_disk_without_space_for_a_letter_is_reported_and_with_space_again_every_letter_is_whole(
    disk: SmallDisk, letters: LetterWorld
) -> None:
    written = letters.world.written()
    for path in (letters.world.folder / "out" / "letters" / JUNE).iterdir():
        path.unlink()
    disk.leave(2 * 4096)
    told = r"^writing .*/letters/2015-06/P\d\.(html|txt) failed: No space left on device$"
    with pytest.raises(Unavailable, match=told):
        render(letters.world)
    disk.make_room()
    render(letters.world)
    assert letters.world.written() == written


@pytest.mark.processes
def test_a_disk_without_space_loses_no_message(disk: SmallDisk, letters: LetterWorld) -> None:
    letters.approve()
    disk.leave(0)
    with pytest.raises(Unavailable, match=r"failed: No space left on device$"):
        letters.send()
    assert letters.states() == {"approved": RECIPIENTS}
    disk.make_room()
    letters.send()
    assert letters.states() == {"accepted": RECIPIENTS}
    messages = list((letters.world.folder / "out" / "mail" / JUNE).iterdir())
    assert [path.suffix for path in messages] == [".eml"] * RECIPIENTS, "no half message is left"
