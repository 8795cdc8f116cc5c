"""Billing servers at fault (rule 7): a stale replica, an old dump, lax values, broken text; and what we ask of them.

Each world has three partners at NL (a SQLite file) and US (a server). Whatever is wrong at US, P1, which is at NL only,
is decided as usual. Held partners are named with the fault and its place. Once the server is repaired, a run releases
them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import RATE_MOVE_LIMIT_BP
from partner_program.usecases.month.quality import check_month
from tests.adapters.billing.dialects import TABLES
from tests.servers import OwnMariaDB, Postgres
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, partners, three_partners
from tests.worlds import World
from topology.local_places import LOOPBACK
from topology.toy_billing import fill_toy_billing

# A statement in the log of PostgreSQL, without the comments that it begins with; and those comments anywhere.
STATEMENT = re.compile(
    r'LOG:  (?:statement|execute [^:]+): (?:DECLARE "\w+" CURSOR FOR )?(?:\s*--[^\n]*\n)*\s*(.+)'  # what a cursor reads
)
COMMENTS = re.compile(r"^(?:\s*--[^\n]*\n)+")


@dataclass
class Billing:
    """The billing database of US on a server, with the rights of its owner."""

    fields: ConnectionFields
    owner: Any

    def run(self, *statements: str) -> None:
        with self.owner.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def fill(self, world: World) -> None:
        fill_toy_billing(self.fields, world.billing_db("US"), owner_password="")


@pytest.fixture(scope="module")
def postgres(shared_postgres: Postgres) -> Iterator[Billing]:
    name = shared_postgres.database()
    with shared_postgres.owner(name) as owner:
        fields = replace(shared_postgres.fields("billing_us", name), login="only_reads", password="word")
        yield Billing(fields, owner)
    shared_postgres.drop(name)


@pytest.fixture(scope="module")
def mariadb(mariadbd: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Billing]:
    """On a server of its own: `lax` and the log change it for all who use it."""
    server = OwnMariaDB(mariadbd, tmp_path_factory.mktemp("mariadb"))
    server.start()
    with closing(server.owner()) as owner:
        fields = ConnectionFields("billing_us", "mysql", LOOPBACK, server.port, "faulty", "word", "faulty")
        billing = Billing(fields, owner)
        billing.run("CREATE DATABASE faulty", "USE faulty")
        yield billing
    server.forget()


@pytest.fixture(params=["postgres", "mariadb"])
def billing(request: pytest.FixtureRequest) -> Billing:
    found: Billing = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def company(world: World, billing: Billing) -> World:
    """Three partners, with US on the server; June can be settled."""
    three_partners(world)
    billing.fill(world)
    world.connections["billing_us"] = billing.fields
    return world


def held(world: World, month: str) -> dict[str, str]:
    return {row["partner_id"]: row["reason"] for row in world.register(month)["held"]}


def settle_until_repaired(world: World, repair: Callable[[], Any]) -> dict[str, str]:
    """Settle June with the fault: only P1 is decided. Then repair it: all are decided. Return who was held."""
    world.settle(JUNE, on=GO_LIVE)
    found = held(world, JUNE)
    assert partners(world, JUNE)["P1"]["tier"] == 2
    repair()
    assert world.settle(JUNE, on="2015-08-03").held == 0
    assert {key: row["tier"] for key, row in partners(world, JUNE).items()} == {"P1": 2, "P2": 1, "P3": 3}
    return found


# What the server has is not what was billed


def test_a_replica_that_stopped_before_the_close_has_not_closed_the_month(company: World, billing: Billing) -> None:
    billing.run("DELETE FROM program_period_close WHERE billing_month = '2015-06'")
    found = settle_until_repaired(company, lambda: billing.fill(company))
    assert found == dict.fromkeys(("P2", "P3"), "entity US: month 2015-06 not closed")


def test_a_replica_that_has_the_close_but_not_all_lines_is_recognised_by_figures_that_differ(
    company: World, billing: Billing
) -> None:
    billing.run("DELETE FROM program_mrr_line WHERE account_id = 'B2' AND service_start < '2015-07-01'")
    found = settle_until_repaired(company, lambda: billing.fill(company))
    reason = (
        "entity US: month 2015-06: USD: the close says 2 lines, 1 was found;"
        " its control total is 330000, theirs is 220000"
    )
    assert found == dict.fromkeys(("P2", "P3"), reason)


def test_a_dump_of_last_month_closes_no_later_month(company: World, billing: Billing) -> None:
    company.settle(JUNE, on=GO_LIVE)
    billing.run(
        "DELETE FROM program_mrr_line WHERE service_start >= '2015-07-01'",
        "DELETE FROM program_period_close WHERE billing_month > '2015-06'",
    )
    company.settle(JULY, on="2015-08-03")
    assert held(company, JULY) == dict.fromkeys(("P2", "P3"), "entity US: month 2015-07 not closed")
    assert (
        company.result(JULY, "P2")["monthly_fee_discount_bp"] == company.result(JUNE, "P2")["monthly_fee_discount_bp"]
    )
    billing.fill(company)
    assert company.settle(JULY, on="2015-08-03").held == 0


def test_last_months_lines_under_this_months_dates_are_pointed_out_by_the_checks(company: World) -> None:
    company.settle(JUNE, on=GO_LIVE)
    company.settle(JULY, on="2015-08-03")
    findings = [
        each
        for each in check_month(company.installation, BillingMonth.parse(JULY), limit_bp=RATE_MOVE_LIMIT_BP)
        if each.entity == "US"
    ]
    assert [each.check for each in findings if each.check == "same_as_last_month"] == ["same_as_last_month"]
    assert all(each.severity != "critical" for each in findings), "an equal month is no fault: it may be true"


# Values that a lax server accepted


@pytest.mark.usefixtures("lax")
def test_a_value_that_a_lax_mode_accepted_is_shown_as_it_is_and_holds_only_its_partner(
    world: World, mariadb: Billing
) -> None:
    three_partners(world)
    mariadb.fill(world)
    world.connections["billing_us"] = mariadb.fields
    mariadb.run("UPDATE program_mrr_line SET service_start = '2015-02-31' WHERE account_id = 'B2'")
    found = settle_until_repaired(world, lambda: mariadb.fill(world))
    assert list(found) == ["P2"]
    assert found["P2"].startswith("entity US: line L4: service_start is '0000-00-00'")


@pytest.mark.usefixtures("lax")
def test_an_amount_that_a_lax_mode_clipped_is_not_an_amount(world: World, mariadb: Billing) -> None:
    three_partners(world)
    mariadb.fill(world)
    world.connections["billing_us"] = mariadb.fields
    mariadb.run("UPDATE program_mrr_line SET net_amount_minor = 99999999999999999999 WHERE account_id = 'B2'")
    found = settle_until_repaired(world, lambda: mariadb.fill(world))
    assert found["P2"].startswith("entity US: line L4: net_amount_minor is 9223372036854775807")


@pytest.mark.usefixtures("lax")
def test_an_amount_that_a_lax_mode_guessed_differs_from_the_control_total(world: World, mariadb: Billing) -> None:
    three_partners(world)
    mariadb.fill(world)
    world.connections["billing_us"] = mariadb.fields
    mariadb.run("UPDATE program_mrr_line SET net_amount_minor = '1,100.00' WHERE line_id = 'L4'")
    found = settle_until_repaired(world, lambda: mariadb.fill(world))
    assert set(found) == {"P2", "P3"}
    assert "its control total is 330000, theirs is 220001" in found["P2"]


@pytest.fixture
def lax(mariadb: Billing) -> Iterator[None]:
    """Make every new session of the server lax, and the owner's."""
    with mariadb.owner.cursor() as cursor:
        cursor.execute("SELECT @@GLOBAL.sql_mode")
        before = cursor.fetchone()[0]
    mariadb.run("SET GLOBAL sql_mode = ''", "SET SESSION sql_mode = ''")
    yield
    mariadb.run(f"SET GLOBAL sql_mode = '{before}'", f"SET SESSION sql_mode = '{before}'")


