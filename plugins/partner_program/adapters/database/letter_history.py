"""Reads what a letter is compared with: the assessment before it, as it was when the letter was owed.

What was written after a letter's own settlement is left out: rendered again, the letter says the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letter_facts import EarlierAssessment
from partner_program.domain.letters import AccountFact
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.rates import RateTerms


def earlier_assessments(
    connection: Connection, month: BillingMonth, letters: Iterable[Row[Any]]
) -> dict[str, EarlierAssessment]:
    """Return what stood before each letter, by partner: its month before a restatement, else the last month in force.

    `letters` are rows with the letter's kind, partner, revision and settlement, one of each partner.
    """
    by_settlement: dict[int, list[str]] = defaultdict(list)
    restated: dict[str, int] = {}
    for letter in letters:
        if letter.kind == "restated":
            restated[letter.partner_id] = letter.revision - 1
        else:
            by_settlement[letter.settlement_id].append(letter.partner_id)
    rows = [row for row in _assessed(connection, month, list(restated)) if row.revision == restated[row.partner_id]]
    for settlement_id, partners in by_settlement.items():
        rows += _last_before(connection, month, partners, settlement_id)
    return _with_accounts(connection, rows)


def _assessed(connection: Connection, month: BillingMonth, partners: Sequence[str]) -> Sequence[Row[Any]]:
    assessment = schema.assessment
    query = select(assessment).where(assessment.c.billing_month == str(month), assessment.c.partner_id.in_(partners))
    return connection.execute(query).all() if partners else []


def _last_before(
    connection: Connection, month: BillingMonth, partners: Sequence[str], settlement_id: int
) -> Iterable[Row[Any]]:
    """Return the newest assessment of each partner's last earlier month in force, of those before a settlement."""
    assessment, settlement = schema.assessment, schema.settlement
    in_force = settlement.c.settlement_id == assessment.c.settlement_id
    was_before = (
        assessment.c.partner_id.in_(partners),
        assessment.c.settlement_id < settlement_id,
        settlement.c.status == IN_FORCE,
    )
    last = (
        select(assessment.c.partner_id, func.max(assessment.c.billing_month).label("billing_month"))
        .join(settlement, in_force)
        .where(*was_before, assessment.c.billing_month < str(month))
        .group_by(assessment.c.partner_id)
        .subquery()
    )
    its_month = (last.c.partner_id == assessment.c.partner_id) & (last.c.billing_month == assessment.c.billing_month)
    query = (
        select(assessment)
        .join(settlement, in_force)
        .join(last, its_month)
        .where(*was_before)
        .order_by(assessment.c.revision)
    )
    return {row.partner_id: row for row in connection.execute(query)}.values()


def _with_accounts(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, EarlierAssessment]:
    by_month: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_month[row.billing_month].append(row)
    found, programs = {}, _programs_of(connection, {row.settlement_id for row in rows})
    for text, own in by_month.items():
        month = BillingMonth.parse(text)
        accounts = assessed_accounts(connection, month, [row.partner_id for row in own])
        for row in own:
            found[row.partner_id] = EarlierAssessment(
                billing_month=month,
                terms=RateTerms(
                    row.tier or 0,
                    row.monthly_fee_discount_bp or 0,
                    row.setup_fee_discount_bp or 0,
                    row.sla,
                    row.families,
                ),
                mrr_eur_cents=row.mrr_eur_cents,
                accounts=tuple(accounts[row.partner_id, row.revision]),
                program_hash=programs[row.settlement_id],
            )
    return found


def _programs_of(connection: Connection, settlements: Collection[int]) -> dict[int, str | None]:
    """Return the hash of the programme file that each of some settlements used."""
    settlement = schema.settlement.c
    query = select(settlement.settlement_id, settlement.program_hash).where(settlement.settlement_id.in_(settlements))
    return {row.settlement_id: row.program_hash for row in connection.execute(query)}


def assessed_accounts(
    connection: Connection, month: BillingMonth, partners: Sequence[str]
) -> dict[tuple[str, int], list[AccountFact]]:
    """Return the accounts of these partners in each revision of a month, by partner and revision."""
    account, entity = schema.assessment_account, schema.entity
    query = (
        select(account, entity.c.legal_name)
        .join(entity, entity.c.entity == account.c.entity)
        .where(account.c.billing_month == str(month), account.c.partner_id.in_(partners))
        .order_by(*account.primary_key)
    )
    found: dict[tuple[str, int], list[AccountFact]] = defaultdict(list)
    for row in connection.execute(query):
        values = {name: getattr(row, name) for name in AccountFact.__dataclass_fields__}
        found[row.partner_id, row.revision].append(AccountFact(**values))
    return found
