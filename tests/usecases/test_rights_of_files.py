"""What holds names or revenue is for its owner alone, also where the umask lets everybody read."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.documents import certificate_pdf, letter_pdf
from partner_program.usecases.months_page import make_months_page
from tests.usecases.letter_world import LetterWorld
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

DAY = date(2015, 8, 5)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """The one that most machines have: others may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    return [f"{rights(path):o} {path.relative_to(folder)}" for path in folder.rglob("*") if rights(path) & 0o077]


def test_every_file_and_folder_that_a_month_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    world = three_partners(World(tmp_path))
    world.run(JUNE, on=GO_LIVE)
    letters, month = LetterWorld(world), BillingMonth.parse(JUNE)
    write_book(world.installation, month, today=DAY)
    letters.approve()
    letters.send()
    letter_pdf(world.installation, "P1", month)
    certificate_pdf(world.installation, "P1", on=DAY, today=DAY)
    make_months_page(world.installation)

    out = tmp_path / "out"
    written = {str(path.relative_to(out)) for path in out.rglob("*")}
    assert {
        "index.html",
        f"registers/{JUNE}.csv",
        f"registers/{JUNE}.json",
        f"letters/{JUNE}/index.html",
        f"letters/{JUNE}/P1.html",
        f"letters/{JUNE}/P1.pdf",
        f"quality/{JUNE}/index.html",
        f"quality/{JUNE}/summary.md",
        f"quality/{JUNE}/checks/NL.html",
        "quality/.checks",
        "certificates",
        f"mail/{JUNE}",
    } <= written
    assert rights(out) == 0o700
    assert open_to_others(out) == []


def test_the_programmes_database_and_its_journal_are_for_their_owner_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.program_db.unlink(missing_ok=True)
    world.installation.database.upgrade()
    assert rights(world.program_db) == 0o600

    with closing(sqlite3.connect(world.program_db, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE alembic_version SET version_num = version_num")
        beside = [path for path in tmp_path.iterdir() if path.name.startswith(f"{world.program_db.name}-")]
        assert [path.suffix for path in beside] == [".db-journal"]
        assert [rights(path) for path in beside] == [0o600]
        writer.execute("ROLLBACK")


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o640), (0o666, 0o660), (0o660, 0o660), (0o600, 0o600)])
def test_init_closes_an_older_database_to_everybody_and_leaves_its_group_to_the_operator(
    tmp_path: Path, before: int, after: int
) -> None:
    world = World(tmp_path)
    world.installation.database.upgrade()
    world.program_db.chmod(before)
    world.installation.database.upgrade()
    assert rights(world.program_db) == after


def test_init_changes_nothing_about_an_entitys_database(tmp_path: Path) -> None:
    world = World(tmp_path)
    with closing(sqlite3.connect(world.program_db)) as billing:
        billing.execute("CREATE TABLE program_mrr_line (line_id)")
    world.program_db.chmod(0o644)
    with pytest.raises(Exception, match="leads to an entity's database"):
        world.installation.database.upgrade()
    assert rights(world.program_db) == 0o644
