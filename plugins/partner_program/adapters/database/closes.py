"""Stores closes that an entity's people reported, for billing systems that record no month end (contract 1)."""

from sqlalchemy import Connection, insert, select, update

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import PeriodClose


def recorded_closes(connection: Connection, entity: str, month: BillingMonth) -> tuple[PeriodClose, ...]:
    """Return the closes of an entity's month that were recorded here, ordered by currency."""
    table = schema.period_close
    query = (
        select(table.c.currency, table.c.line_count, table.c.control_total_minor)
        .where(table.c.entity == entity, table.c.billing_month == str(month))
        .order_by(table.c.currency)
    )
    return tuple(PeriodClose(*row) for row in connection.execute(query))


def record_close(
    connection: Connection, entity: str, month: BillingMonth, close: PeriodClose, *, recorded_by: str
) -> bool:
    """Record an entity's close of a month and currency; a later one replaces it, the same one changes nothing.

    Returns whether anything changed: the same figures said again by whomever are the same close.
    """
    table = schema.period_close
    key = {"entity": entity, "billing_month": str(month), "currency": close.currency}
    here = [table.c[name] == value for name, value in key.items()]
    values = {
        "line_count": close.line_count,
        "control_total_minor": close.control_total_minor,
        "recorded_by": recorded_by,
    }
    stored = connection.execute(select(table.c.line_count, table.c.control_total_minor).where(*here)).one_or_none()
    if stored is None:
        connection.execute(insert(table).values(**key, **values))
    elif tuple(stored) != (close.line_count, close.control_total_minor):
        connection.execute(update(table).where(*here).values(values))
    else:
        return False
    return True
