"""What-if: other thresholds and discounts in a form, tried on settled months by a process apart, kept as a draft."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import amount_cents, percent_bp, percent_text
from partner_program.domain.program_change import ProgramChange, TierTerms, differences, unchanged
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import Refusal, UnsoundFiles
from partner_program.domain.what_if import MonthFigures
from partner_program.page.acting import Acting
from partner_program.page.forms import DAY, Filled, Typed, Unreadable
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_ACT
from partner_program.page.view import ThisView, View
from partner_program.usecases.desk import what_if as drafts
from partner_program.usecases.desk.apart import KEPT_DAYS, LIMIT_SECONDS
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.compared_drafts import asked_drafts, chosen_draft

router = APIRouter()
FEWEST_MONTHS = 12  # so many of the newest are tried unless somebody chooses others
_CELLS = {"from_mrr_cents": "from", "monthly_fee_discount_bp": "monthly", "setup_fee_discount_bp": "setup"}
_CELL_WORDS = {"from": "threshold", "monthly": "monthly fee", "setup": "set-up fee"}
_FAULT = re.compile(r"[^:]*:\d+: (?:tiers\[(?P<tier>\d+)\]\.)?(?P<place>[^:]+): (?P<said>.*)", re.DOTALL)
_NO_PERCENT = "nothing is given, expected per cent, as in 2.5"
_NUMBER = re.compile(r"'?\b(\d+)\b(?! %)'?")


def key_in_path(key: str) -> str:
    """The key of a draft that an address names; there is no page for what is none."""
    if re.fullmatch(r"[0-9a-f]{32}", key) is None:
        raise HTTPException(404, "There is no such draft.")
    return key


Key = Annotated[str, Depends(key_in_path)]


@router.get("/programme/what-if")
def form(view: ThisView, here: Installed, draft: str = "", sweep: str = "", number: int = 0) -> HTMLResponse:
    """The newest programme's terms in a form, or those of a draft, or of one of many that were compared."""
    if draft:
        asked = drafts.tried(here, key_in_path(draft)).asked
        return _form(view, here, Filled({}), (asked.change, asked.first, asked.last))
    if sweep:
        design = asked_drafts(here, key_in_path(sweep)).design
        change = chosen_draft(here, key_in_path(sweep), number, _next_day(here))
        return _form(view, here, Filled({}), (change, design.first, design.last))
    return _form(view, here, Filled({}))


@router.post("/programme/what-if")
def ask(view: ThisView, here: Installed, acting: Acting, typed: Typed) -> Response:
    """Try what was typed, or show it again with what is wrong with it."""
    filled = Filled(typed)
    try:
        draft = _draft(here, filled)
    except Unreadable:
        filled.said = "This cannot be tried as it is. What you typed is kept below."
        return _form(view, here, filled, status=422)
    except Refusal as refusal:
        filled.said = f"{refusal}."
        return _form(view, here, filled, status=422)
    drafts.ask(here, draft, by=acting.name)
    return view.then(view.links("programme", "what-if", draft.key))


@router.get("/programme/what-if/{key}")
def tried(view: ThisView, here: Installed, key: Key) -> HTMLResponse:
    """How far a draft is, or what came of it."""
    found = drafts.tried(here, key)
    asked = found.asked
    rows = list(zip(asked.before.tiers, asked.change.tiers, strict=True))
    return view.page(
        "what_if.html",
        title="What if",
        unit=asked.unit,
        found=found,
        asked=asked,
        key=key,
        rows=[
            (place, before, now, differences(before, now, asked.unit))
            for place, (before, now) in enumerate(rows, start=1)
        ],
        moves=_moves(found.result.months) if found.result else [],
        has_setup=rows[0][0].setup_fee_discount_bp is not None,
        kept_days=KEPT_DAYS,
        limit_minutes=LIMIT_SECONDS // 60,
        may_act=view.person.may_act,
        who_could=WHO_MAY_ACT,
    )


@router.post("/programme/what-if/{key}")
def again(view: ThisView, here: Installed, acting: Acting, key: Key) -> RedirectResponse:
    """Calculate a draft, for the first time or anew."""
    drafts.start(here, key, by=acting.name)
    return view.then(view.links("programme", "what-if", key))


@router.get("/programme/what-if/{key}/draft.yaml")
def draft_file(view: ThisView, here: Installed, key: Key) -> Response:
    """The draft as a programme file to keep."""
    name, content = drafts.draft_file(here, key)
    return view.file(content, name=name, kind="application/yaml")


@router.get("/programme/what-if/{key}/differing.csv")
def differing(here: Installed, key: Key) -> FileResponse:
    """Every partner and month that would differ."""
    path = drafts.differing_file(here, key)
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename="differing.csv")


