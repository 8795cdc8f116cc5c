"""Reads the list of partners with their results of one month: searched, filtered, sorted, a page at a time.

The order is that of an index, what chooses partners has one of its own, and results are read of those alone that are
shown: a part of the list costs what it holds. Two things are looked for along the order instead, until the page is
full: what many have, and a piece of a name, for which neither database has an index.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, not_, or_, select, tuple_

from partner_program.adapters.database import schema
from partner_program.adapters.database.pieces import has_piece
from partner_program.adapters.database.settlement_counts import movements
from partner_program.domain.month_overview import Movement
from partner_program.domain.partner_list import Change, ListedMonth, ListedPartner, Order, Wanted

_PARTNER = ("partner_id", "company_name", "status", "account_manager_id", "country", "language")
_RESULTS = (
    "tier",
    "previous_tier",
    "earned_tier",
    "mrr_eur_cents",
    "monthly_fee_discount_bp",
    "rate_valid_from",
    "lifted_by",
)
_NO_MONTH = ListedMonth.none()
COMMON = 20  # what one of so many partners has is soon found in the order of the list
SORTED = 5_000  # so many partners are sorted sooner than found one by one in an order of all
PAIRS = 1_000  # more than there are tiers: makes one number of two
_DIRECTIONS: Mapping[Change, str] = {"raised": "rose", "lowered": "fell", "unchanged": "stayed"}
_WITH_A_RESULT: tuple[Change, ...] = ("raised", "lowered", "unchanged", "first")


def list_partners(
    connection: Connection,
    month: ListedMonth | None,
    wanted: Wanted,
    *,
    order: Order,
    after: str | None,
    count: int,
    of: int | None = None,
) -> list[ListedPartner]:
    """Return at most `count` partners after the partner `after`, in order; without a month they have no results.

    By revenue the highest comes first, then partners without any by their id. `of` is how many are wanted, where that
    is known: few are read and sorted, others are looked for along the order.
    """
    if order != "revenue":
        return _read(connection, _by_name_or_id(connection, month, wanted, order, after).limit(count))
    rest = _with_results(connection, month, wanted).where(schema.assessment.c.partner_id.is_(None))
    rest = rest.order_by(schema.partner.c.partner_id)
    has_no_rest = wanted.tier is not None or wanted.revenue is not None or wanted.change in _WITH_A_RESULT
    total = None if after is None else _total_of(connection, month, after)
    if after is not None and total is None:
        return _read(connection, rest.where(schema.partner.c.partner_id > after).limit(count))
    is_few = of is not None and of <= SORTED
    found = _read(connection, _by_revenue(connection, month, wanted, after, total, is_few=is_few).limit(count))
    if len(found) == count or has_no_rest:
        return found
    return [*found, *_read(connection, rest.limit(count - len(found)))]


def count_partners(connection: Connection, month: ListedMonth | None, wanted: Wanted) -> int:
    """Return how many partners are wanted."""
    if (kept := _kept_count(connection, month, wanted)) is not None:
        return kept
    query = select(func.count()).select_from(schema.partner).where(*_conditions(connection, month, wanted))
    return int(connection.execute(query).scalar_one())


def _read(connection: Connection, query: Select[Any]) -> list[ListedPartner]:
    return [ListedPartner(*row) for row in connection.execute(query)]


def _by_name_or_id(
    connection: Connection, month: ListedMonth | None, wanted: Wanted, order: Order, after: str | None
) -> Select[Any]:
    partner = schema.partner.c
    query = _with_results(connection, month, wanted, along=_is_common(connection, month, wanted))
    if order == "id":
        return (query if after is None else query.where(partner.partner_id > after)).order_by(partner.partner_id)
    if after is not None:
        name = connection.execute(select(partner.company_name).where(partner.partner_id == after)).scalar_one_or_none()
        if name is not None:  # where that partner has gone, the list begins again
            query = query.where(tuple_(partner.company_name, partner.partner_id) > tuple_(name, after))
    return query.order_by(partner.company_name, partner.partner_id)


def _by_revenue(
    connection: Connection,
    month: ListedMonth | None,
    wanted: Wanted,
    after: str | None,
    total: int | None,
    *,
    is_few: bool,
) -> Select[Any]:
    own = schema.assessment.c
    query = _with_results(connection, month, wanted, along=_is_common(connection, month, wanted)).where(
        own.partner_id.is_not(None)
    )
    if after is not None:
        query = query.where(tuple_(own.mrr_eur_cents, own.partner_id) < tuple_(total, after))
    # PostgreSQL would go along the index of revenue; it has none of this
    revenue = own.mrr_eur_cents + 0 if is_few else own.mrr_eur_cents
    return query.order_by(revenue.desc(), own.partner_id.desc())


def _total_of(connection: Connection, month: ListedMonth | None, partner_id: str) -> int | None:
    own, at = schema.assessment.c, month or _NO_MONTH
    query = select(own.mrr_eur_cents).where(
        own.billing_month == str(at.billing_month), own.revision == at.revision, own.partner_id == partner_id
    )
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _kept_count(connection: Connection, month: ListedMonth | None, wanted: Wanted) -> int | None:
    """How many partners have a tier or a change, as their settlements kept it; None where something else is wanted."""
    if month is None or wanted == Wanted():
        return None
    if not wanted.by_window and wanted == Wanted(revenue=wanted.revenue):
        return _count_revenue(connection, month, wanted.revenue or ())
    if wanted not in (Wanted(tier=wanted.tier), Wanted(change=wanted.change)):
        return None
    moves = _moves(connection, month, wanted)
    return None if moves is None else sum(each.partners for each in moves)


def _moves(connection: Connection, month: ListedMonth | None, wanted: Wanted) -> list[Movement] | None:
    """The moves between tiers that are wanted, and how many partners made each; None where any will do."""
    if month is None or (wanted.tier is None and wanted.change not in _DIRECTIONS):
        return None
    direction = _DIRECTIONS.get(wanted.change) if wanted.change else None
    return [
        each
        for each in movements(connection, month.settlements)
        if wanted.tier in (None, each.tier) and direction in (None, each.direction)
    ]


def _is_common(connection: Connection, month: ListedMonth | None, wanted: Wanted) -> bool:
    """Whether so many partners made a move that is wanted that a page of them is soon full."""
    moves = _moves(connection, month, wanted)
    return moves is not None and sum(each.partners for each in moves) * COMMON > _assigned(connection, month)


def _assigned(connection: Connection, month: ListedMonth | None) -> int:
    return sum(each.partners for each in movements(connection, (month or _NO_MONTH).settlements))


def _count_revenue(connection: Connection, month: ListedMonth, ranges: Sequence[tuple[int, int]]) -> int:
    """How many partners have a month's total in one of some ranges: each range is a part of the index."""
    own = schema.assessment.c
    within = or_(*(and_(own.mrr_eur_cents >= low, own.mrr_eur_cents < high) for low, high in ranges))
    query = select(func.count()).select_from(schema.assessment).where(*_month_of(month), within)
    return int(connection.execute(query).scalar_one())


