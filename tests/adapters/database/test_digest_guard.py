"""Whoever writes SQL: a digest that may have arrived is sent again only by a counted resend, and none is removed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_program.domain.digests import DIGEST_STATES, NEXT_OF_DIGEST, RESENT
from tests.adapters.database.test_database_on_postgres import Programme
from tests.adapters.database.test_outbox_guard import OnPostgres, OnSqlite
from tests.servers import Postgres
from tests.usecases.letter_world import LetterWorld
from tests.worlds import World

KEY = "week_of = '2015-08-03' AND account_manager_id = 'M1'"
INSERT = (
    "INSERT INTO digest (week_of, account_manager_id, status, listed_on, told_from, due_days, reminders, not_read,"
    " resend_number, attempts) VALUES ('2015-08-03', 'M1', '{state}', '2015-08-03', '2015-07-27', 30, 1, '', 0, 0)"
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
    """A digest in a state, and a change of it."""
    return INSERT.format(state=state), f"UPDATE digest SET {values} WHERE {KEY}"  # noqa: S608 - our own words


def test_the_database_knows_the_same_moves_as_the_application(outbox: Outbox) -> None:
    allowed = {
        (before, after)
        for before in DIGEST_STATES
        for after in DIGEST_STATES
        if before != after and outbox.refuses(*change(before, f"status = '{after}'")) is None
    }
    resends = {(before, "approved") for before in RESENT}
    assert allowed == {(before, after) for before in DIGEST_STATES for after in NEXT_OF_DIGEST[before]} - resends


def test_what_may_have_arrived_is_sent_again_only_where_it_is_counted(outbox: Outbox) -> None:
    told = "digest: one that may have arrived is sent again only by a resend that is counted"
    for before in RESENT:
        again = [f"status = 'approved', resend_number = {number}" for number in range(3)]
        assert [outbox.refuses(*change(before, each)) for each in again] == [told, None, told]
        assert outbox.refuses(*change(before, "resend_number = 1")) == told


def test_none_is_renamed_removed_or_replaced(outbox: Outbox) -> None:
    assert outbox.refuses(*change("accepted", "week_of = '2015-08-10'")) == "digest: it keeps its week and its manager"
    assert outbox.refuses(*change("accepted", "account_manager_id = 'M2'")) is not None
    assert outbox.refuses(INSERT.format(state="empty"), "DELETE FROM digest") == "digest: it stays on record"
    if isinstance(outbox, OnSqlite):
        replaced = INSERT.replace("INSERT", "INSERT OR REPLACE").format(state="approved")
        assert outbox.refuses(INSERT.format(state="accepted"), replaced) == "digest: it stays on record"
        assert outbox.refuses(*change("accepted", "rowid = 7")) is not None
    else:
        assert outbox.refuses(INSERT.format(state="accepted"), "TRUNCATE digest") is not None
