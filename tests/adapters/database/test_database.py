"""The programme's database as a file that several processes share and that no fault leaves half-written."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Table, Text, create_engine, delete, event, insert, inspect, select, update
from sqlalchemy.dialects import sqlite

from partner_program.adapters.column_types import Day
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema
from partner_program.adapters.database.database import MIGRATIONS, SCHEMA_VERSION, ProgramDatabase
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.installation import PROJECT
from tests.worlds import NamedConnections

DAY = date(2015, 7, 27)


def database_at(path: Path) -> ProgramDatabase:
    return ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "program.db"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "program.db"
    database_at(made).upgrade()
    return made


@pytest.fixture
def database(path: Path, made_once: Path) -> ProgramDatabase:
    shutil.copyfile(made_once, path)
    return database_at(path)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return list(connection.iterdump())


@pytest.fixture
def refused_row(database: ProgramDatabase) -> Callable[[str, dict[str, Any]], str]:
    """A function that inserts a row and returns the database's refusal."""

    def refusal(table: str, row: dict[str, Any]) -> str:
        with pytest.raises(Unavailable) as refused, database.writing() as connection:
            connection.execute(insert(schema.metadata.tables[table]), row)
        return str(refused.value)

    with database.writing() as connection:
        for table, row in SOUND.items():
            connection.execute(insert(schema.metadata.tables[table]), row)
    return refusal


# The schema


