"""Removing the upper limit of tiers from a database with months in it keeps every row, whatever happens meanwhile."""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import MIGRATIONS, SCHEMA_VERSION, ProgramDatabase
from partner_program.adapters.database.schema import APPEND_ONLY, INDEXES
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, days_of_each
from partner_program.usecases.installation import Installation
from partner_program.usecases.month import run
from partner_program.usecases.month.closes import read_entity_months
from tests.adapters.database import earlier_schema
from tests.usecases.dying import die_at, ended, start, states_of_killed
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force
from tests.worlds import World

BEFORE, AFTER = "0003", "0004"
LATER = (
    "act",
    "snapshot_piece",
    "snapshot_sum",
    "snapshot_short_line",
    "snapshot_doubtful_line",
    "snapshot_file",
    "letter_recipe",
    "benefit_request",
    "benefit_step",
    "benefit_publication",
    "delivery_resend",
    "input_text",
    "letter_benefits",
    "settlement_input",
    "dispute",
    "dispute_step",
    "digest",
    "event",
    "assessment_at_rates_before",
    "assessment_qualification",
    "qualification",
    "assessment_window",
    "erasure",
    *earlier_schema.COUNTS,
    "sqlite_stat1",
)  # tables of later migrations: nothing of an earlier schema is in them
LATER_COLUMNS = {
    ("account_manager", "countries"),
    ("partner", "attributes"),
    *(("assessment", name) for name in ("qualifying_eur_cents", "merit_tier", "months_below")),
    ("legacy_agreement", "product"),
    *((table, "families") for table in ("assessment", "discount_rate", "publication")),
}
LATER_PARTS = {index.name for index in INDEXES} | {
    *(f"delivery_guard_{what}" for what in ("key", "moves", "resends", "approval", "delete", "insert")),
    *(f"{table}_guard_insert" for table in APPEND_ONLY),
    *(f"{table}_refuses_update" for table in earlier_schema.ALWAYS_GUARDED),
}  # indexes and triggers of later migrations
REBUILT = ("assessment", "discount_rate", "grace_grant", "publication")


def database_at(path: Path) -> ProgramDatabase:
    return ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(path)))


def everything(path: Path) -> dict[str, Any]:
    """Every row with its rowid, and the text of every trigger, index and view; without the version."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: dict[str, Any] = {
            table: connection.execute(f"SELECT {columns_of(connection, table)} FROM {table}").fetchall()  # noqa: S608
            for table in tables
            if table not in ("alembic_version", *LATER)
        }
        parts = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY name"
        of_these = [
            part for part in connection.execute(parts).fetchall() if part[1] not in LATER and part[0] not in LATER_PARTS
        ]
        return {**found, "its parts": of_these}


def columns_of(connection: sqlite3.Connection, table: str) -> str:
    """The columns of a table that schema 0003 has too."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    return ", ".join(["rowid", *(each for each in names if (table, each) not in LATER_COLUMNS)])


