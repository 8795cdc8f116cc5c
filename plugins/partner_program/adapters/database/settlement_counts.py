"""Keeps what each settlement counts, written once with it, so that nobody counts a month's partners to show it.

Whoever writes a settlement calls `keep_counts` when all its rows are there, in the same transaction; they are never
changed, and so neither are their counts.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letters import LetterKind
from partner_program.domain.month_overview import Movement
from partner_program.domain.waiting import HeldGroup, other_reasons


def keep_counts(connection: Connection, settlement_id: int) -> None:
    """Count the rows of a settlement, and write the counts."""
    own = {"settlement_id": settlement_id}
    assessment, letter = schema.assessment.c, schema.letter.c
    moves = (
        select(assessment.previous_tier, assessment.tier, func.count(), func.sum(assessment.mrr_eur_cents))
        .where(assessment.settlement_id == settlement_id)
        .group_by(assessment.previous_tier, assessment.tier)
    )
    found = sorted(connection.execute(moves), key=lambda row: (row[0] is not None, row[0] or 0, row[1] or 0))
    append_rows(
        connection,
        schema.move_count,
        [
            own
            | {"position": position, "previous_tier": previous, "tier": tier, "partners": partners}
            | {"mrr_eur_cents": int(cents)}
            for position, (previous, tier, partners, cents) in enumerate(found, start=1)
        ],
    )
    kinds = select(letter.kind, func.count()).where(letter.settlement_id == settlement_id).group_by(letter.kind)
    letters = [own | {"kind": kind, "letters": number} for kind, number in connection.execute(kinds)]
    append_rows(connection, schema.letter_count, letters)
    held = [
        own | {"position": position, "reason": reason, "partners": partners}
        | {"partner_id": partner_id if partners == 1 else None}
        for position, (reason, partners, partner_id) in enumerate(_held_by_reason(connection, settlement_id), start=1)
    ]  # fmt: skip
    append_rows(connection, schema.held_count, held)


def _held_by_reason(connection: Connection, settlement_id: int) -> list[tuple[str, int, str]]:
    held = schema.held_partner.c
    query = (
        select(held.reason, func.count(), func.min(held.partner_id))
        .where(held.settlement_id == settlement_id)
        .group_by(held.reason)
    )
    found = [(reason, number, partner_id) for reason, number, partner_id in connection.execute(query)]
    return sorted(found, key=lambda row: (-row[1], row[0]))


def movements(connection: Connection, settlements: Sequence[int]) -> list[Movement]:
    """Return how many partners these settlements assigned, by the tier before and the tier, lowest first."""
    table = schema.move_count.c
    query = (
        select(table.previous_tier, table.tier, func.sum(table.partners))
        .where(table.settlement_id.in_(settlements))
        .group_by(table.previous_tier, table.tier)
    )
    found = [Movement(previous, tier, int(partners)) for previous, tier, partners in connection.execute(query)]
    return sorted(found, key=lambda each: (each.previous_tier is not None, each.previous_tier or 0, each.tier or 0))


def counted_revenue(connection: Connection, month: BillingMonth, revision: int) -> int:
    """Return the revenue that a revision of a month counts for all partners, in EUR cents."""
    table, settlement = schema.move_count.c, schema.settlement.c
    query = (
        select(func.coalesce(func.sum(table.mrr_eur_cents), 0))
        .join(schema.settlement, settlement.settlement_id == table.settlement_id)
        .where(settlement.billing_month == str(month), settlement.revision == revision)
    )
    return int(connection.execute(query).scalar_one())


def letter_kinds(connection: Connection, month: BillingMonth) -> dict[LetterKind, int]:
    """Return how many letters of each kind a month owes, by the name of the kind."""
    table, settlement = schema.letter_count.c, schema.settlement.c
    query = (
        select(table.kind, func.sum(table.letters))
        .join(schema.settlement, settlement.settlement_id == table.settlement_id)
        .where(settlement.billing_month == str(month))
        .group_by(table.kind)
    )
    return {kind: int(letters) for kind, letters in sorted(connection.execute(query))}


def held_groups(
    connection: Connection, settlements: Mapping[int, BillingMonth], *, first: int | None = None
) -> list[HeldGroup]:
    """Return how many partners these settlements hold, by month and reason, the largest group of a month first.

    With `first` only so many groups of each month, and after them the others of it as one.
    """
    table = schema.held_count.c
    query = select(table.settlement_id, table.reason, table.partners, table.partner_id)
    query = query.where(table.settlement_id.in_(settlements)).order_by(table.settlement_id, table.position)
    if first is not None:
        query = query.where(table.position <= first)
    groups = [
        HeldGroup(settlements[settlement_id], reason, partners, partner_id)
        for settlement_id, reason, partners, partner_id in connection.execute(query)
    ]
    if first is not None:
        rest = (
            select(table.settlement_id, func.count(), func.sum(table.partners))
            .where(table.settlement_id.in_(settlements), table.position > first)
            .group_by(table.settlement_id)
        )
        groups += [
            other_reasons(settlements[settlement_id], reasons, int(partners))
            for settlement_id, reasons, partners in connection.execute(rest)
        ]
    return sorted(groups, key=lambda each: each.month)
