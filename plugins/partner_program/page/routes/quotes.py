"""What an order costs: a form whose answer stands in its address, so that it can be sent to a colleague."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from partner_program.domain.refusals import NotReady, NotThere, Refusal, Unavailable
from partner_program.page.forms import AMOUNT, DAY, TERM, Filled, Unreadable, discount_bp, words
from partner_program.page.installed import Installed
from partner_program.page.view import ThisView
from partner_program.page.words import percent
from partner_program.usecases.desk.quote import QuoteFound, quote_choices, quote_with_steps
from partner_program.usecases.installation import Installation
from partner_program.usecases.orders import Order

router = APIRouter()


@dataclass(frozen=True)
class _Asked:
    """A quote, or why there is none."""

    order: Order | None = None
    found: QuoteFound | None = None
    status: int = 200


@router.get("/quote")
def quote(request: Request, view: ThisView, here: Installed) -> HTMLResponse:
    """The form, and where it is filled in the fees with each step that led to them."""
    filled = Filled(dict(request.query_params))
    partner_id = filled("partner")
    if not partner_id:
        return view.page("quote_whom.html", title="Quote an order")
    asked = _asked(here, partner_id, filled) if "monthly" in filled.typed else _Asked()
    choices = quote_choices(here, partner_id, on=asked.order.placed_on if asked.order else here.today())
    return view.page(
        "quote.html",
        title=f"Quote for {choices.partner.company_name}",
        status=asked.status,
        partner=choices.partner,
        order=asked.order,
        found=asked.found,
        filled=filled,
        today=here.today(),
        terms=[
            (months, f"{months} month{'s' if months > 1 else ''}" + (f", {percent(bp)} off" if bp else ""))
            for months, bp in choices.terms
        ],
        needs_product=choices.needs_product,
        products=[(each, each.replace("_", " ")) for each in choices.products],
        pays_ahead=any(bp is not None for _, bp in choices.terms),
        may_shorten=choices.may_shorten,
        shortened=filled("shortened_from"),
        unit=view.unit.of_orders,
    )


def _asked(here: Installation, partner_id: str, filled: Filled) -> _Asked:
    order = Order(
        partner_id,
        filled.must("on", DAY, "Say on which day the order is placed."),
        filled.must("monthly", AMOUNT, "Say the monthly fee at list price; 0 where there is none."),
        filled.may("setup", AMOUNT) or 0,
        filled.must("term", TERM, "Choose a contract term."),
        filled.may("website", discount_bp) or 0,
        filled.may("promo", discount_bp) or 0,
        filled.may("product", words),
        filled.may("shortened_from", TERM),
    )
    try:
        filled.sound()
        return _Asked(order, quote_with_steps(here, order))
    except Unreadable:
        filled.said = "Something in the form is missing or cannot be read."
        return _Asked(status=422)
    except (NotThere, NotReady, Unavailable):
        raise
    except Refusal as refusal:
        filled.said = f"{refusal}."
        return _Asked(order, status=409)
