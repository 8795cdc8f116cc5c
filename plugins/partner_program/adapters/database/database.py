"""The programme's own database: opening it, reading it in one snapshot, writing it in one transaction."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from partner_program.adapters.atomic_write import OWNER_FILE, make_folder
from partner_program.adapters.connections import ConnectionFields, Connections, sqlalchemy_url
from partner_program.adapters.database_faults import plain_words
from partner_program.domain.refusals import Refusal, Unavailable

CONN_ID = "partner_program"
CONN_TYPES = ("sqlite", "postgres")
SCHEMA_VERSION = "0004"
MIGRATIONS = Path(__file__).parents[2] / "migrations"
BUSY_SECONDS = 60
WRITER_LOCK = 20150727  # any number of our own: one writer at a time in the programme's database


class ProgramDatabase:
    """The programme's database behind one connection id; every write is one transaction."""

    def __init__(self, fields: ConnectionFields) -> None:
        """Take the connection's fields; nothing is opened yet."""
        self._path = Path(sqlalchemy_url(fields).database or "") if fields.conn_type == "sqlite" else None
        self.engine = _engine(fields)

    @classmethod
    def from_connections(cls, connections: Connections) -> "ProgramDatabase":
        """Find the database through the connection `partner_program`."""
        fields = connections.get(CONN_ID)
        if fields is None:
            raise Refusal(
                f"connection {CONN_ID} is not set: set AIRFLOW_CONN_{CONN_ID.upper()} to "
                '{"conn_type": "sqlite", "host": "/path/to/program.db"}'
            )
        if fields.conn_type not in CONN_TYPES:
            raise Refusal(f"connection {CONN_ID}: type {fields.conn_type!r}, expected {' or '.join(CONN_TYPES)}")
        return cls(fields)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only snapshot of a database that is up to date."""
        self._check_exists()
        with _named_faults("reading", self.engine), self.engine.connect() as connection, connection.begin():
            self._check_version(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its start and commits at the end of the block."""
        self._check_exists()
        with _named_faults("writing", self.engine), self.engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                self._check_version(writer)
                yield writer

    def upgrade(self) -> str:
        """Create the schema or bring it up to date, in one transaction; return what was done."""
        if self._path is not None:
            _prepare(self._path)
        with _named_faults("upgrading", self.engine), self.engine.connect() as connection:
            _leave_foreign_keys_to_the_end(connection)
            writer = connection.execution_options(writes=True)
            with writer.begin():
                before = schema_version(writer)
                if before is None:
                    _refuse_a_billing_database(writer)
                if before != SCHEMA_VERSION:
                    _migrate(writer, before)
                    _check_foreign_keys(writer)
        if self._path is not None and self._path.is_file():
            _close_to_others(self._path)
        if before == SCHEMA_VERSION:
            return f"already at schema {SCHEMA_VERSION}"
        return f"created at schema {SCHEMA_VERSION}" if before is None else f"upgraded {before} to {SCHEMA_VERSION}"

    def _check_exists(self) -> None:
        if self._path is not None and not self._path.exists():
            raise Refusal(f"no programme database at {self._path}: run `partner-program init`")

    def _check_version(self, connection: Connection) -> None:
        found = schema_version(connection)
        if found != SCHEMA_VERSION:
            raise Refusal(
                f"the programme database is at schema {found or 'none'}, this version needs {SCHEMA_VERSION}: "
                "run `partner-program init`"
            )


def _refuse_a_billing_database(connection: Connection) -> None:
    """An entity's database is never written to (contract 1), not even where a connection names it by mistake."""
    theirs = {"program_mrr_line", "program_period_close", "program_reseller_account", "program_discount_rate"}
    here = inspect(connection)
    found = sorted(theirs.intersection(here.get_table_names() + here.get_view_names()))
    if found:
        raise Refusal(
            f"connection partner_program leads to an entity's database, with {', '.join(found)}: "
            "the programme needs a database of its own"
        )


def schema_version(connection: Connection) -> str | None:
    """The migration that the database is at, None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _prepare(file: Path) -> None:
    """Make the folder and an empty file for the owner alone; SQLite gives its journals the rights of the file."""
    try:
        make_folder(file.parent)
    except OSError as error:
        raise Refusal(f"the programme database has no folder: {error.strerror}: {file.parent}") from error
    with suppress(OSError):  # SQLite itself says what is wrong, or the file is there
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_FILE))


def _close_to_others(file: Path) -> None:
    """Take away what everybody on the machine may do with a file that was made earlier; its group keeps its rights."""
    rights = stat.S_IMODE(file.stat().st_mode)
    if rights & stat.S_IRWXO:
        with suppress(PermissionError):  # somebody else's file, for them to close
            file.chmod(rights & ~stat.S_IRWXO)


def _migrate(writer: Connection, before: str | None) -> None:
    """Run the migrations that are missing; a schema of a later version is left as it is."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = writer
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise Refusal(
            f"the programme database is at schema {before}, which this version does not know: "
            "install the version that made it"
        )
    command.upgrade(config, "head")


def _leave_foreign_keys_to_the_end(connection: Connection) -> None:
    """Let a migration replace a table of SQLite's that others refer to; for this connection, before it begins."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")


def _check_foreign_keys(writer: Connection) -> None:
    """Hold every row against its foreign keys; a migration that breaks one is undone."""
    if writer.dialect.name == "sqlite":
        broken = writer.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            tables = ", ".join(sorted({str(row[0]) for row in broken}))
            raise Refusal(
                f"rows of {tables} refer to rows that are not there: the programme database was left as it is"
            )


def _engine(fields: ConnectionFields) -> Engine:
    """An engine that keeps no connection: tasks are processes of their own, and a kept one may be dead."""
    if fields.conn_type == "sqlite":
        options: dict[str, Any] = {"timeout": BUSY_SECONDS, "isolation_level": None}
        begin = _begin_sqlite
    else:
        options = {"connect_timeout": BUSY_SECONDS, "options": f"-c lock_timeout={BUSY_SECONDS * 1000}"}
        begin = _begin_postgresql
    engine = create_engine(sqlalchemy_url(fields), connect_args=options, poolclass=sqlalchemy.NullPool)
    if fields.conn_type == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", begin)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    """SQLite forgets foreign keys unless told for each connection; FULL keeps a commit through a power cut."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that will write takes the lock at once: a reader that turns writer would fail without waiting."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """The same promises on PostgreSQL: one writer at a time from its start, readers on one snapshot."""
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@contextmanager
def _named_faults(doing: str, engine: Engine) -> Iterator[None]:
    """Name a failing database plainly, without its cause: the texts of SQLAlchemy and of drivers repeat values."""
    try:
        yield
    except DBAPIError as error:
        raise Unavailable(f"{doing} the programme database failed: {plain_words(error.orig)}") from None
    except engine.dialect.loaded_dbapi.Error as error:  # what is sent by COPY does not go through SQLAlchemy
        raise Unavailable(f"{doing} the programme database failed: {plain_words(error)}") from None
