"""Looks through a month of a source: what its relations give, and what in it is wrong or looks so.

Each relation is looked at by itself, so that all of their faults are found at once. The month is read as a run reads
it, and then line by line: what only a line shows stands in no group.
"""

from collections.abc import Iterator
from pathlib import Path

from partner_program.adapters.billing.closes import close_fault, read_close_rows
from partner_program.adapters.billing.lines import (
    BillingLine,
    first_fault,
    is_sound_currency,
    plain_text,
    read_day,
    whole_amount,
)
from partner_program.adapters.billing.pull import CLOSES, COLUMNS, LINES, open_snapshot
from partner_program.adapters.billing.single_lines import lines_of_accounts, single_line
from partner_program.adapters.billing.snapshot import OPTIONAL_COLUMN, BillingFault, BillingSnapshot
from partner_program.adapters.billing.tally import LineTally, read_lines, rows_of_accounts
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import Deadline, answer_within, deadline_seconds
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import POSTED, PeriodClose
from partner_program.domain.single_lines import SingleLine
from partner_program.domain.source_check import (
    LINES_OF_ACCOUNT,
    Doubt,
    First,
    LargeAccount,
    MonthLooked,
    RelationLooked,
    RepeatedId,
    SourceCheck,
    bucket_sums,
    doubt_of,
    largest_accounts,
    lines_of_others,
    main_currency,
    paid_for,
)


def check_source(
    connection: ConnectionFields, entity: Entity, month: BillingMonth, *, largest_line: LargestLine, sql_folder: Path
) -> SourceCheck:
    """Look through a month of the relations that a connection and the entity's source give.

    All of it together takes no longer than the connection's deadline. Raises `Refusal` where its settings are wrong.
    """
    whole_time = Deadline(deadline_seconds(connection))

    def relation(name: str) -> RelationLooked:
        def look(deadline: Deadline) -> RelationLooked:
            with open_snapshot(connection, entity, sql_folder, deadline, True) as snapshot:
                return _relation(snapshot, name)

        try:
            return answer_within(whole_time.whole_seconds_left(), look)
        except Refusal as fault:
            return RelationLooked(name, True, str(fault))

    def whole(deadline: Deadline) -> MonthLooked:
        with open_snapshot(connection, entity, sql_folder, deadline, True) as snapshot:
            return _month(snapshot, month, largest_line)

    relations = tuple(map(relation, COLUMNS))
    looked: MonthLooked | None = None
    fault: str | None = None
    if not any(each.fault for each in relations):
        try:
            looked = answer_within(whole_time.whole_seconds_left(), whole)
        except Refusal as refusal:
            fault = str(refusal)
    return SourceCheck(entity.source, connection.conn_id, month, relations, fault, looked)


def _relation(snapshot: BillingSnapshot, name: str) -> RelationLooked:
    if name == CLOSES and not snapshot.has(CLOSES):
        return RelationLooked(name, False, note="not there: closes are recorded with `close record`")
    missing = snapshot.missing(name, COLUMNS[name])
    if missing or name != LINES:
        return RelationLooked(name, snapshot.has(name), missing)
    pieces = OPTIONAL_COLUMN in map(str.lower, snapshot.columns(name))
    return RelationLooked(name, True, note="" if pieces else f"without {OPTIONAL_COLUMN}, which is optional")


def _month(snapshot: BillingSnapshot, month: BillingMonth, largest: LargestLine) -> MonthLooked:
    tally = read_lines(snapshot, month, largest)
    groups = tally.groups()
    look = _Lines(month, largest, main_currency(groups))
    not_looked_at = look.read(snapshot)
    closes, closes_fault = _closes(snapshot, month, tally)
    listed = {plain_text(account_id) for (account_id,) in snapshot.rows("reseller_accounts")}
    without, others = lines_of_others(groups, tally.faulty, listed)
    posted = tally.posted()
    return MonthLooked(
        fault="; ".join(each for each in (tally.fault, closes_fault) if each) or None,
        faulty=First(sorted(tally.faulty, key=repr)).kept,
        repeated_ids=First(_repeated(snapshot)).kept,
        buckets=bucket_sums(groups, tally.faulty),
        paid_for=paid_for(groups),
        largest=_with_lines(snapshot, month, largest, tally),
        doubts=look.doubts.kept,
        doubtful=First(sorted(tally.doubtful)).kept,
        other_currencies=look.others.kept,
        accounts_without_lines=without,
        lines_of_others=others,
        figures=look.figures() if not_looked_at is None else _figures(posted),
        closes=closes,
        not_looked_at=not_looked_at,
    )


