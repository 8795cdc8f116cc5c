"""The book of changes of a settled month: the unusual first, each with its why, a page at a time."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.month_changes import Shown
from partner_program.page.installed import Installed
from partner_program.page.routes.months import InPath
from partner_program.page.view import ThisView
from partner_program.page.words import month as named
from partner_program.usecases.desk.month_changes import month_changes
from partner_program.usecases.month_unit import unit_of_month

router = APIRouter()
KINDS: Mapping[Shown, str] = {
    "": "All changes",
    "fell": "Fell",
    "rose": "Rose",
    "revenue": "Large change of revenue",
}
Piece = Annotated[str, Query(max_length=200)]


@router.get("/months/{month}/changes")
def changes(view: ThisView, here: Installed, month: InPath, show: Shown = "", after: Piece = "") -> HTMLResponse:
    """Who fell, who rose, whose revenue moved much, and at which account."""
    return view.page(
        "month_changes.html",
        title=f"Book of changes, {named(month)}",
        unit=unit_of_month(here, month),
        found=month_changes(here, month, shown=show, after=after or None),
        kinds=KINDS,
        after=after,
    )
