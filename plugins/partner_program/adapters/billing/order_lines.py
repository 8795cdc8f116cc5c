"""Reads what the lines of a month say of their orders: grouped by the database, and judged by the pull's own rules.

As in a pull, only the accounts in which something looks wrong are read line by line. What an order says decides nothing
about whether its line counts.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

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
from partner_program.adapters.billing.shapes import SHAPE_BINDS, Shapes
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
from partner_program.domain.revenue import (
    CHARGE_KINDS,
    NO_SHARE,
    PIECE_OF_TERM,
    THIS_PERIOD,
    FaultyLine,
    Way,
    counts,
    has_share,
    may_count,
    share_of,
)

_DEMANDED = tuple(name for name in COLUMNS[LINES] if name not in (*COLUMNS_OF_ORDERS, "service_id"))

_OF_INVOICES = tuple("posted_on" if name == "ordered_on" else name for name in COLUMNS_OF_ORDERS[:3])

# Kinds that count are told as one, and so are those that do not: what an order is due depends on none.
_BINDS = SHAPE_BINDS | {
    "kind_code": tuple(CHARGE_KINDS["recurring" if kind.counts else "setup"].code for kind in CHARGE_KINDS.values())
}


def read_order_lines(
    connection: ConnectionFields,
    entity: Entity,
    month: BillingMonth,
    *,
    largest_line: LargestLine,
    sql_folder: Path,
    with_ends: bool = False,
    by_invoice: bool = False,
) -> OrderLinesRead:
    """Read what an entity's lines of a month say of their orders, as they are now; a fault becomes the `fault`.

    `with_ends` keeps apart lines whose services end on other days: more groups. With `by_invoice`, the day of an order
    is that of its invoice, for a programme whose rates are for all services.
    """

    def read(deadline: Deadline) -> OrderLinesRead:
        try:
            return _read(deadline, any_bytes=False)
        except UndecodableText:
            return _read(deadline, any_bytes=True)

    def _read(deadline: Deadline, *, any_bytes: bool) -> OrderLinesRead:
        with open_snapshot(connection, entity, sql_folder, deadline, any_bytes) as snapshot:
            snapshot.expect(LINES, _DEMANDED)
            snapshot.by_invoice = by_invoice
            return _Reading(snapshot, entity, month, largest_line, with_ends).result()

    try:
        with without_collecting():
            return answer_within(deadline_seconds(connection), read)
    except Refusal as fault:
        return OrderLinesRead(entity.entity, fault=str(fault))


class _Reading:
    """The lines of one month, as they are taken from one snapshot."""

    def __init__(
        self,
        snapshot: BillingSnapshot,
        entity: Entity,
        month: BillingMonth,
        largest_line: LargestLine,
        with_ends: bool,
    ) -> None:
        self._snapshot, self._entity, self._month, self._largest = snapshot, entity, month, largest_line
        self._with_ends = with_ends
        self._shapes = Shapes()
        self._orders = _Orders(date.max if snapshot.by_invoice else month.last_day)
        self._lines: list[OrderLines] = []
        self._faulty: list[FaultyLine] = []
        self._doubtful: list[FaultyLine] = []
        self._figures: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def result(self) -> OrderLinesRead:
        groups = self._groups()
        accounts = set(map(short, set(map(_account, groups))))
        nameless = lines_without_own_id(self._snapshot, self._month)
        suspect = self._suspect(groups, accounts) | {account_id for _, account_id in nameless}
        repeated = {line_id for line_id, _ in nameless}
        if suspect:
            keys, again = read_again(self._snapshot, accounts, suspect)
            left_out = set(again)
            groups = [group for group in groups if short(_account(group)) not in left_out]
            self._judge(rows_of_accounts(self._snapshot, self._month, keys, of_orders=True), repeated)
        strays = self._snapshot.rows("stray_lines", **span_of(self._month))
        self._judge(((None, None, None, None, *row) for row in strays), repeated)
        self._take(groups)
        return OrderLinesRead(
            self._entity.entity,
            lines=tuple(self._lines),
            faulty=tuple(sorted(self._faulty, key=repr)),
            doubtful=tuple(sorted(self._doubtful, key=repr)),
            lacks=self._snapshot.lacks(_OF_INVOICES if self._snapshot.by_invoice else COLUMNS_OF_ORDERS[:3]),
            figures={currency: (lines, amount) for currency, (lines, amount) in sorted(self._figures.items())},
        )

    def _groups(self) -> list[tuple[Any, ...]]:
        """The month's lines as the database groups them."""
        month, largest = self._month, self._largest.smallest
        bounds = {"days": month.days, "smallest": -largest, "largest": largest}
        name = "month_groups_of_orders_and_ends" if self._with_ends else "month_groups_of_orders"
        return list(self._snapshot.rows(name, **span_of(month), **bounds, **_BINDS))

    def _suspect(self, groups: Sequence[tuple[Any, ...]], accounts: Collection[Any]) -> set[Any]:
        """Return the accounts with anything in doubt: each value is judged once, however many groups have it."""
        suspect = {account_id for account_id in accounts if not is_sound_account(account_id)}
        currencies = {each for each in set(map(_currency, groups)) if currency_expected(each) is not None}
        for order in set(map(_order, groups)):
            self._orders[order]
        orders = self._orders.wrong
        if currencies or orders or None in set(map(_shape, groups)):
            suspect |= {
                short(_account(group))
                for group in groups
                if _shape(group) is None
                or _currency(group) in currencies
                or (_order(group) in orders and counts(self._shapes[_shape(group)]))
            }
        return suspect

    def _take(self, groups: Iterable[tuple[Any, ...]]) -> None:
        """Take groups in which nothing is in doubt."""
        counted = _Counted(self._shapes)
        own = [group for group in groups if counted[_shape(group)]]
        currencies = set(map(_currency, own))
        for currency in currencies:
            same = own if len(currencies) == 1 else [group for group in own if _currency(group) == currency]
            read = self._figures[currency]
            read[0] += sum(map(_count, same))
            read[1] += sum(map(_total, same))
        if self._with_ends:
            self._lines += self._with_their_ends(own)
            return
        parts = {shape: self._part(shape) for shape in set(map(_shape, own))}
        orders, take = self._orders, self._lines.append
        for order, who, currency, shape, lines, _, minor_days in own:
            share_of, term = parts[shape]
            if share_of:
                product, day, given = orders[order]
                # written out, `_NO_PRICE` too: a star is slower, for tens of thousands of groups
                take(_make((who, currency, product, day, given, minor_days, share_of, lines, term, None, 0, 1, 0)))

    def _part(self, shape: Any) -> tuple[int, int]:
        """What the amounts of a shape are a part of, 0 where the month has none of them, and the months of its term."""
        _, _, term, way, period = self._shapes[shape]
        if way is NO_SHARE:
            return 0, term
        return period if way is THIS_PERIOD else term * self._month.days, term

    def _with_their_ends(self, groups: Iterable[tuple[Any, ...]]) -> Iterator[OrderLines]:
        """The lines of groups, with the ends of their services and what they cost."""
        ends = _Days()
        for order, end, who, currency, shape, lines, total, minor_days in groups:
            _, _, term, way, period = self._shapes[shape]
            if way is not NO_SHARE:
                share_of = period if way is THIS_PERIOD else term * self._month.days
                price = self._price(way, total, minor_days, term, period)
                found = who, currency, *self._orders[order], minor_days, share_of, lines, term, ends[end], *price
                yield _make(found)

    def _price(self, way: Way, total: int, minor_days: int, term: int, period: int) -> tuple[int, int, int]:
        """What a whole month costs, or a day of a period, with the period's days."""
        if way is PIECE_OF_TERM:
            return minor_days, term * self._month.days, 0
        return total, period if way is THIS_PERIOD else term, period

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
            read = self._figures[group.currency]
            read[0] += 1
            read[1] += group.net_amount_minor
            if not has_share(group):
                continue
            if self._snapshot.by_invoice:
                day = posted if read_day(posted) else None
            doubt = _doubt(given, None if self._snapshot.by_invoice else day, posted, self._month)
            if doubt is not None:
                self._doubtful.append(_doubtful_line(line, *doubt))
                given = day = None
            own = group.account_id, group.currency, plain_text(product), read_day(day), given
            share = share_of(group, self._month.days)
            end, price = None, _NO_PRICE
            if self._with_ends:
                end = read_day(line.service_end)
                price = self._price(group.way, group.net_amount_minor, share[0], group.term_months, group.period_days)
            self._lines.append(OrderLines(*own, *share, 1, group.term_months, end, *price))


