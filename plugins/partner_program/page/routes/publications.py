"""Publishing again what is owed to order databases."""

from functools import partial

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.plurals import plural
from partner_program.page.errand_forms import Errand
from partner_program.page.forms import Filled, Look, Shown, routes_of
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_DECIDE
from partner_program.page.view import ThisView, View
from partner_program.usecases.desk.errand_acts import publish
from partner_program.usecases.desk.errands import Asked, ErrandAct
from partner_program.usecases.installation import Installation
from partner_program.usecases.publication import owed_accounts, owed_at

router = APIRouter()


@router.get("/publication")
def publication(view: ThisView, here: Installed) -> HTMLResponse:
    """What each order database still lacks."""
    return view.page("publication.html", title="Publication", owed=owed_accounts(here), who_could=WHO_MAY_DECIDE)


class Publish(Errand):
    """Publish what is owed to one entity's order database, and read it back."""

    path = ("publication", "publish")
    template = "publish.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """How many accounts wait there."""
        accounts = owed_at(here, subject)
        return Shown(
            f"Publish to {subject}",
            view.links("publication"),
            "Publication",
            "",
            {"entity": subject, "accounts": accounts},
        )

    def look(self, view: View, here: Installation, subject: str, _filled: Filled) -> Look:
        """Say what is published."""
        return Look(
            f"Check before you publish to {subject}",
            [
                ("Order database", subject),
                ("Owed", f"rates of {plural(owed_at(here, subject), 'account')}, and benefits where it takes them"),
                ("Then", "rows are added and read back; a row that is there once is never changed"),
                ("On record as", view.person.name),
            ],
            f"Publish to {subject}",
        )

    def errand(self, view: View, here: Installation, subject: str, filled: Filled) -> tuple[Asked, ErrandAct]:
        """Publish and read back, which waits for the order database."""
        owed_at(here, subject)
        filled.sound()
        return Asked(f"Publish to {subject}"), partial(publish, entity=subject, by=view.person.name)


router.include_router(routes_of(Publish()))
