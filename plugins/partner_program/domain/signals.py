"""Signals: what finance should look at in a month, each by a rule with its figure, and never more than that.

A signal accuses nobody: most have an ordinary cause, so that how many others have it too is told beside it. It changes
no result, and no letter mentions it. What somebody has seen, with a reason, is on record.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, get_args

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.counted_months import CountedAccount, CountedMonth
from partner_program.domain.large_change import ANY_AMOUNT
from partner_program.domain.money import BP, percent_text, rounded
from partner_program.domain.order_lines import OrderLines
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate
from partner_program.domain.revenue import ShortLine

SignalName = Literal[
    "order_and_cancel", "moved_account", "credit_after_rise", "jump", "threshold_hug", "replaced_order"
]

SHORT_DAYS = 3
CREDIT_BP = 1000
JUMP_BP = 4000
HUG_BP, HUG_MONTHS = 100, 3
REPLACED_DAYS = 7

_RULES: Mapping[SignalName, str] = {
    "order_and_cancel": f"a line shorter than {SHORT_DAYS} days across the month's end that pays for a whole term",
    "moved_account": "an account counts for another partner than in the month before",
    "credit_after_rise": f"its tier rose the month before, and credits come to {percent_text(CREDIT_BP)} of that month",
    "jump": f"{percent_text(JUMP_BP)}{{and_at_least}} more or less than in the month before",
    "threshold_hug": f"{HUG_MONTHS} months in a row within {percent_text(HUG_BP)} above a threshold",
    "replaced_order": f"its tier rose, and within {REPLACED_DAYS} days an account ordered a product of which its older "
    f"service ended in the month, within {REPLACED_DAYS} days of the order",
}
SIGNALS: tuple[SignalName, ...] = get_args(SignalName)


def rule_of(signal: SignalName, program: Program) -> str:
    """A signal's rule in words, with the amounts of a programme."""
    at_least = program.large_change.at_least_cents
    amount = "" if at_least == ANY_AMOUNT.at_least_cents else f" and {program.unit.amount(at_least)}"
    return _RULES[signal].format(and_at_least=amount)


WORDS: Mapping[SignalName, str] = {
    "order_and_cancel": "ordered and cancelled",
    "moved_account": "moved account",
    "credit_after_rise": "credit after a rise",
    "jump": "jump in revenue",
    "threshold_hug": "just above a threshold",
    "replaced_order": "replaced order",
}
"""What people call each signal; what is typed and what is in files is its name."""
MONTHS_NEEDED: Mapping[SignalName, int] = {
    "order_and_cancel": 0,
    "moved_account": 1,
    "jump": 1,
    "credit_after_rise": 2,
    "threshold_hug": HUG_MONTHS - 1,
    "replaced_order": 0,
}
"""How many assessed months right before it a month has to have for a signal."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Who has seen a signal and why it is well; `evidence` is what there was to see."""

    seen_by: str
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a partner; `evidence` is its figures in words; one that has others now was not seen."""

    signal: Annotated[SignalName, Column("signal", words=WORDS)]
    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    evidence: Annotated[str, Column("figures")]
    seen_by: Annotated[str, Column("seen by")] = ""
    reason: Annotated[str, Column("reason")] = ""

    def is_seen(self, by: str, reason: str) -> bool:
        """Whether somebody has seen it as it is, with these words."""
        return (self.seen_by, self.reason) == (by, reason)


@dataclass(frozen=True, slots=True)
class BaseRate:
    """How many partners have a signal, of how many that the month assessed; None where it was not looked for."""

    signal: Annotated[SignalName, Column("signal", words=WORDS)]
    partners: Annotated[int | None, Column("partners", "whole")]
    of_partners: Annotated[int, Column("of", "whole")]
    seen: Annotated[int | None, Column("seen", "whole")]
    rule: Annotated[str, Column("rule")]


@dataclass(frozen=True, slots=True)
class SignalLine:
    """A line behind a signal, as it was frozen; minor units of its currency."""

    signal: Annotated[SignalName, Column("signal", words=WORDS)]
    partner_id: Annotated[str, Column("partner")]
    entity: Annotated[str, Column("entity")]
    account_id: Annotated[str, Column("account")]
    line_id: Annotated[str, Column("line")]
    service_start: Annotated[str, Column("from")]
    service_end: Annotated[str, Column("until")]
    currency: Annotated[str, Column("currency")]
    net_amount_minor: Annotated[int, Column("amount", "amount")]


class Replaced(NamedTuple):
    """A service that ended, and what its account ordered of the same product after the rise of a tier.

    `ordered_before` is the day of the older order, None where its lines do not say it. Amounts are in minor units,
    exact, of what the older and the newer order are worth in the month.
    """

    partner_id: str
    entity: str
    account_id: str
    product: str
    currency: str
    rose_on: date
    ordered_before: date | None
    ended_on: date
    ordered_on: date
    before_minor: Fraction
    now_minor: Fraction


class LineOf(NamedTuple):
    """A line of a partner's account."""

    partner_id: str
    entity: str
    line: ShortLine


