"""Settling a month: totals, tiers, grace periods, rates and letters in one pure composition (rules 1 to 7, 12).

The stages are the tasks of a run and can be called one by one; `settle_month` calls them all.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore, FxBasis, LastEarned, guarded_tier
from partner_program.domain.grace import GraceSettlement, SettledGrant, settle_grants
from partner_program.domain.letters import LetterKind, letter_kind
from partner_program.domain.month_order import check_effective_date
from partner_program.domain.program import NOTHING_HELD, OnRecord, Program
from partner_program.domain.qualifications import Used, used_of
from partner_program.domain.rates import Rate, orders_differ, rate_from, rate_terms
from partner_program.domain.registry import AccountLink, Entity, GraceGrant, LegacyAgreement, Partner
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.totals import AccountTotal, MonthTotals, PartnerTotal, merge_totals


@dataclass(frozen=True, slots=True)
class PartnerHistory:
    """What was decided for a partner before the month.

    `previous_tier` is that of the last earlier month in which it was assigned; `rate` the one in force on the
    effective date; `open_grants` are not settled yet; `lifted_by` are the grants that have lifted its tier before.
    """

    previous_tier: int | None = None
    rate: Rate | None = None
    open_grants: tuple[GraceGrant, ...] = ()
    lifted_by: tuple[str, ...] = ()


NO_HISTORY = PartnerHistory()
NOBODY_HOLDS: Mapping[str, OnRecord] = {}
NO_GRANTS = GraceSettlement((), None, None)


@dataclass(frozen=True, slots=True)
class TierAssignment:
    """What a partner's own revenue earned, and what it would have earned at the exchange rates that it is held against.

    `at_rates_before` is None where that is not known or nobody asked. `held_by_rates`: the exchange-rate guard decided
    another tier than the table.
    """

    partner_id: str
    mrr_eur_cents: int
    earned_tier: int
    at_rates_before: int | None = None
    held_by_rates: bool = False


@dataclass(frozen=True, slots=True)
class GraceAssignment:
    """The tier in force after grace periods: the higher of the earned and the granted one."""

    partner_id: str
    effective_on: date
    earned_tier: int
    granted_tier: int | None
    tier: int
    grants: tuple[SettledGrant, ...]
    lifted_by: str | None
    held_by_rates: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """All that a month decides for one partner.

    `rate` is in force from the effective date; `rate_is_new` where it has to be written. `lifted_by` is the grant
    that holds the tier above the earned one. `letter` is None where no letter is owed. A month that is history only has
    no rate and no letter, and no tier where no table was in force. `earned_tier` is what the month earned after the
    exchange-rate guard; `at_rates_before` is the total at the rates that the month is held against, where the programme
    looks at that and it is known. `qualifications` are what was on record where the programme asks for more.
    """

    partner_id: str
    accounts: tuple[AccountTotal, ...]
    mrr_eur_cents: int
    earned_tier: int | None
    granted_tier: int | None
    tier: int | None
    previous_tier: int | None
    grants: tuple[SettledGrant, ...]
    lifted_by: str | None
    rate: Rate | None
    rate_is_new: bool
    letter: LetterKind | None
    at_rates_before: AtRatesBefore | None = None
    qualifications: Used | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """A month decided: its totals and one decision for each authorised partner that is not held."""

    totals: MonthTotals
    decisions: tuple[Decision, ...]


def assign_tiers(
    *, program: Program, totals: Sequence[PartnerTotal], held: Mapping[str, OnRecord] = NOBODY_HOLDS
) -> tuple[TierAssignment, ...]:
    """The earned tier of each total, by the table and what it requires; `held` is on record beside it, by partner."""
    assigned = []
    for total in totals:
        cents, before = total.mrr_eur_cents, total.at_rates_before
        own = held.get(total.partner_id, NOTHING_HELD)
        at_rates_before = None if before is None else program.tier_with(before.cents, own)
        assigned.append(TierAssignment(total.partner_id, cents, program.tier_with(cents, own), at_rates_before))
    return tuple(assigned)


def guard_tiers(
    *, program: Program, assignments: Sequence[TierAssignment], last: Mapping[str, LastEarned]
) -> tuple[TierAssignment, ...]:
    """The tiers after the exchange-rate guard; `last` is what each partner earned last, by partner."""
    guarded = []
    for each in assignments:
        before = last.get(each.partner_id)
        tier = guarded_tier(
            program=program,
            earned=each.earned_tier,
            at_rates_before=each.at_rates_before,
            last=before.tier if before else None,
        )
        guarded.append(replace(each, earned_tier=tier, held_by_rates=tier != each.earned_tier))
    return tuple(guarded)


def settle_grace_periods(
    *,
    program: Program,
    month: BillingMonth,
    effective_on: date,
    assignments: Sequence[TierAssignment],
    histories: Mapping[str, PartnerHistory],
) -> tuple[GraceAssignment, ...]:
    """Settle each partner's open grants against the tier it earned."""
    settled = []
    for assigned in assignments:
        grants = histories.get(assigned.partner_id, NO_HISTORY).open_grants
        grace = (
            settle_grants(
                grants=grants,
                month=month,
                effective_on=effective_on,
                earned_tier=assigned.earned_tier,
                highest_tier=program.highest_tier,
            )
            if grants
            else NO_GRANTS
        )
        tier = max(assigned.earned_tier, grace.granted_tier or 0)
        settled.append(
            GraceAssignment(
                partner_id=assigned.partner_id,
                effective_on=effective_on,
                earned_tier=assigned.earned_tier,
                granted_tier=grace.granted_tier,
                tier=tier,
                grants=grace.grants,
                lifted_by=grace.granted_by if tier > assigned.earned_tier else None,
                held_by_rates=assigned.held_by_rates,
            )
        )
    return tuple(settled)


