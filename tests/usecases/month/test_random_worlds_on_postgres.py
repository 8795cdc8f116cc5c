"""Random worlds over several months: the programme's database on PostgreSQL gives the registers that SQLite gives.

Both use the same billing files; only the programme's own database differs.
"""

import shutil
from collections.abc import Iterator
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
from tests.servers import Postgres
from tests.worlds import NamedConnections, World, settle_installed

WORLDS = 10
MONTHS = {"2015-06": "2015-07-27", "2015-07": "2015-08-03"}
ACCEPTED = Acceptance(date(2015, 8, 20), "pat", "corrected invoices")
# On the thresholds of several tiers, just below them, and in between.
LEVELS = (0, 49_999, 50_000, 199_999, 200_000, 500_000, 1_000_000, 1_999_999, 4_000_000, 137_77)
# Texts that a careless collation takes for equal, or sorts in another order.
PARTNERS = ("P1", "p1", "Müller", "Muller", "P-2", "P10", "P9", "Éclair", "_x", "株式会社")


def random_world(folder: Path, rng: Random) -> World:
    """Partners with accounts at either entity, grants, agreements, credits, drafts and now and then a bad line."""
    folder.mkdir(parents=True)
    world = World(folder)
    for month in MONTHS:
        world.rate(month, "USD", rng.choice(["1.1", "1.078805"]))
    for number, partner_id in enumerate(rng.sample(PARTNERS, rng.randrange(2, 7))):
        homes = rng.choice([["NL"], ["US"], ["NL", "US"]])
        status = rng.choice(["authorized"] * 5 + ["suspended"])
        world.partner(partner_id, {entity: f"{entity}{number}" for entity in homes}, status=status)
        if rng.random() < 0.3:
            world.grant(
                f"G{number}", partner_id, rng.randrange(1, 7), "2015-06-01", rng.choice(["2015-08-01", "2016-01-01"])
            )
        if rng.random() < 0.3:
            world.legacy(partner_id, rng.choice([300, 900, 3000]), sla=rng.choice(["", "Gold"]))
        for entity in homes:
            bill_at(world, rng, f"{entity}{number}", entity)
    world.bill("NOBODYS", "2015-06", 5_000)
    for month in MONTHS:
        world.close(month)
    if rng.random() < 0.3:
        world.reopen(rng.choice(list(MONTHS)), rng.choice(["NL", "US"]))
    return world


def bill_at(world: World, rng: Random, account_id: str, entity: str) -> None:
    level, term = rng.choice(LEVELS), rng.choice([1, 1, 1, 12])
    for month in MONTHS:
        level = rng.choice(LEVELS) if rng.random() < 0.1 else level
        world.bill(account_id, month, level, entity=entity, term_months=term)
        for kind, status in (("credit", "posted"), ("setup", "posted"), ("usage", "draft")):
            if rng.random() < 0.2:
                amount = -rng.randrange(60_000) if kind == "credit" else rng.randrange(60_000)
                world.bill(account_id, month, amount, entity=entity, charge_kind=kind, document_status=status)
    if rng.random() < 0.1:
        world.bill(account_id, "2015-07", rng.choice([None, 100, "1,000.00"]), entity=entity, term_months=0)


def story(world: World, seed: int) -> Iterator[tuple[str, str]]:
    """Yield the months with their days; then correct one account in every month, and yield the months again."""
    yield from MONTHS.items()
    account = Random(seed).choice([row["account_id"] for row in world.tables["account_links"]])
    world.execute(
        account[:2],
        "UPDATE program_mrr_line SET net_amount_minor = net_amount_minor * 11 / 10"
        " WHERE account_id = ? AND charge_kind = 'recurring'",
        (account,),
    )
    for month in MONTHS:
        world.close(month)
        yield month, "2015-08-20"


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
        return outcome, [read_register(connection, month) for month in months]


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
        for month, day in story(world, seed):
            embedded, other = (told(here, world.request(month, on=day)) for here in both)
            assert other == embedded, f"seed {seed}, {month} on {day}"
            settled += not isinstance(embedded, str)
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
