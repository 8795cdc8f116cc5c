"""Reads the list of partners with their results of one month: searched, filtered, sorted, a page at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from partner_program.adapters.database import schema
from partner_program.domain.partner_list import Change, ListedMonth, ListedPartner, Order, Wanted

_NO_REVENUE = -(2**62)  # below every total: partners without one come last


def list_partners(
    connection: Connection,
    month: ListedMonth | None,
    wanted: Wanted,
    *,
    order: Order,
    after: str | None,
    count: int,
) -> list[ListedPartner]:
    """Return at most `count` partners after the partner `after`, in order; without a month they have no results."""
    query, columns = _listed(month, wanted)
    keys = _keys(order, columns)
    if after is not None:
        query = query.where(_beyond(connection, month, order, after, keys))
    ordered = query.order_by(*(column.desc() if falls else column for column, falls in keys))
    return [ListedPartner(*row) for row in connection.execute(ordered.limit(count))]


def count_partners(connection: Connection, month: ListedMonth | None, wanted: Wanted) -> int:
    """Return how many partners are wanted."""
    query, _ = _listed(month, wanted)
    return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def _listed(month: ListedMonth | None, wanted: Wanted) -> tuple[Select[Any], dict[str, Any]]:
    partner, assessment, held = schema.partner, schema.assessment, schema.held_partner
    of_month = and_(
        assessment.c.billing_month == str(month.billing_month if month else ""),
        assessment.c.revision == (month.revision if month else 0),
        assessment.c.partner_id == partner.c.partner_id,
    )
    holds = and_(
        held.c.settlement_id == (month.settlement_id if month else 0), held.c.partner_id == partner.c.partner_id
    )
    names = ("partner_id", "company_name", "status", "account_manager_id", "country", "language")
    results = (
        "tier",
        "previous_tier",
        "earned_tier",
        "mrr_eur_cents",
        "monthly_fee_discount_bp",
        "rate_valid_from",
        "lifted_by",
    )
    columns: list[Any] = [partner.c[name] for name in names]
    columns += [assessment.c[name] for name in results]
    columns.append(held.c.reason)
    query = select(*columns).select_from(partner.outerjoin(assessment, of_month).outerjoin(held, holds))
    return query.where(*_conditions(wanted)), {
        "name": partner.c.company_name,
        "id": partner.c.partner_id,
        "revenue": func.coalesce(assessment.c.mrr_eur_cents, _NO_REVENUE),
    }


def _keys(order: Order, columns: dict[str, Any]) -> list[tuple[Any, bool]]:
    """What the list is ordered by, each with whether it falls; the id decides between equal ones."""
    own = [] if order == "id" else [(columns[order], order == "revenue")]
    return [*own, (columns["id"], False)]


def _beyond(
    connection: Connection, month: ListedMonth | None, order: Order, after: str, keys: Sequence[tuple[Any, bool]]
) -> Any:
    """The condition that a row comes after a partner's; where that partner has gone, all come after it."""
    query, columns = _listed(month, Wanted())
    own = query.with_only_columns(*(column for column, _ in _keys(order, columns))).where(
        schema.partner.c.partner_id == after
    )
    row = connection.execute(own).one_or_none()
    if row is None:
        return schema.partner.c.partner_id.is_not(None)
    beyond: list[Any] = []
    equal: list[Any] = []
    for (column, falls), value in zip(keys, row, strict=True):
        beyond.append(and_(*equal, column < value if falls else column > value))
        equal.append(column == value)
    return or_(*beyond)


def _conditions(wanted: Wanted) -> list[Any]:
    partner, assessment, held, link = schema.partner, schema.assessment, schema.held_partner, schema.account_link
    found: list[Any] = []
    if wanted.text:
        of_account = select(link.c.partner_id).where(link.c.account_id == wanted.text)
        found.append(
            or_(
                partner.c.company_name.icontains(wanted.text, autoescape=True),
                partner.c.partner_id.icontains(wanted.text, autoescape=True),
                partner.c.partner_id.in_(of_account),
            )
        )
    if wanted.entity:
        found.append(partner.c.partner_id.in_(select(link.c.partner_id).where(link.c.entity == wanted.entity)))
    same = {"account_manager_id": wanted.manager_id, "language": wanted.language, "status": wanted.status}
    found += [partner.c[name] == value for name, value in same.items() if value]
    if wanted.tier is not None:
        found.append(assessment.c.tier == wanted.tier)
    if wanted.revenue is not None:
        total = assessment.c.mrr_eur_cents
        found.append(or_(*(and_(total >= low, total < high) for low, high in wanted.revenue)))
    if wanted.change is not None:
        found.append(_changed(assessment, held)[wanted.change])
    return found


def _changed(assessment: Any, held: Any) -> dict[Change, Any]:
    before, now = assessment.c.previous_tier, assessment.c.tier
    assigned = assessment.c.partner_id.is_not(None)
    return {
        "raised": now > before,
        "lowered": now < before,
        "unchanged": now == before,
        "first": and_(assigned, before.is_(None)),
        "held": held.c.partner_id.is_not(None),
        "not_assessed": and_(assessment.c.partner_id.is_(None), held.c.partner_id.is_(None)),
    }
