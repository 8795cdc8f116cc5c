"""Writes the register: JSON for programs, CSV and a workbook for finance, with the columns of `domain/register.py`.

A text that a spreadsheet would run as a formula stays a text.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.register import COLUMNS, Cell, Register, RegisterPartner, cells
from partner_program.domain.totals import Bucket

if TYPE_CHECKING:
    from xlsxwriter import Workbook


def register_facts(register: Register) -> dict[str, object]:
    """Return the register for JSON: cents, basis points, ISO days, null for a missing value."""
    return {
        "billing_month": str(register.billing_month),
        "revision": register.revision,
        "effective_on": plain(register.effective_on),
        "status": register.status,
        "partners": [partner_facts(each) for each in register.partners],
        "held": plain(register.held),
        "buckets": plain(register.buckets),
    }


def partner_facts(partner: RegisterPartner) -> dict[str, object]:
    """Return one partner's row for JSON."""
    left_out = {
        name
        for name, column in COLUMNS.items()
        if not column.in_json or (column.rare and getattr(partner, name) is None)
    }
    return {name: plain(getattr(partner, name)) for name in partner.__dataclass_fields__ if name not in left_out}


def register_json(register: Register) -> str:
    """Return the whole register as JSON for programs."""
    return json.dumps(register_facts(register), ensure_ascii=False, indent=1) + "\n"


def register_csv(register: Register) -> str:
    """Return the register as CSV (RFC 4180), one row a partner; money in cents, discounts in basis points."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) for name, value in cells(each).items()} for each in register.partners)
    return text.getvalue()


def register_xlsx(register: Register) -> bytes:
    """Return a workbook with the partners and the buckets; equal registers give equal bytes."""
    from datetime import UTC, datetime

    import xlsxwriter

    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # A workbook holds its time of creation; ours is always the programme's first day, so that the bytes stay the same.
    book.set_properties({"created": datetime(2015, 7, 27, tzinfo=UTC).replace(tzinfo=None)})
    _sheet(book, str(register.billing_month), list(COLUMNS), (list(cells(each).values()) for each in register.partners))
    _sheet(book, "buckets", Bucket._fields, register.buckets)
    book.close()
    return body.getvalue()


def _sheet(book: "Workbook", name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, columns, bold)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, row)
    sheet.autofit()
