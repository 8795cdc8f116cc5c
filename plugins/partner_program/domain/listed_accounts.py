"""Compares each entity's list of reseller accounts with the registry's links, before a month is run (rules 2 and 7).

"Please ensure that all your accounts are included": a link that no listed account answers to, and a listed account that
nobody linked, are both how revenue goes missing from a partner's total.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from partner_program.domain.findings import EXAMPLES, one_line
from partner_program.domain.known_companies import KnownCompanies
from partner_program.domain.near_spelling import NearSpellings
from partner_program.domain.plurals import plural
from partner_program.domain.registry import AUTHORIZED, Registry
from partner_program.domain.registry_doubts import spelt


class ListedAccount(NamedTuple):
    """An account that an entity marks as a reseller's, with what it knows of the company; each may be empty."""

    account_id: str
    company_name: str = ""
    vat_id: str = ""
    email_domain: str = ""


def listing_doubts(registry: Registry, listed: Mapping[str, Collection[ListedAccount]], day: date) -> list[str]:
    """Name links in force that no listed account answers to, and listed accounts that nobody linked, by entity."""
    found: list[str] = []
    known = KnownCompanies((each for each in registry.partners if each.status == AUTHORIZED), registry.contacts)
    for entity, accounts in listed.items():
        linked = {
            link.account_id: link.partner_id
            for link in registry.account_links
            if link.entity == entity and day in link.period
        }
        there = {each.account_id for each in accounts}
        free = [each for each in accounts if each.account_id not in linked]
        spellings = NearSpellings({each.account_id for each in free})
        found += _bounded(
            f"account {_shown(account_id)} of {linked[account_id]} is not in entity {entity}'s list of reseller "
            f"accounts; where it bills nothing, its partner is held{spellings.question(account_id)}"
            for account_id in sorted(linked.keys() - there)
        )
        found += _bounded(
            f"account {_shown(each.account_id)} at entity {entity} is linked to no partner{_whose(each, known)}"
            for each in sorted(free)
        )
    return found


def _shown(account_id: str) -> str:
    return one_line(spelt(account_id))


def _bounded(said: Iterable[str]) -> Sequence[str]:
    lines = list(said)
    more = len(lines) - EXAMPLES
    return lines if more <= 0 else [*lines[:EXAMPLES], f"and {plural(more, 'more such account')} of this entity"]


def _whose(account: ListedAccount, known: KnownCompanies) -> str:
    """Whose an account may be, in words to be put behind it; empty where nothing points to anybody."""
    alike = known.alike(
        company_name=account.company_name, vat_id=account.vat_id, domains=[account.email_domain.strip()]
    )
    hints = [f"the {mark} of {' and '.join(owners)}" for mark, owners in alike.items()]
    return f": it has {', '.join(hints)}" if hints else ""
