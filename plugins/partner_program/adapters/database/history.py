"""Reads what was decided before, for the next decision: settlements, tiers, grants and entity totals."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, exists, func, or_, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.rates import FEW, rate_on, rates_before
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore, LastEarned
from partner_program.domain.month_order import IN_FORCE, MonthStatus
from partner_program.domain.refusals import NotThere
from partner_program.domain.registry import GraceGrant
from partner_program.domain.restatement import AccountFigures, Figures, WindowFigures
from partner_program.domain.settlement import PartnerHistory
from partner_program.domain.totals import Bucket, HeldPartner, MonthTotals, UnmatchedAccount

FEW_OF_A_MONTH = 10 * FEW  # of so many partners, their own rows of a month alone are read


@dataclass(frozen=True, slots=True)
class StoredSettlement:
    """One commit of a month as it was written; a later one has a higher id.

    `effective_on` is None for a month that is history only; the programme's file and hash are None if no programme was
    in force. `decides` says whether it assigned somebody or wrote a rate: one that held everybody does not.
    """

    settlement_id: int
    revision: int
    status: MonthStatus
    migration: bool
    effective_on: date | None
    program_file: str | None
    program_hash: str | None
    decides: bool


@dataclass(frozen=True, slots=True)
class AssignedPartner:
    """The figures that were assessed for a partner and month, and the day from which they hold."""

    effective_on: date | None
    figures: Figures


def assessed_months(connection: Connection) -> dict[BillingMonth, MonthStatus]:
    """Return the months that were assessed; a month is `in_force` if any of its settlements is."""
    table = schema.settlement
    query = select(table.c.billing_month, func.max(table.c.status)).group_by(table.c.billing_month)
    return {BillingMonth.parse(month): status for month, status in connection.execute(query)}


def newest_revisions(connection: Connection) -> dict[BillingMonth, int]:
    """Return the newest revision of each month that was assessed."""
    table = schema.settlement
    query = select(table.c.billing_month, func.max(table.c.revision)).group_by(table.c.billing_month)
    return {BillingMonth.parse(month): int(revision) for month, revision in connection.execute(query)}


def _decides() -> Any:
    """Whether a settlement assigned somebody or wrote a rate, as a column of a query."""
    # As two bounds, not as an equal number: PostgreSQL reads the table from its start for that, and the rows of late
    # settlements are at its end; bounds are looked up in the index.
    settlement, assessment, rate = schema.settlement, schema.assessment, schema.discount_rate
    own = settlement.c.settlement_id
    return or_(
        *(exists().where(table.c.settlement_id >= own, table.c.settlement_id <= own) for table in (assessment, rate))
    ).label("decides")


def decided_months(connection: Connection) -> dict[BillingMonth, date]:
    """Return the months in force that decided something, each with the latest effective date of what it decided."""
    table = schema.settlement
    query = select(table.c.billing_month, table.c.effective_on).where(table.c.status == IN_FORCE, _decides())
    found: dict[BillingMonth, date] = {}
    for name, day in connection.execute(query):
        month = BillingMonth.parse(name)
        found[month] = max(day, found.get(month, day))
    return found


def settlements_of(connection: Connection, month: BillingMonth) -> list[StoredSettlement]:
    """Return a month's settlements, oldest first."""
    table = schema.settlement
    columns = [table.c[each.name] for each in fields(StoredSettlement) if each.name != "decides"]
    query = select(*columns, _decides()).where(table.c.billing_month == str(month)).order_by(table.c.settlement_id)
    rows = connection.execute(query).mappings()
    return [
        StoredSettlement(**{**row, "migration": bool(row["migration"]), "decides": bool(row["decides"])})
        for row in rows
    ]


def settlements_or_refusal(connection: Connection, month: BillingMonth) -> list[StoredSettlement]:
    """Return a month's settlements, oldest first; raises `NotThere` where the month was not run."""
    settlements = settlements_of(connection, month)
    if not settlements:
        raise NotThere(f"month {month} is not assessed: run `partner-program run {month}`")
    return settlements


def first_day(settlements: Sequence[StoredSettlement]) -> date | None:
    """Return the day from which the first of these settlements holds that decided something.

    Where none has, it is that of the first one; None without settlements and for months that are history only.
    """
    deciding = [each for each in settlements if each.decides] or settlements
    return deciding[0].effective_on if deciding else None


