"""Stores restatements: how a month in force would come out differently, and what a person decided about it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, insert, select, update

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.domain.restatement import Proposal

PROPOSED, SUPERSEDED, ACCEPTED, REJECTED = "proposed", "superseded", "accepted", "rejected"


def find_proposal(connection: Connection, month: BillingMonth) -> Proposal | None:
    """Return the month's open proposal, or None."""
    table = schema.restatement
    query = select(table).where(table.c.billing_month == str(month), table.c.status == PROPOSED)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Proposal(month, row.revision, row.decision_hash, json.loads(row.differences))


def open_proposal(connection: Connection, month: BillingMonth) -> Proposal:
    """Return the month's open proposal; raises `Refusal` if there is none."""
    found = find_proposal(connection, month)
    if found is None:
        raise Refusal(f"no restatement of {month} is proposed: run the month again to see whether its inputs changed")
    return found


def accepted_partners(connection: Connection, month: BillingMonth) -> set[str]:
    """Return the partners whose figures a person has restated in this month."""
    table = schema.restatement
    query = select(table.c.differences).where(table.c.billing_month == str(month), table.c.status == ACCEPTED)
    return {partner_id for words in connection.execute(query).scalars() for partner_id in json.loads(words)}


def is_on_record(connection: Connection, month: BillingMonth, digest: str | None) -> bool:
    """Return whether nothing has to be written for these differences: they are open or rejected, or there are none."""
    found = find_proposal(connection, month)
    if digest is None or found is not None:
        return digest == (found.decision_hash if found else None)
    return _status(connection, month, digest) == REJECTED


def record(
    connection: Connection,
    month: BillingMonth,
    revision: int,
    digest: str | None,
    differences: Mapping[str, Sequence[str]],
) -> None:
    """Propose these differences in place of the open proposal; without a digest, only close the open one."""
    table = schema.restatement
    here = table.c.billing_month == str(month)
    connection.execute(update(table).where(here, table.c.status == PROPOSED).values(status=SUPERSEDED))
    if digest is None:
        return
    words = json.dumps(differences, ensure_ascii=False)
    if _status(connection, month, digest) is None:
        values = {"billing_month": str(month), "decision_hash": digest, "revision": revision}
        connection.execute(insert(table).values(**values, status=PROPOSED, differences=words))
    else:
        again = {"status": PROPOSED, "revision": revision, "differences": words}
        connection.execute(update(table).where(here, table.c.decision_hash == digest).values(again))


def close_proposal(
    connection: Connection, proposal: Proposal, status: str, *, decided_by: str, reason: str, effective_on: date | None
) -> None:
    """Record what a person decided."""
    table = schema.restatement
    connection.execute(
        update(table)
        .where(table.c.billing_month == str(proposal.billing_month), table.c.decision_hash == proposal.decision_hash)
        .values(status=status, decided_by=decided_by, reason=reason, effective_on=effective_on)
    )


def _status(connection: Connection, month: BillingMonth, digest: str) -> str | None:
    table = schema.restatement
    here = (table.c.billing_month == str(month), table.c.decision_hash == digest)
    return connection.execute(select(table.c.status).where(*here)).scalar()
