"""The smallest single change that would have given a partner another tier in a month, by the rules that decided it.

An amount alone is never larger than anything that happened and would have crossed the same threshold. So what happened
is told beside it: an account that no longer counts, credit notes, the exchange rates of the month before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import AccountKey, CountedAccount
from partner_program.domain.grace import SettledGrant, settle_grants
from partner_program.domain.measure import cents_to_reach
from partner_program.domain.other_rates import Shares, moved_by_rates
from partner_program.domain.program import OnRecord, Program
from partner_program.domain.revenue import EntityRevenue, MrrGroup, has_share, share_of
from partner_program.domain.totals import account_shares, account_total
from partner_program.domain.unit import AnyRate, conversion_of, is_own

# What a change is of. Of two that are equally large, the first in this order is told first.
ChangeKind = Literal["account", "credit", "rates", "amount"]
_IN_ORDER: tuple[ChangeKind, ...] = get_args(ChangeKind)
_CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class TierChange:
    """A change that would have given `tier`: the total would have been `cents` more, in EUR cents, below 0 for less.

    `entity` and `account_id` are those of the account or of the credit notes, of which there are `lines`.
    """

    kind: ChangeKind
    cents: int
    tier: int
    entity: str = ""
    account_id: str = ""
    lines: int = 0


@dataclass(frozen=True, slots=True)
class LeastChanges:
    """The smallest changes that would have given another tier; each has more than one where they are equally large.

    `smallest` are the smallest of all, `happened` those of what did happen; either may be empty. `unknown` are the
    kinds of which nothing is known.
    """

    smallest: tuple[TierChange, ...] = ()
    happened: tuple[TierChange, ...] = ()
    unknown: tuple[ChangeKind, ...] = ()


@dataclass(frozen=True, slots=True)
class DecidedMonth:
    """What a month decided for one partner, and from what.

    `accounts` are what was counted, `before` EUR cents by entity and account in the count before, None where there is
    none; `grants` those that were open, with their outcome; `revenues` what its accounts billed, as frozen; `rates`
    the exchange rates of the month before; `held` what was on record beside revenue, `window` the totals of the months
    before that count with it, in EUR cents.
    """

    program: Program
    month: BillingMonth
    effective_on: date
    tier: int
    grants: Sequence[SettledGrant]
    accounts: Sequence[CountedAccount]
    before: Mapping[tuple[str, str], int] | None
    revenues: Sequence[EntityRevenue]
    rates: Mapping[str, AnyRate]
    held: OnRecord = field(default_factory=dict)
    window: tuple[int, ...] = ()

    @property
    def mrr_eur_cents(self) -> int:
        """The partner's total, in EUR cents."""
        return sum(row.mrr_eur_cents for row in self.accounts)

    def tier_at(self, mrr_eur_cents: int) -> int:
        """The tier that another total would have given, with the grants that were open."""
        earned = self.program.tier_with(self.program.amount_of(mrr_eur_cents, self.window), self.held)
        grace = settle_grants(
            grants=[each.grant for each in self.grants],
            month=self.month,
            effective_on=self.effective_on,
            earned_tier=earned,
            highest_tier=self.program.highest_tier,
        )
        return max(earned, grace.granted_tier or 0)


def least_changes(decided: DecidedMonth) -> LeastChanges:
    """The smallest changes that would have given another tier than a month decided.

    Nothing is known where the total would not give the tier that was decided: something else decided it then. Nor where
    the exchange-rate guard may have a say, which looks at what was earned before as well, or rules for changes of tier.
    """
    total, tier_at = decided.mrr_eur_cents, decided.tier_at
    guarded = decided.program.fx_guard == "hold_tier" and not all(
        is_own(row.currency, row.units_per_eur) for row in decided.accounts
    )
    if guarded or decided.program.changes is not None or tier_at(total) != decided.tier:
        return LeastChanges(unknown=_IN_ORDER)
    shares = _shares(decided)
    moved = moved_by_rates(accounts=decided.accounts, shares=shares, rates=decided.rates)
    credits = _credits(decided, shares)
    happened = [
        *(_change(decided, "account", cents, *account) for account, cents in _not_counted_now(decided)),
        *(_change(decided, "credit", cents, *about) for cents, about in credits or ()),
        _change(decided, "rates", moved or 0),
    ]
    amounts = (_change(decided, "amount", cents) for cents in _amounts(decided))
    found = sorted((each for each in happened if each), key=_order)
    everything = sorted([*found, *(each for each in amounts if each)], key=_order)
    unknown: dict[ChangeKind, bool] = {
        "account": decided.before is None,
        "credit": credits is None,
        "rates": moved is None,
    }
    return LeastChanges(
        smallest=_as_large_as_the_first(everything),
        happened=_as_large_as_the_first(found),
        unknown=tuple(kind for kind, is_so in unknown.items() if is_so),
    )


