"""Reads what a decision was made from: one partner's month, with the partner's part of each frozen snapshot."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import StoredSettlement, find_held, settlements_or_refusal
from partner_program.adapters.database.snapshots import load_accounts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import SettledGrant
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountLink, GraceGrant
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.totals import HeldPartner


@dataclass(frozen=True, slots=True)
class DecidedFrom:
    """A partner's month: the settlement that decided it, the grants that were open, the snapshots that were read.

    `snapshots` has each entity's content hash, and of its revenue what the accounts of the `links` billed; `held` says
    why there is no decision yet.
    """

    settlement: StoredSettlement
    held: HeldPartner | None
    grants: tuple[SettledGrant, ...]
    snapshots: tuple[tuple[str, EntityRevenue], ...]


def find_decision(
    connection: Connection, partner_id: str, month: BillingMonth, links: Sequence[AccountLink]
) -> DecidedFrom:
    """Return what the newest revision decided from; raises `Refusal` if the partner or the month was not assessed.

    `links` are those of the partner's accounts: of each snapshot, only the lines of these accounts are read.
    """
    settlements = settlements_or_refusal(connection, month)
    assessment = schema.assessment
    query = (
        select(assessment.c.settlement_id)
        .where(assessment.c.billing_month == str(month), assessment.c.partner_id == partner_id)
        .order_by(assessment.c.revision.desc())
    )
    decided_by = connection.execute(query).scalars().first()
    settlement = next((each for each in settlements if each.settlement_id == decided_by), settlements[-1])
    held = find_held(connection, settlement.settlement_id, partner_id)
    if decided_by is None and held is None:
        raise Refusal(f"partner {partner_id} has no assessment in {month}: it was not authorised when the month ran")
    return DecidedFrom(
        settlement=settlement,
        held=None if decided_by else held,
        grants=_grants(connection, partner_id, month, settlement.revision),
        snapshots=_snapshots(connection, settlement.settlement_id, links),
    )


def _grants(connection: Connection, partner_id: str, month: BillingMonth, revision: int) -> tuple[SettledGrant, ...]:
    outcome, grant = schema.assessment_grant, schema.grace_grant
    query = (
        select(grant, outcome.c.outcome)
        .join(grant, grant.c.grant_id == outcome.c.grant_id)
        .where(
            outcome.c.billing_month == str(month),
            outcome.c.revision == revision,
            outcome.c.partner_id == partner_id,
        )
        .order_by(grant.c.grant_id)
    )
    names = [each.name for each in fields(GraceGrant)]
    return tuple(
        SettledGrant(GraceGrant(**{name: getattr(row, name) for name in names}), row.outcome)
        for row in connection.execute(query)
    )


def _snapshots(
    connection: Connection, settlement_id: int, links: Sequence[AccountLink]
) -> tuple[tuple[str, EntityRevenue], ...]:
    accounts: dict[str, set[str]] = defaultdict(set)
    for link in links:
        accounts[link.entity].add(link.account_id)
    used, snapshot = schema.settlement_snapshot, schema.snapshot
    query = (
        select(snapshot.c.snapshot_id, snapshot.c.content_hash, snapshot.c.entity)
        .join(used, used.c.snapshot_id == snapshot.c.snapshot_id)
        .where(used.c.settlement_id == settlement_id)
        .order_by(used.c.entity)
    )
    return tuple(
        (row.content_hash, load_accounts(connection, row.snapshot_id, sorted(accounts[row.entity])))
        for row in list(connection.execute(query))
    )


def revenue_of_accounts(
    connection: Connection, settlement_id: int, accounts: Mapping[str, Collection[str]]
) -> list[EntityRevenue]:
    """Return what a settlement's snapshots have of these accounts; an entity that was not read is left out."""
    used = schema.settlement_snapshot
    query = select(used.c.entity, used.c.snapshot_id).where(used.c.settlement_id == settlement_id)
    return [
        load_accounts(connection, snapshot_id, sorted(accounts[entity]))
        for entity, snapshot_id in list(connection.execute(query.order_by(used.c.entity)))
        if entity in accounts
    ]