# Text that is not UTF-8


def test_an_id_that_is_not_utf8_is_shown_in_hexadecimal(world: World, mariadb: Billing) -> None:
    three_partners(world)
    mariadb.fill(world)
    world.connections["billing_us"] = mariadb.fields
    mariadb.run(
        "ALTER TABLE program_mrr_line MODIFY line_id VARBINARY(100) NOT NULL",
        "UPDATE program_mrr_line SET line_id = x'4CFF34', term_months = 0 WHERE line_id = 'L4'",
    )
    found = settle_until_repaired(world, lambda: mariadb.fill(world))
    assert list(found) == ["P2"]
    assert found["P2"].startswith(r"entity US: line L\xff4: term_months is 0")


def test_text_that_is_not_utf8_in_a_database_of_raw_bytes_is_an_entity_fault_that_shows_it(
    world: World, postgres: Billing
) -> None:
    three_partners(world)
    name, host = "raw_bytes", postgres.fields.host
    postgres.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING SQL_ASCII LOCALE 'C'")
    with psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True) as owner:
        tables = TABLES.format(key="", whole="integer", amount="bigint", moment="timestamptz")
        Billing(postgres.fields, owner).run(
            *filter(str.strip, tables.split(";")),
            "INSERT INTO program_mrr_line VALUES ('L1', E'M\\xFCller', 'S', 'cdn', 'recurring', '2015-06-01',"
            " '2015-07-01', 1, 100, 'USD', 'posted', '2015-06-01', 0, NULL)",
        )
    world.connections["billing_us"] = ConnectionFields("billing_us", "postgres", host, None, "postgres", None, name)
    world.settle(JUNE, on=GO_LIVE)
    reason = (
        'entity US: billing database not readable: invalid byte sequence for encoding "UTF8": 0xfc (SQLSTATE 22021)'
    )
    assert held(world, JUNE) == dict.fromkeys(("P2", "P3"), reason)
    assert partners(world, JUNE)["P1"]["tier"] == 2


