"""Reads one partner's months and letters; only this partner's rows are read."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES, DeliveryState
from partner_program.domain.partner_overview import LetterSent, PartnerMonth

_RESULTS = (
    "mrr_eur_cents",
    "earned_tier",
    "granted_tier",
    "tier",
    "previous_tier",
    "monthly_fee_discount_bp",
    "setup_fee_discount_bp",
    "sla",
    "families",
)


def months_of_partner(connection: Connection, partner_id: str) -> list[PartnerMonth]:
    """Return what each month decided for a partner, as its newest revision has it, the newest month first."""
    return months_of_partners(connection, [partner_id])[partner_id]


def months_of_partners(connection: Connection, partners: Collection[str]) -> dict[str, list[PartnerMonth]]:
    """Do the same for several partners."""
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(assessment, settlement.c.status)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(assessment.c.partner_id.in_(partners))
        .order_by(assessment.c.billing_month, assessment.c.revision)
    )
    found: dict[str, dict[str, PartnerMonth]] = {partner_id: {} for partner_id in partners}
    for row in connection.execute(query):
        found[row.partner_id][row.billing_month] = _assigned(row)
    for row in connection.execute(_holding(partners)):
        found[row.partner_id].setdefault(row.billing_month, _held(row))
    return {partner_id: [own[month] for month in sorted(own, reverse=True)] for partner_id, own in found.items()}


def _assigned(row: Any) -> PartnerMonth:
    return PartnerMonth(
        billing_month=BillingMonth.parse(row.billing_month),
        status=row.status,
        revision=row.revision,
        effective_on=row.effective_on,
        **{name: getattr(row, name) for name in _RESULTS},
        held_reason=None,
    )


def _held(row: Any) -> PartnerMonth:
    return PartnerMonth(
        billing_month=BillingMonth.parse(row.billing_month),
        status=row.status,
        revision=row.revision,
        effective_on=None,
        **dict.fromkeys(_RESULTS),
        held_reason=row.reason,
    )


def _holding(partners: Collection[str]) -> Any:
    """The settlements that hold some partners, of those that are the last of their month."""
    held, settlement = schema.held_partner, schema.settlement
    last = select(func.max(settlement.c.settlement_id)).group_by(settlement.c.billing_month)
    return (
        select(held.c.partner_id, settlement.c.billing_month, settlement.c.status, settlement.c.revision, held.c.reason)
        .join(settlement, settlement.c.settlement_id == held.c.settlement_id)
        .where(held.c.partner_id.in_(partners), held.c.settlement_id.in_(last))
    )


def letters_of_partner(connection: Connection, partner_id: str) -> list[LetterSent]:
    """Return every letter that a partner was owed, the newest first, with the states of its recipients."""
    letter, delivery = schema.letter, schema.delivery
    states: dict[tuple[str, int], Counter[DeliveryState]] = {}
    query = select(delivery.c.billing_month, delivery.c.revision, delivery.c.status)
    for row in connection.execute(query.where(delivery.c.partner_id == partner_id)):
        states.setdefault((row.billing_month, row.revision), Counter())[row.status] += 1
    own = select(letter.c.billing_month, letter.c.revision, letter.c.kind).where(letter.c.partner_id == partner_id)
    newest_first = own.order_by(letter.c.billing_month.desc(), letter.c.revision.desc())
    return [
        LetterSent(
            BillingMonth.parse(row.billing_month),
            row.revision,
            row.kind,
            tuple(
                (state, count)
                for state in STATES
                if (count := states.get((row.billing_month, row.revision), Counter())[state])
            ),
        )
        for row in connection.execute(newest_first)
    ]
