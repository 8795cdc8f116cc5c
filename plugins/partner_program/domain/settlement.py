"""Settling a month: totals, tiers, grace periods, rates and letters in one pure composition (rules 1 to 7, 12).

The stages are the tasks of a run and can be called one by one; `settle_month` calls them all: the amount that a month
is measured by, the tier that it earns, the rules for changes of tier, grace periods, rates and letters.
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
from partner_program.domain.measure import NO_EARLIER, EarlierMonth, QualifyingAmount, lacking, qualifying_amount
from partner_program.domain.month_order import check_effective_date
from partner_program.domain.program import NOTHING_HELD, OnRecord, Program
from partner_program.domain.qualifications import Used, used_of
from partner_program.domain.rates import Rate, orders_differ, rate_from, rate_terms
from partner_program.domain.registry import AccountLink, Entity, GraceGrant, LegacyAgreement, Partner
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.tier_changes import Merit, confirmed, is_kept, merit_after
from partner_program.domain.totals import AccountTotal, MonthTotals, PartnerTotal, merge_totals


@dataclass(frozen=True, slots=True)
class PartnerHistory:
    """What was decided for a partner before the month.

    `previous_tier` is that of the last earlier month in which it was assigned; `rate` the one in force on the
    effective date; `open_grants` are not settled yet; `lifted_by` are the grants that have lifted its tier before.
    `merit` is the last one in force where the programme has rules for changes of tier; None for one that begins anew.
    """

    previous_tier: int | None = None
    rate: Rate | None = None
    open_grants: tuple[GraceGrant, ...] = ()
    lifted_by: tuple[str, ...] = ()
    merit: Merit | None = None


NO_HISTORY = PartnerHistory()
NOBODY_HOLDS: Mapping[str, OnRecord] = {}
NO_GRANTS = GraceSettlement((), None, None)
Earlier = Mapping[str, Sequence[EarlierMonth]]
"""The months of the window before the one that is decided, by partner."""


@dataclass(frozen=True, slots=True)
class TierAssignment:
    """What a partner's own revenue earned, and what it would have earned at the exchange rates that it is held against.

    `at_rates_before` is None where that is not known or nobody asked. `held_by_rates`: the exchange-rate guard decided
    another tier than the table. `amount` is what several months came to, where they count together; `merit` is set by
    the rules for changes of tier, where the programme has them: else what was earned is the merit.
    """

    partner_id: str
    mrr_eur_cents: int
    earned_tier: int
    at_rates_before: int | None = None
    held_by_rates: bool = False
    amount: QualifyingAmount | None = None
    merit: Merit | None = None


@dataclass(frozen=True, slots=True)
class GraceAssignment:
    """The tier in force after grace periods: the higher of the one on merit and the granted one."""

    partner_id: str
    effective_on: date
    earned_tier: int
    granted_tier: int | None
    tier: int
    grants: tuple[SettledGrant, ...]
    lifted_by: str | None
    held_by_rates: bool = False
    amount: QualifyingAmount | None = None
    merit: Merit | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """All that a month decides for one partner.

    `rate` is in force from the effective date; `rate_is_new` where it has to be written. `lifted_by` is the grant
    that holds the tier above the one on merit. `letter` is None where no letter is owed. A month that is history only
    has no rate and no letter, and no tier where no table was in force. `earned_tier` is what the month earned after the
    exchange-rate guard; `at_rates_before` is the total at the rates that the month is held against, where the programme
    looks at that and it is known. `qualifications` are what was on record where the programme asks for more.
    `amount` is what was held against the table where that was a window of months, `merit` what the rules for changes of
    tier made of what was earned.
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
    amount: QualifyingAmount | None = None
    merit: Merit | None = None

    @property
    def merit_tier(self) -> int | None:
        """The tier in which the partner stands without a grace period."""
        return self.earned_tier if self.merit is None else self.merit.tier


