"""Billing databases of every dialect with the same tables, and lines to fill them with."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import duckdb
import pymysql
import pytest

from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.billing.single_lines import read_single_lines
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import CHARGE_KINDS, EntityRevenue, PeriodClose
from partner_program.domain.single_lines import EntityNow, compare_lines
from tests.servers import Postgres

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
RELATIONS = ("program_mrr_line", "program_period_close", "program_reseller_account")
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
        yield Server(ConnectionFields("billing_nl", "sqlite", host=str(path)), runner(owner.cursor()), "?")


def runner(cursor: Any) -> Callable[[str, list[tuple[Any, ...]]], None]:
    def run(statement: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            cursor.executemany(statement, rows)
        elif not statement.startswith("INSERT"):
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
        yield Server(fields, runner(owner.cursor()), "%s")
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
            yield Server(fields, runner(cursor), "%s")
        finally:
            cursor.execute(f"DROP USER {name}@'%'")
            cursor.execute(f"DROP DATABASE {name}")


class ParquetFiles(Server):
    """Files that hold what tables in memory hold, written anew where something was changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables = duckdb.connect(":memory:")
        self._tables.execute(TABLES.format(key="", whole="integer", amount="bigint", moment="timestamptz"))
        self._is_written = False
        self._run = runner(self._tables)
        super().__init__(ConnectionFields("billing_nl", "duckdb"), self._change, "?")

    def _change(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        self._is_written = False
        into, values, marks = statement.partition("VALUES ")
        if rows and values:  # all at once: DuckDB takes a millisecond for each statement
            self._tables.execute(f"{into}{values}{', '.join([marks] * len(rows))}", list(chain.from_iterable(rows)))
        else:
            self._run(statement, rows)

    @property
    def fields(self) -> ConnectionFields:
        files = {name: str(self._folder / f"{name}.parquet") for name in RELATIONS}
        if not self._is_written:
            for name, path in files.items():
                self._tables.execute(f"COPY (SELECT * FROM {name}) TO '{path}'")  # noqa: S608
            self._is_written = True
        return ConnectionFields("billing_nl", "duckdb", extra={"relations": files})

    @fields.setter
    def fields(self, _: ConnectionFields) -> None:
        """Leave the files as they are: where they lie is no choice of a test's."""


class SparkTables(ParquetFiles):
    """The same files as views of a Spark server, at the address `SPARK`."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(folder)
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._schema = f"billing_{uuid4().hex[:12]}"
        self.own(f"CREATE SCHEMA {self._schema}")

    def own(self, statement: str) -> None:
        from partner_program.adapters.billing.spark import SparkSession  # an extra, which few have

        owner = SparkSession.builder.remote(f"sc://{self._host}:{self._port}").create()
        owner.sql(statement).collect()
        owner.stop()

    @property
    def path_of_lines(self) -> str:
        """The lines as a relation of Spark's."""
        return f"parquet.`{self._folder / 'program_mrr_line.parquet'}`"

    @property
    def fields(self) -> ConnectionFields:
        is_written = self._is_written
        files: Any = super().fields.extra["relations"]
        if not is_written:
            for name, path in files.items():
                view = f"CREATE OR REPLACE VIEW {self._schema}.{name} AS SELECT * FROM parquet.`{path}`"  # noqa: S608
                self.own(view)
        return ConnectionFields("billing_nl", "spark", self._host, self._port, schema=self._schema)

    @fields.setter
    def fields(self, _: ConnectionFields) -> None:
        """Leave the views as they are."""


@pytest.fixture(scope="module")
def spark_tables(tmp_path_factory: pytest.TempPathFactory) -> SparkTables:
    return SparkTables(tmp_path_factory.mktemp("billing"), os.environ["SPARK"])


@pytest.fixture(scope="module")
def parquet_files(tmp_path_factory: pytest.TempPathFactory) -> ParquetFiles:
    return ParquetFiles(tmp_path_factory.mktemp("billing"))


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
