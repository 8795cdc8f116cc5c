"""Many drafts of the programme beside one another: values of a form, compared on settled months by a process apart."""

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import percent_bp
from partner_program.domain.program_sweep import Sweep, TierKey, make_sweep
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.page.acting import Acting
from partner_program.page.forms import Filled, Typed, Unreadable
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_ACT
from partner_program.page.routes.months import FILE_KINDS
from partner_program.page.routes.what_if import FEWEST_MONTHS, Key, amount_in, in_plain_percent, key_in_path
from partner_program.page.view import ThisView, View
from partner_program.usecases.desk.apart import KEPT_DAYS, LIMIT_SECONDS
from partner_program.usecases.desk.what_if import basis
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.compared_drafts import (
    AskedDrafts,
    ask_drafts,
    asked_drafts,
    look_at_drafts,
    start_drafts,
)
from partner_program.usecases.reports.program_design import Design
from partner_program.usecases.reports.questions import report_file, tiers_of_report

router = APIRouter()
LINES = 4
ROWS = 200
_CELLS: dict[TierKey, str] = {
    "from_mrr_cents": "threshold",
    "monthly_fee_discount_bp": "monthly fee",
    "setup_fee_discount_bp": "set-up fee",
}


@router.get("/programme/sweep")
def form(view: ThisView, here: Installed, like: str = "") -> HTMLResponse:
    """What to vary, from where to where: as it was asked under a key, or empty."""
    asked = asked_drafts(here, key_in_path(like)) if like else None
    return _form(view, here, Filled(dict(_typed(asked)) if asked else {}))


@router.post("/programme/sweep")
def ask(view: ThisView, here: Installed, acting: Acting, typed: Typed) -> Response:
    """Compare the drafts, or show the form again with what is wrong with it."""
    filled = Filled(typed)
    try:
        key = ask_drafts(here, _design(filled, basis(here).program.unit), by=acting.name)
    except Unreadable:
        filled.said = "This cannot be compared as it is. What you typed is kept below."
        return _form(view, here, filled, 422)
    except Refusal as refusal:
        filled.said = f"{refusal}."
        return _form(view, here, filled, 422)
    return view.then(view.links("programme", "sweep", key))


@router.get("/programme/sweep/{key}")
def compared(view: ThisView, here: Installed, key: Key) -> HTMLResponse:
    """How far the comparison is, or its drafts."""
    found = look_at_drafts(here, key)
    return view.page(
        "sweep.html",
        title="Drafts beside one another",
        unit=found.asked.unit,
        found=found,
        design=found.asked.design,
        sweeps=[_words(each, view.tier(each.tier), found.asked.unit) for each in found.asked.design.sweeps],
        command=_command(found.asked.design),
        key=key,
        rows=ROWS,
        kept_days=KEPT_DAYS,
        limit_minutes=LIMIT_SECONDS // 60,
        may_act=view.person.may_act,
        who_could=WHO_MAY_ACT,
    )


@router.post("/programme/sweep/{key}")
def again(view: ThisView, here: Installed, acting: Acting, key: Key) -> RedirectResponse:
    """Compare them, for the first time or anew."""
    start_drafts(here, key, by=acting.name)
    return view.then(view.links("programme", "sweep", key))


@router.get("/programme/sweep/{key}/drafts.csv")
def drafts_file(view: ThisView, here: Installed, key: Key) -> Response:
    """Every draft, as the command writes it."""
    report = look_at_drafts(here, key).report
    if report is None:
        raise NotThere("these drafts are not compared yet")
    return view.file(
        report_file(report, "csv", tiers=tiers_of_report(here, report)).encode(),
        name="drafts.csv",
        kind=FILE_KINDS["csv"],
    )


