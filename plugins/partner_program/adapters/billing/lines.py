"""Judges a billing line: sound, only shown in its bucket, or at fault (rules 2 and 7, contract 1)."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from partner_program.adapters.billing.snapshot import CUT, LONGEST_TEXT
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import LARGEST_TOTAL_MINOR
from partner_program.domain.revenue import (
    CHARGE_KINDS,
    DOCUMENT_STATUSES,
    PIECE_OF_TERM,
    THIS_PERIOD,
    DoubtfulLine,
    FaultyLine,
    MrrGroup,
    ShortLine,
    counts,
    is_longer_than_term,
    is_metered,
    is_shorter_than_term,
    may_be_negative,
    may_count,
)

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
# Amounts here have two decimals in every currency, so that an amount in one of these loses its last digit (ISO 4217).
_OF_MORE_DECIMALS = frozenset({"BHD", "CLF", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "UYW"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BLANK = " "  # the SQL statements trim the same character
_NUL = "\0"  # PostgreSQL cannot store it
_YEARS = range(1970, 2200)
_LONGEST_FOUND = 60
_LONGEST_TERM = 2**31 - 1  # an integer, as the contract says
_SHORT = f"an id of at most {LONGEST_TEXT} characters"
TERM_OF_PERIOD = "a term at most a week shorter than its period, or empty where the amount pays for exactly this period"


class BillingLine(NamedTuple):
    """A line exactly as the database has it, in the column order of the statements that read lines."""

    line_id: Any
    account_id: Any
    charge_kind: Any
    service_start: Any
    service_end: Any
    term_months: Any
    net_amount_minor: Any
    currency: Any
    document_status: Any
    term_amount_minor: Any = None


def is_sound_currency(currency: object) -> bool:
    """Return whether the currency is written as three capital letters."""
    return isinstance(currency, str) and _CURRENCY.fullmatch(currency) is not None


def currency_expected(currency: object) -> str | None:
    """Return what is expected of the currency of a line, or None if its amounts can be counted."""
    if not is_sound_currency(currency):
        return "three capital letters"
    return "a currency without a third decimal" if currency in _OF_MORE_DECIMALS else None


def is_sound_account(account_id: object) -> bool:
    """Return whether the account id is a text that is neither blank nor too long and that every database can store."""
    return (
        isinstance(account_id, str)
        and account_id.strip(_BLANK) != ""
        and _NUL not in account_id
        and len(account_id) <= LONGEST_TEXT
    )


def is_too_long(value: object) -> bool:
    """Return whether a text is longer than any that a line may have."""
    return isinstance(value, str | bytes) and len(value) > LONGEST_TEXT


def first_fault(line: BillingLine, largest: int, repeated: Collection[Any]) -> tuple[str, str] | None:
    """Return the first column at fault, in the contract's order, and what is expected there; None for a sound line."""
    if line.line_id is None or str(line.line_id).strip(_BLANK) == "":
        return "line_id", "an id"
    if len(str(line.line_id)) > LONGEST_TEXT:
        return "line_id", _SHORT
    if line.line_id in repeated:
        return "line_id", "an id that no other line of the month has"
    if not is_sound_account(line.account_id):
        return "account_id", _SHORT if is_too_long(line.account_id) else "an account id"
    if line.charge_kind not in CHARGE_KINDS:
        return "charge_kind", f"one of {', '.join(CHARGE_KINDS)}"
    return _period_fault(line) or _value_fault(line, largest)


def _period_fault(line: BillingLine) -> tuple[str, str] | None:
    start, end = read_day(line.service_start), read_day(line.service_end)
    if start is None:
        return "service_start", "a day as YYYY-MM-DD"
    if end is None:
        return "service_end", "a day as YYYY-MM-DD"
    if end <= start:
        return "service_end", f"a day after service_start {start}"
    return None


