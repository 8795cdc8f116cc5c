"""Keeps reports from telling amounts in EUR of months that were counted in another unit."""

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotDefined
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import unit_of_month


def check_in_euro(installation: Installation, what: str, *months: BillingMonth) -> None:
    """Refuse what tells amounts in EUR alone, by the unit of the first month that was counted in another."""
    if all(program.unit.is_euro for program in installation.programs):
        return
    for month in months:
        unit = unit_of_month(installation, month)
        if not unit.is_euro:
            raise NotDefined(
                f"{what} is told in EUR alone, and {month} is counted in {unit.name}: ask register, explain and quote"
            )
