"""The files of the sources: their form, the script that prints them, and the choice of a query by database."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from partner_program.adapters.billing.source_check import check_source
from partner_program.adapters.billing.statements import read_stand_ins, with_stand_ins
from partner_program.adapters.connections import ConnectionFields
from partner_program.cli.source_tables import print_source_check
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from tests.sources.conftest import PRINT_SQL, SQL, Billing, printed
from tests.sources.test_pulled_months import NL

SOURCES = SQL / "sources"
QUERIES = sorted(SOURCES.rglob("*.sql"))
SYSTEMS = sorted(path.name for path in SOURCES.iterdir() if path.is_dir())
PAGES = [system for system in SYSTEMS if system != "skeleton"]
SECTIONS = (
    "Before you begin",
    "How the data are mapped",
    "Periods",
    "Another",
    "Community",
    "Closing a month",
    "What is refused",
    "What cannot be known",
    "An index that helps",
)

DATABASES = {
    "erpnext": ["mysql"],
    "fossbilling": ["mysql"],
    "killbill": ["mysql", "postgres"],
    "lago": ["postgres"],
    "odoo": ["postgres"],
    "skeleton": ["mysql", "postgres"],
    "stripe": ["postgres"],
    "whmcs": ["mysql"],
}
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MySQL or MariaDB", "duckdb": "files"}


def test_each_system_has_its_queries_for_its_databases_and_a_page_of_limits() -> None:
    assert sorted(DATABASES) == SYSTEMS
    for system, types in DATABASES.items():
        for conn_type in types:
            stand_ins = read_stand_ins(SQL, system, conn_type) or {}
            assert sorted(stand_ins) == ["program_mrr_line", "program_reseller_account"]
        assert "## What cannot be known" in (SOURCES / system / "README.md").read_text()


@pytest.mark.parametrize("system", PAGES)
def test_the_pages_of_the_systems_have_their_sections_in_one_order(system: str) -> None:
    headings = re.findall(r"(?m)^## (.+)$", (SOURCES / system / "README.md").read_text())
    places = [next(place for place, name in enumerate(SECTIONS) if each.startswith(name)) for each in headings]

    assert places == sorted(places)
    assert {"Before you begin", "How the data are mapped", "Closing a month"} <= set(headings)


@pytest.mark.parametrize("system", PAGES)
def test_the_rights_of_a_page_are_for_the_tables_that_the_queries_read_and_no_others(system: str) -> None:
    folder = SOURCES / system
    (statements,) = re.findall(r"```sql\n(GRANT .*?)```", (folder / "README.md").read_text(), re.DOTALL)
    granted = ",".join(re.findall(r"GRANT SELECT ON (.*?)\s+TO programme_reader;", statements, re.DOTALL))
    text = "\n".join(path.read_text() for path in folder.rglob("*.sql"))
    # comments, EXTRACT(DAY FROM day) and IS DISTINCT FROM name no table
    text = re.sub(r"--.*|EXTRACT\(\w+ FROM|DISTINCT FROM", "", text)
    named = set(re.findall(r"\b(?:FROM|JOIN)\s+(?!LATERAL)(`[^`]+`|\w+)(?![\w(])", text))
    steps = set(re.findall(r"\b(\w+)(?: \([^()]*\))? AS (?:MATERIALIZED )?\(", text))

    assert {table.strip().removeprefix(f"{system}.") for table in granted.split(",")} == named - steps


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_a_query_is_one_select_that_any_driver_takes_as_it_is(path: Path) -> None:
    """Some driver would take a percent sign or a colon for a bind, and a semicolon would end the query."""
    text = path.read_text()

    assert "-- Grain: " in text
    assert not re.search(r"[%;]|:\w", text)
    assert re.match(r"(--.*\n)+(WITH|SELECT)\b", text)


def test_the_query_of_the_database_comes_before_the_one_of_the_system(tmp_path: Path) -> None:
    folder = tmp_path / "sources" / "own"
    (folder / "mysql").mkdir(parents=True)
    (folder / "program_mrr_line.sql").write_text("SELECT 1")
    (folder / "program_reseller_account.sql").write_text("SELECT 2")
    (folder / "mysql" / "program_mrr_line.sql").write_text("SELECT 3")

    assert read_stand_ins(tmp_path, "own", "mysql") == {
        "program_mrr_line": "SELECT 3",
        "program_reseller_account": "SELECT 2",
    }
    assert read_stand_ins(tmp_path, "own", "postgres") == {
        "program_mrr_line": "SELECT 1",
        "program_reseller_account": "SELECT 2",
    }
    assert read_stand_ins(tmp_path, "own/mysql", "mysql") is None


@pytest.mark.parametrize("conn_type", ["sqlite", "duckdb", "mysql", "postgres"])
@pytest.mark.parametrize("source", SYSTEMS)
def test_a_source_on_a_database_that_it_is_not_for_says_which_it_is_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, source: str, conn_type: str
) -> None:
    """In a sentence, before the database is asked anything: nobody listens at this address."""
    fields = ConnectionFields("billing_nl", conn_type, host="127.0.0.1", port=1, schema="billing", login="nobody")
    if conn_type in ("sqlite", "duckdb"):
        fields = ConnectionFields("billing_nl", conn_type, host=str(tmp_path / "none.db"))
    is_for = DATABASES[source]

    looked = check_source(
        fields,
        replace(NL, source=source),
        BillingMonth.parse("2015-06"),
        largest_line=LargestLine(100_000_000),
        sql_folder=SQL,
    )
    print_source_check(looked, ())

    faults = {each.fault or "" for each in looked.relations}
    said = f"source '{source}' is for {' and '.join(f'{NAMES[each]} (conn_type {each})' for each in is_for)};"
    wrong = f"connection billing_nl is to {NAMES[conn_type]} (conn_type {conn_type})"
    told_apart = source == "skeleton" or conn_type in is_for
    assert faults != {""}
    assert (faults == {f"{said} {wrong}"}) is not told_apart
    assert " ".join(capsys.readouterr().out.split()).count("the same") == (2 if len(faults) == 1 else 0)


def test_a_statement_gets_the_queries_that_it_needs_and_no_others() -> None:
    """A query that cannot be run is a fault of its own relation, and of one whose query names it."""
    queries = {"program_mrr_line": "SELECT broken", "program_reseller_account": "SELECT a FROM b"}

    assert "broken" not in with_stand_ins("SELECT account_id FROM program_reseller_account", queries)
    assert "broken" in with_stand_ins("SELECT 1 FROM program_mrr_line", queries)
    queries["program_reseller_account"] = "SELECT account_id FROM program_mrr_line"
    assert "broken" in with_stand_ins("SELECT account_id FROM program_reseller_account", queries)
    assert with_stand_ins("SELECT 1", queries) == "SELECT 1"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["views", "killbill"],
        ["views", "nosuch", "mysql"],
        ["doubles", "killbill"],
        ["views", "killbill", "sqlite"],
        ["figures", "killbill", "mysql"],
        ["figures", "killbill", "mysql", "2015-13"],
        ["figures", "killbill", "mysql", "2015-06'"],
        ["drop", "killbill", "mysql"],
    ],
)
@pytest.mark.processes
def test_the_script_prints_how_it_is_used_when_it_is_used_wrongly(words: list[str]) -> None:
    run = subprocess.run([str(PRINT_SQL), *words], capture_output=True, text=True, check=False)

    assert run.returncode == 2
    assert run.stdout == ""
    assert "print_sql views SYSTEM mysql|postgres" in run.stderr


@pytest.mark.processes
def test_the_script_prints_nothing_for_a_database_that_the_system_is_not_for() -> None:
    run = subprocess.run([str(PRINT_SQL), "views", "whmcs", "postgres"], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "whmcs is not for postgres: it has no query program_mrr_line for it\n"


def test_the_figures_to_record_are_those_of_posted_lines_that_touch_the_month(postgres_billing: Billing) -> None:
    """Three posted lines overlap December: 100.00 and 40.00 in EUR, 7.00 in USD; the others are not counted."""
    postgres_billing.empty_tables("""
        CREATE TABLE told(service_start date, service_end date, net_amount_minor bigint, currency text, status text)
    """)
    for start, end, minor, currency, status in [
        ("2015-01-01", "2016-01-01", 100_00, "EUR", "posted"),
        ("2015-12-31", "2016-01-31", 40_00, "EUR", "posted"),
        ("2015-12-01", "2016-01-01", 7_00, "USD", "posted"),
        ("2015-11-01", "2015-12-01", 1, "EUR", "posted"),
        ("2016-01-01", "2016-02-01", 2, "EUR", "posted"),
        ("2015-12-01", "2016-01-01", 3, "EUR", "draft"),
    ]:
        postgres_billing.add(
            "told", service_start=start, service_end=end, net_amount_minor=minor, currency=currency, status=status
        )
    query = postgres_billing.query("killbill", "program_mrr_line")
    statement = printed("figures", "killbill", "postgres", "2015-12")
    assert query in statement

    told = "SELECT *, status AS document_status FROM told\n"
    rows = postgres_billing.ask(statement.replace(query, told))

    assert [tuple(row.values()) for row in rows] == [("EUR", 2, 140_00), ("USD", 1, 7_00)]


def test_line_ids_that_come_twice_are_found_though_their_months_differ(postgres_billing: Billing) -> None:
    postgres_billing.empty_tables("CREATE TABLE numbered(line_id text, service_start date)")
    for line_id, start in [("1", "2015-06-01"), ("2", "2015-06-01"), ("2", "2015-07-01")]:
        postgres_billing.add("numbered", line_id=line_id, service_start=start)
    query = postgres_billing.query("killbill", "program_mrr_line")
    statement = printed("doubles", "killbill", "postgres")
    assert query in statement

    rows = postgres_billing.ask(statement.replace(query, "SELECT * FROM numbered\n"))

    assert [tuple(row.values()) for row in rows] == [("2", 2)]
