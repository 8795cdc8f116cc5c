"""What a settlement was decided from, kept with it, without a name: so that anybody can decide it again (rule 8).

The registry and the findings of a month change after it; what is kept here does not. With the frozen snapshots and the
programme files it gives the same decisions for ever: `recompute` is that.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from partner_program.domain.acceptance import Standing, consequences
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import FxBasis
from partner_program.domain.measure import EarlierMonth
from partner_program.domain.month_order import HISTORY, MonthStatus
from partner_program.domain.program import OnRecord, Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate
from partner_program.domain.rates_taking_force import RateAhead, closing_rates, early_rises, ended_ahead, rates_ahead
from partner_program.domain.registry import (
    AccountLink,
    Entity,
    GraceGrant,
    LegacyAgreement,
    Partner,
    Registry,
    agreements_by_partner,
)
from partner_program.domain.restatement import Figures, figures_of
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.settlement import (
    NO_HISTORY,
    Decision,
    PartnerHistory,
    apply_changes_by_day,
    assign_tiers_by_day,
    decide_by_day,
    guard_tiers_by_day,
    lacking_months,
    new_rates,
    record_history_of,
    settle_grace_periods_by_day,
)
from partner_program.domain.totals import MonthTotals, merge_totals


@dataclass(frozen=True, slots=True)
class RestatedPartner:
    """A partner whose figures were restated: its rate on the day of acceptance, the later month that decides it."""

    partner_id: str
    rate: Rate | None
    decided_by: BillingMonth | None


@dataclass(frozen=True, slots=True)
class DecidedFrom:
    """Everything but the snapshots that a settlement's decisions depend on. Texts for people are empty.

    `effective_on` is the run's day, or the day of acceptance of a restatement, whose partners are `restated`;
    `effective` has each authorised partner's own. `histories` are those of authorised partners that have one.
    `programs` has the hash of the programme file of each day; `earlier` has the months of a window before this one, by
    partner, where a programme has one. Partners that are `late` keep the rate that a later
    month gave; those `assigned_after` were assigned by a later month. `ending` are rates in force of partners that are
    no longer authorised, `ahead` rates that begin after `effective_on`. `basis` is what the exchange-rate guard
    compared with, None where no programme of these has one; `held` is what was on record beside revenue, by partner,
    None where none of them asks for it. `unit` is what the programme of the month counts in.
    """

    month: BillingMonth
    status: MonthStatus
    migration: bool
    effective_on: date
    entities: tuple[Entity, ...]
    partners: tuple[Partner, ...]
    links: tuple[AccountLink, ...]
    agreements: tuple[LegacyAgreement, ...]
    rates: Mapping[str, Decimal]
    doubtful_rates: Mapping[str, str]
    entity_faults: Mapping[str, str]
    effective: Mapping[str, date]
    histories: Mapping[str, PartnerHistory]
    programs: Mapping[date, str]
    late: tuple[str, ...] = ()
    assigned_after: tuple[str, ...] = ()
    ending: Mapping[str, Rate] = field(default_factory=dict)
    ahead: Mapping[str, Sequence[RateAhead]] = field(default_factory=dict)
    restated: tuple[RestatedPartner, ...] = ()
    basis: FxBasis | None = None
    held: Mapping[str, OnRecord] | None = None
    earlier: Mapping[str, tuple[EarlierMonth, ...]] = field(default_factory=dict)
    unit: Unit = EURO


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A settlement decided again: what it decided by partner, and the rates that took force with it.

    `rates` are pairs of a partner and a rate, those of held partners that rose early in `rises` too.
    """

    totals: MonthTotals
    decisions: tuple[Decision, ...]
    rates: tuple[tuple[str, Rate], ...]
    rises: Mapping[str, Rate]


def nameless_entity(entity: Entity) -> Entity:
    """An entity without what is for people."""
    return replace(entity, legal_name="", country="", time_zone="", source=None)


def nameless_partner(partner_id: str, status: str) -> Partner:
    """A partner by id and status alone."""
    return Partner(partner_id, "", status, "", "", "", "", "", "", "")


def nameless_agreement(agreement: LegacyAgreement) -> LegacyAgreement:
    """An agreement without its source, which is free text."""
    return replace(agreement, source="")


def nameless_grant(grant: GraceGrant) -> GraceGrant:
    """A grant without who granted it and why."""
    return replace(grant, granted_by="", reason="")


def nameless(
    registry: Registry,
) -> tuple[tuple[Entity, ...], tuple[Partner, ...], tuple[AccountLink, ...], tuple[LegacyAgreement, ...]]:
    """The part of a registry that decides: entities, partners, links, agreements."""
    return (
        tuple(map(nameless_entity, registry.entities)),
        tuple(nameless_partner(each.partner_id, each.status) for each in registry.partners),
        registry.account_links,
        tuple(map(nameless_agreement, registry.legacy_agreements)),
    )


def nameless_histories(histories: Mapping[str, PartnerHistory]) -> dict[str, PartnerHistory]:
    """The histories that say anything, by partner, without a person's name."""
    return {
        partner_id: replace(history, open_grants=tuple(map(nameless_grant, history.open_grants)))
        for partner_id, history in sorted(histories.items())
        if history != NO_HISTORY
    }


def still_to_end(rates: Mapping[str, Rate], authorized: Collection[str]) -> dict[str, Rate]:
    """Of the rates in force those that end: of partners no longer authorised, and more than nothing."""
    return {
        partner_id: rate
        for partner_id, rate in sorted(rates.items())
        if partner_id not in authorized and not rate.terms.gives_nothing
    }


