"""Reads what a month's proof holds: its settlements, the rates and letters of each, restatements and acts. No name."""

import json
from hashlib import sha256

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.acts import acts_of_month, load_acts
from partner_program.adapters.database.history import assessed_months
from partner_program.adapters.database.restatements import ACCEPTED
from partner_program.adapters.database.row_hashes import hash_of_rows, rows_of
from partner_program.domain.acts import MONTH_SIGNED, PROOF_WRITTEN
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.proof import (
    ActRow,
    LetterRow,
    RestatedDifference,
    RestatementRow,
    SettledRow,
    SignatureRow,
    SnapshotHead,
    WrittenRate,
)


def settled_rows(connection: Connection, month: BillingMonth) -> dict[int, SettledRow]:
    """Return a month's settlements by id, oldest first."""
    table, restatement = schema.settlement, schema.restatement
    accepted = set(
        connection.execute(
            select(restatement.c.revision).where(
                restatement.c.billing_month == str(month), restatement.c.status == ACCEPTED
            )
        ).scalars()
    )
    found: dict[int, SettledRow] = {}
    for row in connection.execute(
        select(table).where(table.c.billing_month == str(month)).order_by(table.c.settlement_id)
    ):
        restates = row.revision in accepted
        accepted.discard(row.revision)  # a later settlement of the revision releases somebody
        day = None if row.effective_on is None else row.effective_on.isoformat()
        found[row.settlement_id] = SettledRow(
            row.revision,
            row.status,
            row.migration,
            int(restates),
            day,
            row.program_hash,
            row.inputs_hash,
            row.decision_hash,
        )
    return found


def installation_of(connection: Connection) -> str:
    """Return what tells this installation from others: the hash of the first settlement that it ever wrote."""
    table = schema.settlement
    first = connection.execute(select(table).order_by(table.c.settlement_id).limit(1)).one()
    values = [first.billing_month, first.revision, first.inputs_hash, first.decision_hash]
    return sha256(json.dumps(values).encode()).hexdigest()


def snapshots_read(connection: Connection, settlement_id: int) -> dict[str, int]:
    """Return the snapshot of each entity that a settlement was decided from."""
    table = schema.settlement_snapshot
    query = select(table).where(table.c.settlement_id == settlement_id).order_by(table.c.entity)
    return {row.entity: row.snapshot_id for row in connection.execute(query)}


def snapshot_head(connection: Connection, snapshot_id: int) -> SnapshotHead:
    """Return whose a snapshot is, with its hash."""
    table = schema.snapshot
    row = connection.execute(select(table).where(table.c.snapshot_id == snapshot_id)).one()
    return SnapshotHead(row.entity, row.content_hash, row.fault)


def rates_written(connection: Connection, settlement_id: int) -> list[WrittenRate]:
    """Return the rates that took force with a settlement, by partner and day."""
    table = schema.discount_rate
    query = select(table).where(table.c.settlement_id == settlement_id).order_by(*table.primary_key)
    return [
        WrittenRate(
            row.partner_id,
            row.valid_from.isoformat(),
            row.sequence,
            row.tier,
            row.monthly_fee_discount_bp,
            row.setup_fee_discount_bp,
            row.sla,
            row.origin,
            row.families,
        )
        for row in connection.execute(query)
    ]


def letters_owed(connection: Connection, settlement_id: int) -> list[LetterRow]:
    """Return the letters that a settlement owes, with what each is and was made of, once rendered."""
    letter, recipe = schema.letter, schema.letter_recipe
    query = (
        select(letter, recipe.c.made_of)
        .join(
            recipe,
            (recipe.c.billing_month == letter.c.billing_month)
            & (recipe.c.revision == letter.c.revision)
            & (recipe.c.partner_id == letter.c.partner_id),
            isouter=True,
        )
        .where(letter.c.settlement_id == settlement_id)
        .order_by(letter.c.partner_id)
    )
    return [
        LetterRow(row.partner_id, row.kind, row.status, row.template_version, row.content_hash, row.made_of)
        for row in connection.execute(query)
    ]


def restatements_of(
    connection: Connection, month: BillingMonth
) -> tuple[list[RestatementRow], list[RestatedDifference]]:
    """Return the month's restatements with what each changes; who decided is still a name."""
    table = schema.restatement
    query = select(table).where(table.c.billing_month == str(month)).order_by(table.c.revision, table.c.decision_hash)
    rows, changes = [], []
    for row in connection.execute(query):
        day = None if row.effective_on is None else row.effective_on.isoformat()
        rows.append(RestatementRow(row.revision, row.decision_hash, row.status, day, row.decided_by))
        changes += [
            RestatedDifference(row.decision_hash, partner_id, change)
            for partner_id, words in sorted(json.loads(row.differences).items())
            for change in words
        ]
    return rows, changes


def acts_of(connection: Connection, month: BillingMonth) -> list[ActRow]:
    """Return what people and schedules did about a month, oldest first; who did it is still a name.

    That a proof of it was written is left out: each proof would differ from the one before.
    """
    return [
        ActRow(act.kind, act.partner_id, act.doer.done_at, act.doer.done_by, act.decided_hash)
        for act in acts_of_month(connection, month)
        if act.kind != PROOF_WRITTEN
    ]


def signatures_of(connection: Connection, month: BillingMonth) -> list[SignatureRow]:
    """Return who signed which revision of a month, oldest first; who did is still a name."""
    found = []
    for act in load_acts(connection, MONTH_SIGNED, month=month):
        detail = json.loads(act.detail)
        for digest in detail["decision_hashes"]:
            row = (detail["role"], detail["revision"], digest, act.doer.done_at, act.doer.done_by)
            found.append(SignatureRow(*row))
    return found


def proofs_written(connection: Connection, month: BillingMonth) -> list[str]:
    """Return the sha256 of each proof of a month that was written, oldest first."""
    return [str(json.loads(act.detail)["sha256"]) for act in load_acts(connection, PROOF_WRITTEN, month=month)]


def what_proof_is_made_of(connection: Connection, month: BillingMonth) -> str:
    """Return the sha256 of the rows that say whether a month's proof would come out otherwise now.

    What a settlement wrote is covered by its own row. Of letters each state is counted: one that was rendered anew is
    not seen.
    """
    letter, act, settlement, restatement = schema.letter, schema.act, schema.settlement, schema.restatement
    before = max((each for each in assessed_months(connection) if each < month), default=None)
    letters = select(letter.c.status, func.count()).where(letter.c.billing_month == str(month))
    return hash_of_rows(
        connection,
        (
            rows_of(settlement, settlement.c.billing_month == str(month)),
            rows_of(restatement, restatement.c.billing_month == str(month)),
            rows_of(act, act.c.billing_month == str(month), act.c.kind != PROOF_WRITTEN),
            letters.group_by(letter.c.status).order_by(letter.c.status),
            rows_of(act, act.c.billing_month == str(before), act.c.kind == PROOF_WRITTEN),
        ),
    )
