"""Reads a month's register: what was decided for every authorised partner, and which bucket took every line."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import (
    StoredSettlement,
    assigned_partners,
    assigned_tiers,
    effective_day,
    find_held,
    first_day,
    load_totals,
    rates_decided_by,
    settlements_of,
    settlements_or_refusal,
)
from partner_program.adapters.database.rates import rate_on, rates_on
from partner_program.adapters.database.row_hashes import hash_of_rows, rows_of
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates import Rate
from partner_program.domain.register import (
    PreviousFigures,
    PreviousMonth,
    Register,
    RegisterLetter,
    RegisterPartner,
    assigned_row,
    held_row,
)
from partner_program.domain.tier_names import NO_NAMES, TierNames


def read_register(
    connection: Connection,
    month: BillingMonth,
    only: Collection[str] | None = None,
    *,
    revision: int | None = None,
    kept: Mapping[str, Rate] | None = None,
    names: TierNames = NO_NAMES,
) -> Register:
    """Return a month's register by its newest revision; raises `Refusal` if the month is not assessed.

    With `only`, it has the rows of these partners alone; who is held, and the buckets, are whole. With `revision`, it
    is the register of that one. `kept` are the rates of held partners, instead of those in force on the month's day.
    `names` are those of tiers.
    """
    settlements = [
        each for each in settlements_or_refusal(connection, month) if revision is None or each.revision <= revision
    ]
    last = settlements[-1]
    totals = load_totals(connection, last.settlement_id)
    assigned = assigned_partners(connection, month, last.revision, only)
    letters = _newest_letters(connection, month, only, revision)
    if kept is None:
        kept = rates_on(connection, last.effective_on, only) if last.effective_on else {}
    reasons = {each.partner_id: each.reason for each in totals.held if only is None or each.partner_id in only}
    later = rates_decided_by(connection, month, last.revision)
    companies = company_names(connection, only)
    day = effective_day(settlements)
    unit = names.unit_of(month, first_day(settlements))  # a later revision counts in the unit of the first
    return Register(
        billing_month=month,
        revision=last.revision,
        effective_on=day,
        status=last.status,
        partners=tuple(
            assigned_row(
                partner_id,
                assigned[partner_id].figures,
                letter=letters.get(partner_id),
                held_reason=reasons.get(partner_id),
                later=later.get(partner_id),
                company_name=companies.get(partner_id, ""),
                tier_name=names.on(day, assigned[partner_id].figures.tier),
                unit=unit,
            )
            if partner_id in assigned
            else held_row(partner_id, kept.get(partner_id), reasons[partner_id], companies.get(partner_id, ""), unit)
            for partner_id in sorted(assigned.keys() | reasons.keys())
        ),
        held=totals.held,
        buckets=totals.buckets,
        unit=unit,
    )


def read_previous_month(connection: Connection, month: BillingMonth, names: TierNames = NO_NAMES) -> PreviousMonth:
    """Return what a month's register says of each partner in the columns that the next month is held against."""
    settlements = settlements_or_refusal(connection, month)
    last, table = settlements[-1], schema.assessment.c
    query = select(table.partner_id, *(table[name] for name in PreviousFigures._fields)).where(
        table.billing_month == str(month), table.revision == last.revision
    )
    figures = {partner_id: PreviousFigures(*row) for partner_id, *row in connection.execute(query)}
    held = [each.partner_id for each in load_totals(connection, last.settlement_id).held]
    kept = rates_on(connection, last.effective_on) if held and last.effective_on else {}
    for partner_id in held:
        if partner_id not in figures:
            row = held_row(partner_id, kept.get(partner_id), "")
            figures[partner_id] = PreviousFigures(*(getattr(row, name) for name in PreviousFigures._fields))
    return PreviousMonth(figures, names.unit_of(month, first_day(settlements)))


def what_register_reads(connection: Connection, month: BillingMonth) -> str:
    """Return the sha256 of the rows that a month's register is made of; raises `Refusal` if it is not assessed.

    What a settlement wrote is covered by its own row, rates that begin by the month's day by their number. Of letters,
    whose kind stays and which go from planned to rendered alone, each state is counted. Of later months those matter
    that were settled before this one was last.
    """
    last = settlements_or_refusal(connection, month)[-1]
    settlement, rate, letter, partner = schema.settlement, schema.discount_rate, schema.letter, schema.partner
    states = (letter.c.revision, letter.c.kind, letter.c.status)
    here = letter.c.billing_month == str(month)
    return hash_of_rows(
        connection,
        (
            rows_of(settlement, settlement.c.billing_month == str(month)),
            rows_of(
                settlement, settlement.c.billing_month > str(month), settlement.c.settlement_id < last.settlement_id
            ),
            rows_of(schema.restatement, schema.restatement.c.billing_month == str(month)),
            select(func.count()).select_from(rate).where(rate.c.valid_from <= (last.effective_on or date.max)),
            select(*states, func.count()).where(here).group_by(*states).order_by(*states),
            select(partner.c.partner_id, partner.c.company_name).order_by(partner.c.partner_id),
        ),
    )


