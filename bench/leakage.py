"""Measures leakage of a month against the pull of the same month, on the pull's world: seconds of processor time."""

import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

from bench import Measurement
from bench.pull import (
    ACCOUNTS,
    ENTITY,
    LARGEST_LINE_MINOR,
    MONTH,
    RATE_BEGINS_ON,
    SQL_FOLDER,
    discounts_bp,
    pull,
    seconds,
    write_billing,
)
from partner_program.adapters.billing.order_lines import read_order_lines
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.dated import Period
from partner_program.domain.entitlement import Entitlements
from partner_program.domain.leakage import KINDS, Leakage, judge_orders
from partner_program.domain.program import LargestLine
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.registry import AccountLink

_MONTHS_OF_RATES = 42


def measure(lines: int = 1_000_000, pairs: int = 11) -> list[Measurement]:
    """Time pairs of leakage and pull for one recent month, each line with a product, an order day and a discount."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "billing.db"
        write_billing(file, lines)
        entitlements = entitlements_of_all()
        ratios = []
        for _ in range(pairs):
            pulled = seconds(lambda: pull(file), time.process_time)
            ratios.append(seconds(lambda: leakage(file, entitlements), time.process_time) / pulled)
        found = leakage(file, entitlements)
    how = f"{lines:,} lines, {found.total(*KINDS).lines:,} lines of orders in {MONTH}; median of {pairs} pairs"
    return [Measurement("leakage of a month / pull a month", median(ratios), 1.5, "x", how)]


def leakage(file: Path, entitlements: Entitlements) -> Leakage:
    """Read the measured month's orders and judge them, as the product does."""
    read = read_order_lines(
        ConnectionFields("billing_nl", "sqlite", host=str(file)),
        ENTITY,
        MONTH,
        largest_line=LargestLine(LARGEST_LINE_MINOR),
        sql_folder=SQL_FOLDER,
    )
    assert read.fault is None, read.fault  # noqa: S101 - a figure of a fault would be none
    with without_collecting():
        return judge_orders(
            month=MONTH, reads=[read], entitlements=entitlements, rates={"EUR": Decimal(1)}, prepayment_bp={12: 1_000}
        )


def entitlements_of_all() -> Entitlements:
    """A partner for each account, with a rate of each month since 2012."""
    days = [date(2012 + number // 12, number % 12 + 1, RATE_BEGINS_ON) for number in range(_MONTHS_OF_RATES)]
    rate = [Rate(day, RateTerms(1, discounts_bp(day)[0], 1_000, "Bronze")) for day in days]
    return Entitlements(
        go_live=date(2012, 1, 15),
        links=[
            AccountLink(f"P{number}", ENTITY.entity, f"A{number:06d}", Period(date(2012, 1, 1)))
            for number in range(ACCOUNTS)
        ],
        partners=[],
        agreements=[],
        rates={f"P{number}": rate for number in range(ACCOUNTS)},
    )
