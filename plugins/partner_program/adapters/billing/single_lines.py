"""Reads the lines of some accounts one by one, as an entity's billing database shows them now.

Each line is judged as the pull judges it, so that its group here is the one in which it counts in a snapshot.
"""

from collections.abc import Collection
from itertools import chain
from pathlib import Path
from typing import Any

from partner_program.adapters.billing.lines import BillingLine, faulty_line, first_fault, group_of, name_of, plain_text
from partner_program.adapters.billing.pull import COLUMNS, LINES, open_snapshot
from partner_program.adapters.billing.snapshot import BillingSnapshot
from partner_program.adapters.billing.tally import lines_without_own_id, rows_of_accounts, span_of
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.deadline import Deadline, answer_within, deadline_seconds
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import FaultyLine, may_count
from partner_program.domain.single_lines import LinesRead, SingleLine

LONGEST_SECONDS = 60  # a person waits for the answer


def read_single_lines(
    connection: ConnectionFields,
    entity: Entity,
    month: BillingMonth,
    accounts: Collection[str],
    *,
    largest_line: LargestLine,
    sql_folder: Path,
) -> LinesRead:
    """Read each line of these accounts that touches the month; what is wrong with the entity becomes the `fault`."""

    def read(deadline: Deadline) -> LinesRead:
        with open_snapshot(connection, entity, sql_folder, deadline, True) as snapshot:
            snapshot.expect(LINES, COLUMNS[LINES])
            repeated = {line_id for line_id, _ in lines_without_own_id(snapshot, month)}
            lines, faulty = lines_of_accounts(snapshot, month, accounts, largest_line, repeated)
            return LinesRead(entity.entity, tuple(lines), tuple(faulty))

    try:
        return answer_within(min(deadline_seconds(connection), LONGEST_SECONDS), read)
    except Refusal as fault:
        return LinesRead(entity.entity, (), (), str(fault))


def lines_of_accounts(
    snapshot: BillingSnapshot,
    month: BillingMonth,
    accounts: Collection[str],
    largest: LargestLine,
    repeated: Collection[Any],
) -> tuple[list[SingleLine], list[FaultyLine]]:
    """Return the lines of these accounts that touch the month, and those of them that are at fault.

    `repeated` are the line ids that more than one line of the month has.
    """
    keys = map(snapshot.account_key, accounts)
    rows = chain(rows_of_accounts(snapshot, month, keys), snapshot.rows("stray_lines", **span_of(month)))
    lines: list[SingleLine] = []
    faulty: list[FaultyLine] = []
    for line in map(BillingLine._make, rows):
        if plain_text(line.account_id) not in accounts:
            continue
        wrong = first_fault(line, largest.of(line.currency), repeated)
        if wrong is not None and may_count(line):
            faulty.append(faulty_line(line, *wrong))
        else:
            lines.append(single_line(line, month))
    return lines, faulty


def single_line(line: BillingLine, month: BillingMonth) -> SingleLine:
    """Return a line with its days as found, and as a group of one."""
    days = plain_text(line.service_start), plain_text(line.service_end)
    return SingleLine(name_of(line.line_id), *days, group_of(line, month))
