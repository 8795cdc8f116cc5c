"""A month's register, as a value or a file: what was decided for every authorised partner, where every line went.

Not the registry, which has who the partners are.
"""

from typing import Literal

from partner_program.adapters.database import register as register_store
from partner_program.adapters.reports.register import register_csv, register_json, register_xlsx
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.register import Register
from partner_program.usecases.installation import Installation

RegisterForm = Literal["json", "csv", "xlsx"]


def month_register(installation: Installation, month: BillingMonth) -> Register:
    """The register of a month; refused where the month is not assessed."""
    with installation.database.reading() as connection:
        return register_store.read_register(connection, month)


def register_file(installation: Installation, month: BillingMonth, form: RegisterForm) -> bytes:
    """The register of a month as a file: JSON and CSV in UTF-8, or a workbook."""
    register = month_register(installation, month)
    if form == "xlsx":
        return register_xlsx(register)
    return (register_json(register) if form == "json" else register_csv(register)).encode()
