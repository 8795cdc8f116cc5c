"""Appending many rows at once, by the quickest way that a database has."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert

COPY_FROM_ROWS = 1_000


def append_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows that all name the same columns; PostgreSQL takes many of them by COPY, in the same transaction."""
    values = list(rows)
    if not values:
        return
    if connection.dialect.name == "postgresql" and len(values) >= COPY_FROM_ROWS:
        _copy(connection, table, values)
    else:
        connection.execute(insert(table), values)


def _copy(connection: Connection, table: Table, values: list[Mapping[str, Any]]) -> None:
    """Send the rows by COPY; names come from the schema, values are data of the protocol."""
    quoted = connection.dialect.identifier_preparer.quote
    names = list(values[0])
    target = f"{quoted(table.name)} ({', '.join(map(quoted, names))})"
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in values:
            copy.write_row([row[name] for name in names])
