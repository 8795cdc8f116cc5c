"""The months, one month in figures, and its quality report."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import HTMLResponse

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.page import charts
from partner_program.page.installed import Installed
from partner_program.page.view import Entry, ThisView, View
from partner_program.page.words import month as month_words
from partner_program.usecases.desk.month import list_months, month_overview, tiers_over_time
from partner_program.usecases.desk.month_checks import month_checks
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.quality import quality_page
from partner_program.usecases.month_unit import unit_of_month
from partner_program.usecases.reports.questions import questions_about

ENTRY = Entry("Months", "months", also=("exchange-rates", "publication", "closes", "runs"))
router = APIRouter()
FILE_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def month_in_path(month: str) -> BillingMonth:
    """The month that an address names; there is no page for what is none."""
    try:
        return BillingMonth.parse(month)
    except Refusal as refusal:
        raise HTTPException(404, str(refusal)) from None


InPath = Annotated[BillingMonth, Depends(month_in_path)]


@router.get("/months")
def months(view: ThisView, here: Installed) -> HTMLResponse:
    """Every month, the newest first."""
    return view.page("months.html", title="Months", months=list_months(here), **_tiers_over_time(view, here))


@router.get("/months/{month}")
def one_month(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """A month in figures."""
    found = month_overview(here, month)
    checks = month_checks(here, found)
    over_time = _tiers_over_time(view, here, month)
    return view.page(
        "month.html",
        title=month_words(month),
        unit=unit_of_month(here, month),
        found=found,
        checks=checks,
        questions=questions_about(here, month),
        **over_time,
    )


def _tiers_over_time(view: View, here: Installation, until: BillingMonth | None = None) -> dict[str, Any]:
    found = tiers_over_time(here, until)
    counts = [(each.month, each.tiers) for each in found]
    chart = charts.tiers(counts, ident="tiers", table="Partners by tier", said=view.tier)
    return {"over_time": found[::-1], "chart": chart}


@router.get("/months/{month}/quality")
def quality(view: ThisView, month: InPath) -> HTMLResponse:
    """The quality report, in a frame that may run nothing."""
    title = f"Quality report, {month_words(month)}"
    return view.page("quality.html", title=title, month=month)


@router.get("/months/{month}/quality/{name:path}")
def report(here: Installed, month: InPath, name: str) -> HTMLResponse:
    """One page of the report, as the checks wrote it: it has styles of its own, and no script."""
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    return HTMLResponse(quality_page(here, month, name), headers={"content-security-policy": policy})