@dataclass(frozen=True, slots=True)
class Settlement:
    """A month decided: its totals and one decision for each authorised partner that is not held."""

    totals: MonthTotals
    decisions: tuple[Decision, ...]


def amount_of(
    *, program: Program, month: BillingMonth, mrr_eur_cents: int, earlier: Sequence[EarlierMonth]
) -> QualifyingAmount | None:
    """What a programme with a window holds against its table; None for one without, whose months decide alone."""
    if program.measure is None:
        return None
    return qualifying_amount(
        measure=program.measure, month=month, mrr_eur_cents=mrr_eur_cents, earlier=earlier
    )  # fmt: skip


def assign_tiers(
    *,
    program: Program,
    month: BillingMonth,
    totals: Sequence[PartnerTotal],
    earlier: Earlier = NO_EARLIER,
    held: Mapping[str, OnRecord] = NOBODY_HOLDS,
) -> tuple[TierAssignment, ...]:
    """The tier that each total earned, or the amount of its window; a partner whose window lacks a month is left out.

    `held` is on record beside revenue, by partner: what the table requires. A partner that is left out is held,
    where the month takes force; of a month that is history only its tier is not known.
    """
    assigned = []
    for total in totals:
        cents, earlier_months = total.mrr_eur_cents, earlier.get(total.partner_id, ())
        if program.measure is not None and lacking(program.measure, earlier_months) is not None:
            continue
        amount = amount_of(program=program, month=month, mrr_eur_cents=cents, earlier=earlier_months)
        own = held.get(total.partner_id, NOTHING_HELD)
        earned = program.tier_with(cents if amount is None else amount.cents, own)
        before = total.at_rates_before
        at_rates_before = None if before is None else _at_rates_before(program, before, amount, own)
        assigned.append(TierAssignment(total.partner_id, cents, earned, at_rates_before, amount=amount))
    return tuple(assigned)


def _at_rates_before(program: Program, before: AtRatesBefore, amount: QualifyingAmount | None, held: OnRecord) -> int:
    """The tier at the rates that the month is held against; the months of the window before it keep their own."""
    window = [each.mrr_eur_cents for each in amount.months[:-1]] if amount else []
    return program.tier_with(program.amount_of(before.cents, window), held)


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


def apply_changes(
    *,
    program: Program,
    month: BillingMonth,
    assignments: Sequence[TierAssignment],
    histories: Mapping[str, PartnerHistory],
) -> tuple[TierAssignment, ...]:
    """Move each partner's merit by what it earned, as far as the programme's rules for changes let it."""
    changes = program.changes
    if changes is None:
        return tuple(assignments)
    return tuple(
        replace(
            assigned,
            merit=merit_after(
                changes=changes,
                month=month,
                earned_tier=assigned.earned_tier,
                before=histories.get(assigned.partner_id, NO_HISTORY).merit,
                highest_tier=program.highest_tier,
                lowest_tier=program.lowest_tier,
            ),
        )
        for assigned in assignments
    )


def settle_grace_periods(
    *,
    program: Program,
    month: BillingMonth,
    effective_on: date,
    assignments: Sequence[TierAssignment],
    histories: Mapping[str, PartnerHistory],
) -> tuple[GraceAssignment, ...]:
    """Settle each partner's open grants against the tier it earned; a tier that is confirmed becomes its merit."""
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
        merit = assigned.merit
        if merit is not None:
            kept = [program.tier_here(each.grant.tier) for each in grace.grants if each.outcome == "confirmed"]
            merit = confirmed(merit, max(kept, default=0))
        on_merit = assigned.earned_tier if merit is None else merit.tier
        tier = max(on_merit, grace.granted_tier or 0)
        settled.append(
            GraceAssignment(
                partner_id=assigned.partner_id,
                effective_on=effective_on,
                earned_tier=assigned.earned_tier,
                granted_tier=grace.granted_tier,
                tier=tier,
                grants=grace.grants,
                lifted_by=grace.granted_by if tier > on_merit else None,
                held_by_rates=assigned.held_by_rates,
                amount=assigned.amount,
                merit=merit,
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
            kept="not" if grace.lifted_by is not None else is_kept(grace.merit, history.merit),
        ),
        at_rates_before=None
        if program.fx_guard == "off" or total.at_rates_before is None
        else replace(total.at_rates_before, holds=grace.held_by_rates),
        qualifications=used_of(program, held),
        amount=grace.amount,
        merit=grace.merit,
    )