def decide(
    *,
    program: Program,
    total: PartnerTotal,
    grace: GraceAssignment,
    history: PartnerHistory,
    agreements: Sequence[LegacyAgreement],
    migration: bool,
    restated: bool = False,
    held: OnRecord = NOTHING_HELD,
) -> Decision:
    """Decide a partner's rate and letter: a new rate only where tier, a discount or the service level differs."""
    terms = rate_terms(program=program, tier=grace.tier, agreements=agreements, day=grace.effective_on)
    rate = rate_from(day=grace.effective_on, terms=terms, current=history.rate)
    return Decision(
        partner_id=total.partner_id,
        accounts=total.accounts,
        mrr_eur_cents=total.mrr_eur_cents,
        earned_tier=grace.earned_tier,
        granted_tier=grace.granted_tier,
        tier=grace.tier,
        previous_tier=history.previous_tier,
        grants=grace.grants,
        lifted_by=grace.lifted_by,
        rate=rate,
        rate_is_new=rate != history.rate,
        letter=letter_kind(
            migration=migration,
            restated=restated,
            outcomes=[each.outcome for each in grace.grants],
            tier=grace.tier,
            previous_tier=history.previous_tier,
            lifted_for_the_first_time=grace.lifted_by is not None and grace.lifted_by not in history.lifted_by,
            terms_differ=history.rate is not None and orders_differ(history.rate.terms, terms),
            always=program.readings.notify == "always",
        ),
        at_rates_before=None
        if program.fx_guard == "off" or total.at_rates_before is None
        else replace(total.at_rates_before, holds=grace.held_by_rates),
        qualifications=used_of(program, held),
    )


def keep_rate(decision: Decision, *, rate: Rate | None) -> Decision:
    """Return a decision with the rate that the partner has: nothing is new for its orders, and no letter is owed.

    For a month that is released or restated after a later one was decided: the later month's rate stays.
    """
    return replace(decision, rate=rate, rate_is_new=False, letter=None)


def record_history(*, total: PartnerTotal, earned_tier: int | None) -> Decision:
    """Decide a month for information only, without a rate or a letter; grants are not settled (rule 3)."""
    return Decision(
        partner_id=total.partner_id,
        accounts=total.accounts,
        mrr_eur_cents=total.mrr_eur_cents,
        earned_tier=earned_tier,
        granted_tier=None,
        tier=earned_tier,
        previous_tier=None,
        grants=(),
        lifted_by=None,
        rate=None,
        rate_is_new=False,
        letter=None,
    )


def new_rates(decisions: Iterable[Decision]) -> list[tuple[str, Rate]]:
    """The rates that take force with decisions, by partner; none where a partner keeps what it has."""
    return [(each.partner_id, each.rate) for each in decisions if each.rate is not None and each.rate_is_new]


_OfPartner = TypeVar("_OfPartner", PartnerTotal, TierAssignment)


def _by_program(
    programs: Mapping[date, Program], effective: Mapping[str, date], items: Sequence[_OfPartner]
) -> list[tuple[Program, date, list[_OfPartner]]]:
    """Group partners' items by effective date, with the programme of that day; without one they are left out."""
    days = sorted({effective[item.partner_id] for item in items})
    return [
        (programs[day], day, [item for item in items if effective[item.partner_id] == day])
        for day in days
        if day in programs
    ]


def assign_tiers_by_day(
    *,
    programs: Mapping[date, Program],
    effective: Mapping[str, date],
    totals: Sequence[PartnerTotal],
    held: Mapping[str, OnRecord] = NOBODY_HOLDS,
) -> tuple[TierAssignment, ...]:
    """The earned tier of each total by the table of the partner's own effective date; none where none was in force."""
    parts = _by_program(programs, effective, totals)
    return tuple(each for program, _, part in parts for each in assign_tiers(program=program, totals=part, held=held))


