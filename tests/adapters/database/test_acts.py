"""The record of acts: what an act is about, also one of an earlier version, and that no row ever changes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import MIGRATIONS, SCHEMA_VERSION, ProgramDatabase
from partner_program.domain.refusals import Unavailable
from tests.servers import Postgres

BEFORE = "0014"
LINK = {"partner_id": "P1", "entity": "NL", "account_id": "A1", "valid_from": "2012-01-01", "valid_to": None}
NEVER_CAME = "letter never came"
# What versions before 0015 wrote: kind, subject, detail; and the month and the partner that each says itself.
EARLIER: list[tuple[str, str, Any, str | None, str | None]] = [
    ("month run", "2015-06", {"revision": 1, "assigned": 3}, "2015-06", None),
    ("rate_confirmed", "2015-07 USD", {"month": "2015-07", "currency": "USD"}, "2015-07", None),
    ("registry_removal", "account_links.csv:P1/NL/A1", [LINK], None, "P1"),
    (NEVER_CAME, "2015-06", {"deliveries": [[1, "P3", "a@p3.example"], [1, "P3", "b@p3.example"]]}, "2015-06", "P3"),
    (NEVER_CAME, "2015-06", {"deliveries": [[1, "P2", "a@p2.example"], [1, "P3", "b@p3.example"]]}, "2015-06", None),
    ("installation adopted", "cafe", {"epoch": 2}, None, None),
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProgramDatabase]:
    """A database of the version before, with an act of each kind that there was."""
    if request.param == "sqlite":
        fields = ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "program.db"))
    else:
        server: Postgres = request.getfixturevalue("shared_postgres")
        name = server.database()
        fields = server.fields("partner_program", name)
    found = ProgramDatabase(fields)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with found.engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        for number, (kind, subject, detail, *_) in enumerate(EARLIER, start=1):
            row = {"id": number, "kind": kind, "subject": subject, "detail": json.dumps(detail)}
            values = "(:id, :kind, :subject, 'kim', 1, 'why', 'hash', :detail)"
            connection.execute(text(f"INSERT INTO act VALUES {values}"), row)  # noqa: S608 - words of this file
    yield found
    if request.param == "postgres":
        server.drop(name)


def acts(database: ProgramDatabase) -> list[Any]:
    with database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT * FROM act ORDER BY act_id").all())


def test_acts_of_earlier_versions_get_what_they_say_themselves_and_keep_the_rest(database: ProgramDatabase) -> None:
    assert database.upgrade() == f"upgraded {BEFORE} to {SCHEMA_VERSION}"
    assert acts(database) == [
        (number, kind, subject, "kim", 1, "why", "hash", json.dumps(detail), month, partner_id)
        for number, (kind, subject, detail, month, partner_id) in enumerate(EARLIER, start=1)
    ]


@pytest.mark.parametrize("change", ["UPDATE act SET billing_month = '2015-08'", "DELETE FROM act"])
def test_the_record_stays_append_only_after_the_upgrade(database: ProgramDatabase, change: str) -> None:
    database.upgrade()
    before = acts(database)
    with pytest.raises(Unavailable, match="append-only"), database.writing() as connection:
        connection.exec_driver_sql(change)
    assert acts(database) == before
