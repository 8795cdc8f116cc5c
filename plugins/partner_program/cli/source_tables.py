"""Prints what was seen of a source: one table for each question, none for what there is nothing to say about."""

from collections.abc import Iterable, Iterator, Sequence

import click
from rich.markup import escape

from partner_program.cli.line_tables import amount_text, fault_row, pays_for, way_text
from partner_program.cli.long_tables import print_table, visible
from partner_program.cli.table_cells import titled_table
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import one_line
from partner_program.domain.money import euros_text
from partner_program.domain.plurals import plural
from partner_program.domain.revenue import (
    PIECE_OF_TERM,
    THIS_PERIOD,
    WHOLE_TERM,
    Way,
    excluded_bucket,
    share_in_words,
)
from partner_program.domain.single_lines import SingleLine
from partner_program.domain.source_check import (
    LargeAccount,
    MonthLooked,
    RelationLooked,
    Some,
    SourceCheck,
    minor_text,
)

_NAMED = 12  # accounts in one line of text
# As the page of the sources and of the programme's rules call them.
_WAYS: dict[Way, str] = {WHOLE_TERM: "a", PIECE_OF_TERM: "b", THIS_PERIOD: "c"}


def print_source_check(check: SourceCheck, close_commands: Sequence[str]) -> None:
    """Print everything that was seen, the figures of the close last."""
    what = f"source {check.source}" if check.source else "the entity's own relations"
    click.echo(f"{what} on {check.connection_id}, month {check.billing_month}")
    _print_table(
        "Relations (contract 1)",
        ("relation", "columns and types"),
        zip((each.relation for each in check.relations), _each_fault_once(check.relations), strict=True),
    )
    if check.fault:
        click.echo(f"FAIL the month cannot be read: {check.fault}")
    if check.month:
        _print_month(check.month, check.billing_month)
        _print_close(check.month, close_commands)


def _each_fault_once(relations: Iterable[RelationLooked]) -> Iterator[str]:
    """What is wrong with each relation: a connection that fails does so for all of them, in the same words."""
    said = set[str]()
    for each in relations:
        yield "the same" if each.fault in said else each.fault or each.note or "right"
        said.add(each.fault or "")


def _print_month(looked: MonthLooked, month: BillingMonth) -> None:
    if looked.fault:
        click.echo(f"FAIL {looked.fault}")
    faulty, repeated = looked.faulty, looked.repeated_ids
    columns = ("line", "account", "column", "found", "expected")
    _print_some("FAIL Faulty lines", columns, faulty, map(fault_row, faulty.first))
    rows = ((one_line(each.line_id), str(each.lines)) for each in repeated.first)
    _print_some("FAIL Ids that several lines have, in whatever months", ("line", "lines"), repeated, rows)
    _print_sums(looked)
    _print_largest(looked.largest, month)
    _print_doubts(looked, month)


def _print_sums(looked: MonthLooked) -> None:
    _print_table(
        "Where the lines go (what may count: counted)",
        ("currency", "bucket", "kind", "lines", "net"),
        (
            (each.currency, each.bucket, each.charge_kind, str(each.lines), euros_text(each.net_amount_minor))
            for each in looked.buckets
        ),
    )
    paid = (
        (each, way_text(each.way, each.months, each.days), euros_text(each.net_amount_minor))
        for each in looked.paid_for
    )
    _print_table(
        "What the amounts that count pay for",
        ("currency", "way", "pays for", "lines", "net"),
        ((each.currency, _WAYS[each.way], words, str(each.lines), net) for each, words, net in paid),
    )


def _print_largest(accounts: Sequence[LargeAccount], month: BillingMonth) -> None:
    # one column for both ids, so that a UUID stays whole and can be copied
    rows: list[tuple[str, ...]] = []
    for each in accounts:
        rows.append((each.account_id, plural(each.line_count, "line"), "", "", _total(each)))
        rows += [(f"  {line_id}", *cells) for line_id, *cells in (_line_cells(line, month) for line in each.lines)]
        if each.line_count > len(each.lines):
            rows.append((f"  and {plural(each.line_count - len(each.lines), 'more line')}", "", "", "", ""))
    _print_table("The largest accounts, and their lines", ("id", "kind", "period", "net", "share of the month"), rows)