@pytest.mark.parametrize(
    ("table", "column", "reason"),
    [
        ("program_mrr_line", "net_amount_minor", "entity US: line L4: net_amount_minor is 1"),
        ("program_mrr_line", "term_months", "entity US: line L4: term_months is 1"),
        ("program_period_close", "control_total_minor", "entity US: month 2015-06: program_period_close: USD: control"),
    ],
)
def test_a_number_that_is_too_large_for_our_columns_stops_nobody_else(
    world: World, postgres: Billing, table: str, column: str, reason: str
) -> None:
    three_partners(world)
    postgres.fill(world)
    world.connections["billing_us"] = postgres.fields
    key = "line_id = 'L4'" if table == "program_mrr_line" else "billing_month = '2015-06'"
    postgres.run(
        f"ALTER TABLE {table} ALTER COLUMN {column} TYPE numeric",
        f"UPDATE {table} SET {column} = 1{'0' * 30} WHERE {key}",  # noqa: S608 - own names
    )
    found = settle_until_repaired(world, lambda: postgres.fill(world))
    assert found["P2"].startswith(reason)


# The statements that the servers get


def test_billing_servers_are_asked_to_read_and_nothing_else(company: World, billing: Billing) -> None:
    with what_is_asked(billing) as asked:
        company.settle(JUNE, on=GO_LIVE)
        statements = asked()
    words = {statement.split()[0].upper() for statement in statements}
    assert "SELECT" in words, "the log was on"
    assert words <= {"SELECT", "WITH", "SET", "START", "BEGIN", "COMMIT", "ROLLBACK", "SHOW", "FETCH", "CLOSE"}


@contextmanager
def what_is_asked(billing: Billing) -> Iterator[Callable[[], list[str]]]:
    """The server's own log of what the programme's login asks it."""
    log = {"postgres": log_of_postgres, "mysql": log_of_mariadb}[billing.fields.conn_type]
    with log(billing) as asked:
        yield asked


@contextmanager
def log_of_postgres(billing: Billing) -> Iterator[Callable[[], list[str]]]:
    path = Path(billing.owner.execute("SHOW data_directory").fetchone()[0]) / "log"
    billing.run("ALTER ROLE only_reads SET log_statement = 'all'")
    before = path.stat().st_size
    yield lambda: STATEMENT.findall(path.read_text("utf-8")[before:])
    billing.run("ALTER ROLE only_reads RESET log_statement")


@contextmanager
def log_of_mariadb(billing: Billing) -> Iterator[Callable[[], list[str]]]:
    def asked() -> list[str]:
        with billing.owner.cursor() as cursor:
            query = "SELECT argument FROM mysql.general_log WHERE command_type = 'Query' AND user_host LIKE %s"
            cursor.execute(query, (f"%{billing.fields.login}%",))
            return [COMMENTS.sub("", row[0].decode() if isinstance(row[0], bytes) else row[0]) for row in cursor]

    billing.run("SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON")
    yield asked
    billing.run("SET GLOBAL general_log = OFF", "SET GLOBAL log_output = 'FILE'", "TRUNCATE TABLE mysql.general_log")


def test_a_month_makes_and_changes_no_table_of_the_programmes_database(world: World, postgres: Billing) -> None:
    postgres.run("DROP DATABASE IF EXISTS programme", "CREATE DATABASE programme")
    host = postgres.fields.host
    world.connections["partner_program"] = ConnectionFields(
        "partner_program", "postgres", host, None, "postgres", None, "programme"
    )
    three_partners(world)
    path = Path(postgres.owner.execute("SHOW data_directory").fetchone()[0]) / "log"
    postgres.run("ALTER DATABASE programme SET log_statement = 'all'")
    before = path.stat().st_size
    world.settle(JUNE, on=GO_LIVE)
    asked = STATEMENT.findall(path.read_text("utf-8")[before:])
    assert any(statement.startswith("INSERT INTO settlement") for statement in asked), "the log was on"
    made = [each for each in asked if each.split()[0].upper() in ("CREATE", "ALTER", "DROP", "TRUNCATE", "GRANT")]
    assert [each for each in made if not each.upper().startswith("CREATE TEMP")] == []
