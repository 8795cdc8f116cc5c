"""Fills a toy billing database in PostgreSQL or MariaDB (contract 1) from an entity's SQLite file of the demo world.

The programme's own login may only read it, as in a real legal entity.
"""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    text,
)

from partner_program.adapters.connections import ConnectionFields, sqlalchemy_url

OWNERS = {"postgres": "billing", "mysql": "root"}
_METADATA = MetaData()


def _name(column: str, **options: Any) -> Column[Any]:
    return Column(column, String(100), **({"nullable": False} | options))


_LINES = Table(
    "program_mrr_line",
    _METADATA,
    _name("line_id", primary_key=True),
    _name("account_id"),
    _name("service_id", nullable=True),
    _name("product"),
    _name("charge_kind"),
    Column("service_start", Date, nullable=False),
    Column("service_end", Date, nullable=False),
    Column("term_months", Integer, nullable=False),
    Column("net_amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    _name("document_status"),
    Column("posted_on", Date, nullable=False),
    Column("discount_bp", Integer),
    Column("ordered_on", Date),
    Index("program_mrr_line_service_end", "service_end"),
    mysql_charset="utf8mb4",
)
_CLOSES = Table(
    "program_period_close",
    _METADATA,
    Column("billing_month", String(7), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("line_count", Integer, nullable=False),
    Column("control_total_minor", BigInteger, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
    mysql_charset="utf8mb4",
)
_RESELLERS = Table(
    "program_reseller_account",
    _METADATA,
    _name("account_id", primary_key=True),
    _name("company_name"),
    _name("vat_id", nullable=True),
    _name("email_domain", nullable=True),
    mysql_charset="utf8mb4",
)


def fill_toy_billing(connection: ConnectionFields, source: Path, *, owner_password: str) -> None:
    """Make the database's tables anew from a file; the connection's login may read them and do nothing else."""
    owner = replace(connection, login=OWNERS[connection.conn_type], password=owner_password)
    engine = create_engine(sqlalchemy_url(owner))
    with engine.begin() as billing:
        _METADATA.drop_all(billing)
        _METADATA.create_all(billing)
        for table in (_LINES, _CLOSES, _RESELLERS):
            rows = _rows(source, table)
            if rows:
                billing.execute(table.insert(), rows)
        grant = {"postgres": _let_read_postgres, "mysql": _let_read_mariadb}[connection.conn_type]
        grant(billing, connection)
    engine.dispose()


def _rows(source: Path, table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    read: dict[type, Any] = {Date: date.fromisoformat, DateTime: datetime.fromisoformat}
    forms = [read.get(type(column.type), _as_it_is) for column in table.columns]
    with closing(sqlite3.connect(source)) as billing:
        rows = billing.execute(f"SELECT {', '.join(names)} FROM {table.name}").fetchall()  # noqa: S608  names of this module
    return [
        {name: None if value is None else form(value) for name, form, value in zip(names, forms, row, strict=True)}
        for row in rows
    ]


def _as_it_is(value: Any) -> Any:
    return value


def _let_read_postgres(billing: Connection, reader: ConnectionFields) -> None:
    """Grant reading; the database quotes the names itself, as such statements take no bound values."""
    who = {"login": reader.login, "password": reader.password}
    found = billing.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :login"), who).first()
    verb = "ALTER" if found else "CREATE"
    for form in (
        f"format('{verb} ROLE %I LOGIN PASSWORD %L', CAST(:login AS text), CAST(:password AS text))",
        "format('GRANT SELECT ON ALL TABLES IN SCHEMA public TO %I', CAST(:login AS text))",
    ):
        billing.exec_driver_sql(billing.execute(text(f"SELECT {form}"), who).scalar_one())


def _let_read_mariadb(billing: Connection, reader: ConnectionFields) -> None:
    who = {"login": reader.login, "password": reader.password}
    billing.execute(text("CREATE OR REPLACE USER :login IDENTIFIED BY :password"), who)
    tables = billing.dialect.identifier_preparer.quote_identifier(reader.schema or "")
    billing.execute(text(f"GRANT SELECT ON {tables}.* TO :login"), who)
