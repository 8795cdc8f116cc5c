"""Monthly recurring revenue: what each entity billed, share by share, merged per partner (rule 2).

To add a charge kind, add one row to `CHARGE_KINDS`: the statements that read billing databases, the checks, the
buckets and the messages take their kinds from there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from partner_program.domain.billing_month import months_later
from partner_program.domain.plurals import plural


class ChargeKind(NamedTuple):
    """A kind of charge, and what the programme does with its lines.

    `code` stands for the name in a billing database's answers: from 1 to `LARGEST_CODE`, never changed, never given to
    another kind. Posted lines of a kind that `counts` are monthly recurring revenue; the lines of any other kind go to
    a bucket of the kind's name. `words` are what people call such lines, in the plural. Where `may_be_negative` is not
    set, a negative amount is a fault of its line. A line of a kind that `is_metered` counts whole in the month in which
    its service period starts, and its term is 1 month.
    """

    name: str
    code: int
    words: str
    counts: bool = False
    may_be_negative: bool = False
    is_metered: bool = False


LARGEST_CODE = 999


def kinds_by_name(*rows: ChargeKind) -> Mapping[str, ChargeKind]:
    """The kinds by name, in the order of the rows. Raises `ValueError` where two have the same name or code."""
    names, codes = [row.name for row in rows], [row.code for row in rows]
    for row in rows:
        if names.count(row.name) > 1 or codes.count(row.code) > 1:
            raise ValueError(f"charge kind {row.name}, code {row.code}: another row has the same name or code")
        if not 1 <= row.code <= LARGEST_CODE:
            raise ValueError(f"charge kind {row.name}: code {row.code}, expected 1 to {LARGEST_CODE}")
    return MappingProxyType(dict(zip(names, rows, strict=True)))


# A new kind takes the next code. The first eight have theirs by alphabet: groups then come almost sorted, which spares
# a fiftieth of a pull; nothing relies on it.
CHARGE_KINDS = kinds_by_name(
    ChargeKind("recurring", 5, "recurring fees", counts=True),
    ChargeKind("usage", 8, "usage", counts=True, is_metered=True),
    ChargeKind("credit", 1, "credits", counts=True, may_be_negative=True),
    ChargeKind("setup", 6, "setup fees", may_be_negative=True),
    ChargeKind("one_off", 4, "one-off fees", may_be_negative=True),
    ChargeKind("deposit", 2, "deposits", may_be_negative=True),
    ChargeKind("goodwill", 3, "goodwill credits", may_be_negative=True),
    ChargeKind("tax", 7, "taxes", may_be_negative=True),
)
COUNTED_KINDS = tuple(kind.name for kind in CHARGE_KINDS.values() if kind.counts)
EXCLUDED_KINDS = tuple(kind.name for kind in CHARGE_KINDS.values() if not kind.counts)

# Each status with its code, to which the same applies as to the code of a kind; from 1 to 9.
DOCUMENT_STATUSES: Mapping[str, int] = MappingProxyType({"posted": 2, "draft": 1, "void": 3})
POSTED = "posted"
UNPOSTED_STATUSES = tuple(status for status in DOCUMENT_STATUSES if status != POSTED)

# The same to be asked of each group of lines: a tuple is searched word by word.
_COUNTED, _EXCLUDED, _UNPOSTED = frozenset(COUNTED_KINDS), frozenset(EXCLUDED_KINDS), frozenset(UNPOSTED_STATUSES)


class Charge(Protocol):
    """What decides whether a line or a group of lines counts; either value may be unknown to the programme."""

    @property
    def charge_kind(self) -> str:
        """The name of its kind."""

    @property
    def document_status(self) -> str:
        """The status of its invoice or credit note."""


def counts(charge: Charge) -> bool:
    """Whether it is posted and of a kind that makes monthly recurring revenue."""
    return charge.document_status == POSTED and charge.charge_kind in _COUNTED


def excluded_bucket(charge: Charge) -> str | None:
    """The bucket of a line that never counts, whoever it belongs to; None for one that may count."""
    if charge.document_status in _UNPOSTED:
        return charge.document_status
    return charge.charge_kind if charge.charge_kind in _EXCLUDED else None


def may_count(charge: Charge) -> bool:
    """Whether it goes to no excluded bucket, so that its values may decide about money."""
    return excluded_bucket(charge) is None


def may_be_negative(charge_kind: str) -> bool:
    """Whether lines of the kind may have a negative amount; a name that is no kind may not."""
    kind = CHARGE_KINDS.get(charge_kind)
    return kind is not None and kind.may_be_negative


def is_metered(charge_kind: str) -> bool:
    """Whether lines of the kind count whole in the month in which their service period starts."""
    kind = CHARGE_KINDS.get(charge_kind)
    return kind is not None and kind.is_metered


Way = Literal["term", "piece", "period", "none"]
WHOLE_TERM: Way = "term"
PIECE_OF_TERM: Way = "piece"
THIS_PERIOD: Way = "period"
NO_SHARE: Way = "none"


class MrrGroup(NamedTuple):
    """Lines of one account without a fault that touch the month and count alike: what a billing database returns.

    `net_amount_minor` is the sum of the whole line amounts. `way` is what the amounts pay for (rule 2): the whole term,
    of `term_months`; a piece of a term; or exactly this period, of `period_days`, with `term_months` 1 as the lines
    have none. Lines that give the month nothing are of the way `none`, with `term_months` 1: those of an excluded
    bucket, and metered ones whose service starts in another month. What the way does not need is 0.

    `minor_days` is the sum of each line's amount times the days of the month that it covers, in minor units; the amount
    is the price of the whole term where the line pays for a piece of one. A metered line covers all days of the month.

    `covered_days` is None, unless all lines are known to cover equally many days: a single line, and the groups of
    snapshots that earlier versions froze. These have no `minor_days`, and may be of any way but `none`;
    `term_amount_minor` is then the sum of the prices of whole terms.
    """

    account_id: str
    currency: str
    charge_kind: str
    document_status: str
    term_months: int
    covered_days: int | None
    lines: int
    net_amount_minor: int
    way: Way = WHOLE_TERM
    period_days: int = 0
    term_amount_minor: int = 0
    minor_days: int = 0

    @property
    def key(self) -> "GroupKey":
        """What its lines have in common; no two groups of an entity have the same."""
        return (*self[:6], self.way, self.period_days)

    @property
    def weighted_minor(self) -> int:
        """The sum of each line's amount times its days, however the group tells them."""
        if self.covered_days is None:
            return self.minor_days
        amount = self.term_amount_minor if self.way == PIECE_OF_TERM else self.net_amount_minor
        return amount * self.covered_days


