"""The billing month: the calendar month whose invoiced revenue is assessed (rules 2 and 3)."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from partner_program.domain.refusals import Refusal

_FORMAT = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class BillingMonth:
    """A calendar month, written `YYYY-MM`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "BillingMonth":
        """Parse `YYYY-MM`; refuse anything else."""
        match = _FORMAT.fullmatch(text)
        if match is None or not 1 <= int(match[2]) <= 12 or not 1900 <= int(match[1]) <= 2999:
            raise Refusal(f"billing month {text!r}: expected YYYY-MM, as in 2015-06")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "BillingMonth":
        """The month in which a day lies."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        """Print as `YYYY-MM`."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def days(self) -> int:
        """How many days the month has."""
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """Its last day, whose links and grants decide."""
        return date(self.year, self.month, self.days)

    @property
    def following(self) -> "BillingMonth":
        """The month after it."""
        return BillingMonth(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def preceding(self) -> "BillingMonth":
        """The month before it."""
        return BillingMonth(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def covered_days(self, service_start: date, service_end: date) -> int:
        """How many days of this month lie in `[service_start, service_end)`."""
        start = max(service_start, self.first_day)
        end = min(service_end, self.following.first_day)
        return max((end - start).days, 0)


def months_later(day: date, months: int) -> date:
    """The day so many months later, clamped to the end of a shorter month; the last day of all where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
