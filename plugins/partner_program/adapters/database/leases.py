"""Stores the lease of each month, and how often each of its steps has written."""

from sqlalchemy import Connection, delete, insert, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.lease import NEVER_HELD, Lease


def load_lease(connection: Connection, month: BillingMonth) -> Lease:
    """Return a month's lease; `NEVER_HELD` if it has none."""
    table = schema.month_lease
    row = connection.execute(select(table).where(table.c.billing_month == str(month))).one_or_none()
    return NEVER_HELD if row is None else Lease(row.token, row.holder, row.held_until)


def save_lease(connection: Connection, month: BillingMonth, lease: Lease) -> None:
    """Write a month's lease, in the caller's transaction."""
    table = schema.month_lease
    connection.execute(delete(table).where(table.c.billing_month == str(month)))
    connection.execute(
        insert(table).values(
            billing_month=str(month), token=lease.token, holder=lease.holder, held_until=lease.held_until
        )
    )


def load_step_token(connection: Connection, month: BillingMonth, step: str) -> int:
    """Return how often a step of the month has written."""
    table = schema.step_token
    query = select(table.c.token).where(table.c.billing_month == str(month), table.c.step == step)
    return connection.execute(query).scalar() or 0


def save_step_token(connection: Connection, month: BillingMonth, step: str, token: int) -> None:
    """Write how often a step has written, in the caller's transaction."""
    table = schema.step_token
    connection.execute(delete(table).where(table.c.billing_month == str(month), table.c.step == step))
    connection.execute(insert(table).values(billing_month=str(month), step=step, token=token))
