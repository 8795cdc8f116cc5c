"""No page reads a table that grows with the partners from one end to the other, but for those that say why."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from bench import pages
from bench.big_programme import fill, installation
from bench.busy_programme import make_busy
from bench.pages import PAGES, desk_of
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema

PARTNERS = 300
# What has a few rows whatever the number of partners: months, entities, managers and their digest of a week, programme
# files, counts of months.
SMALL = {
    "alembic_version",
    "account_manager",
    "entity",
    "exchange_rate",
    "finding",
    "restatement",
    "settlement",
    "settlement_snapshot",
    "snapshot",
    "brake_stop",
    "brake_release",
    "move_count",
    "letter_count",
    "letter_action",
    "digest",
    "sqlite_schema",
}
# Indexes that have the unfinished rows alone: reading one whole is not reading its table.
OF_SOME_ROWS = ("delivery_unfinished", "publication_unpublished", "event_unfinished")
# What is read whole, and why that may be.
READ_WHOLE = {
    "partner": "how many there are is counted in an index; a piece of a name is looked for in the index of names until "
    "the page is full; who was not assessed is everybody but those who were",
    "benefit_request": "what was ever asked for: some thousands, where partners are a hundred thousand",
    "benefit_step": "likewise",
    "dispute": "likewise, some hundreds",
    "grace_grant": "likewise: how many of them are open is counted",
    "act": "the newest acts, along its key",
}


@pytest.fixture(scope="module")
def plans(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, str]]]:
    """Of each page, the tables that a statement reads from one end to the other, each with that statement."""
    assert airflow_home.is_dir()
    folder = tmp_path_factory.mktemp("plans")
    fields = ConnectionFields("partner_program", "sqlite", host=str(folder / "program.db"))
    here = installation(fields, folder)
    fill(here, PARTNERS)
    make_busy(here, PARTNERS)
    found: dict[str, set[tuple[str, str]]] = {}
    with pytest.MonkeyPatch.context() as patch, desk_of(fields, folder) as ask:
        patch.setattr(pages, "MANY", PARTNERS)
        for name, (_, address) in PAGES.items():
            with statements(fields.host or "") as asked:
                assert ask(address(1), "admin").status_code == 200
            found[name] = {
                (table, sql) for sql, values in asked for table in read_whole(fields.host or "", sql, values)
            }
    return found


@contextmanager
def statements(path: str) -> Iterator[list[tuple[str, Any]]]:
    """The queries that are asked of a database meanwhile."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if connection.engine.url.database == path and sql.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((sql, values))

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def read_whole(path: str, sql: str, values: Any) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as connection:
        for *_, words in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values):
            if words.endswith(OF_SOME_ROWS) or words.startswith(("SCAN CONSTANT", "SCAN (subquery")):
                continue
            if words.startswith("SCAN "):
                yield re.sub(r"_\d+$", "", words.split()[1])  # an alias is the table's name with a number


def test_no_page_reads_a_growing_table_whole(plans: dict[str, set[tuple[str, str]]]) -> None:
    allowed = SMALL | READ_WHOLE.keys() | {"anon", "held_count", "without"}
    bad = {f"{page}: {table}: {sql}" for page, own in plans.items() for table, sql in own if table not in allowed}
    assert bad == set()


def test_each_exception_is_still_one(plans: dict[str, set[tuple[str, str]]]) -> None:
    found = {table for own in plans.values() for table, _ in own}
    assert READ_WHOLE.keys() <= found
    assert {*schema.metadata.tables, "alembic_version", "sqlite_schema"} >= SMALL


def test_one_partner_and_a_month_and_a_receipt_read_nothing_whole(plans: dict[str, set[tuple[str, str]]]) -> None:
    for page in ("a partner", "a receipt", "a month"):
        assert {(table, sql) for table, sql in plans[page] if table not in SMALL} == set(), page
