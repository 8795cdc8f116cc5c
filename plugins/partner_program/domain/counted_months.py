"""What settled months counted, as questions over several months read it."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.unit import is_own

HELD, OUT, NO_TABLE = "held", "out", "no table"


class AccountKey(NamedTuple):
    """An account's revenue in one currency."""

    entity: str
    account_id: str
    currency: str


class CountedAccount(NamedTuple):
    """What a month counted at an account, and for whom; `units_per_eur` as the month wrote it down."""

    partner_id: str
    entity: str
    account_id: str
    currency: str
    units_per_eur: str
    mrr_minor: int
    mrr_eur_cents: int

    @property
    def key(self) -> AccountKey:
        """The account, whoever has it."""
        return AccountKey(self.entity, self.account_id, self.currency)


class ForeignSum(NamedTuple):
    """What a partner counted in one currency at one rate."""

    currency: str
    units_per_eur: str
    minor: int
    cents: int


@dataclass(frozen=True)
class CountedMonth:
    """A month as its newest revision counted it, in the programme's minor units by partner.

    `told` has what was told first of partners that were restated since; `held` are those of whom nothing is known in
    it, and `held_accounts` says by entity and account whose of these an account is, by its link on the last day.
    """

    month: BillingMonth
    totals: Mapping[str, int]
    tiers: Mapping[str, int | None]
    accounts: Sequence[CountedAccount]
    told: Mapping[str, int] = field(default_factory=dict)
    held: Set[str] = frozenset()
    held_accounts: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def owners(self) -> Mapping[tuple[str, str, str], str]:
        """Whose each account was, by `AccountKey`."""
        return {(entity, account, currency): owner for owner, entity, account, currency, *_ in self.accounts}

    @cached_property
    def foreign(self) -> Mapping[str, Sequence[ForeignSum]]:
        """What each partner counted in other currencies than the programme's."""
        return foreign_sums(self.accounts)

    @property
    def mrr_eur_cents(self) -> int:
        """The month's total."""
        return sum(self.totals.values())

    @property
    def told_eur_cents(self) -> int:
        """The month's total as it was told first."""
        return self.mrr_eur_cents - sum(self.totals[each] - cents for each, cents in self.told.items())

    def state(self, partner_id: str) -> int | str:
        """A partner's tier in this month; without one `held`, `out`, or `no table` where none was in force."""
        if partner_id in self.totals:
            tier = self.tiers[partner_id]
            return NO_TABLE if tier is None else tier
        return HELD if partner_id in self.held else OUT


def foreign_sums(rows: Iterable[CountedAccount]) -> dict[str, list[ForeignSum]]:
    """What each partner counted in other currencies than the programme's, by currency and rate."""
    found: dict[str, list[ForeignSum]] = {}
    for partner_id, _, _, currency, units, minor, cents in rows:
        if is_own(currency, units):
            continue
        sums = found.get(partner_id)
        if sums is None:  # as almost always
            found[partner_id] = [ForeignSum(currency, units, minor, cents)]
            continue
        for place, own in enumerate(sums):
            if (own.currency, own.units_per_eur) == (currency, units):
                sums[place] = ForeignSum(currency, units, own.minor + minor, own.cents + cents)
                break
        else:
            sums.append(ForeignSum(currency, units, minor, cents))
    return found
