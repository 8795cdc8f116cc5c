"""Whoever writes SQL through the application's role: what may have arrived is sent again only by a counted resend."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import SCHEMA_VERSION, ProgramDatabase
from partner_program.domain.acts import Doer
from partner_program.domain.delivery import NEXT, STATES
from partner_program.usecases.letters.resolution import resolve_letters
from tests.adapters.database import earlier_schema
from tests.servers import Postgres
from tests.usecases.dying import states_of_killed
from tests.usecases.letter_world import MONTH, RECIPIENTS, LetterWorld, letter_world, render, with_letters
from tests.worlds import World

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

KIM = Doer("kim", "asked for it", 1_438_100_000)
RESENT = ("accepted", "refused", "ambiguous", "undeliverable")  # go on only by a resend
KEY = "billing_month = '2015-06' AND revision = 1 AND partner_id = 'P2' AND recipient = 'jo@p2.example'"
ACTION = "INSERT INTO letter_action VALUES ({id}, '{action}', '{month}', 'kim', 'why', 1, NULL, '{{}}')"
RECORD = "INSERT INTO delivery_resend VALUES ('2015-06', 1, 'P2', '{to}', {number}, {action})"
RESEND = "UPDATE delivery SET status = 'rendered', approval_id = NULL, resend_number = {number} WHERE " + KEY  # noqa: S608 - our own words


class Outbox(Protocol):
    """June's letters in a database, one of which the tests change by SQL."""

    letters: LetterWorld

    def run(self, *statements: str) -> None:
        """Run statements in one transaction and commit it."""

    def refuses(self, *statements: str) -> str | None:
        """Run statements and undo them; return what the last one was refused with."""

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """Without the guards, as a database of the version before."""


class OnSqlite:
    """An embedded database; without foreign keys, as any SQLite shell opens it."""

    fault = sqlite3.IntegrityError

    def __init__(self, letters: LetterWorld) -> None:
        self.letters = letters

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.letters.world.program_db)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def refuses(self, *statements: str) -> str | None:
        with closing(sqlite3.connect(self.letters.world.program_db)) as connection:
            *before, last = statements
            for statement in before:
                connection.execute(statement)
            try:
                connection.execute(last)
            except sqlite3.IntegrityError as error:
                return str(error)
        return None

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.letters.world.program_db)) as connection:
            guards = dict(
                connection.execute(
                    "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'delivery' AND type = 'trigger'"
                )
            )
        self.run(*(f"DROP TRIGGER {name}" for name in guards))
        yield
        self.run(*guards.values())


class OnPostgres:
    """A server, as the role that owns the database."""

    def __init__(self, letters: LetterWorld, folder: str, name: str) -> None:
        self.letters = letters
        self._where: dict[str, Any] = {"host": folder, "user": "postgres", "dbname": name}

    def run(self, *statements: str) -> None:
        with psycopg.connect(**self._where) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def refuses(self, *statements: str) -> str | None:
        with psycopg.connect(**self._where) as connection:
            *before, last = statements
            for statement in before:
                connection.execute(statement.encode())
            try:
                connection.execute(last.encode())
            except psycopg.errors.RaiseException as error:
                return str(error.diag.message_primary)
            finally:
                connection.rollback()
        return None

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        self.run("ALTER TABLE delivery DISABLE TRIGGER USER")
        yield
        self.run("ALTER TABLE delivery ENABLE TRIGGER USER")


@pytest.fixture
def on_sqlite(tmp_path: Path) -> OnSqlite:
    return OnSqlite(letter_world(tmp_path))


