"""Reads what the lines of a month say of their orders: grouped by the database, and judged by the pull's own rules.

As in a pull, only the accounts in which something looks wrong are read line by line. What an order says decides nothing
about whether its line counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from partner_program.adapters.billing.lines import (
    BillingLine,
    cell_for_people,
    currency_expected,
    faulty_line,
    first_fault,
    group_of,
    is_sound_account,
    name_of,
    plain_text,
    read_day,
    short,
)
from partner_program.adapters.billing.pull import COLUMNS, LINES, open_snapshot
from partner_program.adapters.billing.shapes import IN_DOUBT, SHAPE_BINDS, Shapes
from partner_program.adapters.billing.snapshot import COLUMNS_OF_ORDERS, BillingFault, BillingSnapshot, UndecodableText
from partner_program.adapters.billing.tally import (
    MOST_FAULTY_LINES,
    lines_without_own_id,
    read_again,
    rows_of_accounts,
    span_of,
)
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import Deadline, answer_within, deadline_seconds
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import BP
from partner_program.domain.order_lines import OrderLines, OrderLinesRead
from partner_program.domain.program import LargestLine
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import NO_SHARE, THIS_PERIOD, FaultyLine, counts, has_share, may_count, share_of

_DEMANDED = tuple(name for name in COLUMNS[LINES] if name not in (*COLUMNS_OF_ORDERS, "service_id"))
_WRONG = -1  # what the statement gives for a discount that cannot be relied on


def read_order_lines(
    connection: ConnectionFields, entity: Entity, month: BillingMonth, *, largest_line: LargestLine, sql_folder: Path
) -> OrderLinesRead:
    """Read what an entity's lines of a month say of their orders, as they are now; a fault becomes the `fault`."""

    def read(deadline: Deadline) -> OrderLinesRead:
        try:
            return _read(deadline, any_bytes=False)
        except UndecodableText:
            return _read(deadline, any_bytes=True)

    def _read(deadline: Deadline, *, any_bytes: bool) -> OrderLinesRead:
        with open_snapshot(connection, entity, sql_folder, deadline, any_bytes) as snapshot:
            snapshot.expect(LINES, _DEMANDED)
            return _Reading(snapshot, entity, month, largest_line).result()

    try:
        with without_collecting():
            return answer_within(deadline_seconds(connection), read)
    except Refusal as fault:
        return OrderLinesRead(entity.entity, fault=str(fault))