WHOLE_TERM_FIELDS = MrrGroup._fields[:8]  # the others say nothing about a whole term whose days are known
GroupKey = tuple[str, str, str, str, int, int | None, Way, int]


def without_days(group: MrrGroup) -> MrrGroup:
    """The same lines as one of the groups in which they are added up whatever days they cover."""
    if group.covered_days is None:
        return group
    nothing = group._replace(term_months=1, covered_days=None, way=NO_SHARE, period_days=0, term_amount_minor=0)
    if group.covered_days == 0 or not may_count(group):
        return nothing
    return group._replace(covered_days=None, term_amount_minor=0, minor_days=group.weighted_minor)


def added_up(groups: Iterable[MrrGroup]) -> tuple[MrrGroup, ...]:
    """Groups with an equal key as one, in order."""
    sums: dict[GroupKey, MrrGroup] = {}
    for group in groups:
        so_far = sums.get(group.key)
        sums[group.key] = group if so_far is None else _sum(so_far, group)
    return tuple(sums[key] for key in sorted(sums))


def _sum(left: MrrGroup, right: MrrGroup) -> MrrGroup:
    return left._replace(
        lines=left.lines + right.lines,
        net_amount_minor=left.net_amount_minor + right.net_amount_minor,
        term_amount_minor=left.term_amount_minor + right.term_amount_minor,
        minor_days=left.minor_days + right.minor_days,
    )


class FaultyLine(NamedTuple):
    """A line that touches the month and cannot be counted; `net_amount_minor` is None if it is not a whole number.

    `account_id`, `currency`, `charge_kind` and `document_status` are as found, empty for NULL.
    `column`, `found` and `expected` say what is wrong, `found` bounded and printable.
    """

    line_id: str
    account_id: str
    currency: str
    charge_kind: str
    document_status: str
    net_amount_minor: int | None
    column: str
    found: str
    expected: str


# How far the period of a line may be from its whole term (rule 2): a service that runs on for some days until the first
# of a month is ordinary, and so is a month told as 28 or 30 days.
MOST_DAYS_OVER_TERM = 7
MOST_DAYS_UNDER_TERM = 2
# The kinds whose lines are told by a term; a metered line counts whole in one month, whatever its period is.
KINDS_WITH_TERM = tuple(kind.name for kind in CHARGE_KINDS.values() if kind.counts and not kind.is_metered)


def is_longer_than_term(service_start: date, service_end: date, term_months: int) -> bool:
    """Whether a period contradicts a whole term: its amount would count in each month, again and again."""
    return service_end - months_later(service_start, term_months) > timedelta(days=MOST_DAYS_OVER_TERM)


def is_shorter_than_term(service_start: date, service_end: date, term_months: int) -> bool:
    """Whether a period is so much shorter than a whole term that its amount may pay for the period alone."""
    return months_later(service_start, term_months) - service_end > timedelta(days=MOST_DAYS_UNDER_TERM)