def partners_and_tiers(connection: Connection, month: BillingMonth) -> dict[str, int | None]:
    """Return who is in a month's register, in its order, with the tier; None for a held partner without one."""
    settlements = settlements_or_refusal(connection, month)
    tiers = assigned_tiers(connection, month, settlements[-1].revision)
    held = load_totals(connection, settlements[-1].settlement_id).held
    everyone = sorted(tiers.keys() | {each.partner_id for each in held})
    return {partner_id: tiers.get(partner_id) for partner_id in everyone}


def partners_after(
    connection: Connection, month: BillingMonth, last: StoredSettlement, *, after: str, count: int
) -> list[str]:
    """Return at most `count` partners of a month's register after a partner, in order.

    `last` is the month's last settlement.
    """
    assessment, held = schema.assessment, schema.held_partner
    assigned = select(assessment.c.partner_id).where(
        assessment.c.billing_month == str(month),
        assessment.c.revision == last.revision,
        assessment.c.partner_id > after,
    )
    holding = select(held.c.partner_id).where(held.c.settlement_id == last.settlement_id, held.c.partner_id > after)
    both = [each.order_by(each.selected_columns.partner_id).limit(count) for each in (assigned, holding)]
    return sorted({partner_id for query in both for partner_id in connection.execute(query).scalars()})[:count]


def partners_decided_later(connection: Connection, month: BillingMonth) -> dict[str, BillingMonth]:
    """Return the partners of a month's register whose rate a later month decides, with that month."""
    return rates_decided_by(connection, month, settlements_of(connection, month)[-1].revision)


def read_register_partner(
    connection: Connection, month: BillingMonth, partner_id: str, names: TierNames = NO_NAMES
) -> RegisterPartner | None:
    """Return one partner's row of a month's register, None where it has none; only this partner's rows are read."""
    settlements = settlements_or_refusal(connection, month)
    last = settlements[-1]
    held = find_held(connection, last.settlement_id, partner_id)
    assigned = assigned_partners(connection, month, last.revision, [partner_id]).get(partner_id)
    name = company_names(connection, [partner_id]).get(partner_id, "")
    unit = names.unit_of(month, first_day(settlements))
    if assigned is not None:
        letter = _newest_letters(connection, month, [partner_id]).get(partner_id)
        later = rates_decided_by(connection, month, last.revision, partner_id).get(partner_id)
        reason = held.reason if held else None
        return assigned_row(
            partner_id,
            assigned.figures,
            letter=letter,
            held_reason=reason,
            later=later,
            company_name=name,
            tier_name=names.on(effective_day(settlements), assigned.figures.tier),
            unit=unit,
        )
    if held is None:
        return None
    kept = rate_on(connection, partner_id, last.effective_on) if last.effective_on else None
    return held_row(partner_id, kept, held.reason, name, unit)


def company_names(connection: Connection, only: Collection[str] | None = None) -> dict[str, str]:
    """Return the companies' names by partner; with `only`, of these alone."""
    partner = schema.partner
    query = select(partner.c.partner_id, partner.c.company_name)
    if only is not None:
        query = query.where(partner.c.partner_id.in_(only))
    return {row.partner_id: row.company_name for row in connection.execute(query)}


def _newest_letters(
    connection: Connection, month: BillingMonth, only: Collection[str] | None, revision: int | None = None
) -> dict[str, RegisterLetter]:
    letter = schema.letter
    query = (
        select(letter.c.partner_id, letter.c.kind, letter.c.status)
        .where(letter.c.billing_month == str(month))
        .order_by(letter.c.revision)
    )
    if only is not None:
        query = query.where(letter.c.partner_id.in_(only))
    if revision is not None:
        query = query.where(letter.c.revision <= revision)
    return {row.partner_id: RegisterLetter(row.kind, row.status) for row in connection.execute(query)}
