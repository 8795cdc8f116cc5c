"""Reads an entity's billing database on MariaDB or MySQL: read-only, one snapshot, strict mode, settings checked.

Keys are compared by their bytes, `CAST(... AS BINARY)` in the statements, because a collation takes 'Muller' for
'MÜLLER'. The bytes are UTF-8 whatever the column's own character set is; a column without one keeps its bytes.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import SSCursor

from partner_program.adapters.billing.expected_types import DAYS, WHOLE_NUMBERS
from partner_program.adapters.billing.server import named_binds, with_whole_numbers
from partner_program.adapters.billing.snapshot import BillingFault, BillingSnapshot
from partner_program.adapters.billing.statements import with_lists
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database_faults import plain_words
from partner_program.adapters.deadline import CONNECT_SECONDS, Deadline, seconds_allowed

# Lax modes turn '1,000.00' into 1 and cut names. Zero dates are not forbidden, so that they can be reported.
SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,ONLY_FULL_GROUP_BY,PIPES_AS_CONCAT"
_BYTES = re.compile(r"CAST\(([a-z_]+) AS BINARY\)")
# The bytes of a column in one of these are UTF-8 already; converting each value would make reading a tenth slower.
_AS_UTF8 = {"utf8mb4", "utf8mb3", "utf8", "ascii", "binary"}
_FIELD = pymysql.constants.FIELD_TYPE
_DAY = {_FIELD.DATE, _FIELD.NEWDATE}
_WHOLE = {
    _FIELD.TINY,
    _FIELD.SHORT,
    _FIELD.INT24,
    _FIELD.LONG,
    _FIELD.LONGLONG,
    _FIELD.DECIMAL,
    _FIELD.NEWDECIMAL,
}
_TYPES = dict.fromkeys(DAYS, _DAY) | dict.fromkeys(WHOLE_NUMBERS, _WHOLE)


class MysqlSnapshot(BillingSnapshot):
    """One read-only transaction on a MariaDB or MySQL server, which sees the state at its start."""

    dialect = "mysql"
    stand_in_keyword = "AS"

    def __init__(
        self,
        connection: "pymysql.Connection[Any]",
        time_limit: "_TimeLimit",
        sql_folder: Path,
        stand_ins: Mapping[str, str],
    ) -> None:
        super().__init__(sql_folder, stand_ins)
        self._connection = connection
        self._time_limit = time_limit
        self._as_utf8: dict[str, bool] = {}

    def statement(self, name: str) -> str:
        """Return the text of a statement, changed so that the bytes of a text are UTF-8."""
        return _BYTES.sub(self._bytes_as_utf8, super().statement(name))

    def missing(self, relation: str, expected: tuple[str, ...]) -> str | None:
        """Return what is missing of a relation, or None; then also look up the character sets of its columns."""
        missing = super().missing(relation, expected)
        if missing is None:
            self._look_up_character_sets(relation)
        return missing

    def read(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement one by one as they arrive, with bytes decoded to text."""
        statement, binds = with_lists(self.statement(name), values)
        with self._connection.cursor() as cursor:
            self._time_limit.set(cursor)
        parts: Any = self._connection.cursor(SSCursor)
        try:
            parts.execute(named_binds(statement), binds)
            yield from with_whole_numbers(name, (tuple(map(_text, row)) for row in parts))
        finally:
            if self._connection.open:  # closing reads the rows that are left
                parts.close()
            elif parts._result is not None:  # they went with the connection, which the driver does not notice
                parts._result.unbuffered_active = False

    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns; raises `BillingFault` for a column of a wrong type."""
        with self._connection.cursor() as cursor:
            self._time_limit.set(cursor)
            cursor.execute(named_binds(self.statement(f"columns_of_{relation}")), {})
            described = cursor.description or ()
        for name, kind, *_ in described:
            if name in _TYPES and kind not in _TYPES[name]:
                wanted = "a day" if name in DAYS else "whole numbers"
                raise BillingFault(f"{relation}: column {name} is of another type, expected {wanted}")
        return [column[0] for column in described]

    def account_key(self, account_id: str | bytes) -> str:
        """Return the SHA-256 of an account id's bytes, in hexadecimal."""
        return sha256(account_id if isinstance(account_id, bytes) else account_id.encode()).hexdigest()

    def _look_up_character_sets(self, relation: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(named_binds(self.statement(f"character_sets_of_{relation}")), {})
            found = zip((column[0] for column in cursor.description or ()), cursor.fetchone() or (), strict=True)
        for column, character_set in found:
            self._as_utf8[column] = self._as_utf8.get(column, True) and character_set in _AS_UTF8

    def _bytes_as_utf8(self, match: re.Match[str]) -> str:
        """Return the cast, with a conversion unless the column is known to be UTF-8 in each relation."""
        column = match[1]
        if self._as_utf8.get(column, False):
            return match[0]
        converted = f"CAST(CONVERT({column} USING utf8mb4) AS BINARY)"
        return f"IF(CHARSET({column}) = 'binary', {match[0]}, {converted})"


@contextmanager
def open_mysql(
    fields: ConnectionFields, *, deadline: Deadline, sql_folder: Path, stand_ins: Mapping[str, str], any_bytes: bool
) -> Iterator[MysqlSnapshot]:
    """Open a snapshot; keys always come as bytes and are decoded here, so `any_bytes` changes nothing."""
    del any_bytes
    try:
        allowed = seconds_allowed(fields)
        with closing(_connect(fields, deadline)) as connection:
            time_limit = _set_session(connection, allowed, deadline)
            yield MysqlSnapshot(connection, time_limit, sql_folder, stand_ins)
    except pymysql.MySQLError as error:
        if deadline.is_over():
            raise deadline.fault() from None
        raise BillingFault(f"billing database not readable: {plain_words(error)}") from None


def _connect(fields: ConnectionFields, deadline: Deadline) -> "pymysql.Connection[Any]":
    seconds = deadline.whole_seconds_left()
    return pymysql.connect(
        host=fields.host or "127.0.0.1",
        port=fields.port or 3306,
        user=fields.login,
        password=fields.password or "",
        database=fields.schema,
        charset="utf8mb4",
        connect_timeout=min(CONNECT_SECONDS, seconds),
        read_timeout=seconds,
        write_timeout=seconds,
        autocommit=True,
    )


@dataclass(frozen=True)
class _TimeLimit:
    """How long the server may work on one statement: the setting's name and unit differ between MariaDB and MySQL."""

    setting: str
    units_per_second: int
    allowed: int
    deadline: Deadline

    def set(self, cursor: Any) -> int:
        """Have the server end the next statement at the deadline at the latest; return the value that was set."""
        value = min(self.allowed, self.deadline.whole_seconds_left()) * self.units_per_second
        cursor.execute(f"SET SESSION {self.setting} = %s", (value,))
        return value


def _set_session(connection: "pymysql.Connection[Any]", allowed: int, deadline: Deadline) -> _TimeLimit:
    """Set strict mode, UTC, a time limit and a read-only transaction on one snapshot.

    Checks that they are set: a proxy or an old server may ignore them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        is_mariadb = "mariadb" in str(cursor.fetchone()).lower()
        setting = ("max_statement_time", 1) if is_mariadb else ("max_execution_time", 1000)
        limit = _TimeLimit(*setting, allowed, deadline)
        cursor.execute("SET SESSION sql_mode = %s, SESSION time_zone = '+00:00'", (SQL_MODE,))
        value = limit.set(cursor)
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        cursor.execute(f"SELECT @@SESSION.sql_mode, @@SESSION.{limit.setting}")
        mode, seconds = cursor.fetchone() or ("", 0)
    if set(str(mode).split(",")) != set(SQL_MODE.split(",")) or int(seconds) != value:
        raise BillingFault("billing database not readable: it does not keep to the strict mode and the time limit")
    return limit


def _text(value: Any) -> Any:
    """Decode bytes to text; bytes that are not UTF-8 stay bytes, so that they can be reported."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
