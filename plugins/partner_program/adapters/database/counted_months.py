"""Reads what settled months counted: totals, accounts, who is held, and what is last known of those."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import settlements_of, settlements_or_refusal
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import AccountKey, CountedAccount, CountedMonth
from partner_program.domain.movements import Known, Turnover
from partner_program.domain.program_unit import EUR
from partner_program.domain.unit import AnyRate, conversion_of


def counted_month(
    connection: Connection, month: BillingMonth, *, tiers: bool = True, foreign_to: str | None = None
) -> CountedMonth:
    """Return a month as its newest revision counted it; raises `NotThere` where it is not assessed.

    Without `tiers`, which are not asked for then, the totals are read from an index alone. With `foreign_to` its
    accounts are those in other currencies than this one, which is the programme's.
    """
    last = settlements_or_refusal(connection, month)[-1]
    table, account, held = schema.assessment.c, schema.assessment_account.c, schema.held_partner.c
    columns = [account[name] for name in CountedAccount._fields]
    rows = _tuples(
        connection,
        select(table.partner_id, table.mrr_eur_cents, *([table.tier] if tiers else ())).where(
            table.billing_month == str(month), table.revision == last.revision
        ),
    )
    totals: dict[str, int] = {row[0]: row[1] for row in rows} if tiers else dict(rows)
    holding = select(held.partner_id).where(held.settlement_id == last.settlement_id)
    of_month = [account.billing_month == str(month), account.revision == last.revision]
    if foreign_to is not None:
        of_month.append(account.currency != foreign_to)
    return CountedMonth(
        month=month,
        totals=totals,
        tiers={row[0]: row[2] for row in rows} if tiers else {},
        accounts=list(map(CountedAccount._make, _tuples(connection, select(*columns).where(*of_month)))),
        told=_told_first(connection, month, totals) if last.revision > 1 else {},
        held=frozenset(connection.execute(holding).scalars()) - totals.keys(),
        held_accounts=_accounts_held(connection, month, last.settlement_id),
    )


def _tuples(connection: Connection, query: Select[Any]) -> list[Any]:
    """A query's texts and whole numbers as the driver's own tuples, in half the time of rows."""
    answer: Any = connection.execute(query)
    rows = list(answer.cursor.fetchall())
    answer.close()
    return rows


def turnover(connection: Connection, before: CountedMonth, now: CountedMonth, known: Known) -> Turnover:
    """Return the accounts that partners count in one of two months alone, by the months' newest revisions.

    Those that came are read where they can be what somebody else had: some are gone, or `known` of held partners.
    """
    gone = _counted_alone(connection, before.month, now.month)
    return Turnover(gone, _counted_alone(connection, now.month, before.month) if gone or known else ())


def _counted_alone(connection: Connection, month: BillingMonth, other_month: BillingMonth) -> list[CountedAccount]:
    """What a month counted at accounts that the same partner does not count in the other one."""
    own, other = schema.assessment_account.c, schema.assessment_account.alias().c
    query = select(*(own[name] for name in CountedAccount._fields)).where(
        own.billing_month == str(month),
        own.revision == settlements_of(connection, month)[-1].revision,
        ~exists().where(
            other.billing_month == str(other_month),
            other.revision == settlements_of(connection, other_month)[-1].revision,
            *(other[name] == own[name] for name in ("partner_id", *AccountKey._fields)),
        ),
    )
    return list(map(CountedAccount._make, _tuples(connection, query)))


def _told_first(connection: Connection, month: BillingMonth, totals: Mapping[str, int]) -> dict[str, int]:
    """What was told first of partners whose newest revision says something else."""
    table = schema.assessment.c
    query = select(table.partner_id, table.mrr_eur_cents).where(table.billing_month == str(month))
    first = {row.partner_id: row.mrr_eur_cents for row in connection.execute(query.order_by(table.revision.desc()))}
    return {partner_id: cents for partner_id, cents in first.items() if totals.get(partner_id, cents) != cents}


def _accounts_held(connection: Connection, month: BillingMonth, settlement_id: int) -> dict[tuple[str, str], str]:
    """Whose accounts are held, by entity and account; one with two partners that day is nobody's."""
    link, other = schema.account_link, schema.account_link.alias()
    query = select(link.c.entity, link.c.account_id, link.c.partner_id).where(
        link.c.partner_id.in_(_held_by(settlement_id)),
        *_in_force(link, month),
        ~exists().where(
            other.c.entity == link.c.entity,
            other.c.account_id == link.c.account_id,
            other.c.partner_id != link.c.partner_id,
            *_in_force(other, month),
        ),
    )
    return {(entity, account_id): partner_id for entity, account_id, partner_id in connection.execute(query)}


