"""Reads the lines that pay for a term of so many months and end or begin on some days, as the database has them now."""

import json
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

from partner_program.adapters.billing.lines import BillingLine, first_fault, name_of, plain_text, read_day
from partner_program.adapters.billing.pull import COLUMNS, LINES, open_snapshot
from partner_program.adapters.billing.snapshot import BillingSnapshot
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import Deadline, answer_within, deadline_seconds
from partner_program.domain.contracts import TermLine, TermLinesRead
from partner_program.domain.program import LargestLine
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import POSTED

_FEES = "recurring"
_FIELDS = len(BillingLine._fields)


def read_term_lines(
    connection: ConnectionFields,
    entity: Entity,
    *,
    term_months: int,
    from_day: date,
    to_day: date,
    largest_line: LargestLine,
    sql_folder: Path,
    accounts: Collection[str] | None = None,
    longest_seconds: int | None = None,
) -> TermLinesRead:
    """Read an entity's posted lines of recurring fees whose service starts or ends (exclusive) on one of these days.

    The database picks them: those of `accounts`, or of all. `longest_seconds` is for somebody who waits, and shortens
    the connection's own deadline. What is wrong with the entity becomes the `fault`.
    """

    def read(deadline: Deadline) -> TermLinesRead:
        with open_snapshot(connection, entity, sql_folder, deadline, True) as snapshot:
            snapshot.expect(LINES, COLUMNS[LINES])
            days = {"from_day": str(from_day), "to_day": str(to_day)}
            return _lines_of(entity, snapshot, {**days, "term_months": term_months}, accounts, largest_line)

    try:
        seconds = deadline_seconds(connection)
        return answer_within(seconds if longest_seconds is None else min(seconds, longest_seconds), read)
    except Refusal as fault:
        return TermLinesRead(entity.entity, (), fault=str(fault))


def _lines_of(
    entity: Entity,
    snapshot: BillingSnapshot,
    asked: Mapping[str, object],
    accounts: Collection[str] | None,
    largest: LargestLine,
) -> TermLinesRead:
    lines: list[TermLine] = []
    faulty: list[str] = []
    keys = json.dumps(sorted(map(snapshot.account_key, accounts or ())))
    whose = {"accounts": keys, "every_account": int(accounts is None)}
    for row in snapshot.rows("term_lines", **asked, **whose, charge_kind=_FEES):
        line = BillingLine(*row[:_FIELDS])
        start, end = read_day(line.service_start), read_day(line.service_end)
        if first_fault(line, largest.of(line.currency), ()) is not None or start is None or end is None:
            faulty.append(name_of(line.line_id))
        elif line.charge_kind == _FEES and line.document_status == POSTED:
            service_id, product = map(plain_text, row[_FIELDS:])
            lines.append(
                TermLine(
                    account_id=plain_text(line.account_id),
                    service_id=service_id,
                    service_start=start,
                    service_end=end,
                    line_id=plain_text(line.line_id),
                    product=product,
                    currency=line.currency,
                    term_months=line.term_months,
                    net_amount_minor=line.net_amount_minor,
                    term_amount_minor=line.term_amount_minor,
                )
            )
    return TermLinesRead(entity.entity, tuple(lines), tuple(sorted(faulty)))