def first_days(connection: Connection) -> dict[BillingMonth, date | None]:
    """Return for each month that was assessed the day that `first_day` says of its settlements."""
    table = schema.settlement
    columns = table.c.billing_month, table.c.effective_on, _decides()
    found: dict[BillingMonth, date | None] = {}
    decided = set()
    for name, day, decides in connection.execute(select(*columns).order_by(table.c.settlement_id)):
        month = BillingMonth.parse(name)
        if month not in found or (decides and month not in decided):
            found[month] = day
        if decides:
            decided.add(month)
    return found


def last_effective_day(settlements: Sequence[StoredSettlement]) -> date | None:
    """The day from which a month's newest rates hold, None where it is history only: later ones are not its own."""
    return max((each.effective_on for each in settlements if each.effective_on), default=None)


def effective_day(settlements: Sequence[StoredSettlement]) -> date | None:
    """Return the day on which the newest revision of a month took force; None for a month that is history only."""
    newest = settlements[-1].revision
    return first_day([each for each in settlements if each.revision == newest])


def load_histories(
    connection: Connection, month: BillingMonth, effective: Mapping[str, date]
) -> dict[str, PartnerHistory]:
    """Return what was decided for each partner before a month, with the rate of the partner's effective date.

    Settlements after the partner's own decision are left out, so that reading again gives the same answer. For a
    partner that the month releases late, the decisions of later months are included.
    """
    own = first_settlements(connection, month)
    previous, lifted = _earlier_tiers(connection, month, own)
    rates = rates_before(connection, effective, own)
    grants = _open_grants(connection, month, own)
    return {
        partner_id: PartnerHistory(
            previous_tier=previous.get(partner_id),
            rate=rates.get(partner_id),
            open_grants=tuple(grants.get(partner_id, ())),
            lifted_by=tuple(sorted(lifted.get(partner_id, ()))),
        )
        for partner_id in effective
    }


def load_standing(
    connection: Connection, month: BillingMonth, partner_ids: Collection[str]
) -> dict[str, PartnerHistory]:
    """Return each partner's last tier and open grants as `load_histories` tells them, without rates and past grants.

    The months are read from the newest on, and of each only the partners of whom no later month says anything.
    """
    own = first_settlements(connection, month)
    grants = _open_grants(connection, month, own)
    tiers = _last_tiers(connection, month, own, set(partner_ids))
    alike = {tier: PartnerHistory(previous_tier=tier) for tier in {None, *tiers.values()}}
    found = {partner_id: alike[tiers.get(partner_id)] for partner_id in partner_ids}
    for partner_id in grants.keys() & found.keys():
        found[partner_id] = replace(found[partner_id], open_grants=tuple(grants[partner_id]))
    return found


def _last_tiers(
    connection: Connection, month: BillingMonth, own: Mapping[str, int], waiting: set[str]
) -> dict[str, int | None]:
    table, settlement = schema.assessment, schema.settlement
    in_force = select(settlement.c.settlement_id).where(settlement.c.status == IN_FORCE)
    months = sorted((each for each, is_so in assessed_months(connection).items() if is_so == IN_FORCE), reverse=True)
    found: dict[str, int | None] = {}
    for each in months:
        if each >= month:
            continue
        here = (table.c.billing_month == str(each), table.c.settlement_id.in_(in_force))
        query = select(table.c.partner_id, table.c.tier, table.c.settlement_id).where(*here).order_by(table.c.revision)
        said: dict[str, int | None] = {}
        for some in _in_parts(sorted(waiting)) if len(waiting) <= FEW_OF_A_MONTH else (None,):
            rows = connection.execute(query if some is None else query.where(table.c.partner_id.in_(some)))
            for partner_id, tier, settlement_id in rows.all():
                if partner_id in waiting and (partner_id not in own or settlement_id < own[partner_id]):
                    said[partner_id] = tier
        found |= said
        waiting = waiting - said.keys()
        if not waiting:
            break
    return found


def _in_parts(partner_ids: Sequence[str]) -> list[Sequence[str]]:
    return [partner_ids[start : start + FEW] for start in range(0, len(partner_ids), FEW)]


def first_settlement_of_months(connection: Connection, status: MonthStatus | None = None) -> dict[BillingMonth, int]:
    """Return the settled months in their order, each with its first settlement: of one status, or of any."""
    settlement = schema.settlement.c
    query = select(settlement.billing_month, func.min(settlement.settlement_id)).group_by(settlement.billing_month)
    if status is not None:
        query = query.where(settlement.status == status)
    rows = connection.execute(query.order_by(settlement.billing_month))
    return {BillingMonth.parse(month): int(first) for month, first in rows}


