"""Partner managers: how many partners each has, and moving partners from one to another."""

from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.plurals import first_names, plural
from partner_program.domain.refusals import NotThere
from partner_program.page.errand_forms import Errand, why_no_registry
from partner_program.page.forms import CODE, Filled, Look, Shown, routes_of
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_ACT
from partner_program.page.view import ThisView, View
from partner_program.usecases.desk.errand_acts import assign
from partner_program.usecases.desk.errands import Asked, ErrandAct
from partner_program.usecases.installation import Installation
from partner_program.usecases.partner_managers import managers_with_partners, who_would_move

router = APIRouter()
NAMED = 10


@router.get("/managers")
def managers(view: ThisView, here: Installed) -> HTMLResponse:
    """Every partner manager, with how many partners they have."""
    return view.page(
        "managers.html", title="Partner managers", managers=managers_with_partners(here), who_could=WHO_MAY_ACT
    )


@dataclass(frozen=True)
class _Typed:
    """A move as it was typed; `only` are the partners that were named, none for all."""

    to_manager: str
    only: tuple[str, ...]
    reason: str


class Assign(Errand):
    """Move a manager's partners, or those that are named, to another."""

    path = ("managers", "assign")
    template = "manager_assign.html"

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """Whose partners, and to whom they can go."""
        known = managers_with_partners(here)
        found = next((each for each in known if each[0].account_manager_id == subject), None)
        if found is None:
            raise NotThere(f"partner manager {subject} is not in the registry")
        manager, partners = found
        closed = "" if partners else f"{manager.name} has no partner."
        return Shown(
            f"Move partners of {manager.name}",
            view.links("managers"),
            "Partner managers",
            closed or why_no_registry(here),
            {
                "manager": manager,
                "partners": partners,
                "others": [
                    (each.account_manager_id, f"{each.name} ({each.account_manager_id})")
                    for each, _ in known
                    if each != manager
                ],
            },
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it on the database, and name who moves."""
        typed = self._read(filled)
        moved = who_would_move(here, from_manager=subject, to_manager=typed.to_manager, only=typed.only)
        return Look(
            "Check before you move them",
            [
                ("From", subject),
                ("To", typed.to_manager),
                ("Who moves", f"{plural(len(moved), 'partner')}: {first_names(moved, NAMED)}" if moved else "nobody"),
                ("Where", "the registry's files and the database together"),
                ("Your reason", typed.reason),
                ("On record as", view.person.name),
            ],
            f"Move {plural(len(moved), 'partner')} to {typed.to_manager}",
        )

    def errand(self, view: View, here: Installation, subject: str, filled: Filled) -> tuple[Asked, ErrandAct]:
        """Change files and database."""
        typed = self._read(filled)
        who_would_move(here, from_manager=subject, to_manager=typed.to_manager, only=typed.only)
        act = partial(
            assign,
            from_manager=subject,
            to_manager=typed.to_manager,
            only=typed.only,
            by=view.person.name,
            reason=typed.reason,
        )
        return Asked(f"Move partners of {subject} to {typed.to_manager}"), act

    def _read(self, filled: Filled) -> _Typed:
        typed = _Typed(
            filled.must("to", CODE, "Choose who gets them."),
            filled.may("only", partner_ids) or (),
            filled.reason,
        )
        filled.sound()
        return typed


def partner_ids(written: str) -> tuple[str, ...]:
    """Read ids of partners with blanks or commas between them."""
    return tuple(dict.fromkeys(CODE(each) for each in written.replace(",", " ").split()))


router.include_router(routes_of(Assign()))