def _form(view: View, here: Installation, filled: Filled, status: int = 200) -> HTMLResponse:
    found = basis(here)
    newest = found.months[-FEWEST_MONTHS:]
    return view.page(
        "sweep_form.html",
        title="Compare many drafts",
        status=status,
        filled=filled,
        program=found.program,
        unit=found.program.unit,
        cells=[
            (f"{row.tier}.{key}", f"{row.name or f'Tier {row.tier}'}, {said}, {_measured(key, found.program.unit)}")
            for row in found.program.tiers
            for key, said in _CELLS.items()
            if key != "setup_fee_discount_bp" or found.program.has("setup_fee")
        ],
        lines=range(1, LINES + 1),
        months=found.months[::-1],
        first=newest[0] if newest else None,
        last=newest[-1] if newest else None,
        allowed=view.person.may_act,
        who_could=WHO_MAY_ACT,
    )


def _measured(key: TierKey, unit: Unit) -> str:
    return unit.name if key == "from_mrr_cents" else "%"


def _design(filled: Filled, unit: Unit) -> Design:
    sweeps = [each for number in range(1, LINES + 1) for each in _sweep(filled, number, unit)]
    first = filled.must("first", BillingMonth.parse, "Choose the first month.")
    last = filled.must("last", BillingMonth.parse, "Choose the last month.")
    held_out = filled.may("held_out", _months)
    if not filled.faults and first > last:
        filled.faults["last"] = f"{last} is before {first}, expected the same month or a later one"
    if not filled.faults and not sweeps:
        filled.faults["cell_1"] = "Choose what to vary."
    filled.sound()
    return Design((), tuple(sweeps), first, last, held_out or 0)


def _months(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 4):
        raise Refusal(f"{written!r}: expected a number of months, as in 3")
    return int(written)


def _sweep(filled: Filled, number: int, unit: Unit) -> Iterator[Sweep]:
    """What one line of the form varies; nothing where no cell is chosen."""
    tier, _, named = filled(f"cell_{number}").partition(".")
    key = next((each for each in _CELLS if each == named), None)
    if key is None or not tier.isdigit():
        return
    read = amount_in(unit) if key == "from_mrr_cents" else percent_bp
    first, last, step = (
        filled.must(f"{name}_{number}", read, f"Line {number}: nothing is given, expected {said}")
        for name, said in (("low", "the first value"), ("high", "the last value"), ("step", "a step, as in 50"))
    )
    if any(f"{name}_{number}" in filled.faults for name in ("low", "high", "step")):
        return
    try:
        yield make_sweep(int(tier), key, first=first, last=last, step=step)
    except Refusal as refusal:
        filled.faults[f"low_{number}"] = f"Line {number}: {refusal}"


def _typed(asked: AskedDrafts) -> Iterator[tuple[str, str]]:
    """The form as it was filled in."""
    design = asked.design
    for number, each in enumerate(design.sweeps, start=1):
        plain = asked.unit.typed if each.key == "from_mrr_cents" else in_plain_percent
        step = each.values[1] - each.values[0] if len(each.values) > 1 else each.values[0] or 1
        yield f"cell_{number}", f"{each.tier}.{each.key}"
        for name, value in (("low", each.values[0]), ("high", each.values[-1]), ("step", step)):
            yield f"{name}_{number}", plain(value)
    yield "first", str(design.first)
    yield "last", str(design.last)
    yield "held_out", str(design.held_out)


def _words(sweep: Sweep, tier: str, unit: Unit) -> str:
    plain = unit.typed if sweep.key == "from_mrr_cents" else in_plain_percent
    low, high = plain(sweep.values[0]), plain(sweep.values[-1])
    measured = _measured(sweep.key, unit)
    return f"{tier}, {_CELLS[sweep.key]}: {low} to {high} {measured} in {len(sweep.values)} values"


def _command(design: Design) -> str:
    """The command that compares the same."""
    words = [f"partner-program simulate --from {design.first} --to {design.last}"]
    words += [f"--held-out {design.held_out}"] if design.held_out else []
    for each in design.sweeps:
        step = each.values[1] - each.values[0] if len(each.values) > 1 else 1
        words.append(f"--vary tiers.{each.tier}.{each.key}={each.values[0]}..{each.values[-1]}/{step}")
    return " ".join(words)