def first_settlements(connection: Connection, month: BillingMonth, status: MonthStatus = IN_FORCE) -> dict[str, int]:
    """Return the settlement that first decided each partner in a month, in force or as history only."""
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(assessment.c.partner_id, func.min(assessment.c.settlement_id))
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(settlement.c.status == status, assessment.c.billing_month == str(month))
        .group_by(assessment.c.partner_id)
    )
    return {row.partner_id: int(row[1]) for row in connection.execute(query)}


def was_before(own: Mapping[str, int], partner_id: str, settlement_id: int) -> bool:
    """Whether a settlement was written before the partner's own decision in the month, or there is none yet."""
    return partner_id not in own or settlement_id < own[partner_id]


def _earlier_tiers(
    connection: Connection, month: BillingMonth, own: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, set[str]]]:
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(assessment.c.partner_id, assessment.c.tier, assessment.c.lifted_by, assessment.c.settlement_id)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(settlement.c.status == IN_FORCE, assessment.c.billing_month < str(month))
        .order_by(assessment.c.billing_month, assessment.c.revision)
    )
    tiers: dict[str, int] = {}
    lifted: dict[str, set[str]] = defaultdict(set)
    for partner_id, tier, lifted_by, settlement_id in connection.execute(query):
        if not was_before(own, partner_id, settlement_id):
            continue
        tiers[partner_id] = tier
        if lifted_by is not None:
            lifted[partner_id].add(lifted_by)
    return tiers, lifted


def last_earned(connection: Connection, month: BillingMonth) -> dict[str, LastEarned]:
    """Return what each partner earned in the last earlier month in force that assigned it.

    Settlements after the partner's own decision are left out, so that reading again gives the same answer.
    """
    assessment, settlement, before = schema.assessment, schema.settlement, schema.assessment_at_rates_before
    own = first_settlements(connection, month)
    same = and_(*(before.c[name] == assessment.c[name] for name in ("billing_month", "revision", "partner_id")))
    held_against = case((before.c.holds == 1, before.c.rates_of), else_=assessment.c.billing_month)
    query = (
        select(assessment.c.partner_id, assessment.c.earned_tier, held_against, assessment.c.settlement_id)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .outerjoin(before, same)
        .where(settlement.c.status == IN_FORCE, assessment.c.billing_month < str(month))
        .order_by(assessment.c.billing_month, assessment.c.revision)
    )
    return {
        partner_id: LastEarned(earned, BillingMonth.parse(rates_of))
        for partner_id, earned, rates_of, written in connection.execute(query)
        if was_before(own, partner_id, written)
    }


def _open_grants(connection: Connection, month: BillingMonth, own: Mapping[str, int]) -> dict[str, list[GraceGrant]]:
    """Return the grants that no other month has settled; of each other month, its newest revision counts."""
    outcome, assessment, grant = schema.assessment_grant, schema.assessment, schema.grace_grant
    decided = (
        (assessment.c.billing_month == outcome.c.billing_month)
        & (assessment.c.revision == outcome.c.revision)
        & (assessment.c.partner_id == outcome.c.partner_id)
    )
    elsewhere = (
        select(outcome, assessment.c.settlement_id)
        .join(assessment, decided)
        .where(outcome.c.billing_month != str(month))
        .order_by(outcome.c.billing_month, outcome.c.revision)
    )
    newest: dict[tuple[str, str], str | None] = {}
    for row in connection.execute(elsewhere):
        if was_before(own, row.partner_id, row.settlement_id):
            newest[row.grant_id, row.billing_month] = row.outcome
    settled = {grant_id for (grant_id, _), result in newest.items() if result is not None}
    grants: dict[str, list[GraceGrant]] = defaultdict(list)
    for row in connection.execute(select(grant).order_by(grant.c.grant_id)):
        if row.grant_id not in settled:
            values = {name: getattr(row, name) for name in GraceGrant.__dataclass_fields__}
            grants[row.partner_id].append(GraceGrant(**values))
    return grants


