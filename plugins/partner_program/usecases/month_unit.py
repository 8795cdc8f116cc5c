"""What settled months were counted in: amounts of two units are never compared or added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database.history import StoredSettlement
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.program_unit import Unit
from partner_program.domain.tier_names import TierNames
from partner_program.usecases.installation import Installation


def has_other_units(installation: Installation) -> bool:
    """Whether the programme's files count in more than one unit."""
    return len({program.unit for program in installation.programs}) > 1


def unit_of_month(installation: Installation, month: BillingMonth) -> Unit:
    """What a month was counted in, or would be by today's programme where it is not settled."""
    if not has_other_units(installation):
        return installation.programs[0].unit
    with installation.database.reading() as connection:
        return (
            unit_of_settled(installation, connection, month)
            or installation.program_on_or_first(installation.today()).unit
        )


def unit_of_settled(installation: Installation, connection: Connection, month: BillingMonth) -> Unit | None:
    """What a settled month was counted in; None for one that is not assessed."""
    settlements = settlement_history.settlements_of(connection, month)
    return installation.tier_names.unit_of(month, settlement_history.first_day(settlements)) if settlements else None


def program_of_month(
    installation: Installation, month: BillingMonth, settlements: Sequence[StoredSettlement]
) -> Program:
    """The programme against which a settled month is told; its unit is the month's.

    It is that of the day on which the newest revision took force: where that counts in another unit, the one of the
    month's first.
    """
    program = installation.program_on_or_first(settlement_history.effective_day(settlements) or month.last_day)
    day = settlement_history.first_day(settlements)
    if program.unit == installation.tier_names.unit_of(month, day):
        return program
    return installation.program_on_or_first(day or month.last_day)


@dataclass(frozen=True, slots=True)
class MonthUnits:
    """The unit of any month; one that is not settled would be counted in that of `today`.

    `first_days` has the day from which the first decision of each month holds, None for one that is history only; it
    is None where all programmes count in one unit.
    """

    names: TierNames
    today: date
    first_days: Mapping[BillingMonth, date | None] | None

    def __call__(self, month: BillingMonth) -> Unit:
        """What a month is counted in."""
        if self.first_days is None:
            return self.names.unit_of(month, self.today)
        return self.names.unit_of(month, self.first_days.get(month, self.today))


def units_of_months(installation: Installation) -> MonthUnits:
    """Look up what each settled month was counted in; nothing is read where all programmes count in one unit."""
    days = None
    if has_other_units(installation):
        with installation.database.reading() as connection:
            days = settlement_history.first_days(connection)
    return MonthUnits(installation.tier_names, installation.today(), days)
