"""Reads what an entity billed from a lakehouse, through Spark Connect: the grouping runs where the lines are.

Spark has no transaction for several statements: a table that is written meanwhile is noticed by the entity's close. The
client is an extra of this package (`pip install 'partner-program[spark]'`): it is needed where such an entity is.
"""

import logging
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyspark.errors import PySparkException

from partner_program.adapters.billing.expected_types import DIGITS, ColumnTypes
from partner_program.adapters.billing.server import with_whole_numbers
from partner_program.adapters.billing.snapshot import BillingFault, BillingSnapshot
from partner_program.adapters.billing.statements import with_lists
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import CONNECT_SECONDS, Deadline


@contextmanager
def _a_home_for_spark() -> Iterator[None]:
    """Name a folder of Spark's while its client is imported.

    In a process whose main module has no file (`python -c`, a worker of pytest-xdist) the client believes that its own
    examples are tested, looks for a whole Spark beside itself and ends the process where there is none.
    """
    known = os.environ.get("SPARK_HOME")
    os.environ["SPARK_HOME"] = known or os.devnull
    try:
        yield
    finally:
        if known is None:
            del os.environ["SPARK_HOME"]


with _a_home_for_spark():
    from pyspark.sql.connect.session import SparkSession

PORT = 15002
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_SETTINGS = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}
# Another type could mean something else: it is reported.
_TYPES = ColumnTypes(
    words=r"string|(var)?char\(\d+\)", whole=r"tinyint|smallint|int|bigint|decimal\(\d+,0\)", word="string", day="date"
)
# Errors whose own words name tables and columns, never a value of a row.
_OWN_WORDS = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "UNRESOLVED_COLUMN", "INSUFFICIENT_PERMISSIONS")
# Its client logs each error with the statement and both stacks.
logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


class SparkSnapshot(BillingSnapshot):
    """The tables of one schema, each as it is when a statement reads it."""

    dialect = "spark"
    stand_in_keyword = "AS"

    def __init__(self, session: SparkSession, sql_folder: Path, stand_ins: Mapping[str, str]) -> None:
        super().__init__(sql_folder, stand_ins)
        self._session = session

    def read(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement as they arrive, a part of the table at a time."""
        statement, binds = with_lists(self.statement(name), values)
        named: dict[str, Any] = {each: value for each, value in binds.items() if f":{each}" in statement}
        rows = map(tuple, self._session.sql(statement, args=named).toLocalIterator())
        yield from with_whole_numbers(name, rows, form=DIGITS)

    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns; raises `BillingFault` for a column of a wrong type."""
        described = self._session.sql(self.statement(f"columns_of_{relation}")).schema
        _TYPES.check(relation, ((column.name, column.dataType.simpleString()) for column in described))
        return [column.name for column in described]

    def account_key(self, account_id: str | bytes) -> str:
        """Return the account id itself: Spark compares text by its bytes."""
        return account_id if isinstance(account_id, str) else account_id.decode(errors="backslashreplace")

    def _names(self) -> list[str]:
        return [str(name) for _, name, *_ in self.rows("relations")]


@contextmanager
def open_spark(
    fields: ConnectionFields, *, deadline: Deadline, sql_folder: Path, stand_ins: Mapping[str, str], any_bytes: bool
) -> Iterator[SparkSnapshot]:
    """Open a session; Spark's text is UTF-8, so `any_bytes` changes nothing here."""
    del any_bytes
    schema = fields.schema or "default"
    if not fields.host or not _NAME.fullmatch(schema):
        raise BillingFault(f"connection {fields.conn_id}: expected a host, and names as in catalog.billing as schema")
    _expect_a_server(fields, deadline)
    try:
        session = SparkSession.builder.remote(_address(fields)).create()
        try:
            deadline.will_stop(session.interruptAll)
            for name, value in _SETTINGS.items():
                session.conf.set(name, value)
            session.sql(f"USE {schema}")
            yield SparkSnapshot(session, sql_folder, stand_ins)
        finally:
            with suppress(Exception):  # the server may be gone, and releases what nobody asks for by itself
                session.stop()
    except PySparkException as error:
        if deadline.is_over():
            raise deadline.fault() from None
        raise BillingFault(f"billing database not readable: {_words(error)}") from None


def _expect_a_server(fields: ConnectionFields, deadline: Deadline) -> None:
    """Raise `BillingFault` where nobody listens: the client would try again for minutes."""
    seconds = min(CONNECT_SECONDS, deadline.whole_seconds_left())
    try:
        socket.create_connection((fields.host, fields.port or PORT), timeout=seconds).close()
    except OSError as error:
        raise BillingFault(f"billing database not readable: {error.strerror or error}") from None


def _address(fields: ConnectionFields) -> str:
    """Return the address of Spark Connect; a password is its token, which is sent over TLS only."""
    address = f"sc://{fields.host}:{fields.port or PORT}/;user_id={quote(fields.login or 'partner-program')}"
    return f"{address};token={quote(fields.password)}" if fields.password else address


def _words(error: PySparkException) -> str:
    """Return an error's condition, and its first line where that quotes no value."""
    condition = error.getCondition()
    if condition is None:
        return "Spark does not answer, or refuses us"
    if not condition.startswith(_OWN_WORDS):
        return f"{condition} (Spark's words may quote values, see its log)"
    return (str(error).splitlines() or [condition])[0]
