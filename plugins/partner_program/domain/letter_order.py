"""The order in which a month's letters are looked at before they are sent: what is unusual first (rule 12).

It decides nothing about a letter. Lowered tiers by size, then large changes of revenue, first letters, lapsed grace,
kept older terms, letters that reach nobody; then the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

Remark = Literal["tier_lowered", "revenue_changed", "first_letter", "grace_lapsed", "legacy_kept", "reaches_nobody"]
REMARKS: tuple[Remark, ...] = get_args(Remark)

# What a reader is told about, no rule of the programme: revenue that moved by this part and this amount, or by the
# larger amount alone. A change of a few euros is nobody's outlier, however many per cent it is.
LARGE_PART = Fraction(3, 10)
LARGE_CENTS = 500_00
HUGE_CENTS = 10_000_00

# In a migration every letter is a first one: that alone keeps no letter on a page that is full.
_WEAK: frozenset[Remark] = frozenset({"first_letter"})


@dataclass(frozen=True, slots=True)
class LetterChange:
    """A letter against the month before; `previous_*` are None where that month says nothing of the partner."""

    partner_id: str
    tier: int
    previous_tier: int | None
    mrr_eur_cents: int
    previous_mrr_eur_cents: int | None
    is_first: bool
    has_lapsed: bool
    keeps_legacy: bool
    reaches_nobody: bool

    @property
    def tiers_lost(self) -> int:
        """By how many tiers the partner was lowered, 0 where it was not."""
        return max((self.previous_tier or 0) - self.tier, 0)

    @property
    def revenue_change(self) -> int:
        """Revenue against the month before, in EUR cents; 0 where that is not known."""
        return 0 if self.previous_mrr_eur_cents is None else self.mrr_eur_cents - self.previous_mrr_eur_cents

    @property
    def has_large_change(self) -> bool:
        """Whether revenue moved so far that somebody should look."""
        moved, before = abs(self.revenue_change), abs(self.previous_mrr_eur_cents or 0)
        return moved >= HUGE_CENTS or (moved >= LARGE_CENTS and moved >= LARGE_PART * before)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Everything unusual about the letter, the weightiest first."""
        holds = {
            "tier_lowered": self.tiers_lost > 0,
            "revenue_changed": self.has_large_change,
            "first_letter": self.is_first,
            "grace_lapsed": self.has_lapsed,
            "legacy_kept": self.keeps_legacy,
            "reaches_nobody": self.reaches_nobody,
        }
        return tuple(remark for remark in REMARKS if holds[remark])


def reading_order(changes: Iterable[LetterChange]) -> list[LetterChange]:
    """Outliers first: by the weightiest remark, then by size, then by what else is unusual, then by revenue."""
    return sorted(changes, key=_place)


def left_out(ordered: Sequence[LetterChange], *, plain: int, at_most: int) -> frozenset[str]:
    """The partners whose letters a page has no room for, out of letters in reading order.

    After the first `plain` letters those without a remark go, beyond `at_most` all of them.
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
    """Amount times part: neither a large partner's few per cent nor a small one's many come first by that alone.

    Revenue below the large amount counts as that amount: from nothing, every change is endless per cent.
    """
    before = max(abs(change.previous_mrr_eur_cents or 0), LARGE_CENTS)
    return Fraction(change.revenue_change**2, before)
