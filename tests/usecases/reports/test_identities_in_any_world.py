"""Every identity of the reports in worlds made by chance, to the cent, and the same answers on both databases.

Every second world's programme counts in dollars.

Beside them stands a slow reference that adds up raw lines one after the other (`line_by_line`). `WORLDS=1000` asks more
worlds; `FROM_WORLD=200` begins with another one.
"""

import os
import re
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.adapters.database.register import read_register
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn, Refusal
from partner_program.domain.report import Report
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.month.brake import release_brake
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.registry import load_registry_folder
from partner_program.usecases.reports.cost import cost
from partner_program.usecases.reports.forecast import forecast
from partner_program.usecases.reports.leakage import leakage
from partner_program.usecases.reports.movements import movements_between
from partner_program.usecases.reports.near import WITHIN_BP, near
from partner_program.usecases.reports.questions import report_file
from tests.servers import Postgres
from tests.usecases.random_worlds import random_world, story
from tests.usecases.reports.line_by_line import LineByLine, cents, units_of
from tests.worlds import NamedConnections, World, settle_installed

WORLDS = int(os.environ.get("WORLDS", "6"))
FROM_WORLD = int(os.environ.get("FROM_WORLD", "0"))
MONTHS = {"2015-06": "2015-07-27", "2015-07": "2015-08-03", "2015-08": "2015-09-03"}
JUNE, JULY, AUGUST = map(BillingMonth.parse, MONTHS)
ACCEPTED = date(2015, 10, 1)  # the day from which restatements are accepted
MOST_ROUNDING = 12  # cents: half a one for each rounding of at most six accounts and currencies, in two months, twice
LINES = ("new", "expansion", "contraction", "lost", "exchange_rates", "link_moves", "held", "rounding")


def test_every_identity_holds_and_is_told_alike_on_both_databases(shared_postgres: Postgres, tmp_path: Path) -> None:
    fresh = ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "fresh.db"))
    ProgramDatabase(fresh).upgrade()
    seen: Counter[str] = Counter()
    for seed in range(FROM_WORLD, FROM_WORLD + WORLDS):
        world = changing_world(tmp_path / str(seed), Random(seed), DollarWorld if seed % 2 else World)
        shutil.copy(fresh.sqlite_file, world.program_db)
        beside = NamedConnections(world.connections)
        database = shared_postgres.programme()
        beside["partner_program"] = shared_postgres.fields("partner_program", database)
        both = (world.installation, replace(world.installation, connections=beside))
        read = settle(world, both, seed)
        answers, others = ([asked(here, name) for name in ASK] for here in both)
        assert list(map(told, others)) == list(map(told, answers)), f"seed {seed}"
        months = {month: LineByLine(world, month) for month in (JUNE, JULY, AUGUST)}
        for name, answer in zip(ASK, answers, strict=True):
            if isinstance(answer, Report):
                seen[name] += 1
                seen["two currencies"] += name == "movements" and len(rates_of(world, AUGUST)) == 3
                assert all(each.difference == 0 for each in answer.equations), f"seed {seed}, {name}"
                CHECKS[name](answer, world, months, f"seed {seed}, {name}")
        for month in read:
            seen["as read"] += 1
            check_what_was_read(world, months[month], f"seed {seed}, {month}")
        shared_postgres.drop(database)
        shutil.rmtree(world.folder)
    assert all(count >= WORLDS / 2 for count in (seen[name] for name in (*ASK, "as read"))), seen
    assert seen["two currencies"] >= WORLDS // 6, seen


class DollarWorld(World):
    """A world whose programme is that of 2015 with the same numbers in dollars."""

    programme_currency = "USD"

    @property
    def installation(self) -> Installation:
        """The installation over a folder of its own."""
        include = self.folder / "include"
        if not include.exists():
            (include / "program").mkdir(parents=True)
            for name in ("sql", "templates"):
                (include / name).symlink_to(PROJECT / "include" / name)
            in_euros = (PROJECT / "include" / "program" / "2015-07-27.yaml").read_text("utf-8")
            (include / "program" / "2015-07-27.yaml").write_text(f"{in_euros}\ncurrency: {{code: USD}}\n", "utf-8")
            shutil.copy(PROJECT / "include" / "program" / "ledger_accounts.csv", include / "program")
        return replace(super().installation, include=include)


