"""Appends many rows so that appending them again changes nothing (rule 8): equal rows stay, different ones are refused.

Rows in force are append-only, so a key that is taken is never overwritten. An equal row is left untouched; a row that
differs anywhere is refused by its key, and the whole transaction with it. This is the last line of defence: the use
cases write nothing if nothing is new.

PostgreSQL takes many rows by COPY into a temporary table, then INSERT ... ON CONFLICT DO NOTHING; they are compared, by
IS DISTINCT FROM, only if fewer rows were inserted than offered. DO UPDATE would lock, and so write, each equal row.
It is told at once of what fills a table: its own upkeep sees nothing before the transaction ends, and until then each
row that refers to one of these would be checked by whatever index comes first.
SQLite, and few rows anywhere, do the same with plain statements; OR IGNORE is not used, because it ignores broken
constraints.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from partner_program.domain.refusals import Refusal

COPY_FROM_ROWS = 1_000
_Row = Mapping[str, Any]
_SENT_AT_ONCE, _COMPARED_AT_ONCE = 10_000, 500
_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
# No floats, which include NaN and Infinity: one database would round them and another make them NULL.
_KINDS = {int, str, date, type(None)}
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


class AlreadyWritten(Refusal):
    """A row with this key is in force with other values; it is never overwritten."""


def append_rows(connection: Connection, table: Table, rows: Iterable[_Row]) -> None:
    """Append rows that all name the same columns, in the caller's transaction; rows that are there already stay.

    Raises `AlreadyWritten` if a row with the same key has other values, `TypeError` for a value that is not a whole
    number, a text or a day.
    """
    values = list(rows)
    if not values:
        return
    _check_kinds(table, values)
    if connection.dialect.name == "postgresql" and len(values) >= COPY_FROM_ROWS:
        differing = _copy(connection, table, values)
    else:
        differing = _insert(connection, table, values)
    if differing is not None:
        named = ", ".join(f"{key} {differing[key]}" for key in _keys(table))
        raise AlreadyWritten(f"{table.name}: {named} is written already, with other values; it is never overwritten")


def _check_kinds(table: Table, values: Sequence[_Row]) -> None:
    for name in values[0]:
        unknown = {type(row[name]) for row in values} - _KINDS
        if unknown:
            kinds = ", ".join(sorted(kind.__name__ for kind in unknown))
            raise TypeError(f"{table.name}.{name}: {kinds}, expected whole numbers, words or days")


def _batches(values: Sequence[_Row], size: int) -> Iterator[Sequence[_Row]]:
    return (values[first : first + size] for first in range(0, len(values), size))


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _insert(connection: Connection, table: Table, values: Sequence[_Row]) -> _Row | None:
    """Insert by statements; return an offered row that differs from the stored one, or None."""
    statement = _INSERTS[connection.dialect.name](table).on_conflict_do_nothing(index_elements=_keys(table))
    counted = statement.execution_options(preserve_rowcount=True)
    try:
        if connection.execute(counted, values).rowcount == len(values):
            return None
    except IntegrityError as refused:
        if not str(refused.orig).endswith(" is append-only"):
            raise
        # a guard of SQLite's: a row that differs stands in the place of one that was offered; it is looked for below
    names = list(values[0])
    keys = tuple_(*table.primary_key)
    for some in _batches(values, _COMPARED_AT_ONCE):
        offered = [tuple(row[key] for key in _keys(table)) for row in some]
        found = connection.execute(select(*(table.c[name] for name in names)).where(keys.in_(offered))).mappings()
        there = {tuple(row[key] for key in _keys(table)): dict(row) for row in found}
        for key, row in zip(offered, some, strict=True):
            if there.get(key, row) != row:
                return row
    return None


def _copy(connection: Connection, table: Table, values: Sequence[_Row]) -> _Row | None:
    """Insert by COPY; return the key of an offered row that differs from the stored one, or None.

    The names in the SQL come from the schema; values are sent as data, never as SQL.
    """
    quoted = connection.dialect.identifier_preparer.quote
    names, key_names = list(values[0]), _keys(table)
    target, offered = quoted(table.name), quoted(f"offered_{table.name}")
    columns, keys = (", ".join(map(quoted, some)) for some in (names, key_names))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        # ON COMMIT DROP: for a transaction that fails before the DROP below
        cursor.execute(f"CREATE TEMPORARY TABLE {offered} ON COMMIT DROP AS TABLE {target} WITH NO DATA")
        with cursor.copy(f"COPY {offered} ({columns}) FROM STDIN") as copy:
            for some in _batches(values, _SENT_AT_ONCE):
                copy.write(_copy_text(names, some))
        cursor.execute(
            f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {offered} ON CONFLICT ({keys}) DO NOTHING"  # noqa: S608
        )
        differing = None
        if cursor.rowcount != len(values):
            there, ours = (", ".join(f"{side}.{quoted(name)}" for name in names) for side in ("there", "ours"))
            cursor.execute(
                f"SELECT {keys} FROM {offered} AS ours JOIN {target} AS there USING ({keys}) "  # noqa: S608
                f"WHERE ({ours}) IS DISTINCT FROM ({there}) LIMIT 1"
            )
            differing = cursor.fetchone()
        cursor.execute(f"DROP TABLE {offered}")
        cursor.execute("SELECT reltuples <= 0 FROM pg_class WHERE oid = to_regclass(%s)", [target])
        if cursor.fetchone() == (True,):  # it has never been measured, or while it was empty
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {target}")
    return None if differing is None else dict(zip(key_names, differing, strict=True))


def _copy_text(names: Sequence[str], values: Sequence[_Row]) -> str:
    """Return rows in COPY's text format; made column by column, as most columns have few different values."""
    columns: list[Iterator[str]] = []
    for name in names:
        column = [row[name] for row in values]
        texts = {value: _as_text(value) for value in set(column)}
        columns.append(map(texts.__getitem__, column))
    return "".join(line + "\n" for line in map("\t".join, zip(*columns, strict=True)))


def _as_text(value: int | str | date | None) -> str:
    if value is None:
        return r"\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)
