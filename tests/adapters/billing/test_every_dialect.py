"""What every dialect has to do: the same snapshot from the same lines, and the same words for the same faults.

A new dialect is a folder of SQL, a small adapter, one fixture in `dialects.py`, and this file.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from partner_program.adapters.billing.pull import faults_in_reading, listed_accounts, pull_month
from partner_program.adapters.billing.source_check import check_source
from partner_program.adapters.reports.receipt import receipt_json
from partner_program.domain.listed_accounts import ListedAccount
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import CHARGE_KINDS, EntityRevenue, MrrGroup, PeriodClose, without_days
from partner_program.domain.single_lines import EntityNow
from partner_program.domain.source_check import MonthLooked
from partner_program.usecases.explain import explain
from tests.adapters.billing.dialects import (
    ACCOUNTS,
    JULY,
    NL,
    PROJECT,
    RELATIONS,
    SQL,
    Server,
    as_text,
    changed_since,
    closes_of,
    fill_with_prices,
    lines_of_all_ways,
    mariadb_server,
    parquet_files,
    postgres_server,
    random_lines,
    spark_tables,
    sqlite_server,
    with_prices,
)
from tests.worlds import World

__all__ = ["mariadb_server", "parquet_files", "postgres_server", "spark_tables", "sqlite_server"]  # fixtures
SPARK = ["spark_tables"] if "SPARK" in os.environ else []  # the address of a server of Spark Connect


@pytest.fixture(params=["sqlite_server", "postgres_server", "mariadb_server", "parquet_files", *SPARK], scope="module")
def billing(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["postgres_server", "mariadb_server", "parquet_files", *SPARK])
def other(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


DIALECTS = ["sqlite", "postgres", "mysql", "duckdb", "spark"]
ONLY_HERE = {"mysql": {f"character_sets_of_{name}" for name in RELATIONS}}


@pytest.mark.parametrize("dialect", DIALECTS[1:])
def test_every_dialect_has_the_same_statements(dialect: str) -> None:
    """Some of them only a person asks for, and no server of Spark runs in most tests."""
    expected, found = ({path.stem for path in (SQL / name).glob("*.sql")} for name in ("sqlite", dialect))

    assert found - ONLY_HERE.get(dialect, set()) == expected


KINDS = ", ".join(CHARGE_KINDS)
LARGEST = 1_000_000_000
FIRST, LAST = date(2015, 7, 1), date(2015, 8, 1)


@dataclass(frozen=True)
class Case:
    """A line that is sound but for what is changed in it; None as `price` is no price of a whole term."""

    name: str
    line: dict[str, Any]
    price: int | None = None
    message: str = ""
    group: tuple[Any, ...] | None = None

    def row(self, number: int) -> tuple[Any, ...]:
        values: dict[str, Any] = {
            "line_id": f"L{number}",
            "account_id": f"A{number:02}",
            "charge_kind": "recurring",
            "service_start": FIRST,
            "service_end": LAST,
            "term_months": 1,
            "net_amount_minor": 10_000,
            "currency": "EUR",
            "document_status": "posted",
            "posted_on": date(2015, 7, 1),
        } | self.line
        before = (values["line_id"], values["account_id"], "S", "cdn")
        rest = ("charge_kind", "service_start", "service_end", "term_months", "net_amount_minor", "currency")
        return (*before, *(values[name] for name in rest), values["document_status"], values["posted_on"], 0, None)


# The words are those of the run book, "One line".
FAULTS = [
    Case("no id", {"line_id": None}, message="line_id is NULL, expected an id"),
    Case("an empty id", {"line_id": ""}, message="line_id is '', expected an id"),
    Case("a blank id", {"line_id": "  "}, message="line_id is '  ', expected an id"),
    Case("no account", {"account_id": None}, message="account_id is NULL, expected an account id"),
    Case("a blank account", {"account_id": " "}, message="account_id is ' ', expected an account id"),
    Case("another kind", {"charge_kind": "rent"}, message=f"charge_kind is 'rent', expected one of {KINDS}"),
    Case(
        "a kind in capitals",
        {"charge_kind": "Recurring"},
        message=f"charge_kind is 'Recurring', expected one of {KINDS}",
    ),
    Case("no kind", {"charge_kind": None}, message=f"charge_kind is NULL, expected one of {KINDS}"),
    Case("no start", {"service_start": None}, message="service_start is NULL, expected a day as YYYY-MM-DD"),
    Case("no end", {"service_end": None}, message="service_end is NULL, expected a day as YYYY-MM-DD"),
    Case(
        "no day at all",
        {"service_end": FIRST},
        message="service_end is '2015-07-01', expected a day after service_start 2015-07-01",
    ),
    Case(
        "an end before the start",
        {"service_start": date(2015, 7, 20), "service_end": date(2015, 7, 10)},
        message="service_end is '2015-07-10', expected a day after service_start 2015-07-20",
    ),
    Case(
        "a start before every service",
        {"service_start": date(1969, 12, 31), "term_months": 547},
        message="service_start is '1969-12-31', expected a day as YYYY-MM-DD",
    ),
    Case(
        "an end after every service",
        {"service_end": date(2200, 1, 1)},
        message="service_end is '2200-01-01', expected a day as YYYY-MM-DD",
    ),
    Case("a term of 0", {"term_months": 0}, message="term_months is 0, expected a whole number of months, 1 or more"),
    Case(
        "a term below 0", {"term_months": -1}, message="term_months is -1, expected a whole number of months, 1 or more"
    ),
    Case(
        "usage of a year",
        {"charge_kind": "usage", "term_months": 12},
        message="term_months is 12, expected 1 on a usage line",
    ),
    Case(
        "usage without a term",
        {"charge_kind": "usage", "term_months": None},
        message="term_months is NULL, expected 1 on a usage line",
    ),
    Case(
        "a year told as a month",
        {"service_start": date(2015, 1, 1), "service_end": date(2016, 1, 1)},
        message="term_months is 1 for 2015-01-01 to 2016-01-01, expected a term at most a week shorter than its "
        "period, or empty where the amount pays for exactly this period",
    ),
    Case(
        "no amount",
        {"net_amount_minor": None},
        message="net_amount_minor is NULL, expected a whole number of minor units",
    ),
    Case(
        "an amount that nobody bills",
        {"net_amount_minor": LARGEST + 1},
        message="net_amount_minor is 1000000001, expected at most 1000000000 either way",
    ),
    Case(
        "a credit that nobody gives",
        {"charge_kind": "credit", "net_amount_minor": -LARGEST - 1},
        message="net_amount_minor is -1000000001, expected at most 1000000000 either way",
    ),
    Case(
        "a negative fee",
        {"net_amount_minor": -1},
        message="net_amount_minor is -1, expected no negative amount on a recurring line",
    ),
    Case(
        "a currency in small letters", {"currency": "eur"}, message="currency is 'eur', expected three capital letters"
    ),
    Case("no currency", {"currency": None}, message="currency is NULL, expected three capital letters"),
    Case(
        "a currency with three decimals",
        {"currency": "KWD"},
        message="currency is 'KWD', expected a currency without a third decimal",
    ),
    Case(
        "another status",
        {"document_status": "paid"},
        message="document_status is 'paid', expected one of posted, draft, void",
    ),
    Case(
        "no status", {"document_status": None}, message="document_status is NULL, expected one of posted, draft, void"
    ),
    Case(
        "a price without a term",
        {"term_months": None},
        price=99_500,
        message="term_amount_minor is 99500, expected no price of a term where term_months is empty",
    ),
    Case(
        "a price on usage",
        {"charge_kind": "usage"},
        price=99_500,
        message="term_amount_minor is 99500, expected empty on a usage line",
    ),
    Case(
        "a negative price",
        {"net_amount_minor": 0},
        price=-99_500,
        message="term_amount_minor is -99500, expected no negative amount on a recurring line",
    ),
    Case(
        "a price that nobody asks",
        {},
        price=LARGEST + 1,
        message="term_amount_minor is 1000000001, expected at most 1000000000 either way",
    ),
    Case(
        "a price of the other sign",
        {"charge_kind": "credit", "net_amount_minor": -700},
        price=99_500,
        message="term_amount_minor is 99500, expected the sign of net_amount_minor, which is -700",
    ),
]
SOUND = [
    Case("a month", {}, group=("recurring", "posted", 1, 31, 10_000, "term", 0, 0)),
    Case(
        "a year",
        {"service_start": date(2015, 1, 1), "service_end": date(2016, 1, 1), "term_months": 12},
        group=("recurring", "posted", 12, 31, 10_000, "term", 0, 0),
    ),
    Case(
        "from the 15th to the 15th",
        {"service_start": date(2015, 6, 15), "service_end": date(2015, 7, 15)},
        group=("recurring", "posted", 1, 14, 10_000, "term", 0, 0),
    ),
    Case(
        "from the last day of a longer month",
        {"service_start": date(2015, 5, 31), "service_end": date(2015, 7, 2), "term_months": 1},
        group=("recurring", "posted", 1, 1, 10_000, "term", 0, 0),
    ),
    Case(
        "three years",
        {"service_start": date(2012, 7, 31), "service_end": date(2015, 7, 31), "term_months": 36},
        group=("recurring", "posted", 36, 30, 10_000, "term", 0, 0),
    ),
    Case(
        "a term of a thousand months",
        {"service_start": date(2015, 7, 1), "service_end": date(2098, 11, 1), "term_months": 1_000},
        group=("recurring", "posted", 1_000, 31, 10_000, "term", 0, 0),
    ),
    Case(
        "exactly this period",
        {"service_start": date(2015, 7, 10), "service_end": date(2015, 7, 20), "term_months": None},
        group=("recurring", "posted", 1, 10, 10_000, "period", 10, 0),
    ),
    Case(
        "a piece of a term",
        {"service_start": date(2015, 6, 25), "service_end": date(2015, 7, 15)},
        price=199_000,
        group=("recurring", "posted", 1, 14, 10_000, "piece", 0, 199_000),
    ),
    Case(
        "a piece that is given back",
        {
            "charge_kind": "credit",
            "service_start": date(2015, 6, 25),
            "service_end": date(2015, 7, 15),
            "net_amount_minor": -6_633,
        },
        price=-99_500,
        group=("credit", "posted", 1, 14, -6_633, "piece", 0, -99_500),
    ),
    Case(
        "usage of the month",
        {"charge_kind": "usage", "service_start": date(2015, 7, 31), "service_end": date(2015, 9, 1)},
        group=("usage", "posted", 1, 31, 10_000, "term", 0, 0),
    ),
    Case(
        "usage of the month before",
        {"charge_kind": "usage", "service_start": date(2015, 6, 30), "service_end": date(2015, 7, 2)},
        group=("usage", "posted", 1, 0, 10_000, "term", 0, 0),
    ),
    Case("nothing to pay", {"net_amount_minor": 0}, group=("recurring", "posted", 1, 31, 0, "term", 0, 0)),
    Case(
        "the largest amount", {"net_amount_minor": LARGEST}, group=("recurring", "posted", 1, 31, LARGEST, "term", 0, 0)
    ),
    Case(
        "the largest credit",
        {"charge_kind": "credit", "net_amount_minor": -LARGEST},
        group=("credit", "posted", 1, 31, -LARGEST, "term", 0, 0),
    ),
    Case(
        "a goodwill credit of a day",
        {"charge_kind": "goodwill", "net_amount_minor": -5, "service_end": date(2015, 7, 2)},
        group=("goodwill", "posted", 1, 1, -5, "term", 0, 0),
    ),
    Case("a draft", {"document_status": "draft"}, group=("recurring", "draft", 1, 31, 10_000, "term", 0, 0)),
    Case("a void invoice", {"document_status": "void"}, group=("recurring", "void", 1, 31, 10_000, "term", 0, 0)),
    Case(
        "an account with an accent",
        {"account_id": "Müller"},
        group=("recurring", "posted", 1, 31, 10_000, "term", 0, 0),
    ),
    Case("one without it", {"account_id": "Muller"}, group=("recurring", "posted", 1, 31, 10_000, "term", 0, 0)),
    Case("one in small letters", {"account_id": "muller"}, group=("recurring", "posted", 1, 31, 10_000, "term", 0, 0)),
    Case(
        "one with a blank at its end",
        {"account_id": "Muller "},
        group=("recurring", "posted", 1, 31, 10_000, "term", 0, 0),
    ),
    Case("one with a quote", {"account_id": "O'Brien; --"}, group=("recurring", "posted", 1, 31, 10_000, "term", 0, 0)),
    Case(
        "one of another script", {"account_id": "株式会社"}, group=("recurring", "posted", 1, 31, 10_000, "term", 0, 0)
    ),
]


@pytest.fixture(scope="module")
def pulled(billing: Server) -> EntityRevenue:
    """All cases at once, each at an account of its own."""
    cases = [*FAULTS, *SOUND]
    rows = [case.row(number) for number, case in enumerate(cases)]
    marks = ", ".join([billing.mark] * (len(rows[0]) + 1))
    with with_prices(billing):
        billing.fill([], [])
        priced = [(*row, case.price) for row, case in zip(rows, cases, strict=True)]
        if billing.mark != "%s":
            priced = as_text(priced)
        billing.run(f"INSERT INTO program_mrr_line VALUES ({marks})", priced)  # noqa: S608
        return billing.pull()


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[case.name for case in FAULTS])
def test_a_faulty_line_is_named_in_the_same_words(pulled: EntityRevenue, number: int) -> None:
    row = FAULTS[number].row(number)
    line_id, account_id = (row[place] or "" for place in (0, 1))
    found = [line for line in pulled.faulty_lines if (line.line_id, line.account_id) == (line_id, account_id)]
    assert [f"{line.column} is {line.found}, expected {line.expected}" for line in found] == [FAULTS[number].message]


@pytest.mark.parametrize("number", range(len(SOUND)), ids=[case.name for case in SOUND])
def test_a_sound_line_is_grouped_alike(pulled: EntityRevenue, number: int) -> None:
    case = SOUND[number]
    assert case.group is not None
    *head, amount, way, period_days, price = case.group
    account_id = case.row(len(FAULTS) + number)[1]
    expected = without_days(MrrGroup(account_id, "EUR", *head, 1, amount, way, period_days, price))
    assert [group for group in pulled.groups if group.account_id == account_id] == [expected]


def test_nothing_is_read_but_the_cases(pulled: EntityRevenue) -> None:
    assert (len(pulled.faulty_lines), sum(group.lines for group in pulled.groups)) == (len(FAULTS), len(SOUND))


def test_one_id_on_two_lines_is_a_fault_of_both(billing: Server) -> None:
    first, second = Case("", {"line_id": "L1"}).row(1), Case("", {"line_id": "L1"}).row(2)
    alike = [Case("", {"line_id": name}).row(3 + number) for number, name in enumerate(("l1", "L1 ", "Ĺ1"))]
    billing.fill([first, second, *alike], [PeriodClose("EUR", 5, 50_000)])
    found = billing.pull()
    assert [(line.account_id, line.column) for line in found.faulty_lines] == [("A01", "line_id"), ("A02", "line_id")]
    assert [group.account_id for group in found.groups] == ["A03", "A04", "A05"]


SAYS = "month 2015-07: EUR: the close says"
ONE_LINE = Case("", {}).row(1)


@pytest.mark.parametrize(
    ("closes", "fault"),
    [
        ([], "month 2015-07 not closed"),
        ([("EUR", 1, 10_000)], None),
        ([("EUR", 2, 10_000)], f"{SAYS} 2 lines, 1 was found; its control total is 10000, theirs is 10000"),
        ([("EUR", 1, 9_999)], f"{SAYS} 1 line, 1 was found; its control total is 9999, theirs is 10000"),
        ([("EUR", 1, 10_000), ("EUR", 1, 10_000)], "month 2015-07: EUR: closed 2 times, expected once"),
        ([("USD", 0, 0)], "month 2015-07 not closed for EUR: 1 line was found"),
    ],
)  # fmt: skip
def test_a_close_is_compared_in_the_same_words(billing: Server, closes: list[Any], fault: str | None) -> None:
    billing.fill([ONE_LINE], [PeriodClose(*close) for close in closes])
    assert billing.pull().fault == fault


def few_on_spark(billing: Server, seeds: int) -> int:
    """A statement takes a third of a second there, whatever it reads."""
    return seeds if billing.fields.conn_type != "spark" else 3


def test_random_worlds_are_read_alike_on_every_database(other: Server, sqlite_server: Server) -> None:
    for seed in range(few_on_spark(other, 30)):
        lines = random_lines(Random(seed))
        closes = closes_of(lines)
        sqlite_server.fill(as_text(lines), closes)
        other.fill(lines, closes)
        assert other.pull() == sqlite_server.pull(), f"seed {seed}"


def test_lines_of_all_ways_are_read_alike_and_grouped_as_if_read_one_by_one(
    other: Server, sqlite_server: Server
) -> None:
    accounts = [f"A{number}" for number in range(20)]
    with with_prices(other), with_prices(sqlite_server):
        for seed in range(few_on_spark(other, 25)):
            lines, prices = lines_of_all_ways(Random(seed))
            fill_with_prices(sqlite_server, lines, prices)
            fill_with_prices(other, lines, prices)
            found = other.pull()
            assert found == sqlite_server.pull(), f"seed {seed}"
            assert found.groups == tuple(sorted(found.groups, key=lambda group: group.key))
            assert changed_since(other, found, accounts) == (EntityNow("NL", None, agrees=True),), f"seed {seed}"


def test_lines_read_one_by_one_are_those_that_the_pull_counted(billing: Server) -> None:
    for seed in range(few_on_spark(billing, 12)):
        lines = random_lines(Random(seed))
        billing.fill(lines, closes_of(lines))
        pulled = billing.pull()
        assert changed_since(billing, pulled, ACCOUNTS) == (EntityNow("NL", None, agrees=True),), f"seed {seed}"


def looked_through(server: Server) -> MonthLooked:
    check = check_source(server.fields, NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=SQL)
    assert check.month is not None, (check.relations, check.fault)
    return check.month


def test_a_look_through_a_source_sees_the_same_on_every_database(other: Server, sqlite_server: Server) -> None:
    with with_prices(other), with_prices(sqlite_server):
        for seed in range(few_on_spark(other, 6)):
            lines, prices = lines_of_all_ways(Random(seed))
            lines = [(*line[:9], "USD" if number % 9 == 0 else "EUR", *line[10:]) for number, line in enumerate(lines)]
            fill_with_prices(sqlite_server, lines, prices)
            fill_with_prices(other, lines, prices)
            found = looked_through(other)
            assert found == looked_through(sqlite_server), f"seed {seed}"
            # the figures to record are those by which the entity's own system closed the month
            assert list(found.figures) == sorted(close for close in closes_of(lines) if close.line_count), (
                f"seed {seed}"
            )


def test_ids_of_several_lines_are_found_in_whatever_months_by_their_letters(billing: Server) -> None:
    ids = ["Muller", "MÜLLER", "muller", "muller"]
    months = [{"service_start": date(2014, month, 1), "service_end": date(2014, month + 1, 1)} for month in range(1, 5)]
    rows = [Case("", {"line_id": name, **days}).row(0) for name, days in zip(ids, months, strict=True)]
    billing.fill(rows if billing.mark == "%s" else as_text(rows), [])

    assert looked_through(billing).repeated_ids.first == (("muller", 2),)


def test_lines_that_the_entity_itself_doubts_are_named_with_why(billing: Server) -> None:
    """Not one of another month, nor one without a doubt, nor one that is at fault and named already."""
    rows = [
        Case("", {"line_id": "TYPED", "charge_kind": "one_off", "net_amount_minor": 60_00}).row(0),
        Case("", {"line_id": "SOUND"}).row(0),
        Case("", {"line_id": "FAULTY", "term_months": 0}).row(0),
        Case("", {"line_id": "OTHER", "service_start": date(2014, 1, 1), "service_end": date(2014, 2, 1)}).row(0),
    ]
    billing.fill(rows if billing.mark == "%s" else as_text(rows), [])
    billing.run("ALTER TABLE program_mrr_line ADD COLUMN doubt varchar(100)", [])
    try:
        billing.run("UPDATE program_mrr_line SET doubt = 'typed by hand' WHERE line_id <> 'SOUND'", [])
        billing.run("UPDATE program_mrr_line SET doubt = '' WHERE line_id = 'SOUND'", [])
        pulled, looked = billing.pull(), looked_through(billing)
    finally:
        billing.run("DELETE FROM program_mrr_line", [])
        billing.run("ALTER TABLE program_mrr_line DROP COLUMN doubt", [])

    (typed,) = pulled.doubtful_lines
    assert (typed.line_id, typed.charge_kind, typed.net_amount_minor) == ("TYPED", "one_off", 60_00)
    assert (typed.doubt, looked.doubtful.first) == ("typed by hand", pulled.doubtful_lines)
    assert [line.line_id for line in pulled.faulty_lines] == ["FAULTY"]
    assert billing.pull().doubtful_lines == ()


def test_reading_twice_gives_the_same(billing: Server) -> None:
    lines = random_lines(Random(5))
    billing.fill(lines, closes_of(lines))
    assert billing.pull() == billing.pull()


def test_a_view_that_lacks_a_column_is_named_with_what_was_found(billing: Server) -> None:
    billing.fill([], [PeriodClose("EUR", 0, 0)])
    billing.run("ALTER TABLE program_mrr_line RENAME COLUMN term_months TO months", [])
    try:
        fault = billing.pull().fault
    finally:
        billing.run("ALTER TABLE program_mrr_line RENAME COLUMN months TO term_months", [])
    assert fault is not None
    assert "program_mrr_line: expected columns term_months, found " in fault


def test_a_sound_database_lacks_nothing(billing: Server) -> None:
    assert faults_in_reading(billing.fields, NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=SQL) == []


def test_the_list_of_reseller_accounts_is_read_alike_by_every_dialect(billing: Server) -> None:
    rows = [("Muller", "Müller GmbH", "DE1", "müller.example"), ("muller", None, None, None), (None, "x", "x", "x")]
    billing.run(f"INSERT INTO program_reseller_account VALUES ({', '.join([billing.mark] * 4)})", rows)  # noqa: S608
    try:
        assert listed_accounts(billing.fields, NL, sql_folder=SQL) == [
            ListedAccount("Muller", "Müller GmbH", "DE1", "müller.example"),
            ListedAccount("muller", "", "", ""),
        ]
    finally:
        billing.run("DELETE FROM program_reseller_account", [])


def test_a_code_of_no_kind_is_a_fault_that_names_it(billing: Server, tmp_path: Path) -> None:
    strange = shutil.copytree(SQL, tmp_path / "sql") / billing.fields.conn_type / "month_groups.sql"
    text = strange.read_text(encoding="utf-8")
    strange.write_text(re.sub(r"WHEN :kind THEN :kind_code", r"\g<0> + 90", text), encoding="utf-8")
    line = ("L1", "A1", "S", "cdn", list(CHARGE_KINDS)[-1], "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted")
    billing.fill([(*line, None, 0, None)], [PeriodClose("EUR", 1, 100)])

    read = pull_month(billing.fields, NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=tmp_path / "sql")

    code = list(CHARGE_KINDS.values())[-1].code + 90
    assert read.fault == f"month_groups: code {code} is that of no charge kind, in shape {code}20000001"
    assert (read.groups, read.faulty_lines) == ((), ())


def test_sound_lines_of_every_way_are_added_up_by_the_database(billing: Server, tmp_path: Path) -> None:
    """Reading them one by one took seven times as long: here it would be a fault."""
    broken = shutil.copytree(SQL, tmp_path / "sql") / billing.fields.conn_type / "lines_of_accounts.sql"
    broken.write_text("SELECT no_such_column FROM program_mrr_line", encoding="utf-8")
    lines: list[tuple[Any, ...]] = [
        ("L1", "A1", "S", "cdn", "recurring", date(2015, 7, 10), date(2015, 7, 20), None, 700, "EUR", "posted"),
        ("L2", "A1", "S", "cdn", "recurring", date(2015, 7, 10), date(2015, 7, 20), None, 300, "EUR", "posted"),
        ("L3", "A1", "S", "cdn", "credit", date(2015, 7, 10), date(2016, 12, 20), 24, -500, "EUR", "posted"),
        ("L4", "A1", "S", "cdn", "setup", date(2015, 7, 10), date(2015, 7, 11), None, 900, "EUR", "posted"),
        ("L5", "A1", "S", "cdn", "setup", date(2015, 7, 10), date(2015, 7, 11), 1, 900, "EUR", "posted"),
    ]
    with with_prices(billing):
        fill_with_prices(
            billing, [(*line, None, 0, None) for line in lines], {f"L{n}": None for n in range(6)} | {"L3": -2_400}
        )
        read = pull_month(billing.fields, NL, JULY, largest_line=LargestLine(10_000), sql_folder=tmp_path / "sql")

    assert read.fault is None
    assert [group[2:] for group in read.groups] == [
        ("credit", "posted", 24, None, 1, -500, "piece", 0, 0, -2_400 * 22),
        ("recurring", "posted", 1, None, 2, 1_000, "period", 10, 0, 1_000 * 10),
        ("setup", "posted", 1, None, 2, 1_800, "none", 0, 0, 0),
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
from partner_program.adapters.billing.source_check import check_source
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


def world_on(billing: Server, folder: Path) -> World:
    """Two partners, P1 with A1 and P2 with B2, billed by the billing."""
    folder.mkdir()
    world = World(folder, ["NL"])
    world.connections["billing_nl"] = billing.fields
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"NL": "B2"})
    world.installation.database.upgrade()
    world.load()
    return world


@pytest.mark.processes
def test_one_more_row_in_the_table_of_kinds_is_a_new_kind_and_changes_no_other(billing: Server, tmp_path: Path) -> None:
    lines = lines_of_every_kind()
    billing.fill(lines if billing.mark == "%s" else as_text(lines), closes_of(lines))
    before, after = world_on(billing, tmp_path / "before"), world_on(billing, tmp_path / "after")
    package = project_with_more_kinds(tmp_path) / "plugins"

    july = tmp_path / "july.py"
    july.write_text(JULY_ANEW, encoding="utf-8")

    before.settle("2015-07")
    ran = subprocess.run(
        [sys.executable, str(july), billing.fields.conn_type],  # with the quality checks once, for they take long
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
