"""The lines of a month, added up: the database groups them, only what cannot be relied on is read line by line.

Accounts in which anything looks wrong are left out of the groups and read again as lines, so that a bad line is
named, and the sound lines beside it still count.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any, cast

from partner_program.adapters.billing.closes import UnsureLine
from partner_program.adapters.billing.lines import (
    BillingLine,
    faulty_line,
    first_fault,
    group_of,
    is_sound_account,
    is_sound_currency,
    whole_amount,
)
from partner_program.adapters.billing.shapes import SHAPE_BINDS, Shapes
from partner_program.adapters.billing.snapshot import BillingSnapshot
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import (
    POSTED,
    UNPOSTED_STATUSES,
    FaultyLine,
    MrrGroup,
    counts,
    may_count,
)

MOST_FAULTY_LINES = 10_000
# Fewer than this are rows at fault, however few sound ones there are: each holds the partner of its account alone.
LEAST_FAULTY_LINES = 100
# What lines that look wrong may add up to, either way: half of what a column of whole numbers holds, the rest is for
# the sound ones.
_LARGEST_SUM = 2**62
# tens of thousands of groups are made here: this way stays out of the interpreter's loop
_make = cast(Callable[[tuple[Any, ...]], MrrGroup], partial(tuple.__new__, MrrGroup))
_Key = tuple[str, str, str, str, int, int]  # a group without its sums


class LineTally:
    """A month's lines: sound ones as groups, excluded ones that only look wrong, and faulty ones."""

    def __init__(self, month: BillingMonth, largest: int, repeated: Collection[Any]) -> None:
        """Begin empty; `repeated` are the line ids that more than one line has."""
        self._month = month
        self._largest = largest
        self._repeated = repeated
        self._grouped: list[MrrGroup] = []
        self._sound: dict[_Key, tuple[int, int]] = {}
        self._excluded: dict[_Key, tuple[int, int]] = {}
        self._looks_wrong_minor = 0
        self.faulty: list[FaultyLine] = []
        self.unsure: list[UnsureLine] = []

    def keep(self, groups: list[MrrGroup]) -> None:
        """Take groups as the database made them, in order, each once; every line in them is sound."""
        self._grouped = groups

    def judge(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take lines one by one; reading ends where there are too many faulty ones to go on."""
        for row in rows:
            line = BillingLine._make(row)
            wrong = first_fault(line, self._largest, self._repeated)
            if wrong is None:
                _add(self._sound, group_of(line, self._month))
                continue
            self._looks_wrong_minor += abs(whole_amount(line) or 0)
            if may_count(line):
                self.faulty.append(faulty_line(line, *wrong))
            else:
                _add(self._excluded, group_of(line, self._month))
            if line.document_status not in UNPOSTED_STATUSES:
                currency = line.currency if is_sound_currency(line.currency) else None
                self.unsure.append(UnsureLine(currency, whole_amount(line)))
            if len(self.faulty) > MOST_FAULTY_LINES:
                return

    def forget_what_no_column_holds(self) -> None:
        """Take the lines that look wrong as lines without an amount, where no column can hold the sum of theirs.

        All of them, so that the order in which they were read changes nothing.
        """
        if self._looks_wrong_minor <= _LARGEST_SUM:
            return
        self.faulty = [line._replace(net_amount_minor=None) for line in self.faulty]
        self.unsure = [line._replace(net_amount_minor=None) for line in self.unsure]
        self._excluded = {key: (lines, 0) for key, (lines, _) in self._excluded.items()}

    def groups(self) -> tuple[MrrGroup, ...]:
        """All groups in order, each once."""
        if not self._sound and not self._excluded:
            return tuple(self._grouped)
        sums = dict(self._sound)
        for group in self._grouped:
            _add(sums, group)
        for key, (lines, amount) in self._excluded.items():
            _add(sums, MrrGroup(*key, lines, amount))
        return tuple(MrrGroup(*key, *sums[key]) for key in sorted(sums))

    def posted(self) -> dict[str, tuple[int, int]]:
        """Sound posted lines and the sum of their amounts, per currency."""
        sums: dict[str, tuple[int, int]] = {}
        for _, currency, _, status, _, _, lines, amount in self._all_sound():
            if status == POSTED:
                known_lines, known_amount = sums.get(currency, (0, 0))
                sums[currency] = (known_lines + lines, known_amount + amount)
        return sums

    @property
    def fault(self) -> str | None:
        """Why the entity's lines cannot be relied on as a whole; None where that is not so."""
        if len(self.faulty) < LEAST_FAULTY_LINES:
            return None
        sound = sum(group.lines for group in self._all_sound() if counts(group))
        if len(self.faulty) <= min(sound, MOST_FAULTY_LINES):
            return None
        column, _ = min(Counter(line.column for line in self.faulty).items(), key=lambda item: (-item[1], item[0]))
        examples = sorted((line.line_id, line.found, line.expected) for line in self.faulty if line.column == column)
        named = ", ".join(f"line {line_id} {found}" for line_id, found, _ in examples[:3])
        return (
            f"{len(self.faulty)} lines are faulty and {sound} that count are sound; "
            f"most often {column}: {named}; expected {examples[0][2]}"
        )

    def _all_sound(self) -> Iterator[MrrGroup]:
        yield from self._grouped
        yield from (MrrGroup(*key, *sums) for key, sums in self._sound.items())


def read_lines(snapshot: BillingSnapshot, month: BillingMonth, largest: int) -> LineTally:
    """Read every line that touches the month, or that might for want of a date."""
    span = {"first_day": str(month.first_day), "next_first_day": str(month.following.first_day)}
    bounds = {"days": month.days, "smallest": -largest, "largest": largest}
    groups = snapshot.rows("month_groups", **span, **bounds, **SHAPE_BINDS)
    accounts = _Accounts(groups)
    which = "blank_line_ids" if snapshot.keeps_line_ids_unique() else "repeated_line_ids"
    nameless = list(snapshot.rows(which, **span))
    tally = LineTally(month, largest, {line_id for line_id, _ in nameless})
    suspect = accounts.suspect() | {account_id for _, account_id in nameless}
    if suspect:
        keys = {each: snapshot.account_key(each) for each in accounts if isinstance(each, str | bytes)}
        named = {keys[account_id] for account_id in suspect if account_id in keys}
        for account_id in list(accounts):
            # by key, too: a binary value and a text with the same bytes are read together
            if account_id in suspect or keys.get(account_id) in named:
                del accounts[account_id]
        tally.judge(snapshot.rows("lines_of_accounts", **span, accounts=json.dumps(sorted(named))))
    tally.keep(accounts.in_order())
    tally.judge(snapshot.rows("stray_lines", **span))
    tally.forget_what_no_column_holds()
    return tally


class _Accounts(dict[Any, list[Any]]):
    """Each account's groups as `MrrGroup`; one that cannot be relied on has no kind."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take the rows of `month_groups`; an account and a currency are one object however many groups they have."""
        super().__init__()
        self._currencies: dict[Any, Any] = {}
        self._shapes = Shapes()
        known, share, shapes = self.get, self._currencies.setdefault, self._shapes
        for who, currency, shape, lines, total in rows:
            groups = known(who)
            if groups is None:
                groups = self[who] = []
            else:
                who = groups[0][0]  # the one that is kept
            groups.append(_make((who, share(currency, currency), *shapes[shape], lines, total)))

    def suspect(self) -> set[Any]:
        """Those with anything that cannot be relied on."""
        suspect = {account_id for account_id in self if not is_sound_account(account_id)}
        unsound = {currency for currency in self._currencies if not is_sound_currency(currency)}
        if unsound or None in self._shapes:
            groups = chain.from_iterable(self.values())
            suspect |= {group[0] for group in groups if group[2] is None or group[1] in unsound}
        return suspect

    def in_order(self) -> list[MrrGroup]:
        """All groups, by account and what follows: to sort them at once, or in the database, takes far longer."""
        return [group for account_id in sorted(self) for group in sorted(self[account_id])]


def _add(sums: dict[_Key, tuple[int, int]], group: MrrGroup) -> None:
    lines, amount = sums.get(group[:6], (0, 0))
    sums[group[:6]] = (lines + group.lines, amount + group.net_amount_minor)
