"""Reads what an entity has billed so far for a month to come, and the lines that say what else it may bill.

All of it in one snapshot, and grouped in the database. A month to come is not closed: nobody asks for its close.
"""

from collections.abc import Iterable
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
from partner_program.adapters.billing.snapshot import BillingSnapshot, UndecodableText
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
        try:
            return _once(deadline, any_bytes=False)
        except UndecodableText:
            return _once(deadline, any_bytes=True)  # slower: each text is looked at

    def _once(deadline: Deadline, *, any_bytes: bool) -> ComingMonth:
        with open_snapshot(connection, entity, sql_folder, deadline, any_bytes) as snapshot:
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
    before = month.preceding
    days = {"first_day_before": str(before.first_day), "first_day_two_before": str(before.preceding.first_day)}
    kinds = {"fees": FEE, "metered": USAGE, "credits": CREDIT}
    rows = snapshot.rows("renewals", **span_of(month), **days, **kinds, posted=POSTED)
    _take_last_lines(rows, largest, last, unsound)
    return ComingMonth(revenue, tuple(last), tuple(sorted(unsound)))


def _take_last_lines(
    rows: Iterable[tuple[Any, ...]], largest: LargestLine, last: list[LastLines], unsound: set[str]
) -> None:
    """Take the lines that may come again, and of those that cannot be relied on the account."""
    day = cache(read_day)  # a month has few days, currencies and terms, and as many as a million rows
    limit = cache(lambda currency: 0 if currency_expected(currency) else largest.of(currency))
    for account_id, currency, kind, start, end, term, lines, net, whole in rows:
        first, after, most = day(start), day(end), min(lines * limit(currency), LARGEST_WHOLE)
        if (
            most
            and first is not None
            and after is not None
            and first < after
            and is_sound_account(account_id)
            and type(net) is type(whole) is int
            and -most <= net <= most
            and -most <= whole <= most
            and _is_term(term)
        ):
            last.append(LastLines(account_id, currency, kind, term, first, after, lines, net, whole))
        else:
            unsound.add(name_of(account_id))


def _is_term(term: object) -> bool:
    return term is None or (type(term) is int and 1 <= term <= 999)
