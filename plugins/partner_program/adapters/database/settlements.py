"""Writes a settlement with its assessments and the letters that it owes; written once, never changed."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, insert, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.programs_here import SettledWith
from partner_program.domain.restatement import figures_of
from partner_program.domain.settlement import Decision
from partner_program.domain.totals import MonthTotals


@dataclass(frozen=True, slots=True)
class SettlementHead:
    """One commit of a month: the first, or a later one that releases held partners or restates figures."""

    billing_month: BillingMonth
    revision: int
    status: str
    migration: bool
    effective_on: date | None
    program_file: str | None
    program_hash: str | None
    inputs_hash: str
    decision_hash: str


_PARTS = ("accounts", "grants", "at_rates_before", "qualifications", "window")  # in tables of their own


def _assessment_values(decision: Decision) -> dict[str, Any]:
    figures = figures_of(decision)._asdict()
    own = {name: value for name, value in figures.items() if name not in _PARTS}
    return {"partner_id": decision.partner_id, "lifted_by": decision.lifted_by, **own}


def write_settlement(
    connection: Connection,
    head: SettlementHead,
    *,
    totals: MonthTotals,
    decisions: Sequence[Decision],
    effective: Mapping[str, date],
    snapshots: Mapping[str, int],
) -> int:
    """Write one settlement with everything it decided, in the caller's transaction; return its id.

    `effective` has the day for which each partner was decided; it is empty for a month that is history only.
    """
    values = {name: getattr(head, name) for name in head.__dataclass_fields__}
    values |= {"billing_month": str(head.billing_month), "migration": int(head.migration)}
    (settlement_id,) = connection.execute(insert(schema.settlement).values(values)).inserted_primary_key or (0,)
    own = {"settlement_id": int(settlement_id)}
    month = {"billing_month": str(head.billing_month), "revision": head.revision}
    read = ({"entity": entity, "snapshot_id": snapshot_id} for entity, snapshot_id in snapshots.items())
    _insert(connection, schema.settlement_snapshot, own, read)
    assessments = (
        {**_assessment_values(decision), "effective_on": effective.get(decision.partner_id)} for decision in decisions
    )
    _insert(connection, schema.assessment, own | month, assessments)
    accounts = (
        {"partner_id": decision.partner_id, **account._asdict()}
        for decision in decisions
        for account in figures_of(decision).accounts
    )
    _insert(connection, schema.assessment_account, month, accounts)
    windows = (
        {"partner_id": decision.partner_id, **each._asdict()}
        for decision in decisions
        if decision.amount is not None
        for each in figures_of(decision).window
    )
    _insert(connection, schema.assessment_window, month, windows)
    grants = (
        {"partner_id": decision.partner_id, "grant_id": each.grant.grant_id, "outcome": each.outcome}
        for decision in decisions
        for each in decision.grants
    )
    _insert(connection, schema.assessment_grant, month, grants)
    at_rates_before = (
        {
            "partner_id": decision.partner_id,
            "rates_of": str(before.rates_of),
            "mrr_eur_cents": before.cents,
            "holds": int(before.holds),
        }
        for decision in decisions
        if (before := decision.at_rates_before) is not None
    )
    _insert(connection, schema.assessment_at_rates_before, month, at_rates_before)
    qualifications = (
        {"partner_id": decision.partner_id, "key": key, "value": value}
        for decision in decisions
        for key, value in decision.qualifications or ()
    )
    _insert(connection, schema.assessment_qualification, month, qualifications)
    _write_totals(connection, own, totals)
    return int(settlement_id)


def settled_with(connection: Connection) -> list[SettledWith]:
    """Every programme file that any month was settled with, each with its newest month."""
    file, sha256 = schema.settlement.c.program_file, schema.settlement.c.program_hash
    newest = select(func.max(schema.settlement.c.billing_month), file, sha256).where(sha256.is_not(None))
    return [
        SettledWith(BillingMonth.parse(month), *of) for month, *of in connection.execute(newest.group_by(file, sha256))
    ]


def carry_over(connection: Connection, head: SettlementHead, settlement_id: int, *, restated: Collection[str]) -> None:
    """Copy the assessments of the revision before into this one, except those of the restated partners."""
    parts = (
        schema.assessment_account,
        schema.assessment_window,
        schema.assessment_grant,
        schema.assessment_at_rates_before,
        schema.assessment_qualification,
    )
    for table in (schema.assessment, *parts):
        before = select(table).where(
            table.c.billing_month == str(head.billing_month), table.c.revision == head.revision - 1
        )
        own = {"revision": head.revision}
        if "settlement_id" in table.c:
            own["settlement_id"] = settlement_id
        rows = [dict(row) for row in connection.execute(before).mappings() if row["partner_id"] not in restated]
        _insert(connection, table, {}, ({**row, **own} for row in rows))


def _write_totals(connection: Connection, own: dict[str, Any], totals: MonthTotals) -> None:
    held = (
        {"partner_id": each.partner_id, "entities": json.dumps(each.entities), "reason": each.reason}
        for each in totals.held
    )
    _insert(connection, schema.held_partner, own, held)
    _insert(connection, schema.bucket, own, (row._asdict() for row in totals.buckets))
    _insert(connection, schema.unmatched_account, own, (row._asdict() for row in totals.unmatched))
    entity_totals = ({"entity": entity, "mrr_eur_cents": cents} for entity, cents in totals.entity_totals.items())
    _insert(connection, schema.entity_total, own, entity_totals)


def plan_letters(
    connection: Connection, head: SettlementHead, settlement_id: int, decisions: Sequence[Decision]
) -> None:
    """Put the letters that a settlement owes into the outbox."""
    own = {
        "billing_month": str(head.billing_month),
        "revision": head.revision,
        "settlement_id": settlement_id,
        "status": "planned",
    }
    letters = (
        {"partner_id": decision.partner_id, "kind": decision.letter}
        for decision in decisions
        if decision.letter is not None
    )
    _insert(connection, schema.letter, own, letters)


def _insert(connection: Connection, table: Any, common: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> None:
    append_rows(connection, table, ({**common, **row} for row in rows))
