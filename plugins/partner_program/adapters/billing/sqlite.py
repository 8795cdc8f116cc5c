"""Reads an entity's billing database in SQLite: opened read-only, one snapshot, never created, never changed."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from partner_program.adapters.billing.lines import name_of
from partner_program.adapters.billing.snapshot import BillingFault, BillingSnapshot, UndecodableText
from partner_program.adapters.billing.statements import with_lists, with_stand_ins
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import STEPS_BETWEEN_LOOKS, Deadline, busy_seconds

# SQLite itself refuses to read a longer value: one of 600 MB would take several times as much memory. It is far above
# any value of a line, because our own list of accounts that are read again is bound by it too.
LONGEST_VALUE_BYTES = 32_000_000


class SqliteSnapshot(BillingSnapshot):
    """One read transaction of a SQLite file."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, sql_folder: Path, stand_ins: Mapping[str, str]) -> None:
        super().__init__(sql_folder, stand_ins)
        self._connection = connection

    def read(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a statement, read one by one."""
        return self._connection.execute(*with_lists(self.statement(name), values))

    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns."""
        cursor = self._connection.execute(self.statement(f"columns_of_{relation}"))
        return [column[0] for column in cursor.description]

    def account_key(self, account_id: str | bytes) -> str:
        """Return the bytes of an account id in the database's encoding, in hexadecimal."""
        if isinstance(account_id, bytes):
            return account_id.hex().upper()
        return account_id.encode(self._encoding).hex().upper()

    def place_of_too_long(self) -> str:
        """Say which columns hold a value that is too long to be read, and in which line; SQLite says neither."""
        places = [
            f"{relation} column {column}{self._line_of_too_long(relation, column)}"
            for relation in ("program_mrr_line", "program_period_close", "program_reseller_account")
            if self.has(relation)
            for column in self.columns(relation)
            if self._is_too_long(relation, column)
        ]
        where = ", ".join(places) or "a result"
        return f"{where}: a value of more than {LONGEST_VALUE_BYTES // 1_000_000} million bytes, expected a short one"

    def _is_too_long(self, relation: str, column: str) -> bool:
        return self._ends(f"SELECT COUNT({_name(column)} || '') FROM {relation}")  # noqa: S608, names

    def _line_of_too_long(self, relation: str, column: str) -> str:
        """Return the id of the line with the first such value, where that id can be read.

        The same search with and without the value gives the lines in the same order; TYPEOF does not read the value.
        """
        if relation != "program_mrr_line" or column.lower() == "line_id":
            return ""
        reading = f"SELECT LENGTH({_name(column)} || '') FROM {relation}"  # noqa: S608, names
        before = 0
        with suppress(sqlite3.DataError):
            for _ in self._connection.execute(with_stand_ins(reading, self._stand_ins)):
                before += 1
        # a driver that reads a row ahead has not given the last one that could be read
        for place in (before, before + 1):
            if self._ends(f"{reading} LIMIT 1 OFFSET {place}"):
                naming = f"SELECT line_id, TYPEOF({_name(column)}) FROM {relation} LIMIT 1 OFFSET {place}"  # noqa: S608, names
                with suppress(sqlite3.DataError):
                    line_id, _ = self._connection.execute(with_stand_ins(naming, self._stand_ins)).fetchone()
                    return f", line {name_of(line_id)}"
        return ""

    def _ends(self, looking: str) -> bool:
        """Return whether SQLite ends a statement because of a value that is too long."""
        try:
            self._connection.execute(with_stand_ins(looking, self._stand_ins)).fetchall()
        except sqlite3.DataError:
            return True
        return False

    @cached_property
    def _encoding(self) -> str:
        return str(self._connection.execute("PRAGMA encoding").fetchone()[0])


@contextmanager
def open_sqlite(
    fields: ConnectionFields, *, deadline: Deadline, sql_folder: Path, stand_ins: Mapping[str, str], any_bytes: bool
) -> Iterator[SqliteSnapshot]:
    """Open a snapshot; text that is not UTF-8 comes as bytes with `any_bytes`, otherwise raises `UndecodableText`."""
    try:
        with closing(_connect(fields, deadline)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
            connection.set_progress_handler(deadline.is_over, STEPS_BETWEEN_LOOKS)
            if any_bytes:
                connection.text_factory = _text_or_bytes
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            snapshot = SqliteSnapshot(connection, sql_folder, stand_ins)
            try:
                yield snapshot
            except sqlite3.DataError:
                raise BillingFault(snapshot.place_of_too_long()) from None
    except sqlite3.Error as error:
        if deadline.is_over():
            raise deadline.fault() from None
        # an error with a code comes from SQLite; without one, the driver could not decode a text
        if getattr(error, "sqlite_errorcode", None) is None and "decode" in str(error):
            raise UndecodableText from None
        raise BillingFault(f"billing database not readable: {error}") from None


def _connect(fields: ConnectionFields, deadline: Deadline) -> sqlite3.Connection:
    """Open the file read-only; as a URI, the path may contain `?`, `#` and `%`."""
    address = Path(fields.sqlite_file).absolute().as_uri() + "?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=busy_seconds(fields, deadline), isolation_level=None)


def _name(column: str) -> str:
    quoted = column.replace('"', '""')
    return f'"{quoted}"'


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