def changing_world(folder: Path, rng: Random, kind: type[World]) -> World:
    """A world of three months: contracts that run on, discounts and order days, rates and accounts that move.

    Every second one has two foreign currencies.
    """
    world = random_world(folder, rng, MONTHS, rng.choice([("NL", "US"), ("NL", "US", "UK")]), kind)
    contracts_run(world, rng)
    say_orders(world, rng)
    rates_move(world, rng)
    links_move(world, rng)
    return world


def contracts_run(world: World, rng: Random) -> None:
    """Now and then an account has a contract too, that begins or ends within a month or runs on, or some days alone."""
    for row in world.tables["account_links"]:
        if rng.random() < 0.5:
            start, end, term = rng.choice(
                [
                    ("2015-06-01", "2016-06-01", 12),
                    ("2015-06-15", "2015-09-15", 3),
                    ("2015-04-20", "2015-07-20", 3),
                    ("2015-07-10", "2015-08-03", None),
                ]
            )
            amount = rng.choice([1, 9_999, 123_457, 1_200_000])
            product = rng.choice(["cdn", "cloud"])
            period: dict[str, Any] = {"service_start": start, "service_end": end, "term_months": term}
            world.bill(row["account_id"], start[:7], amount, entity=row["entity"], product=product, **period)
    closed = [
        (month, entity)
        for month in MONTHS
        for entity in entities_of(world)
        if world_has(world, entity, "SELECT 1 FROM program_period_close WHERE billing_month = ?", month)
    ]
    for month, entity in closed:
        world.close(month, entity)


def entities_of(world: World) -> list[str]:
    return [row["entity"] for row in world.tables["entities"]]


def world_has(world: World, entity: str, sql: str, *values: str) -> bool:
    with closing(sqlite3.connect(world.billing_db(entity))) as connection:
        return connection.execute(sql, values).fetchone() is not None


def say_orders(world: World, rng: Random) -> None:
    """Let every line say its discount and order day, by chance; the days lie around go-live."""
    days = [None, "2014-06-01", "2015-07-26", "2015-07-27", "2015-07-30", "2015-07-31"]
    for entity in entities_of(world):
        with closing(sqlite3.connect(world.billing_db(entity))) as connection, connection:
            for (line_id,) in connection.execute("SELECT line_id FROM program_mrr_line").fetchall():
                values = (rng.choice([None, 0, 300, 500, 800, 2_500, 9_999]), rng.choice(days), line_id)
                connection.execute(
                    "UPDATE program_mrr_line SET discount_bp = ?, ordered_on = ?, posted_on = NULL WHERE line_id = ?",
                    values,
                )


def rates_move(world: World, rng: Random) -> None:
    """Now and then July and August have other exchange rates than June."""
    for row in world.tables["exchange_rates"]:
        if row["billing_month"] != str(JUNE) and rng.random() < 0.5:
            moved = {"USD": ["1.097", "1.123456", "1.06"], "GBP": ["0.69", "0.7", "0.733333"]}
            row["units_per_eur"] = rng.choice(moved[row["currency"]])


def links_move(world: World, rng: Random) -> None:
    """Now and then an account is another partner's from July or August on."""
    for row in list(world.tables["account_links"]):
        if rng.random() < 0.15:
            other = rng.choice(world.tables["partners"])["partner_id"]
            if other != row["partner_id"]:
                row["valid_to"] = rng.choice(["2015-07-01", "2015-08-15"])
                world.tables["account_links"].append(
                    {**row, "partner_id": other, "valid_from": row["valid_to"], "valid_to": ""}
                )


