"""Stores discount rates with their first day; append-only. The rate of an order is the newest one begun by its day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.rates_taking_force import RateAhead

FEW = 500  # of so many partners, their own rates alone are read


def rates_before(connection: Connection, effective: Mapping[str, date], own: Mapping[str, int]) -> dict[str, Rate]:
    """Return each partner's rate on the partner's own day (`effective`).

    `own` names the settlement that decided each partner: only rates written before it count. For a partner without one,
    every rate counts.
    """
    rate = schema.discount_rate
    query = select(rate).order_by(rate.c.valid_from, rate.c.sequence)
    if len(effective) <= FEW:
        query = query.where(rate.c.partner_id.in_(effective))
    found: dict[str, Rate] = {}
    for row in connection.execute(query):
        first = own.get(row.partner_id)
        written_before = first is None or row.settlement_id is None or row.settlement_id < first
        if written_before and row.partner_id in effective and row.valid_from <= effective[row.partner_id]:
            found[row.partner_id] = _rate(row)
    return found


def _rate(row: Any) -> Rate:
    terms = RateTerms(row.tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp, row.sla, row.families)
    return Rate(row.valid_from, terms)


def rate_on(connection: Connection, partner_id: str, day: date) -> Rate | None:
    """Return the rate of an order placed on a day: the newest rate that has begun, or None before the first."""
    rate = schema.discount_rate
    query = (
        select(rate)
        .where(rate.c.partner_id == partner_id, rate.c.valid_from <= day)
        .order_by(rate.c.valid_from.desc(), rate.c.sequence.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _rate(row)


def rates_on(connection: Connection, day: date, only: Collection[str] | None = None) -> dict[str, Rate]:
    """Return each partner's rate on a day; with `only`, these partners' rates alone are read."""
    rate = schema.discount_rate
    query = select(rate).where(rate.c.valid_from <= day).order_by(rate.c.valid_from, rate.c.sequence)
    if only is not None:
        query = query.where(rate.c.partner_id.in_(only))
    return {row.partner_id: _rate(row) for row in connection.execute(query)}


def rates_after(connection: Connection, day: date, only: str | None = None) -> dict[str, list[RateAhead]]:
    """Return each partner's rates that begin after a day, the newest of each first day, in order.

    With `only`, the rates of this partner alone are read.
    """
    rate, grant = schema.discount_rate, schema.grace_grant
    query = (
        select(rate, grant.c.tier.label("granted_tier"))
        .join(grant, grant.c.grant_id == rate.c.grant_id, isouter=True)
        .where(rate.c.valid_from > day)
        .order_by(rate.c.valid_from, rate.c.sequence)
    )
    if only is not None:
        query = query.where(rate.c.partner_id == only)
    found: dict[str, dict[date, RateAhead]] = defaultdict(dict)
    for row in connection.execute(query):
        ahead = found[row.partner_id]
        before = ahead.get(row.valid_from)
        granted = row.granted_tier or (before.granted_tier if before else 0)
        ahead[row.valid_from] = RateAhead(_rate(row), granted)
    return {partner_id: list(ahead.values()) for partner_id, ahead in found.items()}


def write_rates(
    connection: Connection,
    rates: Iterable[tuple[str, Rate]],
    *,
    origin: str,
    settlement_id: int | None = None,
    grant_id: str | None = None,
) -> None:
    """Append rates; a rate for a day that has one already gets the next sequence number."""
    rows = list(rates)
    table = schema.discount_rate
    taken = dict[tuple[str, date], int]()
    days = {rate.valid_from for _, rate in rows}
    for day in days:
        query = select(table.c.partner_id, func.max(table.c.sequence)).where(table.c.valid_from == day)
        if len(rows) <= FEW:
            query = query.where(table.c.partner_id.in_({partner_id for partner_id, _ in rows}))
        found = connection.execute(query.group_by(table.c.partner_id))
        taken |= {(partner_id, day): last for partner_id, last in found}
    written = (
        {
            "partner_id": partner_id,
            "valid_from": rate.valid_from,
            "sequence": taken.get((partner_id, rate.valid_from), 0) + 1,
            "tier": rate.terms.tier,
            "monthly_fee_discount_bp": rate.terms.monthly_fee_discount_bp,
            "setup_fee_discount_bp": rate.terms.setup_fee_discount_bp,
            "sla": rate.terms.sla,
            "families": rate.terms.families,
        }
        for partner_id, rate in rows
    )
    own = {"origin": origin, "settlement_id": settlement_id, "grant_id": grant_id}
    append_rows(connection, table, ({**row, **own} for row in written))


def all_rates(connection: Connection, only: Collection[str] | None = None) -> dict[str, list[Rate]]:
    """Return every rate ever written, by partner, ordered by first day and sequence; with `only`, of these partners."""
    rate = schema.discount_rate
    columns = (rate.c[name] for name in ("partner_id", "valid_from", *(each.name for each in fields(RateTerms))))
    query = select(*columns).order_by(rate.c.valid_from, rate.c.sequence)
    if only is not None:
        query = query.where(rate.c.partner_id.in_(only))
    found: dict[str, list[Rate]] = defaultdict(list)
    known: dict[tuple[Any, ...], Rate] = {}  # many partners have the same terms from the same day
    for partner_id, *rest in connection.execute(query).all():
        own = tuple(rest)
        same = known.get(own)
        if same is None:
            same = known[own] = Rate(own[0], RateTerms(*own[1:]))
        found[partner_id].append(same)
    return found


def rates_written_with(
    connection: Connection,
    *,
    settlement_id: int | None = None,
    grant_id: str | None = None,
    only: Collection[str] | None = None,
) -> dict[str, list[Rate]]:
    """Return the rates written with one settlement or one grant, by partner; none if neither is given.

    With `only`, the rates of these partners alone are looked through.
    """
    rate = schema.discount_rate
    found: dict[str, list[Rate]] = defaultdict(list)
    if settlement_id is None and grant_id is None:
        return found
    own = rate.c.grant_id == grant_id if settlement_id is None else rate.c.settlement_id == settlement_id
    query = select(rate).where(own) if only is None else select(rate).where(own, rate.c.partner_id.in_(only))
    for row in connection.execute(query):
        found[row.partner_id].append(_rate(row))
    return found
