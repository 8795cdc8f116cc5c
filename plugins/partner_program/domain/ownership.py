"""Which partner an account belongs to: the link in force on the month's last day decides (rule 2)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.registry import AUTHORIZED, AccountLink, Partner


class Ownership:
    """Which partner an entity's account belongs to on the month's last day; an account of two partners is ambiguous.

    `authorized` are the partners that take part, in the order of their ids.
    """

    def __init__(self, *, month: BillingMonth, links: Iterable[AccountLink], partners: Iterable[Partner]) -> None:
        last_day = month.last_day
        self._owner: dict[str, dict[str, str]] = defaultdict(dict)
        self._several: dict[tuple[str, str], set[str]] = {}
        for link in links:
            if last_day in link.period:
                first = self._owner[link.entity].setdefault(link.account_id, link.partner_id)
                if first != link.partner_id:
                    self._several.setdefault((link.entity, link.account_id), {first}).add(link.partner_id)
        for entity, account_id in self._several:
            del self._owner[entity][account_id]
        # Sorted as listed: the ids of a set come in no order, and sorting a million of these costs more than all else.
        names = sorted([partner.partner_id for partner in partners if partner.status == AUTHORIZED])
        self.authorized = dict.fromkeys(names).keys()

    def owner(self, entity: str, account_id: str) -> str | None:
        """The one partner of an account, or None where there is none or more than one."""
        return self._owner[entity].get(account_id)

    def owners(self, entity: str) -> Mapping[str, str]:
        """The one partner of each account of an entity; accounts of none, or of more than one, are not there."""
        return self._owner[entity]

    def why_unmatched(self, entity: str, account_id: str) -> str:
        """Why an account has no one partner, for the person who has to link it."""
        owners = sorted(self._several.get((entity, account_id), ()))
        return f"linked to {' and '.join(owners)}" if owners else "linked to no partner"

    def authorized_at(self, entity: str) -> set[str]:
        """Authorised partners with an account at an entity, ambiguous accounts included."""
        found = set(self._owner[entity].values())
        found.update(owner for (at, _), owners in self._several.items() if at == entity for owner in owners)
        return found & self.authorized

    def ambiguous_at(self, entity: str) -> set[str]:
        """Accounts of an entity that are linked to more than one partner."""
        return {account_id for at, account_id in self._several if at == entity}

    def linked_at(self, entity: str) -> set[str]:
        """Accounts of an entity that are linked to any partner."""
        return self.ambiguous_at(entity).union(self._owner[entity])
