"""Reads a month's register: what was decided for every authorised partner, and which bucket took every line."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import (
    assigned_partners,
    assigned_tiers,
    effective_day,
    find_held,
    load_totals,
    rates_decided_by,
    settlements_of,
    settlements_or_refusal,
)
from partner_program.adapters.database.rates import rate_on, rates_on
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates import Rate
from partner_program.domain.register import Register, RegisterAccount, RegisterGrant, RegisterLetter, RegisterPartner
from partner_program.domain.restatement import Figures


def read_register(connection: Connection, month: BillingMonth, only: Collection[str] | None = None) -> Register:
    """Return a month's register by its newest revision; raises `Refusal` if the month is not assessed.

    With `only`, it has the rows of these partners alone; who is held, and the buckets, are whole.
    """
    settlements = settlements_or_refusal(connection, month)
    last = settlements[-1]
    totals = load_totals(connection, last.settlement_id)
    assigned = assigned_partners(connection, month, last.revision, only)
    letters = _newest_letters(connection, month, only)
    kept = rates_on(connection, last.effective_on, only) if last.effective_on else {}
    reasons = {each.partner_id: each.reason for each in totals.held if only is None or each.partner_id in only}
    later = rates_decided_by(connection, month, last.revision)
    names = _company_names(connection)
    return Register(
        billing_month=month,
        revision=last.revision,
        effective_on=effective_day(settlements),
        status=last.status,
        partners=tuple(
            _assigned(
                partner_id,
                assigned[partner_id].figures,
                letters.get(partner_id),
                reasons.get(partner_id),
                later.get(partner_id),
                names.get(partner_id, ""),
            )
            if partner_id in assigned
            else _held(partner_id, kept.get(partner_id), reasons[partner_id], names.get(partner_id, ""))
            for partner_id in sorted(assigned.keys() | reasons.keys())
        ),
        held=totals.held,
        buckets=totals.buckets,
    )


def partners_and_tiers(connection: Connection, month: BillingMonth) -> dict[str, int | None]:
    """Return who is in a month's register, in its order, with the tier; None for a held partner without one."""
    settlements = settlements_or_refusal(connection, month)
    tiers = assigned_tiers(connection, month, settlements[-1].revision)
    held = load_totals(connection, settlements[-1].settlement_id).held
    everyone = sorted(tiers.keys() | {each.partner_id for each in held})
    return {partner_id: tiers.get(partner_id) for partner_id in everyone}


def partners_decided_later(connection: Connection, month: BillingMonth) -> dict[str, BillingMonth]:
    """Return the partners of a month's register whose rate a later month decides, with that month."""
    return rates_decided_by(connection, month, settlements_of(connection, month)[-1].revision)


def read_register_partner(connection: Connection, month: BillingMonth, partner_id: str) -> RegisterPartner | None:
    """Return one partner's row of a month's register, None where it has none; only this partner's rows are read."""
    settlements = settlements_or_refusal(connection, month)
    last = settlements[-1]
    held = find_held(connection, last.settlement_id, partner_id)
    assigned = assigned_partners(connection, month, last.revision, [partner_id]).get(partner_id)
    name = _company_names(connection, partner_id).get(partner_id, "")
    if assigned is not None:
        letter = _newest_letters(connection, month, [partner_id]).get(partner_id)
        later = rates_decided_by(connection, month, last.revision, partner_id).get(partner_id)
        return _assigned(partner_id, assigned.figures, letter, held.reason if held else None, later, name)
    if held is None:
        return None
    kept = rate_on(connection, partner_id, last.effective_on) if last.effective_on else None
    return _held(partner_id, kept, held.reason, name)


def _company_names(connection: Connection, only: str | None = None) -> dict[str, str]:
    partner = schema.partner
    query = select(partner.c.partner_id, partner.c.company_name)
    if only is not None:
        query = query.where(partner.c.partner_id == only)
    return {row.partner_id: row.company_name for row in connection.execute(query)}


def _newest_letters(
    connection: Connection, month: BillingMonth, only: Collection[str] | None
) -> dict[str, RegisterLetter]:
    letter = schema.letter
    query = (
        select(letter.c.partner_id, letter.c.kind, letter.c.status)
        .where(letter.c.billing_month == str(month))
        .order_by(letter.c.revision)
    )
    if only is not None:
        query = query.where(letter.c.partner_id.in_(only))
    return {row.partner_id: RegisterLetter(row.kind, row.status) for row in connection.execute(query)}


def _assigned(
    partner_id: str,
    figures: Figures,
    letter: RegisterLetter | None,
    held_reason: str | None,
    later: BillingMonth | None,
    company_name: str,
) -> RegisterPartner:
    """Return the row of a decided partner; if a later run could not read it again, it also has a `held_reason`."""
    return RegisterPartner(
        partner_id=partner_id,
        status="assigned",
        mrr_eur_cents=figures.mrr_eur_cents,
        earned_tier=figures.earned_tier,
        granted_tier=figures.granted_tier,
        tier=figures.tier,
        previous_tier=figures.previous_tier,
        monthly_fee_discount_bp=figures.monthly_fee_discount_bp,
        setup_fee_discount_bp=figures.setup_fee_discount_bp,
        sla=figures.sla,
        rate_valid_from=figures.rate_valid_from,
        rate_decided_by=later,
        grants=tuple(RegisterGrant(grant_id, outcome) for grant_id, outcome in figures.grants),
        letter=letter,
        accounts=tuple(
            RegisterAccount(each.entity, each.account_id, each.currency, each.units_per_eur, each.mrr_eur_cents)
            for each in figures.accounts
        ),
        held_reason=held_reason,
        company_name=company_name,
    )


def _held(partner_id: str, rate: Rate | None, reason: str, company_name: str) -> RegisterPartner:
    """Return the row of a held partner: no figures of the month, and the rate that it keeps."""
    terms = rate.terms if rate else None
    return RegisterPartner(
        partner_id=partner_id,
        status="held",
        mrr_eur_cents=None,
        earned_tier=None,
        granted_tier=None,
        tier=None,
        previous_tier=None,
        monthly_fee_discount_bp=terms.monthly_fee_discount_bp if terms else None,
        setup_fee_discount_bp=terms.setup_fee_discount_bp if terms else None,
        sla=terms.sla if terms else None,
        rate_valid_from=rate.valid_from if rate else None,
        rate_decided_by=None,
        grants=(),
        letter=None,
        accounts=(),
        held_reason=reason,
        company_name=company_name,
    )
