"""Checks that the month is complete, before any check of values (rule 7): zero rows are not zero revenue.

A check of rows passes where there are no rows, and skips nulls. So this module checks that everything that must be
there is there, and is of its type.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import (
    CLOSE,
    EXAMPLES,
    READ,
    Finding,
    group_key,
    one_line,
)
from partner_program.domain.plurals import plural
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import (
    NO_SHARE,
    PIECE_OF_TERM,
    CountedTotals,
    EntityRevenue,
    FaultyLine,
    MrrGroup,
    counted_totals,
    counts,
    may_be_negative,
    may_count,
)

TEXT_COLUMNS = ("account_id", "currency", "charge_kind", "document_status")
SHARE_COLUMNS = ("term_months", "covered_days")
BUCKET_COLUMNS = ("lines", "net_amount_minor")
LARGEST_WHOLE = 2**63 - 1
# Ten trillion in a currency with two decimals: no company bills that much; a column taken for another one may show it.
LARGEST_TOTAL_MINOR = 10**15
LEAST_PERCENT_OF_LAST_MONTH = 50


def completeness_findings(
    *,
    month: BillingMonth,
    entities: Sequence[Entity],
    revenues: Sequence[EntityRevenue],
    rated_currencies: Collection[str],
    previous: Mapping[str, CountedTotals],
) -> list[Finding]:
    """Find everything, except wrong values, that keeps a month, an entity or some partners from being assessed.

    `rated_currencies` are those with an exchange rate in the month (EUR needs none); `previous` is what counted last
    month, by entity.
    """
    found = list(_presence(month, entities, revenues))
    for revenue in revenues:
        if revenue.fault is not None:
            found.append(_fault(revenue, revenue.fault))
            continue
        found += _emptiness(revenue, month)
        found += _types(revenue)
        found += _faulty_lines(revenue)
        found += _missing_rates(revenue, month, rated_currencies)
        if not any(finding.severity == "critical" and finding.entity == revenue.entity for finding in found):
            found += _days(revenue, month)
            found += _size(revenue)
            found += _against_last_month(revenue, previous)
    return found


def _presence(month: BillingMonth, entities: Sequence[Entity], revenues: Sequence[EntityRevenue]) -> Iterable[Finding]:
    configured = {entity.entity: entity for entity in entities}
    frozen = [revenue.entity for revenue in revenues]
    for code, entity in configured.items():
        if code not in frozen and entity.bills_in(month):
            yield Finding(code, "critical", "snapshot", f"nothing was frozen for month {month}")
    for code in dict.fromkeys(frozen):
        if frozen.count(code) > 1:
            yield Finding(code, "critical", "snapshot", f"frozen {frozen.count(code)} times for month {month}")
        if code not in configured:
            yield Finding(code, "critical", "configured", "not an entity of the registry")
        elif not configured[code].bills_in(month):
            span = _span(configured[code].joined_on, configured[code].left_on)
            yield Finding(code, "warning", "configured", f"belongs to the company {span}, not in month {month}")


def _span(joined_on: date, left_on: date | None) -> str:
    return f"from {joined_on}" if left_on is None else f"from {joined_on} until {left_on}"


def _fault(revenue: EntityRevenue, fault: str) -> Finding:
    """Report the entity's fault: as a failed reading where nothing was read, else as a faulty close."""
    came_out = revenue.groups or revenue.faulty_lines or revenue.closes or revenue.reseller_accounts
    return Finding(revenue.entity, "critical", CLOSE if came_out else READ, fault)


def _emptiness(revenue: EntityRevenue, month: BillingMonth) -> Iterable[Finding]:
    declared = sum(close.line_count for close in revenue.closes)
    if not revenue.closes:
        yield Finding(revenue.entity, "critical", "closed", f"no close of month {month} was frozen")
    elif declared and not revenue.groups and not revenue.faulty_lines:
        message = f"no line was frozen, the close of month {month} names {plural(declared, 'line')}"
        yield Finding(revenue.entity, "critical", "empty", message, declared)
    elif not declared:
        yield Finding(revenue.entity, "info", "zero_lines", f"closed month {month} with zero lines", 0)


def _types(revenue: EntityRevenue) -> Iterable[Finding]:
    deciding = [group for group in revenue.groups if may_count(group)]
    for column in TEXT_COLUMNS:
        yield from _unsound(revenue, deciding, column, _is_given, f"{column}_given", "is missing or blank")
    for column in (*SHARE_COLUMNS, "minor_days"):
        # None is no gap here: the group's lines may cover other days, and `minor_days` tells them
        given = [group for group in deciding if column != "covered_days" or group.covered_days is not None]
        yield from _unsound(revenue, given, column, _is_whole, f"{column}_whole", "is no whole number")
    for column in BUCKET_COLUMNS:
        yield from _unsound(revenue, revenue.groups, column, _is_whole, f"{column}_whole", "is no whole number")