def last_entity_totals(connection: Connection, month: BillingMonth, counts_since: date | None = None) -> dict[str, int]:
    """Return each entity's total, from its last month in force before this one.

    Months before the day from which the programme `counts_since` in its currency are left out.
    """
    total, settlement = schema.entity_total, schema.settlement
    query = (
        select(total.c.entity, total.c.mrr_eur_cents)
        .join(settlement, settlement.c.settlement_id == total.c.settlement_id)
        .where(settlement.c.status == IN_FORCE, settlement.c.billing_month < str(month))
        .order_by(settlement.c.billing_month, settlement.c.settlement_id)
    )
    if counts_since is not None:  # a later revision counts in the unit of the first, whenever it was accepted
        counted = (
            select(settlement.c.billing_month)
            .where(settlement.c.status == IN_FORCE)
            .group_by(settlement.c.billing_month)
            .having(func.min(settlement.c.effective_on) >= counts_since)
        )
        query = query.where(settlement.c.billing_month.in_(counted))
    return {row.entity: row.mrr_eur_cents for row in connection.execute(query)}


def assigned_partners(
    connection: Connection, month: BillingMonth, revision: int, only: Collection[str] | None = None
) -> dict[str, AssignedPartner]:
    """Return what one revision of a month assessed, by partner; with `only`, these partners' rows alone are read."""
    assessment = schema.assessment
    accounts = _parts(connection, schema.assessment_account, month, revision, AccountFigures._fields, only)
    grants = _parts(connection, schema.assessment_grant, month, revision, ("grant_id", "outcome"), only)
    before = _parts(
        connection, schema.assessment_at_rates_before, month, revision, ("rates_of", "mrr_eur_cents", "holds"), only
    )
    qualified = _parts(connection, schema.assessment_qualification, month, revision, ("key", "value"), only)
    windows = _parts(connection, schema.assessment_window, month, revision, WindowFigures._fields, only)
    query = select(assessment).where(*_of_revision(assessment, month, revision, only))
    return {
        row.partner_id: AssignedPartner(
            row.effective_on,
            Figures(
                **{name: getattr(row, name) for name in Figures._fields if name in assessment.c},
                accounts=tuple(AccountFigures(*each) for each in accounts.get(row.partner_id, ())),
                grants=tuple((each[0], each[1]) for each in grants.get(row.partner_id, ())),
                at_rates_before=at_rates_before(*before[row.partner_id][0]) if row.partner_id in before else None,
                qualifications=tuple((key, value) for key, value in qualified.get(row.partner_id, ())) or None,
                window=tuple(WindowFigures(*each) for each in windows.get(row.partner_id, ())),
            ),
        )
        for row in connection.execute(query)
    }


def earned_tiers(connection: Connection, month: BillingMonth, revision: int) -> dict[str, tuple[int, int]]:
    """Return EUR cents and the tier that they earned, by partner; without those of a month that has no table."""
    table = schema.assessment.c
    here = _of_revision(schema.assessment, month, revision, None)
    query = select(table.partner_id, table.mrr_eur_cents, table.earned_tier).where(*here)
    rows = connection.execute(query.where(table.earned_tier.is_not(None))).all()
    return {partner_id: (cents, tier) for partner_id, cents, tier in rows}


def at_rates_before(rates_of: str, cents: int, holds: int) -> AtRatesBefore:
    """Return what a row of `assessment_at_rates_before` says."""
    return AtRatesBefore(BillingMonth.parse(rates_of), cents, bool(holds))


def assigned_tiers(connection: Connection, month: BillingMonth, revision: int) -> dict[str, int | None]:
    """Return the tier of every partner that one revision of a month assessed, which is a column of them alone."""
    table = schema.assessment
    query = select(table.c.partner_id, table.c.tier).where(*_of_revision(table, month, revision, None))
    return {row.partner_id: row.tier for row in connection.execute(query)}


def amounts_of(connection: Connection, month: BillingMonth, revision: int, only: Collection[str]) -> dict[str, int]:
    """Return the amounts of some partners' windows of months, in EUR cents; of a month without a window none."""
    table = schema.assessment
    query = select(table.c.partner_id, table.c.qualifying_eur_cents).where(
        *_of_revision(table, month, revision, only), table.c.qualifying_eur_cents.is_not(None)
    )
    return {row.partner_id: row.qualifying_eur_cents for row in connection.execute(query)}


