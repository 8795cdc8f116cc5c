"""Which partner owns which account: one account for each entity of a plan, and a few special cases."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from random import Random
from typing import NamedTuple

from demo.calendar_months import JULY
from demo.entities import CURRENCY
from demo.plans import Plan
from demo.services import Account
from partner_program.domain.billing_month import BillingMonth

_ENTITY_DIGIT = {"NL": 1, "DE": 2, "UK": 3, "US": 4, "SG": 5}
_ALWAYS = date(2011, 5, 1)


class Link(NamedTuple):
    """A dated link of an account to a partner; without `valid_to` it has no end."""

    partner_id: str
    account: Account
    valid_from: date
    valid_to: date | None = None


class Unlinked(NamedTuple):
    """A reseller account without a link; `like_partner` is a partner with the same e-mail domain, if any."""

    account: Account
    company_name: str
    like_partner: str | None


def account_of(entity: str, number: int) -> Account:
    """An account with an id that shows its entity, as order systems number accounts."""
    return Account(entity, f"{entity}{_ENTITY_DIGIT[entity]}{number:05d}", CURRENCY[entity])


TRANSFERRED = account_of("NL", 90001)
LINKED_TWICE = account_of("US", 90002)
UNLINKED = (
    Unlinked(account_of("NL", 90011), "Zonnewiel Dochter B.V.", "P066"),
    Unlinked(account_of("NL", 90012), "Verdwaalde Servers V.O.F.", None),
    Unlinked(account_of("DE", 90013), "Jausenserver Nord GmbH", "P004"),
    Unlinked(account_of("US", 90014), "Lost & Found Hosting LLC", None),
)
_SHARED_LINKS = (
    Link("P042", TRANSFERRED, _ALWAYS, JULY.first_day),
    Link("P043", TRANSFERRED, JULY.first_day),
    Link("P044", LINKED_TWICE, date(2013, 3, 1)),
    Link("P045", LINKED_TWICE, date(2015, 6, 15)),
)


def drawn_links(rng: Random, plans: Sequence[Plan]) -> list[Link]:
    """A link for each entity of each plan, sometimes two at the first entity, and the links of the shared accounts."""
    return [*_own_links(rng, plans), *_SHARED_LINKS]


def _own_links(rng: Random, plans: Sequence[Plan]) -> Iterator[Link]:
    number = 100
    for plan in plans:
        second = plan.entities[:1] if not plan.story and rng.random() < 0.08 else ()
        for entity in (*plan.entities, *second):
            number += rng.randrange(1, 40)
            yield Link(plan.partner_id, account_of(entity, number), min(_ALWAYS, plan.since))


def own_accounts(links: Sequence[Link]) -> dict[str, list[Account]]:
    """The accounts that belong to one partner only, by partner, in the order of its plan."""
    accounts: dict[str, list[Account]] = defaultdict(list)
    for link in links:
        if link.account not in (TRANSFERRED, LINKED_TWICE):
            accounts[link.partner_id].append(link.account)
    return accounts


def counted_accounts(links: Sequence[Link], month: BillingMonth) -> dict[str, list[Account]]:
    """The accounts that count for each partner in a month: linked only to this partner on the month's last day."""
    owners: dict[Account, list[str]] = defaultdict(list)
    for link in links:
        if link.valid_from <= month.last_day and (link.valid_to is None or month.last_day < link.valid_to):
            owners[link.account].append(link.partner_id)
    accounts: dict[str, list[Account]] = defaultdict(list)
    for account, partner_ids in owners.items():
        if len(partner_ids) == 1:
            accounts[partner_ids[0]].append(account)
    return accounts
