"""What is seen of a source before anything relies on it: one month of a billing system's relations, looked through."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Generic, NamedTuple, TypeVar

from partner_program.domain.billing_month import BillingMonth, months_later
from partner_program.domain.money import euros_text
from partner_program.domain.plurals import plural
from partner_program.domain.revenue import (
    MOST_DAYS_UNDER_TERM,
    NO_SHARE,
    PIECE_OF_TERM,
    THIS_PERIOD,
    WHOLE_TERM,
    DoubtfulLine,
    FaultyLine,
    MrrGroup,
    PeriodClose,
    Way,
    counts,
    excluded_bucket,
    is_metered,
    is_shorter_than_term,
    share_of,
)
from partner_program.domain.single_lines import SingleLine

SHOWN = 50  # of what may be as long as the month itself
LARGEST_ACCOUNTS = 10
LINES_OF_ACCOUNT = 20
_LONGEST_USAGE_DAYS = 31
_Thing = TypeVar("_Thing")
_Seen = TypeVar("_Seen", covariant=True)


@dataclass(frozen=True, slots=True)
class Some(Generic[_Seen]):
    """The first `SHOWN` of something, and how many there are in all."""

    count: int
    first: tuple[_Seen, ...]


class First(Generic[_Thing]):
    """Keeps the first `SHOWN` of what is added, and counts the rest."""

    def __init__(self, things: Iterable[_Thing] = ()) -> None:
        self._count = 0
        self._first: list[_Thing] = []
        for thing in things:
            self.add(thing)

    def add(self, thing: _Thing) -> None:
        """Count it, and keep it if there is room."""
        self._count += 1
        if len(self._first) < SHOWN:
            self._first.append(thing)

    @property
    def kept(self) -> Some[_Thing]:
        """What was added so far."""
        return Some(self._count, tuple(self._first))


@dataclass(frozen=True, slots=True)
class RelationLooked:
    """One relation of contract 1: whether it is there, and what is wrong with its columns; `note` is no fault."""

    relation: str
    given: bool
    fault: str | None = None
    note: str = ""


class RepeatedId(NamedTuple):
    """An id that more than one line has, in whatever months."""

    line_id: str
    lines: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line that counts as it says, and that a person should look at; `why` is in words."""

    line: SingleLine
    why: str


@dataclass(frozen=True, slots=True)
class BucketSum:
    """Lines of one bucket, kind and currency; of lines at fault the amount has what could be read."""

    currency: str
    bucket: str
    charge_kind: str
    lines: int
    net_amount_minor: int


@dataclass(frozen=True, slots=True)
class PaidFor:
    """Lines that count, of one currency and way: `months` of the term, or `days` of exactly the period."""

    currency: str
    way: Way
    months: int
    days: int
    lines: int
    net_amount_minor: int


@dataclass(frozen=True, slots=True)
class LargeAccount:
    """An account with its share of the month in minor units of a currency, exact, and its first lines."""

    account_id: str
    currency: str
    share_minor: Fraction
    line_count: int
    lines: tuple[SingleLine, ...] = ()


class AccountLines(NamedTuple):
    """How many lines an account has in the month, whatever they are."""

    account_id: str
    lines: int


@dataclass(frozen=True, slots=True)
class MonthLooked:
    """A month of a source, looked through.

    `fault` is what would fail the whole entity in a run, but for a month that is not closed; `not_looked_at` says why
    the lines were not looked at one by one, if they were not. `figures` are those of the month's close: posted lines
    that overlap it, faulty ones too. `doubtful` are lines of which the source says that it does not know something.
    """

    fault: str | None
    faulty: Some[FaultyLine]
    repeated_ids: Some[RepeatedId]
    buckets: tuple[BucketSum, ...]
    paid_for: tuple[PaidFor, ...]
    largest: tuple[LargeAccount, ...]
    doubts: Some[Doubt]
    doubtful: Some[DoubtfulLine]
    other_currencies: Some[SingleLine]
    accounts_without_lines: Some[str]
    lines_of_others: Some[AccountLines]
    figures: tuple[PeriodClose, ...]
    closes: tuple[PeriodClose, ...] | None
    not_looked_at: str | None = None


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """Everything that was seen of a source; `fault` says why nothing of the month could be read."""

    source: str | None
    connection_id: str
    billing_month: BillingMonth
    relations: tuple[RelationLooked, ...]
    fault: str | None
    month: MonthLooked | None

    @property
    def sound(self) -> bool:
        """Whether nothing is at fault; what a person should look at is no fault."""
        month = self.month
        if self.fault or month is None or any(each.fault for each in self.relations):
            return False
        return not (month.fault or month.faulty.count or month.repeated_ids.count)


