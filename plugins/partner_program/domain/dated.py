"""Half-open periods of days, `[valid_from, valid_to)`."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `valid_from` until the day before `valid_to`, or without end where that is None."""

    valid_from: date
    valid_to: date | None = None

    def __contains__(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
