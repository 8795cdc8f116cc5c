"""Reads the list of partners with their results of one month: searched, filtered, sorted, a page at a time.

The order is that of an index, what chooses partners has one of its own, and results are read of those alone that are
shown: a part of the list costs what it holds.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select, tuple_

from partner_program.adapters.database import schema
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


def list_partners(
    connection: Connection,
    month: ListedMonth | None,
    wanted: Wanted,
    *,
    order: Order,
    after: str | None,
    count: int,
) -> list[ListedPartner]:
    """Return at most `count` partners after the partner `after`, in order; without a month they have no results.

    By revenue the highest comes first, then partners without any by their id.
    """
    if order != "revenue":
        return _read(connection, _by_name_or_id(connection, month, wanted, order, after).limit(count))
    rest = _with_results(month, wanted).where(schema.assessment.c.partner_id.is_(None))
    rest = rest.order_by(schema.partner.c.partner_id)
    total = None if after is None else _total_of(connection, month, after)
    if after is not None and total is None:
        return _read(connection, rest.where(schema.partner.c.partner_id > after).limit(count))
    found = _read(connection, _by_revenue(month, wanted, after, total).limit(count))
    return [*found, *_read(connection, rest.limit(count - len(found)))] if len(found) < count else found


def count_partners(connection: Connection, month: ListedMonth | None, wanted: Wanted) -> int:
    """Return how many partners are wanted."""
    query = select(func.count()).select_from(schema.partner).where(*_conditions(month, wanted))
    return int(connection.execute(query).scalar_one())


def _read(connection: Connection, query: Select[Any]) -> list[ListedPartner]:
    return [ListedPartner(*row) for row in connection.execute(query)]


def _by_name_or_id(
    connection: Connection, month: ListedMonth | None, wanted: Wanted, order: Order, after: str | None
) -> Select[Any]:
    partner = schema.partner.c
    query = _with_results(month, wanted)
    if order == "id":
        return (query if after is None else query.where(partner.partner_id > after)).order_by(partner.partner_id)
    if after is not None:
        name = connection.execute(select(partner.company_name).where(partner.partner_id == after)).scalar_one_or_none()
        if name is not None:  # where that partner has gone, the list begins again
            query = query.where(tuple_(partner.company_name, partner.partner_id) > tuple_(name, after))
    return query.order_by(partner.company_name, partner.partner_id)


def _by_revenue(month: ListedMonth | None, wanted: Wanted, after: str | None, total: int | None) -> Select[Any]:
    own = schema.assessment.c
    query = _with_results(month, wanted).where(own.partner_id.is_not(None))
    if after is not None:
        query = query.where(tuple_(own.mrr_eur_cents, own.partner_id) < tuple_(total, after))
    return query.order_by(own.mrr_eur_cents.desc(), own.partner_id.desc())


def _total_of(connection: Connection, month: ListedMonth | None, partner_id: str) -> int | None:
    own, at = schema.assessment.c, month or _NO_MONTH
    query = select(own.mrr_eur_cents).where(
        own.billing_month == str(at.billing_month), own.revision == at.revision, own.partner_id == partner_id
    )
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _with_results(month: ListedMonth | None, wanted: Wanted) -> Select[Any]:
    partner, assessment, held = schema.partner, schema.assessment, schema.held_partner
    columns: list[Any] = [partner.c[name] for name in _PARTNER]
    columns += [assessment.c[name] for name in _RESULTS]
    source = partner.outerjoin(assessment, _of_month(month)).outerjoin(held, _holds(month))
    return select(*columns, held.c.reason).select_from(source).where(*_conditions(month, wanted))


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


def _conditions(month: ListedMonth | None, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What chooses partners, each by its own index; none needs a partner's results beside it."""
    partner, assessment, link, at = schema.partner.c, schema.assessment.c, schema.account_link.c, month or _NO_MONTH
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        names = partner.company_name + "\n" + partner.partner_id
        of_account = select(link.partner_id).where(link.account_id == wanted.text)
        found.append(or_(names.icontains(wanted.text, autoescape=True), partner.partner_id.in_(of_account)))
    if wanted.entity:
        found.append(partner.partner_id.in_(select(link.partner_id).where(link.entity == wanted.entity)))
    same = {"account_manager_id": wanted.manager_id, "language": wanted.language, "status": wanted.status}
    found += [partner[name] == value for name, value in same.items() if value]
    if wanted.tier is not None:
        found.append(_assessed(assessment.settlement_id.in_(at.settlements), assessment.tier == wanted.tier))
    if wanted.revenue is not None:
        total, here = assessment.mrr_eur_cents, _month_of(at)
        found.append(or_(*(_assessed(*here, total >= low, total < high) for low, high in wanted.revenue)))
    if wanted.change is not None:
        found.append(_changed(at, wanted.change))
    return found


def _assessed(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return schema.partner.c.partner_id.in_(select(schema.assessment.c.partner_id).where(*conditions))


def _month_of(at: ListedMonth) -> tuple[ColumnElement[bool], ...]:
    own = schema.assessment.c
    return own.billing_month == str(at.billing_month), own.revision == at.revision


def _changed(at: ListedMonth, change: Change) -> ColumnElement[bool]:
    own, held = schema.assessment.c, schema.held_partner.c
    before, now, here = own.previous_tier, own.tier, own.settlement_id.in_(at.settlements)
    holding = select(held.partner_id).where(held.settlement_id == at.settlements[-1])
    is_held = schema.partner.c.partner_id.in_(holding)
    conditions: dict[Change, ColumnElement[bool]] = {
        "raised": _assessed(here, now > before),
        "lowered": _assessed(here, now < before),
        "unchanged": _assessed(here, now == before),
        "first": _assessed(here, before.is_(None)),
        "held": is_held,
        "not_assessed": and_(not_(_assessed(*_month_of(at))), not_(is_held)),
    }
    return conditions[change]
