"""A partner's total at the exchange rates of another month: what its tier owes to them alone.

Each account is converted from its exact share of the month and rounded by itself before the sum, as a month's total is.
A currency that has no rate there is not known: it is never 1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from partner_program.domain.columns import Column
from partner_program.domain.counted_months import AccountKey, CountedAccount
from partner_program.domain.near import CountedPartner
from partner_program.domain.program import Program
from partner_program.domain.totals import account_total
from partner_program.domain.unit import AnyRate, conversion_of, is_own

Shares = Mapping[AccountKey, Mapping[int, int]]
"""The exact share of each account in a month: sums of numerators by denominator."""


@dataclass(frozen=True, slots=True)
class AtOtherRates:
    """A partner whose tier is another one at the rates of the month before; minor units."""

    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    account_manager_id: Annotated[str, Column("manager")]
    mrr_eur_cents: Annotated[int, Column("MRR EUR", "euros")]
    earned_tier: Annotated[int, Column("earned", "tier")]
    before_eur_cents: Annotated[int, Column("at the rates before", "euros")]
    before_tier: Annotated[int, Column("earned then", "tier")]
    moved_cents: Annotated[int, Column("by exchange rates", "change")]


class ForeignAccount(NamedTuple):
    """What a month counted at an account in another currency than its own: the exact share, and the cents of it."""

    key: AccountKey
    shares: Mapping[int, int]
    mrr_eur_cents: int


def foreign_accounts(*, accounts: Iterable[CountedAccount], shares: Shares) -> tuple[ForeignAccount, ...] | None:
    """One partner's accounts in other currencies than the programme's, with their exact shares.

    None where the shares do not give what the month counted: then they are of something else.
    """
    found = []
    for row in accounts:
        if is_own(row.currency, row.units_per_eur):
            continue
        own = shares.get(row.key)
        if own is None:
            return None
        here = account_total(*row.key, own, conversion_of(row.units_per_eur))
        if (here.mrr_minor, here.mrr_eur_cents) != (row.mrr_minor, row.mrr_eur_cents):
            return None
        found.append(ForeignAccount(row.key, own, row.mrr_eur_cents))
    return tuple(found)


def moved_at(foreign: Iterable[ForeignAccount], rates: Mapping[str, AnyRate]) -> int | None:
    """What these accounts would count more at other `rates`, in minor units; None where one is not known."""
    moved = 0
    for each in foreign:
        units = rates.get(each.key.currency)
        if units is None:
            return None
        moved += account_total(*each.key, each.shares, units).mrr_eur_cents - each.mrr_eur_cents
    return moved


def moved_by_rates(*, accounts: Iterable[CountedAccount], shares: Shares, rates: Mapping[str, AnyRate]) -> int | None:
    """What one partner's total would be more at other `rates`, in minor units; None where one is not known.

    Also None where the shares do not give what the month counted: then they are of something else.
    """
    foreign = foreign_accounts(accounts=accounts, shares=shares)
    return None if foreign is None else moved_at(foreign, rates)


def tiers_by_rates(
    *, program: Program, counted: Iterable[CountedPartner], moved: Mapping[str, int]
) -> list[AtOtherRates]:
    """The partners that earned another tier than they would have at the rates before, those that rose by them first.

    Who is not among the `moved` is left out: nothing is known of it, or it counts the programme's currency alone. Both
    totals are held against one table, so that a partner that was decided by another is not told to have moved.
    """
    found = []
    for each in counted:
        by = moved.get(each.partner_id)
        if by is None:
            continue
        before = each.mrr_eur_cents + by
        tier = program.earned_tier(program.amount_of(before, each.window))
        if tier != program.earned_tier(program.amount_of(each.mrr_eur_cents, each.window)):
            who = each.partner_id, each.company_name, each.account_manager_id, each.mrr_eur_cents, each.earned_tier
            found.append(AtOtherRates(*who, before, tier, each.mrr_eur_cents - before))
    return sorted(found, key=lambda row: (row.before_tier - program.earned_tier(row.mrr_eur_cents), row.partner_id))