# makes tens of thousands of them without running Python code for each
_make = cast(Callable[[tuple[Any, ...]], OrderLines], partial(tuple.__new__, OrderLines))
_NO_PRICE = 0, 1, 0  # where the ends of services are not asked for
# the last columns of a row, whatever is before them; the first is always the order
_account, _currency, _shape, _count, _total = map(itemgetter, range(-6, -1))
_order = itemgetter(0)
_DISCOUNT = re.compile(r"\d{1,4}", re.ASCII)


_Order = tuple[str, date | None, int | None]
_NOT_KNOWN: _Order = "", None, None


class _Orders(dict[Any, _Order]):
    """Product, day and discount by how the database tells an order, each read once.

    `wrong` are those in which one of the three cannot be right: nothing is known of these.
    """

    def __init__(self, last_day: date) -> None:
        super().__init__()
        self._last_day = last_day
        self._days = _Days()
        self.wrong: set[Any] = set()

    def __missing__(self, order: Any) -> _Order:
        found = self._read(order) if isinstance(order, str) else None
        if found is None:
            self.wrong.add(order)
        self[order] = found or _NOT_KNOWN
        return self[order]

    def _read(self, order: str) -> _Order | None:
        written, given, product = order.split("/", 2)
        day = self._days[written] if written else None
        if (written and (day is None or day > self._last_day)) or (given and not _DISCOUNT.fullmatch(given)):
            return None
        return plain_text(product), day, int(given) if given else None


class _Counted(dict[Any, bool]):
    """Whether lines of a shape count, each asked once."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self._shapes = shapes

    def __missing__(self, shape: Any) -> bool:
        self[shape] = counts(self._shapes[shape])
        return self[shape]


class _Days(dict[Any, date | None]):
    """Days as they are written, each read once."""

    def __missing__(self, written: Any) -> date | None:
        self[written] = read_day(written)
        return self[written]


def _doubt(given: object, day: object, posted: object, month: BillingMonth) -> tuple[str, object, str] | None:
    """Return what cannot be right in what a line says of its order: the column, what was found, what is expected."""
    if given == BP:
        return "discount_bp", given, f"less than {BP}: nothing would be left to pay, and no list price follows"
    if given is not None and not (isinstance(given, int) and 0 <= given < BP):
        return "discount_bp", given, f"whole basis points from 0 to {BP - 1}, or empty"
    if day is None or day == "":
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
