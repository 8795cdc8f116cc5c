"""Reads an entity's billing database on PostgreSQL: a role that only reads, one snapshot, a checked time limit."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import IsolationLevel

from partner_program.adapters.billing.expected_types import DAYS, WHOLE_NUMBERS
from partner_program.adapters.billing.server import named_binds, with_whole_numbers
from partner_program.adapters.billing.snapshot import BillingFault, BillingSnapshot
from partner_program.adapters.billing.statements import with_lists
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database_faults import plain_words
from partner_program.adapters.deadline import CONNECT_SECONDS, Deadline, seconds_allowed

# The types that columns of contract 1 may have here. Another type could mean something else: it is reported.
_DAY, _WHOLE = {"date"}, {"smallint", "integer", "bigint", "numeric"}
_TYPES = dict.fromkeys(DAYS, _DAY) | dict.fromkeys(WHOLE_NUMBERS, _WHOLE)

# Nearly all rows of a month come from one statement, which the server works on with all its processes. The others are
# read through a cursor of the server, which can be closed before its end.
_MANY_ROWS = {"month_groups", "month_groups_of_orders", "month_groups_of_orders_and_ends"}
_ROWS_AT_ONCE = 2_000
# A line of a statement that a column's type makes needless.
_UNLESS = re.compile(r"^.* -- unless (\w+) is (.+)\n", re.MULTILINE)


class PostgresSnapshot(BillingSnapshot):
    """One read-only transaction on a PostgreSQL server, which sees the state at its first statement."""

    dialect = "postgres"

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        allowed: int,
        deadline: Deadline,
        sql_folder: Path,
        stand_ins: Mapping[str, str],
    ) -> None:
        super().__init__(sql_folder, stand_ins)
        self._connection = connection
        self._allowed = allowed
        self._deadline = deadline
        self._types_of_lines: dict[str, str] = {}

    def statement(self, name: str) -> str:
        """Return the text of a statement, without the checks that the types of its columns make needless."""

        def needed(line: re.Match[str]) -> str:
            return "" if self._types_of_lines.get(line[1]) in line[2].split(" or ") else line[0]

        return _UNLESS.sub(needed, super().statement(name))

    def read(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement, sent in the server's binary form and in parts."""
        statement, binds = with_lists(self.statement(name), values)
        query: Any = named_binds(statement)
        with self._connection.cursor(binary=True) as cursor:
            self._limit(cursor)
            if name in _MANY_ROWS:
                yield from cursor.stream(query, binds, binary=True, size=_ROWS_AT_ONCE)
                return
        with self._connection.cursor(name, binary=True) as parts:
            parts.itersize = _ROWS_AT_ONCE
            yield from with_whole_numbers(name, parts.execute(query, binds))

    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns; raises `BillingFault` for a column of a wrong type."""
        query: Any = named_binds(self.statement(f"columns_of_{relation}"))
        with self._connection.cursor() as cursor:
            self._limit(cursor)
            described = cursor.execute(query).description or []
            known = self._connection.adapters.types
            types = {}
            for column in described:
                found = known.get(column.type_code)
                name = types[column.name] = found.regtype if found else str(column.type_code)
                expected = _TYPES.get(column.name)
                if expected and name not in expected:
                    wanted = " or ".join(sorted(expected))
                    raise BillingFault(f"{relation}: column {column.name} is {name}, expected {wanted}")
        if relation == "program_mrr_line":
            self._types_of_lines = types
        return [column.name for column in described]

    def account_key(self, account_id: str | bytes) -> str:
        """Return the account id itself: the server compares it by its bytes."""
        return account_id if isinstance(account_id, str) else account_id.decode(errors="backslashreplace")

    def _limit(self, cursor: psycopg.Cursor[Any]) -> None:
        """Have the server end the next statement at the deadline at the latest: it does not notice that we left."""
        seconds = min(self._allowed, self._deadline.whole_seconds_left())
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])


@contextmanager
def open_postgres(
    fields: ConnectionFields, *, deadline: Deadline, sql_folder: Path, stand_ins: Mapping[str, str], any_bytes: bool
) -> Iterator[PostgresSnapshot]:
    """Open a snapshot; a server's text always fits its encoding, so `any_bytes` changes nothing here."""
    del any_bytes
    try:
        allowed = seconds_allowed(fields)
        with closing(_connect(fields, allowed, deadline)) as connection:
            yield PostgresSnapshot(connection, allowed, deadline, sql_folder, stand_ins)
    except psycopg.Error as error:
        if deadline.is_over():
            raise deadline.fault() from None
        raise BillingFault(f"billing database not readable: {plain_words(error)}") from None
    except UnicodeDecodeError as error:
        raise BillingFault(f"billing database not readable: text that is no {error.encoding}") from None


def _connect(fields: ConnectionFields, allowed: int, deadline: Deadline) -> psycopg.Connection[Any]:
    """Connect read-only, with one snapshot for all statements, and days and numbers in the contract's form."""
    connection = psycopg.connect(
        host=fields.host,
        port=fields.port,
        user=fields.login,
        password=fields.password,
        dbname=fields.schema,
        connect_timeout=min(CONNECT_SECONDS, deadline.whole_seconds_left()),
        client_encoding="UTF8",
        application_name="partner-program",
        options=" ".join(f"-c {name}={value}" for name, value in _settings(fields, allowed).items()),
    )
    deadline.will_end(connection.fileno())
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    in_force = connection.execute(
        "SELECT current_setting('transaction_read_only'), setting FROM pg_settings WHERE name = 'statement_timeout'"
    ).fetchone()
    if in_force != ("on", str(allowed * 1000)):
        connection.close()
        raise BillingFault("billing database not readable: it does not keep to read-only and the time limit")
    return connection


def _settings(fields: ConnectionFields, allowed: int) -> dict[str, object]:
    return {
        "statement_timeout": f"{allowed}s",
        "DateStyle": "ISO",
        "TimeZone": "UTC",
        "search_path": _search_path(fields),
        # The lines of a month lie side by side: without index scans, a page that holds several of them is read once. A
        # planner that takes random reads for cheap would follow the index line by line, and take a sixth longer.
        "enable_indexscan": "off",
        # A planner cannot know how few groups the lines of a month form, and would sort them: three times the work.
        "enable_sort": "off",
        # A server that compiles what seems dear to it may take longer for that than for reading: with a source whose
        # lines lie in JSON 25 s for ten lines that are read in 0.03 s, and that for each statement of a pull.
        "jit": "off",
        "cursor_tuple_fraction": 1,  # what a cursor gives is read to its end, unless too much of it is faulty
    }


def _search_path(fields: ConnectionFields) -> str:
    """Return where to look for the relations: `search_path` in the connection's extra, otherwise public."""
    path = fields.extra.get("search_path", "public")
    if not isinstance(path, str) or not path.replace("_", "").replace(",", "").isalnum():
        raise BillingFault(
            f"connection {fields.conn_id}: search_path in extra: expected names of schemas, as in billing"
        )
    return path
