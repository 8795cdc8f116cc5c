"""Writes the register as JSON and CSV for programs, with the columns of `domain/register.py`; the workbook is beside.

A text that a spreadsheet would run as a formula stays a text.
"""

import csv
import io

from pydantic_core import to_json

from partner_program.adapters.in_unit import cells_in_unit, in_unit, unit_facts
from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.columns import used
from partner_program.domain.register import COLUMNS, Cell, Register, RegisterPartner, cells


def register_facts(register: Register) -> dict[str, object]:
    """Return the register for JSON: cents, basis points, ISO days, null for a missing value."""
    return {
        "billing_month": str(register.billing_month),
        "revision": register.revision,
        "effective_on": plain(register.effective_on),
        "status": register.status,
        **unit_facts(register.unit),
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
    left_out.add("unit")
    if partner.qualifying_eur_cents is None:
        left_out.add("window")
    facts = {name: plain(getattr(partner, name)) for name in partner.__dataclass_fields__ if name not in left_out}
    return in_unit(facts, partner.unit)


def register_json(register: Register) -> str:
    """Return the whole register as JSON for programs."""
    # The standard library indents in Python alone, which takes ten times as long; the bytes are the same.
    return to_json(register_facts(register), indent=1).decode() + "\n"


def register_csv(register: Register) -> str:
    """Return the register as CSV (RFC 4180), one row a partner; money in cents, discounts in basis points."""
    text = io.StringIO()
    columns = used(COLUMNS, register.partners)
    names = list(cells_in_unit(dict.fromkeys(columns), register.unit))
    writer = csv.DictWriter(text, names, lineterminator="\r\n")
    writer.writeheader()
    for each in register.partners:
        row: dict[str, Cell] = cells_in_unit(cells(each, columns), register.unit)
        writer.writerow({name: safe_cell(value) for name, value in row.items()})
    return text.getvalue()
