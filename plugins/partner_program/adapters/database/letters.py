"""Reads the letters that a month owes, with the committed facts that each states, and marks them as rendered."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import at_rates_before
from partner_program.adapters.database.letter_benefits import kept_benefits
from partner_program.adapters.database.letter_history import assessed_accounts, earlier_assessments
from partner_program.adapters.database.rates import rates_before
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore
from partner_program.domain.letter_facts import OwedLetter
from partner_program.domain.letters import GraceFact
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.qualifications import Used
from partner_program.domain.rates import RateTerms
from partner_program.domain.tier_changes import Merit


@dataclass(frozen=True, slots=True)
class MadeLetter:
    """A letter as it was rendered: the sha256 of its parts, and that of everything it was made of."""

    partner_id: str
    revision: int
    content_hash: str
    made_of: str


def owed_partners(connection: Connection, month: BillingMonth) -> list[str]:
    """Return the partners that are owed a letter for a month, in order."""
    letter = schema.letter
    query = select(letter.c.partner_id).where(letter.c.billing_month == str(month)).distinct()
    return sorted(connection.execute(query).scalars())


def count_owed_letters(connection: Connection, month: BillingMonth) -> int:
    """Count the partners that are owed a letter for a month."""
    letter = schema.letter
    query = select(func.count(letter.c.partner_id.distinct())).where(letter.c.billing_month == str(month))
    return int(connection.execute(query).scalar_one())


def was_written_to_before(connection: Connection, month: BillingMonth, partner_id: str) -> bool:
    """Return whether one partner was owed a letter for any earlier month."""
    letter = schema.letter
    query = select(letter.c.billing_month).where(
        letter.c.billing_month < str(month), letter.c.partner_id == partner_id
    )  # fmt: skip
    return connection.execute(query.limit(1)).first() is not None


def written_to_before(connection: Connection, month: BillingMonth) -> frozenset[str]:
    """Return the partners that were owed a letter for any earlier month."""
    letter = schema.letter
    query = select(letter.c.partner_id).where(letter.c.billing_month < str(month)).distinct()
    return frozenset(connection.execute(query).scalars())


def owed_letters(connection: Connection, month: BillingMonth, partners: Sequence[str]) -> list[OwedLetter]:
    """Return the newest letter of each of these partners, with the facts that it states."""
    letter, assessment = schema.letter, schema.assessment
    settled = schema.settlement.c.settlement_id == letter.c.settlement_id
    query = (
        select(letter.c.kind, letter.c.content_hash, *_SETTLED, assessment)
        .join(schema.settlement, settled)
        .join(assessment, _same_partner_and_revision())
        .where(letter.c.billing_month == str(month), letter.c.partner_id.in_(partners))
        .order_by(letter.c.partner_id, letter.c.revision)
    )
    return _with_facts(connection, month, partners, connection.execute(query))


def letters_or_unchanged(connection: Connection, month: BillingMonth, partners: Sequence[str]) -> list[OwedLetter]:
    """Return what the newest result of each of these partners would state in a letter; of who got none, nothing new."""
    letter, assessment, settlement = schema.letter, schema.assessment, schema.settlement
    kind = func.coalesce(letter.c.kind, "no_change").label("kind")
    query = (
        select(kind, letter.c.content_hash, *_SETTLED, assessment)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .outerjoin(letter, _same_partner_and_revision())
        .where(assessment.c.billing_month == str(month), assessment.c.partner_id.in_(partners))
        .where(settlement.c.status == IN_FORCE)
        .order_by(assessment.c.partner_id, assessment.c.revision)
    )
    return _with_facts(connection, month, partners, connection.execute(query))


_SETTLED = (schema.settlement.c.effective_on, schema.settlement.c.program_hash)


def _same_partner_and_revision() -> ColumnElement[bool]:
    letter, assessment = schema.letter.c, schema.assessment.c
    return (
        (assessment.billing_month == letter.billing_month)
        & (assessment.revision == letter.revision)
        & (assessment.partner_id == letter.partner_id)
    )


def _with_facts(
    connection: Connection, month: BillingMonth, partners: Sequence[str], rows: Iterable[Row[Any]]
) -> list[OwedLetter]:
    """Return the letter of the last row of each partner."""
    newest = {row.partner_id: row for row in rows}
    accounts = assessed_accounts(connection, month, partners)
    grants = _grants(connection, month, partners)
    benefits = kept_benefits(connection, month, partners)
    before = _at_rates_before(connection, month, partners)
    qualified = _qualifications(connection, month, partners)
    windows = _windows(connection, month, partners)
    earlier = earlier_assessments(connection, month, newest.values())
    changed = [row for row in newest.values() if row.kind == "terms_changed"]
    rates = rates_before(
        connection,
        {row.partner_id: row.effective_on for row in changed},
        {row.partner_id: row.settlement_id for row in changed},
    )
    return [
        OwedLetter(
            billing_month=month,
            partner_id=row.partner_id,
            revision=row.revision,
            kind=row.kind,
            content_hash=row.content_hash,
            effective_on=row.effective_on,
            program_hash=row.program_hash,
            mrr_eur_cents=row.mrr_eur_cents,
            earned_tier=row.earned_tier,
            granted_tier=row.granted_tier,
            previous_tier=row.previous_tier,
            terms=RateTerms(row.tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp, row.sla, row.families),
            rate_valid_from=row.rate_valid_from,
            accounts=tuple(accounts[row.partner_id, row.revision]),
            grants=tuple(grants[row.partner_id, row.revision]),
            earlier=earlier.get(row.partner_id),
            rate_before=rates[row.partner_id].terms if row.partner_id in rates else None,
            benefits=benefits.get((row.partner_id, row.revision)),
            at_rates_before=before.get((row.partner_id, row.revision)),
            qualifications=qualified.get((row.partner_id, row.revision)),
            qualifying_eur_cents=row.qualifying_eur_cents,
            window=tuple(windows.get((row.partner_id, row.revision), ())),
            merit=None if row.merit_tier is None else Merit(row.merit_tier, row.earned_tier, row.months_below or 0),
        )
        for row in newest.values()
    ]


def what_letters_are_made_of(
    connection: Connection, month: BillingMonth, partners: Sequence[str]
) -> dict[tuple[str, int], str]:
    """Return the hash of what each letter of these partners was made of, by partner and revision, if it has one."""
    recipe = schema.letter_recipe
    query = select(recipe).where(recipe.c.billing_month == str(month), recipe.c.partner_id.in_(partners))
    return {(row.partner_id, row.revision): row.made_of for row in connection.execute(query)}


def mark_rendered(
    connection: Connection, month: BillingMonth, letters: Sequence[MadeLetter], template_version: str
) -> None:
    """Record which letters were rendered, with what they are and what they were made of."""
    letter, recipe = schema.letter, schema.letter_recipe
    rows = [
        {
            "own_month": str(month),
            "own_partner": each.partner_id,
            "own_revision": each.revision,
            "own_hash": each.content_hash,
            "own_made_of": each.made_of,
        }
        for each in letters
    ]
    if not rows:
        return
    values = {"status": "rendered", "template_version": template_version, "content_hash": bindparam("own_hash")}
    connection.execute(update(letter).where(*_is_own(letter)).values(values), rows)
    connection.execute(delete(recipe).where(*_is_own(recipe)), rows)
    own: dict[str, BindParameter[object]] = {
        "billing_month": bindparam("own_month"),
        "revision": bindparam("own_revision"),
        "partner_id": bindparam("own_partner"),
        "made_of": bindparam("own_made_of"),
    }
    connection.execute(insert(recipe).values(own), rows)


def _is_own(table: Table) -> list[ColumnElement[bool]]:
    """The row of a letter that is named by parameters: many rows are changed by one statement."""
    return [
        table.c.billing_month == bindparam("own_month"),
        table.c.revision == bindparam("own_revision"),
        table.c.partner_id == bindparam("own_partner"),
    ]


def _of_partners(table: Table, month: BillingMonth, partners: Sequence[str]) -> list[ColumnElement[bool]]:
    """The rows of some partners in every revision of a month, found along the table's key."""
    settled = schema.settlement.c
    revisions = select(settled.revision).where(settled.billing_month == str(month))
    return [table.c.billing_month == str(month), table.c.revision.in_(revisions), table.c.partner_id.in_(partners)]


