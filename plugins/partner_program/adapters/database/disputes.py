"""Stores disputes and what was done about each, step by step; appended, never changed."""

from collections import defaultdict
from datetime import date
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Dispute, DisputeStep
from partner_program.domain.refusals import Refusal


def load_disputes(connection: Connection, dispute_id: str | None = None) -> list[Dispute]:
    """Return every dispute, or one, in the order in which they were opened."""
    dispute, step = schema.dispute, schema.dispute_step
    steps: dict[str, list[DisputeStep]] = defaultdict(list)
    query = select(step).order_by(step.c.dispute_id, step.c.number)
    disputes = select(dispute).order_by(dispute.c.number)
    if dispute_id is not None:
        query, disputes = (
            query.where(step.c.dispute_id == dispute_id),
            disputes.where(dispute.c.dispute_id == dispute_id),
        )
    for row in connection.execute(query):
        steps[row.dispute_id].append(DisputeStep(row.act, row.done_by, row.done_on, row.reason))
    return [
        Dispute(
            row.dispute_id,
            row.partner_id,
            BillingMonth.parse(row.billing_month),
            row.about,
            row.about_id,
            row.due_on,
            tuple(steps[row.dispute_id]),
        )
        for row in connection.execute(disputes)
    ]


def find_dispute(connection: Connection, dispute_id: str) -> Dispute:
    """Return one dispute; raises `Refusal` if there is none of that id."""
    found = load_disputes(connection, dispute_id)
    if not found:
        raise Refusal(f"there is no dispute {dispute_id}: see `partner-program dispute list --closed`")
    return found[0]


def add_dispute(
    connection: Connection,
    *,
    partner_id: str,
    month: BillingMonth,
    about: Literal["account", "line"],
    about_id: str,
    due_on: date,
    opened: DisputeStep,
) -> Dispute:
    """Open a dispute in the caller's transaction; its id is the next one."""
    table = schema.dispute
    number = int(connection.execute(select(func.max(table.c.number))).scalar() or 0) + 1
    found = Dispute(f"D{number}", partner_id, month, about, about_id, due_on, ())
    connection.execute(
        insert(table).values(
            dispute_id=found.dispute_id,
            number=number,
            partner_id=partner_id,
            billing_month=str(month),
            about=about,
            about_id=about_id,
            due_on=due_on,
        )
    )
    return add_step(connection, found, opened)


def add_step(connection: Connection, dispute: Dispute, step: DisputeStep) -> Dispute:
    """Add a step in the caller's transaction; return the dispute with it."""
    values = {"dispute_id": dispute.dispute_id, "number": len(dispute.steps) + 1}
    values |= {"act": step.act, "done_by": step.done_by, "done_on": step.done_on, "reason": step.reason}
    connection.execute(insert(schema.dispute_step).values(values))
    return load_disputes(connection, dispute.dispute_id)[0]
