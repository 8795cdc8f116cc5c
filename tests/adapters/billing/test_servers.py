"""PostgreSQL and MariaDB give the same as SQLite: the same random lines in each, read by a role that may only read."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any
from uuid import uuid4

import pymysql
import pytest

from partner_program.adapters.billing.lines import BillingLine
from partner_program.adapters.billing.pull import faults_in_reading, listed_accounts, pull_month
from partner_program.adapters.billing.single_lines import read_single_lines
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.reports.receipt import receipt_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.listed_accounts import ListedAccount
from partner_program.domain.program import LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import CHARGE_KINDS, EntityRevenue, PeriodClose
from partner_program.domain.single_lines import EntityNow, compare_lines
from partner_program.usecases.explain import explain
from tests.servers import Postgres
from tests.worlds import World

PROJECT = Path(__file__).parents[3]
SQL = PROJECT / "include" / "sql"
JULY = BillingMonth(2015, 7)
NL = Entity("NL", "Host NL", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
COLUMNS = 14
TABLES = """
CREATE TABLE program_mrr_line (line_id varchar(40) {key}, account_id varchar(40), service_id varchar(40),
 product varchar(40), charge_kind varchar(40), service_start date, service_end date, term_months {whole},
 net_amount_minor {amount}, currency char(3), document_status varchar(20), posted_on date, discount_bp integer,
 ordered_on date);
CREATE TABLE program_period_close (billing_month varchar(7), currency char(3), line_count integer,
 control_total_minor bigint, closed_at {moment});
CREATE TABLE program_reseller_account (account_id varchar(40), company_name varchar(200), vat_id varchar(40),
 email_domain varchar(200));
"""
# Names that a careless collation takes for equal.
ACCOUNTS = ("Muller", "MÜLLER", "muller", "A1", "a1", "B2", "株式会社", "C'3")


@dataclass
class Server:
    """A billing database: its owner's writes, and the connection with which the programme reads."""

    fields: ConnectionFields
    run: Callable[[str, list[tuple[Any, ...]]], None]
    mark: str

    def fill(self, lines: list[tuple[Any, ...]], closes: list[PeriodClose]) -> None:
        for table in ("program_mrr_line", "program_period_close"):
            self.run(f"DELETE FROM {table}", [])  # noqa: S608
        marks = ", ".join([self.mark] * COLUMNS)
        if lines:
            self.run(f"INSERT INTO program_mrr_line VALUES ({marks})", lines)  # noqa: S608
        rows = [("2015-07", *close, None) for close in closes]
        self.run(f"INSERT INTO program_period_close VALUES ({', '.join([self.mark] * 5)})", rows)  # noqa: S608

    def pull(self, **changes: Any) -> EntityRevenue:
        return pull_month(
            replace(self.fields, **changes), NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=SQL
        )


@pytest.fixture(scope="module")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path = tmp_path_factory.mktemp("billing") / "nl.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        owner.executescript(TABLES.format(key="", whole="integer", amount="integer", moment="text"))
        yield Server(ConnectionFields("billing_nl", "sqlite", host=str(path)), _runner(owner.cursor()), "?")


def _runner(cursor: Any) -> Callable[[str, list[tuple[Any, ...]]], None]:
    def run(statement: str, rows: list[tuple[Any, ...]]) -> None:
        if rows or statement.startswith("INSERT"):
            cursor.executemany(statement, rows)
        else:
            cursor.execute(statement)

    return run


@pytest.fixture(scope="module")
def postgres_server(shared_postgres: Postgres) -> Iterator[Server]:
    database, login = shared_postgres.database(), f"only_reads_{uuid4().hex[:12]}"
    with shared_postgres.owner(database) as owner:
        tables = TABLES.format(key="", whole="integer", amount="numeric", moment="timestamptz")
        for statement in filter(str.strip, tables.split(";")):
            owner.execute(statement)
        owner.execute(f"CREATE ROLE {login} LOGIN".encode())
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login}".encode())
        fields = replace(shared_postgres.fields("billing_nl", database), login=login)
        yield Server(fields, _runner(owner.cursor()), "%s")
    shared_postgres.drop(database)


