"""Appends to and reads an entity's order database, where orders are priced with our published rates (contract 2)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, column, func, insert, select, table

from partner_program.adapters.column_types import Day
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.orders.connection import in_one_transaction
from partner_program.adapters.orders.rows import FoundRows, row_of
from partner_program.domain.publication import PublishedRate, rate_key
from partner_program.domain.refusals import Refusal

_RATE = Table(
    "program_discount_rate",
    MetaData(),
    Column("account_id", Text, primary_key=True),
    Column("valid_from", Day, primary_key=True),
    Column("tier", Integer),
    Column("monthly_fee_discount_bp", Integer),
    Column("setup_fee_discount_bp", Integer),
    Column("sla", Text),
    Column("revision", Integer, primary_key=True),
    Column("published_at", Day),
)


_MARIADB_COLUMN = table(
    "columns",
    *(column(name) for name in ("table_schema", "table_name", "column_name", "data_type", "collation_name")),
    schema="information_schema",
)


def append(fields: ConnectionFields, rates: Sequence[PublishedRate], *, published_at: date) -> int:
    """Append the rates that are not there yet and return how many; a row is never changed or deleted.

    All of them or none, within the deadline of the connection; raises `Unavailable` where that is not so.
    """

    def add(connection: Connection) -> int:
        _check_compares_bytes(fields, connection)
        there = _read(connection).keys
        new = [rate for rate in rates if rate_key(rate) not in there]
        if new:
            connection.execute(insert(_RATE), [{**asdict(rate), "published_at": published_at} for rate in new])
        return len(new)

    return in_one_transaction(fields, add, doing="publishing", table=_RATE.name)


def read_rows(fields: ConnectionFields) -> FoundRows:
    """Return every row that is there, read on a connection of its own, as an order system sees it."""
    return in_one_transaction(fields, _read, doing="reading", table=_RATE.name)


def _check_compares_bytes(fields: ConnectionFields, connection: Connection) -> None:
    """Refuse a table in which a1 equals A1: MariaDB and MySQL compare text like that unless a column says otherwise."""
    if connection.dialect.name != "mysql":
        return
    here = _MARIADB_COLUMN.c
    query = select(here.data_type, here.collation_name).where(
        here.table_schema == func.database(), here.table_name == _RATE.name, here.column_name == "account_id"
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return  # the table is missing or may not be read: the next statement reports which
    data_type, collation = found
    if data_type.lower() != "varbinary" and not (collation or "").endswith("_bin"):
        raise Refusal(
            f"connection {fields.conn_id}: {_RATE.name}.account_id is {data_type} compared as "
            f"{collation or 'a number'}, so that different accounts may be one: ALTER TABLE {_RATE.name} MODIFY "
            "account_id VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, then publish again"
        )


def _read(connection: Connection) -> FoundRows:
    """Read every row, odd values too: SQLite keeps any value, and a server has dates that Python lacks."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.text_factory = lambda text: text.decode(errors="replace")
    elif connection.dialect.name == "postgresql":
        _read_odd_dates_as_text(driver)
    names = list(PublishedRate.__dataclass_fields__)
    columns: list[Any] = [column(name) for name in names]
    found = FoundRows([], [])
    for values in connection.execute(select(*columns).select_from(_RATE)):
        row = row_of(dict(zip(names, values, strict=True)), bytes_are_text=connection.dialect.name == "mysql")
        if isinstance(row, PublishedRate):
            found.rates.append(row)
        else:
            found.unreadable.append(row)
    return found


def _read_odd_dates_as_text(driver: Any) -> None:
    """Read PostgreSQL's `infinity`, and years before 1 or after 9999, as text: psycopg has no date for them."""
    from psycopg import DataError
    from psycopg.types.datetime import DateLoader

    class AnyDay(DateLoader):
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except DataError:
                return bytes(data).decode()

    driver.adapters.register_loader("date", AnyDay)