def _in_force(link: Any, month: BillingMonth) -> tuple[ColumnElement[bool], ...]:
    return link.c.valid_from <= month.last_day, (link.c.valid_to.is_(None)) | (link.c.valid_to > month.last_day)


def _held_by(settlement_id: int) -> Any:
    held = schema.held_partner.c
    return select(held.partner_id).where(held.settlement_id == settlement_id)


def known_from(connection: Connection, month: BillingMonth) -> BillingMonth:
    """Return the month from which on one has to read to know what is last known of those held in this one.

    It is the month itself where nothing is known of them: they were never counted, or out of the programme since.
    """
    held_by = settlements_of(connection, month)[-1].settlement_id
    waiting, found = held_in(connection, month), month
    assessment = schema.assessment.c
    while waiting:
        month = month.preceding
        settlements = settlements_of(connection, month)
        if not settlements:
            break
        assessed = select(assessment.partner_id).where(
            assessment.billing_month == str(month),
            assessment.revision == settlements[-1].revision,
            assessment.partner_id.in_(_held_by(held_by)),
        )
        counted = waiting.intersection(connection.execute(assessed).scalars())
        found = month if counted else found
        waiting = (waiting - counted) & held_in(connection, month)
    return found


def held_in(connection: Connection, month: BillingMonth) -> set[str]:
    """Return the partners that a month's last settlement holds, and nothing else says anything of."""
    last = settlements_of(connection, month)[-1]
    assessment = schema.assessment.c
    assessed = select(assessment.partner_id).where(
        assessment.billing_month == str(month), assessment.revision == last.revision
    )
    query = _held_by(last.settlement_id)
    return set(connection.execute(query.where(schema.held_partner.c.partner_id.not_in(assessed))).scalars())


def foreign_accounts(
    connection: Connection, month: BillingMonth, revision: int, own: str
) -> list[tuple[int, CountedAccount]]:
    """Return what a revision counted in other currencies than the programme's `own`, each with its settlement."""
    account, assessment = schema.assessment_account.c, schema.assessment.c
    query = (
        select(assessment.settlement_id, *(account[name] for name in CountedAccount._fields))
        .join_from(
            schema.assessment_account,
            schema.assessment,
            (assessment.billing_month == account.billing_month)
            & (assessment.revision == account.revision)
            & (assessment.partner_id == account.partner_id),
        )
        .where(account.billing_month == str(month), account.revision == revision, account.currency != own)
    )
    return [(row[0], CountedAccount._make(row[1:])) for row in connection.execute(query).all()]


def rates_used(connection: Connection, month: BillingMonth) -> dict[str, AnyRate]:
    """Return the exchange rates that the newest revision of a month counted with; a currency with two has none here."""
    settlements = settlements_of(connection, month)
    if not settlements:
        return {}
    account = schema.assessment_account.c
    foreign = or_(account.currency != EUR, account.units_per_eur != "1")
    here = account.billing_month == str(month), account.revision == settlements[-1].revision, foreign
    rows = connection.execute(select(account.currency, account.units_per_eur).where(*here).distinct()).all()
    often = Counter(currency for currency, _ in rows)
    return {currency: conversion_of(units) for currency, units in rows if often[currency] == 1}


def snapshots_used(connection: Connection, settlement_id: int) -> list[int]:
    """Return the snapshots that a settlement was decided from."""
    used = schema.settlement_snapshot.c
    query = select(used.snapshot_id).where(used.settlement_id == settlement_id).order_by(used.snapshot_id)
    return list(connection.execute(query).scalars())
