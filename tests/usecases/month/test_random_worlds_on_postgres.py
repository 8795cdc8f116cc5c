"""Random worlds over several months: the programme's database on PostgreSQL gives the registers and answers of SQLite.

Both use the same billing files; only the programme's own database differs.
"""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.adapters.database.register import read_register
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.registry import load_registry_folder
from partner_program.usecases.reports.questions import QUESTIONS, answer, report_file
from tests.servers import Postgres
from tests.usecases.random_worlds import MONTHS, random_world, story
from tests.worlds import NamedConnections, settle_installed

WORLDS = 10
ACCEPTED = Acceptance(date(2015, 8, 20), "pat", "corrected invoices")


def told(here: Installation, request: MonthRequest) -> object:
    """Run a month and accept what it proposes; return the outcome and the registers, or the refusal."""
    try:
        outcome = settle_installed(here, request)
    except Refusal as refused:
        return str(refused)
    if outcome.proposed:
        accept_restatement(here, request.month, ACCEPTED, today=ACCEPTED.effective_on)
    with here.database.reading() as connection:
        months = [month for month in map(BillingMonth.parse, MONTHS) if month <= request.month]
        registers = [read_register(connection, month) for month in months]
    return outcome, registers


def answered(here: Installation, months: Iterable[str]) -> list[str]:
    """The answers to each question about each month."""
    return [
        report_file(answer(here, name, BillingMonth.parse(month)), "json") for month in months for name in QUESTIONS
    ]


def test_random_worlds_have_the_same_registers_on_both_databases(shared_postgres: Postgres, tmp_path: Path) -> None:
    fresh = ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "fresh.db"))
    ProgramDatabase(fresh).upgrade()
    settled = 0
    for seed in range(WORLDS):
        world = random_world(tmp_path / str(seed), Random(seed))
        shutil.copy(fresh.sqlite_file, world.program_db)
        beside = NamedConnections(world.connections)
        database = shared_postgres.programme()
        beside["partner_program"] = shared_postgres.fields("partner_program", database)
        both = (world.installation, replace(world.installation, connections=beside))
        for here in both:
            load_registry_folder(here, world.write_registry())
        months: set[str] = set()
        for month, day in story(world, seed):
            embedded, other = (told(here, world.request(month, on=day)) for here in both)
            assert other == embedded, f"seed {seed}, {month} on {day}"
            settled += not isinstance(embedded, str)
            months |= set() if isinstance(embedded, str) else {month}
        embedded, other = (answered(here, sorted(months)) for here in both)
        assert other == embedded, f"seed {seed}"
        shared_postgres.drop(database)
    assert settled > 3 * WORLDS, "nearly every run of every world took force"


def test_texts_are_compared_and_ordered_by_their_bytes_whatever_the_database_prefers(shared_postgres: Postgres) -> None:
    careless = shared_postgres.run(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND data_type IN ('text', 'character varying', 'character') AND collation_name IS DISTINCT FROM 'C'"
        " AND table_name <> 'alembic_version'",
        shared_postgres.programme(),
    )
    assert careless == []
