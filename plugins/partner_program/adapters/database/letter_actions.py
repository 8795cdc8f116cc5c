"""Stores what people decided about letters: who, why and when; appended, never changed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, insert, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery

Action = Literal["approve", "approve_auto", "reject", "accepted", "resend", "bounces", "adopt"]


@dataclass(frozen=True, slots=True)
class LetterAction:
    """One decision; `done_at` is in seconds since 1970, `detail` says what it touched."""

    action: Action
    billing_month: str | None
    done_by: str
    reason: str
    done_at: int
    batch_hash: str | None
    detail: dict[str, object]


def record_action(
    connection: Connection,
    action: Action,
    by: Doer,
    *,
    month: BillingMonth | None,
    batch_hash: str | None = None,
    **detail: object,
) -> int:
    """Record one decision and return its id."""
    values = {
        "action": action,
        "billing_month": None if month is None else str(month),
        "done_by": by.done_by,
        "reason": by.reason,
        "done_at": by.done_at,
        "batch_hash": batch_hash,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
    }
    (action_id,) = connection.execute(insert(schema.letter_action).values(values)).inserted_primary_key or (0,)
    return int(action_id)


def record_resends(connection: Connection, action_id: int, rows: Iterable[Delivery]) -> None:
    """Record, before they are sent again, the next resend of each row and the decision that asks for it."""
    names = ("billing_month", "revision", "partner_id", "recipient")
    values = [
        {**dict(zip(names, row.key, strict=True)), "resend_number": row.resend_number + 1, "action_id": action_id}
        for row in rows
    ]
    append_rows(connection, schema.delivery_resend, values)


def load_actions(connection: Connection, month: BillingMonth) -> list[LetterAction]:
    """Return the decisions about a month's letters, oldest first."""
    table = schema.letter_action
    query = select(table).where(table.c.billing_month == str(month)).order_by(table.c.action_id)
    return [
        LetterAction(
            row.action, row.billing_month, row.done_by, row.reason, row.done_at, row.batch_hash, json.loads(row.detail)
        )
        for row in connection.execute(query)
    ]


def approvals_of(connection: Connection, month: BillingMonth, batch_hash: str) -> set[int]:
    """The ids of the approvals of just these letters."""
    table = schema.letter_action
    query = select(table.c.action_id).where(
        table.c.billing_month == str(month),
        table.c.batch_hash == batch_hash,
        table.c.action.in_(("approve", "approve_auto")),
    )
    return set(connection.scalars(query))
