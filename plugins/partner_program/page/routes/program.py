"""The programme on a day: tiers, terms, benefits, readings and the brake, each with the words that it comes from."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.plurals import plural
from partner_program.domain.program import HIGHEST_LINE_MINOR, BenefitTerms, Program
from partner_program.domain.program_rules import period_words
from partner_program.domain.refusals import NoRuleInForce, Refusal
from partner_program.page.forms import DAY
from partner_program.page.installed import Installed
from partner_program.page.view import Entry, ThisView
from partner_program.page.words import day as named
from partner_program.page.words import euros, percent, spoken, whole_euros
from partner_program.usecases.desk.program import program_of_day

ENTRY = Entry("Programme", "programme")
router = APIRouter()
Setting = tuple[str, str, str]  # its key, what it is about, its value


@router.get("/programme")
def programme(view: ThisView, here: Installed, on: Annotated[str, Query(max_length=20)] = "") -> HTMLResponse:
    """The programme on a day, by default today."""
    today = here.today()
    asked = _day(on) if on.strip() else today
    try:
        found = program_of_day(here, asked)
    except NoRuleInForce as refusal:
        first = min(each.in_force_from for each in here.programs)
        raise HTTPException(404, f"{refusal}. Its first day was {named(first)}.") from None
    program = found.program
    return view.page(
        "program.html",
        title="Programme",
        unit=program.unit,
        period=period_words(program),
        found=found,
        program=program,
        on=asked,
        is_today=asked == today,
        today=today,
        has_setup=program.has("setup_fee"),
        has_sla=program.has("sla"),
        terms=_terms(program),
        readings=_readings(program),
        brake=_brake(program),
        benefits=[(f"benefits[{place}]", each) for place, each in enumerate(program.benefits, start=1)],
        limits=[(each.name, "; ".join(said)) for each in program.benefits if (said := _limits(each.terms))],
        marks={"yes": "✓", "on_request": "on request", "unknown": "not stated"},
    )


def _day(written: str) -> date:
    try:
        return DAY(written.strip())
    except Refusal as refusal:
        raise HTTPException(422, str(refusal)) from None


def _terms(program: Program) -> Sequence[Setting]:
    """Prepayment by term, then what a shorter term costs after one that ended: points of the list price."""
    scheme = program.shortening
    ahead = [
        (f"prepayment[{place}]", plural(months, "month"), percent(points))
        for place, (months, points) in enumerate((program.prepayment_bp or {}).items(), start=1)
    ]
    shorter = (
        [
            (
                f"shortening.terms[{place}]",
                f"{plural(months, 'month')} after {plural(scheme.from_months, 'month')}",
                f"+{percent(points)}",
            )
            for place, (months, points) in enumerate(scheme.surcharge_bp.items(), start=1)
        ]
        if scheme
        else []
    )
    return [*ahead, *shorter]


def _readings(program: Program) -> Sequence[Setting]:
    """What the source leaves open, by key, with the owner's choice."""
    own = program.readings
    limits = [
        f"{euros(minor, program.unit.of(code))} {code}" for code, minor in program.largest_line.by_currency.items()
    ]
    if program.largest_line.minor < HIGHEST_LINE_MINOR:
        limits.insert(0, f"{euros(program.largest_line.minor)} in any currency")
    return [
        ("readings.incomplete", "when an entity is missing", own.incomplete),
        ("readings.rise_on_partial", "a held partner may rise early", "yes" if own.rise_on_partial else "no"),
        ("readings.stacking", "how discounts are put together", own.stacking),
        ("readings.notify", "who gets a letter", spoken(own.notify)),
        ("time_zone", "whose days count", program.time_zone),
        ("largest_line", "the largest line that is believed", ", ".join(limits) or "no limit"),
        ("rate_move_limit", "how far an exchange rate may move", percent(program.rate_move_limit_bp)),
        (
            "large_change",
            "a change of revenue is pointed out from",
            f"{euros(program.large_change.at_least_cents, program.unit)} {program.unit.name}",
        ),
        ("approval", "what waits for a second person", spoken(program.approval)),
        ("benefit_approval", "who may approve a benefit", spoken(program.benefit_approval)),
        ("dispute_due", "a dispute is answered within", f"{program.dispute_due_days} days"),
    ]


def _brake(program: Program) -> Sequence[Setting]:
    """When a run stops before anything takes force."""
    own = program.brake
    return [
        ("brake.lowered_share_bp", "more partners would be lowered than", percent(own.lowered_share_bp)),
        ("brake.lowered_at_least", "and at least", f"{own.lowered_at_least} partners"),
        ("brake.entity_total_move_bp", "an entity's total would move by more than", percent(own.entity_total_move_bp)),
        (
            "brake.entity_total_move_at_least_cents",
            "and by at least",
            f"{whole_euros(own.entity_total_move_at_least_cents, program.unit)} {program.unit.name}",
        ),
    ]


def _limits(terms: BenefitTerms) -> list[str]:
    """What a benefit is limited to, as far as the file says it."""
    per_tier = (("at most", terms.units_at_once, "at once"), ("", terms.incidents, "support incidents"))
    said = [f"{before} {_cells(cells)} {after}".strip() for before, cells, after in per_tier if cells]
    said += ["an approval has an end"] if terms.end_demanded else []
    said += [f"{terms.days} days to pay"] if terms.days is not None else []
    said += [f"asked for {terms.days_ahead} days ahead"] if terms.days_ahead is not None else []
    said += ["on a proposal: activity, market and amount"] if terms.proposal else []
    said += ["a partner without a tier may ask too"] if terms.without_tier else []
    said += [f"only for partners with {spoken(terms.only_for)}"] if terms.only_for else []
    return said


def _cells(cells: tuple[int, ...]) -> str:
    """One number for all tiers, or one for each from Tier 1 on."""
    return str(cells[0]) if len(set(cells)) == 1 else f"{', '.join(map(str, cells))} (from Tier 1 on)"