def _change(
    decided: DecidedMonth, kind: ChangeKind, cents: int, entity: str = "", account_id: str = "", lines: int = 0
) -> TierChange | None:
    """A change of the total, None where the tier stays as it is."""
    tier = decided.tier_at(decided.mrr_eur_cents + cents)
    return None if tier == decided.tier else TierChange(kind, cents, tier, entity, account_id, lines)


def _order(change: TierChange) -> tuple[int, int, bool, str, str]:
    """The smallest first; of equal ones what happened, and what would have raised the total, before the others."""
    place = _IN_ORDER.index(change.kind)
    return abs(change.cents), place, change.cents < 0, change.entity, change.account_id


def _as_large_as_the_first(changes: Sequence[TierChange]) -> tuple[TierChange, ...]:
    return tuple(each for each in changes if abs(each.cents) == abs(changes[0].cents))


def _amounts(decided: DecidedMonth) -> Iterator[int]:
    """The smallest amounts, up and down, with which the total passes a threshold and the tier changes."""
    program, totals = decided.program, [*decided.window, decided.mrr_eur_cents]
    more = [cents_to_reach(measure=program.measure, totals=totals, threshold=each) for each in program.thresholds]
    yield from _first(decided, [each for each in more if each > 0])
    yield from _first(decided, [each - 1 for each in reversed(more) if each <= 0])


def _first(decided: DecidedMonth, amounts: Iterable[int]) -> list[int]:
    total = decided.mrr_eur_cents
    return [cents for cents in amounts if decided.tier_at(total + cents) != decided.tier][:1]


def _not_counted_now(decided: DecidedMonth) -> Iterator[tuple[tuple[str, str], int]]:
    """The accounts of the count before that count nothing now, each with what it counted then."""
    now = {(row.entity, row.account_id) for row in decided.accounts}
    for account, cents in sorted((decided.before or {}).items()):
        if account not in now:
            yield account, cents


def _shares(decided: DecidedMonth) -> Shares:
    """The exact share of each account that was counted, as the snapshots have it."""
    counted = {row.key for row in decided.accounts}
    return {
        key: shares
        for revenue in decided.revenues
        for (account_id, currency), shares in account_shares(revenue, decided.month.days).items()
        if (key := AccountKey(revenue.entity, account_id, currency)) in counted
    }


def _credits(decided: DecidedMonth, shares: Shares) -> list[tuple[int, tuple[str, str, int]]] | None:
    """What the total would be more without credit notes that count alike, with their account and number.

    None where the snapshots do not give what the month counted.
    """
    rows = {row.key: row for row in decided.accounts}
    found = []
    for revenue in decided.revenues:
        for group in revenue.groups:
            row = rows.get(AccountKey(revenue.entity, group.account_id, group.currency))
            if row is None or group.charge_kind != _CREDIT or not has_share(group):
                continue
            own, units = shares[row.key], conversion_of(row.units_per_eur)
            if account_total(*row.key, own, units).mrr_eur_cents != row.mrr_eur_cents:
                return None
            without = account_total(*row.key, _without(group, own, decided.month), units).mrr_eur_cents
            found.append((without - row.mrr_eur_cents, (revenue.entity, group.account_id, group.lines)))
    return found


def _without(group: MrrGroup, shares: Mapping[int, int], month: BillingMonth) -> dict[int, int]:
    numerator, denominator = share_of(group, month.days)
    return {**shares, denominator: shares[denominator] - numerator}
