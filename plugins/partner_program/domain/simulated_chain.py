"""Decides settled months again with another programme, partner by partner, month after month (rules 1, 5 and 8).

What was billed and counted stays as it was settled; only the programme changes. A grant that the other programme would
have confirmed, or left open, is confirmed or open in the months after. So is merit, where the other programme has rules
for changes of tier. Of a window of months those are there that were settled by then; one that lacks is left out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import LastEarned, guarded_tier
from partner_program.domain.grace import GrantOutcome, settle_grants, tier_with_grants
from partner_program.domain.other_rates import moved_at
from partner_program.domain.program import OnRecord, Program
from partner_program.domain.qualifications import Qualification
from partner_program.domain.rates import RateTerms, rate_terms
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from partner_program.domain.simulation import Discounts, SettledResult, SimulatedResult
from partner_program.domain.tier_changes import DecidedMerit, Merit, confirmed, last_merit, merit_after
from partner_program.domain.unit import AnyRate

OtherRates = Mapping[BillingMonth, Mapping[str, AnyRate]]


@dataclass(frozen=True, slots=True)
class _Step:
    """One settled result of a partner, and what the simulation has in its place; `earned` is before grace periods."""

    settled: SettledResult
    earned: LastEarned | None
    tier: int | None
    discounts: Discounts | None
    outcomes: tuple[tuple[str, GrantOutcome | None], ...]
    open_grants: tuple[GraceGrant, ...] = ()
    amount_cents: int = 0
    merit: Merit | None = None
    before: Merit | None = None
    decided_in: int = 0
    written_in: int = 0


def simulate_partner(
    *,
    program: Program,
    months: Collection[BillingMonth],
    results: Sequence[SettledResult],
    grants: Sequence[GraceGrant],
    agreements: Sequence[LegacyAgreement],
    rates: OtherRates | None = None,
    qualifications: Sequence[Qualification] = (),
) -> list[SimulatedResult]:
    """Return one partner's months as `program` would have decided them, in order; other months stay as settled.

    `results` are all that was ever settled for the partner, restatements and what they replaced: the newest of each
    month is compared. `rates` are those of each month by currency, for a programme with `fx_guard: hold_tier`;
    `qualifications` are what is on record of the partner beside revenue.
    """
    steps: list[_Step] = []
    for result in sorted(results, key=lambda each: (each.sequence, each.month)):
        if result.month not in months:
            steps.append(_as_settled(result, _own(result, steps)))
        elif result.effective_on is None:
            held = _held(qualifications, result.month)
            amount = program.amount_of(result.mrr_eur_cents, _window(program, result, steps))
            steps.append(_Step(result, None, program.tier_with(amount, held), None, (), amount_cents=amount))
        else:
            steps.append(
                _decided(program, result, result.effective_on, steps, grants, agreements, rates or {}, qualifications)
            )
    newest = {step.settled.month: step for step in steps if step.settled.month in months}
    return [
        SimulatedResult(step.settled, step.tier, step.discounts, step.amount_cents, not program.unit.is_counted)
        for _, step in sorted(newest.items())
    ]


def _window(program: Program, result: SettledResult, steps: Sequence[_Step]) -> list[int]:
    """The totals of the window's months before, as they were settled by then; none without a window."""
    if program.measure is None:
        return []
    before = [step.settled for step in _before_first(result.month, steps) if step.settled.in_unit]
    totals = {each.month: each.mrr_eur_cents for each in before}
    return [totals[month] for month in program.measure.months_before(result.month) if month in totals]


def _before_first(month: BillingMonth, steps: Sequence[_Step]) -> Sequence[_Step]:
    """What was settled before a month itself was for the first time: what is restated later changes no later month."""
    return steps[: next((place for place, step in enumerate(steps) if step.settled.month == month), len(steps))]


def _merit_before(program: Program, result: SettledResult, steps: Sequence[_Step]) -> Merit | None:
    """The merit with which the month begins, as the simulation has the months before it."""
    if program.changes is None or result.month in result.begin_anew:
        return None
    newest = {step.settled.month: step for step in steps if step.settled.month < result.month and step.merit}
    return last_merit(
        DecidedMerit(
            month=month,
            merit=step.merit,
            decided_in=step.decided_in,
            written_in=step.written_in,
            changes=program.changes,
            highest_tier=program.highest_tier,
            lowest_tier=program.lowest_tier,
            confirmed_tier=_confirmed_tier(program, step),
            follows=month not in result.begin_anew,
        )
        for month, step in newest.items()
        if step.merit is not None
    )


def _confirmed_tier(program: Program, step: _Step) -> int:
    confirmed_by = {grant_id for grant_id, outcome in step.outcomes if outcome == "confirmed"}
    tiers = [program.tier_here(grant.tier) for grant in step.open_grants if grant.grant_id in confirmed_by]
    return max(tiers, default=0)


def _own(result: SettledResult, steps: Sequence[_Step]) -> _Step | None:
    """The newest step of the same month before a result."""
    return next((step for step in reversed(steps) if step.settled.month == result.month), None)


def _settlements(result: SettledResult, merit: Merit | None, own: _Step | None) -> tuple[int, int]:
    """The settlements that first decided a month and that wrote its merit as it is: see `DecidedMerit`."""
    if own is None:
        return result.sequence, result.sequence
    return own.decided_in, own.written_in if own.merit == merit else result.sequence


def _as_settled(result: SettledResult, own: _Step | None) -> _Step:
    """A result that is not simulated stays as it was settled."""
    decided_in, written_in = _settlements(result, result.merit, own)
    return _Step(
        settled=result,
        earned=None if result.earned_tier is None else LastEarned(result.earned_tier, result.month),
        tier=result.tier,
        discounts=result.discounts,
        outcomes=result.grants,
        merit=result.merit,
        decided_in=decided_in,
        written_in=written_in,
    )


