"""Keeps reports from telling amounts in EUR of months that were counted in another unit."""

from partner_program.adapters.database import history as settlement_history
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import NotDefined
from partner_program.usecases.installation import Installation


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


def unit_of_month(installation: Installation, month: BillingMonth) -> Unit:
    """What a month was counted in, or would be by today's programme where it is not settled."""
    units = {program.unit for program in installation.programs}
    if len(units) == 1:
        return units.pop()
    with installation.database.reading() as connection:
        settlements = settlement_history.settlements_of(connection, month)
    day = settlement_history.first_day(settlements) if settlements else installation.today()
    return installation.tier_names.unit_of(month, day)