def _total(account: LargeAccount) -> str:
    return f"{minor_text(account.share_minor)} {account.currency}"


def _line_cells(line: SingleLine, month: BillingMonth) -> tuple[str, ...]:
    group = line.group
    bucket = excluded_bucket(group)
    counted = f"{_WAYS[group.way]}: {share_in_words(group, month.days)[1]}"
    period = f"{line.service_start} to {line.service_end}"
    return line.line_id, group.charge_kind, period, amount_text(group), f"not counted: {bucket}" if bucket else counted


def _print_doubts(looked: MonthLooked, month: BillingMonth) -> None:
    if looked.not_looked_at:
        click.echo(f"look: the lines were not looked at one by one: {looked.not_looked_at}")
    _print_some(
        "look: Lines whose period or price looks wrong; they count as they say",
        ("line", "account", "pays for", "period", "net", "why"),
        looked.doubts,
        (
            (
                each.line.line_id,
                each.line.group.account_id,
                pays_for(each.line.group),
                *_line_cells(each.line, month)[2:4],
                each.why,
            )
            for each in looked.doubts.first
        ),
    )
    _print_some(
        "look: Lines of which the system does not say what they are for",
        ("line", "account", "kind", "period", "net", "why"),
        looked.doubtful,
        (
            (
                each.line_id,
                each.account_id,
                each.charge_kind,
                f"{each.service_start} to {each.service_end}",
                f"{euros_text(each.net_amount_minor)} {each.currency}",
                each.doubt,
            )
            for each in looked.doubtful.first
        ),
    )
    _print_some(
        "look: Lines in other currencies than most",
        ("line", "account", "kind", "period", "net", "share of the month"),
        looked.other_currencies,
        (
            (line.line_id, line.group.account_id, *_line_cells(line, month)[1:])
            for line in looked.other_currencies.first
        ),
    )
    _print_names("reseller account", "without any line in the month", looked.accounts_without_lines)
    others = looked.lines_of_others
    named = Some(others.count, tuple(f"{one_line(each.account_id)} ({each.lines})" for each in others.first))
    _print_names("account", "not in program_reseller_account, with lines (how many)", named)


def _print_names(noun: str, what: str, names: Some[str]) -> None:
    if names.count:
        more = f" and {names.count - _NAMED:,} more" if names.count > _NAMED else ""
        click.echo(f"look: {plural(names.count, noun)} {what}: {', '.join(map(one_line, names.first[:_NAMED]))}{more}")


def _print_close(looked: MonthLooked, close_commands: Sequence[str]) -> None:
    if looked.closes:
        closed = ", ".join(f"{each.currency} {plural(each.line_count, 'line')}" for each in looked.closes)
        click.echo(f"close: {closed}" + ("" if looked.fault else "; what was read agrees with it"))
    elif looked.closes is not None:
        click.echo("close: its own program_period_close does not have the month yet")
    elif close_commands:
        click.echo("close: after comparing these figures with the system's own report, record them:")
        for command in close_commands:
            click.echo(f"  {command}")
    elif looked.buckets or looked.accounts_without_lines.count:
        click.echo("close: no posted line of a reseller account in the month")
    else:
        click.echo("close: no account is marked as a reseller's; only the lines of marked accounts are read")


def _print_some(title: str, columns: Sequence[str], some: Some[object], rows: Iterable[Sequence[str]]) -> None:
    _print_table(title, columns, rows)
    if some.count > len(some.first):
        click.echo(f"and {some.count - len(some.first):,} more")


def _print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = titled_table(title, *columns, right=tuple(name for name in columns if name in ("lines", "net")))
    for row in rows:
        table.add_row(*(escape(visible(cell)) for cell in row))
    if table.row_count:
        print_table(table)
