"""The receipt of one decision: every amount counted and excluded, each rate, band, grant and legacy term."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from partner_program.adapters.database import receipts as receipt_store
from partner_program.adapters.database import register as register_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.receipts import Receipt
from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.ownership import Ownership
from partner_program.domain.program import Program
from partner_program.domain.rates import RateTerms, legacy_kept
from partner_program.domain.registry import LegacyAgreement, Registry
from partner_program.domain.revenue import MrrGroup, counts, excluded_bucket, share_of
from partner_program.usecases.installation import Installation


def explain(
    installation: Installation, partner_id: str, month: BillingMonth, program_file: Path | None = None
) -> dict[str, Any]:
    """Everything that led to a partner's result, from the frozen snapshots of the settlement that decided it.

    Cents, minor units, basis points and ISO days as in the register; shares are exact ratios in minor units.
    """
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, partner_id)
        receipt = receipt_store.find_receipt(connection, partner_id, month)
        registry = registry_store.load_registry(connection)
        register = register_store.read_register(connection, month)
        agreements = registry_store.agreements_of(connection, partner_id)
    row = next((each for each in register["partners"] if each["partner_id"] == partner_id), None)
    programs = [*installation.programs, *([load_program(program_file)] if program_file else [])]
    program = next((each for each in programs if each.file_hash == receipt.settlement.program_hash), None)
    rates = {each.currency: each for each in registry.exchange_rates if each.billing_month == month}
    return {
        "partner_id": partner_id,
        "company_name": partner.company_name,
        "billing_month": str(month),
        "status": receipt.settlement.status,
        "effective_on": str(receipt.settlement.effective_on) if receipt.settlement.effective_on else None,
        "held": receipt.held.reason if receipt.held else None,
        "program": {"file": receipt.settlement.program_file, "sha256": receipt.settlement.program_hash},
        "snapshots": [{"entity": revenue.entity, "sha256": digest} for digest, revenue in receipt.snapshots],
        "lines": _lines(receipt, registry, partner_id, month),
        "rates": {
            code: {"units_per_eur": str(each.units_per_eur), "source": each.source} for code, each in rates.items()
        },
        "result": row,
        "band": _band(program, row),
        "grants": [_grant(each) for each in receipt.grants],
        "legacy": _legacy(program, row, agreements, receipt),
    }


def _lines(receipt: Receipt, registry: Registry, partner_id: str, month: BillingMonth) -> list[dict[str, Any]]:
    """Each group of lines of the partner's accounts with its bucket and share, the faulty lines one by one."""
    ownership = Ownership(month=month, links=registry.account_links, partners=registry.partners)
    found = []
    for _, revenue in receipt.snapshots:
        for group in revenue.groups:
            if ownership.owner(revenue.entity, group.account_id) == partner_id:
                bucket = excluded_bucket(group) or ("held" if receipt.held else "counted")
                found.append({"entity": revenue.entity, **group._asdict(), "bucket": bucket, **_share(group, month)})
        for line in revenue.faulty_lines:
            if ownership.owner(revenue.entity, line.account_id) == partner_id:
                found.append({"entity": revenue.entity, **line._asdict(), "bucket": excluded_bucket(line) or "faulty"})
    return found


def _share(group: MrrGroup, month: BillingMonth) -> dict[str, Any]:
    if not counts(group):
        return {"share_minor": "0", "share": "not counted"}
    return {
        "share_minor": str(Fraction(*share_of(group, month.days))),
        "share": f"{group.net_amount_minor} / {group.term_months} months * {group.covered_days} / {month.days} days",
    }


def _band(program: Program | None, row: dict[str, Any] | None) -> dict[str, Any] | None:
    """The row of the tier table that the total fell into, with the next row's threshold as its upper end."""
    if program is None or row is None or row["earned_tier"] is None:
        return None
    earned = row["earned_tier"]
    above = program.tiers[earned].from_mrr_cents if earned < program.highest_tier else None
    own = program.tier_row(earned)
    return {"tier": earned, "from_mrr_cents": own.from_mrr_cents if own else None, "below_cents": above}


def _grant(row: Any) -> dict[str, Any]:
    return {
        "grant_id": row.grant_id,
        "tier": row.tier,
        "starts_on": str(row.starts_on),
        "ends_on": str(row.ends_on),
        "granted_by": row.granted_by,
        "reason": row.reason,
        "outcome": row.outcome,
    }


def _legacy(
    program: Program | None, row: dict[str, Any] | None, agreements: list[LegacyAgreement], receipt: Receipt
) -> list[dict[str, Any]]:
    day = receipt.settlement.effective_on
    if program is None or row is None or row["tier"] is None or day is None:
        return []
    terms = RateTerms(row["tier"], row["monthly_fee_discount_bp"], row["setup_fee_discount_bp"], row["sla"])
    return [
        {
            "component": each.component,
            "discount_bp": each.discount_bp,
            "sla": each.sla,
            "source": each.source,
            "valid_to": str(each.valid_to) if each.valid_to else None,
        }
        for each in legacy_kept(program=program, terms=terms, agreements=agreements, day=day)
    ]
