"""Pulls a month from an entity's billing database (contract 1): one read-only snapshot, never changed.

A fault of an entity is never raised: it becomes the `fault` of its `EntityRevenue`, so that the other entities go on.
"""

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from partner_program.adapters.billing.closes import close_fault, read_close_rows
from partner_program.adapters.billing.lines import BillingLine, is_too_long, plain_text
from partner_program.adapters.billing.mysql import open_mysql
from partner_program.adapters.billing.postgres import open_postgres
from partner_program.adapters.billing.snapshot import (
    LONGEST_TEXT,
    OPTIONAL_COLUMN,
    BillingFault,
    BillingSnapshot,
    UndecodableText,
)
from partner_program.adapters.billing.sqlite import open_sqlite
from partner_program.adapters.billing.statements import databases_of_source, read_stand_ins
from partner_program.adapters.billing.tally import read_lines
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import Deadline, answer_within, deadline_seconds
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.listed_accounts import ListedAccount
from partner_program.domain.program import LargestLine
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, PeriodClose

LONGEST_LOOK_SECONDS = 20  # a list is short, and `load` waits for it
_TOO_LONG = f"has more than {LONGEST_TEXT} characters, expected an account id"
LINES, CLOSES, RESELLERS = "program_mrr_line", "program_period_close", "program_reseller_account"
# All columns that contract 1 demands, even those that we never read: a missing one shows that the database changed.
COLUMNS = {
    LINES: (
        *(name for name in BillingLine._fields if name != OPTIONAL_COLUMN),
        "service_id",
        "product",
        "posted_on",
        "discount_bp",
        "ordered_on",
    ),
    CLOSES: ("billing_month", *PeriodClose._fields, "closed_at"),
    RESELLERS: ("account_id", "company_name", "vat_id", "email_domain"),
}


def _open_duckdb(connection: ConnectionFields, **how: Any) -> AbstractContextManager[BillingSnapshot]:
    from partner_program.adapters.billing.duckdb import open_duckdb  # a tenth of a second, which others can save

    return open_duckdb(connection, **how)


def _open_spark(connection: ConnectionFields, **how: Any) -> AbstractContextManager[BillingSnapshot]:
    # of its data frames, which we do not use
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    try:
        from partner_program.adapters.billing.spark import open_spark
    except ImportError as error:
        extra = "pip install 'partner-program[spark]'"
        raise BillingFault(f"connection {connection.conn_id}: {error.name} is not installed here: {extra}") from None

    return open_spark(connection, **how)


_DIALECTS: dict[str, Callable[..., AbstractContextManager[BillingSnapshot]]] = {
    "sqlite": open_sqlite,
    "postgres": open_postgres,
    "mysql": open_mysql,
    "duckdb": _open_duckdb,
    "spark": _open_spark,
}
# What people call them, in messages.
_DATABASES = {
    "sqlite": "SQLite",
    "postgres": "PostgreSQL",
    "mysql": "MySQL or MariaDB",
    "duckdb": "files",
    "spark": "Spark",
}


def pull_month(
    connection: ConnectionFields,
    entity: Entity,
    month: BillingMonth,
    *,
    largest_line: LargestLine,
    recorded_closes: Sequence[PeriodClose] = (),
    sql_folder: Path,
) -> EntityRevenue:
    """Read what an entity billed in a month; anything wrong with the entity becomes the result's `fault`.

    `recorded_closes` are used if the entity has no `program_period_close`. The same data gives the same result.
    """
    what = (connection, entity, month, largest_line, recorded_closes, sql_folder)

    def read(deadline: Deadline) -> EntityRevenue:
        try:
            return _pull(*what, deadline, any_bytes=False)
        except UndecodableText:
            return _pull(*what, deadline, any_bytes=True)  # slower: text that is not UTF-8 comes as bytes

    try:
        with without_collecting():
            return answer_within(deadline_seconds(connection), read)
    except Refusal as fault:
        return EntityRevenue(entity.entity, (), (), (), (), fault=str(fault))


def faults_in_reading(
    connection: ConnectionFields, entity: Entity, month: BillingMonth, *, largest_line: LargestLine, sql_folder: Path
) -> list[str]:
    """Return why an entity's billing database cannot be read; empty if it can, whatever the month holds.

    A view may have the right columns and never give a row: so a whole month is read, as a run reads it.
    """

    def look(deadline: Deadline) -> list[str]:
        with open_snapshot(connection, entity, sql_folder, deadline, True) as snapshot:
            asked = {name: columns for name, columns in COLUMNS.items() if name != CLOSES or snapshot.has(CLOSES)}
            missing = [snapshot.missing(name, columns) for name, columns in asked.items()]
            if not any(missing):
                _read(snapshot, entity, month, largest_line, ())
            return [each for each in missing if each]

    try:
        return answer_within(deadline_seconds(connection), look)
    except Refusal as fault:
        return [str(fault)]