class ShortLine(NamedTuple):
    """A line that counts as a whole term, with a period that is shorter than it: for a person to look at (rule 2).

    `service_start` and `service_end` are ISO days. `covered_days` are days of the month, `period_days` those of the
    period.
    """

    line_id: str
    account_id: str
    currency: str
    charge_kind: str
    service_start: str
    service_end: str
    term_months: int
    covered_days: int
    period_days: int
    net_amount_minor: int


class DoubtfulLine(NamedTuple):
    """A sound line of which the billing system does not say what it is for, and `doubt` is why, in words.

    It counts as it says, or lies in its bucket; the days are as found.
    """

    line_id: str
    account_id: str
    currency: str
    charge_kind: str
    service_start: str
    service_end: str
    net_amount_minor: int
    doubt: str


class PeriodClose(NamedTuple):
    """An entity's statement that a month is complete in a currency: its posted lines and the sum of their amounts."""

    currency: str
    line_count: int
    control_total_minor: int


class SourceFile(NamedTuple):
    """A file from which lines were read: its size in bytes, and its last change as `YYYY-MM-DDTHH:MM:SSZ`."""

    path: str
    size_bytes: int
    changed_at: str


@dataclass(frozen=True, slots=True)
class EntityRevenue:
    """What one entity billed in one month, as frozen; `fault` says why none of it can be relied on.

    With a fault the groups may be empty or partial: they are shown in the buckets and never counted. The lines in
    `short_lines` and `doubtful_lines` are in the groups too. `files` are where it was read from, if it was from files:
    they belong to no comparison and no hash, as equal lines in a file that was written again are nothing new.
    """

    entity: str
    groups: tuple[MrrGroup, ...]
    faulty_lines: tuple[FaultyLine, ...]
    closes: tuple[PeriodClose, ...]
    reseller_accounts: tuple[str, ...]
    fault: str | None = None
    short_lines: tuple[ShortLine, ...] = ()
    doubtful_lines: tuple[DoubtfulLine, ...] = ()
    files: tuple[SourceFile, ...] = field(default=(), compare=False)


def has_share(group: MrrGroup) -> bool:
    """Whether lines count in this month, even if their share of it is 0."""
    return counts(group) and group.way != NO_SHARE and group.covered_days != 0


def share_of(group: MrrGroup, days: int) -> tuple[int, int]:
    """What lines are worth in a month of so many days, in minor units: a ratio that is not reduced (rule 2).

    Of a whole term `net amount / term months * covered days / days`, of a piece the same with the price of its whole
    term; of exactly a period `net amount * covered days / days of the period`.
    """
    return group.weighted_minor, group.period_days if group.way == THIS_PERIOD else group.term_months * days


def share_in_words(group: MrrGroup, days: int) -> tuple[Fraction, str]:
    """The exact share of a month of so many days in minor units, 0 where the lines do not count, and its formula."""
    if not counts(group):
        return Fraction(0), "not counted"
    if group.way == NO_SHARE:
        return Fraction(0), "counts in the month in which it starts"
    is_piece, covered = group.way == PIECE_OF_TERM, days_of_each(group, days)
    term = "" if group.way == THIS_PERIOD else f" / {plural(group.term_months, 'month')}"
    of_days = f"{plural(group.period_days, 'day')} of the period" if group.way == THIS_PERIOD else f"{days} days"
    if covered is None:
        amount = "whole term" if is_piece else "amount"
        words = f"each {amount} * its days: {group.minor_days}{term} / {of_days}"
    else:
        amount = f"whole term {group.term_amount_minor}" if is_piece else str(group.net_amount_minor)
        words = f"{amount}{term} * {covered} / {of_days}"
    return Fraction(*share_of(group, days)), words


def days_of_each(group: MrrGroup, days: int) -> int | None:
    """How many days of a month of so many each line covers; None where the group does not show it.

    It shows it for one line, and for lines of the whole month; but not the price of the term of a piece.
    """
    if group.covered_days is not None:
        return group.covered_days
    if group.way in (PIECE_OF_TERM, NO_SHARE) or not group.net_amount_minor:
        return None
    if group.lines == 1:
        return group.minor_days // group.net_amount_minor
    is_whole_month = group.minor_days == group.net_amount_minor * days and not may_be_negative(group.charge_kind)
    return days if is_whole_month else None


@dataclass(frozen=True, slots=True)
class CountedTotals:
    """How many lines of an entity counted in a month, and their whole amounts: (currency, minor units) by currency."""

    lines: int
    amounts: tuple[tuple[str, int], ...]


def counted_totals(revenue: EntityRevenue) -> CountedTotals:
    """Add up what counts at an entity, whichever partner's it is; the next month is compared with this."""
    lines, amounts = 0, dict[str, int]()
    for group in revenue.groups:
        if counts(group):
            lines += group.lines
            amounts[group.currency] = amounts.get(group.currency, 0) + group.net_amount_minor
    return CountedTotals(lines, tuple(sorted(amounts.items())))