def windows_of(
    connection: Connection, month: BillingMonth, revision: int, only: Collection[str] | None = None
) -> dict[str, tuple[int, ...]]:
    """Return the totals of the earlier months that counted with one, in EUR cents, by partner."""
    table = schema.assessment_window
    query = select(table.c.partner_id, table.c.mrr_eur_cents).where(*_of_revision(table, month, revision, only))
    found: dict[str, list[int]] = defaultdict(list)
    for partner_id, cents in connection.execute(query.order_by(table.c.counted_month)):
        found[partner_id].append(cents)
    return {partner_id: tuple(totals) for partner_id, totals in found.items()}


def decision_hashes(connection: Connection, month: BillingMonth, revision: int) -> list[str]:
    """Return the hash of each settlement of a month's revision, oldest first."""
    table = schema.settlement
    query = select(table.c.decision_hash).where(table.c.billing_month == str(month), table.c.revision == revision)
    return list(connection.execute(query.order_by(table.c.settlement_id)).scalars())


def revenue_of(connection: Connection, month: BillingMonth) -> dict[str, int]:
    """Return the counted revenue of a month in EUR cents, by partner, of its newest revision; empty if not assessed."""
    table = schema.assessment
    newest = select(func.max(table.c.revision)).where(table.c.billing_month == str(month)).scalar_subquery()
    query = select(table.c.partner_id, table.c.mrr_eur_cents).where(
        table.c.billing_month == str(month), table.c.revision == newest
    )
    return {row.partner_id: row.mrr_eur_cents for row in connection.execute(query)}


def _of_revision(table: Any, month: BillingMonth, revision: int, only: Collection[str] | None) -> list[Any]:
    here = [table.c.billing_month == str(month), table.c.revision == revision]
    return here if only is None else [*here, table.c.partner_id.in_(only)]


def _parts(
    connection: Connection,
    table: Any,
    month: BillingMonth,
    revision: int,
    columns: Sequence[str],
    only: Collection[str] | None,
) -> dict[str, list[tuple[Any, ...]]]:
    query = (
        select(table.c.partner_id, *(table.c[name] for name in columns))
        .where(*_of_revision(table, month, revision, only))
        .order_by(*table.primary_key)
    )
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for partner_id, *values in connection.execute(query):
        found[partner_id].append(tuple(values))
    return found


def released_late(connection: Connection, month: BillingMonth) -> set[str]:
    """Return the partners that a later month in force had assigned before this one did: their newer rate stays."""
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(assessment.c.partner_id, assessment.c.billing_month, assessment.c.settlement_id)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(settlement.c.status == IN_FORCE, assessment.c.billing_month >= str(month))
    )
    own: dict[str, int] = {}
    later: dict[str, int] = {}
    for partner_id, assessed, settlement_id in connection.execute(query):
        first = own if assessed == str(month) else later
        first[partner_id] = min(settlement_id, first.get(partner_id, settlement_id))
    return {partner_id for partner_id, first in later.items() if partner_id not in own or own[partner_id] > first}


def assigned_after(connection: Connection, month: BillingMonth) -> dict[str, BillingMonth]:
    """Return the partners that were assigned in a later month in force, each with the newest such month."""
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(assessment.c.partner_id, func.max(assessment.c.billing_month))
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(settlement.c.status == IN_FORCE, assessment.c.billing_month > str(month))
        .group_by(assessment.c.partner_id)
    )
    return {partner_id: BillingMonth.parse(newest) for partner_id, newest in connection.execute(query)}


def left_out_after(
    connection: Connection, month: BillingMonth, own: Mapping[str, int], only: str | None = None
) -> dict[str, BillingMonth]:
    """Return the partners whose rates had ended when a later month in force left them out, each with the newest such.

    They had been assigned before it, and were not in the programme when it decided the others. Where a partner still
    had a rate on that month's day, as its end lay ahead and was taken back, the month ended nothing.
    `own` has settlements of this month by partner: what was settled after a partner's own was not known then. For a
    partner without one everything counts that was ever settled.
    """
    later = {each: first for each, first in first_deciding_settlements(connection).items() if each > month}
    if not later:
        return {}
    assessment, held, settlement = schema.assessment, schema.held_partner, schema.settlement

    def firsts(table: Any, *by: Any) -> dict[Any, int]:
        query = (
            select(table.c.partner_id, *by, func.min(settlement.c.settlement_id))
            .join_from(table, settlement, settlement.c.settlement_id == table.c.settlement_id)
            .where(settlement.c.status == IN_FORCE)
            .group_by(table.c.partner_id, *by)
        )
        rows = connection.execute(query if only is None else query.where(table.c.partner_id == only))
        return {tuple(key): int(first) for *key, first in rows}

    assigned = firsts(assessment)
    said = firsts(held, settlement.c.billing_month)
    for key, first in firsts(assessment, settlement.c.billing_month).items():
        said[key] = min(first, said.get(key, first))
    found: dict[str, BillingMonth] = {}
    for (partner_id,), since in assigned.items():
        mine = own.get(partner_id)
        for each, first in later.items():
            told = said.get((partner_id, str(each)))
            was_there = told is not None and (mine is None or told < mine)
            left = since < first and (mine is None or first < mine) and not was_there
            if left and had_no_rate(connection, partner_id, first):
                found[partner_id] = each
    return found


