"""Leakage in worlds made by chance: every part is what adding up line by line gives, to the cent, on both databases."""

import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import round_half_away
from partner_program.domain.refusals import Refusal
from partner_program.domain.report import Report
from partner_program.usecases.registry import load_registry_folder
from partner_program.usecases.reports.cost import cost
from partner_program.usecases.reports.leakage import leakage
from tests.servers import Postgres
from tests.usecases.random_worlds import MONTHS, random_world
from tests.worlds import NamedConnections, World, settle_installed

WORLDS = 6
JULY = BillingMonth(2015, 7)
GO_LIVE = date(2015, 7, 27)


def test_the_parts_are_those_of_every_line_and_the_same_on_both_databases(
    shared_postgres: Postgres, tmp_path: Path
) -> None:
    fresh = ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "fresh.db"))
    ProgramDatabase(fresh).upgrade()
    answered = 0
    for seed in range(WORLDS):
        rng = Random(seed)
        world = random_world(tmp_path / str(seed), rng)
        say_orders(world, rng)
        shutil.copy(fresh.sqlite_file, world.program_db)
        beside = NamedConnections(world.connections)
        database = shared_postgres.programme()
        beside["partner_program"] = shared_postgres.fields("partner_program", database)
        answers: list[Report | str] = []
        costs: list[Report] = []
        for here in (world.installation, replace(world.installation, connections=beside)):
            load_registry_folder(here, world.write_registry())
            try:
                for month, day in MONTHS.items():
                    settle_installed(here, world.request(month, on=day))
                answers.append(leakage(here, JULY))
                costs.append(cost(here, JULY))
            except Refusal as refused:
                answers.append(str(refused))
        shared_postgres.drop(database)
        assert answers[0] == answers[1], f"seed {seed}"
        if isinstance(answers[0], Report):
            answered += 1
            assert parts(answers[0]) == added_up_by_line(world), f"seed {seed}"
            assert_tables_agree(answers[0])
            assert costs[0] == costs[1], f"seed {seed}"
            assert_cost_agrees(costs[0], answers[0])
    assert answered > WORLDS / 2


def say_orders(world: World, rng: Random) -> None:
    """Let every line say its discount and order day, by chance; the days lie around go-live."""
    days = [None, "2014-06-01", "2015-07-26", "2015-07-27", "2015-07-30", "2015-07-31"]
    for entity in ("NL", "US"):
        with closing(sqlite3.connect(world.billing_db(entity))) as connection, connection:
            for (line_id,) in connection.execute("SELECT line_id FROM program_mrr_line").fetchall():
                values = (rng.choice([None, 0, 300, 500, 800, 2_500, 9_999]), rng.choice(days), line_id)
                connection.execute(
                    "UPDATE program_mrr_line SET discount_bp = ?, ordered_on = ?, posted_on = NULL WHERE line_id = ?",
                    values,
                )


def parts(report: Report) -> dict[str, tuple[int, int, int]]:
    rows: Any = report.table("groups").rows
    return {row.group: (row.lines, row.revenue_eur_cents, row.effect_eur_cents) for row in rows if row.lines}


def assert_tables_agree(report: Report) -> None:
    groups, entities, partners, lines = (
        list[Any](report.table(name).rows) for name in ("groups", "entities", "partners", "lines")
    )
    assert sum(row.lines for row in groups) == sum(row.lines for row in entities)
    assert sum(row.revenue_eur_cents for row in groups) == sum(row.revenue_eur_cents for row in entities)
    owed = -sum(row.effect_eur_cents for row in groups if row.group == "given less than due")
    over = sum(row.effect_eur_cents for row in groups if row.group == "given more than due")
    assert owed == sum(row.owed_eur_cents for row in entities) == sum(row.owed_eur_cents for row in partners)
    assert over == sum(row.over_eur_cents for row in entities) == sum(row.over_eur_cents for row in partners)
    assert sum(row.effect_eur_cents for row in groups) == sum(row.effect_eur_cents for row in lines)


