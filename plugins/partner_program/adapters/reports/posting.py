"""Writes a posting for a ledger to import: CSV, amounts with their decimals and a point, one side of each row empty."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.posting import PostingRow
from partner_program.domain.program_unit import Unit

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


def posting_csv(rows: Iterable[PostingRow], unit: Unit) -> str:
    """Return the rows as CSV (RFC 4180); the last two columns are called after the programme's unit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(each.replace("_eur", f"_{unit.name.lower()}") for each in COLUMNS)
    for row in rows:
        words = (row.voucher, row.posted_on.isoformat(), row.entity, row.account, row.tier, row.product, row.currency)
        own = unit.of(row.currency)
        amounts = (
            *(_amount(minor, own) for minor in (row.debit_minor, row.credit_minor)),
            *(_amount(minor, unit) for minor in (row.debit_eur_cents, row.credit_eur_cents)),
        )
        writer.writerow([*map(safe_cell, words), *amounts])
    return text.getvalue()


def _amount(minor: int, unit: Unit) -> str:
    return str(Decimal(minor).scaleb(-unit.decimals)) if minor else ""