def _value_fault(line: BillingLine, largest: int) -> tuple[str, str] | None:
    amount = line.net_amount_minor
    term_expected = _term_expected(line.term_months, line.charge_kind)
    if term_expected:
        return "term_months", term_expected
    term_amount_expected = _term_amount_expected(line, largest)
    if term_amount_expected:
        return "term_amount_minor", term_amount_expected
    if not isinstance(amount, int):
        return "net_amount_minor", "a whole number of minor units"
    if abs(amount) > largest:
        return "net_amount_minor", f"at most {largest} either way"
    if amount < 0 and not may_be_negative(line.charge_kind):
        return "net_amount_minor", f"no negative amount on a {line.charge_kind} line"
    expected = currency_expected(line.currency)
    if expected:
        return "currency", expected
    if line.document_status not in DOCUMENT_STATUSES:
        return "document_status", f"one of {', '.join(DOCUMENT_STATUSES)}"
    if _is_longer_than_term(line):
        return "term_months", TERM_OF_PERIOD
    return None


def _is_longer_than_term(line: BillingLine) -> bool:
    days = _days_of_whole_term(line)
    return days is not None and is_longer_than_term(*days, line.term_months)


def _days_of_whole_term(line: BillingLine) -> tuple[date, date] | None:
    """Return the period of a line that may count as a whole term, or None; a usage line counts whole in one month."""
    if line.term_amount_minor is not None or not may_count(line) or is_metered(line.charge_kind):
        return None
    start, end = read_day(line.service_start), read_day(line.service_end)
    if start is None or end is None or not isinstance(line.term_months, int) or line.term_months < 1:
        return None
    return start, end


def short_line(line: BillingLine, month: BillingMonth) -> ShortLine | None:
    """Return a sound line that counts in the month as a whole term with a shorter period, otherwise None."""
    days = _days_of_whole_term(line)
    covered = _covered_days(line, month)
    if days is None or not covered or not counts(line) or not is_shorter_than_term(*days, line.term_months):
        return None
    return ShortLine(
        line_id=plain_text(line.line_id),
        account_id=line.account_id,
        currency=line.currency,
        charge_kind=line.charge_kind,
        service_start=str(days[0]),
        service_end=str(days[1]),
        term_months=line.term_months,
        covered_days=covered,
        period_days=(days[1] - days[0]).days,
        net_amount_minor=line.net_amount_minor,
    )


def doubtful_line(row: tuple[Any, ...]) -> DoubtfulLine:
    """Return a row of `doubtful_lines`, with texts that can be stored and an amount that is none as 0."""
    found = dict(zip(DoubtfulLine._fields, row, strict=True))
    amount = found.pop("net_amount_minor")
    known = isinstance(amount, int) and abs(amount) <= LARGEST_TOTAL_MINOR
    texts = {name: name_of(value) for name, value in found.items()}
    return DoubtfulLine(**texts, net_amount_minor=amount if known else 0)


def _term_expected(term_months: object, charge_kind: str) -> str | None:
    """Return what is expected of a term, or None; it may be empty: the amount then pays for exactly the period."""
    if term_months is None:
        return f"1 on a {charge_kind} line" if is_metered(charge_kind) else None
    if not isinstance(term_months, int) or not 1 <= term_months <= _LONGEST_TERM:
        return "a whole number of months, 1 or more"
    if is_metered(charge_kind) and term_months != 1:
        return f"1 on a {charge_kind} line"
    return None


def _term_amount_expected(line: BillingLine, largest: int) -> str | None:
    """Return what is expected of the price of a whole term, or None; only a piece of a term has one (rule 2)."""
    price, amount = line.term_amount_minor, line.net_amount_minor
    if price is None:
        return None
    if line.term_months is None:
        return "no price of a term where term_months is empty"
    if is_metered(line.charge_kind):
        return f"empty on a {line.charge_kind} line"
    if not isinstance(price, int):
        return "a whole number of minor units"
    if abs(price) > largest:
        return f"at most {largest} either way"
    if price < 0 and not may_be_negative(line.charge_kind):
        return f"no negative amount on a {line.charge_kind} line"
    if isinstance(amount, int) and price * amount < 0:
        return f"the sign of net_amount_minor, which is {amount}"
    return None


