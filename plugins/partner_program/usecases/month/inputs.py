"""The inputs of a month: everything that its decisions depend on, read in one transaction, with a hash."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.database.drafts import as_json, json_hash
from partner_program.adapters.database.earlier_results import load_earlier_months, load_merits
from partner_program.adapters.database.history import (
    AssignedPartner,
    StoredSettlement,
    assigned_partners,
    first_day,
    last_earned,
    load_histories,
    settlements_of,
)
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.database.snapshots import latest_hashes, load_findings
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import entity_faults
from partner_program.domain.fx_guard import FxBasis, LastEarned
from partner_program.domain.measure import EarlierMonth
from partner_program.domain.month_order import HISTORY, IN_FORCE, MonthStatus, run_day
from partner_program.domain.program import RATE_MOVE_LIMIT_BP, OnRecord, Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.qualifications import on_record
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AUTHORIZED, LegacyAgreement, Registry, agreements_by_partner
from partner_program.domain.settlement import PartnerHistory
from partner_program.domain.unit import unit_began, unit_on
from partner_program.usecases.installation import Installation
from partner_program.usecases.rates import rates_of_month


@dataclass(frozen=True, slots=True)
class MonthRequest:
    """What was asked for: a month, in force from a day or as history only.

    `effective_on` is None where no day was asked for: `month_order.run_day` says which it is then.
    `started_by` is the person whose run this is; it goes on record where the run changes something.
    """

    month: BillingMonth
    today: date
    effective_on: date | None = None
    history: bool = False
    migration: bool = False
    program_file: Path | None = None
    started_by: str | None = None

    @property
    def status(self) -> MonthStatus:
        """`in_force`, or `history` where nothing takes force."""
        return HISTORY if self.history else IN_FORCE


@dataclass(frozen=True, slots=True)
class MonthInputs:
    """A month's inputs; `assigned` is what is in force for it already, by partner.

    `migration` is what was asked for when the month first assigned somebody, or before; a later run does not change
    it. `own_effective_on` is the month's own day, None before its first run. `effective` has each authorised partner's
    own effective date: the day that it got in this month, else the run's. `programs` has the programme of each of
    these days; empty where no table was in force (history). `basis` is what the exchange-rate guard compares with,
    None where none of these programmes has one, and for a month that is history only. `held` is what is on record
    beside revenue on the month's last day, by partner. `earlier` has the months before of each partner whose
    programme has a window of them. `unit` is what the month is counted in,
    `counts_since` the day from which the programme counts in it, None where it never had another.
    """

    month: BillingMonth
    run_effective_on: date
    own_effective_on: date | None
    migration: bool
    is_history: bool
    revision: int
    settlements: tuple[int, ...]
    registry: Registry
    agreements: dict[str, list[LegacyAgreement]]
    rates: dict[str, Decimal]
    doubtful_rates: dict[str, str]
    entity_faults: dict[str, str]
    assigned: dict[str, AssignedPartner]
    effective: dict[str, date]
    histories: dict[str, PartnerHistory]
    earlier: dict[str, tuple[EarlierMonth, ...]]
    programs: dict[date, Program]
    inputs_hash: str
    basis: FxBasis | None = None
    held: Mapping[str, OnRecord] = field(default_factory=dict)
    unit: Unit = EURO
    counts_since: date | None = None

    def hash_with_histories(self, partner_ids: Iterable[str]) -> str:
        """The hash of the inputs with the histories of the partners that are decided.

        A held partner's history is left out: it decides nothing here and changes with later months, so that equal
        inputs would have different hashes.
        """
        partner_ids = sorted(partner_ids)
        own = {each: self.histories[each] for each in partner_ids if each in self.histories}
        families = any(each.rate and each.rate.terms.families for each in own.values())
        left_out = () if families else ("__all__.rate.terms.families",)
        parts = [as_json(dict[str, PartnerHistory], own, left_out=left_out)]
        if self.basis is not None:
            last = self.basis.last
            parts.append(as_json(dict[str, LastEarned], {each: last[each] for each in partner_ids if each in last}))
        return json_hash(self.inputs_hash, *parts)


@without_collecting()
def gather(connection: Connection, installation: Installation, request: MonthRequest) -> MonthInputs:
    """Read a month's inputs in the caller's transaction."""
    month = request.month
    registry = load_registry(connection)
    every = settlements_of(connection, month)
    settlements = [row for row in every if row.status == request.status]
    revision = settlements[-1].revision if settlements else max((row.revision for row in every), default=0) + 1
    assigned = assigned_partners(connection, month, revision) if settlements else {}
    migration = any(each.migration for each in settlements) or (request.migration and not assigned)
    partners = [partner.partner_id for partner in registry.partners if partner.status == AUTHORIZED]
    own_day = first_day(settlements)
    day = run_day(
        month=month,
        history=request.history,
        written_down=_written_down(settlements, assigned, partners),
        effective_on=request.effective_on,
        own_effective_on=own_day,
        today=request.today,
    )
    effective = {partner_id: _effective_on(assigned, partner_id, day) for partner_id in partners}
    programs = _programs(installation, request, {day, *effective.values()})
    of_partner = {partner_id: programs[day] for partner_id, day in effective.items() if day in programs}
    unit = _unit(installation, month, programs)
    began = unit_began(installation.programs, month.last_day if request.history else day)
    earlier = load_earlier_months(connection, month, request.status, registry.partners, of_partner, began)
    histories = {} if request.history else load_histories(connection, month, effective)
    if not request.history:
        merits = load_merits(connection, month, of_partner, installation.program_on_or_first)
        histories = {each: replace(own, merit=merits.get(each)) for each, own in histories.items()}
    findings = load_findings(connection, month)
    limit = programs[day].rate_move_limit_bp if day in programs else RATE_MOVE_LIMIT_BP
    rates = rates_of_month(connection, month, registry, limit_bp=limit)
    guarded = not request.history and any(each.fx_guard != "off" for each in programs.values())
    basis = _basis(connection, month, registry, partners, limit) if guarded else None
    return MonthInputs(
        month=month,
        run_effective_on=day,
        own_effective_on=own_day,
        migration=migration,
        is_history=request.history,
        revision=revision,
        settlements=tuple(row.settlement_id for row in settlements),
        registry=registry,
        agreements=agreements_by_partner(registry.legacy_agreements),
        rates=rates.relied_on,
        doubtful_rates=rates.doubtful,
        entity_faults=entity_faults(findings),
        assigned=assigned,
        effective=effective,
        histories=histories,
        earlier=earlier,
        programs=programs,
        inputs_hash=json_hash(
            request.status,
            str(migration),
            as_json(Registry, registry, left_out=_not_there(registry)),
            as_json(dict[str, str], latest_hashes(connection, month)),
            as_json(list[str], [f"{each.entity} {each.severity} {each.message}" for each in findings]),
            as_json(dict[str, date], effective),
            as_json(dict[date, str], {day: program.file_hash for day, program in sorted(programs.items())}),
            *([as_json(dict[str, str], rates.doubtful)] if rates.doubtful else []),
            *([as_json(dict[str, dict[str, Decimal]], _by_name(basis))] if basis else []),
            *([as_json(dict[str, tuple[EarlierMonth, ...]], earlier)] if earlier else []),
        ),
        basis=basis,
        held=on_record(registry.qualifications, month.last_day),
        unit=unit,
        counts_since=began,
    )


def _unit(installation: Installation, month: BillingMonth, programs: Mapping[date, Program]) -> Unit:
    """What a month is counted in; where no table was in force, what the first programme counts in."""
    units = {program.unit: day for day, program in sorted(programs.items())}
    if len(units) > 1:
        told = " and ".join(f"{unit.name} ({day})" for unit, day in sorted(units.items(), key=lambda each: each[1]))
        raise Refusal(
            f"month {month} would be counted in {told}: the programme changed its currency after the month was settled "
            "and a month has one; who is held in it keeps its rate, and later months decide"
        )
    return next(iter(units), None) or unit_on(installation.programs, month.last_day)


def _not_there(registry: Registry) -> list[str]:
    """What a registry need not have: without it, it has the hash that it had in earlier versions."""
    left_out = [] if registry.qualifications else ["qualifications"]
    if not any(each.product for each in registry.legacy_agreements):
        left_out.append("legacy_agreements.__all__.product")
    return left_out


def _basis(
    connection: Connection, month: BillingMonth, registry: Registry, partners: Iterable[str], limit_bp: int
) -> FxBasis:
    """What the exchange-rate guard compares with; an earlier month's rate that is in doubt by now is not known."""
    last = last_earned(connection, month)
    last = {each: last[each] for each in partners if each in last}
    months = sorted({each.rates_of for each in last.values()})
    rates = {each: rates_of_month(connection, each, registry, limit_bp=limit_bp).relied_on for each in months}
    return FxBasis(last, rates)


def _by_name(basis: FxBasis) -> dict[str, dict[str, Decimal]]:
    return {str(month): dict(sorted(rates.items())) for month, rates in basis.rates.items()}


def _written_down(
    settlements: Sequence[StoredSettlement], assigned: Mapping[str, AssignedPartner], partners: Collection[str]
) -> date | None:
    """The day recorded with a month in which every partner has its own: the last of these.

    The day on which a correction was accepted is none of them: another programme may be in force then.
    """
    if not settlements or not all(each in assigned for each in partners):
        return None
    own = [day for each in partners if (day := assigned[each].effective_on) is not None]
    return max(own, default=settlements[-1].effective_on)


def _effective_on(assigned: Mapping[str, AssignedPartner], partner_id: str, day: date) -> date:
    own = assigned.get(partner_id)
    return own.effective_on if own is not None and own.effective_on is not None else day


def _programs(installation: Installation, request: MonthRequest, days: set[date]) -> dict[date, Program]:
    if request.history:
        program = installation.history_program(request.month)
        return {} if program is None else dict.fromkeys(sorted(days), program)
    return {day: installation.program_on(day, request.program_file) for day in sorted(days)}
