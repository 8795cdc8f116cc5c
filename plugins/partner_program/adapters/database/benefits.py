"""Stores requests for benefits and each step of them, appended and never changed.

Whoever decides reads and writes in one transaction of `ProgramDatabase.writing`: there is one writer at a time, so no
two people pass a limit together. The key of a step is the net under that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.benefits import BenefitRequest, BenefitStep

MANY = 5_000  # of more partners, every request is read: a statement takes only so many values
_FIELDS = tuple(BenefitStep.__dataclass_fields__)


def load_requests(connection: Connection, partners: Collection[str] | None = None) -> list[BenefitRequest]:
    """Return requests with their steps, ordered by partner, benefit and id; with `partners`, theirs alone."""
    request, step = schema.benefit_request, schema.benefit_step
    query = (
        select(request, *(step.c[name] for name in _FIELDS))
        .join(step, step.c.request_id == request.c.request_id)
        .order_by(request.c.partner_id, request.c.benefit, request.c.request_id, step.c.step_no)
    )
    if partners is None:
        return _with_steps(connection.execute(query))
    if len(partners) <= MANY:
        return _with_steps(connection.execute(query.where(request.c.partner_id.in_(partners))))
    return [each for each in _with_steps(connection.execute(query)) if each.partner_id in partners]


def partners_with_ends(connection: Connection, *, after: date, until: date) -> list[str]:
    """Return the partners with a request of which a step names a last day: after a day, and not after another."""
    request, step = schema.benefit_request.c, schema.benefit_step.c
    query = (
        select(request.partner_id)
        .distinct()
        .join(schema.benefit_step, step.request_id == request.request_id)
        .where(or_(and_(step.valid_to > after, step.valid_to <= until), step.act == "withdrawn"))
    )
    return list(connection.execute(query).scalars())


def find_request(connection: Connection, request_id: str) -> BenefitRequest | None:
    """Return one request by its id, None if there is none."""
    request, step = schema.benefit_request, schema.benefit_step
    query = (
        select(request, *(step.c[name] for name in _FIELDS))
        .join(step, step.c.request_id == request.c.request_id)
        .where(request.c.request_id == request_id)
        .order_by(step.c.step_no)
    )
    return next(iter(_with_steps(connection.execute(query))), None)


def request_ids(connection: Connection) -> list[str]:
    """Return the id of every request, in order."""
    own = schema.benefit_request.c.request_id
    return list(connection.execute(select(own).order_by(own)).scalars())


def _with_steps(rows: Iterable[Row[Any]]) -> list[BenefitRequest]:
    steps = defaultdict(list)
    for row in rows:
        steps[row.request_id, row.partner_id, row.benefit].append(BenefitStep(*tuple(row)[3:]))
    return [BenefitRequest(*names, tuple(own)) for names, own in steps.items()]


def save_steps(connection: Connection, requests: Iterable[BenefitRequest]) -> int:
    """Append what these requests have more than is stored; return how many steps that are."""
    changed = list(requests)
    rows = [
        {"request_id": each.request_id, "step_no": number, **{name: getattr(step, name) for name in _FIELDS}}
        for each in changed
        for number, step in enumerate(each.steps, start=1)
    ]
    stored = _stored_steps(connection, [each.request_id for each in changed])
    new = [row for row in rows if (row["request_id"], row["step_no"]) not in stored]
    append_rows(
        connection,
        schema.benefit_request,
        [{"request_id": each.request_id, "partner_id": each.partner_id, "benefit": each.benefit} for each in changed],
    )
    append_rows(connection, schema.benefit_step, new)
    return len(new)


def _stored_steps(connection: Connection, request_ids: Collection[str]) -> set[tuple[str, int]]:
    step = schema.benefit_step.c
    query = select(step.request_id, step.step_no)
    if len(request_ids) <= 500:
        query = query.where(step.request_id.in_(request_ids))
    return {(row.request_id, row.step_no) for row in connection.execute(query)}
