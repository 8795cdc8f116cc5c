"""The suite of value checks as a table: each check's name, rule in words, severity and Great Expectations class.

A check of the same name in `domain.completeness` has run before, on nulls, texts and empty data too; the suite runs it
again with another engine and shows it on the entity's page.
"""

from collections.abc import Mapping
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.completeness import BUCKET_COLUMNS, SHARE_COLUMNS, TEXT_COLUMNS
from partner_program.domain.findings import Severity
from partner_program.domain.revenue import CHARGE_KINDS, COUNTED_KINDS, POSTED

NUMBER_COLUMNS = (*SHARE_COLUMNS, *BUCKET_COLUMNS)
_NEGATIVE_KINDS = tuple(kind.name for kind in CHARGE_KINDS.values() if kind.counts and kind.may_be_negative)
_KEY = (*TEXT_COLUMNS, *SHARE_COLUMNS, "way", "period_days")


class Check(NamedTuple):
    """One expectation about every group, except groups whose charge kind is in `exempt_kinds`."""

    name: str
    rule: str
    expectation: str
    arguments: Mapping[str, object]
    severity: Severity = "critical"
    exempt_kinds: tuple[str, ...] = ()


def suite(month: BillingMonth, currency: str | None) -> list[Check]:
    """Return the checks of one entity's groups; `currency` is its own, None if the registry lacks the entity."""
    checks = [*_columns_given(), *_values(month)]
    if currency is not None:
        rule = f"currency should be the entity's own, {currency}; another one is converted"
        checks.append(_one_of("entity_currency", rule, "currency", [currency], "warning"))
    return checks


def _columns_given() -> list[Check]:
    """Return not-null checks of each column: the checks of sets, ranges and uniqueness all skip nulls."""
    null, blank = "ExpectColumnValuesToNotBeNull", "ExpectColumnValuesToMatchRegex"
    checks = []
    for column in TEXT_COLUMNS:
        name, rule = f"{column}_given", f"{column} must be given"
        checks.append(Check(name, rule, null, {"column": column}))
        checks.append(Check(name, f"{rule}, not blank", blank, {"column": column, "regex": r"\S"}))
    for column in NUMBER_COLUMNS:
        checks.append(Check(f"{column}_whole", f"{column} must be given", null, {"column": column}))
    return checks


def _values(month: BillingMonth) -> list[Check]:
    kinds = f"charge_kind must be one that counts: {', '.join(COUNTED_KINDS)}"
    sign = f"net_amount_minor must not be negative, but for a {' or '.join(_NEGATIVE_KINDS)}"
    again = "one account, currency, kind, term and number of days should come up once"
    return [
        _one_of("month", f"billing_month must be {month}", "billing_month", [str(month)]),
        _one_of("kind", kinds, "charge_kind", list(COUNTED_KINDS)),
        _one_of("status", f"document_status must be {POSTED}", "document_status", [POSTED]),
        _between("term", "term_months must be at least 1", "term_months", 1),
        _between("days", f"covered_days must be from 0 to {month.days}", "covered_days", 0, month.days),
        _between("line_count", "lines must be at least 1", "lines", 1),
        _between("sign", sign, "net_amount_minor", 0)._replace(exempt_kinds=_NEGATIVE_KINDS),
        Check("once", again, "ExpectCompoundColumnsToBeUnique", {"column_list": list(_KEY)}, "warning"),
    ]


def _one_of(name: str, rule: str, column: str, values: list[str], severity: Severity = "critical") -> Check:
    return Check(name, rule, "ExpectColumnValuesToBeInSet", {"column": column, "value_set": values}, severity)


def _between(name: str, rule: str, column: str, least: int, most: int | None = None) -> Check:
    bounds = {"column": column, "min_value": least, "max_value": most}
    return Check(name, rule, "ExpectColumnValuesToBeBetween", bounds)