def settle(world: World, both: tuple[Installation, Installation], seed: int) -> set[BillingMonth]:
    """Settle the months on both databases; then something changes, and what a month then proposes is accepted.

    The brake is released, but now and then. Returns the months whose newest settlement has read what the entities show
    now.
    """
    for here in both:
        load_registry_folder(here, world.write_registry())
    read: set[BillingMonth] = set()
    first_day, rng = "", Random(f"brake {seed}")
    for text_of_month, day in story(world, seed, MONTHS):
        month, is_released = BillingMonth.parse(text_of_month), rng.random() < 0.9
        request = world.request(text_of_month, on=max(day, first_day))
        for here in both:
            try:
                outcome = settle_braked(here, request, is_released)
                if outcome.proposed:
                    accept_restatement(here, month, Acceptance(ACCEPTED, "pat", "corrected"), today=ACCEPTED)
                    first_day = str(ACCEPTED)
                read.add(month)
            except Refusal:
                read.discard(month)  # the answers tell whether both refused
    return read


def settle_braked(here: Installation, request: MonthRequest, is_released: bool) -> Any:
    try:
        return settle_installed(here, request)
    except BrakeOn:
        if not is_released:
            raise
    release_brake(here, request.month, released_by="pat", reason="looked at")
    return settle_installed(here, request)


ASK: Mapping[str, Callable[[Installation], Report]] = {
    "near": lambda here: near(here, JULY),
    "leakage": lambda here: leakage(here, JULY),
    "movements": lambda here: movements_between(here, JUNE, AUGUST),
    "movements of one month": lambda here: movements_between(here, JULY, AUGUST),
    "forecast": lambda here: forecast(here, AUGUST.following, back=2),
    "cost": lambda here: cost(here, JULY),
}


def asked(here: Installation, name: str) -> Report | str:
    try:
        return ASK[name](here)
    except Refusal as refused:
        return str(refused)


def told(answer: Report | str) -> str:
    return answer if isinstance(answer, str) else report_file(answer, "json")


def rows(report: Report, table: str) -> list[Any]:
    return list(report.table(table).rows)


def by(found: list[Any], name: str) -> dict[Any, Any]:
    return {getattr(row, name): row for row in found}


def asked_database(world: World, sql: str, month: BillingMonth) -> list[Any]:
    with world.installation.database.reading() as connection:
        return list(connection.execute(text(sql), {"month": str(month)}))


NEWEST = "revision = (SELECT MAX(revision) FROM assessment AS b WHERE b.billing_month = :month)"


def counted(world: World, month: BillingMonth) -> dict[str, int]:
    """What the newest revision of a month counts by partner, in EUR cents, out of the database itself."""
    sql = f"SELECT partner_id, mrr_eur_cents FROM assessment WHERE billing_month = :month AND {NEWEST}"  # noqa: S608
    return {row.partner_id: row.mrr_eur_cents for row in asked_database(world, sql, month)}


def tiers(world: World, month: BillingMonth) -> dict[str, str]:
    """The tier of each partner in a month, in words, out of the database itself; of those held, that they are."""
    sql = f"SELECT partner_id, tier FROM assessment WHERE billing_month = :month AND {NEWEST}"  # noqa: S608
    found = dict.fromkeys(held_in(world, month), "held")
    return found | {row.partner_id: str(row.tier or "none") for row in asked_database(world, sql, month)}


def held_in(world: World, month: BillingMonth) -> set[str]:
    with world.installation.database.reading() as connection:
        return {row.partner_id for row in read_register(connection, month).partners if row.status == "held"}


def rates_of(world: World, month: BillingMonth) -> dict[str, Fraction]:
    """Units per one of the programme's by currency, as the newest revision of a month counted."""
    sql = f"SELECT DISTINCT currency, units_per_eur FROM assessment_account WHERE billing_month = :month AND {NEWEST}"  # noqa: S608
    found = {world.programme_currency: Fraction(1)}
    for row in asked_database(world, sql, month):
        units, _, own = row.units_per_eur.partition(" ")[0].partition("/")
        found[row.currency] = Fraction(units) / Fraction(own or 1)
    return found


