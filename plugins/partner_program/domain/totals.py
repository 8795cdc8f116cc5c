"""Merging: puts each line into exactly one bucket, and each counted share into its partner's total (rules 2 and 7)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import lcm
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore
from partner_program.domain.money import round_half_away
from partner_program.domain.ownership import Ownership
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import ConservationBroken
from partner_program.domain.registry import AccountLink, Entity, Partner
from partner_program.domain.revenue import (
    EXCLUDED_KINDS,
    UNPOSTED_STATUSES,
    EntityRevenue,
    MrrGroup,
    excluded_bucket,
    has_share,
    may_be_negative,
    may_count,
    share_of,
)
from partner_program.domain.unit import AnyRate, conversions, why_not_converted

NOTHING_IN_DOUBT: Mapping[str, str] = {}
NOTHING_LACKS: Mapping[str, str] = {}
BUCKETS = (*UNPOSTED_STATUSES, *EXCLUDED_KINDS, "unmatched", "not_authorized", "faulty", "held", "counted")


@dataclass(frozen=True, slots=True)
class AccountTotal:
    """An account's share of the month in one currency: what counts, and `mrr_minor`, rounded for the reader.

    What counts is in EUR cents, or in the programme's own unit. `units_per_eur` is the text of the conversion.
    """

    entity: str
    account_id: str
    currency: str
    units_per_eur: str
    mrr_minor: int
    mrr_eur_cents: int


@dataclass(frozen=True, slots=True)
class PartnerTotal:
    """A partner's accounts, by entity, account and currency; its total is the sum of their rounded cents.

    `at_rates_before` is what the same shares give at the exchange rates that the month is held against; None where
    nobody asked, or a rate is not known.
    """

    partner_id: str
    accounts: tuple[AccountTotal, ...]
    at_rates_before: AtRatesBefore | None = None

    @property
    def mrr_eur_cents(self) -> int:
        """Monthly recurring revenue in EUR cents over all legal entities."""
        return sum([account.mrr_eur_cents for account in self.accounts])


@dataclass(frozen=True, slots=True)
class HeldPartner:
    """A partner whose month cannot be decided yet: it keeps the rate it has."""

    partner_id: str
    entities: tuple[str, ...]
    reason: str


class Bucket(NamedTuple):
    """Lines of one entity and currency that went to the same place; the amount is the sum of whole line amounts."""

    entity: str
    currency: str
    bucket: str
    lines: int
    net_amount_minor: int


class UnmatchedAccount(NamedTuple):
    """An account that belongs to no partner, or to more than one, on the month's last day."""

    entity: str
    account_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """The totals of authorised partners that are not held, and where everything else of the month went.

    `entity_totals` are EUR cents of all authorised partners' accounts, held ones included, of the entities without a
    fault whose own currency has a rate: the brake compares them from month to month. `known_parts` are EUR cents of
    held partners whose unknown part cannot be negative: their total will be at least that. `known_parts_before` are
    the same at the exchange rates that the month is held against, of those of whom that is known.
    """

    partners: tuple[PartnerTotal, ...]
    held: tuple[HeldPartner, ...]
    buckets: tuple[Bucket, ...]
    unmatched: tuple[UnmatchedAccount, ...]
    entity_totals: dict[str, int]
    known_parts: dict[str, int] = field(default_factory=dict)
    known_parts_before: dict[str, int] = field(default_factory=dict)


def account_total(
    entity: str, account_id: str, currency: str, shares: Mapping[int, int], rate: AnyRate
) -> AccountTotal:
    """Add up the shares of one account exactly and round once; `shares` are sums of numerators by denominator."""
    return _account_total(entity, account_id, currency, shares, _told(rate))


_Told = tuple[str, int, int]
"""A rate's text and its ratio of whole numbers, which are worked out once a currency, not once an account."""


def _told(rate: AnyRate) -> _Told:
    return str(rate), *rate.as_integer_ratio()


