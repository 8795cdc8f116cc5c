"""Reads what an entity has billed so far for a month to come, and the lines that say what else it may bill.

All of it in one snapshot, and grouped in the database. A month to come is not closed: nobody asks for its close.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from partner_program.adapters.billing.lines import (
    currency_expected,
    is_sound_account,
    name_of,
    plain_text,
    read_day,
)
from partner_program.adapters.billing.pull import COLUMNS, LINES, RESELLERS, open_snapshot
from partner_program.adapters.billing.snapshot import BillingSnapshot
from partner_program.adapters.billing.tally import read_lines, span_of
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import Deadline, answer_within, deadline_seconds
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import LARGEST_WHOLE
from partner_program.domain.forecast_lines import CREDIT, FEE, USAGE, ComingMonth, LastLines
from partner_program.domain.program import LargestLine
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import POSTED, EntityRevenue


def read_coming_month(
    connection: ConnectionFields,
    entity: Entity,
    month: BillingMonth,
    *,
    largest_line: LargestLine,
    sql_folder: Path,
    posted_before: date | None = None,
) -> ComingMonth:
    """Read an entity's lines for a month to come; what is wrong with the entity becomes the `fault` of its revenue.

    With `posted_before` only the lines that were posted before that day are there: what was known on it.
    """

    def read(deadline: Deadline) -> ComingMonth:
        with open_snapshot(connection, entity, sql_folder, deadline, True) as snapshot:
            snapshot.expect(LINES, COLUMNS[LINES])
            snapshot.expect(RESELLERS, COLUMNS[RESELLERS])
            snapshot.posted_before = posted_before
            return _read(snapshot, entity, month, largest_line)

    try:
        with without_collecting():
            return answer_within(deadline_seconds(connection), read)
    except Refusal as fault:
        return ComingMonth(EntityRevenue(entity.entity, (), (), (), (), fault=str(fault)))


def _read(snapshot: BillingSnapshot, entity: Entity, month: BillingMonth, largest: LargestLine) -> ComingMonth:
    lines = read_lines(snapshot, month, largest)
    listed = tuple(sorted({plain_text(account_id) for (account_id,) in snapshot.rows("reseller_accounts")}))
    revenue = EntityRevenue(
        entity.entity,
        groups=lines.groups(),
        faulty_lines=tuple(sorted(lines.faulty, key=repr)),
        closes=(),
        reseller_accounts=listed,
        fault=lines.fault,
    )
    last: list[LastLines] = []
    unsound: set[str] = set()
    for found in _last_lines(snapshot, month, largest):
        if isinstance(found, str):
            unsound.add(found)
        else:
            last.append(found)
    return ComingMonth(revenue, tuple(last), tuple(sorted(unsound)))


def _last_lines(snapshot: BillingSnapshot, month: BillingMonth, largest: LargestLine) -> Iterator[LastLines | str]:
    """Give the lines that may come again, and in place of those that cannot be relied on their account."""
    before = month.preceding
    days = {"first_day_before": str(before.first_day), "first_day_two_before": str(before.preceding.first_day)}
    kinds = {"fees": FEE, "metered": USAGE, "credits": CREDIT}
    day = cache(read_day)  # a month has few days, and as many as a million rows
    for row in snapshot.rows("renewals", **span_of(month), **days, **kinds, posted=POSTED):
        yield _sound(row, largest, day) or name_of(row[0])


def _sound(row: tuple[Any, ...], largest: LargestLine, day: Callable[[Any], date | None]) -> LastLines | None:
    account_id, currency, kind, start, end, term, lines, net, whole = row
    first, after = day(start), day(end)
    amounts = all(
        type(each) is int and abs(each) <= min(lines * largest.of(currency), LARGEST_WHOLE) for each in (net, whole)
    )
    sound = is_sound_account(account_id) and currency_expected(currency) is None and amounts
    if not sound or first is None or after is None or after <= first or not _is_term(term):
        return None
    return LastLines(account_id, currency, kind, term, first, after, lines, net, whole)


def _is_term(term: object) -> bool:
    return term is None or (type(term) is int and 1 <= term <= 999)