@pytest.fixture(scope="module")
def mariadb_server(shared_mariadb: dict[str, Any]) -> Iterator[Server]:
    owner = pymysql.connect(**shared_mariadb, autocommit=True)
    name = f"billing_{uuid4().hex[:12]}"
    with closing(owner), owner.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE USER {name}@'%' IDENTIFIED BY 'only-reads'")
        cursor.execute(f"GRANT SELECT ON {name}.* TO {name}@'%'")
        owner.select_db(name)
        cursor.execute("SET SESSION sql_mode = ''")
        tables = TABLES.format(key="", whole="integer", amount="bigint", moment="datetime")
        for statement in filter(str.strip, tables.split(";")):
            cursor.execute(statement)
        place = {key: shared_mariadb[key] for key in ("host", "port")}
        fields = ConnectionFields("billing_nl", "mysql", **place, login=name, password="only-reads", schema=name)
        try:
            yield Server(fields, _runner(cursor), "%s")
        finally:
            cursor.execute(f"DROP USER {name}@'%'")
            cursor.execute(f"DROP DATABASE {name}")


@pytest.fixture(params=["postgres_server", "mariadb_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def random_lines(rng: Random) -> list[tuple[Any, ...]]:
    """Lines around July 2015, a few of them with the faults that typed columns allow."""
    lines: list[tuple[Any, ...]] = []
    for number in range(rng.randrange(60)):
        start = date(2015, 5, 1) + timedelta(days=rng.randrange(110))
        span, fitting = rng.choice([(-3, 1), (0, 1), (1, 1), (2, 1), (20, 1), (31, 1), (38, 1), (90, 3), (365, 12)])
        end: date | None = start + timedelta(days=span)
        kind = rng.choice([*CHARGE_KINDS, "recurring", "recurring", "usage", "Recurring", "rent"])
        amount: int | None = (
            rng.randrange(-5_000, 200_000) if kind in ("credit", "goodwill") else rng.randrange(200_000)
        )
        if rng.random() < 0.05:
            amount = rng.choice([None, -1, 2_000_000_000])
        if rng.random() < 0.03:
            end = None
        # mostly one that the period fits into: otherwise few accounts would be left for the database to group
        is_odd = kind == "usage" or rng.random() < 0.2
        term = rng.choice([1, 1, 1, 3, 12, 36, 0, -1, None]) if is_odd else fitting
        status = rng.choice(["posted"] * 8 + ["draft", "void", "paid"])
        currency = rng.choice(["EUR"] * 9 + ["USD", "eur"])
        line_id = f"L{number}" if rng.random() < 0.97 else rng.choice(["L0", "", None])
        account = rng.choice(ACCOUNTS) if rng.random() < 0.97 else rng.choice(["", None])
        lines.append(
            (line_id, account, "S", "cdn", kind, start, end, term, amount, currency, status, start, None, None)
        )
    return lines


def closes_of(lines: list[tuple[Any, ...]]) -> list[PeriodClose]:
    """The close of July, as the entity's own system would count it."""
    counted: dict[str, tuple[int, int]] = {"EUR": (0, 0)}
    for line in lines:
        start, end, amount, currency, status = line[5], line[6], line[8], line[9], line[10]
        touches = end is not None and end > JULY.first_day and start < JULY.following.first_day
        if status == "posted" and touches and currency.isupper():
            count, total = counted.get(currency, (0, 0))
            counted[currency] = (count + 1, total + (amount or 0))
    return [PeriodClose(currency, *values) for currency, values in counted.items()]


def as_text(lines: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(str(value) if isinstance(value, date) else value for value in line) for line in lines]


def test_random_worlds_are_read_alike_on_every_database(server: Server, sqlite_server: Server) -> None:
    for seed in range(60):
        lines = random_lines(Random(seed))
        closes = closes_of(lines)
        sqlite_server.fill(as_text(lines), closes)
        server.fill(lines, closes)
        assert server.pull() == sqlite_server.pull(), f"seed {seed}"


def lines_of_all_ways(rng: Random) -> tuple[list[tuple[Any, ...]], dict[str, int | None]]:
    """Lines that pay for a term, a piece of one, or their period, a few of them at fault; and each price of a term."""
    lines: list[tuple[Any, ...]] = []
    prices: dict[str, int | None] = {}
    for number in range(rng.randrange(80)):
        start = date(2015, 6, 1) + timedelta(days=rng.randrange(70))
        end = start + timedelta(days=rng.choice([1, 5, 10, 31, 31, 500, 1_200]))
        kind = rng.choice(["recurring", "recurring", "credit", "setup", "tax", "usage"])
        amount = rng.randrange(200_000) * (-1 if kind == "credit" else 1)
        term, price = rng.choice([(None, None), (1, 99_500), (12, 99_500), (1, 0), (3, 7)])
        if rng.random() < 0.03:
            term, price = rng.choice([(None, 5), (0, 5), (1, 2_000_000_000), (1, -5), (1_000, 5)])
        if kind == "usage":
            term, price = rng.choice([(1, None)] * 9 + [(None, None), (1, 5)])
        if kind == "credit" and price is not None:
            price = -price
        status = rng.choice(["posted"] * 5 + ["draft"])
        line_id, account = f"L{number}", f"A{rng.randrange(20)}"
        lines.append((line_id, account, "S", "cdn", kind, start, end, term, amount, "EUR", status, start, None, None))
        prices[line_id] = price
    return lines, prices


@contextmanager
def with_prices(server: Server) -> Iterator[None]:
    """A database in which lines may say the price of their whole term."""
    server.run("ALTER TABLE program_mrr_line ADD COLUMN term_amount_minor bigint", [])
    try:
        yield
    finally:
        server.run("DELETE FROM program_mrr_line", [])
        server.run("ALTER TABLE program_mrr_line DROP COLUMN term_amount_minor", [])


def fill_with_prices(server: Server, lines: list[tuple[Any, ...]], prices: dict[str, int | None]) -> None:
    closes = closes_of(lines)
    marks = ", ".join([server.mark] * (COLUMNS + 1))
    server.fill([], closes)
    if lines:
        rows = lines if server.mark == "%s" else as_text(lines)
        priced = [(*row, prices[row[0]]) for row in rows]
        server.run(f"INSERT INTO program_mrr_line VALUES ({marks})", priced)  # noqa: S608 - marks


def test_lines_of_all_ways_are_read_alike_and_grouped_as_if_read_one_by_one(
    server: Server, sqlite_server: Server
) -> None:
    accounts = [f"A{number}" for number in range(20)]
    with with_prices(server), with_prices(sqlite_server):
        for seed in range(25):
            lines, prices = lines_of_all_ways(Random(seed))
            fill_with_prices(sqlite_server, lines, prices)
            fill_with_prices(server, lines, prices)
            found = server.pull()
            assert found == sqlite_server.pull(), f"seed {seed}"
            assert found.groups == tuple(sorted(found.groups, key=lambda group: group.key))
            assert changed_since(server, found, accounts) == (EntityNow("NL", None, agrees=True),), f"seed {seed}"


def changed_since(server: Server, pulled: EntityRevenue, accounts: Sequence[str]) -> tuple[EntityNow, ...]:
    """Read the lines of accounts one by one, and compare them with what was pulled."""
    read = read_single_lines(server.fields, NL, JULY, accounts, largest_line=LargestLine(1_000_000_000), sql_folder=SQL)
    return compare_lines(
        reads=[read],
        groups=[("NL", group) for group in pulled.groups if group.account_id in accounts],
        faulty_lines=[("NL", line) for line in pulled.faulty_lines if line.account_id in accounts],
        month=JULY,
        is_held=False,
    ).entities


def test_lines_read_one_by_one_are_those_that_the_pull_counted(server: Server) -> None:
    for seed in range(12):
        lines = random_lines(Random(seed))
        server.fill(lines, closes_of(lines))
        pulled = server.pull()
        assert changed_since(server, pulled, ACCOUNTS) == (EntityNow("NL", None, agrees=True),), f"seed {seed}"


def test_reading_twice_gives_the_same(server: Server) -> None:
    lines = random_lines(Random(5))
    server.fill(lines, closes_of(lines))
    assert server.pull() == server.pull()


def test_a_view_that_lacks_a_column_is_named_with_what_was_found(server: Server) -> None:
    server.fill([], [PeriodClose("EUR", 0, 0)])
    server.run("ALTER TABLE program_mrr_line RENAME COLUMN term_months TO months", [])
    try:
        fault = server.pull().fault
    finally:
        server.run("ALTER TABLE program_mrr_line RENAME COLUMN months TO term_months", [])
    assert fault is not None
    assert "program_mrr_line: expected columns term_months, found " in fault


def test_a_column_of_another_type_is_named(server: Server) -> None:
    server.fill([], [PeriodClose("EUR", 0, 0)])
    change, back = {
        "postgres": (
            "ALTER COLUMN service_end TYPE text",
            "ALTER COLUMN service_end TYPE date USING service_end::date",
        ),
        "mysql": ("MODIFY service_end varchar(40)", "MODIFY service_end date"),
    }[server.fields.conn_type]
    server.run(f"ALTER TABLE program_mrr_line {change}", [])
    try:
        fault = server.pull().fault
    finally:
        server.run(f"ALTER TABLE program_mrr_line {back}", [])
    assert fault is not None
    assert "program_mrr_line: column service_end is" in fault


def test_a_sound_database_lacks_nothing(server: Server) -> None:
    assert faults_in_reading(server.fields, NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=SQL) == []


def test_the_list_of_reseller_accounts_is_read_alike_by_every_dialect(server: Server) -> None:
    rows = [("Muller", "Müller GmbH", "DE1", "müller.example"), ("muller", None, None, None), (None, "x", "x", "x")]
    server.run(f"INSERT INTO program_reseller_account VALUES ({', '.join([server.mark] * 4)})", rows)  # noqa: S608
    try:
        assert listed_accounts(server.fields, NL, sql_folder=SQL) == [
            ListedAccount("Muller", "Müller GmbH", "DE1", "müller.example"),
            ListedAccount("muller", "", "", ""),
        ]
    finally:
        server.run("DELETE FROM program_reseller_account", [])


def test_a_wrong_password_and_an_absent_server_are_faults_without_the_password(server: Server) -> None:
    for changes in ({"port": 1, "host": "127.0.0.1"}, {"schema": "no_such_database"}):
        fault = server.pull(**changes, password="tell-nobody").fault
        assert fault is not None
        assert "billing database not readable" in fault
        assert "tell-nobody" not in fault


@contextmanager
def sleeping_resellers(server: Server, seconds: int) -> Iterator[None]:
    """A closed month without lines, whose list of resellers takes so long."""
    slow = {"postgres": f"pg_sleep({seconds})::text", "mysql": f"CONCAT(SLEEP({seconds}), '')"}[server.fields.conn_type]
    view = (
        f"CREATE OR REPLACE VIEW program_reseller_account AS SELECT {slow} AS account_id,"
        " '' AS company_name, '' AS vat_id, '' AS email_domain"
    )
    server.fill([], [PeriodClose("EUR", 0, 0)])
    server.run("ALTER TABLE program_reseller_account RENAME TO kept_reseller_account", [])
    server.run(view, [])
    if server.fields.conn_type == "postgres":
        server.run(f"GRANT SELECT ON program_reseller_account TO {server.fields.login}", [])
    try:
        yield
    finally:
        server.run("DROP VIEW program_reseller_account", [])
        server.run("ALTER TABLE kept_reseller_account RENAME TO program_reseller_account", [])


def test_a_statement_that_takes_too_long_is_a_fault(server: Server) -> None:
    with sleeping_resellers(server, 5):
        fault = server.pull(extra={"statement_timeout": 1}).fault
    assert fault is not None
    assert "billing database not readable" in fault


def test_an_entity_that_takes_longer_than_its_deadline_is_a_fault_and_its_server_stops_working(server: Server) -> None:
    with sleeping_resellers(server, 20):
        assert server.pull(extra={"deadline": 1}).fault == "no answer within 1 second"
        assert faults_in_reading(
            replace(server.fields, extra={"deadline": 1}), NL, JULY, largest_line=LargestLine(1), sql_folder=SQL
        ) == ["no answer within 1 second"]
        # Dropping the view would wait for a statement that still runs.
        before = monotonic()
    assert monotonic() - before < 5


def test_a_value_that_breaks_an_entitys_own_view_is_not_shown(postgres_server: Server) -> None:
    postgres_server.fill([], [PeriodClose("EUR", 0, 0)])
    postgres_server.run("ALTER TABLE program_reseller_account RENAME TO kept_reseller_account", [])
    postgres_server.run("INSERT INTO kept_reseller_account VALUES ('A1', 'canary', '', '')", [()])
    view = "SELECT (company_name::integer)::text AS account_id, '' AS company_name, '' AS vat_id, '' AS email_domain"
    postgres_server.run(f"CREATE VIEW program_reseller_account AS {view} FROM kept_reseller_account", [])
    postgres_server.run(f"GRANT SELECT ON program_reseller_account TO {postgres_server.fields.login}", [])
    try:
        fault = postgres_server.pull().fault
    finally:
        postgres_server.run("DROP VIEW program_reseller_account", [])
        postgres_server.run("ALTER TABLE kept_reseller_account RENAME TO program_reseller_account", [])
        postgres_server.run("DELETE FROM program_reseller_account", [])
    assert fault == "billing database not readable: a value does not fit its column (SQLSTATE 22P02)"


def test_nan_and_infinity_of_a_numeric_column_are_row_faults(postgres_server: Server) -> None:
    good = (
        "L1",
        "A1",
        "S",
        "cdn",
        "recurring",
        date(2015, 7, 1),
        date(2015, 8, 1),
        1,
        100,
        "EUR",
        "posted",
        None,
        0,
        None,
    )
    bad = [(*good[:1], "B2", *good[2:8], value, *good[9:]) for value in ("NaN", "Infinity", "-Infinity", "10.5")]
    lines = [good, *[(f"N{number}", *line[1:]) for number, line in enumerate(bad)]]
    lines += [(f"G{number}", *good[1:]) for number in range(9)]
    postgres_server.fill(lines, [PeriodClose("EUR", 14, 0)])
    pulled = postgres_server.pull()
    assert [line.found for line in pulled.faulty_lines] == ["'NaN'", "'Infinity'", "'-Infinity'", "'10.5'"]
    assert [(group.account_id, group.net_amount_minor) for group in pulled.groups] == [("A1", 1_000)]
    assert pulled.fault is None


def test_an_infinite_day_is_a_row_fault(postgres_server: Server) -> None:
    good = ("L1", "A1", "S", "cdn", "recurring", "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted", None, 0, None)
    endless = ("L2", "B2", *good[2:6], "infinity", *good[7:])
    postgres_server.fill([good, endless], [PeriodClose("EUR", 2, 200)])
    (line,) = postgres_server.pull().faulty_lines
    assert (line.column, line.found) == ("service_end", "'infinity'")


def test_a_zero_date_is_a_row_fault(mariadb_server: Server) -> None:
    good = ("L1", "A1", "S", "cdn", "recurring", "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted", None, 0, None)
    endless = ("L2", "B2", *good[2:6], "0000-00-00", *good[7:])
    mariadb_server.fill([good, endless], [PeriodClose("EUR", 2, 200)])
    (line,) = mariadb_server.pull().faulty_lines
    assert (line.column, line.found) == ("service_end", "'0000-00-00'")


@pytest.mark.parametrize(
    ("column", "day"), [(5, "2015-06-31"), (5, "2015-07-00"), (6, "2015-09-31"), (6, "2015-08-00"), (6, "2016-00-00")]
)
def test_a_day_that_is_not_in_the_calendar_is_a_row_fault(mariadb_server: Server, column: int, day: str) -> None:
    good = ("L1", "A1", "S", "cdn", "recurring", "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted", None, 0, None)
    bad = ("L2", "B2", *good[2:column], day, *good[column + 1 :])
    mariadb_server.run("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'", [])
    mariadb_server.fill([good, bad], [PeriodClose("EUR", 2, 200)])
    mariadb_server.run("SET SESSION sql_mode = ''", [])
    (line,) = mariadb_server.pull().faulty_lines
    assert (line.line_id, line.found) == ("L2", f"'{day}'")


def test_a_view_that_works_the_term_out_gives_what_a_column_gives(server: Server) -> None:
    lines = random_lines(Random(12))
    server.fill(lines, closes_of(lines))
    before = server.pull()
    columns = [name for name in BillingLine._fields if name not in ("term_months", "term_amount_minor")]
    columns += ["service_id", "product", "posted_on", "discount_bp", "ordered_on"]
    server.run("ALTER TABLE program_mrr_line RENAME TO kept_mrr_line", [])
    worked_out = "ROUND(term_months * 30.0 / 30) AS term_months"
    view = f"CREATE VIEW program_mrr_line AS SELECT {', '.join(columns)}, {worked_out} FROM kept_mrr_line"  # noqa: S608
    server.run(view, [])
    if server.fields.conn_type == "postgres":
        server.run(f"GRANT SELECT ON program_mrr_line TO {server.fields.login}", [])
    try:
        assert server.pull() == before
    finally:
        server.run("DROP VIEW program_mrr_line", [])
        server.run("ALTER TABLE kept_mrr_line RENAME TO program_mrr_line", [])


def test_a_nul_in_a_row_is_shown_and_stored_in_a_form_that_every_database_can_hold(mariadb_server: Server) -> None:
    good = ("L1", "A1", "S", "cdn", "recurring", "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted", None, 0, None)
    bad = ("L\0", "B\0", *good[2:])
    mariadb_server.fill([good, bad], [PeriodClose("EUR", 2, 200)])
    pulled = mariadb_server.pull()
    assert [group.account_id for group in pulled.groups] == ["A1"]
    (line,) = pulled.faulty_lines
    assert (line.line_id, line.account_id, line.column, line.found) == ("L\\x00", "B\\x00", "account_id", "'B\\x00'")


def test_the_time_zone_of_the_server_moves_no_day(server: Server) -> None:
    zone = {
        "postgres": f"ALTER ROLE {server.fields.login} SET TimeZone = 'Pacific/Kiritimati'",
        "mysql": "SET GLOBAL time_zone = '+13:00'",
    }
    back = {"postgres": f"ALTER ROLE {server.fields.login} RESET TimeZone", "mysql": "SET GLOBAL time_zone = 'SYSTEM'"}
    lines = random_lines(Random(11))
    server.fill(lines, closes_of(lines))
    before = server.pull()
    server.run(zone[server.fields.conn_type], [])
    try:
        assert server.pull() == before
    finally:
        server.run(back[server.fields.conn_type], [])


@contextmanager
def columns_in(server: Server, character_set: str) -> Iterator[None]:
    """Convert all text columns of the billing database to a character set, with that set's lax collation."""
    tables = ("program_mrr_line", "program_period_close", "program_reseller_account")
    server.fill([], [])
    for table in tables:
        server.run(f"ALTER TABLE {table} CONVERT TO CHARACTER SET {character_set}", [])
    try:
        yield
    finally:
        server.fill([], [])
        server.run("DELETE FROM program_reseller_account", [])
        for table in tables:
            server.run(f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4", [])


CHARACTER_SETS = ("latin1", "cp1250", "utf8mb3", "utf16", "utf32")


@pytest.mark.parametrize("character_set", CHARACTER_SETS)
def test_columns_in_any_character_set_are_read_as_what_they_mean(
    mariadb_server: Server, sqlite_server: Server, character_set: str
) -> None:
    with columns_in(mariadb_server, character_set):
        for seed in range(5):
            of_europe = [
                (line[0], "Ünal" if line[1] == "株式会社" else line[1], *line[2:])
                for line in random_lines(Random(seed))
            ]
            closes = closes_of(of_europe)
            for each, lines in ((sqlite_server, as_text(of_europe)), (mariadb_server, of_europe)):
                each.fill(lines, closes)
                each.run("DELETE FROM program_reseller_account", [])
                mark = each.mark
                each.run(
                    f"INSERT INTO program_reseller_account VALUES ({mark}, {mark}, {mark}, {mark})",  # noqa: S608
                    [(account, "", "", "") for account in ("Muller", "MÜLLER", "Ünal", "B2")],
                )
            assert mariadb_server.pull() == sqlite_server.pull(), f"seed {seed}"
        sqlite_server.run("DELETE FROM program_reseller_account", [])


def test_an_account_of_a_latin1_table_counts_under_its_name(mariadb_server: Server) -> None:
    rest = ("S", "cdn", "recurring", date(2015, 7, 1), date(2015, 8, 1), 1)
    lines = [
        (f"L{number}", account, *rest, amount, "EUR", "posted", None, 0, None)
        for number, (account, amount) in enumerate([("Müller", 100), ("Muller", 20), ("MÜLLER", 3)])
    ]
    with columns_in(mariadb_server, "latin1"):
        mariadb_server.fill(lines, [PeriodClose("EUR", 3, 123)])
        pulled = mariadb_server.pull()
    assert pulled.fault is None
    found = {group.account_id: group.net_amount_minor for group in pulled.groups}
    assert found == {"Müller": 100, "Muller": 20, "MÜLLER": 3}


def test_a_column_of_bytes_keeps_them_and_bytes_that_are_not_text_hold_their_account(mariadb_server: Server) -> None:
    rest = ("S", "cdn", "recurring", date(2015, 7, 1), date(2015, 8, 1), 1, 100, "EUR", "posted", None, 0, None)
    with columns_in(mariadb_server, "latin1"):
        mariadb_server.run("ALTER TABLE program_mrr_line MODIFY account_id VARBINARY(40)", [])
        try:
            mariadb_server.fill(
                [("L1", "Müller".encode(), *rest), ("L2", b"M\xfcller", *rest), ("L3", b"M?ller", *rest)],
                [PeriodClose("EUR", 3, 300)],
            )
            pulled = mariadb_server.pull()
        finally:
            mariadb_server.fill([], [])
            mariadb_server.run("ALTER TABLE program_mrr_line MODIFY account_id varchar(40)", [])
    assert [group.account_id for group in pulled.groups] == ["M?ller", "Müller"]
    (line,) = pulled.faulty_lines
    assert (line.account_id, line.column) == (r"M\xfcller", "account_id")
    assert pulled.fault is None


EVERY_DIALECT = pytest.mark.parametrize("dialect", ["sqlite_server", "postgres_server", "mariadb_server"])


@EVERY_DIALECT
def test_a_code_of_no_kind_is_a_fault_that_names_it(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(dialect)
    strange = shutil.copytree(SQL, tmp_path / "sql") / server.fields.conn_type / "month_groups.sql"
    text = strange.read_text(encoding="utf-8")
    strange.write_text(re.sub(r"WHEN :kind THEN :kind_code", r"\g<0> + 90", text), encoding="utf-8")
    line = ("L1", "A1", "S", "cdn", list(CHARGE_KINDS)[-1], "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted")
    server.fill([(*line, None, 0, None)], [PeriodClose("EUR", 1, 100)])

    read = pull_month(server.fields, NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=tmp_path / "sql")

    code = list(CHARGE_KINDS.values())[-1].code + 90
    assert read.fault == f"month_groups: code {code} is that of no charge kind, in shape {code}20000131"
    assert (read.groups, read.faulty_lines) == ((), ())


@EVERY_DIALECT
def test_sound_lines_of_every_way_are_added_up_by_the_database(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Reading them one by one took seven times as long: here it would be a fault."""
    server: Server = request.getfixturevalue(dialect)
    broken = shutil.copytree(SQL, tmp_path / "sql") / server.fields.conn_type / "lines_of_accounts.sql"
    broken.write_text("SELECT no_such_column FROM program_mrr_line", encoding="utf-8")
    lines: list[tuple[Any, ...]] = [
        ("L1", "A1", "S", "cdn", "recurring", date(2015, 7, 10), date(2015, 7, 20), None, 700, "EUR", "posted"),
        ("L2", "A1", "S", "cdn", "recurring", date(2015, 7, 10), date(2015, 7, 20), None, 300, "EUR", "posted"),
        ("L3", "A1", "S", "cdn", "credit", date(2015, 7, 10), date(2016, 12, 20), 24, -500, "EUR", "posted"),
        ("L4", "A1", "S", "cdn", "setup", date(2015, 7, 10), date(2015, 7, 11), None, 900, "EUR", "posted"),
        ("L5", "A1", "S", "cdn", "setup", date(2015, 7, 10), date(2015, 7, 11), 1, 900, "EUR", "posted"),
    ]
    with with_prices(server):
        fill_with_prices(
            server, [(*line, None, 0, None) for line in lines], {f"L{n}": None for n in range(6)} | {"L3": -2_400}
        )
        read = pull_month(server.fields, NL, JULY, largest_line=LargestLine(10_000), sql_folder=tmp_path / "sql")

    assert read.fault is None
    assert [group[2:] for group in read.groups] == [
        ("credit", "posted", 24, 22, 1, -500, "piece", 0, -2_400),
        ("recurring", "posted", 1, 10, 2, 1_000, "period", 10, 0),
        ("setup", "posted", 1, 1, 2, 1_800, "term", 0, 0),
    ]


# Two rows more, in front of all others and in their midst: what the others are may depend on no order.
MORE_KINDS = """
    ChargeKind("backup", 901, "backup fees", counts=True),
    ChargeKind("late_fee", 900, "late fees"),
"""
JULY_ANEW = """
import json, sys
from datetime import date
from partner_program.adapters.connections import EnvironmentConnections
from partner_program.adapters.reports.receipt import receipt_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.explain import explain
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.run import run_month
from tests.worlds import settle_installed
here, july = Installation.here(EnvironmentConnections()), BillingMonth(2015, 7)
act = run_month if sys.argv[1] == "sqlite" else settle_installed
act(here, MonthRequest(july, date(2015, 8, 20)))
print(json.dumps([json.loads(receipt_json(explain(here, partner_id, july))) for partner_id in ("P1", "P2")]))
"""


def lines_of_every_kind() -> list[tuple[Any, ...]]:
    """Posted and draft lines of every kind for A1, and two of kinds that are not there yet for B2."""
    rest = (date(2015, 7, 1), date(2015, 8, 1))
    drawn = [
        ("A1", kind, (number + 1) * 1_000_01, status)
        for number, kind in enumerate(CHARGE_KINDS)
        for status in ("posted", "draft")
    ]
    drawn += [("B2", "backup", 5_000_00, "posted"), ("B2", "late_fee", 75_00, "posted")]
    return [
        (f"L{number}", account, "S", "cdn", kind, *rest, 1, amount, "EUR", status, date(2015, 7, 1), 0, None)
        for number, (account, kind, amount, status) in enumerate(drawn)
    ]


def project_with_more_kinds(folder: Path) -> Path:
    """A copy of the project in which the table of kinds has two rows more."""
    package = shutil.copytree(PROJECT / "plugins/partner_program", folder / "plugins/partner_program")
    (folder / "include").symlink_to(SQL.parent)
    file = package / "domain/revenue.py"
    backup, late_fee = MORE_KINDS.strip("\n").splitlines(keepends=True)
    table = file.read_text(encoding="utf-8").replace("kinds_by_name(\n", f"kinds_by_name(\n{backup}", 1)
    file.write_text(table.replace('    ChargeKind("deposit"', f'{late_fee}    ChargeKind("deposit"'), encoding="utf-8")
    return folder


def world_on(server: Server, folder: Path) -> World:
    """Two partners, P1 with A1 and P2 with B2, billed by the server."""
    folder.mkdir()
    world = World(folder, ["NL"])
    world.connections["billing_nl"] = server.fields
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"NL": "B2"})
    world.installation.database.upgrade()
    world.load()
    return world


@EVERY_DIALECT
@pytest.mark.processes
def test_one_more_row_in_the_table_of_kinds_is_a_new_kind_and_changes_no_other(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(dialect)
    lines = lines_of_every_kind()
    server.fill(lines if server.mark == "%s" else as_text(lines), closes_of(lines))
    before, after = world_on(server, tmp_path / "before"), world_on(server, tmp_path / "after")
    package = project_with_more_kinds(tmp_path) / "plugins"

    before.settle("2015-07")
    ran = subprocess.run(
        [sys.executable, "-c", JULY_ANEW, server.fields.conn_type],  # with the quality checks once, for they take long
        env={**after.environment(), "PYTHONPATH": f"{package}{os.pathsep}{PROJECT}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    old_p1, old_p2 = (
        json.loads(receipt_json(explain(before.installation, partner_id, JULY))) for partner_id in ("P1", "P2")
    )
    new_p1, new_p2 = json.loads(ran.stdout)
    assert new_p1["lines"] == old_p1["lines"]
    assert new_p1["result"] == old_p1["result"]
    assert {line["charge_kind"]: line["bucket"] for line in new_p2["lines"]} == {
        "backup": "counted",
        "late_fee": "late_fee",
    }
    assert new_p2["result"]["mrr_eur_cents"] == 5_000_00
    kinds = ", ".join(CHARGE_KINDS)
    assert f"charge_kind is 'backup', expected one of {kinds}" in old_p2["held"]
