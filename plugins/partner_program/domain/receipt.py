"""The receipt of one decision: every amount counted and excluded, each rate, band, grant and legacy term."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from partner_program.domain.acts import DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Dispute
from partner_program.domain.fx_guard import AtRatesBefore, RatesAlone, rates_alone
from partner_program.domain.grace import SettledGrant
from partner_program.domain.measure import Measure
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.ownership import Ownership
from partner_program.domain.program import Component, Program
from partner_program.domain.qualifications import RevenueAlone, revenue_alone
from partner_program.domain.rates import LegacyTerm, RateTerms, legacy_kept
from partner_program.domain.register import RegisterPartner
from partner_program.domain.registry import ExchangeRate, LegacyAgreement
from partner_program.domain.revenue import (
    EntityRevenue,
    FaultyLine,
    MrrGroup,
    ShortLine,
    days_of_each,
    excluded_bucket,
    share_in_words,
)
from partner_program.domain.short_lines import TwoReadings, two_readings
from partner_program.domain.single_lines import LinesNow
from partner_program.domain.tier_changes import Merit, stays_words


@dataclass(frozen=True, slots=True)
class SnapshotUsed:
    """What one entity billed, as it was frozen, by the hash of its content."""

    entity: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ReceiptLines:
    """Lines without a fault that count alike; `share_minor` is their exact share of the month, `share` its formula.

    `covered_days` are the days of the month that each of them covers, None where the group does not show it.
    """

    entity: str
    group: MrrGroup
    bucket: str
    covered_days: int | None
    share_minor: Fraction
    share: str


@dataclass(frozen=True, slots=True)
class ReceiptFaultyLine:
    """A line that could not be counted, and what is wrong with it."""

    entity: str
    line: FaultyLine
    bucket: str


@dataclass(frozen=True, slots=True)
class ReceiptShortLine:
    """A line that counted as it said, with a period shorter than its term; both readings in minor units, exact."""

    entity: str
    line: ShortLine
    readings: TwoReadings


@dataclass(frozen=True, slots=True)
class Band:
    """The row of the tier table that a total fell into, in EUR cents; the upper end is the next row's threshold.

    The lowest has no lower end: `from_mrr_cents` is None. `tier_name` is the tier's own name, if it has one.
    """

    tier: int
    from_mrr_cents: int | None
    below_cents: int | None
    tier_name: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that led to a partner's result in a month.

    `result` is its row of the register, `held_reason` says why there is no decision yet. `rates` are those of the
    month, of every currency. `band` and `legacy` need the programme file that the month was settled with. `lines_now`
    names the single lines, where somebody asked for them. `acts` are those about the month and the partner, newest
    first; `disputes` are the partner's about the month that are open now. `rates_alone` is what exchange rates alone
    made of the month, where the programme looks at it; the band is that of the total by the table, and `revenue_alone`
    what the tier of that band lacked beside revenue. `components` are those of the programme.
    `measure` is the programme's window of months, whose totals `result` has; `stays` says why the tier on merit is not
    the one that was earned.
    """

    partner_id: str
    company_name: str
    billing_month: BillingMonth
    status: MonthStatus
    effective_on: date | None
    held_reason: str | None
    program_file: str | None
    program_hash: str | None
    snapshots: tuple[SnapshotUsed, ...]
    lines: tuple[ReceiptLines | ReceiptFaultyLine, ...]
    short_lines: tuple[ReceiptShortLine, ...]
    rates: tuple[ExchangeRate, ...]
    result: RegisterPartner | None
    band: Band | None
    grants: tuple[SettledGrant, ...]
    legacy: tuple[LegacyTerm, ...]
    lines_now: LinesNow | None = None
    acts: tuple[DatedAct, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    rates_alone: RatesAlone | None = None
    components: tuple[Component, ...] = ("monthly_fee", "setup_fee", "sla")
    revenue_alone: RevenueAlone | None = None
    measure: Measure | None = None
    stays: str = ""


def receipt_lines(
    *, partner_id: str, month: BillingMonth, revenues: Sequence[EntityRevenue], ownership: Ownership, is_held: bool
) -> tuple[ReceiptLines | ReceiptFaultyLine, ...]:
    """The lines of the partner's accounts: groups with their bucket and share, faulty lines one by one."""
    found: list[ReceiptLines | ReceiptFaultyLine] = []
    for revenue in revenues:
        for group in revenue.groups:
            if ownership.owner(revenue.entity, group.account_id) == partner_id:
                bucket = excluded_bucket(group) or ("held" if is_held else "counted")
                days = days_of_each(group, month.days)
                found.append(ReceiptLines(revenue.entity, group, bucket, days, *share_in_words(group, month.days)))
        for line in revenue.faulty_lines:
            if ownership.owner(revenue.entity, line.account_id) == partner_id:
                found.append(ReceiptFaultyLine(revenue.entity, line, excluded_bucket(line) or "faulty"))
    return tuple(found)


def receipt_short_lines(
    *, partner_id: str, month: BillingMonth, revenues: Sequence[EntityRevenue], ownership: Ownership
) -> tuple[ReceiptShortLine, ...]:
    """The partner's lines whose period is shorter than their term, with what each gives read in both ways."""
    return tuple(
        ReceiptShortLine(revenue.entity, line, two_readings([line], month))
        for revenue in revenues
        for line in revenue.short_lines
        if ownership.owner(revenue.entity, line.account_id) == partner_id
    )


def rates_of_lines(
    rates: Sequence[ExchangeRate], lines: Sequence[ReceiptLines | ReceiptFaultyLine]
) -> tuple[ExchangeRate, ...]:
    """Of a month's exchange rates, those of the currencies that the partner was billed in."""
    billed = {each.line.currency if isinstance(each, ReceiptFaultyLine) else each.group.currency for each in lines}
    return tuple(rate for rate in rates if rate.currency in billed)


def earned_band(*, program: Program | None, result: RegisterPartner | None) -> Band | None:
    """The band of the table that the total fell into; None without a programme, a result, or a table in force then."""
    if program is None or result is None or result.earned_tier is None or result.amount_eur_cents is None:
        return None
    earned = program.earned_tier(result.amount_eur_cents)
    above = program.tiers[earned].from_mrr_cents if earned < program.highest_tier else None
    return Band(earned, program.threshold_of(earned), above, program.tier_name(earned))


def rates_of_result(*, program: Program | None, result: RegisterPartner | None) -> RatesAlone | None:
    """What exchange rates alone made of a result; None where its programme does not look at it."""
    if program is None or result is None or result.earned_tier is None or result.mrr_eur_cents is None:
        return None
    cents, rates_of = result.at_rates_before_cents, result.rates_before
    before = None if cents is None or rates_of is None else AtRatesBefore(rates_of, cents, bool(result.held_by_rates))
    held, window = dict(result.used or ()), [each.mrr_eur_cents for each in result.window]
    return rates_alone(program=program, mrr_eur_cents=result.mrr_eur_cents, before=before, held=held, window=window)


def revenue_of_result(*, program: Program | None, result: RegisterPartner | None) -> RevenueAlone | None:
    """What the tier lacked that revenue reaches; None where revenue alone decided."""
    if program is None or result is None or result.amount_eur_cents is None:
        return None
    return revenue_alone(program=program, mrr_eur_cents=result.amount_eur_cents, used=result.used)


def legacy_of_result(
    *,
    program: Program | None,
    result: RegisterPartner | None,
    agreements: Sequence[LegacyAgreement],
    effective_on: date | None,
) -> tuple[LegacyTerm, ...]:
    """The terms of older agreements that are better than the result's tier, on the day the month took force."""
    if program is None or result is None or effective_on is None:
        return ()
    tier, monthly, setup = result.tier, result.monthly_fee_discount_bp, result.setup_fee_discount_bp
    if tier is None or monthly is None or setup is None:
        return ()
    terms = RateTerms(tier, monthly, setup, result.sla, result.families)
    return legacy_kept(program=program, terms=terms, agreements=agreements, day=effective_on)


def why_it_stays(*, program: Program | None, result: RegisterPartner | None, month: BillingMonth) -> str:
    """Why the rules for changes of tier leave another tier than was earned; empty where they do not."""
    if program is None or program.changes is None or result is None:
        return ""
    if result.merit_tier is None or result.earned_tier is None:
        return ""
    merit = Merit(result.merit_tier, result.earned_tier, result.months_below or 0)
    return stays_words(program.changes, merit, month)