def _at_rates_before(
    connection: Connection, month: BillingMonth, partners: Sequence[str]
) -> dict[tuple[str, int], AtRatesBefore]:
    table = schema.assessment_at_rates_before
    query = select(table).where(*_of_partners(table, month, partners))
    return {
        (row.partner_id, row.revision): at_rates_before(row.rates_of, row.mrr_eur_cents, row.holds)
        for row in connection.execute(query)
    }


def _qualifications(
    connection: Connection, month: BillingMonth, partners: Sequence[str]
) -> dict[tuple[str, int], Used]:
    table = schema.assessment_qualification
    query = select(table).where(*_of_partners(table, month, partners))
    found: dict[tuple[str, int], Used] = {}
    for row in connection.execute(query.order_by(*table.primary_key)):
        found[row.partner_id, row.revision] = (*found.get((row.partner_id, row.revision), ()), (row.key, row.value))
    return found


def _windows(
    connection: Connection, month: BillingMonth, partners: Sequence[str]
) -> dict[tuple[str, int], list[tuple[BillingMonth, int]]]:
    window = schema.assessment_window
    query = (
        select(window)
        .where(window.c.billing_month == str(month), window.c.partner_id.in_(partners))
        .order_by(window.c.counted_month)
    )
    found: dict[tuple[str, int], list[tuple[BillingMonth, int]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.partner_id, row.revision].append((BillingMonth.parse(row.counted_month), row.mrr_eur_cents))
    return found


def _grants(
    connection: Connection, month: BillingMonth, partners: Sequence[str]
) -> dict[tuple[str, int], list[GraceFact]]:
    outcome, grant = schema.assessment_grant, schema.grace_grant
    query = (
        select(outcome, grant.c.tier, grant.c.starts_on, grant.c.ends_on)
        .join(grant, grant.c.grant_id == outcome.c.grant_id)
        .where(outcome.c.billing_month == str(month), outcome.c.partner_id.in_(partners))
        .order_by(outcome.c.partner_id, outcome.c.revision, outcome.c.grant_id)
    )
    found: dict[tuple[str, int], list[GraceFact]] = defaultdict(list)
    for row in connection.execute(query):
        fact = GraceFact(row.tier, row.starts_on, row.ends_on, row.outcome)
        found[row.partner_id, row.revision].append(fact)
    return found
