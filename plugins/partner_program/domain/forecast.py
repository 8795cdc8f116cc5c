"""The forecast of a month to come: what each partner will count for sure, as expected, and what of it is at risk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.forecast_lines import ComingMonth, Expected, Part, expected_beside, with_parts
from partner_program.domain.fx_guard import FxBasis, LastEarned, guarded_tier
from partner_program.domain.measure import NO_EARLIER, EarlierMonth, cents_to_reach, totals_of_windows
from partner_program.domain.ownership import Ownership
from partner_program.domain.program import NOTHING_HELD, OnRecord, Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.qualifications import lacks_of, needs_words
from partner_program.domain.registry import AccountLink, Entity, GraceGrant, Partner
from partner_program.domain.settlement import (
    NO_HISTORY,
    NOBODY_HOLDS,
    PartnerHistory,
    TierAssignment,
    apply_changes,
    lacking_months,
    settle_grace_periods,
)
from partner_program.domain.totals import account_cents, held_partners, shares_of
from partner_program.domain.unit import AnyRate, conversions

Certainty = Literal["will", "may"]


@dataclass(frozen=True, slots=True)
class ForecastPartner:
    """What a month to come may bring a partner, in the programme's minor units, as all amounts here.

    `sure_cents` is posted already; `expected_cents` is that with what comes again; `at_risk_cents` is what of it may
    not come. `tier` is the one in force before the month, None before the first; the other tiers are those of the three
    amounts with the grants of `effective_on`, the first day on which the month can take force. `contract_cents` and
    `credit_cents` are parts of what is at risk, `held_before` says that all that comes again is. `grant_ends_on` is the
    day on which a grant that lifts the tier now is over, where that is on the effective day or before.
    """

    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    account_manager_id: Annotated[str, Column("manager")]
    tier: Annotated[int | None, Column("now", "tier")]
    sure_cents: Annotated[int, Column("sure EUR", "euros")]
    expected_cents: Annotated[int, Column("expected EUR", "euros")]
    at_risk_cents: Annotated[int, Column("at risk EUR", "euros")]
    sure_tier: Annotated[int, Column("tier if sure", "tier")]
    expected_tier: Annotated[int, Column("if expected", "tier")]
    at_risk_tier: Annotated[int, Column("without at risk", "tier")]
    contract_cents: Annotated[int, Column(None, "euros")]
    credit_cents: Annotated[int, Column(None, "euros")]
    held_before: Annotated[bool, Column(None)]
    grant_ends_on: Annotated[date | None, Column(None)]


@dataclass(frozen=True, slots=True)
class NotForecast:
    """A partner of whom the month to come is not known, and why."""

    partner_id: Annotated[str, Column("partner")]
    reason: Annotated[str, Column("reason")]


@dataclass(frozen=True, slots=True)
class Drop:
    """A partner that will drop, or that may: what has to be billed more, or what at risk has to come.

    It is None where the amount is enough, and something else than revenue keeps the partner from the tier.
    """

    account_manager_id: Annotated[str, Column("manager")]
    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    certainty: Annotated[Certainty, Column("drops")]
    tier: Annotated[int, Column("now", "tier")]
    tier_then: Annotated[int, Column("then", "tier")]
    needed_cents: Annotated[int | None, Column("needed EUR", "euros")]
    unless: Annotated[str, Column("unless")]

    def words(self, tiers: Sequence[str] = ()) -> str:
        """The whole of it, after the partner's name; `tiers` are the tiers' own names, lowest first, if any."""

        def named(tier: int) -> str:
            own = tiers[tier - 1] if tiers and tier else f"Tier {tier}"
            return own if tier else "no tier"

        now, then = named(self.tier), named(self.tier_then)
        return f"{self.certainty} drop from {now} to {then}, unless {self.unless}"


@dataclass(frozen=True, slots=True)
class Rise:
    """A partner that will rise; `above_cents` is what is expected above the threshold of the new tier.

    It is None where a grant lifts the tier, and not what is expected: `by` says which of both, in words.
    """

    account_manager_id: Annotated[str, Column("manager")]
    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    tier: Annotated[int, Column("now", "tier")]
    tier_then: Annotated[int, Column("then", "tier")]
    expected_cents: Annotated[int, Column("expected EUR", "euros")]
    above_cents: Annotated[int | None, Column("above it", "euros")]
    by: Annotated[str, Column("by")]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The partners of a month to come, by id, and those of whom it is not known.

    `windows` are the totals of the months before that count with it, by partner; `held` is what is on
    record of a partner beside revenue.
    """

    month: BillingMonth
    partners: tuple[ForecastPartner, ...]
    not_known: tuple[NotForecast, ...]
    windows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    held: Mapping[str, OnRecord] = field(default_factory=dict)


