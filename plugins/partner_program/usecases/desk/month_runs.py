"""What a run of a month would find: looked at before somebody has it run."""

from dataclasses import dataclass
from datetime import date

from partner_program.adapters.database import history
from partner_program.adapters.database.waiting import brakes_released
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import IN_FORCE
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.first_month import migration_month
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.run import MonthRun


@dataclass(frozen=True, slots=True)
class BeforeRun:
    """How a month stands: `own_day` is the first day of its rates, `released_by` who released its brake since its run.

    `first` is the month that has to be the first, where none is in force.
    """

    own_day: date | None
    released_by: str | None
    first: BillingMonth | None


def before_run(installation: Installation, month: BillingMonth) -> BeforeRun:
    """How a month stands; the first month has a day before anything of it is in force."""
    first = migration_month(installation.programs)
    with installation.database.reading() as connection:
        months, settlements = history.assessed_months(connection), history.settlements_of(connection, month)
        own_day = first.effective_on if month == first.month else None
        return BeforeRun(
            own_day=history.effective_day(settlements) if settlements else own_day,
            released_by=brakes_released(connection).get(month),
            first=None if IN_FORCE in months.values() else first.month,
        )


def entities_asked(installation: Installation, month: BillingMonth, effective_on: date | None) -> list[str]:
    """The entities that a run would ask; raises what it would refuse at once."""
    request = MonthRequest(month, installation.today(), effective_on)
    return [each.entity for each in MonthRun(installation, request).begin()]