def _decided(
    program: Program,
    result: SettledResult,
    effective_on: date,
    steps: Sequence[_Step],
    grants: Sequence[GraceGrant],
    agreements: Sequence[LegacyAgreement],
    rates: OtherRates,
    qualifications: Sequence[Qualification],
) -> _Step:
    own = _own(result, steps)
    if own is not None and own.settled.decided == result.decided:
        return replace(own, settled=result)
    listed = {grant_id for step in steps for grant_id, _ in step.settled.grants} | dict(result.grants).keys()
    open_grants = own.open_grants if own else _still_open(result, steps, grants)
    window = _window(program, result, steps)
    last = _earned(program, result, steps, rates, _held(qualifications, result.month), window)
    earned = last.tier
    before = own.before if own else _merit_before(program, result, steps)
    merit = _merit_after(program, result.month, earned, before)
    grace = settle_grants(
        grants=[grant for grant in open_grants if grant.grant_id in listed],
        month=result.month,
        effective_on=effective_on,
        earned_tier=earned,
        highest_tier=program.highest_tier,
    )
    kept = [program.tier_here(each.grant.tier) for each in grace.grants if each.outcome == "confirmed"]
    merit = confirmed(merit, max(kept, default=0))
    tier = max(merit.tier, grace.granted_tier or 0)
    outcomes = tuple((each.grant.grant_id, each.outcome) for each in grace.grants)
    later = [step for step in steps if step.settled.month > result.month and step.settled.effective_on is not None]
    if later or result.left_out:
        discounts = own.discounts if own else _kept(result, later)
    elif own is None or result.taken_on is None:
        discounts = _discounts(program, tier, agreements, effective_on)
    else:
        # A restatement's rates are those of the day on which it was accepted.
        settled = {grant_id for grant_id, outcome in outcomes if outcome is not None}
        day = result.taken_on
        tier_then = tier_with_grants(earned_tier=merit.tier, open_grants=open_grants, settled=settled, day=day)
        discounts = _discounts(program, tier_then, agreements, day)
    amount = program.amount_of(result.mrr_eur_cents, window)
    settlements = _settlements(result, merit, own)
    return _Step(result, last, tier, discounts, outcomes, open_grants, amount, merit, before, *settlements)


def _held(qualifications: Sequence[Qualification], month: BillingMonth) -> OnRecord:
    return {each.key: each.value for each in qualifications if month.last_day in each.period}


def _earned(
    program: Program,
    result: SettledResult,
    steps: Sequence[_Step],
    rates: OtherRates,
    held: OnRecord,
    window: Sequence[int],
) -> LastEarned:
    """What a result earns by the table and the exchange-rate guard, and whose rates the next is held against."""
    own, last = program.tier_with(program.amount_of(result.mrr_eur_cents, window), held), _earned_last(result, steps)
    if program.fx_guard != "hold_tier" or last is None or result.foreign is None:
        return LastEarned(own, result.month)
    moved = moved_at(result.foreign, rates.get(last.rates_of, {}))
    before = None if moved is None else program.tier_with(program.amount_of(result.mrr_eur_cents + moved, window), held)
    tier = guarded_tier(program=program, earned=own, at_rates_before=before, last=last.tier)
    return LastEarned(tier, result.month if tier == own else last.rates_of)


def _earned_last(result: SettledResult, steps: Sequence[_Step]) -> LastEarned | None:
    """What the last earlier month in force earned before this month was first decided, as simulated."""
    known = _before_first(result.month, steps)
    earlier = [each for each in known if each.settled.month < result.month and each.settled.effective_on]
    newest = max((each.settled.month for each in earlier), default=None)
    return [each.earned for each in earlier if each.settled.month == newest][-1] if earlier else None


def _merit_after(program: Program, month: BillingMonth, earned: int, before: Merit | None) -> Merit:
    if program.changes is None:
        return Merit(earned, earned)
    return merit_after(
        changes=program.changes,
        month=month,
        earned_tier=earned,
        before=before,
        highest_tier=program.highest_tier,
        lowest_tier=program.lowest_tier,
    )


def _discounts(program: Program, tier: int, agreements: Sequence[LegacyAgreement], day: date) -> Discounts:
    return discounts_of(rate_terms(program=program, tier=tier, agreements=agreements, day=day))


def discounts_of(terms: RateTerms) -> Discounts:
    """The discounts and the service level of a rate's terms."""
    return Discounts(terms.monthly_fee_discount_bp, terms.setup_fee_discount_bp, terms.sla, terms.families)


def _still_open(result: SettledResult, steps: Sequence[_Step], grants: Sequence[GraceGrant]) -> tuple[GraceGrant, ...]:
    """The grants that no other month has settled in the simulation; a month's last result counts."""
    last_word = {
        (grant_id, step.settled.month): outcome
        for step in steps
        if step.settled.month != result.month
        for grant_id, outcome in step.outcomes
    }
    settled = {grant_id for (grant_id, _), outcome in last_word.items() if outcome is not None}
    return tuple(grant for grant in grants if grant.grant_id not in settled)


def _kept(result: SettledResult, later: Sequence[_Step]) -> Discounts | None:
    """The discounts of a partner released after a later month was decided: that month's, as simulated.

    Where a later month had left the partner out, they are those that were in force then.
    """
    same = [step.discounts for step in later if step.settled.discounts == result.discounts]
    return same[-1] if same else result.discounts
