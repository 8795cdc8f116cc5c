"""Reads what an entity billed from Parquet or CSV files, or from a DuckDB file, with DuckDB in this process.

Nothing but the listed files can be opened, no extension is loaded, and nothing is written: neither to the entity's
files nor to a disk of ours, as the memory is bounded and DuckDB may not spill.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from partner_program.adapters.billing.expected_types import DIGITS, ColumnTypes
from partner_program.adapters.billing.listed_files import ListedFile, ListedFiles, database_file, listed_files
from partner_program.adapters.billing.server import with_whole_numbers
from partner_program.adapters.billing.snapshot import BillingFault, BillingSnapshot
from partner_program.adapters.billing.statements import with_lists
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import Deadline

THREADS, MEMORY = "2", "1GB"
_ROWS_AT_ONCE = 10_000
_LONGEST_HEADER = 100_000  # bytes
_BIND = re.compile(r"(?<!:):([a-z_]+[0-9]*)")
_SETTINGS = {
    "threads": re.compile(r"[1-9]\d?", re.ASCII),
    "memory_limit": re.compile(r"[1-9]\d{0,5} ?(MB|GB)", re.ASCII),
}
_CLOSED = {
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
    "temp_directory": "",
}
# Another type could mean something else: it is reported.
_TYPES = ColumnTypes(
    words=r"VARCHAR|ENUM.*|UUID",
    whole=r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(\d+,0\)",
    word="VARCHAR",
    day="DATE",
)
# What text of a CSV file means. A column's type is known when a statement is prepared: for others this costs nothing.
# What a Parquet file says of its parts is read once, not by each statement.
_SESSION = r"""
CREATE TEMP MACRO AS_DAY(x) AS CASE
    WHEN TYPEOF(x) <> 'VARCHAR' OR REGEXP_FULL_MATCH(CAST(x AS VARCHAR), '\d{4}-\d{2}-\d{2}') THEN TRY_CAST(x AS DATE)
END;
CREATE TEMP MACRO AS_WHOLE(x) AS CASE
    WHEN TYPEOF(x) <> 'VARCHAR' OR REGEXP_FULL_MATCH(CAST(x AS VARCHAR), '-?\d{1,18}') THEN TRY_CAST(x AS BIGINT)
