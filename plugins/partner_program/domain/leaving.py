"""From which day a partner that was suspended or ended is without the programme (rules 9 and 10).

Its status in the registry changes at once; what it has holds until the day that was named.
"""

from collections.abc import Iterable
from datetime import date

from partner_program.domain.acts import PARTNER_RESUMED


def leaves_on(steps: Iterable[tuple[str, date]]) -> date | None:
    """The first day without the programme; None where no step says it.

    `steps` are the kinds and days of a partner's acts of suspending, ending and going on, oldest first. A later one
    moves no day to a later one: orders were told the first.
    """
    days: list[date] = []
    for kind, day in steps:
        if kind == PARTNER_RESUMED:
            days.clear()
        else:
            days.append(day)
    return min(days, default=None)
