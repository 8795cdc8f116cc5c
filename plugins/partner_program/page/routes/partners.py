"""The list of partners: search, filters, one page after the other."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.partner_list import Change, Near, Order, Wanted
from partner_program.page.installed import Installed
from partner_program.page.view import Entry, ThisView
from partner_program.usecases.desk.partners import PAGE, find_partners

ENTRY = Entry("Partners", "partners")
router = APIRouter()
_CHANGES = (
    ("lowered", "tier fell"),
    ("raised", "tier rose"),
    ("unchanged", "tier as before"),
    ("first", "first tier"),
    ("held", "held"),
    ("not_assessed", "not assessed"),
)
Piece = Annotated[str, Query(max_length=200)]


@router.get("/partners")
def partners(
    view: ThisView,
    here: Installed,
    text: Piece = "",
    tier: Annotated[str, Query(pattern=r"^\d{0,2}$")] = "",
    change: Change | Literal[""] = "",
    near: Near | Literal[""] = "",
    manager: Piece = "",
    entity: Piece = "",
    language: Piece = "",
    order: Order | Literal[""] = "",
    after: Piece = "",
) -> HTMLResponse:
    """The list, as the filters in the address ask for it."""
    asked = {
        "text": text.strip(),
        "tier": tier,
        "change": change,
        "near": near,
        "manager": manager,
        "entity": entity,
        "language": language,
        "order": order,
    }
    wanted = Wanted(text.strip(), manager_id=manager, entity=entity, language=language)
    wanted = replace(wanted, tier=int(tier) if tier else None, change=change or None)
    found = find_partners(here, wanted, near=near or None, order=order or "name", after=after or None)
    return view.page(
        "partners.html",
        title="Partners",
        found=found,
        asked={**asked, "after": after},
        is_filtered=any(value for name, value in asked.items() if name != "order"),
        tiers=[(number, f"Tier {number}" if number else "No tier") for number in range(found.highest_tier + 1)],
        changes=_CHANGES,
        managers=[(each.account_manager_id, each.name) for each in found.managers.values()],
        pairs=lambda names: [(name, name) for name in names],
        first=view.links("partners", **asked),
        next=view.links("partners", **asked, after=found.next_after) if found.next_after else None,
        page_size=PAGE,
    )
