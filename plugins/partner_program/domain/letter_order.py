"""The order in which a person looks at a month's letters before they are sent: unusual ones first (rule 12).

Lowered tiers by size, then large changes of revenue, letters that may miss an account, tiers that hang on exchange
rates alone, first letters, lapsed grace, kept older terms, letters that reach nobody; then the rest. It changes nothing
about a letter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from partner_program.domain.large_change import LARGE, LargeChange

Remark = Literal[
    "tier_lowered",
    "revenue_changed",
    "account_missing",
    "moved_by_rates",
    "first_letter",
    "grace_lapsed",
    "legacy_kept",
    "reaches_nobody",
]
REMARKS: tuple[Remark, ...] = get_args(Remark)

# Which changes of revenue are pointed out to the reader: from this share and an amount, or from a larger one alone. The
# amounts are the programme's (`LargeChange`).
LARGE_PART = Fraction(3, 10)

# In a migration every letter is a first one, so this remark alone does not keep a letter on a full page.
_WEAK: frozenset[Remark] = frozenset({"first_letter"})


@dataclass(frozen=True, slots=True)
class LetterChange:
    """A letter compared with the month before; `previous_*` are None where that month has nothing of the partner.

    Amounts are in the programme's minor units, and `large` says which of them are large.
    """

    partner_id: str
    tier: int
    previous_tier: int | None
    mrr_eur_cents: int
    previous_mrr_eur_cents: int | None
    is_first: bool
    has_lapsed: bool
    keeps_legacy: bool
    reaches_nobody: bool
    may_miss_account: bool = False
    moved_by_rates: bool = False
    large: LargeChange = LARGE

    @property
    def tiers_lost(self) -> int:
        """By how many tiers the partner was lowered, 0 where it was not."""
        return max((self.previous_tier or 0) - self.tier, 0)

    @property
    def revenue_change(self) -> int:
        """How much revenue changed since the month before; 0 where that month's is not known."""
        return 0 if self.previous_mrr_eur_cents is None else self.mrr_eur_cents - self.previous_mrr_eur_cents

    @property
    def has_large_change(self) -> bool:
        """Whether revenue changed so much that somebody should look."""
        moved, before = abs(self.revenue_change), abs(self.previous_mrr_eur_cents or 0)
        if self.large.alone_cents is not None and moved >= self.large.alone_cents:
            return True
        return moved >= self.large.at_least_cents and moved >= LARGE_PART * before

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Everything unusual about the letter, the most important first."""
        holds = {
            "tier_lowered": self.tiers_lost > 0,
            "revenue_changed": self.has_large_change,
            "account_missing": self.may_miss_account,
            "moved_by_rates": self.moved_by_rates,
            "first_letter": self.is_first,
            "grace_lapsed": self.has_lapsed,
            "legacy_kept": self.keeps_legacy,
            "reaches_nobody": self.reaches_nobody,
        }
        return tuple(remark for remark in REMARKS if holds[remark])


def reading_order(changes: Iterable[LetterChange]) -> list[LetterChange]:
    """Sort letters by their most important remark, then by size, then by their other remarks, then by revenue."""
    return sorted(changes, key=_place)


def left_out(ordered: Sequence[LetterChange], *, plain: int, at_most: int) -> frozenset[str]:
    """The partners whose letters a page has no room for; `ordered` are letters in reading order.

    After the first `plain` letters, those without a remark are left out; of the others at most `at_most` stay.
    """
    rest = {each.partner_id for each in ordered[plain:] if not set(each.remarks) - _WEAK}
    kept = [each.partner_id for each in ordered if each.partner_id not in rest]
    return frozenset(rest.union(kept[at_most:]))


def _place(change: LetterChange) -> tuple[object, ...]:
    ranks = (*(REMARKS.index(remark) for remark in change.remarks), len(REMARKS))
    weight = _weight(change)
    return (
        ranks[0],
        -change.tiers_lost,
        -weight if change.has_large_change else 0,
        ranks,
        -weight,
        -change.mrr_eur_cents,
        change.partner_id,
    )


def _weight(change: LetterChange) -> Fraction:
    """The change times its percentage, so that neither a large amount nor a large percentage alone comes first.

    Revenue before that is below what is large at least counts as that: from 0, each change would be infinite per cent.
    """
    before = max(abs(change.previous_mrr_eur_cents or 0), change.large.at_least_cents)
    return Fraction(change.revenue_change**2, before)
