"""Stores what people did: who, when, what and why, with the hash of what was decided; appended, never changed."""

import json
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from partner_program.adapters.database import schema
from partner_program.domain.acts import Act, Doer
from partner_program.domain.billing_month import BillingMonth


def record_act(
    connection: Connection,
    kind: str,
    subject: str,
    doer: Doer,
    detail: object,
    *,
    month: BillingMonth | None = None,
    partner_id: str | None = None,
) -> None:
    """Append one act; its hash is that of the detail's canonical JSON (days are ISO text).

    `month` and `partner_id` say what it is about, where that is one; an act about several partners is one row each.
    Neither subject nor detail has the name or the address of a person who may ask for them to be erased: ids only.
    """
    written = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
    values = {
        "kind": kind,
        "subject": subject,
        "done_by": doer.done_by,
        "done_at": doer.done_at,
        "reason": doer.reason,
        "decided_hash": sha256(written.encode()).hexdigest(),
        "detail": written,
        "billing_month": None if month is None else str(month),
        "partner_id": partner_id,
    }
    connection.execute(insert(schema.act).values(values))


def load_acts(connection: Connection, kind: str) -> list[Act]:
    """Return the acts of one kind, oldest first."""
    table = schema.act
    query = select(table).where(table.c.kind == kind).order_by(table.c.act_id)
    return [
        Act(
            row.kind,
            row.subject,
            Doer(row.done_by, row.reason, row.done_at),
            row.decided_hash,
            row.detail,
        )
        for row in connection.execute(query)
    ]


def is_on_record(connection: Connection, kind: str, done_at: int, change_id: str) -> bool:
    """Return whether an act of this kind and moment names a change of the registry's folder in its detail."""
    table = schema.act
    query = select(table.c.detail).where(table.c.kind == kind, table.c.done_at == done_at)
    return any(json.loads(detail).get("change") == change_id for detail in connection.execute(query).scalars())