class _Lines:
    """What only single lines show: doubtful ones, those of another currency, and the figures of the close."""

    def __init__(self, month: BillingMonth, largest: LargestLine, currency: str | None) -> None:
        self._month = month
        self._largest = largest
        self._currency = currency
        self._posted: dict[str, tuple[int, int]] = {}
        self.doubts = First[Doubt]()
        self.others = First[SingleLine]()

    def read(self, snapshot: BillingSnapshot) -> str | None:
        """Look at every line of the month; return why not, where there are too many."""
        try:
            for row in rows_of_accounts(snapshot, self._month):
                self._look(BillingLine._make(row))
        except BillingFault as too_many:
            return str(too_many)
        return None

    def figures(self) -> tuple[PeriodClose, ...]:
        """The figures of the month's close, one per currency."""
        return _figures(self._posted)

    def _look(self, line: BillingLine) -> None:
        start, end, amount = read_day(line.service_start), read_day(line.service_end), whole_amount(line)
        overlaps = start and end and self._month.covered_days(start, end) > 0
        if overlaps and line.document_status == POSTED and is_sound_currency(line.currency) and amount is not None:
            lines, total = self._posted.get(line.currency, (0, 0))
            self._posted[line.currency] = (lines + 1, total + amount)
        if first_fault(line, self._largest.of(line.currency), ()) is not None:
            return
        single = single_line(line, self._month)
        why = doubt_of(single, self._month)
        if why is not None:
            self.doubts.add(Doubt(single, why))
        if single.group.currency != self._currency:
            self.others.add(single)


def _figures(posted: dict[str, tuple[int, int]]) -> tuple[PeriodClose, ...]:
    return tuple(PeriodClose(currency, *sums) for currency, sums in sorted(posted.items()))


def _closes(
    snapshot: BillingSnapshot, month: BillingMonth, tally: LineTally
) -> tuple[tuple[PeriodClose, ...] | None, str | None]:
    """Return the source's own closes, None where it has no such relation, and what in them is not as its lines are."""
    if not snapshot.has(CLOSES):
        return None, None
    try:
        closes = read_close_rows(snapshot.rows("period_closes", billing_month=str(month)), month)
    except BillingFault as fault:
        return (), str(fault)
    return closes, close_fault(month, closes, tally.posted(), tally.unsure) if closes else None


def _repeated(snapshot: BillingSnapshot) -> Iterator[RepeatedId]:
    if not snapshot.keeps_line_ids_unique():
        for line_id, lines in snapshot.rows("ids_of_several_lines"):
            yield RepeatedId(plain_text(line_id), lines)


def _with_lines(
    snapshot: BillingSnapshot, month: BillingMonth, largest: LargestLine, tally: LineTally
) -> tuple[LargeAccount, ...]:
    accounts = largest_accounts(tally.groups(), month)
    ids = {each.account_id for each in accounts}
    lines, _ = lines_of_accounts(snapshot, month, ids, largest, tally.repeated)
    of_account: dict[tuple[str, str], list[SingleLine]] = {(each.account_id, each.currency): [] for each in accounts}
    for line in lines:
        of_account.get((line.group.account_id, line.group.currency), []).append(line)
    return tuple(
        LargeAccount(
            each.account_id,
            each.currency,
            each.share_minor,
            len(found := of_account[each.account_id, each.currency]),
            tuple(found[:LINES_OF_ACCOUNT]),
        )
        for each in accounts
    )
