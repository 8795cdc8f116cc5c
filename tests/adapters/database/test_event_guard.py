"""Whoever writes SQL: what an event tells never changes, its delivery moves only as it may, and none is removed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_program.domain.events import EVENT_STATES, NEXT_OF_EVENT
from tests.adapters.database.test_database_on_postgres import Programme
from tests.adapters.database.test_outbox_guard import OnPostgres, OnSqlite
from tests.servers import Postgres
from tests.usecases.letter_world import LetterWorld
from tests.worlds import World

INSERT = (
    "INSERT INTO event (event_no, event_id, kind, subject, partner_id, happened_at, data, amounts, status, attempts)"
    " VALUES (7, 'evt_7', 'grace.ending', 'P1', 'P1', 1, '{{}}', '{{}}', '{state}', 0)"
)
Outbox = OnSqlite | OnPostgres


@pytest.fixture
def on_sqlite(tmp_path: Path) -> OnSqlite:
    world = World(tmp_path, entities=())
    world.installation.database.upgrade()
    return OnSqlite(LetterWorld(world))


@pytest.fixture
def on_postgres(shared_postgres: Postgres, tmp_path: Path) -> Iterator[OnPostgres]:
    found = Programme(World(tmp_path), shared_postgres.folder, shared_postgres.programme())
    yield OnPostgres(LetterWorld(found.world), found.folder, found.name)
    shared_postgres.drop(found.name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def outbox(request: pytest.FixtureRequest) -> Outbox:
    found: Outbox = request.getfixturevalue(f"on_{request.param}")
    return found


def change(state: str, values: str) -> tuple[str, str]:
    """An event in a state, and a change of it."""
    return INSERT.format(state=state), f"UPDATE event SET {values} WHERE event_no = 7"  # noqa: S608 - our own words


def test_the_database_knows_the_same_moves_as_the_application(outbox: Outbox) -> None:
    allowed = {
        (before, after)
        for before in EVENT_STATES
        for after in EVENT_STATES
        if before != after and outbox.refuses(*change(before, f"status = '{after}'")) is None
    }
    assert allowed == {(before, after) for before in EVENT_STATES for after in NEXT_OF_EVENT[before]}


def test_what_an_event_tells_never_changes_and_none_is_removed_or_replaced(outbox: Outbox) -> None:
    for told in ("event_id = 'other'", "data = '[]'", "partner_id = NULL", "billing_month = '2015-07'"):
        assert outbox.refuses(*change("waiting", told)) == "event: what it tells never changes", told
    assert outbox.refuses(*change("waiting", "event_no = 8")) is not None
    assert outbox.refuses(INSERT.format(state="sent"), "DELETE FROM event") == "event: it stays on record"
    if isinstance(outbox, OnSqlite):
        replaced = INSERT.replace("INSERT", "INSERT OR REPLACE").format(state="waiting")
        assert outbox.refuses(INSERT.format(state="sent"), replaced) == "event: it stays on record"
    else:
        assert outbox.refuses(INSERT.format(state="sent"), "TRUNCATE event") is not None