def had_no_rate(connection: Connection, partner_id: str, settlement_id: int) -> bool:
    """Whether orders of a partner got nothing on the day from which a settlement holds."""
    settlement = schema.settlement.c
    day = connection.execute(select(settlement.effective_on).where(settlement.settlement_id == settlement_id)).scalar()
    rate = None if day is None else rate_on(connection, partner_id, day)
    return rate is not None and rate.terms.gives_nothing


def first_deciding_settlements(connection: Connection) -> dict[BillingMonth, int]:
    """Return the months in force that decided something, in their order, each with the first settlement that did."""
    settlement = schema.settlement.c
    query = (
        select(settlement.billing_month, func.min(settlement.settlement_id))
        .where(settlement.status == IN_FORCE, _decides())
        .group_by(settlement.billing_month)
        .order_by(settlement.billing_month)
    )
    return {BillingMonth.parse(name): int(first) for name, first in connection.execute(query)}


def rates_decided_by(
    connection: Connection, month: BillingMonth, revision: int, only: str | None = None
) -> dict[str, BillingMonth]:
    """Return the partners whose rate this month did not decide, each with the later month that had decided it already.

    Those are partners that the month released or restated after a later month had assigned them, or left them out.
    Looked for only where a settlement of the month was written after one of a later month.
    """
    assessment, settlement = schema.assessment, schema.settlement
    first_later = select(func.min(settlement.c.settlement_id)).where(
        settlement.c.billing_month > str(month), settlement.c.status == IN_FORCE
    )
    late = select(settlement.c.settlement_id).where(
        settlement.c.billing_month == str(month),
        settlement.c.status == IN_FORCE,
        settlement.c.revision <= revision,
        settlement.c.settlement_id > first_later.scalar_subquery(),
    )
    if connection.execute(late).first() is None:
        return {}
    own = _deciding_settlements(connection, month, revision, only)
    later = (
        select(assessment.c.partner_id, assessment.c.billing_month, assessment.c.settlement_id)
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(settlement.c.status == IN_FORCE, assessment.c.billing_month > str(month))
        .order_by(assessment.c.billing_month)
    )
    if only is not None:
        later = later.where(assessment.c.partner_id == only)
    assigned = {
        partner_id: BillingMonth.parse(decided)
        for partner_id, decided, settlement_id in connection.execute(later)
        if partner_id in own and settlement_id < own[partner_id]
    }
    left_out = {each: by for each, by in left_out_after(connection, month, own, only).items() if each in own}
    wrote = _wrote_rates(connection, {own[each] for each in left_out})
    return assigned | {
        each: max(by, assigned.get(each, by)) for each, by in left_out.items() if (each, own[each]) not in wrote
    }


def _wrote_rates(connection: Connection, settlements: Collection[int]) -> set[tuple[str, int]]:
    """Return who got a rate with these settlements: versions before 2026-12 wrote some after a month had ended it."""
    rate = schema.discount_rate.c
    query = select(rate.partner_id, rate.settlement_id).where(rate.settlement_id.in_(settlements))
    return {(partner_id, int(number)) for partner_id, number in connection.execute(query)}


def _deciding_settlements(
    connection: Connection, month: BillingMonth, revision: int, only: str | None
) -> dict[str, int]:
    """Return the settlement that decided each partner's row of a revision: a row carried over was decided before."""
    assessment, restatement = schema.assessment, schema.restatement
    accepted = select(restatement.c.revision, restatement.c.differences).where(
        restatement.c.billing_month == str(month), restatement.c.status == "accepted"
    )
    restated = {row.revision: json.loads(row.differences).keys() for row in connection.execute(accepted)}
    rows = (
        select(assessment.c.partner_id, assessment.c.revision, assessment.c.settlement_id)
        .where(assessment.c.billing_month == str(month), assessment.c.revision <= revision)
        .order_by(assessment.c.revision)
    )
    if only is not None:
        rows = rows.where(assessment.c.partner_id == only)
    own: dict[str, int] = {}
    for partner_id, at, settlement_id in connection.execute(rows):
        if partner_id not in own or partner_id in restated.get(at, ()):
            own[partner_id] = settlement_id
    return own


