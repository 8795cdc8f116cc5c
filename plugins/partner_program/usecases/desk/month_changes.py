"""The changes of a month that is settled, the unusual first, each with its why; a page at a time."""

from sqlalchemy import Connection

from partner_program.adapters.database import history
from partner_program.adapters.database.month_changes import changed_partners
from partner_program.adapters.database.registry import partners_by_id
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letter_order import LetterChange, reading_order
from partner_program.domain.month_changes import MonthChanges, PartnerChange, Shown, account_changes
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import program_of_month, unit_of_settled

PAGE = 50


def month_changes(
    installation: Installation, month: BillingMonth, *, shown: Shown = "", after: str | None = None, count: int = PAGE
) -> MonthChanges:
    """At most `count` changes after the partner `after`; raises `Refusal` for a month that is not assessed.

    Revenue is compared with the month before in the calendar, where both were counted in one unit, tiers with the last
    month that assessed the partner.
    """
    with installation.database.reading() as connection:
        settlements = history.settlements_or_refusal(connection, month)
        revision, program = settlements[-1].revision, program_of_month(installation, month, settlements)
        earlier = history.settlements_of(connection, month.preceding)
        is_comparable = unit_of_settled(installation, connection, month.preceding) == program.unit
        before = (month.preceding, earlier[-1].revision) if is_comparable else None
        large = program.large_change
        ordered = reading_order(changed_partners(connection, month, revision, before, shown, large))
        begin = next((place for place, each in enumerate(ordered, 1) if each.partner_id == after), 0)
        here = ordered[begin : begin + count]
        rows = _with_why(connection, (month, revision), before, here)
    is_last = begin + count >= len(ordered)
    return MonthChanges(month, shown, rows, len(ordered), None if is_last else here[-1].partner_id)


def _with_why(
    connection: Connection,
    this: tuple[BillingMonth, int],
    before: tuple[BillingMonth, int] | None,
    changes: list[LetterChange],
) -> tuple[PartnerChange, ...]:
    ids = [each.partner_id for each in changes]
    if not ids:
        return ()
    now = history.assigned_partners(connection, *this, ids)
    then = history.assigned_partners(connection, *before, ids) if before else {}
    names = partners_by_id(connection, set(ids))
    found = []
    for each in changes:
        own = now[each.partner_id].figures
        earlier = then[each.partner_id].figures if each.partner_id in then else None
        found.append(
            PartnerChange(
                partner_id=each.partner_id,
                company_name=names[each.partner_id].company_name if each.partner_id in names else each.partner_id,
                change=each,
                now=own,
                previous=earlier,
                accounts=account_changes(earlier.accounts, own.accounts) if earlier else (),
                lapsed=tuple(grant for grant, outcome in own.grants if outcome == "lapsed"),
            )
        )
    return tuple(found)