@pytest.fixture
def on_postgres(shared_postgres: Postgres, tmp_path: Path) -> Iterator[OnPostgres]:
    from tests.adapters.database.test_database_on_postgres import Programme

    found = Programme(World(tmp_path), shared_postgres.folder, shared_postgres.programme())
    found.through(found.folder)
    with_letters(found.world)
    yield OnPostgres(LetterWorld(found.world), found.folder, found.name)
    shared_postgres.drop(found.name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def outbox(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"on_{request.param}")


def put(outbox: Outbox, state: str, *more: str, resend_number: int = 0) -> None:
    """Bring the letter to P2 into a state."""
    with outbox.unguarded():
        columns = ", ".join([f"status = '{state}'", f"resend_number = {resend_number}", *more])
        outbox.run(f"UPDATE delivery SET {columns} WHERE {KEY}")  # noqa: S608 - our own words


def test_the_database_knows_the_same_moves_as_the_application(outbox: Outbox) -> None:
    allowed = set()
    for before in STATES:
        put(outbox, before)
        for after in STATES:
            refusal = outbox.refuses(f"UPDATE delivery SET status = '{after}' WHERE {KEY}")  # noqa: S608
            if refusal is None and after != before:
                allowed.add((before, after))
            elif refusal is not None:
                assert refusal.startswith("delivery: a letter ")
    resends = {(before, "rendered") for before in RESENT}
    assert allowed == {(before, after) for before in STATES for after in NEXT[before]} - resends


def test_what_may_have_arrived_becomes_sendable_only_by_way_of_a_resend() -> None:
    """But for the mail server's own word after the dot that it did not take the letter: later."""
    for before in RESENT:
        reached, open_ = set(), [before]
        while open_:
            state = open_.pop()
            reached.add(state)
            open_ += [to for to in NEXT[state] if to not in reached and not (state in RESENT and to == "rendered")]  # type: ignore[index]
        assert reached <= set(RESENT)
    assert "rendered" not in NEXT["dot_pending"]


UNCOUNTED = {
    "no record": (),
    "a record of another letter": (
        ACTION.format(id=900, action="resend", month="2015-06"),
        RECORD.format(to="jo@p3.example", number=1, action=900),
    ),
    "a record of another decision": (
        ACTION.format(id=900, action="accepted", month="2015-06"),
        RECORD.format(to="jo@p2.example", number=1, action=900),
    ),
    "a decision about another month": (
        ACTION.format(id=900, action="resend", month="2015-07"),
        RECORD.format(to="jo@p2.example", number=1, action=900),
    ),
    "a record of another number": (
        ACTION.format(id=900, action="resend", month="2015-06"),
        RECORD.format(to="jo@p2.example", number=2, action=900),
    ),
}
ON_RECORD = (
    ACTION.format(id=900, action="resend", month="2015-06"),
    RECORD.format(to="jo@p2.example", number=1, action=900),
    RECORD.format(to="jo@p2.example", number=2, action=900),
)
NOT_COUNTED = "delivery: a letter that may have arrived is sent again only by a resend that is counted and on record"


@pytest.mark.parametrize("state", RESENT)
def test_a_letter_is_sent_again_only_by_a_resend_that_is_counted_and_on_record(outbox: Outbox, state: str) -> None:
    put(outbox, state)
    for record in UNCOUNTED.values():
        assert outbox.refuses(*record, RESEND.format(number=1)) == NOT_COUNTED
    for number in (0, 2, -1):
        assert outbox.refuses(*ON_RECORD, RESEND.format(number=number)) == NOT_COUNTED
    assert outbox.refuses(*ON_RECORD, RESEND.format(number=1)) is None


@pytest.mark.parametrize("state", STATES)
def test_a_resend_is_not_counted_without_the_move(outbox: Outbox, state: str) -> None:
    put(outbox, state)
    counted = f"UPDATE delivery SET resend_number = 1 WHERE {KEY}"  # noqa: S608
    assert outbox.refuses(*ON_RECORD, counted) == NOT_COUNTED


STAYS = "delivery: a letter that was approved, sent or refused stays on record"


def test_only_what_was_never_approved_may_be_deleted(outbox: Outbox) -> None:
    delete = f"DELETE FROM delivery WHERE {KEY}"  # noqa: S608
    approval = ACTION.format(id=900, action="approve", month="2015-06")
    outbox.run(approval)
    for state in STATES:
        put(outbox, state, "approval_id = NULL")
        expected = None if state in ("planned", "rendered", "undeliverable") else STAYS
        assert outbox.refuses(delete) == expected
        put(outbox, state, "approval_id = 900")
        assert outbox.refuses(delete) == STAYS
        without = f"UPDATE delivery SET approval_id = NULL WHERE {KEY}"  # noqa: S608
        assert outbox.refuses(without) == "delivery: a letter has its approval until it is approved anew"
    put(outbox, "rendered", "approval_id = NULL", resend_number=1)
    assert outbox.refuses(delete) == STAYS


def test_a_letter_keeps_its_key(outbox: Outbox) -> None:
    for column, value in (("recipient", "'a@p2.example'"), ("partner_id", "'P3'"), ("revision", "2")):
        moved = f"UPDATE delivery SET {column} = {value} WHERE {KEY}"  # noqa: S608
        assert outbox.refuses(moved) == "delivery: a letter keeps its month, partner and recipient"


NEW_ROW = (
    "('2015-06', 1, 'P2', 'jo@p2.example', 'Jo', 'approved', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL)"
)
NOT_REPLACED = "delivery: a letter that was approved, sent or refused is not replaced"


@pytest.mark.parametrize("state", sorted(set(STATES) - {"planned", "rendered", "undeliverable"}))
def test_sqlite_replaces_no_letter_by_its_key_or_by_its_rowid(on_sqlite: OnSqlite, state: str) -> None:
    put(on_sqlite, state)
    names = "rowid, billing_month, revision, partner_id, recipient, recipient_name, status, resend_number, attempts"
    by_rowid = (
        f"INSERT OR REPLACE INTO delivery ({names}) SELECT rowid, '2015-06', 1, 'P2', 'x@p2.example', 'X', "  # noqa: S608
        f"'approved', 0, 0 FROM delivery WHERE {KEY}"
    )
    for insert in (
        f"INSERT OR REPLACE INTO delivery VALUES {NEW_ROW}",  # noqa: S608
        f"REPLACE INTO delivery VALUES {NEW_ROW}",  # noqa: S608
        by_rowid,
    ):
        assert on_sqlite.refuses(insert) == NOT_REPLACED
    other = "billing_month = '2015-06' AND recipient = 'jo@p3.example'"
    for change in (
        "recipient = 'jo@p2.example', partner_id = 'P2'",
        f"rowid = (SELECT rowid FROM delivery WHERE {KEY})",  # noqa: S608
    ):
        refusal = on_sqlite.refuses(f"UPDATE OR REPLACE delivery SET {change} WHERE {other}")  # noqa: S608
        assert refusal == "delivery: a letter keeps its month, partner and recipient"


def test_an_insert_that_updates_on_conflict_is_guarded_too(outbox: Outbox) -> None:
    put(outbox, "accepted")
    key = "billing_month, revision, partner_id, recipient"
    upsert = f"INSERT INTO delivery VALUES {NEW_ROW} ON CONFLICT ({key}) DO UPDATE SET status = 'approved'"  # noqa: S608
    assert (outbox.refuses(upsert) or "").startswith("delivery: a letter ")


@pytest.mark.server
def test_postgresql_empties_no_outbox(on_postgres: OnPostgres) -> None:
    for statement in (
        "TRUNCATE delivery",
        "TRUNCATE letter CASCADE",
        "TRUNCATE delivery_resend",
        "DELETE FROM delivery",
    ):
        on_postgres.run(f"UPDATE delivery SET status = 'undeliverable' WHERE {KEY} AND status = 'planned'")  # noqa: S608
        put(on_postgres, "accepted")
        assert on_postgres.refuses(statement) is not None


@pytest.mark.parametrize("change", ["UPDATE delivery_resend SET resend_number = 5", "DELETE FROM delivery_resend"])
def test_the_record_of_resends_is_append_only(outbox: Outbox, change: str) -> None:
    outbox.run(*ON_RECORD)
    assert outbox.refuses(change) == "delivery_resend is append-only"


def test_sqlite_replaces_no_decision_and_no_act(on_sqlite: OnSqlite) -> None:
    on_sqlite.run(*ON_RECORD, "INSERT INTO act VALUES (7, 'k', 's', 'kim', 1, 'why', 'h', '{}', '2015-06', 'P1')")
    replaced = {
        "letter_action": ACTION.format(id=900, action="approve", month="2015-06"),
        "delivery_resend": RECORD.format(to="jo@p2.example", number=1, action=1),
        "act": "INSERT INTO act VALUES (7, 'other', 's', 'kim', 1, 'why', 'h', '{}', NULL, NULL)",
    }
    for table, insert in replaced.items():
        assert on_sqlite.refuses(insert.replace("INSERT", "INSERT OR REPLACE")) == f"{table} is append-only"


def test_a_persons_resend_is_on_record_each_time(outbox: Outbox) -> None:
    letters = outbox.letters
    letters.approve()
    letters.send()
    for _ in range(2):
        assert resolve_letters(letters.here, MONTH, "resend", KIM, written_to_files=True) == RECIPIENTS
        letters.approve()
        letters.send()
    assert letters.states() == {"accepted": RECIPIENTS}
    with letters.here.database.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT resend_number, count(*) FROM delivery_resend GROUP BY 1 ORDER BY 1"
        ).all()
    assert [tuple(row) for row in found] == [(1, RECIPIENTS), (2, RECIPIENTS)]


