"""Reading a month's register: what was decided for every authorised partner, and where every line went."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import load_totals, settlements_of
from partner_program.adapters.database.rates import rates_on
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import Refusal

_ASSIGNED = (
    "mrr_eur_cents",
    "earned_tier",
    "granted_tier",
    "tier",
    "previous_tier",
    "monthly_fee_discount_bp",
    "setup_fee_discount_bp",
    "sla",
)


def read_register(connection: Connection, month: BillingMonth) -> dict[str, Any]:
    """A month's register in the shape of contract 6: cents, basis points, ISO days, null where there is nothing."""
    settlements = settlements_of(connection, month)
    if not settlements:
        raise Refusal(f"month {month} is not assessed: run `partner-program run {month}`")
    last = settlements[-1]
    totals = load_totals(connection, last.settlement_id)
    assigned = _assigned(connection, month, last.revision)
    kept = rates_on(connection, last.effective_on) if last.effective_on else {}
    held = {each.partner_id for each in totals.held}
    partners = [
        assigned[partner_id] if partner_id in assigned else _held(partner_id, kept.get(partner_id))
        for partner_id in sorted(assigned.keys() | held)
    ]
    return {
        "billing_month": str(month),
        "revision": last.revision,
        "effective_on": _day(next(each for each in settlements if each.revision == last.revision).effective_on),
        "status": last.status,
        "partners": partners,
        "held": [
            {"partner_id": each.partner_id, "entities": list(each.entities), "reason": each.reason}
            for each in totals.held
        ],
        "buckets": [row._asdict() for row in totals.buckets],
    }


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def _assigned(connection: Connection, month: BillingMonth, revision: int) -> dict[str, dict[str, Any]]:
    accounts = _rows(connection, schema.assessment_account, month, revision)
    grants = _rows(connection, schema.assessment_grant, month, revision)
    letters = _newest_letters(connection, month)
    found = {}
    for row in _rows(connection, schema.assessment, month, revision, by_partner=False):
        letter = letters.get(row.partner_id)
        found[row.partner_id] = {
            "partner_id": row.partner_id,
            "status": "assigned",
            **{name: getattr(row, name) for name in _ASSIGNED},
            "rate_valid_from": _day(row.rate_valid_from),
            "grants": [{"grant_id": each.grant_id, "outcome": each.outcome} for each in grants[row.partner_id]],
            "letter": {"kind": letter.kind, "status": letter.status} if letter else None,
            "accounts": [
                {
                    "entity": each.entity,
                    "account_id": each.account_id,
                    "currency": each.currency,
                    "units_per_eur": each.units_per_eur,
                    "mrr_eur_cents": each.mrr_eur_cents,
                }
                for each in accounts[row.partner_id]
            ],
        }
    return found


def _rows(connection: Connection, table: Any, month: BillingMonth, revision: int, *, by_partner: bool = True) -> Any:
    query = (
        select(table)
        .where(table.c.billing_month == str(month), table.c.revision == revision)
        .order_by(*table.primary_key)
    )
    rows = connection.execute(query)
    if not by_partner:
        return list(rows)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.partner_id].append(row)
    return found


def _newest_letters(connection: Connection, month: BillingMonth) -> dict[str, Any]:
    letter = schema.letter
    query = select(letter).where(letter.c.billing_month == str(month)).order_by(letter.c.revision)
    return {row.partner_id: row for row in connection.execute(query)}


def _held(partner_id: str, rate: Rate | None) -> dict[str, Any]:
    """A held partner: no figures of the month, and the rate that it keeps."""
    terms = rate.terms if rate else None
    return {
        "partner_id": partner_id,
        "status": "held",
        **dict.fromkeys(_ASSIGNED),
        "monthly_fee_discount_bp": terms.monthly_fee_discount_bp if terms else None,
        "setup_fee_discount_bp": terms.setup_fee_discount_bp if terms else None,
        "sla": terms.sla if terms else None,
        "rate_valid_from": _day(rate.valid_from) if rate else None,
        "grants": [],
        "letter": None,
        "accounts": [],
    }