def doubt_of(line: SingleLine, month: BillingMonth) -> str | None:
    """What looks wrong in the period or the price of a sound line that counts, in words; None where nothing does."""
    group = line.group
    if not counts(group):
        return None
    start, end = date.fromisoformat(line.service_start), date.fromisoformat(line.service_end)
    if is_metered(group.charge_kind):
        days = (end - start).days
        return f"usage of {plural(days, 'day')} counts whole in one month" if days > _LONGEST_USAGE_DAYS else None
    if group.way == THIS_PERIOD:
        return _odd_period(start, end)
    if group.way == PIECE_OF_TERM and _is_dear(group, start, end):
        return (
            f"a piece of {plural((end - start).days, 'day')} of a term that costs {euros_text(group.term_amount_minor)}"
        )
    return _against_term(line, start, end, month)


def _is_dear(group: MrrGroup, start: date, end: date) -> bool:
    """Whether a piece costs more than its whole term, or by a tenth of that more or less than its days."""
    net, price = abs(group.net_amount_minor), abs(group.term_amount_minor)
    by_days = Fraction(price * (end - start).days, (months_later(start, group.term_months) - start).days)
    return net > price or abs(net - by_days) > Fraction(price, 10)


def _odd_period(start: date, end: date) -> str | None:
    days = (end - start).days
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and months_later(start, months) == end:
        return f"exactly {plural(months, 'month')}, counted by days: term_months {months} gives each month the same"
    if days % 7 == 0 or days % 30 == 0:
        return None
    return f"a period of {plural(days, 'day')}, neither months nor weeks: is the price of the whole term known?"


def _against_term(line: SingleLine, start: date, end: date, month: BillingMonth) -> str | None:
    group = line.group
    term = f"its term of {plural(group.term_months, 'month')}"
    over = (end - months_later(start, group.term_months)).days
    if over > MOST_DAYS_UNDER_TERM:
        return f"{plural(over, 'day')} longer than {term}"
    if group.way == PIECE_OF_TERM or not is_shorter_than_term(start, end, group.term_months):
        return None
    said = Fraction(*share_of(group, month.days))
    alone = Fraction(group.weighted_minor, (end - start).days)
    return f"shorter than {term}: {minor_text(said)} as said, {minor_text(alone)} for the period alone"


def minor_text(share: Fraction) -> str:
    """An exact share in minor units as an amount, rounded to whole ones for people."""
    return euros_text(round(share))


def bucket_sums(groups: Iterable[MrrGroup], faulty: Iterable[FaultyLine]) -> tuple[BucketSum, ...]:
    """Add up lines by currency, bucket and kind; as no registry is known, what may count is `counted`."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        so_far = sums[group.currency, excluded_bucket(group) or "counted", group.charge_kind]
        so_far[0] += group.lines
        so_far[1] += group.net_amount_minor
    for line in faulty:
        so_far = sums[line.currency, "faulty", line.charge_kind]
        so_far[0] += 1
        so_far[1] += line.net_amount_minor or 0
    return tuple(BucketSum(*key, *found) for key, found in sorted(sums.items()))


def paid_for(groups: Iterable[MrrGroup]) -> tuple[PaidFor, ...]:
    """Add up what counts by what the amounts pay for (rule 2)."""
    sums: dict[tuple[str, Way, int, int], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        if counts(group):
            months = 0 if group.way == THIS_PERIOD else group.term_months
            way = WHOLE_TERM if group.way == NO_SHARE else group.way
            so_far = sums[group.currency, way, months, group.period_days]
            so_far[0] += group.lines
            so_far[1] += group.net_amount_minor
    return tuple(PaidFor(*key, *found) for key, found in sorted(sums.items()))


def largest_accounts(groups: Iterable[MrrGroup], month: BillingMonth) -> list[LargeAccount]:
    """The accounts with the largest shares of the month, at most `LARGEST_ACCOUNTS` in each currency."""
    shares: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    lines: dict[tuple[str, str], int] = defaultdict(int)
    for group in groups:
        if counts(group):
            shares[group.currency, group.account_id] += Fraction(*share_of(group, month.days))
            lines[group.currency, group.account_id] += group.lines
    found: list[LargeAccount] = []
    for currency in sorted({key[0] for key in shares}):
        keys = sorted((key for key in shares if key[0] == currency), key=lambda key: (-shares[key], key))
        found += [LargeAccount(key[1], currency, shares[key], lines[key]) for key in keys[:LARGEST_ACCOUNTS]]
    return found


def main_currency(groups: Iterable[MrrGroup]) -> str | None:
    """The currency of most lines: the others are those of few, which may be a mistake."""
    lines: dict[str, int] = defaultdict(int)
    for group in groups:
        lines[group.currency] += group.lines
    return min(lines, key=lambda currency: (-lines[currency], currency), default=None)


def lines_of_others(
    groups: Iterable[MrrGroup], faulty: Iterable[FaultyLine], listed: Collection[str]
) -> tuple[Some[str], Some[AccountLines]]:
    """The listed reseller accounts that have no line in the month, and the accounts with lines that are not listed."""
    lines: dict[str, int] = defaultdict(int)
    for group in groups:
        lines[group.account_id] += group.lines
    for line in faulty:
        lines[line.account_id] += 1
    without = First(sorted(account_id for account_id in set(listed) if account_id not in lines))
    others = First(AccountLines(each, lines[each]) for each in sorted(lines) if each not in listed)
    return without.kept, others.kept
