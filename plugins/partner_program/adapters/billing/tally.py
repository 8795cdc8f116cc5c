"""Adds up the lines of a month: the database groups them, and only accounts with doubtful lines are read line by line.

Accounts in which anything looks wrong are left out of the groups and read again as lines, so that a bad line is
named, and the sound lines of the account still count.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any, cast

from partner_program.adapters.billing.closes import UnsureLine
from partner_program.adapters.billing.lines import (
    BillingLine,
    currency_expected,
    doubtful_line,
    faulty_line,
    first_fault,
    group_of,
    is_sound_account,
    is_sound_currency,
    short,
    short_line,
    whole_amount,
)
from partner_program.adapters.billing.shapes import IN_DOUBT, SHAPE_BINDS, Shapes
from partner_program.adapters.billing.snapshot import BillingFault, BillingSnapshot
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import LARGEST_WHOLE
from partner_program.domain.plurals import plural
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import (
    CHARGE_KINDS,
    NO_SHARE,
    POSTED,
    UNPOSTED_STATUSES,
    WHOLE_TERM,
    DoubtfulLine,
    FaultyLine,
    GroupKey,
    MrrGroup,
    ShortLine,
    added_up,
    counts,
    may_count,
    without_days,
)

MOST_FAULTY_LINES = 10_000
# Fewer faulty lines than this are never a fault of the whole entity: each only holds the partner of its account.
LEAST_FAULTY_LINES = 100
# The largest sum, positive or negative, of lines that look wrong: half of what a whole-number column holds. The other
# half is left for the sound lines.
_LARGEST_SUM = 2**62
_METERED = {kind.name for kind in CHARGE_KINDS.values() if kind.is_metered}
# makes tens of thousands of groups without running Python code for each
_make = cast(Callable[[tuple[Any, ...]], MrrGroup], partial(tuple.__new__, MrrGroup))

_Sums = tuple[int, int, int]  # lines, net_amount_minor, minor_days


class LineTally:
    """A month's lines: sound ones as groups, excluded ones that only look wrong, faulty ones, and short ones.

    `largest` is the largest amount of a line, by currency; `repeated` are the line ids that more than one line has.
    """

    def __init__(self, month: BillingMonth, largest: LargestLine, repeated: Collection[Any]) -> None:
        self._month = month
        self._largest = largest
        self.repeated = repeated
        self._grouped: list[MrrGroup] = []
        self._sound: dict[GroupKey, _Sums] = {}
        self._excluded: dict[GroupKey, _Sums] = {}
        self._looks_wrong_minor = 0
        self.faulty: list[FaultyLine] = []
        self.unsure: list[UnsureLine] = []
        self.short: list[ShortLine] = []
        self.doubtful: list[DoubtfulLine] = []

    def keep(self, groups: list[MrrGroup]) -> None:
        """Take the groups that the database made, in order, each once; every line in them is sound."""
        self._grouped = groups

    def judge(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Judge lines one by one; stop reading once there are more than `MOST_FAULTY_LINES` faulty ones."""
        for row in rows:
            line = BillingLine._make(row)
            wrong = first_fault(line, self._largest.of(line.currency), self.repeated)
            if wrong is None:
                _add(self._sound, without_days(group_of(line, self._month)))
                short = short_line(line, self._month)
                if short is not None:
                    self.short.append(short)
                continue
            self._looks_wrong_minor += abs(whole_amount(line) or 0)
            if may_count(line):
                self.faulty.append(faulty_line(line, *wrong))
            else:
                _add(self._excluded, without_days(group_of(line, self._month)))
            if line.document_status not in UNPOSTED_STATUSES:
                currency = line.currency if is_sound_currency(line.currency) else None
                self.unsure.append(UnsureLine(currency, whole_amount(line)))
            if len(self.faulty) > MOST_FAULTY_LINES:
                return

    def doubt(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take the lines that the entity itself has a doubt about; those that are at fault are named already."""
        named = {line.line_id for line in self.faulty}
        self.doubtful += (line for line in map(doubtful_line, rows) if line.line_id not in named)

    def drop_unstorable_amounts(self) -> None:
        """Drop the amounts of all lines that look wrong, if their sum is larger than a column can hold.

        All amounts are dropped, so that the result does not depend on the order in which the lines were read.
        """
        if self._looks_wrong_minor <= _LARGEST_SUM:
            return
        self.faulty = [line._replace(net_amount_minor=None) for line in self.faulty]
        self.unsure = [line._replace(net_amount_minor=None) for line in self.unsure]
        self._excluded = {key: (lines, 0, 0) for key, (lines, *_) in self._excluded.items()}

    def groups(self) -> tuple[MrrGroup, ...]:
        """Return all groups in order, each once; raises `BillingFault` where no column holds a sum of one."""
        if not self._sound and not self._excluded:
            return _storable(self._grouped)
        sums = dict(self._sound)
        for group in self._grouped:
            _add(sums, group)
        for key, sums_of_key in self._excluded.items():
            _add(sums, _group(key, sums_of_key))
        return _storable([_group(key, sums[key]) for key in sorted(sums)])

    def posted(self) -> dict[str, tuple[int, int]]:
        """Return the number of sound posted lines and the sum of their amounts, per currency."""
        sums: dict[str, list[int]] = {}
        for group in self._all_sound():
            if group.document_status == POSTED:
                found = sums.get(group.currency)
                if found is None:
                    found = sums[group.currency] = [0, 0]
                found[0] += group.lines
                found[1] += group.net_amount_minor
        return {currency: (lines, amount) for currency, (lines, amount) in sums.items()}

    @property
    def fault(self) -> str | None:
        """Return why the entity's lines as a whole cannot be relied on, or None."""
        if len(self.faulty) < LEAST_FAULTY_LINES:
            return None
        sound = sum(group.lines for group in self._all_sound() if counts(group))
        if len(self.faulty) <= min(sound, MOST_FAULTY_LINES):
            return None
        column, _ = min(Counter(line.column for line in self.faulty).items(), key=lambda item: (-item[1], item[0]))
        examples = sorted((line.line_id, line.found, line.expected) for line in self.faulty if line.column == column)
        named = ", ".join(f"line {line_id} {found}" for line_id, found, _ in examples[:3])
        return (
            f"{plural(len(self.faulty), 'line is', 'lines are')} faulty and "
            f"{plural(sound, 'that counts is', 'that count are')} sound; "
            f"most often {column}: {named}; expected {examples[0][2]}"
        )

    def _all_sound(self) -> Iterator[MrrGroup]:
        yield from self._grouped
        yield from (_group(key, sums) for key, sums in self._sound.items())


def read_lines(snapshot: BillingSnapshot, month: BillingMonth, largest: LargestLine) -> LineTally:
    """Read every line that overlaps the month, including lines whose dates cannot be read."""
    span = span_of(month)
    bounds = {"days": month.days, "smallest": -largest.smallest, "largest": largest.smallest}
    groups = snapshot.rows("month_groups", **span, **bounds, **SHAPE_BINDS)
    accounts = _Accounts(groups)
    nameless = lines_without_own_id(snapshot, month)
    tally = LineTally(month, largest, {line_id for line_id, _ in nameless})
    suspect = accounts.suspect() | {account_id for _, account_id in nameless}
    if suspect:
        keys, again = read_again(snapshot, accounts, suspect)
        for account_id in again:
            del accounts[account_id]
        tally.judge(rows_of_accounts(snapshot, month, keys))
    tally.keep(accounts.in_order())
    tally.judge(snapshot.rows("stray_lines", **span))
    if snapshot.has_doubts:
        tally.doubt(snapshot.rows("doubtful_lines", **span))
    tally.drop_unstorable_amounts()
    return tally


def span_of(month: BillingMonth) -> dict[str, str]:
    """Return the binds that say which month is read."""
    return {"first_day": str(month.first_day), "next_first_day": str(month.following.first_day)}


def read_again(
    snapshot: BillingSnapshot, accounts: Iterable[Any], suspect: Collection[Any]
) -> tuple[set[str], list[Any]]:
    """Return the keys of suspicious accounts, and every account that has one of them.

    A binary value and a text with the same bytes have one key, and are read together.
    """
    keys = {each: snapshot.account_key(each) for each in accounts if isinstance(each, str | bytes)}
    named = {keys[account_id] for account_id in suspect if account_id in keys}
    return named, [each for each in accounts if each in suspect or keys.get(each) in named]


def rows_of_accounts(
    snapshot: BillingSnapshot, month: BillingMonth, keys: Iterable[str] | None = None, *, of_orders: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Return the lines that overlap the month as rows: of the accounts with these keys, or of all of them.

    With `of_orders`, each row begins with product, discount, day of the order and day of the invoice.
    """
    accounts = json.dumps(sorted(keys or ()))
    name = "lines_of_accounts_of_orders" if of_orders else "lines_of_accounts"
    return snapshot.rows(name, **span_of(month), accounts=accounts, every_account=int(keys is None))


def lines_without_own_id(snapshot: BillingSnapshot, month: BillingMonth) -> list[tuple[Any, ...]]:
    """Return id and account of each line that has no id, or the id of another line of the month."""
    which = "blank_line_ids" if snapshot.keeps_line_ids_unique() else "repeated_line_ids"
    return [tuple(map(short, row)) for row in snapshot.rows(which, **span_of(month))]


class _Shared(dict[Any, Any]):
    """Keeps one object for equal values; of a text that is too long only its beginning."""

    def __missing__(self, value: Any) -> Any:
        self[short(value)] = short(value)
        return self[short(value)]


class _Accounts(dict[Any, list[Any]]):
    """Each account's groups as `MrrGroup`, from the rows of `month_groups`; kind `IN_DOUBT` marks lines in doubt.

    To save memory, an account id or a currency is one object, however many groups have it.
    """

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        super().__init__()
        self._currencies = _Shared()
        self._shapes = Shapes()
        self._of_other_ways: set[Any] = set()
        known, shared, shapes = self.get, self._currencies, self._shapes
        for who, currency, shape, lines, total, minor_days in rows:
            groups = known(who)
            if groups is None:
                who = short(who)
                groups = self.setdefault(who, [])
            else:
                who = groups[0][0]  # use the object that is kept
            kind, status, term, way, period = shapes[shape]
            if way is not WHOLE_TERM:
                if way is NO_SHARE:
                    minor_days = 0
                if way is not NO_SHARE or kind in _METERED:
                    self._of_other_ways.add(who)
            # written out, as `*shape` in the tuple is slower, for tens of thousands of groups
            groups.append(
                _make((who, shared[currency], kind, status, term, None, lines, total, way, period, 0, minor_days))
            )

    def suspect(self) -> set[Any]:
        """Return the accounts in which something cannot be relied on."""
        suspect = {account_id for account_id in self if not is_sound_account(account_id)}
        unsound = {currency for currency in self._currencies if currency_expected(currency)}
        if unsound or None in self._shapes:
            groups = chain.from_iterable(self.values())
            suspect |= {group[0] for group in groups if group[2] == IN_DOUBT or group[1] in unsound}
        return suspect

    def in_order(self) -> list[MrrGroup]:
        """Return all groups, sorted account by account: sorting all at once, or in the database, takes far longer.

        Groups of whole terms, and of an excluded bucket, differ in the first fields of their key already, and are
        compared as they are.
        """
        keys = dict.fromkeys(self._of_other_ways, attrgetter("key"))
        may_repeat = not self._shapes.are_one_group_each
        ordered: list[MrrGroup] = []
        for account_id in sorted(self):
            groups: Collection[MrrGroup] = self[account_id]
            if may_repeat and len({group.key for group in groups}) < len(groups):
                groups = added_up(groups)
            ordered += sorted(groups, key=keys.get(account_id))
        return ordered


def _storable(groups: Sequence[MrrGroup]) -> tuple[MrrGroup, ...]:
    sums = [group[-1] for group in groups]
    if sums and (set(map(type, sums)) != {int} or max(sums) > LARGEST_WHOLE or min(sums) < -LARGEST_WHOLE):
        raise BillingFault("program_mrr_line: amounts times their days add up to more than any company bills")
    return tuple(groups)


def _add(sums: dict[GroupKey, _Sums], group: MrrGroup) -> None:
    lines, amount, minor_days = sums.get(group.key, (0, 0, 0))
    sums[group.key] = (
        lines + group.lines,
        amount + group.net_amount_minor,
        minor_days + group.minor_days,
    )


def _group(key: GroupKey, sums: _Sums) -> MrrGroup:
    *head, way, period_days = key
    lines, amount, minor_days = sums
    return _make((*head, lines, amount, way, period_days, 0, minor_days))
