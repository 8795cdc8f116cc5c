"""Writes the entities' billing databases (contract 1) as SQLite files, with the closes that each entity would write."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from demo.services import Line
from partner_program.domain.billing_month import BillingMonth

_TABLES = """
CREATE TABLE program_mrr_line (
    line_id TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL, service_id TEXT, product TEXT NOT NULL,
    charge_kind TEXT NOT NULL, service_start DATE NOT NULL, service_end DATE NOT NULL, term_months INTEGER NOT NULL,
    net_amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, document_status TEXT NOT NULL, posted_on DATE NOT NULL,
    discount_bp INTEGER, ordered_on DATE);
CREATE TABLE program_period_close (
    billing_month TEXT NOT NULL, currency TEXT NOT NULL, line_count INTEGER NOT NULL,
    control_total_minor INTEGER NOT NULL, closed_at TEXT NOT NULL, PRIMARY KEY (billing_month, currency));
CREATE TABLE program_reseller_account (
    account_id TEXT NOT NULL PRIMARY KEY, company_name TEXT NOT NULL, vat_id TEXT, email_domain TEXT);
"""
_INDEXES = (
    "CREATE INDEX program_mrr_line_service_end ON program_mrr_line (service_end)",
    "CREATE INDEX program_mrr_line_service_start ON program_mrr_line (service_start, service_end)",
)
_INSERT_LINE = "INSERT INTO program_mrr_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_ACCOUNT = "INSERT INTO program_reseller_account VALUES (?, ?, ?, ?)"
# A close is dated the second day of the next month, or the evening of the last posting if that is later, because an
# entity closes a month again when it posts a credit for it.
_CLOSE = """
INSERT OR REPLACE INTO program_period_close
SELECT :billing_month, currency, COUNT(*),
       SUM(CASE WHEN TYPEOF(net_amount_minor) = 'integer' THEN net_amount_minor ELSE 0 END),
       MAX(:closed_on, MAX(posted_on)) || 'T18:00:00Z'
FROM program_mrr_line
WHERE document_status = 'posted' AND service_start <= :last_day AND service_end > :first_day
GROUP BY currency ORDER BY currency
"""
ResellerAccount = tuple[str, str, str, str]


def write_billing(
    path: Path, lines: Iterable[Line], accounts: Iterable[ResellerAccount], closed: Sequence[BillingMonth]
) -> None:
    """Replace one entity's database: its lines, its reseller accounts, and its closes of the given months."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_TABLES)
        connection.executemany(_INSERT_LINE, _rows(lines))
        for statement in _INDEXES:
            connection.execute(statement)
        connection.executemany(_INSERT_ACCOUNT, sorted(accounts))
        _close_months(connection, closed)


def close_months(path: Path, months: Sequence[BillingMonth], *, closed_on: str) -> None:
    """Close months of an existing database on a day of their own."""
    with closing(sqlite3.connect(path)) as connection, connection:
        _close_months(connection, months, closed_on)


def _close_months(connection: sqlite3.Connection, months: Sequence[BillingMonth], closed_on: str = "") -> None:
    for month in months:
        days = {"first_day": str(month.first_day), "last_day": str(month.last_day)}
        second = str(month.following.first_day.replace(day=2))
        connection.execute(_CLOSE, {"billing_month": str(month), "closed_on": closed_on or second, **days})


def _rows(lines: Iterable[Line]) -> Iterable[tuple[str | int | None, ...]]:
    for number, line in enumerate(sorted(lines, key=_posting_order), start=1):
        yield (
            f"{line.account.entity}-{number:06d}",
            line.account.account_id,
            line.service_id,
            line.product,
            line.charge_kind,
            line.service_start.isoformat(),
            line.service_end.isoformat(),
            line.term_months,
            line.net_amount_minor,
            line.currency,
            line.document_status,
            line.posted_on.isoformat(),
            line.discount_bp,
            line.ordered_on.isoformat() if line.ordered_on else None,
        )


def _posting_order(line: Line) -> tuple[str, ...]:
    return (
        line.posted_on.isoformat(),
        line.account.account_id,
        line.service_id or "",
        line.product,
        line.charge_kind,
        line.service_start.isoformat(),
        str(line.net_amount_minor),
        line.document_status,
    )
