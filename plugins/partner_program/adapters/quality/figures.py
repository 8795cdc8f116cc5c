"""Works out the figures of the quality report: control totals beside the lines read, and which bucket took the lines.

Unsound data has to be printed too: a value of the wrong type is shown as unreadable and is left out of every sum.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from partner_program.domain.findings import one_line
from partner_program.domain.program_unit import Unit
from partner_program.domain.revenue import (
    CHARGE_KINDS,
    POSTED,
    EntityRevenue,
    FaultyLine,
    MrrGroup,
    PeriodClose,
    excluded_bucket,
)
from partner_program.domain.totals import BUCKETS, Bucket

_TO_MATCH = "to_match"
_ORDER = (*BUCKETS, _TO_MATCH)
*_FIRST, _LAST = [kind.words for kind in CHARGE_KINDS.values() if kind.counts]
_WORDS = {
    "draft": "Not counted: drafts",
    "void": "Not counted: voided documents",
    **{kind.name: f"Not counted: {kind.words}" for kind in CHARGE_KINDS.values() if not kind.counts},
    "unmatched": "Unmatched: accounts of no partner, or of more than one",
    "not_authorized": "Not counted: partners that are not authorised",
    "faulty": "Faulty lines: they hold the partner of their account",
    "held": "Held: lines of partners that are held",
    "counted": "Counted towards MRR",
    _TO_MATCH: f"{', '.join(_FIRST)} and {_LAST}, still to be matched to partners".capitalize(),
}


class ControlRow(NamedTuple):
    """What an entity declared for a currency, and what was read; `css` is the colour of the result."""

    currency: str
    declared_lines: str
    read_lines: str
    declared_total: str
    read_total: str
    result: str
    css: str


class BucketRow(NamedTuple):
    """A bucket of one currency, in words; `is_sum` marks the row with the sum of a currency."""

    currency: str
    words: str
    lines: str
    amount: str
    is_sum: bool = False


def amount_text(minor: int | None, unit: Unit) -> str:
    """Format minor units as `-1,234.56`, with the decimals of their currency."""
    return "unreadable" if minor is None else unit.text(minor)


def _whole(value: object) -> int | None:
    return value if type(value) is int else None


def lines_read(revenue: EntityRevenue | None) -> int:
    """Count the lines of an entity that touch the month, sound or not."""
    return sum(lines for _, _, lines, _ in _read(revenue))


def _read(revenue: EntityRevenue | None) -> Iterable[tuple[str, MrrGroup | FaultyLine, int, int | None]]:
    """Yield everything read as (currency, group or line, number of lines, amount or None if it is unreadable)."""
    if revenue is None:
        return
    for group in revenue.groups:
        yield one_line(group.currency), group, _whole(group.lines) or 0, _whole(group.net_amount_minor)
    for line in revenue.faulty_lines:
        yield one_line(line.currency), line, 1, line.net_amount_minor


def control_rows(revenue: EntityRevenue | None, unit: Unit) -> Iterable[ControlRow]:
    """Compare each close with the posted lines of its currency; an unreadable amount never agrees.

    `unit` is the programme's.
    """
    posted: dict[str, list[tuple[int, int | None]]] = {}
    for currency, source, lines, amount in _read(revenue):
        if source.document_status == POSTED:
            posted.setdefault(currency, []).append((lines, amount))
    closes = {one_line(close.currency): close for close in (revenue.closes if revenue else ())}
    for currency in sorted({*closes, *posted}):
        close, rows = closes.get(currency), posted.get(currency, [])
        lines, amounts = sum(lines for lines, _ in rows), [amount for _, amount in rows]
        total = None if None in amounts else sum(amount or 0 for amount in amounts)
        result, css = _comparison(close, lines, total)
        yield ControlRow(
            currency=currency,
            declared_lines="none" if close is None else f"{close.line_count:,}",
            read_lines=f"{lines:,}",
            declared_total="none" if close is None else amount_text(close.control_total_minor, unit.of(currency)),
            read_total=amount_text(total, unit.of(currency)),
            result=result,
            css=css,
        )


def _comparison(close: PeriodClose | None, lines: int, total: int | None) -> tuple[str, str]:
    if close is None:
        return "not declared", "critical"
    if close.line_count == lines and total is None:
        return "lines agree", "warning"
    is_equal = (close.line_count, close.control_total_minor) == (lines, total)
    return ("agree", "sound") if is_equal else ("differ", "critical")


def before_matching(revenue: EntityRevenue | None) -> list[Bucket]:
    """Put lines into the buckets that need no partner; all other lines still have to be matched to one."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for currency, source, lines, amount in _read(revenue):
        bucket = excluded_bucket(source) or ("faulty" if isinstance(source, FaultyLine) else _TO_MATCH)
        count, total = sums.get((currency, bucket), (0, 0))
        sums[currency, bucket] = (count + lines, total + (amount or 0))
    return [Bucket("", currency, bucket, *counted) for (currency, bucket), counted in sums.items()]


def bucket_rows(buckets: Sequence[Bucket], revenue: EntityRevenue | None, unit: Unit) -> Iterable[BucketRow]:
    """Return the rows of buckets by currency; the last row of each is all that was read, the sum of the others."""
    read: dict[str, tuple[int, int]] = {}
    for currency, _, lines, amount in _read(revenue):
        count, total = read.get(currency, (0, 0))
        read[currency] = (count + lines, total + (amount or 0))
    for currency, (lines, total) in sorted(read.items()):
        rows = [bucket for bucket in buckets if one_line(bucket.currency) == currency]
        for row in sorted(rows, key=lambda row: _ORDER.index(row.bucket)):
            amount_words = amount_text(row.net_amount_minor, unit.of(currency))
            yield BucketRow(currency, _WORDS[row.bucket], f"{row.lines:,}", amount_words)
        put = (sum(row.lines for row in rows), sum(row.net_amount_minor for row in rows))
        words = "All lines read" if put == (lines, total) else "All lines read: not the sum of the rows above"
        yield BucketRow(currency, words, f"{lines:,}", amount_text(total, unit.of(currency)), is_sum=True)
