"""Units that are approved free of charge, beside what an entity bills at nothing (rules 2 and 10).

"Seeding units: We can provide up to five servers for free for a certain period". Which line is which unit is not known:
a billing system may bill other things at nothing too. A person compares the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.single_lines import LinesRead

_CHARGE_KIND = "recurring"  # what runs; usage of nothing is no service
_POSTED = "posted"


@dataclass(frozen=True, slots=True)
class ApprovedUnits:
    """An approval of units that is in force, or stopped as its partner is not authorised; `valid_to` is exclusive."""

    request_id: str
    state: str
    units: int
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class CountedBenefit:
    """A benefit of which units are approved on a day; a `units_limit` below them was made lower later."""

    benefit: str
    units_in_force: int
    units_limit: int | None
    approvals: tuple[ApprovedUnits, ...]


@dataclass(frozen=True, slots=True, order=True)
class FreeLine:
    """A posted line of recurring fees with an amount of nothing; `service_end` is exclusive."""

    entity: str
    account_id: str
    line_id: str
    service_start: date
    service_end: date


@dataclass(frozen=True, slots=True)
class FreeUnits:
    """A partner's units on a day and its lines of nothing; `not_read` says of which entities lines are not known.

    `faulty_lines` are the ids of lines that could not be judged, by entity.
    """

    partner_id: str
    on: date
    benefits: tuple[CountedBenefit, ...]
    lines: tuple[FreeLine, ...]
    not_read: Mapping[str, str]
    faulty_lines: Mapping[str, tuple[str, ...]]


def free_lines(reads: Sequence[LinesRead], *, day: date) -> tuple[FreeLine, ...]:
    """The lines of nothing whose service runs on a day: of a service billed month by month, one line each."""
    found = (
        FreeLine(
            read.entity,
            line.group.account_id,
            line.line_id,
            date.fromisoformat(line.service_start),
            date.fromisoformat(line.service_end),
        )
        for read in reads
        for line in read.lines
        if line.group.charge_kind == _CHARGE_KIND
        and line.group.document_status == _POSTED
        and line.group.net_amount_minor == 0
    )
    return tuple(sorted(line for line in found if line.service_start <= day < line.service_end))
