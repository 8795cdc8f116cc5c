"""Measures of speed and memory, each with the limit that it has to keep: `python -m bench`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure, the limit that it must not pass, and how it came about."""

    name: str
    figure: float
    limit: float
    unit: str
    how: str

    @property
    def within(self) -> bool:
        """Whether the figure keeps its limit."""
        return self.figure <= self.limit
