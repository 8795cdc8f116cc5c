"""Stores what people and schedules did: who, when, what and why, with the hash of what was decided; only ever added."""

import json
import time
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select

from partner_program.adapters.database import schema
from partner_program.domain.acts import Act, Doer, WantedActs
from partner_program.domain.billing_month import BillingMonth


def now_by(done_by: str, reason: str) -> Doer:
    """Say who acts now, and why."""
    return Doer(done_by, reason, int(time.time()))


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


def load_acts(connection: Connection, *kinds: str, month: BillingMonth | None = None) -> list[Act]:
    """Return the acts of these kinds, oldest first; with `month`, those about it alone."""
    table = schema.act
    here = table.c.kind.in_(kinds)
    return _acts(connection, here if month is None else and_(here, table.c.billing_month == str(month)))


def acts_of_month(connection: Connection, month: BillingMonth) -> list[Act]:
    """Return every act about a month, oldest first."""
    return _acts(connection, schema.act.c.billing_month == str(month))


def acts_of_partner(connection: Connection, partner_id: str) -> list[Act]:
    """Return every act about one partner alone, oldest first."""
    return _acts(connection, schema.act.c.partner_id == partner_id)


def acts_of_subject(connection: Connection, subject: str) -> list[Act]:
    """Return every act with this subject, oldest first."""
    return _acts(connection, schema.act.c.subject == subject)


def acts_behind(connection: Connection, partner_id: str, month: BillingMonth) -> list[Act]:
    """Return the acts behind a partner's result in a month, oldest first.

    They are about the month and no other partner, or about the partner and no other month.
    """
    act = schema.act.c
    about = (
        and_(act.billing_month == str(month), act.partner_id.is_(None)),
        and_(act.billing_month == str(month), act.partner_id == partner_id),
        and_(act.billing_month.is_(None), act.partner_id == partner_id),
    )
    return _acts(connection, or_(*about))


def newest_acts(connection: Connection, wanted: WantedActs, *, before: int | None, count: int) -> list[tuple[int, Act]]:
    """Return at most `count` acts that are wanted, newest first, each with its number; `before` is such a number."""
    act = schema.act.c
    here = [] if before is None else [act.act_id < before]
    if wanted.month is not None:
        here.append(act.billing_month == str(wanted.month))
    if wanted.partner_id:
        here.append(act.partner_id == wanted.partner_id)
    if wanted.kind:
        here.append(act.kind == wanted.kind)
    if wanted.person:
        here.append(act.done_by.icontains(wanted.person, autoescape=True))
    query = select(schema.act).where(*here).order_by(act.act_id.desc()).limit(count)
    return [(row.act_id, _act(row)) for row in connection.execute(query)]


def _acts(connection: Connection, here: Any) -> list[Act]:
    table = schema.act
    return [_act(row) for row in connection.execute(select(table).where(here).order_by(table.c.act_id))]


def _act(row: Row[Any]) -> Act:
    return Act(
        row.kind,
        row.subject,
        Doer(row.done_by, row.reason, row.done_at),
        row.decided_hash,
        row.detail,
        row.billing_month,
        row.partner_id,
    )


def is_on_record(connection: Connection, kind: str, done_at: int, change_id: str) -> bool:
    """Return whether an act of this kind and moment names a change of the registry's folder in its detail."""
    table = schema.act
    query = select(table.c.detail).where(table.c.kind == kind, table.c.done_at == done_at)
    return any(json.loads(detail).get("change") == change_id for detail in connection.execute(query).scalars())
