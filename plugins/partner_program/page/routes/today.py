"""What waits, and for whom: the page on which people begin."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.waiting import Waiting, WaitKind, Who
from partner_program.page.installed import Installed
from partner_program.page.links import Links
from partner_program.page.rights import WHO_MAY_ACT, WHO_MAY_DECIDE, Person
from partner_program.page.view import Entry, ThisView
from partner_program.usecases.desk.today import what_waits

ENTRY = Entry("Today", "")
router = APIRouter()
# Where each kind is seen to; one that is not named here stands on its month's page, or on its partner's.
PLACES: Mapping[WaitKind, Callable[[Links, Waiting], str]] = {
    "brake": lambda links, waiting: links("months", waiting.month, "brake"),
    "rates": lambda links, waiting: links("months", waiting.month, "rates"),
    "restatement": lambda links, waiting: links("months", waiting.month, "restatement"),
    "benefit_request": lambda links, waiting: links("benefits", "of", waiting.subject_id),
    "dispute": lambda links, waiting: links("disputes", "answer", waiting.subject_id),
    "benefit_ends": lambda links, waiting: links("benefits", "of", waiting.subject_id),
    "letters_to_approve": lambda links, waiting: links("letters", waiting.month, "approve"),
    "letters_to_send": lambda links, waiting: links("letters", waiting.month, "send"),
    "letters_need_a_person": lambda links, waiting: links("letters", waiting.month),
    "unpublished": lambda links, waiting: links("publication", "publish", waiting.subject_id),
    "signature": lambda links, waiting: links("months", waiting.month, "sign"),
    "letters_to_render": lambda links, waiting: links("runs", "start", waiting.month),
    "brake_released": lambda links, waiting: links("runs", "start", waiting.month),
    "rate_in_doubt": lambda links, waiting: links("exchange-rates", "confirm", waiting.subject_id),
    "digest": lambda links, waiting: links("digests", "resolve", waiting.subject_id),
    "event": lambda links, waiting: links("events", "resolve", waiting.subject_id),
}
# The lists of the kinds of which only the first are named.
LISTS: Mapping[WaitKind, Callable[[Links], str]] = {
    "benefit_request": lambda links: links("benefits", show="decide"),
    "benefit_ends": lambda links: links("benefits", show="ends"),
    "grant_ends": lambda links: f"{links('benefits', show='ends')}#grants",
    "dispute": lambda links: links("disputes"),
    "digest": lambda links: links("digests"),
    "event": lambda links: links("events"),
}
WHO: Mapping[Who, str] = {
    "decide": WHO_MAY_DECIDE,
    "act": WHO_MAY_ACT,
    "operate": "whoever operates the installation",
}


@router.get("/")
def today(view: ThisView, here: Installed) -> HTMLResponse:
    """Everything that waits for a person, first what the one who asks can do."""
    found = what_waits(here, on=here.today())
    mine = [each for each in found.waiting if _may(view.person, each.who)]
    others = [each for each in found.waiting if not _may(view.person, each.who)]
    return view.page(
        "today.html",
        title="Today",
        found=found,
        mine=mine,
        others=others,
        things=lambda some: sum(each.things for each in some),
        who=WHO,
        place=lambda waiting: place_of(view.links, waiting),
    )


def _may(person: Person, who: Who) -> bool:
    return {"decide": person.may_decide, "act": person.may_act, "operate": False}[who]


def place_of(links: Links, waiting: Waiting) -> str:
    """The page on which somebody sees to it, or the list of those that are not named one by one."""
    if waiting.kind in LISTS and waiting.subject_id is None:
        return LISTS[waiting.kind](links)
    if waiting.kind in PLACES:
        return PLACES[waiting.kind](links, waiting)
    if waiting.partner_id is not None:
        return links.partner(waiting.partner_id)
    return links.month(waiting.month) if waiting.month is not None else links("months")
