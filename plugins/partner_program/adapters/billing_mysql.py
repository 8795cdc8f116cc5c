"""An entity's billing database on MariaDB or MySQL: read-only, one consistent snapshot, strict, and read back."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymysql

from partner_program.adapters.billing_server import CONNECT_SECONDS, named_binds, seconds_allowed, with_whole_numbers
from partner_program.adapters.billing_snapshot import BillingFault, BillingSnapshot
from partner_program.adapters.connections import ConnectionFields

# Lax modes turn '1,000.00' into 1 and cut names; a zero date has to stay what it is to be named.
SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,ONLY_FULL_GROUP_BY,PIPES_AS_CONCAT"
_FIELD = pymysql.constants.FIELD_TYPE
_WHOLE = {
    _FIELD.TINY,
    _FIELD.SHORT,
    _FIELD.INT24,
    _FIELD.LONG,
    _FIELD.LONGLONG,
    _FIELD.DECIMAL,
    _FIELD.NEWDECIMAL,
}
_TYPES = {
    "service_start": {_FIELD.DATE, _FIELD.NEWDATE},
    "service_end": {_FIELD.DATE, _FIELD.NEWDATE},
    "term_months": _WHOLE,
    "net_amount_minor": _WHOLE,
    "line_count": _WHOLE,
    "control_total_minor": _WHOLE,
}


class MysqlSnapshot(BillingSnapshot):
    """One read-only transaction on a MariaDB or MySQL server, on the state at its start."""

    dialect = "mysql"
    stand_in_keyword = "AS"

    def __init__(self, connection: "pymysql.Connection[Any]", sql_folder: Path, stand_ins: Mapping[str, str]) -> None:
        """Take a connection in whose transaction every read takes place."""
        super().__init__(sql_folder, stand_ins)
        self._connection = connection

    def rows(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement, its bytes as text."""
        with self._connection.cursor() as cursor:
            cursor.execute(named_binds(self.statement(name)), values)
            texts = (tuple(map(_text, row)) for row in cursor.fetchall())
            yield from with_whole_numbers(name, texts)

    def columns(self, relation: str) -> list[str]:
        """Names of a relation's columns; one of a wrong type is a fault."""
        with self._connection.cursor() as cursor:
            cursor.execute(named_binds(self.statement(f"columns_of_{relation}")), {})
            described = cursor.description or ()
        for name, kind, *_ in described:
            if name in _TYPES and kind not in _TYPES[name]:
                wanted = "a day" if "service" in name else "whole numbers"
                raise BillingFault(f"{relation}: column {name} is of another type, expected {wanted}")
        return [column[0] for column in described]

    def account_key(self, account_id: str | bytes) -> str:
        """The bytes of an account id in hexadecimal."""
        raw = account_id if isinstance(account_id, bytes) else account_id.encode()
        return raw.hex().upper()


@contextmanager
def open_mysql(
    fields: ConnectionFields, *, sql_folder: Path, stand_ins: Mapping[str, str], any_bytes: bool
) -> Iterator[MysqlSnapshot]:
    """Open a snapshot; keys always come as bytes and are decoded here, so `any_bytes` changes nothing."""
    del any_bytes
    try:
        with closing(_connect(fields)) as connection:
            yield MysqlSnapshot(connection, sql_folder, stand_ins)
    except pymysql.MySQLError as error:
        said = error.args[1] if len(error.args) > 1 else type(error).__name__
        raise BillingFault(f"billing database not readable: {said}") from None


def _connect(fields: ConnectionFields) -> "pymysql.Connection[Any]":
    """Connect to read: strict, in UTC, with a time limit, inside a read-only transaction on one snapshot."""
    allowed = seconds_allowed(fields)
    connection = pymysql.connect(
        host=fields.host or "127.0.0.1",
        port=fields.port or 3306,
        user=fields.login,
        password=fields.password or "",
        database=fields.schema,
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        autocommit=True,
    )
    try:
        _set_session(connection, allowed)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_session(connection: "pymysql.Connection[Any]", allowed: int) -> None:
    """Set what the reading relies on, and read it back: a proxy or an old server may keep to its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        is_mariadb = "mariadb" in str(cursor.fetchone()).lower()
        limit, value = ("max_statement_time", allowed) if is_mariadb else ("max_execution_time", allowed * 1000)
        cursor.execute("SET SESSION sql_mode = %s, SESSION time_zone = '+00:00'", (SQL_MODE,))
        cursor.execute(f"SET SESSION {limit} = %s", (value,))
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        cursor.execute(f"SELECT @@SESSION.sql_mode, @@SESSION.{limit}")
        mode, seconds = cursor.fetchone() or ("", 0)
    if set(str(mode).split(",")) != set(SQL_MODE.split(",")) or int(seconds) != value:
        raise BillingFault("billing database not readable: it does not keep to the strict mode and the time limit")


def _text(value: Any) -> Any:
    """Bytes as text; what is no UTF-8 stays bytes, to be named."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
