"""Reads what earlier months say of partners for a programme with a window of months, or rules for changes of tier.

Settlements after a partner's own decision in the month are left out, so that reading again gives the same answer: a
month that is restated later changes no month that was decided from it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.history import first_settlement_of_months, first_settlements, was_before
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.measure import EarlierMonth
from partner_program.domain.month_order import IN_FORCE, MonthStatus
from partner_program.domain.program import Program
from partner_program.domain.registry import Partner
from partner_program.domain.tier_changes import DecidedMerit, Merit, last_merit


def load_earlier_months(
    connection: Connection,
    month: BillingMonth,
    status: MonthStatus,
    partners: Iterable[Partner],
    programs: Mapping[str, Program],
    counts_since: date | None = None,
) -> dict[str, tuple[EarlierMonth, ...]]:
    """Return the months before this one that count for each partner whose programme has a window of them.

    `programs` has each partner's. A month is there with its newest total, settled in force or as history only. It is
    lacking where it holds the partner, and where it is not settled though the partner was authorised on its last day.
    A month that was settled without the partner, after one that knew it, is not there: it had left the programme.
    One that was decided before the day from which the programme `counts_since` in the currency that it has is lacking.
    """
    longest = max((each.measure.months for each in programs.values() if each.measure is not None), default=0)
    if longest == 0:
        return {}
    own = first_settlements(connection, month, status)
    found = _Found.read(connection, month, own, counts_since)
    return {
        partner.partner_id: tuple(
            each
            for before in program.measure.months_before(month)
            if (each := found.of(partner, before, own.get(partner.partner_id))) is not None
        )
        for partner in partners
        if (program := programs.get(partner.partner_id)) is not None and program.measure is not None
    }


class _Found(NamedTuple):
    """What months before one say: totals and who was held, by month and partner; when each month was settled first."""

    totals: Mapping[tuple[str, str], int]
    held: set[tuple[str, str]]
    settled: Mapping[str, int]
    known_since: Mapping[str, str]
    in_another_currency: set[tuple[str, str]]

    @classmethod
    def read(
        cls, connection: Connection, month: BillingMonth, own: Mapping[str, int], counts_since: date | None
    ) -> "_Found":
        assessment, before = schema.assessment.c, str(month)
        totals: dict[tuple[str, str], int] = {}
        known: dict[str, str] = {}

        def knows(partner_id: str, billing_month: str) -> None:
            known[partner_id] = min(billing_month, known.get(partner_id, billing_month))

        named = (assessment.partner_id, assessment.billing_month, assessment.mrr_eur_cents, assessment.settlement_id)
        rows = (
            select(*named, assessment.effective_on)
            .where(assessment.billing_month < before)
            .order_by(assessment.billing_month, assessment.revision)
        )
        others: set[tuple[str, str]] = set()
        for partner_id, billing_month, cents, settlement_id, effective_on in connection.execute(rows):
            if was_before(own, partner_id, settlement_id):
                totals[billing_month, partner_id] = cents
                decided_on = effective_on or BillingMonth.parse(billing_month).last_day
                if counts_since is not None and decided_on < counts_since:
                    others.add((billing_month, partner_id))
                knows(partner_id, billing_month)
        holding = held_before(connection, month, own)
        for billing_month, partner_id in holding:
            knows(partner_id, billing_month)
        settled = _first_before(connection, month)
        return cls(totals, holding, settled, known, others)

    def of(self, partner: Partner, month: BillingMonth, own: int | None) -> EarlierMonth | None:
        """What a month is for a partner; `own` is the settlement that decided it, None where none has yet."""
        key = (str(month), partner.partner_id)
        if key in self.in_another_currency:
            return EarlierMonth(month, None, "in another currency")
        if key in self.totals:
            return EarlierMonth(month, self.totals[key])
        if key in self.held:
            return EarlierMonth(month, None, "held")
        since = self.known_since.get(partner.partner_id)
        was_settled = key[0] in self.settled and (own is None or self.settled[key[0]] < own)
        if was_settled and since is not None and since < key[0]:
            return None
        if partner.authorized_on is not None and partner.authorized_on > month.last_day:
            return None
        return EarlierMonth(month, None, "not settled")


def load_merits(
    connection: Connection,
    month: BillingMonth,
    programs: Mapping[str, Program],
    program_on: Callable[[date], Program],
) -> dict[str, Merit]:
    """Return the last merit in force before a month of each partner whose programme has rules for changes of tier.

    A partner that was in the programme before, and not in a month in force since, has none: its merit begins anew.
    `program_on` gives the programme of the day on which an earlier decision took force.
    """
    wanted = {partner_id for partner_id, each in programs.items() if each.changes is not None}
    if not wanted:
        return {}
    own = first_settlements(connection, month, IN_FORCE)
    rows = _merits_on_record(connection, month, own, wanted)
    holding = held_before(connection, month, own)
    grants = _confirmed(connection, month)
    in_force = _first_before(connection, month, IN_FORCE)
    held_in: dict[str, set[str]] = defaultdict(set)
    for billing_month, partner_id in holding:
        held_in[partner_id].add(billing_month)
    rules: dict[date, Program] = {}
    found: dict[str, Merit] = {}
    for partner_id, records in rows.items():
        mine = own.get(partner_id)
        there = {key for key, number in in_force.items() if mine is None or number < mine}
        present = {row.billing_month for row in records} | held_in[partner_id]
        decided, before = list[DecidedMerit](), ""
        for row in records:
            if row.effective_on not in rules:
                rules[row.effective_on] = program_on(row.effective_on)
            program = rules[row.effective_on]
            decided.append(
                DecidedMerit(
                    month=BillingMonth.parse(row.billing_month),
                    merit=row.merit,
                    decided_in=row.decided_in,
                    written_in=row.written_in,
                    changes=program.changes,
                    highest_tier=program.highest_tier,
                    lowest_tier=program.lowest_tier,
                    confirmed_tier=program.tier_here(grants.get((row.billing_month, row.revision, partner_id), 0)),
                    follows=not any(before < each < row.billing_month and each not in present for each in there),
                )
            )
            before = row.billing_month
        merit = last_merit(decided)
        if merit is not None and not any(each > before and each not in present for each in there):
            found[partner_id] = merit
    return found


class _OnRecord(NamedTuple):
    """What the newest revision of a month has of a partner; see `DecidedMerit`."""

    billing_month: str
    revision: int
    effective_on: date
    merit: Merit
    decided_in: int
    written_in: int


def _merits_on_record(
    connection: Connection, month: BillingMonth, own: Mapping[str, int], wanted: set[str]
) -> dict[str, list[_OnRecord]]:
    """Return each partner's records in the order of months; a row that was carried over was written before."""
    assessment, settlement = schema.assessment.c, schema.settlement.c
    query = (
        select(
            assessment.partner_id,
            assessment.billing_month,
            assessment.revision,
            assessment.effective_on,
            func.coalesce(assessment.merit_tier, assessment.earned_tier).label("merit_tier"),
            assessment.earned_tier,
            func.coalesce(assessment.months_below, 0).label("months_below"),
            assessment.settlement_id,
        )
        .join_from(schema.assessment, schema.settlement, settlement.settlement_id == assessment.settlement_id)
        .where(settlement.status == IN_FORCE, assessment.billing_month < str(month))
        .order_by(assessment.billing_month, assessment.revision)
    )
    found: dict[str, list[_OnRecord]] = defaultdict(list)
    for row in connection.execute(query):
        if row.partner_id not in wanted or not was_before(own, row.partner_id, row.settlement_id):
            continue
        merit, mine = Merit(row.merit_tier, row.earned_tier, row.months_below), found[row.partner_id]
        decided_in = written_in = row.settlement_id
        if mine and mine[-1].billing_month == row.billing_month:
            last = mine.pop()
            decided_in, written_in = last.decided_in, last.written_in if last.merit == merit else written_in
        mine.append(_OnRecord(row.billing_month, row.revision, row.effective_on, merit, decided_in, written_in))
    return found


