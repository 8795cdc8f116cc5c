"""What each settlement counts is what its rows count, whatever was settled, released and restated."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.adapters.database.database import SCHEMA_VERSION
from partner_program.adapters.database.settlement_counts import held_groups
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.waiting import HeldGroup
from partner_program.usecases.desk.month import month_overview
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.adapters.database import earlier_schema
from tests.servers import Postgres
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force
from tests.worlds import World

MANY = 12
Rows = list[dict[str, Any]]


COMPANIES = ("sqlite-1", "sqlite-2", pytest.param("postgresql-3", marks=pytest.mark.server))


@pytest.fixture(scope="module", params=COMPANIES)
def settled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """June restated, July released in two steps, of a made-up company that is another one each time."""
    database, _, seed = request.param.partition("-")
    world = World(tmp_path_factory.mktemp(database))
    if database == "sqlite":
        yield made_up(world, random.Random(seed))
        return
    server: Postgres = request.getfixturevalue("shared_postgres")
    name = server.programme()
    fields = ConnectionFields("partner_program", "postgres", host=server.folder, login="postgres", schema=name)
    world.connections["partner_program"] = fields
    yield made_up(world, random.Random(seed))
    server.drop(name)


def made_up(world: World, chance: random.Random) -> World:
    for number in range(MANY):
        world.partner(f"P{number}", {"NL": f"A{number}", "US": f"B{number}"} if number % 2 else {"NL": f"A{number}"})
        for month in (JUNE, JULY):
            world.bill(f"A{number}", month, chance.randrange(100_00, 12_000_00))
            if number % 2:
                world.bill(f"B{number}", month, chance.randrange(100_00, 4_000_00), entity="US")
    for month in (JUNE, JULY):
        world.rate(month, "USD", "1.1")
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE, migration=True)
    world.reopen(JULY, "US")
    bad = f"A{chance.randrange(0, MANY, 2)}"
    world.execute("NL", "UPDATE program_mrr_line SET term_months = 0 WHERE account_id = ?", (bad,))
    world.settle(JULY, on="2015-08-03")
    world.close(JULY, "US")
    world.settle(JULY, on="2015-08-05")
    world.execute("NL", "UPDATE program_mrr_line SET term_months = 1 WHERE account_id = ?", (bad,))
    for number in chance.sample(range(MANY), 3):
        more = "UPDATE program_mrr_line SET net_amount_minor = net_amount_minor * 2 + 100000 WHERE account_id = ?"
        world.execute("NL", more, (f"A{number}",))
    world.close(JUNE, "NL")
    world.close(JULY, "NL")
    world.settle(JUNE, on="2015-08-06")
    day = date(2015, 8, 7)
    june = BillingMonth.parse(JUNE)
    accept_restatement(world.installation, june, Acceptance(day, "pat", "corrected"), today=day)
    world.settle(JULY, on="2015-08-08")
    return world


def rows_of(world: World, table: Any) -> Rows:
    with world.installation.database.reading() as connection:
        query = table.select().order_by(*table.primary_key)
        return [dict(row) for row in connection.execute(query).mappings()]


def counted(rows: Rows, *names: str) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row[name] for name in names) for row in rows)


def kept(rows: Rows, number: str, *names: str) -> dict[tuple[Any, ...], int]:
    found = {tuple(row[name] for name in names): row[number] for row in rows}
    assert len(found) == len(rows), "a group is there twice"
    return found


def test_what_is_kept_is_what_the_rows_count(settled: World) -> None:
    settlements, results = rows_of(settled, schema.settlement), rows_of(settled, schema.assessment)
    assert {row["revision"] for row in settlements} == {1, 2}
    assert rows_of(settled, schema.held_partner)

    moves = rows_of(settled, schema.move_count)
    group = ("settlement_id", "previous_tier", "tier")
    assert kept(moves, "partners", *group) == counted(results, *group)
    revenue: Counter[tuple[Any, ...]] = Counter()
    for row in results:
        revenue[tuple(row[name] for name in group)] += row["mrr_eur_cents"]
    assert kept(moves, "mrr_eur_cents", *group) == revenue
    letters = ("settlement_id", "kind")
    assert kept(rows_of(settled, schema.letter_count), "letters", *letters) == counted(
        rows_of(settled, schema.letter), *letters
    )
    held = ("settlement_id", "reason")
    assert kept(rows_of(settled, schema.held_count), "partners", *held) == counted(
        rows_of(settled, schema.held_partner), *held
    )


def test_groups_of_held_partners_come_largest_first_and_one_of_one_names_its_partner(settled: World) -> None:
    held = rows_of(settled, schema.held_partner)
    for row in rows_of(settled, schema.held_count):
        names = [
            each["partner_id"]
            for each in held
            if (each["settlement_id"], each["reason"]) == (row["settlement_id"], row["reason"])
        ]
        assert row["partner_id"] == (names[0] if len(names) == 1 else None)
    in_order = [(row["settlement_id"], -row["partners"], row["reason"]) for row in rows_of(settled, schema.held_count)]
    assert in_order == sorted(in_order)


def test_a_month_shows_what_its_newest_revision_counts(settled: World) -> None:
    results = [row for row in rows_of(settled, schema.assessment) if row["billing_month"] == JUNE]
    newest = [row for row in results if row["revision"] == 2]
    shown = month_overview(settled.installation, BillingMonth.parse(JUNE)).decided

    assert shown is not None
    assert shown.counted_eur_cents == sum(row["mrr_eur_cents"] for row in newest)
    assert shown.assigned == len(newest) == MANY
    letters = [row for row in rows_of(settled, schema.letter) if row["billing_month"] == JUNE]
    assert dict(shown.letters) == {kind: number for (kind,), number in counted(letters, "kind").items()}
    july = month_overview(settled.installation, BillingMonth.parse(JULY)).decided
    assert july is not None
    assert july.preceding_eur_cents == shown.counted_eur_cents


def test_months_that_were_settled_before_are_counted_by_the_migration(settled: World) -> None:
    tables = (schema.move_count, schema.letter_count, schema.held_count)
    before = [rows_of(settled, table) for table in tables]
    database = settled.installation.database
    with database.writing() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        more = earlier_schema.WITHOUT_STATISTICS_OF_COUNTS if on_sqlite else earlier_schema.WITHOUT_GUARDS_OF_EVENTS
        undo = (
            *(earlier_schema.WITHOUT_GUARD_OF_ASSESSMENTS if on_sqlite else ()),
            *(earlier_schema.WITHOUT_GUARD_OF_RATES if on_sqlite else ()),
            *earlier_schema.WITHOUT_FAMILIES,
            *earlier_schema.WITHOUT_WINDOWS,
            *earlier_schema.WITHOUT_QUALIFICATIONS,
            *earlier_schema.WITHOUT_OTHER_RATES,
            *earlier_schema.WITHOUT_EVENTS,
            *earlier_schema.WITHOUT_COUNTS,
            *earlier_schema.WITHOUT_INDEXES_OF_COUNTS,
            *more,
        )
        for statement in (*undo, "UPDATE alembic_version SET version_num = '0029'"):
            connection.execute(text(statement))

    assert database.upgrade() == f"upgraded 0029 to {SCHEMA_VERSION}"

    assert [rows_of(settled, table) for table in tables] == before
    assert all(before)


def test_the_first_groups_of_each_month_are_named_and_the_others_are_one(world: World) -> None:
    june_in_force(world)
    world.settle(JULY, on="2015-08-03")
    months = {1: BillingMonth.parse(JUNE), 2: BillingMonth.parse(JULY)}
    groups = [(1, 1, 30), *((1, position, 1) for position in range(2, 51)), (2, 1, 2), (2, 2, 1)]
    with world.installation.database.writing() as connection:
        append_rows(
            connection,
            schema.held_count,
            [
                {"settlement_id": settlement, "position": position, "reason": f"line L{position}: bad"}
                | {"partners": partners, "partner_id": f"P{position}" if partners == 1 else None}
                for settlement, position, partners in groups
            ],
        )
        named = held_groups(connection, months, first=2)
        whole = held_groups(connection, months)
    june, july = months.values()
    assert named == [
        HeldGroup(june, "line L1: bad", 30, None),
        HeldGroup(june, "line L2: bad", 1, "P2"),
        HeldGroup(june, "48 other reasons", 48, None),
        HeldGroup(july, "line L1: bad", 2, None),
        HeldGroup(july, "line L2: bad", 1, "P2"),
    ]
    assert len(whole) == 52
    assert sum(each.partners for each in named) == sum(each.partners for each in whole) == 30 + 49 + 3
