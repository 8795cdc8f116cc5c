"""What only servers can do: types and values of their own, roles, time limits, character sets, time zones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from random import Random
from time import monotonic

import pytest

from partner_program.adapters.billing.lines import BillingLine
from partner_program.adapters.billing.pull import faults_in_reading, pull_month
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import PeriodClose
from tests.adapters.billing.dialects import (
    JULY,
    NL,
    SQL,
    Server,
    as_text,
    closes_of,
    mariadb_server,
    postgres_server,
    random_lines,
    sqlite_server,
)

__all__ = ["mariadb_server", "postgres_server", "sqlite_server"]  # fixtures


@pytest.fixture(params=["postgres_server", "mariadb_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


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


def test_postgres_compiles_no_statement_whatever_the_server_is_set_to(postgres_server: Server) -> None:
    login = postgres_server.fields.login
    postgres_server.fill([], [PeriodClose("EUR", 0, 0)])
    postgres_server.run("ALTER TABLE program_reseller_account RENAME TO kept_reseller_account", [])
    view = "SELECT 'compiled: ' || current_setting('jit') AS account_id, company_name, vat_id, email_domain"
    own = f"{view} FROM (SELECT '' AS company_name, '' AS vat_id, '' AS email_domain) AS nobody"
    postgres_server.run(f"CREATE VIEW program_reseller_account AS {own}", [])
    postgres_server.run(f"GRANT SELECT ON program_reseller_account TO {login}", [])
    postgres_server.run(f"ALTER ROLE {login} SET jit = on", [])
    try:
        assert postgres_server.pull().reseller_accounts == ("compiled: off",)
    finally:
        postgres_server.run(f"ALTER ROLE {login} RESET jit", [])
        postgres_server.run("DROP VIEW program_reseller_account", [])
        postgres_server.run("ALTER TABLE kept_reseller_account RENAME TO program_reseller_account", [])


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


def test_a_day_before_all_others_is_a_row_fault_though_the_line_is_a_month_long(postgres_server: Server) -> None:
    early = ("L1", "A1", "S", "cdn", "recurring", "1969-12-15", "1970-01-15", 1, 100, "EUR", "posted", None, 0, None)
    endless = ("L2", "B2", *early[2:5], "-infinity", *early[6:])
    postgres_server.fill([early, endless], [])
    month, largest = BillingMonth(1970, 1), LargestLine(1_000_000_000)
    pulled = pull_month(postgres_server.fields, NL, month, largest_line=largest, sql_folder=SQL)
    found = {(line.line_id, line.column, line.found) for line in pulled.faulty_lines}
    assert found == {("L1", "service_start", "'1969-12-15'"), ("L2", "service_start", "'-infinity'")}


@pytest.mark.parametrize(
    ("amount", "currency"), [("bigint", "varchar(8)"), ("numeric", "text"), ("integer", "char(3)")]
)
def test_what_a_type_leaves_open_is_checked_in_each_line(postgres_server: Server, amount: str, currency: str) -> None:
    good = ("L1", "A1", "S", "cdn", "recurring", "2015-07-01", "2015-08-01", 1, 100, "EUR", "posted", None, 0, None)
    with_blank = ("L2", *good[1:9], "EUR ", *good[10:])
    with_decimal = ("L3", "B2", *good[2:8], "100.5", *good[9:])
    columns = {"net_amount_minor": amount, "currency": currency}
    lines = [good]
    expected: list[str] = []
    if currency != "char(3)":
        lines.append(with_blank)
        expected.append("'EUR '")
    if amount == "numeric":
        lines.append(with_decimal)
        expected.append("'100.5'")
    postgres_server.fill([], [])
    for column, kind in columns.items():
        postgres_server.run(f"ALTER TABLE program_mrr_line ALTER COLUMN {column} TYPE {kind}", [])
    try:
        postgres_server.fill(lines, [PeriodClose("EUR", len(lines), 100 * len(lines))])
        pulled = postgres_server.pull()
    finally:
        postgres_server.fill([], [])
        for column, kind in (("net_amount_minor", "numeric"), ("currency", "char(3)")):
            postgres_server.run(f"ALTER TABLE program_mrr_line ALTER COLUMN {column} TYPE {kind}", [])
    assert sorted(line.found for line in pulled.faulty_lines) == sorted(expected)
    assert [(group.currency, group.lines, group.net_amount_minor) for group in pulled.groups] == [("EUR", 1, 100)]


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