def guard_tiers_by_day(
    *,
    programs: Mapping[date, Program],
    effective: Mapping[str, date],
    assignments: Sequence[TierAssignment],
    basis: FxBasis | None,
) -> tuple[TierAssignment, ...]:
    """The tiers after the exchange-rate guard of each partner's own programme; as they are where nobody is guarded."""
    if basis is None:
        return tuple(assignments)
    parts = _by_program(programs, effective, assignments)
    return tuple(
        each for program, _, part in parts for each in guard_tiers(program=program, assignments=part, last=basis.last)
    )


def settle_grace_periods_by_day(
    *,
    month: BillingMonth,
    programs: Mapping[date, Program],
    effective: Mapping[str, date],
    assignments: Sequence[TierAssignment],
    histories: Mapping[str, PartnerHistory],
) -> tuple[GraceAssignment, ...]:
    """Settle open grants, each partner on its own effective date."""
    return tuple(
        each
        for program, day, part in _by_program(programs, effective, assignments)
        for each in settle_grace_periods(
            program=program, month=month, effective_on=day, assignments=part, histories=histories
        )
    )


def decide_by_day(
    *,
    totals: Sequence[PartnerTotal],
    graces: Sequence[GraceAssignment],
    programs: Mapping[date, Program],
    effective: Mapping[str, date],
    histories: Mapping[str, PartnerHistory],
    agreements: Mapping[str, Sequence[LegacyAgreement]],
    late: Collection[str],
    migration: bool,
    held: Mapping[str, OnRecord] = NOBODY_HOLDS,
) -> tuple[Decision, ...]:
    """Decide each partner on its own effective date; those that are `late` keep the rate that a later month gave."""
    of_partner = {each.partner_id: each for each in graces}
    found = []
    for total in totals:
        history = histories.get(total.partner_id, NO_HISTORY)
        decision = decide(
            program=programs[effective[total.partner_id]],
            total=total,
            grace=of_partner[total.partner_id],
            history=history,
            agreements=agreements.get(total.partner_id, ()),
            migration=migration,
            held=held.get(total.partner_id, NOTHING_HELD),
        )
        found.append(keep_rate(decision, rate=history.rate) if total.partner_id in late else decision)
    return tuple(found)


def record_history_of(*, totals: Sequence[PartnerTotal], graces: Sequence[GraceAssignment]) -> tuple[Decision, ...]:
    """Decide each partner of a month that is history only; without a tier where no table was in force."""
    earned = {each.partner_id: each.earned_tier for each in graces}
    return tuple(record_history(total=total, earned_tier=earned.get(total.partner_id)) for total in totals)


def settle_month(
    *,
    month: BillingMonth,
    effective_on: date,
    program: Program,
    entities: Sequence[Entity],
    partners: Sequence[Partner],
    links: Sequence[AccountLink],
    agreements: Mapping[str, Sequence[LegacyAgreement]],
    rates: Mapping[str, Decimal],
    revenues: Sequence[EntityRevenue],
    entity_faults: Mapping[str, str],
    histories: Mapping[str, PartnerHistory],
    migration: bool,
    basis: FxBasis | None = None,
    held: Mapping[str, OnRecord] = NOBODY_HOLDS,
) -> Settlement:
    """Decide a whole month with all the rules, without a clock and without I/O.

    `rates` are units per EUR by currency; `agreements` and `histories` are by partner. Each partner is decided by
    itself: a fault at one entity holds its partners and changes no other partner's result. `basis` is what the
    exchange-rate guard compares with, None where the programme has none.
    """
    check_effective_date(month=month, effective_on=effective_on)
    totals = merge_totals(
        month=month,
        entities=entities,
        partners=partners,
        links=links,
        rates=rates,
        revenues=revenues,
        entity_faults=entity_faults,
        rates_before=basis.rates_before() if basis else None,
    )
    tiers = assign_tiers(program=program, totals=totals.partners, held=held)
    if basis is not None:
        tiers = guard_tiers(program=program, assignments=tiers, last=basis.last)
    graces = settle_grace_periods(
        program=program, month=month, effective_on=effective_on, assignments=tiers, histories=histories
    )
    decisions = tuple(
        decide(
            program=program,
            total=total,
            grace=grace,
            history=histories.get(total.partner_id, NO_HISTORY),
            agreements=agreements.get(total.partner_id, ()),
            migration=migration,
            held=held.get(total.partner_id, NOTHING_HELD),
        )
        for total, grace in zip(totals.partners, graces, strict=True)
    )
    return Settlement(totals, decisions)
