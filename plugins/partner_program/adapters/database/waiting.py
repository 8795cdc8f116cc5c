"""Reads what waits for a person, over all months: counted, and no partner by partner."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select

from partner_program.adapters.database import schema
from partner_program.domain.acts import BRAKE_RELEASED, BRAKE_STOPPED, MONTH_RUN, RATES_WAIT
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import REPLACED, DeliveryState
from partner_program.domain.waiting import BrakeStop

ACCEPTED: ColumnElement[str] = literal_column(
    "'accepted'"
)  # SQLite finds an index of some rows by their condition as it is written


def unfinished_letters(
    connection: Connection, month: BillingMonth | None = None
) -> dict[BillingMonth, Counter[DeliveryState]]:
    """Count the recipients of letters that are not delivered, by month and state; those that were replaced are none.

    With `month`, those of that month alone.
    """
    table = schema.delivery
    query = (
        select(table.c.billing_month, table.c.status, func.count())
        .where(table.c.status != ACCEPTED, or_(table.c.reply.is_(None), table.c.reply.not_like(f"%{REPLACED}")))
        .group_by(table.c.billing_month, table.c.status)
    )
    if month is not None:
        query = query.where(table.c.billing_month == str(month))
    found: dict[BillingMonth, Counter[DeliveryState]] = defaultdict(Counter)
    for of, state, count in connection.execute(query):
        found[BillingMonth.parse(of)][state] = count
    return found


def unpublished_by_entity(
    connection: Connection, entities: Collection[str], *, until: date | None = None
) -> dict[str, int]:
    """Count the accounts with a rate that was not read back from the order database, by entity.

    With `until`, only rates count that hold from that day or an earlier one.
    """
    table = schema.publication
    query = (
        select(table.c.entity, func.count(table.c.account_id.distinct()))
        .where(table.c.entity.in_(entities), table.c.published_on.is_(None))
        .group_by(table.c.entity)
        .order_by(table.c.entity)
    )
    if until is not None:
        query = query.where(table.c.valid_from <= until)
    return {row[0]: row[1] for row in connection.execute(query)}


def open_proposals(connection: Connection) -> dict[BillingMonth, int]:
    """Return the months with an open restatement, each with how many partners it is about."""
    table = schema.restatement
    query = select(table.c.billing_month, table.c.differences).where(table.c.status == "proposed")
    return {BillingMonth.parse(month): len(json.loads(words)) for month, words in connection.execute(query)}


def brakes_on(connection: Connection, settled: Collection[BillingMonth]) -> dict[BillingMonth, BrakeStop]:
    """Return the months that the brake stopped and that nobody released or ran again since.

    `settled` are the months that have a settlement: there a stop counts only as long as it is the newest act.
    """
    stop, release = schema.brake_stop, schema.brake_release
    same = (release.c.billing_month == stop.c.billing_month) & (release.c.decision_hash == stop.c.decision_hash)
    query = select(stop).outerjoin(release, same).where(release.c.decision_hash.is_(None))
    newest = _newest_acts(connection)
    found: dict[BillingMonth, dict[str, list[str]]] = defaultdict(dict)
    for row in connection.execute(query.order_by(stop.c.decision_hash)):
        month = BillingMonth.parse(row.billing_month)
        if month not in settled or newest.get(month, ("", ""))[0] == BRAKE_STOPPED:
            found[month][row.decision_hash] = json.loads(row.reasons)
    return {
        month: BrakeStop(tuple(dict.fromkeys(why for reasons in stops.values() for why in reasons)), tuple(stops))
        for month, stops in found.items()
    }


def brakes_released(connection: Connection) -> dict[BillingMonth, str]:
    """Return the months whose brake was released and that were not run since, with who released it."""
    return {month: by for month, (kind, by) in _newest_acts(connection).items() if kind == BRAKE_RELEASED}


def _newest_acts(connection: Connection) -> Mapping[BillingMonth, tuple[str, str]]:
    """The newest act of each month that the brake has to do with, and who did it."""
    act = schema.act
    query = (
        select(act.c.billing_month, act.c.kind, act.c.done_by)
        .where(act.c.kind.in_((BRAKE_STOPPED, BRAKE_RELEASED, MONTH_RUN)), act.c.billing_month.is_not(None))
        .order_by(act.c.act_id)
    )
    return {BillingMonth.parse(row.billing_month): (row.kind, row.done_by) for row in connection.execute(query)}


def months_asked_about(connection: Connection) -> list[BillingMonth]:
    """Return the months whose rates ever waited for a person."""
    act = schema.act
    query = select(act.c.billing_month).where(act.c.kind == RATES_WAIT, act.c.billing_month.is_not(None)).distinct()
    return sorted(BillingMonth.parse(month) for month in connection.execute(query).scalars())


def last_settlements(connection: Connection) -> dict[BillingMonth, int]:
    """Return the last settlement of each month that is in force."""
    table = schema.settlement
    query = (
        select(table.c.billing_month, func.max(table.c.settlement_id))
        .where(table.c.status == "in_force")
        .group_by(table.c.billing_month)
    )
    return {BillingMonth.parse(month): int(last) for month, last in connection.execute(query)}
