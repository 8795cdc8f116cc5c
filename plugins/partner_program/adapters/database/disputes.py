"""Stores disputes and each step of them, appended and never changed.

Whoever adds a step reads and writes in one transaction of `ProgramDatabase.writing`: there is one writer at a time. The
key of a step is the net under that.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, not_, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Dispute, DisputeStep, Subject

_STEP = tuple(DisputeStep.__dataclass_fields__)


def load_disputes(
    connection: Connection,
    *,
    dispute_id: str | None = None,
    partner_id: str | None = None,
    month: BillingMonth | None = None,
    only: Collection[str] | None = None,
) -> list[Dispute]:
    """Return disputes with their steps, by partner, month and age; those of one id, partner or month where given.

    With `only` those of these ids.
    """
    dispute, step = schema.dispute, schema.dispute_step
    query = select(dispute, *(step.c[name] for name in _STEP)).join(step, step.c.dispute_id == dispute.c.dispute_id)
    wanted = {"dispute_id": dispute_id, "partner_id": partner_id, "billing_month": month and str(month)}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(dispute.c[name] == value)
    if only is not None:
        query = query.where(dispute.c.dispute_id.in_(only))
    steps: dict[str, list[DisputeStep]] = defaultdict(list)
    heads: dict[str, Any] = {}
    for row in connection.execute(query.order_by(dispute.c.dispute_id, step.c.step_no)):
        heads[row.dispute_id] = row
        steps[row.dispute_id].append(DisputeStep(*(getattr(row, name) for name in _STEP)))
    found = [
        Dispute(
            row.dispute_id,
            row.partner_id,
            BillingMonth.parse(row.billing_month),
            Subject(row.about, row.entity, row.subject_id),
            row.revision,
            row.due_on,
            tuple(steps[row.dispute_id]),
        )
        for row in heads.values()
    ]
    # ids end in a number that is not filled up with zeros
    return sorted(found, key=lambda each: (each.partner_id, each.billing_month, len(each.dispute_id), each.dispute_id))


def first_open(
    connection: Connection, *, on: date, until: date | None, manager_id: str | None, first: int
) -> tuple[list[str], int]:
    """Return the ids of the first disputes that are open on a day, by their due day, and how many are.

    With `until` those that are due until then, overdue ones among them; with `manager_id` those of the partners that
    one manager has now.
    """
    dispute, step, partner = schema.dispute.c, schema.dispute_step.c, schema.partner.c
    steps = select(step.step_no).where(step.dispute_id == dispute.dispute_id, step.done_on <= on)
    wanted = [steps.exists(), not_(steps.where(step.act != "opened").exists())]
    if until is not None:
        wanted.append(dispute.due_on <= until)
    if manager_id is not None:
        own = select(partner.partner_id).where(partner.account_manager_id == manager_id)
        wanted.append(dispute.partner_id.in_(own))
    own_id = dispute.dispute_id
    query = (
        select(own_id, func.count().over())
        .where(*wanted)
        .order_by(dispute.due_on, dispute.partner_id, dispute.billing_month, func.length(own_id), own_id)
    )
    found = connection.execute(query.limit(first)).all()
    return [dispute_id for dispute_id, _ in found], int(found[0][1]) if found else 0


def dispute_ids(connection: Connection) -> list[str]:
    """Return the id of every dispute, in order."""
    own = schema.dispute.c.dispute_id
    return list(connection.execute(select(own).order_by(own)).scalars())


def save_newest_step(connection: Connection, dispute: Dispute) -> None:
    """Append the newest step of a dispute, and the dispute with its first one, in the caller's transaction."""
    head = {
        "dispute_id": dispute.dispute_id,
        "partner_id": dispute.partner_id,
        "billing_month": str(dispute.billing_month),
        "about": dispute.subject.about,
        "entity": dispute.subject.entity,
        "subject_id": dispute.subject.subject_id,
        "revision": dispute.revision,
        "due_on": dispute.due_on,
    }
    newest = {name: getattr(dispute.steps[-1], name) for name in _STEP}
    append_rows(connection, schema.dispute, [head])
    append_rows(
        connection,
        schema.dispute_step,
        [{"dispute_id": dispute.dispute_id, "step_no": len(dispute.steps), **newest}],
    )
