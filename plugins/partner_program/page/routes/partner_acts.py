"""A partner is suspended, ended, or let go on: its status in the registry, and the rates of new orders."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from fastapi import APIRouter

from partner_program.page.errand_forms import Errand, why_no_registry
from partner_program.page.forms import DAY, Filled, Look, Shown, routes_of
from partner_program.page.view import View
from partner_program.page.words import day
from partner_program.usecases.desk.errand_acts import change_partner
from partner_program.usecases.desk.errands import Asked, ErrandAct
from partner_program.usecases.installation import Installation
from partner_program.usecases.partner_status import Step, partner_of, status_words, steps_for, would_change

router = APIRouter()
DOES: dict[Step, str] = {
    "suspend": "From the day on, new orders get no programme rate and benefits end. Existing services keep theirs. "
    "Months that are settled meanwhile leave the partner out. It can be let go on later.",
    "end": "From the day on, new orders get no programme rate and benefits end, for good. Existing services stay as "
    "they are.",
    "resume": "It goes on today. It gets the rate of its last month back where no month took force in between, "
    "otherwise with the next month.",
}


@dataclass(frozen=True)
class _Typed:
    """A step as it was typed."""

    day: date
    reason: str


@dataclass(frozen=True)
class Change(Errand):
    """One step of a partner's life in the programme."""

    step: Step
    template = "partner_change.html"
    decides = True

    @property
    def path(self) -> tuple[str, str]:  # type: ignore[override]
        """Its addresses begin with its own word."""
        return ("partner", self.step)

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The partner as it is, and what the step does."""
        partner = partner_of(here, subject)
        possible = self.step in steps_for(partner.status)
        return Shown(
            f"{self.step.capitalize()} {partner.company_name}",
            view.links.partner(subject),
            partner.company_name,
            why_no_registry(here) if possible else f"It is {partner.status}.",
            {"partner": partner, "step": self.step, "does": DOES[self.step], "today": here.today()},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it on the database: the status, and the rates of new orders."""
        partner = partner_of(here, subject)
        typed = self._read(here, filled)
        change = would_change(here, subject, step=self.step, day=typed.day, today=here.today())
        return Look(
            f"Check before you {self.step} this partner",
            [
                ("Partner", f"{partner.company_name} ({subject})"),
                ("From", day(typed.day)),
                ("What changes", status_words(change)),
                ("Where", "the registry's files and the database together; rates are published after it"),
                ("Your reason", typed.reason),
                ("On record as", view.person.name),
            ],
            f"{self.step.capitalize()} {subject}",
            danger=self.step != "resume",
        )

    def errand(self, view: View, here: Installation, subject: str, filled: Filled) -> tuple[Asked, ErrandAct]:
        """Change files and database, and publish."""
        typed = self._read(here, filled)
        today = here.today()
        would_change(here, subject, step=self.step, day=typed.day, today=today)
        act = partial(
            change_partner,
            partner_id=subject,
            step=self.step,
            day=typed.day,
            today=today,
            by=view.person.name,
            reason=typed.reason,
        )
        return Asked(f"{self.step.capitalize()} {subject}", partner_id=subject), act

    def _read(self, here: Installation, filled: Filled) -> _Typed:
        today = here.today()
        when = today if self.step == "resume" else filled.must("day", DAY, "Say from which day.")
        typed = _Typed(when, filled.reason)
        filled.sound()
        return typed


for each in (Change("suspend"), Change("end"), Change("resume")):
    router.include_router(routes_of(each))
