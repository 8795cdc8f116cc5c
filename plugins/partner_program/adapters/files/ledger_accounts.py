"""Reads which accounts a ledger has for discounts: `program/ledger_accounts.csv` of the installation's include folder.

A row is for an entity, a product family and a tier, each of them `*` where it is for all. The row that names most
decides, the entity before the product, the product before the tier.
"""

import re
from pathlib import Path

from partner_program.adapters.files.csv_sheet import Column, Form, read_sheet
from partner_program.adapters.files.faults import quoted, refuse_unsound
from partner_program.adapters.files.sheet_checks import check_keys
from partner_program.adapters.files.values import choice, code, entity_code, text
from partner_program.domain.posting import ANY, TIER_WORDS, LedgerAccount
from partner_program.domain.refusals import Refusal

FILE = "ledger_accounts.csv"
_TIER = re.compile(r"[1-9]\d?", re.ASCII)


def _entity(written: str) -> str:
    return written if written == ANY else entity_code(written)


def _product(written: str) -> str:
    return written if written == ANY else text(written)


def _tier(written: str) -> str:
    if _TIER.fullmatch(written):
        return written
    try:
        return choice(written, TIER_WORDS)
    except Refusal as refusal:
        raise Refusal(f"{refusal}, or the number of a tier") from refusal


FORM = Form(
    FILE,
    (
        Column("entity", _entity),
        Column("product", _product),
        Column("tier", _tier),
        Column("debit_account", code),
        Column("credit_account", code),
    ),
    key=("entity", "product", "tier"),
    build=LedgerAccount,
)


def load_ledger_accounts(folder: Path) -> tuple[LedgerAccount, ...]:
    """Read the file; raises `UnsoundFiles` with every fault."""
    sheet = read_sheet(folder, FORM)
    check_keys(sheet)
    for row, (debit, credit) in sheet.rows("debit_account", "credit_account"):
        if debit == credit:
            fault = f"{quoted(credit)} is the debit account too, expected another one: nothing would be posted"
            sheet.fault(row, "credit_account", fault)
    if sheet.records.header is not None and not sheet.records.lines and not sheet.records.odd:
        sheet.faults.add(1, "rows", "are missing, expected at least one: *,*,* is for every discount")
    refuse_unsound([sheet.faults])
    return sheet.built()
