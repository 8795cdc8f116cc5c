"""A partner's contracts that end, asked from its entities now."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.contracts import EndingContract
from partner_program.domain.plurals import plural
from partner_program.page.entities import a_turn
from partner_program.page.installed import Installed
from partner_program.page.view import ThisView, View
from partner_program.usecases.desk.contracts import PartnerContracts, partner_contracts

router = APIRouter()
OrMonth = Annotated[str, Query(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")]


# An id may have a slash: it is the last part of the address.
@router.get("/contracts/{partner_id:path}")
def contracts(
    view: ThisView, here: Installed, partner_id: str, first: OrMonth = "", last: OrMonth = ""
) -> HTMLResponse:
    """The contracts whose last day lies in some months, each with what going on with a shorter term costs."""
    with a_turn():
        found = partner_contracts(
            here,
            partner_id,
            first=BillingMonth.parse(first) if first else None,
            last=BillingMonth.parse(last) if last else None,
        )
    offered = [term for each in found.ending.contracts for term in each.shorter_terms]
    return view.page(
        "contracts.html",
        title=f"Contracts of {found.partner.company_name}",
        found=found,
        terms=sorted({(term.term_months, plural(term.term_months, "month")) for term in offered}),
        rows=[
            (each, {term.term_months: term.of_list_price_bp for term in each.shorter_terms})
            for each in found.ending.contracts
        ],
        not_offered=sorted({term.refused for term in offered if term.refused}),
        quote=lambda contract: _quote(view, found, contract),
    )


def _quote(view: View, found: PartnerContracts, contract: EndingContract) -> str:
    """The form of an order that goes on where the contract ends."""
    return view.links(
        "quote",
        partner=found.partner.partner_id,
        on=contract.last_day + timedelta(days=1),
        product=contract.product,
        shortened_from=found.shortened_from,
    )
