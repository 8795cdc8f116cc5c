"""A change of a programme's tier table that somebody tries: other thresholds and discounts from a day on."""

from dataclasses import dataclass
from datetime import date

from partner_program.domain.money import percent_text
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EURO, Unit


@dataclass(frozen=True, slots=True)
class TierTerms:
    """What a tier begins with, in cents of the unit, and discounts, in basis points; None is no such discount."""

    from_mrr_cents: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int | None


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """The terms of every tier, lowest first, and the cap of promotions if there is one, from a day on."""

    in_force_from: date
    promotion_cap_bp: int | None
    tiers: tuple[TierTerms, ...]


def unchanged(program: Program, *, in_force_from: date) -> ProgramChange:
    """A programme's own terms as a change that changes nothing but the day."""
    tiers = tuple(
        TierTerms(each.from_mrr_cents, each.monthly_fee_discount_bp, each.setup_fee_discount_bp)
        for each in program.tiers
    )
    return ProgramChange(in_force_from, program.promotion_cap_bp, tiers)


def differences(before: TierTerms, now: TierTerms, unit: Unit = EURO) -> list[str]:
    """What of a tier's terms would be another, in words; nothing where all stays."""
    found = []
    if now.from_mrr_cents != before.from_mrr_cents:
        found.append(f"threshold {unit.text(before.from_mrr_cents)} to {unit.amount(now.from_mrr_cents)}")
    for words, old, new in (
        ("monthly fee", before.monthly_fee_discount_bp, now.monthly_fee_discount_bp),
        ("setup fee", before.setup_fee_discount_bp, now.setup_fee_discount_bp),
    ):
        if new is not None and old is not None and new != old:
            found.append(f"{words} {percent_text(old)} to {percent_text(new)}")
    return found
