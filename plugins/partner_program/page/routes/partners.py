"""The list of partners: search, filters, one page after the other; all of them as a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from partner_program.domain.partner_list import Change, Near, Order, Wanted
from partner_program.page.installed import Installed
from partner_program.page.view import Entry, ThisView
from partner_program.usecases.desk.answers import partners_csv
from partner_program.usecases.desk.partners import PAGE, find_partners

ENTRY = Entry(
    "Partners",
    "partners",
    also=(
        "receipts",
        "in-their-words",
        "quote",
        "contracts",
        "disputes",
        "partner",
        "managers",
        "applications",
        "erase",
    ),
)
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


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; `typed` are its words, for the form and for other addresses."""

    wanted: Wanted
    near: Near | None
    order: Order
    typed: Mapping[str, str]

    @property
    def are_set(self) -> bool:
        """Whether the list is not whole."""
        return any(value for name, value in self.typed.items() if name != "order")


def filters(
    text: Piece = "",
    tier: Annotated[str, Query(pattern=r"^\d{0,2}$")] = "",
    change: Change | Literal[""] = "",
    near: Near | Literal[""] = "",
    manager: Piece = "",
    entity: Piece = "",
    language: Piece = "",
    order: Order | Literal[""] = "",
) -> Filters:
    """The filters of an address; an empty one chooses nothing."""
    wanted = Wanted(text.strip(), manager_id=manager, entity=entity, language=language)
    typed = {
        "text": text.strip(),
        "tier": tier,
        "change": change,
        "near": near,
        "manager": manager,
        "entity": entity,
        "language": language,
        "order": order,
    }
    wanted = replace(wanted, tier=int(tier) if tier else None, change=change or None)
    return Filters(wanted, near or None, order or "name", typed)


InAddress = Annotated[Filters, Depends(filters)]


@router.get("/partners")
def partners(view: ThisView, here: Installed, asked: InAddress, after: Piece = "") -> HTMLResponse:
    """The list, as the filters in the address ask for it."""
    found = find_partners(here, asked.wanted, near=asked.near, order=asked.order, after=after or None)
    more = {name: value for name, value in asked.typed.items() if name != "text"}
    return view.page(
        "partners.html",
        title="Partners",
        found=found,
        asked=asked.typed,
        after=after,
        has_more=any(more.values()),
        is_filtered=asked.are_set,
        tiers=[(number, view.tier(number)) for number in range(found.lowest_tier, found.highest_tier + 1)],
        changes=_CHANGES,
        managers=[(each.account_manager_id, each.name) for each in found.managers.values()],
        pairs=lambda names: [(name, name) for name in names],
        first=view.links("partners", **asked.typed),
        next=view.links("partners", **asked.typed, after=found.next_after) if found.next_after else None,
        file=view.links("partners.csv", **asked.typed),
        page_size=PAGE,
    )


@router.get("/partners.csv")
def partners_file(view: ThisView, here: Installed, asked: InAddress) -> Response:
    """Every partner that the filters keep, not the page alone."""
    content = partners_csv(here, asked.wanted, near=asked.near, order=asked.order)
    return view.file(content.encode(), name="partners.csv", kind="text/csv; charset=utf-8")
