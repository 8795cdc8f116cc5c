"""Opens the programme's own database, reads it in one snapshot and writes it in one transaction."""

import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, DisconnectionError

from partner_program.adapters.atomic_write import OWNER_FILE, make_folder
from partner_program.adapters.connections import ConnectionFields, Connections, sqlalchemy_url
from partner_program.adapters.database_faults import plain_words
from partner_program.domain.refusals import NotReady, Refusal, Unavailable

CONN_ID = "partner_program"
CONN_TYPES = ("sqlite", "postgres")
SCHEMA_VERSION = "0035"
MIGRATIONS = Path(__file__).parents[2] / "migrations"
BUSY_SECONDS = 60
RECYCLE_SECONDS = 300  # a connection that is kept is made anew after them
UNDEFINED_TABLE = "42P01"  # as PostgreSQL says it
WRITER_LOCK = 20150727  # an arbitrary number: the lock that lets one writer at a time into the programme's database


class ProgramDatabase:
    """The programme's database behind one connection id; every write is one transaction.

    Of a file one connection stays open, for as long as nothing but this process has written to it. Of a server nothing
    is kept open. A process that answers many short questions keeps more: `kept` of them.
    """

    def __init__(self, fields: ConnectionFields, *, kept: int = 0) -> None:
        self._path = Path(sqlalchemy_url(fields).database or "") if fields.conn_type == "sqlite" else None
        self.engine = _engine(fields, kept)
        self._fields = fields
        self._has_schema = False

    @classmethod
    def from_connections(cls, connections: Connections, *, kept: int = 0) -> "ProgramDatabase":
        """Find the database through the connection `partner_program`; raises `NotReady` if it is not set."""
        fields = connections.get(CONN_ID)
        if fields is None:
            raise NotReady(
                f"connection {CONN_ID} is not set: set AIRFLOW_CONN_{CONN_ID.upper()} to "
                '{"conn_type": "sqlite", "host": "/path/to/program.db"}'
            )
        if fields.conn_type not in CONN_TYPES:
            raise NotReady(f"connection {CONN_ID}: type {fields.conn_type!r}, expected {' or '.join(CONN_TYPES)}")
        return cls(fields, kept=kept)

    @property
    def place(self) -> str:
        """Where the database is, without login and password: the file, or server and name."""
        if self._path is not None:
            return str(self._path.resolve())
        return f"{self._fields.host}:{self._fields.port or 5432}/{self._fields.schema}"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one read-only snapshot; raises `NotReady` if the database is missing or its schema is not current."""
        self._check_exists()
        with _named_faults("reading", self.engine), self.engine.connect() as connection, connection.begin():
            self._check_version(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction, which holds the write lock from its start and commits at the end of the block."""
        self._check_exists()
        with _named_faults("writing", self.engine), self.engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                self._check_version(writer)
                yield writer

    def deciding(self, *, only_try: bool) -> AbstractContextManager[Connection]:
        """Open the transaction of an act; one that is only tried reads a snapshot and holds nobody up."""
        return self.reading() if only_try else self.writing()

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
            raise NotReady(f"no programme database at {self._path}: run `partner-program init`")

    def _check_version(self, connection: Connection) -> None:
        # asked each time, and cheaply: it may be brought up to a later version under a process that goes on
        found = _version_or_none(connection) if self._has_schema else schema_version(connection)
        self._has_schema = found is not None
        if found != SCHEMA_VERSION:
            raise NotReady(
                f"the programme database is at schema {found or 'none'}, this version needs {SCHEMA_VERSION}: "
                "run `partner-program init`"
            )


def _refuse_a_billing_database(connection: Connection) -> None:
    """Refuse to create the schema in an entity's database (contract 1), which a connection may name by mistake."""
    theirs = {"program_mrr_line", "program_period_close", "program_reseller_account", "program_discount_rate"}
    here = inspect(connection)
    found = sorted(theirs.intersection(here.get_table_names() + here.get_view_names()))
    if found:
        raise Refusal(
            f"connection partner_program leads to an entity's database, with {', '.join(found)}: "
            "the programme needs a database of its own"
        )


def schema_version(connection: Connection) -> str | None:
    """Return the migration that the database is at, or None if it has no schema."""
    return _version_there(connection) if inspect(connection).has_table("alembic_version") else None


def _version_or_none(connection: Connection) -> str | None:
    """The migration where there was a schema before; None where another database stands in its place by now."""
    try:
        return _version_there(connection)
    except DBAPIError as error:
        is_missing = getattr(error.orig, "sqlstate", "") == UNDEFINED_TABLE or "no such table" in str(error.orig)
        if not is_missing:
            raise
        return None