def _is_given(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_whole(value: object) -> bool:
    """Whether a value is an integer of 64 bits: not null, NaN, true, text or a float without decimals."""
    return type(value) is int and abs(value) <= LARGEST_WHOLE


def _unsound(
    revenue: EntityRevenue,
    groups: Iterable[MrrGroup],
    column: str,
    is_sound: Callable[[object], bool],
    check: str,
    wrong: str,
) -> Iterable[Finding]:
    unsound = [group for group in groups if not is_sound(getattr(group, column))]
    if unsound:
        message = f"{column} {wrong} in {plural(len(unsound), 'group')} of lines"
        examples = tuple(group_key(group) for group in unsound[:EXAMPLES])
        yield Finding(revenue.entity, "critical", check, message, len(unsound), examples)


def _days(revenue: EntityRevenue, month: BillingMonth) -> Iterable[Finding]:
    """Report sums that no lines of the month can have: each covers a day of it at least, and all at most."""
    unsound = [group for group in revenue.groups if counts(group) and not _covers_possible_days(group, month.days)]
    if unsound:
        message = f"minor_days is not within 1 to {month.days} days in {plural(len(unsound), 'group')} of lines"
        examples = tuple(group_key(group) for group in unsound[:EXAMPLES])
        yield Finding(revenue.entity, "critical", "minor_days", message, len(unsound), examples)


def _covers_possible_days(group: MrrGroup, days: int) -> bool:
    """Whether the sum fits the amounts; it cannot be told where amounts have either sign, or are not the whole term's.

    Days that are known are checked with the values of the month.
    """
    if group.covered_days is not None or group.way == PIECE_OF_TERM or may_be_negative(group.charge_kind):
        return True
    if group.way == NO_SHARE:
        return group.minor_days == 0
    return group.net_amount_minor <= group.minor_days <= group.net_amount_minor * days


def _faulty_lines(revenue: EntityRevenue) -> Iterable[Finding]:
    """Report faulty lines by column, as warnings: each holds only the partner of its account."""
    by_fault: dict[tuple[str, str], list[FaultyLine]] = {}
    for line in revenue.faulty_lines:
        by_fault.setdefault((line.column, line.expected), []).append(line)
    for (column, expected), lines in sorted(by_fault.items()):
        message = f"{plural(len(lines), 'line')} at fault in {one_line(column)}, expected {one_line(expected)}"
        examples = tuple(
            f"line {one_line(line.line_id)}, account {one_line(line.account_id)}" for line in lines[:EXAMPLES]
        )
        yield Finding(revenue.entity, "warning", f"faulty_{one_line(column)}", message, len(lines), examples)
    nameless = [line for line in revenue.faulty_lines if not line.account_id.strip()]
    if nameless:
        message = f"{plural(len(nameless), 'faulty line')} without an account: nobody can be held for it"
        examples = tuple(f"line {one_line(line.line_id)}" for line in nameless[:EXAMPLES])
        yield Finding(revenue.entity, "warning", "faulty_without_account", message, len(nameless), examples)


def _missing_rates(revenue: EntityRevenue, month: BillingMonth, rated_currencies: Collection[str]) -> Iterable[Finding]:
    known = {"EUR", *rated_currencies}
    accounts: dict[str, dict[str, None]] = {}
    for group in revenue.groups:
        if may_count(group) and _is_given(group.currency) and group.currency not in known:
            accounts.setdefault(group.currency, {})[f"account {one_line(group.account_id)}"] = None
    for currency, concerned in sorted(accounts.items()):
        message = f"no exchange rate for {one_line(currency)} in {month}: holds {plural(len(concerned), 'account')}"
        examples = tuple(islice(concerned, EXAMPLES))
        yield Finding(revenue.entity, "warning", "exchange_rate", message, len(concerned), examples)


def _size(revenue: EntityRevenue) -> Iterable[Finding]:
    sizes: dict[str, int] = {}
    for group in revenue.groups:
        sizes[group.currency] = sizes.get(group.currency, 0) + abs(group.net_amount_minor)
    for currency, size in sorted(sizes.items()):
        if size > LARGEST_TOTAL_MINOR:
            message = f"amounts in {one_line(currency)} add up to more than any company bills"
            yield Finding(revenue.entity, "critical", "magnitude", message)


def _against_last_month(revenue: EntityRevenue, previous: Mapping[str, CountedTotals]) -> Iterable[Finding]:
    before, now = previous.get(revenue.entity), counted_totals(revenue)
    if before is None or not before.lines:
        return
    if now == before:
        message = f"{plural(now.lines, 'line')} and all totals are equal to last month's: is it the same data again?"
        yield Finding(revenue.entity, "warning", "same_as_last_month", message, now.lines)
    elif now.lines * 100 < before.lines * LEAST_PERCENT_OF_LAST_MONTH:
        counted = plural(now.lines, "counted line")
        message = f"{counted}, less than {LEAST_PERCENT_OF_LAST_MONTH} % of last month's {before.lines}"
        yield Finding(revenue.entity, "warning", "row_count", message, now.lines)
