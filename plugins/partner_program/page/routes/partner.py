"""One partner whole."""

from functools import partial

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.grace import months_words, verdict_words
from partner_program.domain.partner_overview import PartnerMonth, newest_move
from partner_program.page import charts
from partner_program.page.installed import Installed
from partner_program.page.view import ThisView
from partner_program.usecases.benefits import line_unit
from partner_program.usecases.desk.partner import partner_overview
from partner_program.usecases.month_unit import units_of_months
from partner_program.usecases.partner_status import steps_for
from partner_program.usecases.reports.asked import look_at_partner

router = APIRouter()
_ASKED = ("forecast", "missing_accounts")  # questions whose kept answers say something of one partner


# An id may have a slash; the part of the address behind this prefix is the id, whatever it holds.
@router.get("/partners/{partner_id:path}")
def partner(view: ThisView, here: Installed, partner_id: str) -> HTMLResponse:
    """A partner as it is today."""
    found, unit_of = partner_overview(here, partner_id, on=here.today()), units_of_months(here)
    bars = [
        charts.Bar(each.billing_month, each.mrr_eur_cents, each.tier, _sign(each))
        for each in reversed(found.months)
        if unit_of(each.billing_month) == view.unit  # an axis has one unit
    ]
    thresholds = {row.tier: row.from_mrr_cents for row in found.tiers}
    asked = {name: look_at_partner(here, name, found.newest, partner_id) for name in _ASKED} if found.newest else {}
    return view.page(
        "partner.html",
        title=found.partner.company_name,
        found=found,
        chart=charts.revenue(bars, thresholds, ident="revenue", table="Months", said=view.tier, unit=view.unit),
        move=newest_move(found.months),
        verdict_words=partial(verdict_words, unit=view.unit),
        months_words=months_words,
        asked=asked,
        steps=steps_for(found.partner.status),
        unit_of=unit_of,
        amount_unit=partial(line_unit, here, otherwise=view.unit),
    )


def _sign(month: PartnerMonth) -> str:
    """What happened to a partner in a month, as the chart marks it; the table below says it in words."""
    if month.held_reason is not None:
        return "\N{WHITE CIRCLE}"
    rose_or_fell = ""
    if month.tier is not None and month.previous_tier is not None and month.tier != month.previous_tier:
        rose_or_fell = "▲" if month.tier > month.previous_tier else "▼"
    return rose_or_fell + ("\N{BLACK DIAMOND}" if month.granted_tier else "")