def currencies_of(world: World, month: BillingMonth) -> dict[str, set[str]]:
    """The foreign currencies in which each partner counts in the newest revision of a month."""
    sql = f"SELECT partner_id, currency FROM assessment_account WHERE billing_month = :month AND {NEWEST}"  # noqa: S608
    found: dict[str, set[str]] = defaultdict(set)
    for row in asked_database(world, sql, month):
        found[row.partner_id] |= {row.currency} - {world.programme_currency}
    return found


Months = Mapping[BillingMonth, LineByLine]


def of_near(report: Report, world: World, months: Months, where: str) -> None:
    """Who is near both ways, held against every threshold and every partner; and the tier at June's rates."""
    totals = counted(world, JULY)
    program = world.installation.program_on_or_first(JULY.last_day)
    thresholds = sorted(row.from_mrr_cents for row in program.tiers)
    near_to = [each for each in thresholds if each]
    expected = {}
    for partner_id, total in totals.items():
        if any(abs(total - each) <= each * Fraction(WITHIN_BP, 10_000) for each in near_to):
            above = [each for each in near_to if each > total]
            below = [each for each in near_to if each <= total]
            expected[partner_id] = (
                total,
                above[0] - total if above else None,
                total - below[-1] if below else None,
            )
    partners = rows(report, "partners")
    assert {
        row.partner_id: (row.mrr_eur_cents, row.to_next_cents, row.above_own_cents) for row in partners
    } == expected, where
    then = rates_of(world, JUNE)
    found = by(rows(report, "rates"), "partner_id")
    known = units_of(entities_of(world), then)
    before = months[JULY].totals({**months[JULY].units, **known})
    foreign = currencies_of(world, JULY)
    for partner_id, total in months[JULY].totals().items():
        if totals.get(partner_id) != total:
            continue  # held, or decided from what the entities no longer show
        if not foreign[partner_id] <= then.keys():  # it counts in a currency in which June counted nothing
            assert partner_id not in found, f"{where}: {partner_id}"
            continue
        moves = program.earned_tier(total) != program.earned_tier(before[partner_id])
        assert (partner_id in found) == moves, f"{where}: {partner_id}"
        if moves:
            row = found[partner_id]
            assert (row.before_eur_cents, row.moved_cents) == (before[partner_id], total - before[partner_id]), where
            assert row.before_tier == program.earned_tier(before[partner_id]), where


def of_leakage(report: Report, world: World, months: Months, where: str) -> None:
    """Every group is what the raw lines give; no line is in two groups or in none, in any table."""
    del world
    groups, entities, partners, lines = (rows(report, name) for name in ("groups", "entities", "partners", "lines"))
    assert {row.group: (row.lines, row.revenue_eur_cents, row.effect_eur_cents) for row in groups if row.lines} == (
        months[JULY].groups()
    ), where
    (revenue,) = (each for each in report.equations if each.name == "revenue")
    assert revenue.whole[1] == months[JULY].counted_cents, where
    assert sum(row.lines for row in groups) == sum(row.lines for row in entities), where
    assert sum(row.revenue_eur_cents for row in groups) == sum(row.revenue_eur_cents for row in entities), where
    effects = {row.group: row.effect_eur_cents for row in groups}
    for group, name in (
        ("given less than due", "owed"),
        ("given more than due", "over"),
        ("given without a right to it", "not_authorized"),
    ):
        effect = -effects[group] if name == "owed" else effects[group]
        for table in (entities, partners):
            assert sum(getattr(row, f"{name}_eur_cents") for row in table) == effect, f"{where}: {name}"
    assert sum(effects.values()) == sum(row.effect_eur_cents for row in lines), where