def _account_total(entity: str, account_id: str, currency: str, shares: Mapping[int, int], rate: _Told) -> AccountTotal:
    total, common = _exact(shares)
    text, units, ones = rate
    cents = round_half_away(total * ones, common * units)
    minor = cents if units == ones else round_half_away(total, common)
    return AccountTotal(entity, account_id, currency, text, minor, cents)


def _exact(shares: Mapping[int, int]) -> tuple[int, int]:
    """The sum of shares, which is not reduced; those of most accounts have one denominator."""
    if len(shares) == 1:
        ((denominator, numerator),) = shares.items()
        return numerator, denominator
    common = lcm(*shares)
    return sum([numerator * (common // denominator) for denominator, numerator in shares.items()]), common


def account_cents(shares: Mapping[int, int], ratio: tuple[int, int]) -> int:
    """What counts in `account_total` alone; `ratio` is the exchange rate's."""
    total, common = _exact(shares)
    units, ones = ratio
    return round_half_away(total * ones, common * units)


class _Reasons:
    """Why partners are held: each reason once, in the order in which they were found.

    `may_be_negative` are the partners whose unknown part could lower their total.
    """

    def __init__(self) -> None:
        self._found: dict[str, dict[str, str | None]] = defaultdict(dict)
        self.may_be_negative: set[str] = set()

    def add(self, partner_id: str, entity: str, reason: str, *, may_be_negative: bool) -> None:
        self._found[partner_id].setdefault(f"entity {entity}: {reason}", entity)
        if may_be_negative:
            self.may_be_negative.add(partner_id)

    def add_lack(self, partner_id: str, words: str) -> None:
        """Hold a partner for months before this one, which no entity can mend now."""
        self._found[partner_id].setdefault(words, None)
        self.may_be_negative.add(partner_id)

    def held(self) -> dict[str, HeldPartner]:
        return {
            partner_id: HeldPartner(partner_id, tuple(sorted(set(filter(None, reasons.values())))), "; ".join(reasons))
            for partner_id, reasons in sorted(self._found.items())
        }


def merge_totals(
    *,
    month: BillingMonth,
    entities: Sequence[Entity],
    partners: Sequence[Partner],
    links: Sequence[AccountLink],
    rates: Mapping[str, Decimal],
    revenues: Sequence[EntityRevenue],
    entity_faults: Mapping[str, str],
    doubtful_rates: Mapping[str, str] = NOTHING_IN_DOUBT,
    rates_before: Mapping[str, tuple[BillingMonth, Mapping[str, Decimal]]] | None = None,
    lacking: Mapping[str, str] = NOTHING_LACKS,
    unit: Unit = EURO,
) -> MonthTotals:
    """Merge what the entities billed in a month into one total per authorised partner.

    `rates` are units per EUR by currency for this month; `entity_faults` are reasons by entity that the checks found
    after reading, beside each `EntityRevenue.fault`. An entity that bills in the month and is not among `revenues`
    counts as not read. `doubtful_rates` say by currency why a rate that is there counts as missing. `rates_before` are
    by partner the month and the rates that its total is held against, where somebody asks. `lacking` says by partner
    which months before this one it needs and has not. Totals are in the programme's `unit`. Raises
    `ConservationBroken` where a line would get lost.
    """
    ownership = Ownership(month=month, links=links, partners=partners)
    known_rates = conversions(unit, rates)
    told = {currency: _told(rate) for currency, rate in known_rates.items()}
    read = {revenue.entity: revenue for revenue in revenues}
    faults = _entity_faults(month, entities, read, entity_faults)
    shares = _shares(revenues, ownership, month.days)
    reasons = _reasons(faults, ownership, revenues)
    _hold_missing_rates(
        shares, known_rates, lambda lacks: why_not_converted(unit, lacks, month, rates, doubtful_rates), reasons
    )
    for partner_id in sorted(lacking.keys() & ownership.authorized):
        reasons.add_lack(partner_id, lacking[partner_id])
    held = reasons.held()
    unrated = {each.entity for each in entities if each.currency not in known_rates}
    totals = {}
    for partner_id in ownership.authorized:
        own = shares.get(partner_id, {})
        accounts = [_account_total(*each, sums, told[each[2]]) for each, sums in sorted(own.items()) if each[2] in told]
        against = rates_before.get(partner_id) if rates_before else None
        at_rates = None if against is None else _at_rates(own, known_rates, against, unit)
        totals[partner_id] = PartnerTotal(partner_id, tuple(accounts), at_rates)
    return MonthTotals(
        partners=tuple(total for total in totals.values() if total.partner_id not in held),
        held=tuple(held.values()),
        buckets=_buckets(revenues, ownership, frozenset(held)),
        unmatched=unmatched_accounts(revenues, ownership),
        entity_totals=_entity_totals(totals.values(), read.keys() - faults.keys() - unrated),
        known_parts={each: totals[each].mrr_eur_cents for each in held if each not in reasons.may_be_negative},
        known_parts_before={
            each: before.cents
            for each in held
            if each not in reasons.may_be_negative and (before := totals[each].at_rates_before) is not None
        },
    )


def held_partners(
    *,
    month: BillingMonth,
    entities: Sequence[Entity],
    ownership: Ownership,
    rates: Mapping[str, Decimal],
    revenues: Sequence[EntityRevenue],
    unit: Unit = EURO,
) -> tuple[HeldPartner, ...]:
    """Whom `merge_totals` would hold, and why, without the totals of all others."""
    known_rates = conversions(unit, rates)
    read = {revenue.entity: revenue for revenue in revenues}
    reasons = _reasons(_entity_faults(month, entities, read, {}), ownership, revenues)
    unrated = [
        replace(each, groups=tuple(group for group in each.groups if group.currency not in known_rates))
        for each in revenues
    ]
    _hold_missing_rates(
        _shares(unrated, ownership, month.days),
        known_rates,
        lambda lacks: why_not_converted(unit, lacks, month, rates, NOTHING_IN_DOUBT),
        reasons,
    )
    return tuple(reasons.held().values())


def _reasons(faults: Mapping[str, str], ownership: Ownership, revenues: Sequence[EntityRevenue]) -> _Reasons:
    """Why partners are held for what an entity or an account shows, or does not."""
    reasons = _Reasons()
    for entity, fault in faults.items():
        for partner_id in ownership.authorized_at(entity):
            reasons.add(partner_id, entity, fault, may_be_negative=True)
    _hold_unseen_accounts([each for each in revenues if each.entity not in faults], ownership, reasons)
    _hold_row_faults(revenues, ownership, reasons)
    return reasons


def _at_rates(
    accounts: Mapping[tuple[str, str, str], Mapping[int, int]],
    known_rates: Mapping[str, AnyRate],
    before: tuple[BillingMonth, Mapping[str, Decimal]],
    unit: Unit,
) -> AtRatesBefore | None:
    """What the accounts that have a rate in `known_rates` give at the rates of another month, each rounded by itself.

    None where one of these rates is not known.
    """
    month, rates = before
    counted = {account: sums for account, sums in accounts.items() if account[2] in known_rates}
    other = conversions(unit, rates)
    if any(account[2] not in other for account in counted):
        return None
    cents = [account_cents(sums, other[account[2]].as_integer_ratio()) for account, sums in counted.items()]
    return AtRatesBefore(month, sum(cents), holds=False)


def totals_of_accounts(
    month: BillingMonth, revenue: EntityRevenue, rates: Mapping[str, Decimal], unit: Unit = EURO
) -> dict[str, int | None]:
    """What each account of an entity that was read counts in a month, in EUR cents, whoever it belongs to.

    None where it is not known: a line of it is faulty, or a currency has no rate. Who has no line is not there.
    """
    known_rates = conversions(unit, rates)
    found = {group.account_id: 0 for group in revenue.groups}
    unknown = {line.account_id for line in revenue.faulty_lines}
    for (account_id, currency), sums in account_shares(revenue, month.days).items():
        if currency in known_rates:
            found[account_id] += account_cents(sums, known_rates[currency].as_integer_ratio())
        else:
            unknown.add(account_id)
    return found | dict.fromkeys(unknown)


def _entity_faults(
    month: BillingMonth,
    entities: Sequence[Entity],
    read: Mapping[str, EntityRevenue],
    found_later: Mapping[str, str],
) -> dict[str, str]:
    faults = {}
    for entity in entities:
        if not entity.bills_in(month):
            continue
        revenue = read.get(entity.entity)
        fault = f"month {month} not read" if revenue is None else revenue.fault or found_later.get(entity.entity)
        if fault is not None:
            faults[entity.entity] = fault
    return faults


_Shares = dict[str, dict[tuple[str, str, str], dict[int, int]]]


def _shares(revenues: Sequence[EntityRevenue], ownership: Ownership, days: int) -> _Shares:
    """Add up the lines that count, per partner and account: the numerators of their shares by denominator."""
    shares: _Shares = {}
    for revenue in revenues:
        owners = ownership.owners(revenue.entity)
        for (account_id, currency), sums in account_shares(revenue, days).items():
            partner_id = owners.get(account_id)
            if partner_id in ownership.authorized:
                shares.setdefault(partner_id, {})[revenue.entity, account_id, currency] = sums
    return shares


def account_shares(revenue: EntityRevenue, days: int) -> dict[tuple[str, str], dict[int, int]]:
    """Add up the lines that count by account and currency: the numerators of their shares by denominator."""
    return shares_of(revenue.groups, days)


def shares_of(groups: Iterable[MrrGroup], days: int) -> dict[tuple[str, str], dict[int, int]]:
    """The same of any groups of an entity."""
    accounts: dict[tuple[str, str], dict[int, int]] = {}
    for group in groups:
        if has_share(group):
            numerator, denominator = share_of(group, days)
            account = group[:2]
            sums = accounts.get(account)
            if sums is None:
                accounts[account] = {denominator: numerator}
            else:
                sums[denominator] = sums.get(denominator, 0) + numerator
    return accounts


def unseen_accounts(revenue: EntityRevenue, ownership: Ownership) -> list[str]:
    """Linked accounts of which the entity shows nothing: no line of the month, and no place in its list, by id.

    A flag that was lost or never set, or a misspelt code, is not zero revenue (rule 7).
    """
    seen = {*revenue.reseller_accounts, *(group.account_id for group in revenue.groups)}
    seen.update(line.account_id for line in revenue.faulty_lines)
    return sorted([account_id for account_id in ownership.linked_at(revenue.entity) if account_id not in seen])


def _hold_unseen_accounts(revenues: Sequence[EntityRevenue], ownership: Ownership, reasons: _Reasons) -> None:
    for revenue in revenues:
        for account_id in unseen_accounts(revenue, ownership):
            partner_id = ownership.owner(revenue.entity, account_id)
            if partner_id in ownership.authorized:
                why = f"account {account_id} bills nothing and is not in the entity's list of reseller accounts"
                reasons.add(str(partner_id), revenue.entity, why, may_be_negative=True)


def _hold_row_faults(revenues: Sequence[EntityRevenue], ownership: Ownership, reasons: _Reasons) -> None:
    for revenue in revenues:
        for line in revenue.faulty_lines:
            partner_id = ownership.owner(revenue.entity, line.account_id)
            if partner_id in ownership.authorized and may_count(line):
                wrong = f"line {line.line_id}: {line.column} is {line.found}, expected {line.expected}"
                negative = may_be_negative(line.charge_kind) or (line.net_amount_minor or -1) < 0
                reasons.add(str(partner_id), revenue.entity, wrong, may_be_negative=negative)


def _hold_missing_rates(
    shares: _Shares,
    known_rates: Mapping[str, AnyRate],
    why: Callable[[str], str],
    reasons: _Reasons,
) -> None:
    for partner_id, accounts in shares.items():
        for (entity, _, currency), sums in accounts.items():
            if currency not in known_rates:
                negative = any(numerator < 0 for numerator in sums.values())
                reasons.add(partner_id, entity, why(currency), may_be_negative=negative)


def _buckets(revenues: Sequence[EntityRevenue], ownership: Ownership, held: frozenset[str]) -> tuple[Bucket, ...]:
    """Put each line into the first bucket that fits, in the order of `BUCKETS`."""
    buckets: list[Bucket] = []
    for revenue in revenues:
        sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        places = _places(revenue.entity, ownership, held)
        for group in revenue.groups:
            bucket = sums[group.currency, excluded_bucket(group) or places.get(group.account_id, "unmatched")]
            bucket[0] += group.lines
            bucket[1] += group.net_amount_minor
        for line in revenue.faulty_lines:
            place = places.get(line.account_id, "unmatched")
            own = "faulty" if place in ("held", "counted") else place
            bucket = sums[line.currency, excluded_bucket(line) or own]
            bucket[0] += 1
            bucket[1] += line.net_amount_minor or 0
        buckets += [Bucket(revenue.entity, *key, *figures) for key, figures in sums.items()]
    in_order = tuple(sorted(buckets, key=lambda each: (each.entity, each.currency, BUCKETS.index(each.bucket))))
    check_conservation(revenues, in_order)
    return in_order


def _places(entity: str, ownership: Ownership, held: frozenset[str]) -> dict[str, str]:
    """The bucket of what may count at each account that has one partner; what other accounts bill is unmatched."""
    places = {}
    for account_id, partner_id in ownership.owners(entity).items():
        counted = "held" if partner_id in held else "counted"
        places[account_id] = counted if partner_id in ownership.authorized else "not_authorized"
    return places


def check_conservation(revenues: Sequence[EntityRevenue], buckets: Sequence[Bucket]) -> None:
    """Raise `ConservationBroken` where an entity's buckets do not hold exactly what was read, by currency (rule 2)."""
    read: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    put: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for revenue in revenues:
        for group in revenue.groups:
            found = read[revenue.entity, group.currency]
            found[0] += group.lines
            found[1] += group.net_amount_minor
        for line in revenue.faulty_lines:
            found = read[revenue.entity, line.currency]
            found[0] += 1
            found[1] += line.net_amount_minor or 0
    for row in buckets:
        found = put[row.entity, row.currency]
        found[0] += row.lines
        found[1] += row.net_amount_minor
    for key in sorted(read.keys() | put.keys()):
        (lines, amount), (lines_put, amount_put) = read[key], put[key]
        if (lines, amount) != (lines_put, amount_put):
            raise ConservationBroken(
                f"entity {key[0]}, {key[1]}: read {plural(lines, 'line')} of {amount} minor units, "
                f"in the buckets {plural(lines_put, 'line')} of {amount_put}"
            )


def unmatched_accounts(revenues: Sequence[EntityRevenue], ownership: Ownership) -> tuple[UnmatchedAccount, ...]:
    """Accounts without exactly one partner that have lines, are flagged as a reseller's, or have several partners."""
    found = set()
    for revenue in revenues:
        owners = ownership.owners(revenue.entity)
        accounts = {group.account_id for group in revenue.groups if group.account_id not in owners and may_count(group)}
        accounts.update(line.account_id for line in revenue.faulty_lines)
        accounts.update(revenue.reseller_accounts)
        accounts.update(ownership.ambiguous_at(revenue.entity))
        for account_id in accounts:
            if ownership.owner(revenue.entity, account_id) is None:
                why = ownership.why_unmatched(revenue.entity, account_id)
                found.add(UnmatchedAccount(revenue.entity, account_id, why))
    return tuple(sorted(found))


def _entity_totals(totals: Iterable[PartnerTotal], entities: Collection[str]) -> dict[str, int]:
    sums = dict.fromkeys(sorted(entities), 0)
    for total in totals:
        for account in total.accounts:
            if account.entity in sums:
                sums[account.entity] += account.mrr_eur_cents
    return sums
