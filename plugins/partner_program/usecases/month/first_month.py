"""The programme's first month: which it is, and that a person, and not the schedule, puts it in force.

When a paused schedule is switched on, it starts the newest month at once. Months are assessed in order: if that month
were the first to decide, the migration and all earlier months could only become history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.adapters.database import history as settlement_history
from partner_program.domain import month_order
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class MigrationMonth:
    """The month that decides the first tiers, and the first day of its rates: that of the first programme file."""

    month: BillingMonth
    effective_on: date

    @property
    def dag_id(self) -> str:
        """The DAG that settles it, as in `migration_2015`; the plugin that writes runs' notes knows it by its form."""
        return f"migration_{self.effective_on.year}"


def migration_month(programs: Sequence[Program]) -> MigrationMonth:
    """The whole month before the first day on which a programme was in force."""
    first = min(program.in_force_from for program in programs)
    return MigrationMonth(BillingMonth.of(first).preceding, first)


def check_someone_began(installation: Installation) -> None:
    """Refuse a scheduled month while none is in force."""
    with installation.database.reading() as connection:
        assessed = settlement_history.assessed_months(connection)
    month_order.check_someone_began(assessed=assessed)