def of_movements(report: Report, world: World, months: Months, where: str) -> None:
    """Month by month and partner by partner, to the cent; and who went from which tier to which."""
    del months
    chain = [each for each in (JUNE, JULY, AUGUST) if report.since is None or each >= report.since]
    totals = {month: counted(world, month) for month in chain}
    told_rows = rows(report, "months")
    steps, whole = (told_rows[:-1], told_rows[-1]) if len(chain) > 2 else (told_rows, told_rows[0])
    for (before, month), row in zip(pairwise(chain), steps, strict=True):
        assert row.billing_month == str(month), where
        assert row.mrr_eur_cents == sum(totals[month].values()), where
        assert row.told_cents == first_told(world, before, totals[before]), where
        assert row.told_cents + row.restated_cents == sum(totals[before].values()), where
        assert row.link_moves_cents == 0, f"{where}: over all partners nothing"
    partners = rows(report, "partners")
    for name in LINES:
        own = sum(getattr(row, f"{name}_cents") for row in partners)
        assert own == getattr(whole, f"{name}_cents") == sum(getattr(row, f"{name}_cents") for row in steps), (
            f"{where}: {name}"
        )
    moved: dict[str, int] = defaultdict(int)
    for row in rows(report, "accounts"):
        moved[row.from_partner_id] -= row.mrr_eur_cents
        moved[row.partner_id] += row.mrr_eur_cents
    first, last = totals[chain[0]], totals[chain[-1]]
    assert first.keys() | last.keys() <= {row.partner_id for row in partners}, where
    for row in partners:
        moves = row.restated_cents + sum(getattr(row, f"{name}_cents") for name in LINES)
        assert (row.told_cents or 0) + moves == (row.mrr_eur_cents or 0), f"{where}: {row.partner_id}"
        assert (row.mrr_eur_cents or 0) == last.get(row.partner_id, 0), f"{where}: {row.partner_id}"
        assert (row.told_cents or 0) + row.restated_cents == first.get(row.partner_id, 0), f"{where}: {row.partner_id}"
        assert row.link_moves_cents == moved.get(row.partner_id, 0), f"{where}: {row.partner_id}"
        assert abs(row.rounding_cents) <= MOST_ROUNDING * len(steps), f"{where}: {row.partner_id}"
    check_held(report, world, chain, totals, where)
    check_rates(report, world, chain, set(moved), where)
    check_matrix(report, world, chain, where)


def first_told(world: World, month: BillingMonth, newest: Mapping[str, int]) -> int:
    """What a month came to as its present partners were each told first, in EUR cents."""
    sql = "SELECT partner_id, mrr_eur_cents FROM assessment WHERE billing_month = :month ORDER BY revision DESC"
    told_first = {row.partner_id: row.mrr_eur_cents for row in asked_database(world, sql, month)}
    return sum(told_first[partner_id] for partner_id in newest)


def check_held(
    report: Report,
    world: World,
    chain: list[BillingMonth],
    totals: Mapping[BillingMonth, Mapping[str, int]],
    where: str,
) -> None:
    """Who is held is neither lost nor 0: it leaves with all that it had, and is known with what it last counted."""
    held = held_in(world, chain[-1])
    found = by(rows(report, "held"), "partner_id")
    assert found.keys() == held, where
    partners = by(rows(report, "partners"), "partner_id")
    for partner_id, row in found.items():
        own = partners.get(partner_id)
        if own is not None and len(chain) == 2 and own.told_cents is not None:
            assert own.lost_cents == own.contraction_cents == 0, f"{where}: {partner_id}"
            assert row.known_eur_cents == -own.held_cents, f"{where}: {partner_id}"
            assert row.known_eur_cents == totals[chain[0]][partner_id] + own.link_moves_cents, f"{where}: {partner_id}"


