"""The European Central Bank's reference rates, from the extract in `include/`, and their monthly means (rule 2)."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from demo.calendar_months import MONTHS
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import monthly_mean

ECB_RATES = Path(__file__).parent.parent / "include" / "program" / "ecb_rates.csv"
Rates = dict[tuple[BillingMonth, str], Decimal]


def published_rates(path: Path = ECB_RATES) -> dict[tuple[BillingMonth, str], list[Decimal]]:
    """The daily rates as published, in units of the currency per EUR, by month and currency."""
    published: dict[tuple[BillingMonth, str], list[Decimal]] = defaultdict(list)
    lines = (line for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    for row in csv.DictReader(lines):
        month = BillingMonth.of(date.fromisoformat(row.pop("day")))
        for currency, rate in row.items():
            published[month, currency].append(Decimal(rate))
    return dict(published)


def monthly_rates() -> Rates:
    """The mean rate of each month of the demo world and currency, in units per EUR."""
    published = published_rates()
    return {key: monthly_mean(rates) for key, rates in sorted(published.items()) if key[0] in MONTHS}


def rate_sources() -> dict[tuple[BillingMonth, str], str]:
    """Where each monthly mean comes from, in words that the registry stores."""
    published = published_rates()
    return {key: f"ECB euro reference rates, mean of {len(rates)} published days" for key, rates in published.items()}