def listed_accounts(connection: ConnectionFields, entity: Entity, *, sql_folder: Path) -> list[ListedAccount]:
    """Return the entity's list of reseller accounts, with what it knows of each company; raises `Refusal`."""

    def look(deadline: Deadline) -> list[ListedAccount]:
        with open_snapshot(connection, entity, sql_folder, deadline, True) as snapshot:
            snapshot.expect(RESELLERS, COLUMNS[RESELLERS])
            rows = list(snapshot.rows("reseller_companies"))
        return [ListedAccount(*("" if cell is None else plain_text(cell) for cell in row)) for row in rows]

    return answer_within(min(deadline_seconds(connection), LONGEST_LOOK_SECONDS), look)


def open_snapshot(
    connection: ConnectionFields, entity: Entity, sql_folder: Path, deadline: Deadline, any_bytes: bool
) -> AbstractContextManager[BillingSnapshot]:
    """Open a snapshot in the connection's dialect, with the entity's own queries if the registry names a source."""
    dialect = _DIALECTS.get(connection.conn_type)
    if dialect is None:
        known = ", ".join(sorted(_DIALECTS))
        raise BillingFault(f"connection {connection.conn_id}: type {connection.conn_type!r}: expected one of {known}")
    stand_ins = read_stand_ins(sql_folder, entity.source, connection.conn_type) if entity.source else {}
    if stand_ins is None:
        raise BillingFault(f"source {entity.source!r}: expected a folder of that name under sources")
    if entity.source:
        _check_source_is_for(connection, entity.source, sql_folder)
    return dialect(connection, deadline=deadline, sql_folder=sql_folder, stand_ins=stand_ins, any_bytes=any_bytes)


def _check_source_is_for(connection: ConnectionFields, source: str, sql_folder: Path) -> None:
    """Raise `BillingFault` where a source has no query for the kind of database that the connection is to."""
    types = databases_of_source(sql_folder, source, connection.conn_type)
    if types:
        databases = " and ".join(f"{_DATABASES.get(each, each)} (conn_type {each})" for each in types)
        here = f"{_DATABASES.get(connection.conn_type, connection.conn_type)} (conn_type {connection.conn_type})"
        raise BillingFault(f"source {source!r} is for {databases}; connection {connection.conn_id} is to {here}")


def _pull(
    connection: ConnectionFields,
    entity: Entity,
    month: BillingMonth,
    largest: LargestLine,
    recorded: Sequence[PeriodClose],
    sql_folder: Path,
    deadline: Deadline,
    *,
    any_bytes: bool,
) -> EntityRevenue:
    with open_snapshot(connection, entity, sql_folder, deadline, any_bytes) as snapshot:
        return _read(snapshot, entity, month, largest, recorded)


def _read(
    snapshot: BillingSnapshot,
    entity: Entity,
    month: BillingMonth,
    largest: LargestLine,
    recorded: Sequence[PeriodClose],
) -> EntityRevenue:
    snapshot.expect(LINES, COLUMNS[LINES])
    lines = read_lines(snapshot, month, largest)
    faults = [lines.fault]
    closes: tuple[PeriodClose, ...] = ()
    try:
        closes = _closes(snapshot, month, recorded)
        faults.append(close_fault(month, closes, lines.posted(), lines.unsure))
    except BillingFault as fault:
        faults.append(str(fault))
    missing_resellers = snapshot.missing(RESELLERS, COLUMNS[RESELLERS])
    faults.append(missing_resellers)
    resellers = () if missing_resellers else _resellers(snapshot)
    if any(map(is_too_long, resellers)):
        faults.append(f"{RESELLERS}: account_id {_TOO_LONG}")
    return EntityRevenue(
        entity.entity,
        groups=lines.groups(),
        faulty_lines=tuple(sorted(lines.faulty, key=repr)),
        closes=closes,
        reseller_accounts=resellers,
        fault="; ".join(fault for fault in faults if fault) or None,
        short_lines=tuple(sorted(lines.short)),
        doubtful_lines=tuple(sorted(lines.doubtful)),
        files=snapshot.files,
    )


def _resellers(snapshot: BillingSnapshot) -> tuple[str, ...]:
    return tuple(sorted({plain_text(account_id) for (account_id,) in snapshot.rows("reseller_accounts")}))


def _closes(snapshot: BillingSnapshot, month: BillingMonth, recorded: Sequence[PeriodClose]) -> tuple[PeriodClose, ...]:
    """Return the entity's own closes, or the recorded ones if its system has no table of closes."""
    if not snapshot.has(CLOSES):
        return tuple(sorted(recorded))
    snapshot.expect(CLOSES, COLUMNS[CLOSES])
    return read_close_rows(snapshot.rows("period_closes", billing_month=str(month)), month)