def check_rates(report: Report, world: World, chain: list[BillingMonth], moved: set[str], where: str) -> None:
    """Exchange rates moved what was billed before, at the new rate less at the old one, and nothing else.

    Of partners that count in every month of the chain, and none of whose accounts moved.
    """
    sql = (
        "SELECT partner_id, currency, SUM(mrr_minor) AS minor FROM assessment_account"  # noqa: S608
        f" WHERE billing_month = :month AND {NEWEST} GROUP BY partner_id, currency"
    )
    minor = {
        month: {(row.partner_id, row.currency): int(row.minor) for row in asked_database(world, sql, month)}
        for month in chain
    }
    rates = {month: rates_of(world, month) for month in chain}
    everywhere = set.intersection(*(set(counted(world, month)) for month in chain))
    for row in rows(report, "partners"):
        if row.partner_id in moved or row.partner_id not in everywhere:
            continue
        expected = 0
        for currency in ("EUR", "USD", "GBP"):
            key = row.partner_id, currency
            for before, month in pairwise(chain):
                if key in minor[before] and key in minor[month]:
                    old, new = rates[before][currency], rates[month][currency]
                    expected += cents(minor[before][key] * (1 / new - 1 / old))
        assert row.exchange_rates_cents == expected, f"{where}: {row.partner_id}"


def check_matrix(report: Report, world: World, chain: list[BillingMonth], where: str) -> None:
    """Each cell has the partners that went from its row's tier to its column's; so rows and columns add up."""
    first, last = tiers(world, chain[0]), tiers(world, chain[-1])
    went = Counter((first.get(each, "out"), last.get(each, "out")) for each in {*first, *last})
    found = {
        (row.from_tier, name.removeprefix("to_").replace("_", " ")): getattr(row, name)
        for row in rows(report, "tiers")
        for name in report.table("tiers").columns
        if name != "from_tier"
    }
    assert {each: many for each, many in found.items() if many} == went, where


def of_forecast(report: Report, world: World, months: Months, where: str) -> None:
    """Expected is what partners are expected to have; the months before are held against what was settled."""
    del months
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


def of_cost(report: Report, world: World, months: Months, where: str) -> None:
    """List value less what was given is the revenue, by every part; each figure is what the raw lines give."""
    del world
    july = months[JULY]
    whole = july.cost().get("", {})
    equations = {each.name: each for each in report.equations}
    counted_parts = dict(equations["counted"].parts)
    assert equations["counted"].whole[1] == july.counted_cents, where
    assert counted_parts.get("list value", 0) == whole.get("list", 0), where
    assert counted_parts.get("discount given", 0) == -whole.get("given", 0), where
    assert counted_parts.get("list value not known", 0) == whole.get("unknown", 0), where
    assert equations["given"].whole[1] == whole.get("given", 0), where
    assert equations["due"].whole[1] == whole.get("due", 0), where
    assert dict(equations["given"].parts).get("due not known", 0) == whole.get("unsaid", 0), where
    effects = {group: each[2] for group, each in july.groups().items() if each[2]}
    assert effects.items() <= dict(equations["given"].parts).items(), where
    for table, part in (("entities", lambda line: line.entity), ("products", lambda line: line.product)):
        expected = july.cost(part)
        for row in rows(report, table):
            if row.part != "rounding":
                amounts = expected[row.part]
                found = (row.revenue_eur_cents, row.unknown_eur_cents, row.list_eur_cents or 0)
                assert found == tuple(amounts.get(name, 0) for name in ("revenue", "unknown", "list")), where
                found = (row.given_eur_cents or 0, row.due_eur_cents or 0, row.unsaid_eur_cents or 0)
                assert found == tuple(amounts.get(name, 0) for name in ("given", "due", "unsaid")), where
    for name in ("tiers", "entities", "products"):
        totals = report.table(name).totals
        assert totals["lines"] == july.counted_lines, where
        assert totals["list_eur_cents"] - totals["given_eur_cents"] == (
            totals["revenue_eur_cents"] - totals["unknown_eur_cents"]
        ) + rounding_between(totals), where
        assert totals["beyond_eur_cents"] == sum(effects.values()), where
    check_posting(report, july, equations["given"].whole[1], where)


