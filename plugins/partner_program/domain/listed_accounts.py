"""Compares each entity's list of reseller accounts with the registry's links, before a month is run (rules 2 and 7).

"Please ensure that all your accounts are included": a link that no listed account answers to, and a listed account that
nobody linked, are both how revenue goes missing from a partner's total.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from partner_program.domain.email_address import domain_of
from partner_program.domain.findings import EXAMPLES, one_line
from partner_program.domain.near_spelling import NearSpellings
from partner_program.domain.plurals import plural
from partner_program.domain.registry import AUTHORIZED, Partner, Registry
from partner_program.domain.registry_doubts import plain_vat_id, spelt

_MOST_OWNERS = 3  # what more partners share, such as the domain of a mail provider, points to nobody


class ListedAccount(NamedTuple):
    """An account that an entity marks as a reseller's, with what it knows of the company; each may be empty."""

    account_id: str
    company_name: str = ""
    vat_id: str = ""
    email_domain: str = ""


def listing_doubts(registry: Registry, listed: Mapping[str, Collection[ListedAccount]], day: date) -> list[str]:
    """Name links in force that no listed account answers to, and listed accounts that nobody linked, by entity."""
    found: list[str] = []
    owners = _Owners(registry)
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
            f"account {_shown(each.account_id)} at entity {entity} is linked to no partner{owners.of(each)}"
            for each in sorted(free)
        )
    return found


def _shown(account_id: str) -> str:
    return one_line(spelt(account_id))


def _bounded(said: Iterable[str]) -> Sequence[str]:
    lines = list(said)
    more = len(lines) - EXAMPLES
    return lines if more <= 0 else [*lines[:EXAMPLES], f"and {plural(more, 'more such account')} of this entity"]


class _Owners:
    """Finds the authorised partners whose account one may be: by VAT number, mail domain or company name."""

    def __init__(self, registry: Registry) -> None:
        partners = [each for each in registry.partners if each.status == AUTHORIZED]
        self._by: dict[tuple[str, str], dict[str, None]] = {}
        for partner in partners:
            self._add("VAT number", plain_vat_id(partner.vat_id), partner)
            self._add("company name", _plain_name(partner.company_name), partner)
        known = {each.partner_id: each for each in partners}
        for contact in registry.contacts:
            if contact.partner_id in known:
                self._add("mail domain", domain_of(contact.email).casefold(), known[contact.partner_id])

    def _add(self, what: str, value: str, partner: Partner) -> None:
        if value:
            self._by.setdefault((what, value), {})[partner.partner_id] = None

    def of(self, account: ListedAccount) -> str:
        """Whose it may be, in words to be put behind the account; empty where nothing points to anybody."""
        marks = {
            "VAT number": plain_vat_id(account.vat_id),
            "mail domain": account.email_domain.strip().casefold(),
            "company name": _plain_name(account.company_name),
        }
        hints = [
            f"the {what} of {' and '.join(owners)}"
            for what, value in marks.items()
            if 0 < len(owners := self._by.get((what, value), {})) <= _MOST_OWNERS
        ]
        return f": it has {', '.join(hints)}" if hints else ""


def _plain_name(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))
