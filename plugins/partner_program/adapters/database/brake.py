"""Stores what the brake stopped in a month, and who released it and why."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal


def record_stop(connection: Connection, month: BillingMonth, decision_hash: str, reasons: Sequence[str]) -> bool:
    """Record that these decisions were stopped; return False if that is recorded already."""
    stop = schema.brake_stop
    here = (stop.c.billing_month == str(month), stop.c.decision_hash == decision_hash)
    if connection.execute(select(stop.c.reasons).where(*here)).one_or_none() is not None:
        return False
    values = {"billing_month": str(month), "decision_hash": decision_hash, "reasons": json.dumps(list(reasons))}
    connection.execute(insert(stop).values(values))
    return True


def is_released(connection: Connection, month: BillingMonth, decision_hash: str) -> bool:
    """Return whether a person released exactly these decisions."""
    release = schema.brake_release
    here = (release.c.billing_month == str(month), release.c.decision_hash == decision_hash)
    return connection.execute(select(release.c.reason).where(*here)).one_or_none() is not None


def release(connection: Connection, month: BillingMonth, *, released_by: str, reason: str) -> dict[str, list[str]]:
    """Release the decisions that the brake stopped in a month; return by their hash why it had stopped them.

    Raises `Refusal` if the brake is not on.
    """
    stop = schema.brake_stop
    query = select(stop.c.decision_hash, stop.c.reasons).where(stop.c.billing_month == str(month))
    stopped = [
        (digest, reasons) for digest, reasons in connection.execute(query) if not is_released(connection, month, digest)
    ]
    if not stopped:
        raise Refusal(f"no brake is on for {month}: there is nothing to release")
    rows = [
        {"billing_month": str(month), "decision_hash": digest, "released_by": released_by, "reason": reason}
        for digest, _ in stopped
    ]
    connection.execute(insert(schema.brake_release), rows)
    return {digest: json.loads(reasons) for digest, reasons in stopped}