Found = dict[tuple[SignalName, str], str]
"""The evidence of each signal, by its name and partner."""


def order_and_cancel(lines: Iterable[LineOf], month: BillingMonth) -> list[LineOf]:
    """The lines of a few days that touch the month's last day and the next month's first."""
    after = month.following.first_day
    return [
        each
        for each in lines
        if each.line.period_days < SHORT_DAYS
        and date.fromisoformat(each.line.service_start) < after < date.fromisoformat(each.line.service_end)
    ]


def jumps(program: Program, before: CountedMonth, now: CountedMonth) -> Iterator[tuple[str, str]]:
    """The partners whose total rose or fell by much, with how much."""
    unit, at_least = program.unit, program.large_change.at_least_cents
    for partner_id, cents in now.totals.items():
        was = before.totals.get(partner_id)
        moved = cents - (was or 0)
        if was is not None and abs(moved) >= at_least and abs(moved) * BP >= JUMP_BP * abs(was):
            yield partner_id, f"{unit.amount(was)} in {before.month}, {unit.text(cents)} in {now.month}"


def hugs(program: Program, months: Sequence[CountedMonth]) -> Iterator[tuple[str, str]]:
    """The partners that were just above a threshold in each of these months, oldest first; none of fewer months.

    None either where several months count together: then no month's own total stands beside a threshold.
    """
    if len(months) < HUG_MONTHS or program.measure is not None:
        return
    for partner_id in months[-1].totals:
        above = [_above(program, each.totals.get(partner_id)) for each in months]
        if all(each is not None for each in above):
            amounts = (f"{program.unit.text(each.totals[partner_id])} in {each.month}" for each in months)
            yield partner_id, f"{program.unit.name} {', '.join(amounts)}"


def _above(program: Program, cents: int | None) -> int | None:
    """What a total has above the threshold that it reached, None where that is much or it reached none."""
    threshold = None if cents is None else program.threshold_of(program.earned_tier(cents))
    if cents is None or threshold is None:
        return None
    above = cents - threshold
    return above if above * BP <= HUG_BP * threshold else None


def moved_accounts(moves: Iterable[tuple[CountedAccount, str]], unit: Unit = EURO) -> Iterator[tuple[str, str]]:
    """The partners that have another's account now, with each account."""
    for row, owner in moves:
        yield owner, f"{row.entity}/{row.account_id} of {row.partner_id}, {unit.amount(row.mrr_eur_cents)}"


def credits_after_rise(
    *, rose: Collection[str], before: CountedMonth, credited: Mapping[str, int], unit: Unit = EURO
) -> Iterator[tuple[str, str]]:
    """Of those that rose the partners with large credits beside the month of their rise; `credited` is negative."""
    for partner_id in sorted(rose):
        credit, total = -credited.get(partner_id, 0), before.totals.get(partner_id, 0)
        if credit > 0 and credit * BP >= CREDIT_BP * total:
            yield partner_id, f"credits of {unit.amount(credit)} after {unit.text(total)} in {before.month}"


def rises_near(rates: Mapping[str, Sequence[Rate]], month: BillingMonth) -> dict[str, list[date]]:
    """The days by partner on which its tier rose, if an order of the month can lie within the days after.

    `rates` are every partner's in the order of their days, the newest of a day last. A first rate is no rise.
    """
    found: dict[str, list[date]] = {}
    for partner_id, own in rates.items():
        by_day = {each.valid_from: each.terms.tier for each in own}
        days = sorted(by_day)
        for before, day in pairwise(days):
            ends = day + timedelta(days=REPLACED_DAYS)
            if by_day[day] > by_day[before] and day <= month.last_day and ends > month.first_day:
                found.setdefault(partner_id, []).append(day)
    return found


