"""Reads an entity's close of a month, and checks whether the lines found agree with it (rule 7, contract 1)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from partner_program.adapters.billing.lines import cell_for_people, is_sound_currency
from partner_program.adapters.billing.snapshot import BillingFault
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import LARGEST_WHOLE
from partner_program.domain.plurals import plural
from partner_program.domain.revenue import PeriodClose

_MANY = 12  # up to this number, each faulty line is tried as counted and as not counted by the entity


class UnsureLine(NamedTuple):
    """A line that the entity may or may not have counted; a value that cannot be relied on is None."""

    currency: str | None
    net_amount_minor: int | None


def read_close_rows(rows: Iterable[tuple[Any, ...]], month: BillingMonth) -> tuple[PeriodClose, ...]:
    """Read the closes of a month, one per currency; raises `BillingFault` for a row that cannot be relied on."""
    closes = [PeriodClose(*row) for row in rows]
    for close in closes:
        where = f"month {month}: program_period_close"
        if not is_sound_currency(close.currency):
            raise BillingFault(
                f"{where}: currency is {cell_for_people(close.currency)}, expected three capital letters"
            )
        for column in ("line_count", "control_total_minor"):
            value = getattr(close, column)
            if not isinstance(value, int) or abs(value) > LARGEST_WHOLE or (column == "line_count" and value < 0):
                raise BillingFault(
                    f"{where}: {close.currency}: {column} is {cell_for_people(value)}, expected a whole number"
                )
    for currency, count in Counter(close.currency for close in closes).items():
        if count > 1:
            raise BillingFault(f"month {month}: {currency}: closed {count} times, expected once")
    return tuple(sorted(closes))


def close_fault(
    month: BillingMonth,
    closes: Sequence[PeriodClose],
    posted: Mapping[str, tuple[int, int]],
    unsure: Sequence[UnsureLine],
) -> str | None:
    """Return why the month does not count as closed, or None.

    `posted` has the number of sound posted lines of each currency and their sum in minor units.
    """
    if not closes:
        return f"month {month} not closed"
    closed = {close.currency for close in closes}
    faults = [
        f"month {month} not closed for {currency}: {plural(posted[currency][0], 'line was found', 'lines were found')}"
        for currency in sorted(posted)
        if currency not in closed
    ]
    for close in closes:
        lines, total = posted.get(close.currency, (0, 0))
        perhaps = [line.net_amount_minor for line in unsure if line.currency in (None, close.currency)]
        if not _agrees(close.line_count - lines, close.control_total_minor - total, perhaps):
            beside = f" besides {len(perhaps)} that cannot be relied on" if perhaps else ""
            faults.append(
                f"month {month}: {close.currency}: the close says {plural(close.line_count, 'line')}, "
                f"{plural(lines, 'was', 'were')} found{beside};"
                f" its control total is {close.control_total_minor}, theirs is {total}"
            )
    return "; ".join(faults) or None


def _agrees(lines: int, total: int, perhaps: list[int | None]) -> bool:
    """Return whether the difference between the close and the sound lines can be explained by the unsure lines.

    `lines` and `total` are the difference; the entity may have counted each unsure line (`perhaps`) or not.
    """
    amounts = [amount for amount in perhaps if amount is not None]
    if len(amounts) < len(perhaps):
        return 0 <= lines <= len(perhaps)
    reached = {(0, 0), (len(amounts), sum(amounts))}
    if len(amounts) <= _MANY:
        for amount in amounts:
            reached |= {(count + 1, so_far + amount) for count, so_far in reached}
    return (lines, total) in reached
