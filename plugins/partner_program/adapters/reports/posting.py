"""Writes a posting for a ledger to import: CSV, amounts with two decimals and a point, one side of each row empty."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.posting import PostingRow

COLUMNS = (
    "voucher",
    "posted_on",
    "entity",
    "account",
    "tier",
    "product",
    "currency",
    "debit",
    "credit",
    "debit_eur",
    "credit_eur",
)


def posting_csv(rows: Iterable[PostingRow]) -> str:
    """Return the rows as CSV (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        words = (row.voucher, row.posted_on.isoformat(), row.entity, row.account, row.tier, row.product, row.currency)
        amounts = (row.debit_minor, row.credit_minor, row.debit_eur_cents, row.credit_eur_cents)
        writer.writerow([*map(safe_cell, words), *map(_amount, amounts)])
    return text.getvalue()


def _amount(minor: int) -> str:
    return str(Decimal(minor).scaleb(-2)) if minor else ""
