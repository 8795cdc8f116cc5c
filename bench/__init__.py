"""Measurements of speed and memory, each compared with its limit. Run them all with `python -m bench`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure with its unit, the limit that it must not exceed, and how it was measured."""

    name: str
    figure: float
    limit: float
    unit: str
    how: str

    @property
    def within(self) -> bool:
        """Whether the figure is at most the limit."""
        return self.figure <= self.limit