def _confirmed(connection: Connection, month: BillingMonth) -> dict[tuple[str, int, str], int]:
    """Return the highest tier whose grace period a month before confirmed, by month, revision and partner."""
    outcome, grant = schema.assessment_grant.c, schema.grace_grant.c
    query = (
        select(outcome.billing_month, outcome.revision, outcome.partner_id, grant.tier)
        .join_from(schema.assessment_grant, schema.grace_grant, grant.grant_id == outcome.grant_id)
        .where(outcome.outcome == "confirmed", outcome.billing_month < str(month))
    )
    found: dict[tuple[str, int, str], int] = {}
    for *key, tier in connection.execute(query):
        which: tuple[str, int, str] = tuple(key)
        found[which] = max(tier, found.get(which, 0))
    return found


def _first_before(connection: Connection, month: BillingMonth, status: MonthStatus | None = None) -> dict[str, int]:
    """Return the months settled before one, each with its first settlement."""
    firsts = first_settlement_of_months(connection, status)
    return {str(each): first for each, first in firsts.items() if each < month}


def held_before(connection: Connection, month: BillingMonth, own: Mapping[str, int]) -> set[tuple[str, str]]:
    """Return who was held in each month before one, as pairs of month and partner."""
    held, settlement = schema.held_partner.c, schema.settlement.c
    query = (
        select(settlement.billing_month, held.partner_id, settlement.settlement_id)
        .join_from(schema.held_partner, schema.settlement, settlement.settlement_id == held.settlement_id)
        .where(settlement.billing_month < str(month))
    )
    return {
        (billing_month, partner_id)
        for billing_month, partner_id, settlement_id in connection.execute(query)
        if was_before(own, partner_id, settlement_id)
    }


def months_decided_from(
    connection: Connection, month: BillingMonth, partner_ids: Sequence[str]
) -> dict[str, dict[BillingMonth, int]]:
    """Return the later months in force whose window has this month, by partner, each with the total that it used.

    Of each later month its newest revision counts.
    """
    window, assessment, settlement = schema.assessment_window.c, schema.assessment.c, schema.settlement.c
    query = (
        select(window.partner_id, window.billing_month, window.mrr_eur_cents)
        .join_from(
            schema.assessment_window,
            schema.assessment,
            (assessment.billing_month == window.billing_month)
            & (assessment.revision == window.revision)
            & (assessment.partner_id == window.partner_id),
        )
        .join(schema.settlement, settlement.settlement_id == assessment.settlement_id)
        .where(
            settlement.status == IN_FORCE,
            window.counted_month == str(month),
            window.partner_id.in_(partner_ids),
        )
        .order_by(window.billing_month, window.revision)
    )
    found: dict[str, dict[BillingMonth, int]] = defaultdict(dict)
    for partner_id, billing_month, cents in connection.execute(query):
        found[partner_id][BillingMonth.parse(billing_month)] = cents
    return found