def test_a_letter_that_is_to_be_sent_again_stays_on_record_when_its_contact_leaves(
    on_sqlite: OnSqlite,
) -> None:
    letters = on_sqlite.letters
    letters.approve()
    letters.send()
    resolve_letters(letters.here, MONTH, "resend", KIM, partners=["P1"], written_to_files=True)
    kept = letters.world.tables["contacts"]
    letters.world.tables["contacts"] = [row for row in kept if row["email"] != "nobody@p1.example"]
    letters.world.load()
    render(letters.world)
    assert letters.states() == {"accepted": RECIPIENTS - 2, "rendered": 1, "undeliverable": 1}
    (left,) = [row for row in letters.reconciled().open if row.status == "undeliverable"]
    assert (left.recipient, left.resend_number) == ("nobody@p1.example", 1)
    assert left.reply == "no billing contact any more; another address took its place"
    before = letters.world.fingerprint()
    render(letters.world)
    assert letters.world.fingerprint() == before
    letters.world.tables["contacts"] = kept
    letters.world.load()
    render(letters.world)
    letters.approve()
    letters.send()
    assert letters.states() == {"accepted": RECIPIENTS - 1, "undeliverable": 1}, "nobody gets it twice by leaving"


def contents(path: Path) -> tuple[Any, ...]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        parts = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        rows = connection.execute("SELECT rowid, * FROM delivery").fetchall()
        return parts, rows, connection.execute("SELECT version_num FROM alembic_version").fetchall()