def _with_results(
    connection: Connection, month: ListedMonth | None, wanted: Wanted, *, along: bool = False
) -> Select[Any]:
    partner, assessment, held = schema.partner, schema.assessment, schema.held_partner
    columns: list[Any] = [partner.c[name] for name in _PARTNER]
    columns += [assessment.c[name] for name in _RESULTS]
    source = partner.outerjoin(assessment, _of_month(month)).outerjoin(held, _holds(month))
    return (
        select(*columns, held.c.reason).select_from(source).where(*_conditions(connection, month, wanted, along=along))
    )


def _of_month(month: ListedMonth | None) -> ColumnElement[bool]:
    own, at = schema.assessment.c, month or _NO_MONTH
    return and_(
        own.billing_month == str(at.billing_month),
        own.revision == at.revision,
        own.partner_id == schema.partner.c.partner_id,
    )


def _holds(month: ListedMonth | None) -> ColumnElement[bool]:
    held, at = schema.held_partner.c, month or _NO_MONTH
    return and_(held.settlement_id == at.settlements[-1], held.partner_id == schema.partner.c.partner_id)


def _conditions(
    connection: Connection, month: ListedMonth | None, wanted: Wanted, *, along: bool = False
) -> list[ColumnElement[bool]]:
    """What chooses partners, each by its own index; with `along`, a tier and a change by the results beside them."""
    partner, link, at = schema.partner.c, schema.account_link.c, month or _NO_MONTH
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        found.append(_found_by(connection, wanted.text))
    if wanted.entity:
        found.append(partner.partner_id.in_(select(link.partner_id).where(link.entity == wanted.entity)))
    same = {"account_manager_id": wanted.manager_id, "language": wanted.language, "status": wanted.status}
    found += [partner[name] == value for name, value in same.items() if value]
    moves = _moves(connection, month, wanted)
    if moves is not None:
        found.append(_made_one(at, moves, along=along))
    elif wanted.tier is not None:
        found.append(false())
    if wanted.revenue is not None:
        total, here = _amount(wanted), _month_of(at)
        found.append(or_(*(_assessed(*here, total >= low, total < high) for low, high in wanted.revenue)))
    if wanted.change is not None and wanted.change not in _DIRECTIONS:
        found.append(_changed(at, wanted.change))
    return found


