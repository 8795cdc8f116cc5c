"""What the DAGs take from the programme files as Airflow reads them: the zone of their schedules, the first month.

Airflow reads DAGs again and again, so that nothing else is done here: some 20 milliseconds, and no connection.
"""

import logging
from datetime import UTC, datetime

from partner_program.airflow_steps.running import installation
from partner_program.domain.program import time_in_the_programme
from partner_program.domain.refusals import Refusal
from partner_program.usecases.month.first_month import MigrationMonth, migration_month

_log = logging.getLogger(__name__)


def schedule_zone() -> str:
    """The name of the time zone of the programme in force now.

    Where no programme file can be read, UTC: the schedule goes on, and its run says by name, with an alert, what is
    wrong. Refusing here would take the DAG away, and nobody would be told that a month was not begun.
    """
    try:
        programs = installation().programs
    except (Refusal, OSError) as fault:
        _log.warning("the schedule is in UTC until this is mended: %s", fault)
        return "UTC"
    return str(time_in_the_programme(programs, moment=datetime.now(UTC)).tzinfo)


def first_month() -> MigrationMonth:
    """The month whose revenue decides the programme's first tiers; raises `Refusal` for unsound programme files."""
    return migration_month(installation().programs)
