"""Who may put the programme's first month in force: a person, never the schedule.

A paused schedule that is let go begins the newest month at once, and months are assessed in order: were that month the
first in force, the migration and every month before it could be nothing but history from then on.
"""

from partner_program.adapters.database import history as settlement_history
from partner_program.domain import month_order
from partner_program.usecases.installation import Installation


def check_someone_began(installation: Installation) -> None:
    """Refuse a month that nobody asked for while none is in force; the schedule goes on from the first one."""
    with installation.database.reading() as connection:
        assessed = settlement_history.assessed_months(connection)
    month_order.check_someone_began(assessed=assessed)
