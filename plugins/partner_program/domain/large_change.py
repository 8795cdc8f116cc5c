"""From which amounts on a change of revenue is pointed out to people; it decides nothing."""

from dataclasses import dataclass

from partner_program.domain.program_unit import Unit


@dataclass(frozen=True, slots=True)
class LargeChange:
    """Amounts in the programme's minor units.

    `at_least_cents` is needed beside a share: a few euros are never large, whatever their percentage. `alone_cents` is
    large by itself; None where no amount is.
    """

    at_least_cents: int = 500_00
    alone_cents: int | None = 10_000_00


LARGE = LargeChange()
ANY_AMOUNT = LargeChange(1, None)


def large_in(unit: Unit) -> LargeChange:
    """What is large where a programme file does not say it: what 500 and 10,000 of whole units are, nobody knows."""
    return LARGE if unit.decimals else ANY_AMOUNT
