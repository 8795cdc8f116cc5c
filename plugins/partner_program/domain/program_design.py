"""Compares drafts of a programme over settled months: what each would have cost, for whom, and how restlessly.

What was counted stays as it was settled. The cost is each partner's counted revenue times its monthly fee discount: it
compares drafts, and is no forecast, since discounts are given on new orders alone and nobody's answer to another
programme is known. Months may be held out: a draft is chosen by the others, and judged by these.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from operator import mul, ne, sub
from typing import Annotated

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.money import BP, round_half_away
from partner_program.domain.near import is_near
from partner_program.domain.program import Program
from partner_program.domain.program_sweep import Draft
from partner_program.domain.qualifications import Qualification
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from partner_program.domain.simulated_chain import OtherRates, simulate_partner
from partner_program.domain.simulation import SettledResult

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
    """A draft beside the others; EUR cents.

    `cost_cents` is what it would have discounted of counted revenue in the months that choose, `difference_cents` how
    much more than was settled. Winners and losers are partners, `changes` are of tiers from month to month, `near` are
    the partners near a threshold in the newest month that chooses. On the `front` are those that no other draft beats:
    none costs less or as much, has as few losers and changes, as many winners, and is better in one of these.
    """

    draft: Annotated[int, Column("draft", "whole")]
    front: Annotated[str, Column("front")]
    words: Annotated[str, Column("what is another")]
    cost_cents: Annotated[int, Column("cost EUR", "euros")]
    difference_cents: Annotated[int, Column("against settled", "change")]
    winners: Annotated[int, Column("winners", "whole")]
    losers: Annotated[int, Column("losers", "whole")]
    changes: Annotated[int, Column(None)]
    changes_a_year: Annotated[str, Column("changes a year", before="near")]
    near: Annotated[int, Column("near", "whole")]
    held_out_cost_cents: Annotated[int | None, Column("cost held out", "euros")]
    held_out_difference_cents: Annotated[int | None, Column(None, "change")]
    held_out_losers: Annotated[int | None, Column("losers held out", "whole")]


@dataclass(frozen=True, slots=True)
class _Row:
    """One partner as columns of its months. `rated` has 0 for a month of history, which gives no discount, else 1.

    `floors` are what older agreements keep, and `rated` is empty where there is none of either.
    """

    totals: tuple[int, ...]
    rated: tuple[int, ...]
    floors: tuple[int, ...]
    settled: tuple[int, ...]


@dataclass(slots=True)
class _Score:
    weighed: int = 0
    settled: int = 0
    winners: int = 0
    losers: int = 0
    changes: int = 0

    def add(
        self, tiers: Sequence[int | None], totals: Sequence[int], now: Sequence[int], settled: Sequence[int]
    ) -> None:
        """Add one partner: its tiers, totals, discounts and settled discounts, month by month."""
        self.changes += sum(map(ne, tiers, tiers[1:]))
        self.weighed += sum(map(mul, totals, now))
        self.settled += sum(map(mul, totals, settled))
        differences = list(map(sub, now, settled))
        if any(differences):
            side = side_of(list(zip(totals, differences, strict=True)))
            self.winners += side > 0
            self.losers += side < 0


def side_of(points: Iterable[tuple[int, int]]) -> int:
    """1 for a winner, -1 for a loser, 0 for neither; each pair is a month's revenue and its difference of discount.

    A partner wins whose discount would be higher in each month in which it would be another, or that wins in euros.
    """
    differing = [(weight, point) for weight, point in points if point]
    if differing and (all(point > 0 for _, point in differing) or all(point < 0 for _, point in differing)):
        return 1 if differing[0][1] > 0 else -1
    euros = sum(weight * point for weight, point in differing)
    return (euros > 0) - (euros < 0)


class Past:
    """Settled months, ready to be decided again by many drafts."""

    def __init__(
        self,
        partners: Iterable[PartnerPast],
        months: Sequence[BillingMonth],
        held_out: int,
        rates: OtherRates | None = None,
    ) -> None:
        """Take the months in order; the last `held_out` of them choose no draft. `rates` are for `fx_guard`."""
        self._rates = rates
        self.months = months
        self.choosing = frozenset(months[: len(months) - held_out])
        self.held_out = frozenset(months[len(months) - held_out :])
        newest = max(self.choosing)
        self._rows: dict[bool, list[_Row]] = {True: [], False: []}
        self._others: list[PartnerPast] = []
        self._plain: list[PartnerPast] = []
        self.newest: list[int] = []
        self.partner_months = 0
        for partner in partners:
            in_order = sorted(partner.results, key=lambda each: each.sequence)
            own = {each.month: each for each in in_order if each.month in months}  # the newest result of each
            self.partner_months += len(self.choosing & own.keys())
            if newest in own:
                self.newest.append(own[newest].mrr_eur_cents)
            if _decides_by_revenue_alone(partner):
                self._plain.append(partner)
                for chooses, some in self._parts():
                    here = [own[month] for month in months if month in some and month in own]
                    self._rows[chooses].append(_row(partner, here))
            else:
                self._others.append(partner)

    def _parts(self) -> tuple[tuple[bool, frozenset[BillingMonth]], ...]:
        return (True, self.choosing), (False, self.held_out)

    def newest_amounts(self, program: Program) -> list[int]:
        """What a programme holds against its table in the newest month that chooses, in EUR cents, by partner."""
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
        thresholds = program.thresholds
        given = [0, *(row.monthly_fee_discount_bp for row in program.tiers)][program.lowest_tier :]
        # Else a month depends on the ones before, or on more than its revenue.
        by_table = not (program.fx_guard == "hold_tier" or program.required_keys or program.measure or program.changes)
        for chooses, rows in self._rows.items() if by_table else ():
            add = scores[chooses].add
            for row in rows:
                tiers = [bisect_right(thresholds, total) for total in row.totals]
                own = [given[tier] for tier in tiers]
                now = list(map(max, own, row.floors)) if row.floors else own
                add(tiers, row.totals, list(map(mul, now, row.rated)) if row.rated else now, row.settled)
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
                both = [(each.discounts, each.settled.discounts) for each in months]
                scores[chooses].add(
                    [each.tier for each in months],
                    [each.settled.mrr_eur_cents for each in months],
                    [now.monthly_fee_bp if now and was else 0 for now, was in both],
                    [was.monthly_fee_bp if now and was else 0 for now, was in both],
                )
        return scores[True], scores[False]


def _decides_by_revenue_alone(partner: PartnerPast) -> bool:
    """Whether each month's result follows from its total and the agreements of its day: no grant, no month twice."""
    in_order = sorted(partner.results, key=lambda each: each.sequence)
    rising = all(one.month < after.month for one, after in pairwise(in_order))
    return rising and not partner.grants and not any(each.grants for each in partner.results)


