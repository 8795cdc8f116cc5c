"""Findings about accounts and links that do not fit each other, for the person who has to fix them (rule 2)."""

from collections.abc import Iterable, Sequence

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import EXAMPLES, Finding, one_line
from partner_program.domain.near_spelling import NearSpellings
from partner_program.domain.ownership import Ownership
from partner_program.domain.plurals import plural
from partner_program.domain.registry import AccountLink, Partner
from partner_program.domain.registry_doubts import spelt
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.totals import unmatched_accounts, unseen_accounts


def link_findings(
    *,
    month: BillingMonth,
    revenues: Sequence[EntityRevenue],
    links: Sequence[AccountLink],
    partners: Sequence[Partner],
) -> list[Finding]:
    """Accounts that belong to no one partner, and linked accounts that their entity does not list as a reseller's.

    "Please ensure that all your accounts are included": this is how an account goes missing from a total.
    """
    ownership = Ownership(month=month, links=links, partners=partners)
    unmatched = unmatched_accounts(revenues, ownership)
    found: list[Finding] = []
    for revenue in revenues:
        named = [f"{one_line(each.account_id)}: {each.reason}" for each in unmatched if each.entity == revenue.entity]
        found += _finding(revenue, "unmatched_accounts", named, "with no one partner: their money counts for nobody")
        if revenue.fault is None:
            found += _unlisted(revenue, ownership)
    return found


def _unlisted(revenue: EntityRevenue, ownership: Ownership) -> Iterable[Finding]:
    linked = ownership.linked_at(revenue.entity)
    unseen = unseen_accounts(revenue, ownership)
    billed = sorted(linked - set(revenue.reseller_accounts) - set(unseen))
    why = "linked to a partner and not in the entity's list of reseller accounts: they bill, and count"
    yield from _finding(revenue, "unflagged_accounts", [one_line(each) for each in billed], why)
    if unseen:
        there = {*revenue.reseller_accounts, *(group.account_id for group in revenue.groups)}
        spellings = NearSpellings(there - linked)
        named = [_unseen(each, ownership.owner(revenue.entity, each), spellings) for each in unseen[:EXAMPLES]]
        why = (
            "linked to a partner, billing nothing and not in the entity's list of reseller accounts: partners are held"
        )
        yield from _finding(revenue, "unseen_accounts", named, why, len(unseen))


def _unseen(account_id: str, partner_id: str | None, spellings: NearSpellings) -> str:
    return f"{one_line(spelt(account_id))} of {partner_id or 'several partners'}{spellings.question(account_id)}"


def _finding(
    revenue: EntityRevenue, check: str, named: Sequence[str], why: str, count: int | None = None
) -> Iterable[Finding]:
    """One warning, if any account is named; `count` says how many there are where not all are named."""
    if named:
        count = len(named) if count is None else count
        message = f"{plural(count, 'account')} {why}"
        yield Finding(revenue.entity, "warning", check, message, count, tuple(named[:EXAMPLES]))
