"""Lines that count in a month, with what their orders say: when it was placed, and the partner discount that it got."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from partner_program.domain.revenue import FaultyLine


class OrderLines(NamedTuple):
    """Lines of one account that count alike and were ordered alike; what an entity's database adds up.

    `share_minor / share_of` is what they are worth in the month, in minor units of the currency (rule 2).
    `discount_bp` and `ordered_on` are None where the lines do not say it, or where it cannot be right. `term_months` is
    1 where the amount pays for exactly its period, whose days are then `period_days`.

    `service_end` is exclusive; `price_minor / price_of` is what they cost in a whole month, or in a day where they pay
    for exactly a period. Both are there only where the ends of services were asked for. Of a piece of a term that
    begins in the month, whose price of a whole month nobody adds up, it is what the month has of it.
    """

    account_id: str
    currency: str
    product: str
    ordered_on: date | None
    discount_bp: int | None
    share_minor: int
    share_of: int
    lines: int
    term_months: int
    service_end: date | None
    price_minor: int = 0
    price_of: int = 1
    period_days: int = 0

    @property
    def order(self) -> "Order":
        """What the lines have in common that were ordered alike."""
        return self[:5]


Order = tuple[str, str, str, date | None, int | None]


@dataclass(frozen=True, slots=True)
class OrderLinesRead:
    """What an entity's database shows now of a month's orders; with a `fault` it could not be read.

    `faulty` are lines that do not count in the month. `doubtful` count, and what they say of their order cannot be
    right. `lacks` are the columns of orders that the lines do not have. `figures` are lines and whole amounts in minor
    units by currency, of every posted line of a kind that counts.
    """

    entity: str
    lines: tuple[OrderLines, ...] = ()
    faulty: tuple[FaultyLine, ...] = ()
    doubtful: tuple[FaultyLine, ...] = ()
    lacks: tuple[str, ...] = ()
    figures: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fault: str | None = None
