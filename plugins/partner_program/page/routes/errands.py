"""An errand: how far the process apart is with what somebody asked for, and what came of it."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.page.installed import Installed
from partner_program.page.view import ThisView
from partner_program.usecases.desk.apart import KEPT_DAYS, LIMIT_SECONDS
from partner_program.usecases.desk.errands import find_errand

router = APIRouter()


@router.get("/errands/{key}")
def errand(view: ThisView, here: Installed, key: str) -> HTMLResponse:
    """How it stands."""
    found = find_errand(here, key)
    about = "partners" if found.asked.partner_id else "months" if found.asked.month else "acts"
    return view.page(
        "errand.html",
        title=found.asked.title,
        belongs_to=about,
        found=found,
        limit_minutes=LIMIT_SECONDS // 60,
        kept_days=KEPT_DAYS,
    )