@dataclass(slots=True)
class Amounts:
    """A partner's totals of a month to come, each account rounded once as a run rounds it.

    `expected` is all that may come; `kept` is that without contracts that end, and `usual` that with usual credits too.
    """

    sure: int = 0
    kept: int = 0
    usual: int = 0
    expected: int = 0

    def stays(self, *, held_before: bool) -> int:
        """What is left where nothing at risk comes."""
        return min(self.usual, self.sure) if held_before else self.usual


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a month may bring each authorised partner, by id; `not_known` has of whom it is not known, and why.

    `before` are the same amounts at the exchange rates that the guard holds a partner against, where they are known,
    and `last` what it earned last.
    """

    month: BillingMonth
    amounts: Mapping[str, Amounts]
    not_known: Mapping[str, str]
    before: Mapping[str, Amounts] = field(default_factory=dict)
    last: Mapping[str, LastEarned] = field(default_factory=dict)


def expect_month(
    *,
    month: BillingMonth,
    entities: Sequence[Entity],
    partners: Sequence[Partner],
    links: Sequence[AccountLink],
    rates: Mapping[str, Decimal],
    coming: Sequence[ComingMonth],
    basis: FxBasis | None = None,
    unit: Unit = EURO,
) -> Expectation:
    """What a month may bring by the rules of a run, with the links of its last day as they are known.

    `rates` are units per EUR by currency, of a month before; amounts are in the programme's `unit`. A partner at an
    entity that was not read, or that a run would hold, is not known: never lower. `basis` is what the exchange-rate
    guard compares the month with, None where the programme has none.
    """
    beside = [expected_beside(each, month) for each in coming]
    ownership = Ownership(month=month, links=links, partners=partners)
    parts: tuple[Part, ...] = ("monthly", "contracts", "usage")
    held = held_partners(
        month=month,
        entities=entities,
        ownership=ownership,
        rates=rates,
        revenues=[with_parts(each, more, parts) for each, more in zip(coming, beside, strict=True)],
        unit=unit,
    )
    not_known = {each.partner_id: each.reason for each in held}
    for each in coming:
        for account_id in each.unsound_accounts:
            owner = ownership.owner(each.revenue.entity, account_id)
            if owner in ownership.authorized:
                why = f"entity {each.revenue.entity}: a line of account {account_id} before the month cannot be counted"
                not_known.setdefault(str(owner), why)
    both = list(zip(coming, beside, strict=True))
    found = _amounts(month, ownership, conversions(unit, rates), both)
    known = sorted(ownership.authorized - not_known.keys())
    amounts = {each: found.get(each, _NOTHING) for each in known}
    not_known = dict(sorted(not_known.items()))
    if basis is None:
        return Expectation(month, amounts, not_known)
    return Expectation(month, amounts, not_known, _before(month, ownership, basis, both, unit), basis.last)


def _before(
    month: BillingMonth,
    ownership: Ownership,
    basis: FxBasis,
    coming: Sequence[tuple[ComingMonth, Expected]],
    unit: Unit,
) -> dict[str, Amounts]:
    """The amounts of each partner at the rates that the guard holds it against; not of whom one is missing."""
    partners: dict[BillingMonth, list[str]] = defaultdict(list)
    for partner_id, last in basis.last.items():
        partners[last.rates_of].append(partner_id)
    found = {}
    for rates_of, own in partners.items():
        unknown: set[str] = set()
        rates = conversions(unit, basis.rates.get(rates_of, {}))
        amounts = _amounts(month, ownership, rates, coming, unknown)
        found.update({each: amounts.get(each, _NOTHING) for each in own if each not in unknown})
    return found


_NOTHING = Amounts()


def _amounts(
    month: BillingMonth,
    ownership: Ownership,
    rates: Mapping[str, AnyRate],
    coming: Iterable[tuple[ComingMonth, Expected]],
    without_rate: set[str] | None = None,
) -> dict[str, Amounts]:
    """The amounts of everybody who has one; a currency without a rate is left out, its owner put to `without_rate`."""
    ratios = {currency: rate.as_integer_ratio() for currency, rate in rates.items()}
    found: dict[str, Amounts] = defaultdict(Amounts)
    for each, more in coming:
        owners = ownership.owners(each.revenue.entity)
        sure, kept, usual, contracts = (
            shares_of(groups, month.days)
            for groups in (each.revenue.groups, (*more.monthly, *more.usage), more.credits, more.contracts)
        )
        for account in dict.fromkeys((*sure, *kept, *usual, *contracts)):
            account_id, currency = account
            owner, ratio = owners.get(account_id), ratios.get(currency)
            if owner is not None and ratio is None and without_rate is not None:
                without_rate.add(owner)
            if owner is None or ratio is None:
                continue
            own, shares = found[owner], sure.get(account, {})
            cents = account_cents(shares, ratio) if shares else 0
            own.sure += cents
            if account in kept:
                shares = _together(shares, kept[account])
                cents = account_cents(shares, ratio)
            own.kept += cents
            own.usual += account_cents(_together(shares, usual[account]), ratio) if account in usual else cents
            own.expected += (
                account_cents(_together(shares, contracts[account]), ratio) if account in contracts else cents
            )
    return found


def _together(shares: dict[int, int], more: dict[int, int]) -> dict[int, int]:
    """The sums of numerators by denominator of both."""
    if not shares:
        return more
    return {each: shares.get(each, 0) + more.get(each, 0) for each in shares.keys() | more.keys()}


def forecast_month(
    expectation: Expectation,
    *,
    program: Program,
    partners: Iterable[Partner],
    histories: Mapping[str, PartnerHistory],
    held_before: Collection[str] = (),
    held: Mapping[str, OnRecord] = NOBODY_HOLDS,
    earlier: Mapping[str, Sequence[EarlierMonth]] = NO_EARLIER,
) -> Forecast:
    """The tiers that a month may bring; of `histories` the last tier, the open grants and the merit are asked for.

    `program` is the one of the day after the month, on which it can take force at the earliest. `held_before` are
    partners whose month before is not known as a whole. `held` is what is on record beside revenue on the month's last
    day, as far as it is known, by partner. `earlier` are the months of a window before it, by partner: one that lacks a
    month is not known.
    """
    month, companies = expectation.month, {each.partner_id: each for each in partners}
    day = month.following.first_day
    lacks = lacking_months(programs={day: program}, effective=dict.fromkeys(companies, day), earlier=earlier)
    windows = totals_of_windows(earlier)
    not_known = {
        **{each: words for each, words in lacks.items() if each in expectation.amounts},
        **expectation.not_known,
    }
    found = [
        _partner(
            companies[partner_id],
            amounts,
            held_before=partner_id in held_before,
            program=program,
            month=month,
            history=histories.get(partner_id, NO_HISTORY),
            before=expectation.before.get(partner_id),
            last=expectation.last.get(partner_id),
            held=held.get(partner_id, NOTHING_HELD),
            window=windows.get(partner_id, ()),
        )
        for partner_id, amounts in expectation.amounts.items()
        if partner_id not in lacks
    ]
    unknown = tuple(NotForecast(*each) for each in sorted(not_known.items()))
    return Forecast(month, tuple(found), unknown, windows, held)


def tier_earned(
    *,
    program: Program,
    cents: int,
    at_rates_before: int | None,
    last: LastEarned | None,
    held: OnRecord,
    window: Sequence[int],
) -> int:
    """The tier that an amount would earn as a run decides it; `at_rates_before` is None where the guard has none."""

    def earned_by(cents: int) -> int:
        return program.tier_with(program.amount_of(cents, window), held)

    return guarded_tier(
        program=program,
        earned=earned_by(cents),
        at_rates_before=None if at_rates_before is None else earned_by(at_rates_before),
        last=last.tier if last else None,
    )


def _partner(
    partner: Partner,
    amounts: Amounts,
    *,
    held_before: bool,
    program: Program,
    month: BillingMonth,
    history: PartnerHistory,
    before: Amounts | None,
    last: LastEarned | None,
    held: OnRecord,
    window: Sequence[int],
) -> ForecastPartner:
    day = month.following.first_day

    def tier(cents: int, at_rates_before: int | None) -> int:
        earned = tier_earned(
            program=program, cents=cents, at_rates_before=at_rates_before, last=last, held=held, window=window
        )
        if not history.open_grants and program.changes is None:
            return earned
        assigned = TierAssignment(partner.partner_id, cents, earned)
        own = {partner.partner_id: history}
        on_merit = apply_changes(program=program, month=month, assignments=[assigned], histories=own)
        (settled,) = settle_grace_periods(
            program=program, month=month, effective_on=day, assignments=on_merit, histories=own
        )
        return settled.tier

    stays = amounts.stays(held_before=held_before)
    asked = (
        (amounts.sure, before.sure if before else None),
        (amounts.expected, before.expected if before else None),
        (stays, before.stays(held_before=held_before) if before else None),
    )
    tiers = {each: tier(*each) for each in dict.fromkeys(asked)}  # of most partners two of the three are equal
    now = None if history.previous_tier is None else program.tier_here(history.previous_tier)
    return ForecastPartner(
        partner_id=partner.partner_id,
        company_name=partner.company_name,
        account_manager_id=partner.account_manager_id,
        tier=now,
        sure_cents=amounts.sure,
        expected_cents=amounts.expected,
        at_risk_cents=amounts.expected - stays,
        sure_tier=tiers[asked[0]],
        expected_tier=tiers[asked[1]],
        at_risk_tier=tiers[asked[2]],
        contract_cents=amounts.expected - amounts.kept,
        credit_cents=amounts.kept - amounts.usual,
        held_before=held_before,
        grant_ends_on=_grant_that_ends(history.open_grants, month, day, program),
    )


def _grant_that_ends(grants: Sequence[GraceGrant], month: BillingMonth, day: date, program: Program) -> date | None:
    """The end of the highest grant that was in force in the month and is over on a day; None where another goes on."""
    if not grants:
        return None
    begun = [each for each in grants if each.starts_on <= month.last_day and each.ends_on > month.first_day]
    highest = max(begun, key=lambda each: (program.tier_here(each.tier), each.ends_on), default=None)
    return highest.ends_on if highest is not None and highest.ends_on <= day else None


def drops(forecast: Forecast, program: Program) -> list[Drop]:
    """Who will drop, and who may where what is at risk does not come; by manager, the largest amount needed first."""
    found = [row for each in forecast.partners if each.tier and (row := _drop(each, each.tier, program, forecast))]
    return sorted(
        found,
        key=lambda row: (row.account_manager_id, row.certainty == "may", -(row.needed_cents or 0), row.partner_id),
    )


def _drop(each: ForecastPartner, tier: int, program: Program, forecast: Forecast) -> Drop | None:
    certainty: Certainty = "will" if each.expected_tier < tier else "may"
    then = each.expected_tier if certainty == "will" else each.at_risk_tier
    if then >= tier:
        return None
    row = program.tiers[tier - 1]
    amount = each.expected_cents if certainty == "will" else each.expected_cents - each.at_risk_cents
    totals = [*forecast.windows.get(each.partner_id, ()), amount]
    needed = cents_to_reach(measure=program.measure, totals=totals, threshold=row.from_mrr_cents)
    lacks = lacks_of(program, row, forecast.held.get(each.partner_id, NOTHING_HELD))
    unless = [_more_revenue(certainty, needed, program.unit)] if needed > 0 else []
    if lacks:
        beside = program.unit.worded("beside revenue")
        unless.append(f"what {row.name or f'Tier {tier}'} needs {beside} is on record: {needs_words(lacks)}")
    return Drop(
        account_manager_id=each.account_manager_id,
        partner_id=each.partner_id,
        company_name=each.company_name,
        certainty=certainty,
        tier=tier,
        tier_then=then,
        needed_cents=needed if needed > 0 else None,
        unless="; ".join([*(unless or _neither(program, forecast.month)), *_why(each, certainty, program.unit)]),
    )


def _more_revenue(certainty: Certainty, needed: int, unit: Unit) -> str:
    if certainty == "will":
        return f"{unit.amount(needed)} more is {'counted' if unit.is_counted else 'billed'} than expected"
    return f"{unit.amount(needed)} of what is at risk comes"


def _neither(program: Program, month: BillingMonth) -> Iterator[str]:
    """What may keep a partner from a tier that its amount reaches and whose requirements it has."""
    if program.fx_guard == "hold_tier":
        yield "as much is billed at the exchange rates of before"
    review = program.changes.next_review(month) if program.changes and program.changes.rises == "review" else None
    if review is not None:
        yield f"a grant goes on until the review of {review}, for which a rise waits"


def _why(each: ForecastPartner, certainty: Certainty, unit: Unit) -> Iterator[str]:
    if certainty == "may":
        if each.contract_cents:
            yield f"contracts of {unit.amount(each.contract_cents)} end and are not renewed yet"
        if each.credit_cents:
            yield f"credits of {unit.amount(each.credit_cents)} are usual"
        if each.held_before:
            yield "held in the month before"
    if each.grant_ends_on is not None:
        yield f"its grant ends on {each.grant_ends_on}"


def rises(forecast: Forecast, program: Program) -> list[Rise]:
    """Who will rise if all comes as expected; by manager, the nearest to the threshold first."""
    found = [
        _rise(each, each.tier, _above(each, program, forecast.windows.get(each.partner_id, ())), program.unit)
        for each in forecast.partners
        if each.tier is not None and each.expected_tier > each.tier
    ]
    return sorted(found, key=lambda row: (row.account_manager_id, row.above_cents or 0, row.partner_id))


def _rise(each: ForecastPartner, tier: int, above_cents: int | None, unit: Unit) -> Rise:
    return Rise(
        account_manager_id=each.account_manager_id,
        partner_id=each.partner_id,
        company_name=each.company_name,
        tier=tier,
        tier_then=each.expected_tier,
        expected_cents=each.expected_cents,
        above_cents=above_cents,
        by=unit.worded("a grant" if above_cents is None else "revenue"),
    )


def _above(each: ForecastPartner, program: Program, window: Sequence[int]) -> int | None:
    above = program.amount_of(each.expected_cents, window) - program.tiers[each.expected_tier - 1].from_mrr_cents
    return above if above >= 0 else None
