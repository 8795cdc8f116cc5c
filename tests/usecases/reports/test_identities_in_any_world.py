"""Every identity of the reports in worlds made by chance, to the cent, and the same answers on both databases.

`WORLDS=1000` asks more worlds; `FROM_WORLD=200` begins with another one.
"""

import os
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.adapters.database.register import read_register
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.domain.report import Report
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.registry import load_registry_folder
from partner_program.usecases.reports.cost import cost
from partner_program.usecases.reports.forecast import forecast
from partner_program.usecases.reports.leakage import leakage
from partner_program.usecases.reports.movements import movements_between
from partner_program.usecases.reports.near import near
from partner_program.usecases.reports.questions import report_file
from tests.servers import Postgres
from tests.usecases.random_worlds import MONTHS, random_world, story
from tests.usecases.reports.test_leakage_in_any_world import say_orders
from tests.worlds import NamedConnections, World, settle_installed

WORLDS = int(os.environ.get("WORLDS", "6"))
FROM_WORLD = int(os.environ.get("FROM_WORLD", "0"))
JUNE, JULY = map(BillingMonth.parse, MONTHS)


def test_every_identity_holds_and_is_told_alike_on_both_databases(shared_postgres: Postgres, tmp_path: Path) -> None:
    fresh = ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "fresh.db"))
    ProgramDatabase(fresh).upgrade()
    seen: Counter[str] = Counter()
    for seed in range(FROM_WORLD, FROM_WORLD + WORLDS):
        rng = Random(seed)
        world = random_world(tmp_path / str(seed), rng)
        say_orders(world, rng)
        rates_move(world, rng)
        links_move(world, rng)
        shutil.copy(fresh.sqlite_file, world.program_db)
        beside = NamedConnections(world.connections)
        database = shared_postgres.programme()
        beside["partner_program"] = shared_postgres.fields("partner_program", database)
        both = (world.installation, replace(world.installation, connections=beside))
        settle(world, both, seed)
        answers, others = ([asked(here, name) for name in ASK] for here in both)
        assert list(map(told, others)) == list(map(told, answers)), f"seed {seed}"
        for name, answer in zip(ASK, answers, strict=True):
            if isinstance(answer, Report):
                seen[name] += 1
                check(name, answer, world, f"seed {seed}, {name}")
        for month in (JUNE, JULY):
            seen["buckets"] += check_buckets(world, month, f"seed {seed}, {month}")
        shared_postgres.drop(database)
        shutil.rmtree(world.folder)
    assert all(count > WORLDS / 2 for count in (seen[name] for name in (*ASK, "buckets"))), seen


def rates_move(world: World, rng: Random) -> None:
    """Now and then July has another exchange rate than June."""
    for row in world.tables["exchange_rates"]:
        if row["billing_month"] == str(JULY) and rng.random() < 0.5:
            row["units_per_eur"] = rng.choice(["1.097", "1.123456", "1.06"])


def links_move(world: World, rng: Random) -> None:
    """Now and then an account is another partner's in July."""
    for row in list(world.tables["account_links"]):
        if rng.random() < 0.15:
            other = rng.choice(world.tables["partners"])["partner_id"]
            if other != row["partner_id"]:
                row["valid_to"] = "2015-07-01"
                world.tables["account_links"].append(
                    {**row, "partner_id": other, "valid_from": "2015-07-01", "valid_to": ""}
                )


def settle(world: World, both: tuple[Installation, Installation], seed: int) -> None:
    """Settle both months on both databases; then something changes, and what a month then proposes is accepted."""
    for here in both:
        load_registry_folder(here, world.write_registry())
    for month, day in story(world, seed):
        for here in both:
            try:
                outcome = settle_installed(here, world.request(month, on=day))
                if outcome.proposed:
                    accepted = BillingMonth.parse(month).following.following.first_day
                    accept_restatement(
                        here, BillingMonth.parse(month), Acceptance(accepted, "pat", "corrected"), today=accepted
                    )
            except Refusal:
                continue  # the answers tell whether both refused


ASK = {
    "near": lambda here: near(here, JULY),
    "leakage": lambda here: leakage(here, JULY),
    "movements": lambda here: movements_between(here, JUNE, JULY),
    "forecast": lambda here: forecast(here, JULY.following, back=2),
    "cost": lambda here: cost(here, JULY),
}


def asked(here: Installation, name: str) -> Report | str:
    try:
        return ASK[name](here)
    except Refusal as refused:
        return str(refused)


def told(answer: Report | str) -> str:
    return answer if isinstance(answer, str) else report_file(answer, "json")


def check(name: str, report: Report, world: World, where: str) -> None:
    """The equations add up, and so do the tables: each by itself and with what the database has."""
    assert all(each.difference == 0 for each in report.equations), where
    {"near": of_near, "leakage": of_leakage, "movements": of_movements, "forecast": of_forecast, "cost": of_cost}[name](
        report, world, where
    )


def rows(report: Report, table: str) -> list[Any]:
    return list(report.table(table).rows)


