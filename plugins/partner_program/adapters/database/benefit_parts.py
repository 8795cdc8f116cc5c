"""Reads the first requests of a part of all that were ever made, and counts the part, without reading every request.

The conditions are those of `domain.benefits.standing`, said once more for the database. What they choose is evaluated
by that rule before it is shown; the number alone is the database's.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, not_, or_, select

from partner_program.adapters.database import schema
from partner_program.domain.registry import AUTHORIZED

Part = Literal["decide", "ends", "in_force", "past"]
_DECIDE = ("approved", "refused", "withdrawn")


def first_of_part(
    connection: Connection,
    part: Part,
    *,
    on: date,
    until: date,
    staying: Collection[str],
    manager_id: str | None,
    first: int,
) -> tuple[set[str], int]:
    """Return the partners of the first requests of a part on a day, in the order of the part, and how many it has.

    `until` is the last day on which a request of `ends` ends. `staying` are the partners that leave after that day:
    what is theirs is still in force. With `manager_id` the requests of that manager's partners alone.
    """
    request, partner = schema.benefit_request, schema.partner
    order: tuple[Any, ...] = (request.c.partner_id, request.c.benefit, request.c.request_id)
    approved, withdrawn = schema.benefit_step.alias(), schema.benefit_step.alias()
    source: FromClause = request
    wanted: list[ColumnElement[bool]]
    if part == "decide":
        wanted = [not_(_is_decided())]
    elif part == "past":
        given = select(approved.c.request_id).select_from(_approved(approved, withdrawn))
        given = given.where(*_is_given(approved, withdrawn, on))
        wanted = [_is_decided(), request.c.request_id.not_in(given)]
    else:
        joined = _approved(approved, withdrawn)
        source = joined.join(request, request.c.request_id == approved.c.request_id)
        wanted = _is_given(approved, withdrawn, on)
    if part == "ends":
        ends, stopped = approved.c.valid_to, withdrawn.c.valid_from
        authorized = select(partner.c.partner_id).where(
            partner.c.partner_id == request.c.partner_id, partner.c.status == AUTHORIZED
        )
        wanted += [
            approved.c.valid_from <= on,
            or_(ends <= until, stopped <= until),
            or_(authorized.exists(), request.c.partner_id.in_(staying)),
        ]
        order = (case((ends.is_(None), stopped), (stopped < ends, stopped), else_=ends), *order[::2])
    if manager_id is not None:
        own = select(partner.c.partner_id).where(partner.c.account_manager_id == manager_id)
        wanted.append(request.c.partner_id.in_(own))
    query = select(request.c.partner_id, func.count().over()).select_from(source).where(*wanted)
    found = connection.execute(query.order_by(*order).limit(first)).all()
    return {partner_id for partner_id, _ in found}, int(found[0][1]) if found else 0


def _is_decided() -> ColumnElement[bool]:
    step = schema.benefit_step.alias()
    decided = select(step.c.step_no).where(
        step.c.request_id == schema.benefit_request.c.request_id, step.c.act.in_(_DECIDE)
    )
    return decided.exists()


def _approved(approved: FromClause, withdrawn: FromClause) -> FromClause:
    """Approvals, each with the withdrawal of its request, of which there is at most one."""
    same = and_(withdrawn.c.request_id == approved.c.request_id, withdrawn.c.act == "withdrawn")
    return approved.outerjoin(withdrawn, same)


def _is_given(approved: FromClause, withdrawn: FromClause, on: date) -> list[ColumnElement[bool]]:
    """Whether an approval is the newest one of its request, and is not over on a day; it may begin later."""
    newer = schema.benefit_step.alias()
    corrected = select(newer.c.step_no).where(
        newer.c.request_id == approved.c.request_id, newer.c.act == "approved", newer.c.step_no > approved.c.step_no
    )
    begins, ends, stopped = approved.c.valid_from, approved.c.valid_to, withdrawn.c.valid_from
    return [
        approved.c.act == "approved",
        begins.is_not(None),
        or_(ends.is_(None), and_(ends > on, ends > begins)),
        or_(withdrawn.c.step_no.is_(None), and_(stopped > on, stopped > begins)),
        not_(corrected.exists()),
    ]
