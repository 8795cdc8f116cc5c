"""Grants, benefits and acts, as the command line lists them."""

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from partner_program.page.api.answers import About, answer, endpoints
from partner_program.page.installed import Installed
from partner_program.usecases.acts import acts_file, list_acts
from partner_program.usecases.benefits import benefits_file, list_benefits
from partner_program.usecases.grants import grants_file, list_grants

router = endpoints()
Due = Annotated[int | None, Query(ge=0, le=3650, description="Only what ends within so many days")]
Past = Annotated[bool, Query(description="Also what is over")]
OfPartner = Annotated[str | None, Query(max_length=200, description="Only this partner's")]


@router.get("/grants")
def grants(
    request: Request, here: Installed, due: Due = None, past: Past = False, partner: OfPartner = None
) -> Response:
    """Grace grants, with what each still needs."""
    today = here.today()
    found = list_grants(here, on=today, due_days=due, settled=past, partner_id=partner)
    return answer(request, grants_file(here, found, "json", on=today))


@router.get("/benefits")
def benefits(
    request: Request, here: Installed, due: Due = None, past: Past = False, partner: OfPartner = None
) -> Response:
    """Benefits on request, and how each stands."""
    today = here.today()
    found = list_benefits(here, on=today, due_days=due, past=past, partner_id=partner)
    return answer(request, benefits_file(here, found, "json", on=today))


@router.get("/acts")
def acts(request: Request, here: Installed, about: About) -> Response:
    """Who did what about a month (YYYY-MM), or about one partner; the newest first."""
    return answer(request, acts_file(list_acts(here, about), "json"))