def _row(partner: PartnerPast, results: Sequence[SettledResult]) -> _Row:
    floors = [_floor(partner.agreements, each.effective_on) for each in results]
    rated = [int(each.discounts is not None) for each in results]
    return _Row(
        totals=tuple(each.mrr_eur_cents for each in results),
        rated=() if all(rated) else tuple(rated),
        floors=tuple(floors) if any(floors) else (),
        settled=tuple(each.discounts.monthly_fee_bp if each.discounts else 0 for each in results),
    )


def _floor(agreements: Iterable[LegacyAgreement], day: date | None) -> int:
    """The monthly fee discount that older agreements keep on a day."""
    kept = (each.monthly_fee_discount_bp for each in agreements if day is not None and day in each.period)
    return max(kept, default=0)


def compare_drafts(*, past: Past, drafts: Iterable[Draft], near_bp: int) -> list[ComparedDraft]:
    """Each draft, numbered in the order in which they are given; those on the front come first, the cheapest first."""
    compared = [_compared(past, number, draft, near_bp) for number, draft in enumerate(drafts, start=1)]
    front = {each.draft for each in _front(compared)}
    marked = [replace(each, front="yes" if each.draft in front else "") for each in compared]
    return sorted(marked, key=lambda each: (not each.front, each.cost_cents, each.draft))


def _compared(past: Past, number: int, draft: Draft, near_bp: int) -> ComparedDraft:
    own, out = past.score(draft.program)
    has_out = bool(past.held_out)
    return ComparedDraft(
        draft=number,
        front="",
        words=draft.words,
        cost_cents=round_half_away(own.weighed, BP),
        difference_cents=round_half_away(own.weighed - own.settled, BP),
        winners=own.winners,
        losers=own.losers,
        changes=own.changes,
        changes_a_year=_a_year(own.changes, past.partner_months),
        near=sum(is_near(draft.program, amount, near_bp) for amount in past.newest_amounts(draft.program)),
        held_out_cost_cents=round_half_away(out.weighed, BP) if has_out else None,
        held_out_difference_cents=round_half_away(out.weighed - out.settled, BP) if has_out else None,
        held_out_losers=out.losers if has_out else None,
    )


def _a_year(changes: int, partner_months: int) -> str:
    """Changes of tier for each partner and year, with two decimals."""
    hundredths = round_half_away(changes * MONTHS_A_YEAR * 100, partner_months) if partner_months else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _front(compared: Sequence[ComparedDraft]) -> list[ComparedDraft]:
    """The drafts that none beats: whoever beats one costs no more, so each is held against the cheaper ones alone."""
    front: list[ComparedDraft] = []
    for each in sorted(compared, key=_worth):
        if not any(_beats(other, each) for other in front):
            front.append(each)
    return front


def _worth(draft: ComparedDraft) -> tuple[int, int, int, int]:
    """What is to be small: cost, losers, changes, and winners that it lacks."""
    return draft.cost_cents, draft.losers, draft.changes, -draft.winners


def _beats(one: ComparedDraft, other: ComparedDraft) -> bool:
    own, theirs = _worth(one), _worth(other)
    return own != theirs and all(mine <= yours for mine, yours in zip(own, theirs, strict=True))