def _form(
    view: View,
    here: Installation,
    filled: Filled,
    like: tuple[ProgramChange, BillingMonth, BillingMonth] | None = None,
    status: int = 200,
) -> HTMLResponse:
    basis = drafts.basis(here)
    program, months = basis.program, basis.months
    change = unchanged(program, in_force_from=_next_day(here))
    newest = months[-FEWEST_MONTHS:]
    first, last = (newest[0], newest[-1]) if newest else (None, None)
    if like is not None and len(like[0].tiers) == len(change.tiers):
        change, first, last = like
    return view.page(
        "what_if_form.html",
        title="What if the programme were another",
        status=status,
        filled=filled,
        program=program,
        unit=program.unit,
        families=[each.product for each in program.product_discounts],
        rows=[
            (
                row,
                program.unit.typed(terms.from_mrr_cents),
                in_plain_percent(terms.monthly_fee_discount_bp),
                None if terms.setup_fee_discount_bp is None else in_plain_percent(terms.setup_fee_discount_bp),
            )
            for row, terms in zip(program.tiers, change.tiers, strict=True)
        ],
        cap=None if change.promotion_cap_bp is None else in_plain_percent(change.promotion_cap_bp),
        has_setup=program.has("setup_fee"),
        has_sla=program.has("sla"),
        day=change.in_force_from,
        months=months[::-1],
        first=first,
        last=last,
        allowed=view.person.may_act,
        who_could=WHO_MAY_ACT,
    )


def _draft(here: Installation, filled: Filled) -> drafts.Draft:
    """Read the form; raises `Unreadable`, with each fault at its field, or the refusal of the whole."""
    program = drafts.basis(here).program
    amount, missing = amount_in(program.unit), f"nothing is given, expected {program.unit.named}, as in 1999.99"
    rows = [
        TierTerms(
            filled.must(f"from_{row.tier}", amount, missing),
            filled.must(f"monthly_{row.tier}", percent_bp, _NO_PERCENT),
            filled.must(f"setup_{row.tier}", percent_bp, _NO_PERCENT) if program.has("setup_fee") else None,
        )
        for row in program.tiers
    ]
    cap = (
        None
        if program.promotion_cap_bp is None
        else filled.must("cap", percent_bp, "Say what promotions give at most.")
    )
    day = filled.must("day", lambda written: _day(here, written), "Say from which day it would be in force.")
    first = filled.must("first", BillingMonth.parse, "Choose the first month.")
    last = filled.must("last", BillingMonth.parse, "Choose the last month.")
    if not filled.faults and first > last:
        filled.faults["last"] = f"{last} is before {first}, expected the same month or a later one"
    for name, said in filled.faults.items():
        filled.faults[name] = f"{_named(name)}{said}"
    filled.sound()
    try:
        return drafts.make_draft(here, ProgramChange(day, cap, tuple(rows)), first, last)
    except UnsoundFiles as unsound:
        for fault in unsound.faults:
            name, said = _in_words(fault, program.unit)
            filled.faults.setdefault(name, said)
        raise Unreadable from None


def _day(here: Installation, written: str) -> date:
    day = DAY(written)
    drafts.check_day(here, day)
    return day


def _named(name: str) -> str:
    """What a field of a tier is called, before what is wrong with it."""
    cell, _, tier = name.partition("_")
    return f"Tier {tier}, {_CELL_WORDS[cell]}: " if cell in _CELL_WORDS else ""


def _in_words(fault: str, unit: Unit) -> tuple[str, str]:
    """A fault of the strict reader as a field of the form, and the same words with amounts and per cent.

    The reader says `2016-01-01.yaml:33: tiers[2].from_mrr_cents: 40000 is not above the row before, ...`.
    """
    found = _FAULT.fullmatch(fault)
    if found is None:
        return "tiers", fault
    place, said = found["place"], found["said"]
    if place in _CELLS and found["tier"]:
        name = f"{_CELLS[place]}_{found['tier']}"
        return name, _named(name) + _counted(said, unit.text if place == "from_mrr_cents" else percent_text)
    if place == "promotion_cap.discount_bp":
        return "cap", _counted(said, percent_text)
    if place.startswith("in_force_from"):
        return "day", said
    return "tiers", f"{place}: {said}"


def _counted(said: str, text: Callable[[int], str]) -> str:
    """The reader's words with cents as amounts, or basis points as per cent."""
    shown = _NUMBER.sub(lambda each: text(int(each[1])), said)
    for before, after in (
        ("a whole number from", "from"),
        ("basis points: ", ""),
        ("row before", "tier before"),
        ("the promotion_cap", "the cap of promotions"),
    ):
        shown = shown.replace(before, after)
    return shown


def _moves(months: Sequence[MonthFigures]) -> list[tuple[int | None, int | None, list[int]]]:
    """How many partners would move from one tier to another, month by month, lowest tiers first."""
    pairs = {(before, now) for month in months for before, now, _ in month.tiers}
    counts = [{(before, now): partners for before, now, partners in month.tiers} for month in months]
    ordered = sorted(pairs, key=lambda pair: [-1 if tier is None else tier for tier in pair])
    return [(before, now, [of.get((before, now), 0) for of in counts]) for before, now in ordered]


def _next_day(here: Installation) -> date:
    """The first day of a month on which another programme file can take force."""
    today, newest = here.today(), here.programs[-1].in_force_from
    return max(date(today.year + today.month // 12, today.month % 12 + 1, 1), newest + timedelta(days=1))


def amount_in(unit: Unit) -> Callable[[str], int]:
    """Reads an amount of the programme from a form, in the unit's smallest part."""

    def read(written: str) -> int:
        try:
            return unit.of_hundredths(amount_cents(written))
        except Refusal as refusal:
            raise Refusal(str(refusal).replace("expected euros", f"expected {unit.named}")) from None

    return read


def in_plain_percent(bp: int) -> str:
    """Per cent as a form reads them."""
    return percent_text(bp).removesuffix(" %")