def entities_totalled(connection: Connection, settlements: Sequence[int]) -> set[str]:
    """Return the entities whose total was part of these settlements of the month."""
    table = schema.entity_total
    return set(connection.execute(select(table.c.entity).where(table.c.settlement_id.in_(settlements))).scalars())


def load_totals(connection: Connection, settlement_id: int) -> MonthTotals:
    """Return the held partners, buckets, unmatched accounts and entity totals that a settlement wrote."""

    def rows(table: Any) -> list[Any]:
        return list(
            connection.execute(select(table).where(table.c.settlement_id == settlement_id).order_by(*table.primary_key))
        )

    return MonthTotals(
        partners=(),
        held=tuple(
            HeldPartner(row.partner_id, tuple(json.loads(row.entities)), row.reason)
            for row in rows(schema.held_partner)
        ),
        buckets=tuple(
            Bucket(row.entity, row.currency, row.bucket, row.lines, row.net_amount_minor) for row in rows(schema.bucket)
        ),
        unmatched=tuple(
            UnmatchedAccount(row.entity, row.account_id, row.reason) for row in rows(schema.unmatched_account)
        ),
        entity_totals={row.entity: row.mrr_eur_cents for row in rows(schema.entity_total)},
    )


def find_held(connection: Connection, settlement_id: int, partner_id: str) -> HeldPartner | None:
    """Return why a settlement held a partner, None where it did not."""
    return held_of(connection, settlement_id, [partner_id]).get(partner_id)


def held_of(connection: Connection, settlement_id: int, partners: Collection[str]) -> dict[str, HeldPartner]:
    """Return why a settlement held each of these partners, of those that it did hold."""
    table = schema.held_partner
    query = select(table).where(table.c.settlement_id == settlement_id, table.c.partner_id.in_(partners))
    return {
        row.partner_id: HeldPartner(row.partner_id, tuple(json.loads(row.entities)), row.reason)
        for row in connection.execute(query)
    }


def same_totals(connection: Connection, settlements: Sequence[int], totals: MonthTotals) -> bool:
    """Return whether the month's last settlement has the same held partners, buckets, unmatched accounts and totals."""
    if not settlements:
        return False
    stored = load_totals(connection, max(settlements))
    return (
        set(stored.held) == set(totals.held)
        and set(stored.buckets) == set(totals.buckets)
        and set(stored.unmatched) == set(totals.unmatched)
        and stored.entity_totals == totals.entity_totals
    )


class LastAssigned(NamedTuple):
    """The last month in force that assigned a partner, and the tier in which it stood on its merit."""

    billing_month: BillingMonth
    merit_tier: int


def last_assigned(connection: Connection, partner_id: str) -> LastAssigned | None:
    """Return the newest month in force that assigned a partner, as its newest revision has it; None without one."""
    assessment, settlement = schema.assessment, schema.settlement
    query = (
        select(
            assessment.c.billing_month, func.coalesce(assessment.c.merit_tier, assessment.c.earned_tier).label("merit")
        )
        .join(settlement, settlement.c.settlement_id == assessment.c.settlement_id)
        .where(assessment.c.partner_id == partner_id, settlement.c.status == IN_FORCE)
        .order_by(assessment.c.billing_month.desc(), assessment.c.revision.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else LastAssigned(BillingMonth.parse(row.billing_month), row.merit)


def last_decided_on(connection: Connection, partner_id: str) -> date | None:
    """Return the latest day from which a decision for a partner holds: an effective date or a rate's first day."""
    assessment, settlement, rate = schema.assessment, schema.settlement, schema.discount_rate
    decided = (
        select(settlement.c.effective_on)
        .join(assessment, assessment.c.settlement_id == settlement.c.settlement_id)
        .where(assessment.c.partner_id == partner_id, settlement.c.status == IN_FORCE)
    )
    written = select(rate.c.valid_from).where(rate.c.partner_id == partner_id)
    days = [*connection.execute(decided).scalars(), *connection.execute(written).scalars()]
    return max(days, default=None)
