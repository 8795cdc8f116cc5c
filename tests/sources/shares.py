"""Works out what lines of contract 1 are worth in a month by rule 2, without the product's own code."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

COLUMNS = [
    "line_id",
    "account_id",
    "service_id",
    "product",
    "charge_kind",
    "service_start",
    "service_end",
    "term_months",
    "net_amount_minor",
    "currency",
    "document_status",
    "posted_on",
    "discount_bp",
    "ordered_on",
]
COUNTED = ("recurring", "usage", "credit")


def month_share(lines: Iterable[dict[str, Any]], month: str) -> Decimal:
    """The sum of the shares of posted lines, in units of their currency, to the cent."""
    year, number = map(int, month.split("-"))
    first, days = date(year, number, 1), monthrange(year, number)[1]
    end = date(year + number // 12, number % 12 + 1, 1)
    total = Fraction(0)
    for line in lines:
        assert line["charge_kind"] in COUNTED
        start, stop = line["service_start"], line["service_end"]
        if line["document_status"] != "posted":
            continue
        covered = max((min(stop, end) - max(start, first)).days, 0)
        if line["charge_kind"] == "usage":
            covered = days if first <= start < end else 0
        if line["term_months"] is None:
            total += Fraction(line["net_amount_minor"] * covered, (stop - start).days)
            continue
        price = line.get("term_amount_minor")
        whole = line["net_amount_minor"] if price is None else price
        total += Fraction(whole, line["term_months"]) * Fraction(covered, days)
    return Decimal(round(total)) / 100


def holds_contract_types(line: dict[str, Any]) -> None:
    """Fail if a value of a sound line does not have the type that contract 1 gives its column."""
    assert [column for column in line if column not in ("term_amount_minor", "doubt")] == COLUMNS
    for column in ("line_id", "account_id", "charge_kind", "currency", "document_status"):
        assert type(line[column]) is str, column
    for column in ("service_start", "service_end", "posted_on"):
        assert type(line[column]) is date, column
    assert type(line["net_amount_minor"]) is int
    assert line["term_months"] is None or type(line["term_months"]) is int
    assert line.get("term_amount_minor") is None or type(line["term_amount_minor"]) is int
    assert line["service_id"] is None or type(line["service_id"]) is str
    assert line["discount_bp"] is None
    assert line["ordered_on"] is None or type(line["ordered_on"]) is date
    assert line["service_start"] < line["service_end"]
    assert line["term_months"] is None or line["term_months"] >= 1
    assert line["net_amount_minor"] >= 0 or line["charge_kind"] == "credit"
