"""What a month is measured by: its own total, or a window of months that ends with it (rule 1).

"Qualifying amount" is what is held against the tier table. Without a window it is the month's own total.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import round_half_away
from partner_program.domain.plurals import first_names, plural

Lack = Literal["held", "not settled", "in another currency"]
NAMED = 6  # so many months that a window lacks are named one by one


@dataclass(frozen=True, slots=True)
class Measure:
    """A window of `months`, the month itself among them, whose totals are added up or whose mean is taken.

    `short` says what a sum is while a partner has fewer months: what they come to, or that in the proportion of the
    whole window to them. A mean is always one of the months that are there.
    """

    months: int
    of: Literal["sum", "mean"]
    short: Literal["as_is", "projected"]

    def months_before(self, month: BillingMonth) -> tuple[BillingMonth, ...]:
        """The months of the window before its last one, oldest first."""
        found: list[BillingMonth] = []
        while len(found) < self.months - 1:
            month = month.preceding
            found.append(month)
        return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """A month of a window and what it counted for a partner, in EUR cents."""

    month: BillingMonth
    mrr_eur_cents: int


@dataclass(frozen=True, slots=True)
class EarlierMonth:
    """A month of the window before the one that is decided: its newest total in EUR cents, None where it `lacks`.

    A month before the partner was authorised, and one in which it was not, has no such row: it is not there.
    """

    month: BillingMonth
    mrr_eur_cents: int | None
    lacks: Lack | None = None


NO_EARLIER: Mapping[str, Sequence[EarlierMonth]] = {}


@dataclass(frozen=True, slots=True)
class QualifyingAmount:
    """What is held against the tier table, in EUR cents, and the months that it is made of, oldest first."""

    cents: int
    months: tuple[MonthTotal, ...]


def lacking(measure: Measure, earlier: Iterable[EarlierMonth]) -> str | None:
    """Say which months a window lacks, None for a whole one: without them no amount is known."""
    gone = [f"{each.month} ({each.lacks})" for each in earlier if each.lacks is not None]
    if not gone:
        return None
    return f"the last {plural(measure.months, 'month')} count together; missing: {first_names(gone, NAMED)}"


def totals_of_windows(earlier: Mapping[str, Iterable[EarlierMonth]]) -> dict[str, tuple[int, ...]]:
    """The totals of the months that are there, oldest first, by partner."""
    return {
        partner_id: tuple(each.mrr_eur_cents for each in before if each.mrr_eur_cents is not None)
        for partner_id, before in earlier.items()
    }


def amount_of_totals(measure: Measure, totals: Sequence[int]) -> int:
    """What these months of a window come to, in EUR cents: rounded once, half away from zero."""
    weight = _weight(measure, len(totals))
    return round_half_away(sum(totals) * weight.numerator, weight.denominator)


def qualifying_amount(
    *, measure: Measure, month: BillingMonth, mrr_eur_cents: int, earlier: Sequence[EarlierMonth]
) -> QualifyingAmount:
    """The amount of a whole window; `mrr_eur_cents` is the total of the month itself."""
    there = [MonthTotal(each.month, each.mrr_eur_cents) for each in earlier if each.mrr_eur_cents is not None]
    months = (*sorted(there, key=lambda each: each.month), MonthTotal(month, mrr_eur_cents))
    return QualifyingAmount(amount_of_totals(measure, [each.mrr_eur_cents for each in months]), months)


def cents_to_reach(*, measure: Measure | None, totals: Sequence[int], threshold: int) -> int:
    """What the last of these months would need more, in EUR cents, for their amount to reach a threshold above 0.

    Below 0 by as much as it may have less. `totals` are those of the window's months that are there.
    """
    if measure is None:
        return threshold - sum(totals)
    weight = _weight(measure, len(totals))
    # an amount that ends in a half cent is rounded up
    least, parts = (2 * threshold - 1) * weight.denominator, 2 * weight.numerator
    return -(-least // parts) - sum(totals)


def _weight(measure: Measure, months: int) -> Fraction:
    """What one cent of a month adds to the amount."""
    if measure.of == "mean":
        return Fraction(1, months)
    return Fraction(measure.months, months) if measure.short == "projected" else Fraction(1)