END;
SET TimeZone = 'UTC';
SET parquet_metadata_cache = true;
SET enable_progress_bar = false;
"""
_READING = "union_by_name = true, hive_partitioning = false"
_CSV = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true"


class DuckdbSnapshot(BillingSnapshot):
    """The files of an entity, or one DuckDB file, as they were when they were opened."""

    dialect = "duckdb"

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        written: frozenset[str],
        sql_folder: Path,
        stand_ins: Mapping[str, str],
    ) -> None:
        super().__init__(sql_folder, stand_ins)
        self._connection = connection
        self._written = written  # relations of CSV files, in which everything is text

    def read(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement, fetched some thousand at a time.

        The statement runs when its first row is asked for: it ends the one before, whose rows would be lost.
        """
        statement, binds = with_lists(self.statement(name), values)
        named = set(_BIND.findall(statement))
        answer = self._connection.execute(_BIND.sub(r"$\1", statement), {each: binds[each] for each in named})
        rows = chain.from_iterable(iter(partial(answer.fetchmany, _ROWS_AT_ONCE), []))
        yield from with_whole_numbers(name, rows, form=DIGITS)

    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns; raises `BillingFault` for a column of a wrong type."""
        described = self._connection.execute(self.statement(f"columns_of_{relation}")).description or []
        types = [(name, str(kind)) for name, kind, *_ in described]
        if relation in self._written:
            types = [(name, kind) for name, kind in types if kind != "VARCHAR"]
        _TYPES.check(relation, types)
        return [name for name, *_ in described]

    def account_key(self, account_id: str | bytes) -> str:
        """Return the account id itself: DuckDB compares text by its bytes."""
        return account_id if isinstance(account_id, str) else account_id.decode(errors="backslashreplace")


@contextmanager
def open_duckdb(
    fields: ConnectionFields, *, deadline: Deadline, sql_folder: Path, stand_ins: Mapping[str, str], any_bytes: bool
) -> Iterator[DuckdbSnapshot]:
    """Open a snapshot; DuckDB refuses text that is not UTF-8, so `any_bytes` changes nothing here."""
    del any_bytes
    if bool(fields.host) == ("relations" in fields.extra):
        raise BillingFault(f"connection {fields.conn_id}: expected a DuckDB file as host, or relations in extra")
    files = database_file(fields.host) if fields.host else listed_files(fields)
    try:
        with closing(_connect(fields)) as connection:
            deadline.will_stop(connection.interrupt)
            connection.execute(_SESSION)
            if not fields.host:
                _make_views(connection, files)
            _lock(connection, files)
            snapshot = DuckdbSnapshot(connection, _written(files), sql_folder, stand_ins)
            snapshot.files = files.manifest()
            yield snapshot
        files.expect_unchanged()
    except duckdb.Error as error:
        if deadline.is_over():
            raise deadline.fault() from None
        files.expect_unchanged()  # a file that somebody is writing is seldom whole
        raise BillingFault(f"billing files not readable: {_words(error)}") from None


def _words(error: duckdb.Error) -> str:
    """Return the first line of what DuckDB says: the others quote the statement, or a line of a CSV file."""
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):  # here the first quotes the value
        return "a value does not fit its column"
    return (str(error).splitlines() or [type(error).__name__])[0]


def _connect(fields: ConnectionFields) -> duckdb.DuckDBPyConnection:
    settings = {"threads": THREADS, "memory_limit": MEMORY}
    for name, form in _SETTINGS.items():
        value = str(fields.extra.get(name, settings[name]))
        if not form.fullmatch(value):
            raise BillingFault(f"connection {fields.conn_id}: {name} in extra: expected one as {settings[name]}")
        settings[name] = value
    config: dict[str, Any] = settings | _CLOSED
    return duckdb.connect(fields.host or ":memory:", read_only=bool(fields.host), config=config)


def _make_views(connection: duckdb.DuckDBPyConnection, files: ListedFiles) -> None:
    """Make each relation a view of its files; raises `BillingFault` where they do not have the same columns."""
    for name, listed in files.of_relation.items():
        columns = _columns(connection, listed[0])
        for file in listed[1:]:
            different = sorted(set(columns) ^ set(_columns(connection, file)))
            if different:
                pair = f"{Path(file.path).name} and {Path(listed[0].path).name}"
                raise BillingFault(f"{name}: {pair} differ in columns: {', '.join(different)}")
        reading = _reading(listed, columns)
        connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {reading}")  # noqa: S608, a checked name


def _columns(connection: duckdb.DuckDBPyConnection, file: ListedFile) -> list[str]:
    if _is_csv(file):
        return _header(file)
    described = connection.execute(f"SELECT * FROM {_reading([file], [])} LIMIT 0").description or []  # noqa: S608, quoted
    return [name for name, *_ in described]


def _header(file: ListedFile) -> list[str]:
    """Return the names in the first line of a CSV file: DuckDB's own guess would take any line for it."""
    try:
        with Path(file.path).open("rb") as lines:
            names = next(csv.reader([lines.readline(_LONGEST_HEADER).decode("utf-8-sig")]), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        wrong = type(error).__name__
        raise BillingFault(f"{file.path}: first line: {wrong}: expected UTF-8 text with commas") from None
    if not any(names) or len(set(names)) < len(names):
        raise BillingFault(f"{file.path}: expected the names of the columns in the first line, each once")
    return names


def _reading(files: Sequence[ListedFile], columns: Sequence[str]) -> str:
    paths = ", ".join(_quoted(file.path) for file in files)
    if not _is_csv(files[0]):
        return f"READ_PARQUET([{paths}], {_READING})"
    texts = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in columns)
    return f"READ_CSV([{paths}], {_READING}, {_CSV}, columns = {{{texts}}})"


def _is_csv(file: ListedFile) -> bool:
    return Path(file.path).suffix.lower() == ".csv"


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"


def _written(files: ListedFiles) -> frozenset[str]:
    return frozenset(name for name, listed in files.of_relation.items() if _is_csv(listed[0]))


def _lock(connection: duckdb.DuckDBPyConnection, files: ListedFiles) -> None:
    """Open nothing but the listed files from now on, whatever a statement says."""
    connection.execute(f"SET allowed_paths = [{', '.join(_quoted(file.path) for file in files)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