def counted(world: World, month: BillingMonth) -> dict[str, int]:
    """What the newest revision of a month counts by partner, in EUR cents, out of the database itself."""
    with world.installation.database.reading() as connection:
        found = connection.execute(
            text(
                "SELECT partner_id, mrr_eur_cents FROM assessment AS a WHERE billing_month = :month AND revision ="
                " (SELECT MAX(revision) FROM assessment AS b WHERE b.billing_month = :month)"
            ),
            {"month": str(month)},
        )
        return {row.partner_id: row.mrr_eur_cents for row in found}


def of_near(report: Report, world: World, where: str) -> None:
    totals = counted(world, JULY)
    thresholds = [row.from_mrr_cents for row in world.installation.program_on_or_first(JULY.last_day).tiers]
    for row in rows(report, "partners"):
        assert row.mrr_eur_cents == totals[row.partner_id], where
        above = [each for each in thresholds if each > row.mrr_eur_cents]
        below = [each for each in thresholds if each <= row.mrr_eur_cents]
        assert row.to_next_cents == (min(above) - row.mrr_eur_cents if above else None), where
        assert row.above_own_cents == (row.mrr_eur_cents - max(below) if below else None), where


def of_leakage(report: Report, world: World, where: str) -> None:
    (revenue,) = (each for each in report.equations if each.name == "revenue")
    groups = rows(report, "groups")
    assert len(groups) == 6, where
    parts = dict(revenue.parts)
    assert {row.group: row.revenue_eur_cents for row in groups} == {
        words: cents for words, cents in parts.items() if words != "rounding"
    }, where
    # a line is in one group alone: their lines are those that count in the entities' own databases
    assert sum(row.lines for row in groups) == counted_lines(world), where


def counted_lines(world: World) -> int:
    """Sound posted lines of July of kinds that count, by SQL alone; no world has a metered or an unsound other one."""
    found = 0
    for entity in ("NL", "US"):
        with closing(sqlite3.connect(world.billing_db(entity))) as connection:
            ((lines,),) = connection.execute(
                "SELECT count(*) FROM program_mrr_line WHERE document_status = 'posted'"
                " AND charge_kind IN ('recurring', 'credit') AND typeof(net_amount_minor) = 'integer'"
                " AND term_months > 0 AND service_start = '2015-07-01' AND service_end = '2015-08-01'"
            )
            found += lines
    return found


def of_movements(report: Report, world: World, where: str) -> None:
    (month,) = rows(report, "months")
    june, july = counted(world, JUNE), counted(world, JULY)
    assert month.mrr_eur_cents == sum(july.values()), where
    assert month.told_cents + month.restated_cents == sum(june.values()), where
    partners = rows(report, "partners")
    for name in ("new", "expansion", "contraction", "lost", "exchange_rates", "link_moves", "held", "rounding"):
        own = sum(getattr(row, f"{name}_cents") for row in partners)
        assert own == getattr(month, f"{name}_cents"), f"{where}: {name}"
    assert month.link_moves_cents == 0, f"{where}: over all partners nothing"
    for row in partners:
        moves = (row.restated_cents + row.new_cents + row.expansion_cents + row.contraction_cents + row.lost_cents) + (
            row.exchange_rates_cents + row.link_moves_cents + row.held_cents + row.rounding_cents
        )
        assert (row.told_cents or 0) + moves == (row.mrr_eur_cents or 0), f"{where}: {row.partner_id}"
        assert (row.mrr_eur_cents or 0) == july.get(row.partner_id, 0), f"{where}: {row.partner_id}"


def of_forecast(report: Report, world: World, where: str) -> None:
    partners = rows(report, "partners")
    (expected,) = report.equations
    assert expected.whole[1] == sum(row.expected_cents for row in partners), where
    for row in partners:
        assert row.at_risk_cents == row.contract_cents + row.credit_cents or row.held_before, f"{where}: {row}"
    for test in rows(report, "back_test"):
        month = BillingMonth.parse(test.billing_month)
        assert test.settled_cents <= sum(each for each in counted(world, month).values() if each > 0), where
        assert test.expected_cents - test.settled_cents == test.error_cents, where
        assert test.right + test.too_high + test.too_low == test.partners, where
        assert abs(test.error_cents) <= test.absolute_cents, where
    known = {row.partner_id for row in partners}
    assert not known & {row.partner_id for row in rows(report, "not_known")}, where


def of_cost(report: Report, world: World, where: str) -> None:
    del world
    assert report.equations, where


def check_buckets(world: World, month: BillingMonth, where: str) -> bool:
    """Each line that a settled month read is in one bucket, counted by SQL in the entities' own databases.

    Only where the month's newest settlement has read what they show now: whatever changed since, and was not accepted,
    is in none.
    """
    with world.installation.database.reading() as connection:
        try:
            register = read_register(connection, month)
        except Refusal:
            return False
    settled: Counter[str] = Counter()
    for bucket in register.buckets:
        settled[bucket.entity] += bucket.lines
    for entity, lines in settled.items():
        with closing(sqlite3.connect(world.billing_db(entity))) as connection:
            ((read,),) = connection.execute(
                "SELECT count(*) FROM program_mrr_line WHERE service_start = :first AND service_end = :next",
                {"first": str(month.first_day), "next": str(month.following.first_day)},
            )
        assert read == lines, f"{where}: entity {entity}"
    return True
