"""Prints the single lines behind a receipt, as the billing databases show them now, and what differs from it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter

from rich.console import JustifyMethod

from partner_program.cli.long_tables import console as terminal
from partner_program.cli.long_tables import print_first_rows, print_rows
from partner_program.cli.options import ROWS_SHOWN
from partner_program.domain.findings import one_line
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.revenue import NO_SHARE, PIECE_OF_TERM, THIS_PERIOD, FaultyLine, MrrGroup, Way
from partner_program.domain.single_lines import ChangedGroup, FaultyLineNow, LineNow, LinesNow

_SHOWN = 20  # differences of an entity
_COLUMNS = ("entity", "account", "line", "kind", "bucket", "period", "net", "share")


def amount_text(line: FaultyLine | MrrGroup, unit: Unit = EURO) -> str:
    """Write an amount with its currency; in the own one it has the decimals of `unit`. A faulty line may have none."""
    net = line.net_amount_minor
    return f"{'' if net is None else unit.of(line.currency).text(net)} {line.currency}"


def fault_text(line: FaultyLine) -> str:
    """Write what is wrong with a line."""
    return f"{line.column} is {line.found}, expected {line.expected}"


def print_lines_now(now: LinesNow, *, every: bool, unit: Unit = EURO) -> None:
    """Print each line, and for each entity whether they are what was counted; `unit` is the programme's."""
    title, rest = "Each line, as the billing databases show it now", "lines; every one: --all"
    rows, total = (_cells(each, unit) for each in now.lines), len(now.lines)
    if every:
        print_rows(title, _sides(_COLUMNS), rows, every=True, total=total, rest=rest)
    else:
        below = _below_accounts(islice(rows, ROWS_SHOWN))
        print_first_rows(title, _sides(("entity", "id", *_COLUMNS[3:])), below, total=total, rest=rest)
    for entity in now.entities:
        if entity.fault is not None:
            _say(f"{entity.entity}: its lines cannot be named now, what was counted stands above: {entity.fault}")
        elif entity.agrees:
            _say(f"{entity.entity}: number and sum of its lines agree with what was counted")
        else:
            _print_changes(entity.entity, now, unit)


def _print_changes(entity: str, now: LinesNow, unit: Unit) -> None:
    changes = [_change_text(each, unit) for each in now.changed if each.entity == entity]
    changes += [
        f"line {one_line(each.line.line_id)} was not faulty: {fault_text(each.line)}"
        for each in now.lines
        if isinstance(each, FaultyLineNow) and each.entity == entity and not each.agrees
    ]
    changes += [
        f"line {one_line(line.line_id)} was faulty, and is not any more: {fault_text(line)}"
        for at, line in now.no_longer_faulty
        if at == entity
    ]
    _say(f"{entity}: its data has changed since the month was read:")
    for change in changes[:_SHOWN]:
        _say(f"  {change}")
    if len(changes) > _SHOWN:
        _say(f"  and {len(changes) - _SHOWN:,} more: --format json")


def _change_text(changed: ChangedGroup, unit: Unit) -> str:
    group = changed.frozen or changed.now
    if group is None:
        raise ValueError("a changed group has a side at least")
    covered = "" if group.covered_days is None else f", {plural(group.covered_days, 'day')} covered"
    what = f"account {group.account_id}, {group.charge_kind}, {group.document_status}, {pays_for(group)}{covered}"
    return f"{what}: {_sums(changed.frozen, unit)} then, {_sums(changed.now, unit)} now"


def pays_for(group: MrrGroup) -> str:
    """Write what the amounts of a group pay for (rule 2)."""
    return way_text(group.way, group.term_months, group.period_days)


def way_text(way: Way, months: int, days: int) -> str:
    """Write a way with its months of the term, or its days of exactly the period."""
    term = plural(months, "month")
    ways: dict[Way, str] = {
        THIS_PERIOD: f"a period of {plural(days, 'day')}",
        PIECE_OF_TERM: f"a piece of {term}",
        NO_SHARE: "nothing of this month",
    }
    return ways.get(way, f"a term of {term}")


def fault_row(line: FaultyLine) -> tuple[str, ...]:
    """Write a faulty line as cells: line, account, column, found, expected."""
    return line.line_id, line.account_id, line.column, line.found, line.expected


def _sums(group: MrrGroup | None, unit: Unit) -> str:
    if group is None:
        return "no line"
    own = unit.of(group.currency)
    more = f" (whole terms {own.text(group.term_amount_minor)})" if group.way == PIECE_OF_TERM else ""
    if group.covered_days is None:
        amount = "whole term" if group.way == PIECE_OF_TERM else "amount"
        more = "" if group.way == NO_SHARE else f" (each {amount} * its days: {own.text(group.minor_days)})"
    return f"{plural(group.lines, 'line')} of {amount_text(group, unit)}{more}"


def _sides(columns: Sequence[str]) -> dict[str, JustifyMethod]:
    return {name: "right" if name == "net" else "left" for name in columns}


def _below_accounts(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield each account once, and below it its lines: two ids side by side leave a terminal no room for the rest."""
    for (entity, account_id), lines in groupby(rows, key=itemgetter(0, 1)):
        yield entity, account_id, *[""] * (len(_COLUMNS) - 3)
        for _, _, line_id, *cells in lines:
            yield "", f"  {line_id}", *cells


def _cells(each: LineNow | FaultyLineNow, unit: Unit) -> tuple[str, ...]:
    bucket = each.bucket if each.agrees else "changed since"
    if isinstance(each, FaultyLineNow):
        line: FaultyLine | MrrGroup = each.line
        line_id, period, share = each.line.line_id, "", fault_text(each.line)
    else:
        line, line_id, share = each.line.group, each.line.line_id, each.share
        period = f"{each.line.service_start} to {each.line.service_end}"
    return (each.entity, line.account_id, line_id, line.charge_kind, bucket, period, amount_text(line, unit), share)


def _say(text: str) -> None:
    terminal().print(text, markup=False)
