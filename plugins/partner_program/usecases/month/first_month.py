"""Checks that a person, and not the schedule, puts the programme's first month in force.

When a paused schedule is switched on, it starts the newest month at once. Months are assessed in order: if that month
were the first to decide, the migration and all earlier months could only become history.
"""

from partner_program.adapters.database import history as settlement_history
from partner_program.domain import month_order
from partner_program.usecases.installation import Installation


def check_someone_began(installation: Installation) -> None:
    """Refuse a scheduled month while none is in force."""
    with installation.database.reading() as connection:
        assessed = settlement_history.assessed_months(connection)
    month_order.check_someone_began(assessed=assessed)