def _version_there(connection: Connection) -> str | None:
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _prepare(file: Path) -> None:
    """Make the folder and an empty file, open to the owner only; SQLite's journals get the same rights as the file."""
    try:
        make_folder(file.parent)
    except OSError as error:
        raise Refusal(f"the programme database has no folder: {error.strerror}: {file.parent}") from error
    with suppress(OSError):  # the file exists already, or SQLite will report what is wrong
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_FILE))


def _close_to_others(file: Path) -> None:
    """Remove the rights that every user of the machine has to an existing file; its group keeps its rights."""
    rights = stat.S_IMODE(file.stat().st_mode)
    if rights & stat.S_IRWXO:
        with suppress(PermissionError):  # another user owns the file
            file.chmod(rights & ~stat.S_IRWXO)


def _migrate(writer: Connection, before: str | None) -> None:
    """Run the missing migrations; raises `Refusal` for a schema of a later version and leaves it as it is."""
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
    """Switch SQLite's foreign keys off for this connection, so that a migration may replace a table others refer to.

    This must happen before the transaction begins; `_check_foreign_keys` checks every row at its end.
    """
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")
        connection.detach()  # no other transaction gets it


def _check_foreign_keys(writer: Connection) -> None:
    """Check the foreign keys of every row; raises `Refusal` for a broken one, which undoes the migration."""
    if writer.dialect.name == "sqlite":
        broken = writer.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            tables = ", ".join(sorted({str(row[0]) for row in broken}))
            raise Refusal(
                f"rows of {tables} refer to rows that are not there: the programme database was left as it is"
            )


def _engine(fields: ConnectionFields, kept: int) -> Engine:
    """Return an engine on a file, or on a server."""
    engine = _engine_on_file(fields, max(kept, 1)) if fields.conn_type == "sqlite" else _engine_on_server(fields, kept)
    event.listen(engine, "begin", _begin_sqlite if fields.conn_type == "sqlite" else _begin_postgresql)
    return engine


def _engine_on_file(fields: ConnectionFields, kept: int) -> Engine:
    """Return an engine that keeps some connections: opening a file takes longer than most answers.

    A file that is another one than the connection left behind (restored from a copy, made anew, written to by another
    process) is opened again, and so is one that a parent process opened, or that was replaced under the connection.
    """
    url = sqlalchemy_url(fields)
    options = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    engine = create_engine(url, connect_args=options, poolclass=sqlalchemy.QueuePool, pool_size=kept, max_overflow=-1)
    file = url.database or ""

    def opened(_connection: Any, record: Any) -> None:
        record.info["opened"] = _state_of(file)[:3]  # the process and the file, whatever is written to it

    def remember(_connection: Any, record: Any) -> None:
        state = _state_of(file)
        record.info["left"] = state if state[:3] == record.info["opened"] else ()

    def refuse_another(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.pop("left", None) not in {None, _state_of(file)}:
            raise DisconnectionError  # the pool then connects anew

    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "connect", opened)
    event.listen(engine, "checkin", remember)
    event.listen(engine, "checkout", refuse_another)
    return engine


def _state_of(file: str) -> tuple[int, ...]:
    """What tells a file, and what was written to it last, from another; and this process from its parent."""
    with suppress(OSError):
        found = Path(file).stat()
        return os.getpid(), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
    return ()


def _engine_on_server(fields: ConnectionFields, kept: int) -> Engine:
    """Return an engine that keeps no connections: each task is its own process, and a kept connection may be dead.

    Where `kept` says so, it keeps some, whose first answers over each take longer: each is tried before it is used, and
    made anew after some minutes.
    """
    options = {"connect_timeout": BUSY_SECONDS, "options": f"-c lock_timeout={BUSY_SECONDS * 1000}"}
    pool: dict[str, Any] = {"poolclass": sqlalchemy.NullPool}
    if kept:
        pool = {"pool_size": kept, "max_overflow": -1, "pool_pre_ping": True, "pool_recycle": RECYCLE_SECONDS}
    return create_engine(sqlalchemy_url(fields), connect_args=options, **pool)


def _set_pragmas(connection: Any, _record: Any) -> None:
    """Switch on foreign keys, which are off in each new SQLite connection; FULL keeps a commit through a power cut."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    """Begin; a transaction that will write locks at once: a reader that begins to write would fail without waiting."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Begin with the same promises on PostgreSQL: one writer at a time from its start, readers on one snapshot."""
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@contextmanager
def _named_faults(doing: str, engine: Engine) -> Iterator[None]:
    """Raise `Unavailable` for a failing database, without its cause: texts of SQLAlchemy and drivers repeat values."""
    try:
        yield
    except DBAPIError as error:
        raise Unavailable(f"{doing} the programme database failed: {plain_words(error.orig)}") from None
    except engine.dialect.loaded_dbapi.Error as error:  # COPY does not go through SQLAlchemy
        raise Unavailable(f"{doing} the programme database failed: {plain_words(error)}") from None