def by_days(here: Installation, entities: Sequence[Entity], month: BillingMonth) -> Iterator[EntityRevenue]:
    """What the entities billed, in groups as an earlier version froze them: each line here is of a whole month."""
    for revenue in read_entity_months(here, entities, month):
        days = [days_of_each(group, month.days) for group in revenue.groups]
        assert None not in days
        groups = zip(revenue.groups, days, strict=True)
        yield replace(revenue, groups=tuple(group._replace(covered_days=each, minor_days=0) for group, each in groups))


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three partners after June and July, with a grant and rates for an order database; in schema 0003."""
    world = World(tmp_path_factory.mktemp("settled"))
    world.grant("G1", "P1", 6, "2015-07-01", "2015-12-01")
    world.orders("NL")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "read_entity_months", by_days)
        june_in_force(world)
        world.settle(JULY, on="2015-08-20")
    newest = world.program_db.rename(world.folder / "newest.db")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database_at(world.program_db).engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    rows = everything(newest)
    with closing(sqlite3.connect(world.program_db)) as connection, connection:
        for table in rows.keys() - {"its parts"}:
            names = ["rowid", *(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))]
            marks = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows[table])  # noqa: S608
    assert everything(world.program_db) == rows
    assert all(rows[table] for table in REBUILT)
    return world


@pytest.fixture
def path(settled: World, tmp_path: Path) -> Path:
    """A database of schema 0003 for one test."""
    return Path(shutil.copyfile(settled.program_db, tmp_path / "program.db"))


def test_every_row_index_and_trigger_is_kept_and_so_is_the_order_of_rows(path: Path) -> None:
    before = everything(path)
    assert database_at(path).upgrade() == f"upgraded {BEFORE} to {SCHEMA_VERSION}"
    assert everything(path) == before


def test_a_month_run_again_in_the_upgraded_database_says_nothing_new(settled: World, tmp_path: Path) -> None:
    path = Path(shutil.copyfile(settled.program_db, tmp_path / "kept.db"))
    try:
        settled.installation.database.upgrade()
        before, registers = settled.fingerprint(), [settled.register(month) for month in (JUNE, JULY)]
        for month, day in ((JUNE, GO_LIVE), (JULY, "2015-08-20")):
            outcome = settled.settle(month, on=day)
            assert (outcome.changed, outcome.proposed) == (False, 0)
        assert settled.fingerprint() == before
        assert [settled.register(month) for month in (JUNE, JULY)] == registers
    finally:
        shutil.copyfile(path, settled.program_db)


def test_rows_in_force_still_cannot_be_changed_or_deleted(path: Path) -> None:
    database_at(path).upgrade()
    filled = [table for table, rows in everything(path).items() if rows]
    tables = [table.name for table in APPEND_ONLY if table.name in filled]
    assert {"assessment", "discount_rate"} <= set(tables)
    with closing(sqlite3.connect(path)) as connection:
        for table in tables:
            for change in (f"UPDATE {table} SET rowid = rowid", f"DELETE FROM {table}"):  # noqa: S608 - our own tables
                with pytest.raises(sqlite3.IntegrityError, match=f"^{table} is append-only$"):
                    connection.execute(change)


GRANT = (
    "INSERT INTO grace_grant VALUES ('G{tier}', '{partner}', {tier}, '2027-01-01', '2027-06-01', 'pat', 'x', 'file')"
)


@pytest.fixture
def upgraded(path: Path) -> Iterator[sqlite3.Connection]:
    database_at(path).upgrade()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def test_a_tier_has_a_lowest_value_and_no_highest_and_other_rules_hold_as_before(upgraded: sqlite3.Connection) -> None:
    upgraded.execute(GRANT.format(tier=60, partner="P1"))
    refused = ((0, "P1", "tier_range"), (7, "P9", "FOREIGN KEY"))
    for tier, partner, words in refused:
        with pytest.raises(sqlite3.IntegrityError, match=words):
            upgraded.execute(GRANT.format(tier=tier, partner=partner))
    for table in ("assessment", "discount_rate", "publication"):
        names = [row[1] for row in upgraded.execute(f"PRAGMA table_info({table})")]
        for tier, fits in ((0, True), (7, True), (-1, False)):
            changed = {"tier": str(tier), "earned_tier": str(tier), "revision": "99", "sequence": "99"}
            values = ", ".join(changed.get(name, name) for name in names)
            upgraded.execute("SAVEPOINT one")
            row = f"INSERT INTO {table} SELECT {values} FROM {table} LIMIT 1"  # noqa: S608 - our own tables
            if fits:
                upgraded.execute(row)
            else:
                with pytest.raises(sqlite3.IntegrityError, match="tier_range"):
                    upgraded.execute(row)
            upgraded.execute("ROLLBACK TO one")


def test_a_view_and_an_index_that_somebody_made_over_a_table_are_there_afterwards(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE VIEW tiers AS SELECT partner_id, tier FROM assessment")
        connection.execute("CREATE INDEX by_tier ON assessment (tier)")
    before = everything(path)
    database_at(path).upgrade()
    assert everything(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert len(connection.execute("SELECT * FROM tiers").fetchall()) == len(before["assessment"])


def upgrade_with_a_small_cache(path: Path) -> None:
    """Upgrade with a small cache, so that pages reach the file before the commit, as in a large database."""
    database = database_at(path)
    event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA cache_size = 1"))
    database.upgrade()


@pytest.mark.processes
def test_killed_before_any_of_its_statements_it_leaves_a_database_that_init_still_upgrades(
    settled: World, tmp_path: Path
) -> None:
    before, point, path = everything(settled.program_db), 0, tmp_path / "left" / "program.db"
    path.parent.mkdir()
    own = statements_to_the_version(AFTER, shutil.copyfile(settled.program_db, tmp_path / "counted.db"))
    shutil.copyfile(settled.program_db, path)
    for point, state in states_of_killed(lambda: upgrade_with_a_small_cache(path), path.parent):
        shutil.rmtree(path.parent)
        shutil.copytree(state, path.parent)
        assert everything(path) == before, point
        assert database_at(path).upgrade() == f"upgraded {BEFORE} to {SCHEMA_VERSION}"
        assert everything(path) == before, point
    assert point > own > 5 * len(REBUILT)


def statements_to_the_version(version: str, path: Path) -> int:
    """How many statements of an upgrade change something, up to the one that writes this version down."""
    database, changes = database_at(path), []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
            changes.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    database.upgrade()
    return 1 + next(number for number, each in enumerate(changes) if f"version_num='{version}'" in each)


@pytest.mark.processes
def test_a_database_left_by_a_killed_upgrade_is_used_by_the_version_before(path: Path) -> None:
    """The next process that opens the database rolls back the journal of the killed one."""
    after_two_tables = 12
    assert die_at(after_two_tables, lambda: upgrade_with_a_small_cache(path))
    assert path.with_name(f"{path.name}-journal").stat().st_size > 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(BEFORE,)]
        with pytest.raises(sqlite3.IntegrityError, match="tier_range"):
            connection.execute(GRANT.format(tier=7, partner="P1"))


@pytest.mark.processes
def test_two_that_upgrade_at_once_do_it_once(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = everything(path)
    children = [start(lambda: os.write(1, f"{database_at(path).upgrade()}\n".encode())) for _ in range(3)]
    assert [ended(child) for child in children] == [0] * 3
    said = sorted(capfd.readouterr().out.splitlines())
    assert said == [f"already at schema {SCHEMA_VERSION}"] * 2 + [f"upgraded {BEFORE} to {SCHEMA_VERSION}"]
    assert everything(path) == before


def test_a_row_that_refers_to_nothing_is_named_and_the_database_left_as_it_was(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(GRANT.format(tier=2, partner="P9"))
    before = path.read_bytes()
    with pytest.raises(Refusal, match=r"^rows of grace_grant refer to rows that are not there"):
        database_at(path).upgrade()
    assert path.read_bytes() == before
