"""Partners: the list, one partner, its receipt of a month, and what an order would cost."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from partner_program.domain.money import amount_cents, percent_bp
from partner_program.domain.partner_list import Change, Near, Order, Wanted
from partner_program.page.api.answers import After, Limit, answer, endpoints
from partner_program.page.installed import Installed
from partner_program.page.routes.months import InPath
from partner_program.usecases.desk import answers
from partner_program.usecases.explain import explain, receipt_file
from partner_program.usecases.orders import Order as Wish
from partner_program.usecases.orders import quote_file

router = endpoints()
Piece = Annotated[str, Query(max_length=200)]
Amount = Annotated[str, Query(pattern=r"^\d{1,12}(\.\d{1,2})?$", examples=["199.00"])]
Percent = Annotated[str, Query(pattern=r"^\d{1,3}(\.\d{1,2})?$", examples=["2.5"])]


@router.get("/partners")
def partners(
    request: Request,
    here: Installed,
    text: Piece = "",
    tier: Annotated[int | None, Query(ge=0, le=99)] = None,
    change: Change | None = None,
    near: Near | None = None,
    manager: Piece = "",
    entity: Piece = "",
    language: Piece = "",
    order: Order = "id",
    limit: Limit = 100,
    after: After = "",
) -> Response:
    """Partners with their results of the newest month in force, filtered and sorted as on the page."""
    wanted = replace(
        Wanted(text.strip(), manager_id=manager, entity=entity, language=language), tier=tier, change=change
    )
    return answer(
        request, answers.partners_file(here, wanted, near=near, order=order, after=after or None, count=limit)
    )


# An id may have a slash: the routes with more behind the id come first.
@router.get("/partners/{partner_id:path}/months/{month}")
def receipt(request: Request, here: Installed, partner_id: str, month: InPath) -> Response:
    """The receipt of one result: every amount, rate and row that led to it."""
    return answer(request, receipt_file(explain(here, partner_id, month)))


@router.get("/partners/{partner_id:path}/quote")
def quote(
    request: Request,
    here: Installed,
    partner_id: str,
    monthly: Amount,
    setup: Amount,
    term: Annotated[int, Query(ge=1, le=120)],
    on: Annotated[date | None, Query(description="The day of the order; without one today")] = None,
    website: Percent = "0",
    promo: Percent = "0",
    product: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """What an order costs: fees in cents, and the steps that lead to them."""
    wish = Wish(
        partner_id=partner_id,
        placed_on=on or here.today(),
        monthly_list_cents=amount_cents(monthly),
        setup_list_cents=amount_cents(setup),
        term_months=term,
        website_bp=percent_bp(website),
        promotion_bp=percent_bp(promo),
        product=product,
    )
    return answer(request, quote_file(here, wish))


@router.get("/partners/{partner_id:path}")
def partner(request: Request, here: Installed, partner_id: str) -> Response:
    """One partner whole, as it is today."""
    return answer(request, answers.partner_file(here, partner_id, on=here.today()))
