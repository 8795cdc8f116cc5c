"""The book of changes: what a month would put in force, for whoever approves it; unusual changes first (rule 13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.brake import Move
from partner_program.domain.columns import ADDED
from partner_program.domain.families import Families, families_moved
from partner_program.domain.large_change import LARGE, LargeChange
from partner_program.domain.letter_order import LetterChange, reading_order
from partner_program.domain.money import percent_text
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.settlement import Decision
from partner_program.domain.totals import HeldPartner

Direction = Literal["falls", "rises", "first", "stays", "rises while held", "ends"]
Answer = Literal["not needed", "waits", "approved", "refused"]


@dataclass(frozen=True, slots=True)
class BookRow:
    """What the month would change for one partner; EUR cents and basis points, None where there is nothing.

    `previous_*` are the tier of the last assessed month, the rate in force before, and the counted revenue of the
    month before. `has_large_change` says that the revenue moved so much that somebody should look. `rates_alone` says
    what the tier would have been at the exchange rates of an earlier month, where the programme looks at that and it
    would have been another.
    """

    partner_id: str
    direction: Direction
    previous_tier: int | None
    tier: int | None
    previous_monthly_fee_discount_bp: int | None
    monthly_fee_discount_bp: int | None
    previous_setup_fee_discount_bp: int | None
    setup_fee_discount_bp: int | None
    previous_sla: str | None
    sla: str | None
    previous_mrr_eur_cents: int | None
    mrr_eur_cents: int | None
    mrr_change_eur_cents: int | None
    has_large_change: bool
    rates_alone: str | None = field(default=None, metadata=ADDED)
    previous_families: Families | None = field(default=None, metadata=ADDED)
    families: Families | None = field(default=None, metadata=ADDED)

    @property
    def family_changes(self) -> list[str]:
        """The monthly fee discount of each family with its own before or now: `vps 7 % to 8 %`."""
        return families_moved(
            (self.previous_monthly_fee_discount_bp, self.previous_families),
            (self.monthly_fee_discount_bp, self.families),
        )


@dataclass(frozen=True, slots=True)
class BookOfChanges:
    """A month before it takes force; `decision_hash` is what an approval is bound to.

    `effective_on` is the first day of the rates if the month took force today. `mrr_eur_cents` is the counted revenue
    of those decided now, `previous_mrr_eur_cents` theirs of the month before.
    """

    billing_month: BillingMonth
    decision_hash: str
    effective_on: date
    answer: Answer
    asked_by: str | None
    answered_by: str | None
    falls: int
    rises: int
    first: int
    stays: int
    ends: int
    mrr_eur_cents: int
    previous_mrr_eur_cents: int
    held: tuple[HeldPartner, ...]
    rows: tuple[BookRow, ...]


def book_rows(
    *,
    decisions: Sequence[Decision],
    moves: Mapping[str, Move],
    revenue_before: Mapping[str, int],
    rises: Sequence[tuple[str, Rate]],
    closing: Sequence[tuple[str, Rate]],
    rates_before: Mapping[str, RateTerms],
    rates_alone: Mapping[str, str] | None = None,
    large: LargeChange = LARGE,
) -> tuple[BookRow, ...]:
    """The rows of a book: first those that a person looks at before others, as letters are ordered.

    `moves` has each decision's; `revenue_before` is what the month before counted, in the same unit. `rises` are held
    partners' rates that rise early, `closing` those that end; `rates_before` has the rates that these two replace.
    `rates_alone` says by partner what exchange rates alone did, `large` which changes of revenue are.
    """
    told = rates_alone or {}
    by_partner = {each.partner_id: each for each in decisions}
    changes = reading_order(_change(each, revenue_before.get(each.partner_id), large) for each in decisions)
    rows = [
        _row(by_partner[each.partner_id], moves[each.partner_id], each, told.get(each.partner_id)) for each in changes
    ]
    others = [("ends", each) for each in closing] + [("rises while held", each) for each in rises]
    rates = [_of_rate(direction, partner_id, rate, rates_before) for direction, (partner_id, rate) in others]
    stays = [each for each in rows if each.direction == "stays" and not (each.has_large_change or each.rates_alone)]
    unusual = [each for each in rows if each not in stays]
    return (*unusual, *rates, *stays)


def _change(decision: Decision, before: int | None, large: LargeChange) -> LetterChange:
    return LetterChange(
        partner_id=decision.partner_id,
        tier=decision.tier or 0,
        previous_tier=decision.previous_tier,
        mrr_eur_cents=decision.mrr_eur_cents,
        previous_mrr_eur_cents=before,
        is_first=decision.previous_tier is None,
        has_lapsed=any(each.outcome == "lapsed" for each in decision.grants),
        keeps_legacy=False,
        reaches_nobody=False,
        large=large,
    )


def _row(decision: Decision, move: Move, change: LetterChange, rates_alone: str | None) -> BookRow:
    before, now = move.previous_terms, move.terms
    return BookRow(
        partner_id=decision.partner_id,
        direction=_direction(move),
        previous_tier=decision.previous_tier,
        tier=decision.tier,
        previous_monthly_fee_discount_bp=before.monthly_fee_discount_bp if before else None,
        monthly_fee_discount_bp=now.monthly_fee_discount_bp if now else None,
        previous_setup_fee_discount_bp=before.setup_fee_discount_bp if before else None,
        setup_fee_discount_bp=now.setup_fee_discount_bp if now else None,
        previous_sla=before.sla if before else None,
        sla=now.sla if now else None,
        previous_mrr_eur_cents=change.previous_mrr_eur_cents,
        mrr_eur_cents=decision.mrr_eur_cents,
        mrr_change_eur_cents=None if change.previous_mrr_eur_cents is None else change.revenue_change,
        has_large_change=change.has_large_change,
        rates_alone=rates_alone,
        previous_families=before.families if before else None,
        families=now.families if now else None,
    )


def _direction(move: Move) -> Direction:
    if move.lowers:
        return "falls"
    if move.previous_terms is None:
        return "first"
    return "rises" if move.lifts else "stays"


def _of_rate(direction: str, partner_id: str, rate: Rate, rates_before: Mapping[str, RateTerms]) -> BookRow:
    before, now = rates_before.get(partner_id), rate.terms
    return BookRow(
        partner_id=partner_id,
        direction="ends" if direction == "ends" else "rises while held",
        previous_tier=before.tier if before else None,
        tier=now.tier,
        previous_monthly_fee_discount_bp=before.monthly_fee_discount_bp if before else None,
        monthly_fee_discount_bp=now.monthly_fee_discount_bp,
        previous_setup_fee_discount_bp=before.setup_fee_discount_bp if before else None,
        setup_fee_discount_bp=now.setup_fee_discount_bp,
        previous_sla=before.sla if before else None,
        sla=now.sla,
        previous_mrr_eur_cents=None,
        mrr_eur_cents=None,
        mrr_change_eur_cents=None,
        has_large_change=False,
        previous_families=before.families if before else None,
        families=now.families,
    )


HEADINGS = ("partner", "rate", "tier", "monthly", "setup", "SLA", "counted EUR", "before", "change", "look")
NUMBERS = ("counted EUR", "before", "change")


def row_words(row: BookRow, unit: Unit = EURO) -> tuple[str, ...]:
    """A row as people read it, a text for each of `HEADINGS`."""
    monthly = _percent(row.monthly_fee_discount_bp)
    return (
        row.partner_id,
        row.direction,
        _moved(_tier(row.previous_tier), _tier(row.tier)),
        "; ".join((_moved(_percent(row.previous_monthly_fee_discount_bp), monthly), *row.family_changes)),
        _moved(_percent(row.previous_setup_fee_discount_bp), _percent(row.setup_fee_discount_bp)),
        _moved(row.previous_sla or "", row.sla or ""),
        _amount(row.mrr_eur_cents, unit),
        _amount(row.previous_mrr_eur_cents, unit),
        _amount(row.mrr_change_eur_cents, unit),
        "; ".join(filter(None, ("large change" if row.has_large_change else "", row.rates_alone))),
    )


def _moved(before: str, now: str) -> str:
    return now if before in ("", now) else f"{before} to {now or 'none'}"


def _tier(tier: int | None) -> str:
    return "" if tier is None else str(tier or "none")


def _percent(bp: int | None) -> str:
    return "" if bp is None else percent_text(bp)


def _amount(minor: int | None, unit: Unit) -> str:
    return "" if minor is None else unit.text(minor)
