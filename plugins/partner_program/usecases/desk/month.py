"""A month in figures: totals that add up, who rose and fell, who is held, what became of its letters."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import acts as act_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import month_overview as overview_store
from partner_program.adapters.database import partner_list, settlement_counts, waiting
from partner_program.adapters.database.rates_approvals import approval_of
from partner_program.adapters.database.restatements import find_proposal
from partner_program.adapters.database.snapshots import load_findings
from partner_program.domain.acts import MONTH_SIGNED, DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import DeliveryState
from partner_program.domain.findings import Finding
from partner_program.domain.letters import LetterKind
from partner_program.domain.month_order import IN_FORCE, MonthStatus
from partner_program.domain.month_overview import EntityLines, LinesRead, Movement, entity_lines
from partner_program.domain.partner_list import ListedPartner, Wanted
from partner_program.domain.rates_approval import RatesApproval
from partner_program.domain.refusals import NotThere
from partner_program.domain.restatement import Proposal
from partner_program.domain.totals import UnmatchedAccount
from partner_program.domain.waiting import BrakeStop, HeldGroup
from partner_program.usecases.acts import dated
from partner_program.usecases.desk.partners import listed_month
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import units_of_months

MONTHS_DRAWN = 12
NAMED = 100  # how many partners that fell or rose are named on the page; the register has all


@dataclass(frozen=True, slots=True)
class Decided:
    """What a month's newest revision decided; revenue in EUR cents, `preceding` that of the month before.

    `letters` are counted by kind, their `recipients` by state.
    """

    status: MonthStatus
    revision: int
    effective_on: date | None
    program_file: str | None
    decision_hash: str
    counted_eur_cents: int
    preceding_eur_cents: int | None
    movements: tuple[Movement, ...]
    held: tuple[HeldGroup, ...]
    entity_totals: tuple[tuple[str, int], ...]
    lines: tuple[EntityLines, ...]
    read: tuple[LinesRead, ...]
    unmatched: tuple[UnmatchedAccount, ...]
    letters: Mapping[LetterKind, int]
    recipients: Mapping[DeliveryState, int]
    lowered: tuple[ListedPartner, ...]
    raised: tuple[ListedPartner, ...]
    signed: tuple[DatedAct, ...]

    def partners(self, direction: str) -> int:
        """How many partners rose, fell, stayed, or have their first tier."""
        return sum(each.partners for each in self.movements if each.direction == direction)

    @property
    def bucket_names(self) -> tuple[str, ...]:
        """The buckets that have a line of some entity."""
        return tuple(sorted({name for each in self.lines for name in each.buckets}))

    @property
    def assigned(self) -> int:
        """How many partners have a result."""
        return sum(each.partners for each in self.movements)

    @property
    def held_partners(self) -> int:
        """How many partners are held."""
        return sum(each.partners for each in self.held)


@dataclass(frozen=True, slots=True)
class MonthOverview:
    """A month; `decided` is None where nothing has taken force yet, and something stopped it.

    `brake` says what the brake stopped, None where it is not on; `released_by` who released it, with no run since.
    `warnings` are what the checks found for a person to look at.
    """

    month: BillingMonth
    decided: Decided | None
    brake: BrakeStop | None
    released_by: str | None
    approval: RatesApproval | None
    proposal: Proposal | None
    warnings: tuple[Finding, ...]
    acts: tuple[DatedAct, ...]


@dataclass(frozen=True, slots=True)
class ListedMonthState:
    """A month in the list of months."""

    month: BillingMonth
    status: MonthStatus | None
    revision: int | None
    is_signed: bool


@dataclass(frozen=True, slots=True)
class TiersOfMonth:
    """How many partners had each tier in a month in force, as its newest revision has it; who is held has none."""

    month: BillingMonth
    tiers: Mapping[int, int]


def list_months(installation: Installation) -> tuple[ListedMonthState, ...]:
    """Every month that was run or that waits for a decision, the newest first."""
    with installation.database.reading() as connection:
        months = settlement_history.assessed_months(connection)
        revisions = settlement_history.newest_revisions(connection)
        signed = {
            (act.billing_month, json.loads(act.detail)["revision"])
            for act in act_store.load_acts(connection, MONTH_SIGNED)
        }
        stopped = {*waiting.brakes_on(connection, months), *waiting.months_asked_about(connection)}
    return tuple(
        ListedMonthState(
            month,
            months.get(month),
            revisions.get(month),
            (str(month), revisions.get(month)) in signed,
        )
        for month in sorted({*months, *stopped}, reverse=True)
    )


def tiers_over_time(installation: Installation, until: BillingMonth | None = None) -> tuple[TiersOfMonth, ...]:
    """The tiers of the newest months in force, oldest first; with `until`, of that month and those before it."""
    with installation.database.reading() as connection:
        assessed = settlement_history.assessed_months(connection).items()
        newest = sorted(
            month for month, status in assessed if status == IN_FORCE and (until is None or month <= until)
        )[-MONTHS_DRAWN:]
        return tuple(_tiers(connection, month) for month in newest)


def _tiers(connection: Connection, month: BillingMonth) -> TiersOfMonth:
    listed = listed_month(month, settlement_history.settlements_of(connection, month))
    found: Counter[int] = Counter()
    for each in settlement_counts.movements(connection, listed.settlements):
        found[each.tier or 0] += each.partners
    return TiersOfMonth(month, dict(sorted(found.items())))


def month_overview(installation: Installation, month: BillingMonth) -> MonthOverview:
    """A month in figures; raises `NotThere` where it was neither run nor waits for a decision."""
    with installation.database.reading() as connection:
        months = settlement_history.assessed_months(connection)
        acts = act_store.acts_of_month(connection, month)
        brake = waiting.brakes_on(connection, months).get(month)
        approval = approval_of(connection, month)
        if month not in months and not acts and brake is None:
            raise NotThere(f"month {month} was not run: run `partner-program run {month}`")
        return MonthOverview(
            month=month,
            decided=_decided(connection, installation, month) if month in months else None,
            brake=brake,
            released_by=waiting.brakes_released(connection).get(month),
            approval=approval if approval is not None and approval.answer == "waits" else None,
            proposal=find_proposal(connection, month),
            warnings=tuple(each for each in load_findings(connection, month) if each.severity == "warning"),
            acts=dated(installation, acts),
        )


def _decided(connection: Connection, installation: Installation, month: BillingMonth) -> Decided:
    settlements = settlement_history.settlements_of(connection, month)
    last = settlements[-1]
    listed = listed_month(month, settlements)
    totals = settlement_history.load_totals(connection, last.settlement_id)
    signed = [
        act
        for act in act_store.load_acts(connection, MONTH_SIGNED, month=month)
        if json.loads(act.detail)["revision"] == last.revision
    ]

    def moved(wanted: Wanted) -> tuple[ListedPartner, ...]:
        return tuple(partner_list.list_partners(connection, listed, wanted, order="revenue", after=None, count=NAMED))

    return Decided(
        status=last.status,
        revision=last.revision,
        effective_on=settlement_history.effective_day(settlements),
        program_file=last.program_file,
        decision_hash=settlement_history.decision_hashes(connection, month, last.revision)[-1],
        counted_eur_cents=settlement_counts.counted_revenue(connection, month, last.revision),
        preceding_eur_cents=_preceding(connection, installation, month),
        movements=tuple(settlement_counts.movements(connection, listed.settlements)),
        held=tuple(settlement_counts.held_groups(connection, {last.settlement_id: month})),
        entity_totals=tuple(sorted(totals.entity_totals.items())),
        lines=tuple(entity_lines(totals.buckets)),
        read=tuple(overview_store.lines_read(connection, last.settlement_id)),
        unmatched=totals.unmatched,
        letters=settlement_counts.letter_kinds(connection, month) if last.status == IN_FORCE else {},
        recipients=overview_store.letter_states(connection, month) if last.status == IN_FORCE else {},
        lowered=moved(Wanted(change="lowered")),
        raised=moved(Wanted(change="raised")),
        signed=dated(installation, signed),
    )


def _preceding(connection: Connection, installation: Installation, month: BillingMonth) -> int | None:
    """What the month before counted; None where it was not settled, or counted in another unit."""
    unit_of = units_of_months(installation)
    if unit_of(month) != unit_of(month.preceding):
        return None
    before = settlement_history.settlements_of(connection, month.preceding)
    return settlement_counts.counted_revenue(connection, month.preceding, before[-1].revision) if before else None
