"""What a settled month changed for partners: the unusual first, each with the accounts that its revenue moved at."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.families import families_moved
from partner_program.domain.letter_order import LetterChange
from partner_program.domain.restatement import AccountFigures, Figures

Shown = Literal["", "fell", "rose", "revenue"]


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account's counted revenue in EUR cents, None where the month has none of it.

    `by_rate_alone` says that the account's own currency has the same amount: only the exchange rate is another.
    """

    entity: str
    account_id: str
    before_eur_cents: int | None
    eur_cents: int | None
    by_rate_alone: bool

    @property
    def change_eur_cents(self) -> int:
        """By how much it moved."""
        return (self.eur_cents or 0) - (self.before_eur_cents or 0)


@dataclass(frozen=True, slots=True)
class PartnerChange:
    """A partner that fell, rose, or whose revenue moved much; `previous` is the month before, None without a result.

    `accounts` moved, the largest first. `lapsed` are grace periods that ended with the month.
    """

    partner_id: str
    company_name: str
    change: LetterChange
    now: Figures
    previous: Figures | None
    accounts: tuple[AccountChange, ...]
    lapsed: tuple[str, ...]

    @property
    def family_changes(self) -> list[str]:
        """The monthly fee discount of each family with its own before or now: `vps 7 % to 8 %`."""
        was = self.previous
        before = (None, None) if was is None else (was.monthly_fee_discount_bp, was.families)
        return families_moved(before, (self.now.monthly_fee_discount_bp, self.now.families))


@dataclass(frozen=True, slots=True)
class MonthChanges:
    """One page of a month's changes: `of` how many there are of this kind; `next_after` begins the next page."""

    month: BillingMonth
    shown: Shown
    rows: tuple[PartnerChange, ...]
    of: int
    next_after: str | None


def account_changes(before: Collection[AccountFigures], now: Collection[AccountFigures]) -> tuple[AccountChange, ...]:
    """The accounts whose revenue in EUR moved, the largest change first."""
    earlier = {(each.entity, each.account_id, each.currency): each for each in before}
    later = {(each.entity, each.account_id, each.currency): each for each in now}
    found = []
    for key in earlier.keys() | later.keys():
        old, new = earlier.get(key), later.get(key)
        by_rate = old is not None and new is not None and old.mrr_minor == new.mrr_minor
        cents = (None if old is None else old.mrr_eur_cents, None if new is None else new.mrr_eur_cents)
        found.append(AccountChange(key[0], key[1], *cents, by_rate_alone=by_rate))
    moved = [each for each in found if each.change_eur_cents]
    return tuple(sorted(moved, key=lambda each: (-abs(each.change_eur_cents), each.entity, each.account_id)))
