"""An application to become a partner: judged by the programme's list, and accepted by a person."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from fastapi import APIRouter

from partner_program.domain.authorisation import ApplicationCheck
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.page.errand_forms import Errand, why_no_registry
from partner_program.page.forms import CODE, DAY, Filled, Look, Shown, routes_of
from partner_program.page.routes.managers import partner_ids
from partner_program.page.view import View
from partner_program.page.words import day
from partner_program.usecases.application import check_acceptable, judge_application
from partner_program.usecases.desk.errand_acts import accept
from partner_program.usecases.desk.errands import Asked, ErrandAct
from partner_program.usecases.installation import Installation
from partner_program.usecases.partner_managers import managers_with_partners

router = APIRouter()
NEW = "new"
LONGEST = 20_000


@dataclass(frozen=True)
class _Typed:
    """An application with what a person says of it."""

    application: str
    manager_id: str
    authorized_on: date
    other_than: tuple[str, ...]
    reason: str


class Accept(Errand):
    """Make the partner of an application, its contacts and account links."""

    path = ("applications", "accept")
    template = "application_accept.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, filled: Filled) -> Shown:
        """The form, and once an application was pasted, what it comes to field by field."""
        if subject != NEW:
            raise NotThere("there is no such application")
        checked: ApplicationCheck | None = None
        if filled.raw("application").strip() and "application" not in filled.faults:
            try:
                checked = judge_application(here, filled.raw("application"))
            except Refusal as fault:
                filled.faults.setdefault("application", str(fault))
        return Shown(
            "Accept an application",
            view.links("partners"),
            "Partners",
            why_no_registry(here),
            {
                "checked": checked,
                "today": here.today(),
                "managers": [
                    (each.account_manager_id, f"{each.name} ({each.account_manager_id})")
                    for each, _ in managers_with_partners(here)
                ],
            },
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Judge it, and say what is made of it; refused as accepting it would be."""
        if subject != NEW:
            raise NotThere("there is no such application")
        typed = self._read(filled)
        checked = judge_application(here, typed.application)
        check_acceptable(checked, other_than=typed.other_than)
        return Look(
            "Check before you accept it",
            [
                ("The programme's list", f"{len(checked.fields)} of {len(checked.fields)} fields are fulfilled"),
                ("Verify", "; ".join(checked.to_verify) or "nothing more that the programme names"),
                ("Authorised from", day(typed.authorized_on)),
                ("Partner manager", typed.manager_id),
                *([("Another company than", ", ".join(typed.other_than))] if typed.other_than else []),
                ("Then", "its first rate comes with the next month, or with a grant"),
                ("Where", "the registry's files and the database together"),
                ("Your reason", typed.reason),
                ("On record as", view.person.name),
            ],
            "Accept the application",
        )

    def errand(self, view: View, _here: Installation, subject: str, filled: Filled) -> tuple[Asked, ErrandAct]:
        """Change files and database."""
        if subject != NEW:
            raise NotThere("there is no such application")
        typed = self._read(filled)
        act = partial(
            accept,
            application=typed.application,
            manager_id=typed.manager_id,
            authorized_on=typed.authorized_on,
            other_than=typed.other_than,
            by=view.person.name,
            reason=typed.reason,
        )
        return Asked("Accept an application"), act

    def _read(self, filled: Filled) -> _Typed:
        typed = _Typed(
            filled.long("application", LONGEST, "Paste the application."),
            filled.must("manager", CODE, "Choose its partner manager."),
            filled.must("on", DAY, "Say from which day it is authorised."),
            filled.may("other_than", partner_ids) or (),
            filled.reason,
        )
        filled.sound()
        return typed


router.include_router(routes_of(Accept()))