def read_day(value: object) -> date | None:
    """Read a day written as YYYY-MM-DD; None if it is not a date or not in a year that a service can have."""
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:  # a day such as 2015-02-31
        return None
    return day if day.year in _YEARS else None


def group_of(line: BillingLine, month: BillingMonth) -> MrrGroup:
    """Return the line as a group of one; unreliable dates of an excluded line count as 0 days, its term as 1.

    What an excluded line pays for decides nothing, so that all of them are of the first way.
    """
    group = MrrGroup(
        account_id=plain_text(line.account_id),
        currency=plain_text(line.currency),
        charge_kind=plain_text(line.charge_kind),
        document_status=plain_text(line.document_status),
        term_months=1 if line.term_months is None or _term_expected(line.term_months, "") else line.term_months,
        covered_days=_covered_days(line, month),
        lines=1,
        net_amount_minor=whole_amount(line) or 0,
    )
    if not may_count(line):
        return group
    if line.term_months is None:
        start, end = read_day(line.service_start), read_day(line.service_end)
        return group._replace(way=THIS_PERIOD, period_days=(end - start).days if start and end else 0)
    if line.term_amount_minor is not None:
        return group._replace(way=PIECE_OF_TERM, term_amount_minor=line.term_amount_minor)
    return group


def _covered_days(line: BillingLine, month: BillingMonth) -> int:
    """Count the days of the month that the line covers; a metered line counts whole in its first month (rule 2)."""
    start, end = read_day(line.service_start), read_day(line.service_end)
    if start is None or end is None:
        return 0
    if is_metered(line.charge_kind):
        return month.days if start >= month.first_day and start < end else 0
    return month.covered_days(start, end)


def whole_amount(line: BillingLine) -> int | None:
    """Return the amount if it is a whole number that a company can bill, otherwise None.

    A value clipped at the column's maximum is not an amount.
    """
    amount = line.net_amount_minor
    return amount if isinstance(amount, int) and abs(amount) <= LARGEST_TOTAL_MINOR else None


def faulty_line(line: BillingLine, column: str, expected: str) -> FaultyLine:
    """Return the line together with what is wrong in it."""
    return FaultyLine(
        line_id=name_of(line.line_id),
        account_id=name_of(line.account_id),
        currency=name_of(line.currency),
        charge_kind=name_of(line.charge_kind),
        document_status=name_of(line.document_status),
        net_amount_minor=whole_amount(line),
        column=column,
        found=_found(line, column, expected),
        expected=expected,
    )


def _found(line: BillingLine, column: str, expected: str) -> str:
    found = cell_for_people(getattr(line, column))
    # a term alone is not wrong here: only beside its period
    return f"{found} for {line.service_start} to {line.service_end}" if expected == TERM_OF_PERIOD else found


def name_of(value: object) -> str:
    """Return a cell as text that names a line in messages: only the beginning of one that is too long."""
    text = plain_text(value)
    return text if len(text) <= LONGEST_TEXT else text[:_LONGEST_FOUND] + "..."


def short(value: Any) -> Any:
    """Return a cell without the rest of a text that is too long: it is at fault, whatever the rest may be."""
    return value[:CUT] if isinstance(value, str | bytes) else value


def plain_text(value: object) -> str:
    """Return a cell as text that every database can store.

    NULL becomes an empty text; NUL characters and bytes that are not UTF-8 become hexadecimal escapes.
    """
    if value is None:
        return ""
    value = short(value)
    text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
    return text.replace(_NUL, "\\x00")


def cell_for_people(value: object) -> str:
    """Return a cell for people: short, printable, and a text in quotes so that `'12'` is not taken for 12."""
    if value is None:
        return "NULL"
    start = plain_text(value[:_LONGEST_FOUND] if isinstance(value, str | bytes) else value)
    text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in start)
    quoted = f"'{text}'" if isinstance(value, str | bytes) else text
    return quoted if len(quoted) <= _LONGEST_FOUND else quoted[: _LONGEST_FOUND - 3] + "..."