def assert_cost_agrees(cost: Report, leakage: Report) -> None:
    """The cost counts the same lines, and has leakage's cents of what was given beyond what was due."""
    groups: Any = leakage.table("groups").rows
    whole = {each.name: each for each in cost.equations}
    assert whole["counted"].whole == leakage.equations[0].whole
    effects = {each.group: each.effect_eur_cents for each in groups if each.effect_eur_cents}
    assert effects.items() <= dict(whole["given"].parts).items()
    for name in ("tiers", "entities", "products"):
        totals = cost.table(name).totals
        assert totals["lines"] == sum(each.lines for each in groups)
        assert totals["beyond_eur_cents"] == sum(effects.values())
        assert (totals["given_eur_cents"], totals["due_eur_cents"]) == (whole["given"].whole[1], whole["due"].whole[1])


def added_up_by_line(world: World) -> dict[str, tuple[int, int, int]]:
    """The same by exact fractions, one line after another: a row is rounded once."""
    sums: dict[Any, list[Any]] = defaultdict(lambda: [0, Fraction(0), Fraction(0)])
    with world.installation.database.reading() as programme:
        for entity, units in (("NL", Fraction(1)), ("US", usd(world))):
            with closing(sqlite3.connect(world.billing_db(entity))) as connection:
                for account, kind, amount, term, given, day in connection.execute(
                    "SELECT account_id, charge_kind, net_amount_minor, term_months, discount_bp, ordered_on"
                    " FROM program_mrr_line WHERE document_status = 'posted' AND charge_kind IN ('recurring', 'credit')"
                    " AND typeof(net_amount_minor) = 'integer' AND term_months > 0"
                    " AND service_start = '2015-07-01' AND service_end = '2015-08-01'"
                ):
                    del kind
                    group, due = judged(world, programme, entity, account, given, day)
                    euros = Fraction(amount, term) / units
                    row = sums[group, entity, account, given, day]
                    row[0] += 1
                    row[1] += euros
                    if group.startswith("given"):
                        row[2] += euros / (1 - Fraction(given, 10_000)) * Fraction(given - due, 10_000)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (group, *_), (lines, euros, effect) in sums.items():
        found[group][0] += lines
        found[group][1] += round_half_away(euros.numerator, euros.denominator)
        found[group][2] += round_half_away(effect.numerator, effect.denominator)
    return {group: (each[0], each[1], each[2]) for group, each in found.items()}


def usd(world: World) -> Fraction:
    (rate,) = [
        row["units_per_eur"]
        for row in world.tables["exchange_rates"]
        if (row["billing_month"], row["currency"]) == ("2015-07", "USD")
    ]
    return Fraction(rate)


def judged(world: World, programme: Any, entity: str, account: str, given: int | None, day: str | None) -> Any:
    if given is None or day is None:
        return "not known", 0
    on = date.fromisoformat(day)
    links = [row for row in world.tables["account_links"] if (row["entity"], row["account_id"]) == (entity, account)]
    if not links:
        if on < GO_LIVE:
            return "ordered before the programme", 0
        return ("given without a right to it" if given else "as due"), 0
    partner_id = links[0]["partner_id"]
    (partner,) = [row for row in world.tables["partners"] if row["partner_id"] == partner_id]
    rate = rate_store.rate_on(programme, partner_id, on)
    if rate is not None:
        due, source = rate.terms.monthly_fee_discount_bp, "rate"
    elif on < GO_LIVE or partner["status"] == "authorized":
        floors = [row for row in world.tables["legacy_agreements"] if row["partner_id"] == partner_id]
        if not floors:
            return "ordered before the programme", 0
        due, source = max(row["monthly_fee_discount_bp"] for row in floors), "agreement"
    else:
        due, source = 0, "not authorized"
    if given == due:
        return "as due", due
    if source == "not authorized":
        return "given without a right to it", due
    return ("given more than due" if given > due else "given less than due"), due
