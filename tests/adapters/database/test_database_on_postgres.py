"""The programme's database on PostgreSQL: the same months, append-only, and safe if the reply to COMMIT is lost."""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import SCHEMA_VERSION
from partner_program.adapters.database.schema import APPEND_ONLY, INDEXES, metadata
from partner_program.domain.refusals import Unavailable
from tests.adapters.database import earlier_schema
from tests.servers import Postgres
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, three_partners
from tests.worlds import World

SOCKET = ".s.PGSQL.5432"


@dataclass
class Programme:
    """A world with a programme's database of its own on the server."""

    world: World
    folder: str
    name: str

    def ask(self, statement: str) -> list[Any]:
        with psycopg.connect(host=self.folder, user="postgres", dbname=self.name, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def dump(self) -> dict[str, list[Any]]:
        """Every row of every table, with the transaction that wrote it."""
        return {
            name: sorted(map(repr, self.ask(f"SELECT xmin, * FROM {name}")))  # noqa: S608 - our own tables
            for name in metadata.tables
        }

    def through(self, folder: str) -> None:
        """Connect to the server through another socket."""
        fields = ConnectionFields("partner_program", "postgres", host=folder, login="postgres", schema=self.name)
        self.world.connections["partner_program"] = fields


@pytest.fixture
def programme(shared_postgres: Postgres, tmp_path: Path) -> Iterator[Programme]:
    found = Programme(World(tmp_path), shared_postgres.folder, shared_postgres.programme())
    found.through(found.folder)
    three_partners(found.world)
    yield found
    shared_postgres.drop(found.name)


def test_the_months_are_those_of_the_embedded_database(programme: Programme, tmp_path_factory: Any) -> None:
    twin = three_partners(World(tmp_path_factory.mktemp("embedded")))
    for world in (programme.world, twin):
        world.settle(JUNE, on=GO_LIVE, migration=True)
        world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 199999 WHERE account_id = 'A1'")
        world.reopen(JULY, "US")
        world.close(JULY, "NL")
        world.settle(JULY, on="2015-08-03")
    for month in (JUNE, JULY):
        assert programme.world.register(month) == twin.register(month)


def test_equal_inputs_write_no_row(programme: Programme) -> None:
    programme.world.settle(JUNE, on=GO_LIVE)
    before = programme.dump()
    programme.world.settle(JUNE, on=GO_LIVE)
    programme.world.load()
    assert programme.dump() == before


def test_rows_in_force_cannot_be_changed_or_deleted(programme_settled: Programme) -> None:
    filled = [table.name for table in APPEND_ONLY if programme_settled.ask(f"SELECT 1 FROM {table.name} LIMIT 1")]  # noqa: S608
    assert {"assessment", "discount_rate", "settlement", "snapshot_sum", "held_partner"} <= set(filled)
    for table in filled:
        column = next(iter(metadata.tables[table].columns)).name
        for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(psycopg.errors.RaiseException, match=f"{table} is append-only"):
                programme_settled.ask(change)


CHANGES = ("update", "delete", "truncate")


def test_every_append_only_table_has_its_triggers(programme_settled: Programme) -> None:
    named = {name for (name,) in programme_settled.ask("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")}
    append_only = {f"{table.name}_refuses_{change}" for table in APPEND_ONLY for change in CHANGES}
    guards = {f"delivery_guard_{what}" for what in ("key", "moves", "resends", "approval", "delete")}
    guards |= {f"digest_guard_{what}" for what in ("key", "moves", "resends", "delete")} | {"digest_refuses_truncate"}
    guards |= {f"event_guard_{what}" for what in ("told", "moves", "delete")} | {"event_refuses_truncate"}
    erasure = {"erasure_only_closes", "erasure_refuses_delete", "erasure_refuses_truncate"}
    assert named == append_only | guards | erasure | {"delivery_refuses_truncate"}


@pytest.fixture(scope="module")
def programme_settled(shared_postgres: Postgres, tmp_path_factory: Any) -> Iterator[Programme]:
    found = Programme(World(tmp_path_factory.mktemp("settled")), shared_postgres.folder, shared_postgres.database())
    found.through(found.folder)
    three_partners(found.world)
    found.world.grant("G1", "P1", 4, "2015-07-01", "2015-12-01")
    found.world.load()
    found.world.reopen(JUNE, "US")
    found.world.settle(JUNE, on=GO_LIVE)
    yield found
    shared_postgres.drop(found.name)


def test_a_database_of_six_tiers_is_upgraded_to_any_number_and_keeps_its_rows(
    shared_postgres: Postgres, programme_settled: Programme, tmp_path: Path
) -> None:
    """Restore the old checks in a copy, which makes it a database of the version before."""
    name = shared_postgres.database(like=programme_settled.name)
    copy = Programme(World(tmp_path), shared_postgres.folder, name)
    copy.through(copy.folder)
    checks = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"
    newest, rows = copy.ask(checks), copy.dump()
    tiers = [(table, check) for table, check, _ in newest if check.endswith("tier_range")]
    assert len(tiers) == 6
    for table, check in tiers:
        column = check.removesuffix("_range")
        copy.ask(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
        copy.ask(f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} between 0 and 6)")
    copy.ask(f"DROP INDEX {', '.join(str(index.name) for index in INDEXES)}")
    # of earlier versions' settlements nothing was kept
    kept = ("settlement_input", "letter_benefits", "input_text", "snapshot_sum")
    for statement in earlier_schema.ON_POSTGRES:
        copy.ask(statement)
    copy.ask("DROP TABLE dispute_step, dispute")
    copy.ask("DROP TABLE delivery_resend, act, snapshot_piece, snapshot_short_line, snapshot_file, letter_recipe")
    copy.ask(f"DROP TABLE {', '.join(kept)}")
    copy.ask("DROP TABLE snapshot_doubtful_line")
    copy.ask("ALTER TABLE sending DROP COLUMN host, DROP COLUMN out, DROP COLUMN database")
    for (trigger,) in copy.ask("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'delivery\\_%'"):
        copy.ask(f"DROP TRIGGER {trigger} ON delivery")
    for (function,) in copy.ask("SELECT proname FROM pg_proc WHERE proname LIKE 'delivery\\_%'"):
        copy.ask(f"DROP FUNCTION {function}")
    copy.ask("UPDATE alembic_version SET version_num = '0003'")
    assert copy.world.installation.database.upgrade() == f"upgraded 0003 to {SCHEMA_VERSION}"
    # counted anew: the same rows, of another transaction
    count = {table: len(rows.pop(table)) for table in earlier_schema.COUNTS}
    found = copy.dump()
    assert {table: len(found.pop(table)) for table in count} == count
    assert (copy.ask(checks), found) == (newest, rows | {table: [] for table in (*kept, "event", "assessment_window")})


def test_two_runs_at_once_give_one_result(programme: Programme) -> None:
    refused: list[Exception] = []

    def run() -> None:
        try:
            programme.world.settle(JUNE, on=GO_LIVE)
        except Exception as error:  # noqa: BLE001 - the test shows any fault
            refused.append(error)

    runs = [threading.Thread(target=run) for _ in range(4)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert refused == []
    assert programme.ask("SELECT count(*) FROM settlement") == [(1,)]
    assert programme.ask("SELECT count(*) FROM discount_rate") == [(3,)]


def test_a_commit_whose_reply_is_lost_is_looked_up_and_not_done_twice(programme: Programme) -> None:
    with closing(Proxy(programme.folder, lose=reply_to_the_commit_of_a_settlement())) as proxy:
        programme.through(proxy.folder)
        outcome = programme.world.settle(JUNE, on=GO_LIVE)
        assert proxy.lost == 1, "the fault was there"
    assert (outcome.assigned, outcome.changed) == (3, True)
    assert programme.ask("SELECT count(*) FROM settlement") == [(1,)]
    assert programme.ask("SELECT count(*) FROM discount_rate") == [(3,)]


def test_a_commit_that_never_arrived_is_reported_and_the_next_run_completes(programme: Programme) -> None:
    with closing(Proxy(programme.folder, lose=the_commit_of_a_settlement())) as proxy:
        programme.through(proxy.folder)
        with pytest.raises(Unavailable, match="the programme database failed"):
            programme.world.settle(JUNE, on=GO_LIVE)
        assert proxy.lost == 1, "the fault was there"
    programme.through(programme.folder)
    assert programme.ask("SELECT count(*) FROM settlement") == [(0,)]
    assert programme.world.settle(JUNE, on=GO_LIVE).assigned == 3


Fault = Callable[[bytes, bytes], str]


def reply_to_the_commit_of_a_settlement() -> Fault:
    """Let the COMMIT through and cut the connection before its reply comes back."""
    return lambda sent, said: "after" if b"COMMIT" in said and b"INSERT INTO settlement " in sent else ""


def the_commit_of_a_settlement() -> Fault:
    """Cut the connection before the COMMIT is sent."""
    return lambda sent, said: "before" if b"COMMIT" in said and b"INSERT INTO settlement " in sent else ""


class Proxy:
    """Passes bytes between a client and the server, and cuts the connection once, when the fault says so."""

    def __init__(self, server: str, *, lose: Fault, then: Callable[[], None] = lambda: None) -> None:
        """Listen on a socket; `then` is called after the cut and before the client notices it."""
        self.folder = tempfile.mkdtemp(prefix="pg-proxy-")
        self.lost = 0
        self._server = str(Path(server) / SOCKET)
        self._lose, self._then = lose, then
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(Path(self.folder) / SOCKET))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(self._server)
        except OSError:  # the server is gone, and the connection with it
            return _hang_up(client, upstream)
        cut = threading.Event()
        threading.Thread(target=self._answer, args=(upstream, client, cut), daemon=True).start()
        sent = b""
        with suppress(OSError):
            while said := client.recv(65_536):
                where = self._lose(sent, said) if not self.lost else ""
                if where == "after":
                    cut.set()
                if where != "before":
                    upstream.sendall(said)
                if where:
                    self.lost += 1
                    if where == "before":
                        self._then()
                        break
                sent += said
        if not cut.is_set():
            _hang_up(client, upstream)

    def _answer(self, upstream: socket.socket, client: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while said := upstream.recv(65_536):
                if cut.is_set():
                    self._then()
                    break
                client.sendall(said)
        _hang_up(client, upstream)


def _hang_up(*lines: socket.socket) -> None:
    """Shut connections down, so that the other end does not wait."""
    for line in lines:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()