def replaced_orders(
    *,
    rose: Mapping[str, Sequence[date]],
    owners: Mapping[tuple[str, str], str],
    lines: Iterable[tuple[str, OrderLines]],
) -> list[Replaced]:
    """What accounts ordered soon after a rise of a product of which an older service of theirs ended then.

    `lines` are a month's by entity, with their ends; `owners` says whose an account is. An order that has a later line
    in the month has not ended: of services that were ordered alike, the last to end speaks for all.
    """
    orders: dict[tuple[str, str, str, str], dict[date | None, list[OrderLines]]] = {}
    for entity, line in lines:
        if owners.get((entity, line.account_id)) in rose:
            own = orders.setdefault((entity, line.account_id, line.product, line.currency), {})
            own.setdefault(line.ordered_on, []).append(line)
    found = []
    for (entity, account_id, product, currency), by_day in sorted(orders.items()):
        partner_id = owners[entity, account_id]
        for day in rose[partner_id]:
            new = [each for each in by_day if each is not None and timedelta(0) <= each - day < _SOON]
            for ordered_on in sorted(new):
                for before, ended_on in _ended_before(by_day, day, ordered_on):
                    worth = (_worth(by_day[before]), _worth(by_day[ordered_on]))
                    about = (partner_id, entity, account_id, product, currency)
                    found.append(Replaced(*about, day, before, ended_on, ordered_on, *worth))
    return found


_SOON = timedelta(days=REPLACED_DAYS)


def _ended_before(
    by_day: Mapping[date | None, Sequence[OrderLines]], rose_on: date, ordered_on: date
) -> Iterator[tuple[date | None, date]]:
    """The orders of before a rise that ended within days of a newer one, with their end."""
    for before, lines in by_day.items():
        ends = [each.service_end for each in lines if each.service_end is not None]
        if (before is None or before < rose_on) and ends and abs(max(ends) - ordered_on) <= _SOON:
            month = BillingMonth.of(ordered_on)
            if max(ends) < month.following.first_day:  # at the month's end nobody knows whether it goes on
                yield before, max(ends)


def _worth(lines: Iterable[OrderLines]) -> Fraction:
    return sum((Fraction(each.share_minor, each.share_of) for each in lines), Fraction(0))


def replaced_evidence(each: Replaced, unit: Unit = EURO) -> tuple[str, str]:
    """The evidence of one replaced order, with its partner; `unit` is the programme's."""
    unit = unit.of(each.currency)
    before = "an unknown day" if each.ordered_before is None else str(each.ordered_before)
    was, now = (unit.text(rounded(value)) for value in each[-2:])
    return each.partner_id, (
        f"{each.entity}/{each.account_id} {each.product} of {before} ended {each.ended_on}, ordered again "
        f"{each.ordered_on} after the rise of {each.rose_on}, {was} and {now} {unit.name} of the month"
    )


def gathered(name: SignalName, found: Iterable[tuple[str, str]]) -> Found:
    """The evidence of one signal by partner; several pieces for one partner stand together, in order."""
    pieces: dict[str, list[str]] = {}
    for partner_id, evidence in found:
        pieces.setdefault(partner_id, []).append(evidence)
    return {(name, partner_id): "; ".join(sorted(each)) for partner_id, each in pieces.items()}


def signal_rows(
    found: Found, names: Mapping[str, str], seen: Mapping[tuple[str, str], Seen]
) -> tuple[list[Signal], set[tuple[str, str]]]:
    """The signals that nobody has seen first, then the others; and those that were seen."""
    rows: list[Signal] = []
    known: set[tuple[str, str]] = set()
    for (name, partner_id), evidence in found.items():
        by = seen.get((name, partner_id))
        if by is not None and by.evidence == evidence:
            known.add((name, partner_id))
            who = by.seen_by, by.reason
        else:
            who = "", ""
        rows.append(Signal(name, partner_id, names.get(partner_id, ""), evidence, *who))
    return sorted(rows, key=lambda row: (bool(row.seen_by), SIGNALS.index(row.signal), row.partner_id)), known


def base_rates(
    found: Found, seen: Collection[tuple[str, str]], *, assessed: int, looked_for: Collection[str], program: Program
) -> list[BaseRate]:
    """How common each signal is; one that was not looked for is not known, and not 0."""

    def count(name: str, among: Iterable[tuple[str, str]]) -> int | None:
        return sum(each == name for each, _ in among) if name in looked_for else None

    return [BaseRate(name, count(name, found), assessed, count(name, seen), rule_of(name, program)) for name in SIGNALS]


def said_of(rates: Iterable[BaseRate], unit: Unit = EURO) -> Iterator[str]:
    """Each signal that somebody has, in a sentence with its base rate."""
    for each in rates:
        if each.partners:
            called = unit.worded(WORDS[each.signal]).capitalize()
            yield f"{called}: {plural(each.partners, 'partner')} of {each.of_partners:,}, {each.seen} seen."
