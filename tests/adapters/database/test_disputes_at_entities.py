"""Disputes of the version before entities and revisions keep all that they said."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import MIGRATIONS, ProgramDatabase
from partner_program.adapters.database.disputes import load_disputes
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Dispute, DisputeStep, Subject
from tests.servers import Postgres

PARTNER = (
    "INSERT INTO account_manager (account_manager_id, name, email, phone) VALUES ('M1', 'Pat', 'pat@a.example', '1')",
    "INSERT INTO partner VALUES ('P1', 'Noordzee', 'authorized', 'nl', 'NL', '', '', '', '', 'M1', '2015-01-01')",
    "INSERT INTO entity VALUES ('NL', 'Host B.V.', 'NL', 'EUR', 'Europe/Amsterdam', '2010-01-01', NULL, NULL)",
    "INSERT INTO account_link VALUES ('NL', 'A1', 'P1', '2012-01-01', NULL)",
    "INSERT INTO dispute VALUES ('D1', 1, 'P1', '2015-06', 'account', 'A1', '2015-08-31')",
    "INSERT INTO dispute VALUES ('D2', 2, 'P1', '2015-06', 'line', 'L1', '2015-08-31')",
    "INSERT INTO dispute_step VALUES ('D1', 1, 'opened', 'pat', '2015-08-01', 'missing')",
    "INSERT INTO dispute_step VALUES ('D1', 2, 'answered', 'kim', '2015-08-07', 'void')",
    "INSERT INTO dispute_step VALUES ('D2', 1, 'opened', 'pat', '2015-08-01', 'twice')",
)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path, shared_postgres: Postgres) -> Iterator[ProgramDatabase]:
    """An empty place for a programme's database."""
    if request.param == "sqlite":
        (tmp_path / "program.db").touch()
        yield ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "program.db")))
        return
    name = shared_postgres.database()
    yield ProgramDatabase(
        ConnectionFields("partner_program", "postgres", host=shared_postgres.folder, login="postgres", schema=name)
    )
    shared_postgres.drop(name)


def test_earlier_disputes_are_kept_and_get_the_entity_of_their_account(database: ProgramDatabase) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection, connection.execution_options(writes=True).begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0022")
        for statement in PARTNER:
            connection.execute(text(statement))
    database.upgrade()
    twice = DisputeStep("opened", "pat", date(2015, 8, 1), "twice")
    opened = DisputeStep("opened", "pat", date(2015, 8, 1), "missing")
    answered = DisputeStep("answered", "kim", date(2015, 8, 7), "void")
    month, due = BillingMonth(2015, 6), date(2015, 8, 31)
    with database.reading() as connection:
        found = load_disputes(connection)
    assert found == [
        Dispute("D1", "P1", month, Subject("account", "NL", "A1"), 1, due, (opened, answered)),
        Dispute(
            "D2",
            "P1",
            month,
            Subject("line", "", "L1"),
            1,
            due,
            (twice,),
        ),
    ]
