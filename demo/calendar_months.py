"""The months of the demo world, and how to add months to a day."""

import calendar
from datetime import date

from partner_program.domain.billing_month import BillingMonth

FIRST_MONTH = BillingMonth(2014, 7)
JUNE = BillingMonth(2015, 6)
JULY = BillingMonth(2015, 7)
LAST_MONTH = BillingMonth(2015, 8)


def months_between(first: BillingMonth, last: BillingMonth) -> tuple[BillingMonth, ...]:
    """All months from the first to the last, both included."""
    months = [first]
    while months[-1] < last:
        months.append(months[-1].following)
    return tuple(months)


MONTHS = months_between(FIRST_MONTH, LAST_MONTH)


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month (31 January becomes 28 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
