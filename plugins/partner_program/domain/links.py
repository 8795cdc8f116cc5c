"""Findings about accounts and links that do not fit each other, for the person who has to fix them (rule 2)."""

from collections.abc import Iterable, Sequence

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import EXAMPLES, Finding, one_line, plural
from partner_program.domain.ownership import Ownership
from partner_program.domain.registry import AccountLink, Partner
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.totals import unmatched_accounts


def link_findings(
    *,
    month: BillingMonth,
    revenues: Sequence[EntityRevenue],
    links: Sequence[AccountLink],
    partners: Sequence[Partner],
) -> list[Finding]:
    """Accounts that belong to no one partner, and linked accounts that their entity does not flag as a reseller's.

    "Please ensure that all your accounts are included": both are how an account goes missing from a total.
    """
    ownership = Ownership(month=month, links=links, partners=partners)
    unmatched = unmatched_accounts(revenues, ownership)
    found: list[Finding] = []
    for revenue in revenues:
        named = [f"{one_line(each.account_id)}: {each.reason}" for each in unmatched if each.entity == revenue.entity]
        found += _finding(revenue, "unmatched_accounts", named, "with no one partner: their money counts for nobody")
        if revenue.reseller_accounts:
            unflagged = sorted(ownership.linked_at(revenue.entity) - set(revenue.reseller_accounts))
            why = "linked to a partner and not flagged as a reseller's at the entity"
            found += _finding(revenue, "unflagged_accounts", [one_line(each) for each in unflagged], why)
    return found


def _finding(revenue: EntityRevenue, check: str, named: Sequence[str], why: str) -> Iterable[Finding]:
    if named:
        message = f"{plural(len(named), 'account')} {why}"
        yield Finding(revenue.entity, "warning", check, message, len(named), tuple(named[:EXAMPLES]))
