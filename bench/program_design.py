"""Measures how long comparing many drafts of a programme over settled months takes."""

import time
from collections.abc import Callable
from datetime import date

from bench import Measurement
from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import months_from_to
from partner_program.domain.program_design import PartnerPast, Past, compare_drafts
from partner_program.domain.program_sweep import read_sweep, swept
from partner_program.domain.registry import GraceGrant
from partner_program.domain.simulation import Discounts, SettledResult
from partner_program.usecases.installation import PROJECT

PARTNERS = 1_000
MONTHS = months_from_to(first=BillingMonth(2015, 7), last=BillingMonth(2017, 6))
GRANTED_EVERY = 20  # of so many partners one has a grant, and is decided month after month
LIMIT_SECONDS = 60.0


def measure() -> list[Measurement]:
    """Compare the drafts once; seconds of processor time of one core."""
    program = load_program(PROJECT / "include" / "program" / "2015-07-27.yaml")
    sweeps = ("tiers.3.from_mrr_cents=410000..600000/10000", "tiers.3.monthly_fee_discount_bp=910..1000/10")
    drafts, _ = swept(program, [read_sweep(each) for each in sweeps])
    partners = [_partner(number, program.earned_tier) for number in range(PARTNERS)]
    begun = time.process_time()
    past = Past(partners, MONTHS, 6)
    compare_drafts(past=past, drafts=drafts, near_bp=200)
    seconds = time.process_time() - begun
    how = f"{len(drafts)} drafts, {len(MONTHS)} months, {PARTNERS:,} partners, one of {GRANTED_EVERY} with a grant"
    return [Measurement("compare drafts of a programme", seconds, LIMIT_SECONDS, "s", how)]


def _partner(number: int, earned_tier: Callable[[int], int]) -> PartnerPast:
    """An invented partner in any tier, whose revenue goes up and down by a tenth."""
    usual = 300_00 * (1 + number * 7 % 160)
    results = []
    for at, month in enumerate(MONTHS):
        total = usual + usual * ((number + at) % 21 - 10) // 100
        day = month.following.first_day.replace(day=3)
        results.append(
            SettledResult(month, at, f"P{number}", day, day, total, earned_tier(total), Discounts(800, 2_000, "Silver"))
        )
    grant = GraceGrant(f"G{number}", f"P{number}", 5, date(2015, 9, 1), date(2016, 3, 1), "pat", "a start")
    return PartnerPast(tuple(results), () if number % GRANTED_EVERY else (grant,), ())