def keep_rate(decision: Decision, *, rate: Rate | None) -> Decision:
    """Return a decision with the rate that the partner has: nothing is new for its orders, and no letter is owed.

    For a month that is released or restated after a later one was decided: the later month's rate stays.
    """
    return replace(decision, rate=rate, rate_is_new=False, letter=None)


def record_history(*, total: PartnerTotal, earned_tier: int | None, amount: QualifyingAmount | None = None) -> Decision:
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
        amount=amount,
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


def lacking_months(
    *, programs: Mapping[date, Program], effective: Mapping[str, date], earlier: Earlier
) -> dict[str, str]:
    """The partners whose window lacks a month, by the programme of their own effective date, with words that name it.

    They are held: without the month, nobody knows what their amount is.
    """
    found = {}
    for partner_id, before in earlier.items():
        program = programs.get(effective[partner_id]) if partner_id in effective else None
        words = None if program is None or program.measure is None else lacking(program.measure, before)
        if words is not None:
            found[partner_id] = words
    return found


def assign_tiers_by_day(
    *,
    month: BillingMonth,
    programs: Mapping[date, Program],
    effective: Mapping[str, date],
    totals: Sequence[PartnerTotal],
    earlier: Earlier = NO_EARLIER,
    held: Mapping[str, OnRecord] = NOBODY_HOLDS,
) -> tuple[TierAssignment, ...]:
    """The earned tier of each total by the table of the partner's own effective date; none where none was in force."""
    parts = _by_program(programs, effective, totals)
    return tuple(
        each
        for program, _, part in parts
        for each in assign_tiers(program=program, month=month, totals=part, earlier=earlier, held=held)
    )


def apply_changes_by_day(
    *,
    month: BillingMonth,
    programs: Mapping[date, Program],
    effective: Mapping[str, date],
    assignments: Sequence[TierAssignment],
    histories: Mapping[str, PartnerHistory],
) -> tuple[TierAssignment, ...]:
    """Apply the rules for changes of tier, each partner by the programme of its own effective date."""
    return tuple(
        each
        for program, _, part in _by_program(programs, effective, assignments)
        for each in apply_changes(program=program, month=month, assignments=part, histories=histories)
    )


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
    found = {each.partner_id: each for each in graces}
    return tuple(
        record_history(
            total=total,
            earned_tier=found[total.partner_id].earned_tier if total.partner_id in found else None,
            amount=found[total.partner_id].amount if total.partner_id in found else None,
        )
        for total in totals
    )


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
    earlier: Earlier = NO_EARLIER,
) -> Settlement:
    """Decide a whole month with all the rules, without a clock and without I/O.

    `rates` are units per EUR by currency; `agreements`, `histories` and `earlier` are by partner. Each partner is
    decided by itself: a fault at one entity holds its partners and changes no other partner's result. `basis` is what
    the exchange-rate guard compares with, None where the programme has none.
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
        lacking=lacking_months(
            programs={effective_on: program},
            effective={each.partner_id: effective_on for each in partners},
            earlier=earlier,
        ),
        unit=program.unit,
    )
    tiers = assign_tiers(program=program, month=month, totals=totals.partners, earlier=earlier, held=held)
    if basis is not None:
        tiers = guard_tiers(program=program, assignments=tiers, last=basis.last)
    tiers = apply_changes(program=program, month=month, assignments=tiers, histories=histories)
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
