"""The record of acts: who did what, when and why, newest first, a page at a time."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.acts import KINDS, WantedActs
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.page.installed import Installed
from partner_program.page.view import Entry, ThisView
from partner_program.usecases.acts import PAGE, find_acts

ENTRY = Entry("Acts", "acts")
router = APIRouter()
Piece = Annotated[str, Query(max_length=200)]


@router.get("/acts")
def acts(
    view: ThisView,
    here: Installed,
    month: Piece = "",
    partner: Piece = "",
    kind: Piece = "",
    person: Piece = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """The record, as the filters in the address ask for it."""
    try:
        of_month = BillingMonth.parse(month) if month else None
    except Refusal as refusal:
        raise HTTPException(422, str(refusal)) from None
    asked = {"month": month, "partner": partner.strip(), "kind": kind, "person": person.strip()}
    wanted = WantedActs(of_month, asked["partner"], kind, asked["person"])
    found = find_acts(here, wanted, before=before)
    return view.page(
        "acts.html",
        title="Acts",
        found=found,
        asked=asked,
        is_filtered=any(asked.values()),
        further=before is not None,
        kinds=[(each, each.replace("_", " ")) for each in KINDS],
        first=view.links("acts", **asked),
        next=view.links("acts", **asked, before=found.next_before) if found.next_before else None,
        page_size=PAGE,
    )