def _amount(wanted: Wanted) -> ColumnElement[int]:
    """What ranges of revenue are of; a month's total alone is looked up in its index."""
    own = schema.assessment.c
    return func.coalesce(own.qualifying_eur_cents, own.mrr_eur_cents) if wanted.by_window else own.mrr_eur_cents


def _made_one(at: ListedMonth, moves: Sequence[Movement], *, along: bool) -> ColumnElement[bool]:
    """Whose tier made one of some moves: each is a part of an index, or with `along` looked for beside the partner."""
    own = schema.assessment.c
    if along:
        pairs = func.coalesce(own.previous_tier, -1) * PAIRS + func.coalesce(own.tier, -1)
        wanted = [
            (-1 if each.previous_tier is None else each.previous_tier) * PAIRS + (each.tier or 0) for each in moves
        ]
        return pairs.in_(wanted)
    here = own.settlement_id.in_(at.settlements)
    made = (and_(_same(own.previous_tier, each.previous_tier), own.tier == each.tier) for each in moves)
    return _assessed(here, or_(false(), *made))


def _same(column: ColumnElement[int], value: int | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _found_by(connection: Connection, words: str) -> ColumnElement[bool]:
    """Whose name or id has a piece of text in it, and whose account has it as its id."""
    partner, link = schema.partner.c, schema.account_link.c
    piece = [has_piece(connection, column, words) for column in (partner.company_name, partner.partner_id)]
    # asked before, as PostgreSQL expects half of all partners of a question inside an "or"
    owners = list(connection.execute(select(link.partner_id).where(link.account_id == words)).scalars())
    return or_(*piece, partner.partner_id.in_(owners)) if owners else or_(*piece)


def _assessed(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return schema.partner.c.partner_id.in_(select(schema.assessment.c.partner_id).where(*conditions))


def _month_of(at: ListedMonth) -> tuple[ColumnElement[bool], ...]:
    own = schema.assessment.c
    return own.billing_month == str(at.billing_month), own.revision == at.revision


def _changed(at: ListedMonth, change: Change) -> ColumnElement[bool]:
    own, held, partner_id = schema.assessment.c, schema.held_partner.c, schema.partner.c.partner_id
    is_held = held.settlement_id == at.settlements[-1]
    if change == "first":
        return _assessed(own.settlement_id.in_(at.settlements), own.previous_tier.is_(None))
    if change == "held":
        return partner_id.in_(select(held.partner_id).where(is_held))
    # Each partner's own result is looked for: a set of all that have one would be made first. Who has none is
    # found apart from the page's order and limit, for which PostgreSQL would look up one partner after the other.
    everybody = schema.partner.alias()
    has_a_result = select(own.partner_id).where(*_month_of(at), own.partner_id == everybody.c.partner_id)
    holding = select(held.partner_id).where(is_held, held.partner_id == everybody.c.partner_id)
    lacking = (not_(exists(each.correlate(everybody))) for each in (has_a_result, holding))
    without = select(everybody.c.partner_id).where(*lacking).cte("without").prefix_with("MATERIALIZED")
    return partner_id.in_(select(without.c.partner_id))
