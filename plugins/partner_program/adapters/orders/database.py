"""Appends to and reads an entity's order database, where orders are priced with our published rates (contract 2)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    func,
    insert,
    inspect,
    select,
    table,
)

from partner_program.adapters.column_types import Day
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.orders.connection import in_one_transaction
from partner_program.adapters.orders.rows import FoundRows, Kind, Row, UnreadableRow, row_of
from partner_program.domain.benefit_publication import PublishedBenefit
from partner_program.domain.publication import PublishedRate
from partner_program.domain.refusals import Refusal

RATES = Kind("program_discount_rate", PublishedRate, ("account_id", "valid_from", "revision"), without=("product",))
RATES_BY_PRODUCT = Kind(RATES.table, PublishedRate, ("account_id", "valid_from", "revision", "product"))
BENEFITS = Kind("program_benefit", PublishedBenefit, ("account_id", "benefit", "valid_from", "revision"))

_metadata = MetaData()
_TABLES = {
    RATES.table: Table(
        RATES.table,
        _metadata,
        Column("account_id", Text, primary_key=True),
        Column("valid_from", Day, primary_key=True),
        Column("tier", Integer),
        Column("monthly_fee_discount_bp", Integer),
        Column("setup_fee_discount_bp", Integer),
        Column("sla", Text),
        Column("revision", Integer, primary_key=True),
        Column("published_at", Day),
        Column("product", Text),
    ),
    BENEFITS.table: Table(
        BENEFITS.table,
        _metadata,
        Column("account_id", Text, primary_key=True),
        Column("benefit", Text, primary_key=True),
        Column("status", Text),
        Column("quantity", Integer),
        Column("days", Integer),
        Column("valid_from", Day, primary_key=True),
        Column("valid_to", Day),
        Column("revision", Integer, primary_key=True),
        Column("published_at", Day),
    ),
}


_MARIADB_COLUMN = table(
    "columns",
    *(column(name) for name in ("table_schema", "table_name", "column_name", "data_type", "collation_name")),
    schema="information_schema",
)


def append(fields: ConnectionFields, kind: Kind[Row], rows: Sequence[Row], *, published_at: date) -> int:
    """Append the rows that are not there yet and return how many; a row is never changed or deleted.

    All of them or none, within the deadline of the connection; raises `Unavailable` where that is not so.
    """

    def add(connection: Connection) -> int:
        _check_compares_bytes(fields, connection, kind.table)
        there = _read(connection, kind).keys
        new = [row for row in rows if kind.key_of(row) not in there]
        if new:
            values = [{name: getattr(row, name) for name in kind.columns} for row in new]
            connection.execute(insert(_TABLES[kind.table]), [{**each, "published_at": published_at} for each in values])
        return len(new)

    return in_one_transaction(fields, add, doing="publishing", table=kind.table)


def has_table(fields: ConnectionFields, kind: Kind[Row]) -> bool:
    """Whether the database has this table, which it may do without; on MariaDB and MySQL, one with rights for us."""

    def look(connection: Connection) -> bool:
        if connection.dialect.name != "mysql":
            return inspect(connection).has_table(kind.table)
        here = _MARIADB_COLUMN.c
        query = select(here.column_name).where(here.table_schema == func.database(), here.table_name == kind.table)
        return connection.execute(query.limit(1)).first() is not None

    return in_one_transaction(fields, look, doing="looking for", table=kind.table)


def check_has_product(fields: ConnectionFields) -> None:
    """Refuse a table of rates that cannot keep families apart.

    Without the column `product` all would get the general rate; a key without it holds one row of a rate.
    """

    def look(connection: Connection) -> str | None:
        if not _has_product(connection):
            return (
                f"{RATES.table} has no column product, and the programme has discounts by "
                "product family: add the column, text, NULL for the general rate, and let its key have it too"
            )
        for key in _keys_of_rates(connection):
            if key and set(key) <= set(RATES.key):
                return (
                    f"{RATES.table} has a key of {_listed(key)} without product, so that a rate of a product "
                    f"family cannot stand beside the general one: replace it with UNIQUE "
                    f"({', '.join(RATES_BY_PRODUCT.key)})"
                )
        return None

    fault = in_one_transaction(fields, look, doing="looking for the column product of", table=RATES.table)
    if fault is not None:
        raise Refusal(f"connection {fields.conn_id}: {fault}")


def _has_product(connection: Connection) -> bool:
    if connection.dialect.name != "mysql":
        inspector = inspect(connection)
        if not inspector.has_table(RATES.table):
            return False
        return "product" in [each["name"] for each in inspector.get_columns(RATES.table)]
    here = _MARIADB_COLUMN.c
    query = select(here.column_name).where(
        here.table_schema == func.database(), here.table_name == RATES.table, here.column_name == "product"
    )
    return connection.execute(query.limit(1)).first() is not None


def _keys_of_rates(connection: Connection) -> list[list[str]]:
    """The columns of each key that keeps rows apart in the table of rates."""
    inspector = inspect(connection)
    found = [inspector.get_pk_constraint(RATES.table)["constrained_columns"]]
    found += [each["column_names"] for each in inspector.get_unique_constraints(RATES.table)]
    indexes = [each for each in inspector.get_indexes(RATES.table) if each["unique"]]
    return found + [[name for name in each["column_names"] if name is not None] for each in indexes]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(each for each in (", ".join(names[:-1]), names[-1]) if each)


def read_rows(fields: ConnectionFields, kind: Kind[Row]) -> FoundRows[Row]:
    """Return every row that is there, read on a connection of its own, as an order system sees it."""
    return in_one_transaction(fields, lambda connection: _read(connection, kind), doing="reading", table=kind.table)


def _check_compares_bytes(fields: ConnectionFields, connection: Connection, table_name: str) -> None:
    """Refuse a table in which a1 equals A1: MariaDB and MySQL compare text like that unless a column says otherwise."""
    if connection.dialect.name != "mysql":
        return
    here = _MARIADB_COLUMN.c
    query = select(here.data_type, here.collation_name).where(
        here.table_schema == func.database(), here.table_name == table_name, here.column_name == "account_id"
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return  # the table is missing or may not be read: the next statement reports which
    data_type, collation = found
    if data_type.lower() != "varbinary" and not (collation or "").endswith("_bin"):
        raise Refusal(
            f"connection {fields.conn_id}: {table_name}.account_id is {data_type} compared as "
            f"{collation or 'a number'}, so that different accounts may be one: ALTER TABLE {table_name} MODIFY "
            "account_id VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, then publish again"
        )


def _read(connection: Connection, kind: Kind[Row]) -> FoundRows[Row]:
    """Read every row, odd values too: SQLite keeps any value, and a server has dates that Python lacks."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.text_factory = lambda text: text.decode(errors="replace")
    elif connection.dialect.name == "postgresql":
        _read_odd_dates_as_text(driver)
    columns: list[Any] = [column(name) for name in kind.columns]
    rows, unreadable = list[Row](), list[UnreadableRow]()
    for values in connection.execute(select(*columns).select_from(_TABLES[kind.table])):
        named = dict(zip(kind.columns, values, strict=True))
        row = row_of(kind, named, bytes_are_text=connection.dialect.name == "mysql")
        if isinstance(row, UnreadableRow):
            unreadable.append(row)
        else:
            rows.append(row)
    return FoundRows(kind, tuple(rows), tuple(unreadable))


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