def recompute(
    kept: DecidedFrom,
    *,
    revenues: Sequence[EntityRevenue],
    programs: Mapping[str, Program],
    assigned: Mapping[str, Figures],
    is_first: bool,
) -> Recomputed:
    """Decide a settlement again with the rules of this version.

    `programs` are by the hash of their file; `assigned` are the figures that the month has before this settlement, by
    partner; `is_first` says that it is the first settlement of its revision that was not restated. Raises `KeyError`
    for a programme that is not there.
    """
    by_day = {day: programs[digest] for day, digest in kept.programs.items()}
    is_history = kept.status == HISTORY
    totals = merge_totals(
        month=kept.month,
        entities=kept.entities,
        partners=kept.partners,
        links=kept.links,
        rates=kept.rates,
        revenues=revenues,
        entity_faults=kept.entity_faults,
        doubtful_rates=kept.doubtful_rates,
        rates_before=kept.basis.rates_before() if kept.basis else None,
        lacking={} if is_history else lacking_months(programs=by_day, effective=kept.effective, earlier=kept.earlier),
        unit=kept.unit,
    )
    agreements = agreements_by_partner(kept.agreements)
    tiers = assign_tiers_by_day(
        month=kept.month,
        programs=by_day,
        effective=kept.effective,
        totals=totals.partners,
        earlier=kept.earlier,
        held=kept.held or {},
    )
    tiers = guard_tiers_by_day(programs=by_day, effective=kept.effective, assignments=tiers, basis=kept.basis)
    if not is_history:
        tiers = apply_changes_by_day(
            month=kept.month,
            programs=by_day,
            effective=kept.effective,
            assignments=tiers,
            histories=kept.histories,
        )
    graces = settle_grace_periods_by_day(
        month=kept.month,
        programs=by_day,
        effective=kept.effective,
        assignments=tiers,
        histories=kept.histories,
    )
    decisions = (
        record_history_of(totals=totals.partners, graces=graces)
        if is_history
        else decide_by_day(
            totals=totals.partners,
            graces=graces,
            programs=by_day,
            effective=kept.effective,
            histories=kept.histories,
            agreements=agreements,
            late=frozenset(kept.late),
            migration=kept.migration,
            held=kept.held or {},
        )
    )
    totals = replace(totals, held=tuple(each for each in totals.held if each.partner_id not in assigned))
    if kept.restated:
        accepted = _accepted(kept, decisions, agreements, by_day, assigned)
        return Recomputed(totals, accepted, tuple(new_rates(accepted)), {})
    new = tuple(each for each in decisions if each.partner_id not in assigned)
    if is_history:
        return Recomputed(totals, new, (), {})
    rises = _rises(kept, totals, agreements, by_day, assigned)
    ahead = rates_ahead(
        tiers={each.partner_id: each.tier or 0 for each in new if each.partner_id not in kept.late},
        ahead=kept.ahead,
        agreements=agreements,
        programs=by_day,
    )
    return Recomputed(
        totals=totals,
        decisions=new,
        rates=(*new_rates(new), *rises, *ahead, *(_closing(kept) if is_first else ())),
        rises=dict(rises),
    )


def _closing(kept: DecidedFrom) -> list[tuple[str, Rate]]:
    return closing_rates(
        authorized=kept.effective.keys() | ended_ahead(kept.ahead),
        rates=kept.ending,
        ahead=kept.ahead,
        day=kept.effective_on,
    )


def _rises(
    kept: DecidedFrom,
    totals: MonthTotals,
    agreements: Mapping[str, Sequence[LegacyAgreement]],
    by_day: Mapping[date, Program],
    assigned: Mapping[str, Figures],
) -> list[tuple[str, Rate]]:
    if kept.effective_on not in by_day:
        return []
    return early_rises(
        program=by_day[kept.effective_on],
        month=kept.month,
        known_parts=totals.known_parts,
        decided=assigned.keys() | set(kept.assigned_after),
        rates={partner_id: history.rate for partner_id, history in kept.histories.items()},
        agreements=agreements,
        effective_on=kept.effective_on,
        known_parts_before=totals.known_parts_before,
        held=kept.held or {},
        earlier=kept.earlier,
    )


def _accepted(
    kept: DecidedFrom,
    decisions: Sequence[Decision],
    agreements: Mapping[str, Sequence[LegacyAgreement]],
    by_day: Mapping[date, Program],
    assigned: Mapping[str, Figures],
) -> tuple[Decision, ...]:
    """What accepting the restatement decided; a partner of whom the month says nothing cannot have been restated."""
    known = {each.partner_id: each for each in decisions}
    standings = {
        each.partner_id: Standing(
            figures=assigned[each.partner_id],
            rate=each.rate,
            decided_by=each.decided_by,
            open_grants=kept.histories.get(each.partner_id, NO_HISTORY).open_grants,
            agreements=agreements.get(each.partner_id, ()),
        )
        for each in kept.restated
        if each.partner_id in assigned and each.partner_id in known
    }
    program = None if kept.status == HISTORY else by_day[kept.effective_on]
    found = consequences(
        restated=[known[partner_id] for partner_id in standings],
        standings=standings,
        program=program,
        day=kept.effective_on,
    )
    return tuple(each.decision for each in found)


def figures_after(assigned: Mapping[str, Figures], decisions: Iterable[Decision]) -> dict[str, Figures]:
    """The month's figures by partner after a settlement."""
    return {**assigned, **{each.partner_id: figures_of(each) for each in decisions}}
