"""Requests for benefits of an earlier version become steps, as the file that they came from tells them."""

from collections.abc import Iterator
from datetime import date

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import column, insert, table, text

from partner_program.adapters.column_types import Day
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import MIGRATIONS, SCHEMA_VERSION, ProgramDatabase
from tests.servers import Postgres
from tests.worlds import World

ROWS = (
    ("post_payment", "approved", "kim", "2014-01-01", None),
    ("seeding_options", "approved", "kim", "2015-06-01", "2015-09-01"),
    ("mdf", "refused", "kim", "2015-07-01", "2016-01-01"),
    ("customer_portal_access", "requested", "", "2015-07-27", None),
)
OLD = table(
    "benefit_request",
    *(column(name) for name in ("partner_id", "benefit", "status", "decided_by")),
    *(column(name, Day) for name in ("valid_from", "valid_to")),
)
STEPS = """SELECT s.request_id, step_no, act, done_by, valid_from, valid_to FROM benefit_step s
  JOIN benefit_request r ON r.request_id = s.request_id ORDER BY s.request_id, step_no"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def earlier(request: pytest.FixtureRequest, world: World) -> Iterator[World]:
    """A world whose database is of the version before, with the rows that its file has."""
    world.partner("P1")
    for benefit, status, by, first, ends in ROWS:
        world.tables["benefit_requests"].append(
            {"partner_id": "P1", "benefit": benefit, "status": status, "decided_by": by, "valid_from": first}
            | ({"valid_to": ends} if ends else {})
        )
    server: Postgres | None = request.getfixturevalue("shared_postgres") if request.param == "postgres" else None
    name = server.database() if server else ""
    if server:
        world.connections["partner_program"] = ConnectionFields(
            "partner_program", "postgres", host=server.folder, login="postgres", schema=name
        )
    database = ProgramDatabase(world.connections["partner_program"])
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0017")
        connection.execute(text("INSERT INTO account_manager VALUES ('M1', 'Pat', 'pat@host.example', '')"))
        connection.execute(
            text(
                "INSERT INTO partner (partner_id, company_name, status, language, country, website, phone, address,"
                " vat_id, account_manager_id) VALUES ('P1', 'P1', 'applied', 'en', 'NL', '', '', '', '', 'M1')"
            )
        )
        for benefit, status, by, first, ends in ROWS:
            values = {"partner_id": "P1", "benefit": benefit, "status": status, "decided_by": by}
            days = {"valid_from": date.fromisoformat(first), "valid_to": date.fromisoformat(ends) if ends else None}
            connection.execute(insert(OLD).values(**values, **days))
    yield world
    if server:
        server.drop(name)


def test_each_row_becomes_its_steps_and_loading_its_file_again_adds_none(earlier: World) -> None:
    database = ProgramDatabase(earlier.connections["partner_program"])
    assert database.upgrade() == f"upgraded 0017 to {SCHEMA_VERSION}"

    def steps() -> list[tuple[object, ...]]:
        with database.reading() as connection:
            return [
                tuple(None if cell is None else str(cell) for cell in row) for row in connection.execute(text(STEPS))
            ]

    found = steps()
    assert found == [
        ("P1-customer_portal_access-2015-07-27", "1", "requested", "benefit_requests.csv", "2015-07-27", None),
        ("P1-mdf-2015-07-01", "1", "requested", "benefit_requests.csv", "2015-07-01", "2016-01-01"),
        ("P1-mdf-2015-07-01", "2", "refused", "kim", None, None),
        ("P1-post_payment-2014-01-01", "1", "requested", "benefit_requests.csv", "2014-01-01", None),
        ("P1-post_payment-2014-01-01", "2", "approved", "kim", "2014-01-01", None),
        ("P1-seeding_options-2015-06-01", "1", "requested", "benefit_requests.csv", "2015-06-01", "2015-09-01"),
        ("P1-seeding_options-2015-06-01", "2", "approved", "kim", "2015-06-01", "2015-09-01"),
    ]
    earlier.load()
    assert steps() == found