@pytest.mark.usefixtures("database")
def test_every_table_is_strict_so_that_a_text_never_becomes_money(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        strict = {name: bool(flag) for _, name, _, _, _, flag in connection.execute("PRAGMA table_list")}
    assert {name: strict[name] for name in schema.metadata.tables} == dict.fromkeys(schema.metadata.tables, True)


def test_migrations_make_exactly_the_tables_that_the_code_names(tmp_path: Path, database: ProgramDatabase) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    schema.metadata.create_all(plain)
    for table in schema.metadata.tables:
        wanted, made = inspect(plain), inspect(database.engine)
        assert _checks(made.get_check_constraints(table)) == _checks(wanted.get_check_constraints(table)), table
        assert made.get_pk_constraint(table) == wanted.get_pk_constraint(table), table
    plain.dispose()


def _checks(found: Any) -> set[tuple[str, str]]:
    return {(each["name"], each["sqltext"]) for each in found}


@pytest.mark.usefixtures("database")
def test_the_newest_migration_is_the_version_that_the_code_needs(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(SCHEMA_VERSION,)]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("table", schema.APPEND_ONLY, ids=str)
def test_rows_in_force_are_never_changed_or_deleted(path: Path, table: Table) -> None:
    marks = {
        column.name: "x" if isinstance(column.type, Text | Day) else 1  # this test is not about the checks
        for column in table.columns
    }
    changes = (update(table).values({table.columns.keys()[0]: 1}), delete(table))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(*as_sqlite(insert(table), marks))
        before = list(connection.iterdump())
        for change in changes:
            with pytest.raises(sqlite3.IntegrityError, match=f"^{table} is append-only$"):
                connection.execute(*as_sqlite(change, {table.columns.keys()[0]: 1}))
        assert list(connection.iterdump()) == before


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("table", schema.APPEND_ONLY, ids=str)
def test_rows_in_force_are_never_replaced(path: Path, table: Table) -> None:
    """`INSERT OR REPLACE` removes a row without firing a trigger for deleting, by its key or by its rowid."""
    marks = {column.name: "x" if isinstance(column.type, Text | Day) else 1 for column in table.columns}
    names = ", ".join(marks)
    others = [column for column in table.columns if not column.primary_key]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(*as_sqlite(insert(table), marks))
        (rowid,) = connection.execute(f"SELECT rowid FROM {table}").fetchone()  # noqa: S608 - our own tables
        before = list(connection.iterdump())
        by_key = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({', '.join('?' * len(marks))})"  # noqa: S608
        changed = {**marks, others[-1].name: "y" if isinstance(others[-1].type, Text | Day) else 2} if others else None
        by_rowid = by_key.replace("(", "(rowid, ", 1).replace("VALUES (", "VALUES (?, ")
        elsewhere = {name: "z" if value == "x" else 7 for name, value in marks.items()}
        refused = [(by_key, tuple(changed.values()))] if changed else []
        if "_id" not in table.primary_key.columns.keys()[0] or len(table.primary_key.columns) > 1:
            refused.append((by_rowid, (rowid, *elsewhere.values())))
        for statement, values in refused:
            with pytest.raises(sqlite3.IntegrityError, match=f"^{table} is append-only$"):
                connection.execute(statement, values)
        assert refused
        assert list(connection.iterdump()) == before


def as_sqlite(statement: Any, values: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    compiled = statement.compile(dialect=sqlite.dialect())
    return str(compiled), tuple(values[name] for name in compiled.positiontup or ())


SOUND: dict[str, dict[str, Any]] = {
    "account_manager": {"account_manager_id": "M1", "name": "Pat", "email": "pat@host.example", "phone": ""},
    "entity": {
        "entity": "NL",
        "legal_name": "Host NL",
        "country": "NL",
        "currency": "EUR",
        "time_zone": "Europe/Amsterdam",
        "joined_on": DAY,
    },
    "partner": {
        "partner_id": "P1",
        "company_name": "Acme",
        "status": "authorized",
        "language": "en",
        "country": "NL",
        "website": "",
        "phone": "",
        "address": "",
        "vat_id": "",
        "account_manager_id": "M1",
    },
    "contact": {"partner_id": "P1", "email": "jo@p1.example", "role": "billing", "name": "Jo"},
    "account_link": {"entity": "NL", "account_id": "A1", "partner_id": "P1", "valid_from": DAY},
    "grace_grant": {
        "grant_id": "G1",
        "partner_id": "P1",
        "tier": 3,
        "starts_on": DAY,
        "ends_on": date(2015, 9, 1),
        "granted_by": "pat",
        "reason": "growth",
        "origin": "file",
    },
    "settlement": {
        "settlement_id": 1,
        "billing_month": "2015-06",
        "revision": 1,
        "status": "in_force",
        "migration": 0,
        "effective_on": DAY,
        "inputs_hash": "",
        "decision_hash": "",
    },
    "assessment": {
        "billing_month": "2015-06",
        "revision": 1,
        "partner_id": "P1",
        "settlement_id": 1,
        "mrr_eur_cents": -5,
        "tier": 0,
    },
    "discount_rate": {
        "partner_id": "P1",
        "valid_from": DAY,
        "sequence": 1,
        "tier": 1,
        "monthly_fee_discount_bp": 500,
        "setup_fee_discount_bp": 10000,
        "origin": "settlement",
    },
}


@pytest.mark.parametrize(
    ("table", "change", "refusal"),
    [
        ("partner", {"partner_id": "P2", "status": "friend"}, "status_known"),
        ("partner", {"partner_id": "P2", "account_manager_id": "M9"}, "FOREIGN KEY"),
        ("contact", {"role": "boss"}, "role_known"),
        ("contact", {"partner_id": "P9"}, "FOREIGN KEY"),
        ("account_link", {"account_id": "A2", "valid_to": DAY}, "period_order"),
        ("account_link", {"entity": "XX"}, "FOREIGN KEY"),
        ("grace_grant", {"grant_id": "G2", "tier": 0}, "tier_range"),
        ("grace_grant", {"grant_id": "G2", "tier": -1}, "tier_range"),
        ("grace_grant", {"grant_id": "G2", "ends_on": DAY}, "period_order"),
        ("grace_grant", {"grant_id": "G2", "origin": "rumour"}, "origin_known"),
        ("settlement", {"settlement_id": 2, "effective_on": None}, "in_force_from_a_day"),
        ("settlement", {"settlement_id": 2, "status": "perhaps"}, "status_known"),
        ("assessment", {"billing_month": "2015-07", "tier": -1}, "tier_range"),
        ("assessment", {"billing_month": "2015-07", "earned_tier": -1}, "earned_tier_range"),
        ("assessment", {"billing_month": "2015-07", "granted_tier": -1}, "granted_tier_range"),
        ("assessment", {"billing_month": "2015-07", "monthly_fee_discount_bp": -1}, "monthly_fee_discount_bp_range"),
        ("assessment", {"billing_month": "2015-07", "settlement_id": 9}, "FOREIGN KEY"),
        ("assessment", {"billing_month": "2015-07", "mrr_eur_cents": "twelve"}, "cannot store TEXT value"),
        ("assessment", {"billing_month": "2015-07", "mrr_eur_cents": 12.5}, "cannot store REAL value"),
        ("discount_rate", {"sequence": 2, "setup_fee_discount_bp": 10001}, "setup_fee_discount_bp_range"),
        ("discount_rate", {"sequence": 2, "tier": -1}, "tier_range"),
        ("discount_rate", {"sequence": 2, "origin": "mood"}, "origin_known"),
        ("discount_rate", {"sequence": 2, "grant_id": "G9"}, "FOREIGN KEY"),
        ("discount_rate", {}, "UNIQUE"),
    ],
)
def test_a_row_that_no_rule_allows_is_refused_by_the_database_itself(
    refused_row: Any, table: str, change: dict[str, Any], refusal: str
) -> None:
    assert refusal in refused_row(table, SOUND[table] | change)


# Opening and creating


def test_init_says_what_it_did_and_doing_it_again_changes_no_byte(path: Path) -> None:
    deep = path.parent / "not" / "there" / "yet" / "program.db"
    assert database_at(deep).upgrade() == f"created at schema {SCHEMA_VERSION}"
    before = deep.read_bytes()
    assert database_at(deep).upgrade() == f"already at schema {SCHEMA_VERSION}"
    assert deep.read_bytes() == before


def test_an_absent_database_is_refused_with_what_to_do_and_never_created(path: Path) -> None:
    for doing in (database_at(path).reading, database_at(path).writing):
        with pytest.raises(Refusal, match=f"^no programme database at {path}: run `partner-program init`$"), doing():
            pass
    assert not path.exists()


@pytest.mark.parametrize("found", ["none", "0000"])
def test_a_database_of_another_schema_is_refused_with_what_to_do(
    path: Path, database: ProgramDatabase, found: str
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        older = "DROP TABLE alembic_version" if found == "none" else "UPDATE alembic_version SET version_num = '0000'"
        connection.execute(older)
    before = path.read_bytes()
    for doing in (database.reading, database.writing):
        with (
            pytest.raises(
                Refusal, match=f"is at schema {found}, .* needs {SCHEMA_VERSION}: run `partner-program init`"
            ),
            doing(),
        ):
            pass
    assert path.read_bytes() == before


def test_a_database_of_the_version_before_is_brought_up_to_date_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "before.db"
    database = database_at(path)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO account_manager VALUES ('M1', 'Pat', 'pat@host.example', '+31')")
    assert database.upgrade() == f"upgraded 0001 to {SCHEMA_VERSION}"
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT name FROM account_manager").scalars().all() == ["Pat"]


def test_a_file_replaced_by_an_empty_one_under_a_process_says_what_to_do(path: Path, database: ProgramDatabase) -> None:
    with database.reading():
        pass  # from here on this process knows that there is a schema
    path.write_bytes(b"")
    for doing in (database.reading, database.writing):
        with pytest.raises(Refusal, match=r"is at schema none, .*: run `partner-program init`"), doing():
            pytest.fail("nothing can be done")


def test_a_file_replaced_while_a_connection_is_in_use_is_opened_again(path: Path, database: ProgramDatabase) -> None:
    asks = "SELECT name FROM account_manager"
    restored = path.with_name("restored.db")
    with closing(sqlite3.connect(path)) as before:
        before.execute(
            "INSERT INTO account_manager (account_manager_id, name, email, phone) VALUES ('M1', 'Pat', '', '')"
        )
        before.commit()
        with closing(sqlite3.connect(restored)) as copy:
            before.backup(copy)
            copy.execute("UPDATE account_manager SET name = 'Kim'")
            copy.commit()
    with database.reading() as connection:
        restored.replace(path)
        assert connection.exec_driver_sql(asks).scalars().all() == ["Pat"]  # a reader keeps what it has opened
    with database.reading() as connection:
        assert connection.exec_driver_sql(asks).scalars().all() == ["Kim"]
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE account_manager SET name = 'Jo'")
    with closing(sqlite3.connect(path)) as after:
        assert after.execute(asks).fetchall() == [("Jo",)]


def test_an_empty_version_table_counts_as_no_schema(path: Path, database: ProgramDatabase) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")
    with pytest.raises(Refusal, match="is at schema none"), database.reading():
        pass


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_init_writes_nothing_into_an_entitys_database(path: Path, kind: str) -> None:
    with closing(sqlite3.connect(path)) as billing:
        billing.execute(f"CREATE {kind} program_mrr_line AS SELECT 1 AS line_id")
    before = dump(path)
    with pytest.raises(Refusal, match="leads to an entity's database, with program_mrr_line"):
        database_at(path).upgrade()
    assert dump(path) == before


def test_init_refuses_a_schema_that_this_version_does_not_know(path: Path, database: ProgramDatabase) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(Refusal, match=r"at schema 9999.*install the version"):
        database.upgrade()
    assert path.read_bytes() == before


def test_a_file_that_is_not_a_database_is_named_and_left_alone(path: Path) -> None:
    path.write_text("billing export, do not delete\n" * 100)
    before = path.read_bytes()
    made = database_at(path)
    for doing in (made.reading, made.writing):
        with pytest.raises(Unavailable, match="file is not a database"), doing():
            pass
    with pytest.raises(Unavailable, match="file is not a database"):
        made.upgrade()
    assert path.read_bytes() == before


def test_a_folder_in_place_of_the_database_is_named(path: Path) -> None:
    path.mkdir()
    for doing in (database_at(path).reading, database_at(path).writing):
        with pytest.raises(Unavailable, match="unable to open database file"), doing():
            pass


def test_a_file_in_place_of_the_database_folder_is_named(path: Path) -> None:
    path.write_text("")
    with pytest.raises(Refusal, match=f"^the programme database has no folder: .*: {path}$"):
        database_at(path / "program.db").upgrade()


def test_a_database_that_does_not_answer_is_worth_another_try() -> None:
    fields = ConnectionFields("partner_program", "postgres", host="127.0.0.1", port=1, login="p", schema="p")
    with pytest.raises(Unavailable, match="reading the programme database failed"), ProgramDatabase(fields).reading():
        pass


def test_without_a_connection_the_variable_to_set_is_named() -> None:
    with pytest.raises(Refusal, match="set AIRFLOW_CONN_PARTNER_PROGRAM to"):
        ProgramDatabase.from_connections(NamedConnections())


def a_manager(account_manager_id: str) -> dict[str, Any]:
    return SOUND["account_manager"] | {"account_manager_id": account_manager_id}


def test_a_file_is_opened_once_for_many_transactions(database: ProgramDatabase) -> None:
    opened = []
    event.listen(database.engine, "connect", lambda *_: opened.append(True))
    for number in range(3):
        with database.writing() as connection:
            connection.execute(insert(schema.account_manager), a_manager(f"M{number}"))
        with database.reading() as connection:
            connection.execute(select(schema.account_manager)).all()
    assert len(opened) == 1


def test_foreign_keys_hold_after_an_upgrade_by_the_same_object(database: ProgramDatabase) -> None:
    database.upgrade()
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def names_in(database: ProgramDatabase) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(schema.account_manager.c.account_manager_id)))


@pytest.mark.parametrize("how", ["copied over it", "moved in its place"])
def test_a_file_restored_under_a_process_is_the_one_that_it_reads(
    path: Path, tmp_path: Path, database: ProgramDatabase, how: str
) -> None:
    backup = tmp_path / "backup.db"
    shutil.copyfile(path, backup)
    for each, manager in ((database, "M1"), (database_at(backup), "M2")):  # both have changed as often
        with each.writing() as connection:
            connection.execute(insert(schema.account_manager), a_manager(manager))
    assert names_in(database) == ["M1"]
    if how == "copied over it":
        shutil.copyfile(backup, path)
    else:
        backup.replace(path)
    assert names_in(database) == ["M2"]


def test_what_another_process_wrote_is_read(path: Path, database: ProgramDatabase) -> None:
    assert names_in(database) == []
    with database_at(path).writing() as connection:
        connection.execute(insert(schema.account_manager), a_manager("M1"))
    assert names_in(database) == ["M1"]


@pytest.mark.processes
def test_a_child_does_not_use_the_connection_of_its_parent(database: ProgramDatabase) -> None:
    assert names_in(database) == []
    opened: list[bool] = []
    event.listen(database.engine, "connect", lambda *_: opened.append(True))
    child = os.fork()
    if not child:
        names_in(database)
        os._exit(len(opened))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert names_in(database) == []
    assert opened == []


def test_a_database_that_may_only_be_read_is_read_and_a_write_to_it_is_named(database: ProgramDatabase) -> None:
    # root may write all
    event.listen(database.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA query_only = ON"))
    with database.reading() as connection:
        assert connection.execute(select(schema.settlement)).all() == []
    words = r"^writing the programme database failed: attempt to write a readonly database$"
    with pytest.raises(Unavailable, match=words), database.writing() as connection:
        connection.execute(insert(schema.account_manager), SOUND["account_manager"])


# Transactions


def test_a_fault_inside_a_transaction_leaves_nothing_of_it(path: Path, database: ProgramDatabase) -> None:
    before = dump(path)
    rows = [SOUND["account_manager"], SOUND["account_manager"]]
    with pytest.raises(Unavailable, match="UNIQUE"), database.writing() as connection:
        connection.execute(insert(schema.account_manager), rows)
    assert dump(path) == before


def test_a_full_disk_is_reported_plainly_and_the_state_before_stays(path: Path, database: ProgramDatabase) -> None:
    with database.writing() as connection:
        connection.execute(insert(schema.account_manager), SOUND["account_manager"])
    before, pages = dump(path), path.stat().st_size // 4096
    event.listen(database.engine, "checkout", lambda raw, *_: raw.execute(f"PRAGMA max_page_count = {pages + 2}"))
    rows = [SOUND["account_manager"] | {"account_manager_id": f"N{number}", "name": "x" * 900} for number in range(100)]
    full = r"^writing the programme database failed: database or disk is full$"
    with pytest.raises(Unavailable, match=full), database.writing() as connection:
        connection.execute(insert(schema.account_manager), rows)
    assert dump(path) == before
    with database.writing() as connection:
        connection.execute(insert(schema.account_manager), rows[0])


def test_init_on_a_full_disk_leaves_a_database_that_init_can_still_make(path: Path) -> None:
    made = database_at(path)
    event.listen(made.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA max_page_count = 9"))
    with pytest.raises(Unavailable, match=r"^upgrading the programme database failed: database or disk is full$"):
        made.upgrade()
    assert dump(path) == ["BEGIN TRANSACTION;", "COMMIT;"]
    assert database_at(path).upgrade() == f"created at schema {SCHEMA_VERSION}"


COUNTER = """
import sys
from sqlalchemy import select, update
from partner_program.adapters.database import schema
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import ProgramDatabase

database = ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=sys.argv[1]))
for _ in range(50):
    with database.writing() as connection:
        count = connection.execute(select(schema.period_close.c.line_count)).scalar_one()
        connection.execute(update(schema.period_close).values(line_count=count + 1))
"""


@pytest.mark.processes
def test_writers_wait_for_each_other_and_no_write_is_lost(path: Path, database: ProgramDatabase) -> None:
    close = {"entity": "NL", "billing_month": "2015-06", "currency": "EUR", "control_total_minor": 0}
    with database.writing() as connection:
        connection.execute(insert(schema.entity), SOUND["entity"])
        connection.execute(insert(schema.period_close), close | {"line_count": 0, "recorded_by": "pat"})
    writers = [start_script(COUNTER, str(path)) for _ in range(4)]
    assert [(*writer.communicate(), writer.returncode) for writer in writers] == [("", "", 0)] * 4
    with database.reading() as connection:
        assert connection.execute(select(schema.period_close.c.line_count)).scalar_one() == 200


def start_script(script: str, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "plugins"), "PYTHONDONTWRITEBYTECODE": "1"}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", script, *words], env=environment, **pipes)