def rounding_between(totals: Mapping[str, int]) -> int:
    """List less given less known revenue: a cent at most, as each of the four is rounded once."""
    left = totals["list_eur_cents"] - totals["given_eur_cents"]
    difference = left - (totals["revenue_eur_cents"] - totals["unknown_eur_cents"])
    assert abs(difference) <= 2, totals
    return difference


def check_posting(report: Report, july: LineByLine, given_cents: int, where: str) -> None:
    """Each voucher balances in both currencies; in debit stand the discounts that the raw lines give, and no others."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    net: dict[tuple[str, str], int] = defaultdict(int)
    pairs = rows(report, "posting")
    for row in pairs:
        amounts = (row.debit_minor, row.credit_minor, row.debit_eur_cents, row.credit_eur_cents)
        sums[row.voucher] = [old + new for old, new in zip(sums[row.voucher], amounts, strict=True)]
    for voucher, (debit, credit, debit_eur, credit_eur) in sums.items():
        assert (debit, debit_eur) == (credit, credit_eur), f"{where}: {voucher}"
    for row in pairs[::2]:  # the side of the discounts; the other one is revenue
        net[row.entity, row.product] += row.debit_minor - row.credit_minor
    expected = july.given_minor()
    parts = Counter((row.entity, row.product) for row in pairs[::2])
    for key in {*net, *expected}:
        assert abs(net[key] - expected.get(key, 0)) * 2 <= parts[key] + 1, f"{where}: {key}"
    posted = sum(row.debit_eur_cents - row.credit_eur_cents for row in pairs[::2])
    assert abs(posted - given_cents) * 2 <= len(pairs) // 2 + 1, where


CHECKS: Mapping[str, Callable[[Report, World, Months, str], None]] = {
    "near": of_near,
    "leakage": of_leakage,
    "movements": of_movements,
    "movements of one month": of_movements,
    "forecast": of_forecast,
    "cost": of_cost,
}


def check_what_was_read(world: World, month: LineByLine, where: str) -> None:
    """Each line is in the bucket of the raw lines, with its whole amount; partners have what their raw lines give."""
    with world.installation.database.reading() as connection:
        register = read_register(connection, month.month)
    held = {row.partner_id for row in register.partners if row.status == "held"}
    found = {(row.entity, row.currency, row.bucket): (row.lines, row.net_amount_minor) for row in register.buckets}
    read = {row.entity for row in register.buckets}
    assert found == {key: each for key, each in month.buckets(held).items() if key[0] in read}, where
    check_quality_report(world, month.month, found, where)
    totals = month.totals()
    for row in register.partners:
        if row.status != "held":
            assert row.mrr_eur_cents == totals.get(row.partner_id, 0), f"{where}: {row.partner_id}"


CELLS = re.compile(
    r'<tr(?: class="(sum)")?><td>([A-Z]{3})</td><td class="wide">([^<]*)</td>'
    + 2 * r'<td class="number">([-0-9,.]+)</td>'
)


def check_quality_report(
    world: World, month: BillingMonth, buckets: Mapping[tuple[str, str, str], tuple[int, int]], where: str
) -> None:
    """The quality report has the same buckets, and under those of a currency the sum of their lines and amounts."""
    page = (world.folder / "out" / "quality" / str(month) / "index.html").read_text(encoding="utf-8")
    shown = [
        (is_sum, currency, int(lines.replace(",", "")), int(re.sub(r"[,.]", "", amount)))
        for is_sum, currency, _, lines, amount in CELLS.findall(page)
    ]
    of_buckets = sorted((currency, *each) for (_, currency, _), each in buckets.items())
    assert sorted(row[1:] for row in shown if not row[0]) == of_buckets, where
    sums = {currency: (lines, amount) for is_sum, currency, lines, amount in shown if is_sum}
    for currency, (lines, amount) in sums.items():
        own = [each for each in of_buckets if each[0] == currency]
        assert (lines, amount) == (sum(each[1] for each in own), sum(each[2] for each in own)), where
    assert "not the sum" not in page, where
