"""Compares drafts of a programme over settled months: what each would have cost, for whom, and how restlessly.

What was counted stays as it was settled. The cost is each partner's counted revenue times its monthly fee discount: it
compares drafts, and is no forecast, since discounts are given on new orders alone and nobody's answer to another
programme is known. Months may be held out: a draft is chosen by the others, and judged by these.

Where a rate has other discounts for some product families, what it costs is not known: a settled month does not keep
its revenue by family. Nor is it where no money is counted. Tiers, and who gets more or less of every family, are known
all the same.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from operator import mul, ne
from typing import Annotated, NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import ADDED, Column
from partner_program.domain.families import families_of, points_more
from partner_program.domain.money import BP, round_half_away
from partner_program.domain.near import is_near
from partner_program.domain.program import Program
from partner_program.domain.program_sweep import Draft
from partner_program.domain.qualifications import Qualification
from partner_program.domain.rates import rate_terms
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from partner_program.domain.simulated_chain import OtherRates, discounts_of, simulate_partner
from partner_program.domain.simulation import Discounts, SettledResult, added

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class PartnerPast:
    """All that was ever settled for a partner, with its grants and older agreements."""

    results: tuple[SettledResult, ...]
    grants: tuple[GraceGrant, ...]
    agreements: tuple[LegacyAgreement, ...]
    qualifications: tuple[Qualification, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedDraft:
    """A draft beside the others, in cents of the unit.

    `cost_cents` is what it would have discounted of counted revenue in the months that choose, `difference_cents` how
    much more than was settled; both None where that is not known. Winners and losers are partners, of the `undecided`
    nobody can say it, `changes` are of tiers from month to month, `near` are the partners near a threshold in the
    newest month that chooses. On the `front` are those that no other draft beats: none costs less or as much, has as
    few losers and changes, as many winners, and is better in one of these. Without a cost there is no front.
    """

    draft: Annotated[int, Column("draft", "whole")]
    front: Annotated[str, Column("front")]
    words: Annotated[str, Column("what is another")]
    cost_cents: Annotated[int | None, Column("cost EUR", "euros")]
    difference_cents: Annotated[int | None, Column("against settled", "change")]
    winners: Annotated[int, Column("winners", "whole")]
    losers: Annotated[int, Column("losers", "whole")]
    changes: Annotated[int, Column(None)]
    changes_a_year: Annotated[str, Column("changes a year", before="near")]
    near: Annotated[int, Column("near", "whole")]
    held_out_cost_cents: Annotated[int | None, Column("cost held out", "euros")]
    held_out_difference_cents: Annotated[int | None, Column(None, "change")]
    held_out_losers: Annotated[int | None, Column("losers held out", "whole")]
    undecided: Annotated[int | None, Column("undecided", "whole", before="changes_a_year", added=True)] = field(
        default=None, metadata=ADDED
    )


class _Judged(NamedTuple):
    """A month's monthly fee discount by a draft, and how much more that is than the settled one, in basis points.

    Both are None where they differ by product family, and of what is no money. `side` is 1 where a family gets more and
    none less, -1 the other way round, None where some get more and others less.
    """

    now: int | None
    more: int | None
    side: int | None


_NOTHING = _Judged(0, 0, 0)  # of a month of history, which gives no discount


def _judged(settled: Discounts | None, now: Discounts | None, *, is_money: bool) -> _Judged:
    if settled is None or now is None:
        return _NOTHING
    more = points_more(settled.monthly_fee, now.monthly_fee)
    return _Judged(now.monthly_fee.alike_of(is_money=is_money), more.alike_of(is_money=is_money), more.side)


class _Basis(NamedTuple):
    """What a month's discounts follow from beside its tier: older agreements of its day, and those that were settled.

    `settled` is None for a month of history.
    """

    agreements: tuple[LegacyAgreement, ...]
    settled: Discounts | None

    def judged(self, program: Program, tier: int) -> _Judged:
        """The discounts of a tier."""
        if self.settled is None:
            return _NOTHING
        # The agreements are all in force on one day, and so on the first day of the newest.
        day = max((each.period.valid_from for each in self.agreements), default=program.in_force_from)
        terms = rate_terms(program=program, tier=tier, agreements=self.agreements, day=day)
        return _judged(self.settled, discounts_of(terms), is_money=not program.unit.is_counted)


class _Row(NamedTuple):
    """One partner as columns of its months; `bases` are the places of theirs among those of all."""

    totals: tuple[int, ...]
    bases: tuple[int, ...]


@dataclass(slots=True)
class _Score:
    """What a draft makes of some months: sums of cents times basis points, None where one is not known."""

    weighed: int | None = 0
    difference: int | None = 0
    winners: int = 0
    losers: int = 0
    undecided: int = 0
    changes: int = 0

    def add(self, tiers: Sequence[int | None], totals: Sequence[int], months: Sequence[_Judged]) -> None:
        """Add one partner, month by month: its tiers, totals, and discounts."""
        self.changes += sum(map(ne, tiers, tiers[1:]))
        now, more = [each.now for each in months], [each.more for each in months]
        self.weighed = added((self.weighed, _weighed(totals, now)))
        if any(each != 0 for each in more):
            difference = _weighed(totals, more)
            self.difference = added((self.difference, difference))
            side = side_of({each.side for each in months}, difference)
            self.winners += side == 1
            self.losers += side == -1
            self.undecided += side is None


def _weighed(totals: Iterable[int], points: Sequence[int | None]) -> int | None:
    known = [each for each in points if each is not None]
    return sum(map(mul, totals, known)) if len(known) == len(points) else None


def side_of(sides: Iterable[int | None], weighed: int | None) -> int | None:
    """1 for a winner, -1 for a loser, 0 for neither; None where nobody can say it.

    `sides` are those of the months, `weighed` is revenue times the difference of discount in all of them, None where
    that is not known. A partner wins whose discount would be higher in each month in which it would be another, or that
    wins in euros.
    """
    differing = {each for each in sides if each != 0}
    if len(differing) == 1 and None not in differing:
        return differing.pop()
    return None if weighed is None else (weighed > 0) - (weighed < 0)


class Past:
    """Settled months, ready to be decided again by many drafts."""

    def __init__(
        self,
        partners: Iterable[PartnerPast],
        months: Sequence[BillingMonth],
        held_out: int,
        rates: OtherRates | None = None,
        *,
        is_money: bool = True,
    ) -> None:
        """Take the months in order; the last `held_out` of them choose no draft.

        `rates` are for `fx_guard`, `is_money` says whether totals are money. `settled` is what was discounted of
        counted revenue in the months that choose, in cents times basis points; None where that is not known.
        `families` are the product families that had discounts of their own.
        """
        self._rates = rates
        self.months = months
        self.choosing = frozenset(months[: len(months) - held_out])
        self.held_out = frozenset(months[len(months) - held_out :])
        newest = max(self.choosing)
        self._bases: dict[_Basis, int] = {}
        self._rows: dict[bool, list[_Row]] = {True: [], False: []}
        self._others: list[PartnerPast] = []
        self._plain: list[PartnerPast] = []
        self.newest: list[int] = []
        self.partner_months = 0
        self.settled: int | None = 0
        self.families: set[str] = set()
        for partner in partners:
            in_order = sorted(partner.results, key=lambda each: each.sequence)
            own = {each.month: each for each in in_order if each.month in months}  # the newest result of each
            chosen = [own[month] for month in self.choosing & own.keys()]
            self.partner_months += len(chosen)
            self.settled = added((self.settled, *(_as_settled(each, is_money=is_money) for each in chosen)))
            for each in own.values():
                self.families.update(families_of(each.discounts.families) if each.discounts else ())
            if newest in own:
                self.newest.append(own[newest].mrr_eur_cents)
            if _decides_by_revenue_alone(partner):
                self._plain.append(partner)
                for chooses, some in self._parts():
                    here = [own[month] for month in months if month in some and month in own]
                    bases = [self._bases.setdefault(_basis(partner, each), len(self._bases)) for each in here]
                    self._rows[chooses].append(_Row(tuple(each.mrr_eur_cents for each in here), tuple(bases)))
            else:
                self._others.append(partner)

    def _parts(self) -> tuple[tuple[bool, frozenset[BillingMonth]], ...]:
        return (True, self.choosing), (False, self.held_out)

    def newest_amounts(self, program: Program) -> list[int]:
        """What a programme holds against its table in the newest month that chooses, by partner."""
        if program.measure is None:
            return self.newest
        newest = max(self.choosing)
        return [
            each.amount_cents
            for partner in [*self._plain, *self._others]
            for each in simulate_partner(
                program=program,
                months=[newest],
                results=partner.results,
                grants=partner.grants,
                agreements=partner.agreements,
            )
        ]

    def score(self, program: Program) -> tuple[_Score, _Score]:
        """What a programme makes of the months that choose, and of those held out."""
        scores = {True: _Score(), False: _Score()}
        # Else a month depends on the ones before, or on more than its revenue.
        by_table = not (program.fx_guard == "hold_tier" or program.required_keys or program.measure or program.changes)
        if by_table:
            self._score_by_table(program, scores)
        for partner in self._others if by_table else [*self._plain, *self._others]:
            simulated = simulate_partner(
                program=program,
                months=self.months,
                results=partner.results,
                grants=partner.grants,
                agreements=partner.agreements,
                rates=self._rates,
                qualifications=partner.qualifications,
            )
            for chooses, some in self._parts():
                months = [each for each in simulated if each.settled.month in some]
                scores[chooses].add(
                    [each.tier for each in months],
                    [each.settled.mrr_eur_cents for each in months],
                    [_judged(each.settled.discounts, each.discounts, is_money=each.is_money) for each in months],
                )
        return scores[True], scores[False]

    def _score_by_table(self, program: Program, scores: Mapping[bool, _Score]) -> None:
        """Add the partners whose months follow from their totals alone."""
        thresholds, lowest = program.thresholds, program.lowest_tier
        bases = list(self._bases)
        table: list[list[_Judged | None]] = [[None] * (program.highest_tier + 1) for _ in bases]
        for chooses, rows in self._rows.items():
            add = scores[chooses].add
            for totals, own in rows:
                tiers = [bisect_right(thresholds, total) + lowest for total in totals]
                months = []
                for basis, tier in zip(own, tiers, strict=True):
                    judged = table[basis][tier]
                    if judged is None:
                        judged = table[basis][tier] = bases[basis].judged(program, tier)
                    months.append(judged)
                add(tiers, totals, months)


def _as_settled(result: SettledResult, *, is_money: bool) -> int | None:
    """What a settled month discounted of its counted revenue, in cents times basis points; None if not known."""
    if result.discounts is None:
        return 0
    return result.discounts.monthly_fee.of(result.mrr_eur_cents, is_money=is_money)


def _basis(partner: PartnerPast, result: SettledResult) -> _Basis:
    day = result.effective_on
    kept = tuple(each for each in partner.agreements if day is not None and day in each.period)
    return _Basis(kept, result.discounts)


def _decides_by_revenue_alone(partner: PartnerPast) -> bool:
    """Whether each month's result follows from its total and the agreements of its day: no grant, no month twice.

    A month that was settled after a later one had left the partner out keeps the discounts of then.
    """
    in_order = sorted(partner.results, key=lambda each: each.sequence)
    rising = all(one.month < after.month for one, after in pairwise(in_order))
    return rising and not partner.grants and not any(each.grants or each.left_out for each in partner.results)


def compare_drafts(*, past: Past, drafts: Iterable[Draft], near_bp: int) -> list[ComparedDraft]:
    """Each draft, numbered in the order in which they are given; those on the front come first, the cheapest first."""
    compared = [_compared(past, number, draft, near_bp) for number, draft in enumerate(drafts, start=1)]
    front = {each.draft for each in _front(compared)}
    marked = [replace(each, front="yes" if each.draft in front else "") for each in compared]
    return sorted(marked, key=lambda each: (not each.front, each.cost_cents or 0, each.draft))


def _compared(past: Past, number: int, draft: Draft, near_bp: int) -> ComparedDraft:
    own, out = past.score(draft.program)
    has_out = bool(past.held_out)
    return ComparedDraft(
        draft=number,
        front="",
        words=draft.words,
        cost_cents=_cents(own.weighed),
        difference_cents=_cents(own.difference),
        winners=own.winners,
        losers=own.losers,
        changes=own.changes,
        changes_a_year=_a_year(own.changes, past.partner_months),
        near=sum(is_near(draft.program, amount, near_bp) for amount in past.newest_amounts(draft.program)),
        held_out_cost_cents=_cents(out.weighed) if has_out else None,
        held_out_difference_cents=_cents(out.difference) if has_out else None,
        held_out_losers=out.losers if has_out else None,
        undecided=own.undecided if past.families or draft.program.product_discounts else None,
    )


def _cents(weighed: int | None) -> int | None:
    return None if weighed is None else round_half_away(weighed, BP)


def _a_year(changes: int, partner_months: int) -> str:
    """Changes of tier for each partner and year, with two decimals."""
    hundredths = round_half_away(changes * MONTHS_A_YEAR * 100, partner_months) if partner_months else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _front(compared: Sequence[ComparedDraft]) -> list[ComparedDraft]:
    """The drafts that none beats; none where the cost of one is not known.

    Whoever beats a draft costs no more, so each is held against the cheaper ones alone.
    """
    front: list[ComparedDraft] = []
    if any(each.cost_cents is None for each in compared):
        return front
    for each in sorted(compared, key=_worth):
        if not any(_beats(other, each) for other in front):
            front.append(each)
    return front


def _worth(draft: ComparedDraft) -> tuple[int, int, int, int]:
    """What is to be small: cost, losers, changes, and winners that it lacks."""
    return draft.cost_cents or 0, draft.losers, draft.changes, -draft.winners


def _beats(one: ComparedDraft, other: ComparedDraft) -> bool:
    own, theirs = _worth(one), _worth(other)
    return own != theirs and all(mine <= yours for mine, yours in zip(own, theirs, strict=True))
