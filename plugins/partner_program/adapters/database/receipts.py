"""Reads what a decision was made from: one partner's month, with the partner's part of each frozen snapshot."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import StoredSettlement, held_of, settlements_or_refusal
from partner_program.adapters.database.snapshots import load_accounts, load_accounts_apart
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
    return find_decisions(connection, month, {partner_id: links})[partner_id]


def find_decisions(
    connection: Connection, month: BillingMonth, links: Mapping[str, Sequence[AccountLink]]
) -> dict[str, DecidedFrom]:
    """Do the same for several partners; the `links` of each are those of its accounts."""
    settlements = settlements_or_refusal(connection, month)
    assessment = schema.assessment
    query = (
        select(assessment.c.partner_id, assessment.c.settlement_id)
        .where(assessment.c.billing_month == str(month), assessment.c.partner_id.in_(links))
        .order_by(assessment.c.revision)
    )
    decided_by = {row.partner_id: row.settlement_id for row in connection.execute(query)}
    by_id = {each.settlement_id: each for each in settlements}
    partners: dict[int, list[str]] = defaultdict(list)
    for partner_id in links:
        partners[by_id.get(decided_by.get(partner_id, 0), settlements[-1]).settlement_id].append(partner_id)
    found: dict[str, DecidedFrom] = {}
    for settlement_id, own in partners.items():
        settlement = by_id[settlement_id]
        held = held_of(connection, settlement_id, own)
        grants = _grants(connection, own, month, settlement.revision)
        snapshots = _snapshots(connection, settlement_id, {partner_id: links[partner_id] for partner_id in own})
        for partner_id in own:
            if partner_id not in decided_by and partner_id not in held:
                raise Refusal(
                    f"partner {partner_id} has no assessment in {month}: it was not authorised when the month ran"
                )
            found[partner_id] = DecidedFrom(
                settlement=settlement,
                held=None if partner_id in decided_by else held[partner_id],
                grants=tuple(grants[partner_id]),
                snapshots=tuple(snapshots[partner_id]),
            )
    return found


def _grants(
    connection: Connection, partners: Sequence[str], month: BillingMonth, revision: int
) -> dict[str, list[SettledGrant]]:
    outcome, grant = schema.assessment_grant, schema.grace_grant
    query = (
        select(grant, outcome.c.outcome, outcome.c.partner_id.label("of_partner"))
        .join(grant, grant.c.grant_id == outcome.c.grant_id)
        .where(
            outcome.c.billing_month == str(month),
            outcome.c.revision == revision,
            outcome.c.partner_id.in_(partners),
        )
        .order_by(grant.c.grant_id)
    )
    names = [each.name for each in fields(GraceGrant)]
    found: dict[str, list[SettledGrant]] = defaultdict(list)
    for row in connection.execute(query):
        own = GraceGrant(**{name: getattr(row, name) for name in names})
        found[row.of_partner].append(SettledGrant(own, row.outcome))
    return found


def _snapshots(
    connection: Connection, settlement_id: int, links: Mapping[str, Sequence[AccountLink]]
) -> dict[str, list[tuple[str, EntityRevenue]]]:
    """Return what each partner's accounts have in each snapshot of a settlement, in the order of entities."""
    accounts: dict[str, dict[str, set[str]]] = defaultdict(lambda: {partner_id: set() for partner_id in links})
    for partner_id, own in links.items():
        for link in own:
            accounts[link.entity][partner_id].add(link.account_id)
    used, snapshot = schema.settlement_snapshot, schema.snapshot
    query = (
        select(snapshot.c.snapshot_id, snapshot.c.content_hash, snapshot.c.entity)
        .join(used, used.c.snapshot_id == snapshot.c.snapshot_id)
        .where(used.c.settlement_id == settlement_id)
        .order_by(used.c.entity)
    )
    found: dict[str, list[tuple[str, EntityRevenue]]] = {partner_id: [] for partner_id in links}
    for row in list(connection.execute(query)):
        for partner_id, revenue in load_accounts_apart(connection, row.snapshot_id, accounts[row.entity]).items():
            found[partner_id].append((row.content_hash, revenue))
    return found


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