@pytest.mark.processes
def test_the_migration_killed_before_any_of_its_statements_is_made_whole_by_the_next_init(on_sqlite: OnSqlite) -> None:
    letters, path = on_sqlite.letters, on_sqlite.letters.world.program_db
    letters.approve()
    letters.send(limit=2)
    newest = contents(path)
    guards = [name for kind, name, sql in newest[0] if kind == "trigger" and "_guard_" in name]
    assert {f"delivery_guard_{what}" for what in ("key", "moves", "resends", "approval", "delete")} < set(guards)
    on_sqlite.run(
        *(f"DROP TRIGGER {name}" for name in guards),
        "DROP TABLE delivery_resend",
        "DROP TABLE snapshot_file",
        "DROP TABLE dispute_step",
        "DROP TABLE dispute",
        "DROP TABLE letter_benefits",
        *earlier_schema.ON_SQLITE,
        "DROP TABLE settlement_input",
        "DROP TABLE input_text",
        "DROP TABLE snapshot_doubtful_line",
        "DROP TABLE snapshot_sum",
        "DROP INDEX discount_rate_of_settlement",
        *(f"DROP INDEX act_of_{about}" for about in ("month", "partner")),
        *(f"ALTER TABLE act DROP COLUMN {column}" for column in ("billing_month", "partner_id")),
        "UPDATE alembic_version SET version_num = '0010'",
    )
    before, left, point = contents(path), path.with_name("left") / path.name, 0
    left.parent.mkdir()
    path.rename(left)
    database = ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(left)))
    for point, state in states_of_killed(database.upgrade, left.parent):
        shutil.rmtree(left.parent)
        shutil.copytree(state, left.parent)
        assert contents(left) == before, point
        assert database.upgrade() == f"upgraded 0010 to {SCHEMA_VERSION}"
        assert contents(left) == newest, point
    assert point > len(guards) + 2
