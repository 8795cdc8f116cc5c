"""A month's register, as a value or a file: what was decided for every authorised partner, where every line went.

Not the registry, which has who the partners are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from partner_program.adapters.database import register as register_store
from partner_program.adapters.reports.register import register_csv, register_json
from partner_program.adapters.reports.workbook import register_xlsx
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.register import Register
from partner_program.usecases.installation import Installation

RegisterForm = Literal["json", "csv", "xlsx"]


def month_register(installation: Installation, month: BillingMonth) -> Register:
    """The register of a month; refused where the month is not assessed."""
    with installation.database.reading() as connection:
        return register_store.read_register(connection, month)


@dataclass(frozen=True, slots=True)
class RegisterStart:
    """A register with the rows of its first partners, or of all.

    `tiers` has every partner's, None where held; `decided_later` those whose rate a later month decides.
    """

    register: Register
    tiers: Mapping[str, int | None]
    decided_later: Mapping[str, BillingMonth]


def register_start(installation: Installation, month: BillingMonth, count: int | None) -> RegisterStart:
    """A month's register with the rows of so many partners, of all with None; the rows of others are not read."""
    with installation.database.reading() as connection:
        tiers = register_store.partners_and_tiers(connection, month)
        first = None if count is None else list(tiers)[:count]
        later = register_store.partners_decided_later(connection, month)
        return RegisterStart(register_store.read_register(connection, month, first), tiers, later)


def register_file(installation: Installation, month: BillingMonth, form: RegisterForm) -> bytes:
    """The register of a month as a file: JSON and CSV in UTF-8, or a workbook."""
    register = month_register(installation, month)
    if form == "xlsx":
        return register_xlsx(register)
    return (register_json(register) if form == "json" else register_csv(register)).encode()
