"""Explains a result: the receipt of one partner and month, from the data that it was decided with."""

from pathlib import Path

from partner_program.adapters.database import acts as act_store
from partner_program.adapters.database import disputes as dispute_store
from partner_program.adapters.database import receipts as receipt_store
from partner_program.adapters.database import register as register_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.reports.receipt import receipt_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.ownership import Ownership
from partner_program.domain.receipt import (
    Receipt,
    SnapshotUsed,
    earned_band,
    legacy_of_result,
    rates_of_lines,
    rates_of_result,
    receipt_lines,
    receipt_short_lines,
    revenue_of_result,
    why_it_stays,
)
from partner_program.domain.tier_names import TierNames
from partner_program.usecases.acts import dated
from partner_program.usecases.installation import Installation
from partner_program.usecases.single_lines import find_single_lines


def explain(
    installation: Installation,
    partner_id: str,
    month: BillingMonth,
    program_file: Path | None = None,
    *,
    with_lines: bool = False,
) -> Receipt:
    """Everything that led to a partner's result, from the frozen snapshots of the settlement that decided it.

    Only this partner's rows are read, so that an answer costs the same whatever the size of the programme. `with_lines`
    also asks the entities for the single lines; what was decided is told without them too.
    """
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, partner_id)
        links = registry_store.links_of_accounts_of(connection, {partner_id})
        decided = receipt_store.find_decision(connection, partner_id, month, links)
        rates = registry_store.rates_of_month(connection, month)
        names = TierNames(installation.programs_with(program_file))
        result = register_store.read_register_partner(connection, month, partner_id, names)
        agreements = registry_store.agreements_of(connection, partner_id)
        acts = act_store.acts_behind(connection, partner_id, month)
        disputes = dispute_store.load_disputes(connection, partner_id=partner_id, month=month)
    settlement, held = decided.settlement, decided.held
    programs = installation.programs_with(program_file)
    revenues = [revenue for _, revenue in decided.snapshots]
    ownership = Ownership(month=month, links=links, partners=[partner])
    program = next((each for each in programs if each.file_hash == settlement.program_hash), None)
    lines = receipt_lines(
        partner_id=partner_id, month=month, revenues=revenues, ownership=ownership, is_held=held is not None
    )
    lines_now = (
        find_single_lines(
            installation,
            partner_id,
            month,
            links=links,
            ownership=ownership,
            lines=lines,
            is_held=held is not None,
        )
        if with_lines
        else None
    )
    return Receipt(
        partner_id=partner_id,
        company_name=partner.company_name,
        billing_month=month,
        status=settlement.status,
        effective_on=settlement.effective_on,
        held_reason=held.reason if held else None,
        program_file=settlement.program_file,
        program_hash=settlement.program_hash,
        snapshots=tuple(SnapshotUsed(revenue.entity, digest) for digest, revenue in decided.snapshots),
        lines=lines,
        short_lines=receipt_short_lines(partner_id=partner_id, month=month, revenues=revenues, ownership=ownership),
        rates=rates_of_lines(rates, lines),
        result=result,
        band=earned_band(program=program, result=result),
        grants=decided.grants,
        legacy=legacy_of_result(
            program=program, result=result, agreements=agreements, effective_on=settlement.effective_on
        ),
        lines_now=lines_now,
        acts=dated(installation, acts),
        disputes=tuple(each for each in disputes if each.state == "open"),
        rates_alone=rates_of_result(program=program, result=result),
        components=program.components if program else ("monthly_fee", "setup_fee", "sla"),
        revenue_alone=revenue_of_result(program=program, result=result),
        measure=program.measure if program else None,
        stays=why_it_stays(program=program, result=result, month=month),
    )


def receipt_file(receipt: Receipt) -> str:
    """A receipt as JSON."""
    return receipt_json(receipt)