class _Reading:
    """The lines of one month, as they are taken from one snapshot."""

    def __init__(
        self, snapshot: BillingSnapshot, entity: Entity, month: BillingMonth, largest_line: LargestLine
    ) -> None:
        self._snapshot, self._entity, self._month, self._largest = snapshot, entity, month, largest_line
        self._days = _Days(month.last_day)
        self._shapes = Shapes()
        self._lines: list[OrderLines] = []
        self._faulty: list[FaultyLine] = []
        self._doubtful: list[FaultyLine] = []
        self._figures: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def result(self) -> OrderLinesRead:
        accounts, suspect = self._grouped()
        nameless = lines_without_own_id(self._snapshot, self._month)
        suspect |= {account_id for _, account_id in nameless}
        repeated = {line_id for line_id, _ in nameless}
        if suspect:
            keys, again = read_again(self._snapshot, accounts, suspect)
            for account_id in again:
                del accounts[account_id]
            self._judge(rows_of_accounts(self._snapshot, self._month, keys, of_orders=True), repeated)
        strays = self._snapshot.rows("stray_lines", **span_of(self._month))
        self._judge(((None, None, None, None, *row) for row in strays), repeated)
        for rows in accounts.values():
            self._take(rows)
        return OrderLinesRead(
            self._entity.entity,
            lines=tuple(self._lines),
            faulty=tuple(sorted(self._faulty, key=repr)),
            doubtful=tuple(sorted(self._doubtful, key=repr)),
            lacks=self._snapshot.lacks(COLUMNS_OF_ORDERS[:3]),
            figures={currency: (lines, amount) for currency, (lines, amount) in sorted(self._figures.items())},
        )

    def _grouped(self) -> tuple[dict[Any, list[tuple[Any, ...]]], set[Any]]:
        """The rows that count by account, of every account that has lines; and the accounts with anything in doubt."""
        month, largest = self._month, self._largest.smallest
        bounds = {"days": month.days, "smallest": -largest, "largest": largest}
        accounts: dict[Any, list[tuple[Any, ...]]] = {}
        suspect: set[Any] = set()
        currencies = _Currencies()
        counted: dict[Any, bool] = {}
        for row in self._snapshot.rows("month_groups_of_orders", **span_of(month), **bounds, **SHAPE_BINDS):
            _, day, given, _, who, currency, shape, _, _, _ = row
            who = short(who)
            rows = accounts.get(who)
            if rows is None:
                rows = accounts[who] = []
                if not is_sound_account(who):
                    suspect.add(who)
            counts_here = counted.get(shape)
            if counts_here is None:
                found = self._shapes[shape]
                counts_here = counted[shape] = found.charge_kind == IN_DOUBT or counts(found)
            if shape is None or not currencies[currency]:
                suspect.add(who)
            elif counts_here:
                rows.append(row)
                if not _is_discount(given) or self._days[day] is _NO_DAY:
                    suspect.add(who)
        return accounts, suspect

    def _take(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take groups in which nothing is in doubt."""
        days = self._month.days
        for product, day, given, end, who, currency, shape, lines, total, minor_days in rows:
            kind, _, term, way, period = self._shapes[shape]
            figures = self._figures[currency]
            figures[0] += lines
            figures[1] += total
            if way is not NO_SHARE:
                share_of_days = period if way is THIS_PERIOD else term * days
                ordered_on, last = self._days[day], self._days.end(end)
                order = (who, currency, plain_text(product), ordered_on, given, last, kind, term, lines)
                self._lines.append(OrderLines(*order, minor_days, share_of_days))

    def _judge(self, rows: Iterable[tuple[Any, ...]], repeated: Collection[Any]) -> None:
        """Judge lines one by one; before each are its product, discount, day of the order and day of the invoice."""
        for product, given, day, posted, *fields in rows:
            line = BillingLine._make(fields)
            wrong = first_fault(line, self._largest.of(line.currency), repeated)
            if wrong is not None:
                if may_count(line):
                    self._faulty.append(faulty_line(line, *wrong))
                    if len(self._faulty) > MOST_FAULTY_LINES:
                        raise BillingFault(f"more than {MOST_FAULTY_LINES:,} lines are faulty")
                continue
            if not counts(line):
                continue
            group = group_of(line, self._month)
            figures = self._figures[group.currency]
            figures[0] += 1
            figures[1] += group.net_amount_minor
            if not has_share(group):
                continue
            doubt = _doubt(given, day, posted, self._month)
            if doubt is not None:
                self._doubtful.append(_doubtful_line(line, *doubt))
                given = day = None
            ordered_on, last = self._days[day], self._days.end(line.service_end)
            order = (group.account_id, group.currency, plain_text(product), ordered_on, given, last)
            self._lines.append(
                OrderLines(*order, group.charge_kind, group.term_months, 1, *share_of(group, self._month.days))
            )


_NO_DAY = date.max  # what cannot be the day of an order of the month


class _Days(dict[Any, date | None]):
    """Days by how the database writes them, each read once; `_NO_DAY` for what is no day, or one after the month."""

    def __init__(self, last_day: date) -> None:
        super().__init__()
        self._last_day = last_day
        self._ends: dict[str, date] = {}

    def __missing__(self, written: Any) -> date | None:
        day = None if written is None else read_day(written) or _NO_DAY
        self[written] = _NO_DAY if day is not None and day > self._last_day else day
        return self[written]

    def end(self, written: str) -> date:
        """Read the end of a sound line."""
        if written not in self._ends:
            self._ends[written] = date.fromisoformat(written)
        return self._ends[written]


class _Currencies(dict[Any, bool]):
    """Whether the amounts of a currency can be counted, each judged once."""

    def __missing__(self, currency: Any) -> bool:
        self[currency] = currency_expected(currency) is None
        return self[currency]


def _is_discount(given: object) -> bool:
    return given is None or (isinstance(given, int) and 0 <= given < BP)


def _doubt(given: object, day: object, posted: object, month: BillingMonth) -> tuple[str, object, str] | None:
    """Return what cannot be right in what a line says of its order: the column, what was found, what is expected."""
    if given == BP:
        return "discount_bp", given, f"less than {BP}: nothing would be left to pay, and no list price follows"
    if not _is_discount(given):
        return "discount_bp", given, f"whole basis points from 0 to {BP - 1}, or empty"
    if day is None:
        return None
    ordered_on, posted_on = read_day(day), read_day(posted)
    if ordered_on is None:
        return "ordered_on", day, "a day as YYYY-MM-DD, or empty"
    if ordered_on > month.last_day:
        return "ordered_on", day, f"a day up to {month.last_day}: the line is one of {month}"
    if posted_on is not None and ordered_on > posted_on:
        return "ordered_on", day, f"a day up to that of its invoice, {posted_on}"
    return None


def _doubtful_line(line: BillingLine, column: str, found: object, expected: str) -> FaultyLine:
    return FaultyLine(
        line_id=name_of(line.line_id),
        account_id=line.account_id,
        currency=line.currency,
        charge_kind=line.charge_kind,
        document_status=line.document_status,
        net_amount_minor=line.net_amount_minor,
        column=column,
        found=cell_for_people(found),
        expected=expected,
    )
