"""Events for other systems: how many are where, and what a person says of one that was not taken."""

import time

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.acts import EVENT_AGAIN, EVENT_GIVEN_UP, Doer
from partner_program.domain.events import OutboxEvent
from partner_program.domain.refusals import Refusal
from partner_program.page.forms import SHOWN, Act, After, Filled, Look, Shown, routes_of
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_DECIDE
from partner_program.page.view import ThisView, View
from partner_program.usecases.acts import newest_act
from partner_program.usecases.events import (
    EventResolution,
    find_event,
    possible_resolutions,
    resolve_event,
    standing_of,
    stuck_events,
)
from partner_program.usecases.installation import Installation

router = APIRouter()
ROWS = 200
ANSWERS: dict[EventResolution, tuple[str, str]] = {
    "again": ("Try it again", "the next sending hands it over anew, and after it those of its partner that waited"),
    "given_up": ("Give it up", "it is never sent, and those of its partner that waited go on"),
}


@router.get("/events")
def events(view: ThisView, here: Installed) -> HTMLResponse:
    """How many events are in each state, and those that were not taken."""
    found = stuck_events(here)
    return view.page(
        "events.html",
        title="Events for other systems",
        states=found.states,
        rows=found.events[:ROWS],
        more=len(found.events[ROWS:]),
        resolve=lambda each: view.links("events", "resolve", each.event_id),
        who_could=WHO_MAY_DECIDE,
    )


def _answer(written: str) -> EventResolution:
    if written not in ANSWERS:
        raise Refusal("Say whether it is tried again.")
    return written


class Resolve(Act):
    """Say what is to become of an event that was not taken."""

    path = ("events", "resolve")
    template = "event_resolve.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The event, and what can be said of it."""
        event = find_event(here, subject)
        offered = [(each, *ANSWERS[each]) for each in possible_resolutions(event)]
        return Shown(
            f"Resolve an event about {event.subject}",
            view.links("events"),
            "Events for other systems",
            "" if offered else f"It is {event.status.replace('_', ' ')}: there is nothing to resolve.",
            {"event": event, "offered": offered, SHOWN: standing_of(event)},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say what becomes of it."""
        event, answer, reason = self._resolve(view, here, subject, filled, only_try=True)
        words, means = ANSWERS[answer]
        return Look(
            "Check before you resolve it",
            [
                ("Event", f"{event.kind} about {event.subject}"),
                ("Not taken", f"{event.attempts} times, the last: {event.reply or 'no answer'}"),
                ("You say", f"{words}: {means}"),
                ("Your reason", reason),
                ("On record as", view.person.name),
            ],
            f"{words}: resolve it",
            danger=answer == "given_up",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Resolve it, once."""
        self._resolve(view, here, subject, filled, only_try=False)
        return subject

    def after(self, view: View, here: Installation, subject: str) -> After:
        """How it stands, and what sends it."""
        event = find_event(here, subject)
        then = {
            "waiting": "It is sent with the next sending: the DAG programme_events, every ten minutes.",
            "given_up": "Nothing more: it is never sent.",
        }.get(event.status, f"It is {event.status.replace('_', ' ')} by now.")
        return After(
            f"The event about {event.subject} is resolved",
            newest_act(here, subject, EVENT_AGAIN, EVENT_GIVEN_UP),
            [then],
            [(view.links("events"), "Events for other systems"), (view.links(""), "Today")],
        )

    def _resolve(
        self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool
    ) -> tuple[OutboxEvent, EventResolution, str]:
        answer = filled.must("answer", _answer, "Say whether it is tried again.")
        reason, standing = filled.reason, filled.shown
        filled.sound()
        by = Doer(view.person.name, reason, int(time.time()))
        return resolve_event(here, subject, answer, by, shown=standing, only_try=only_try), answer, reason


router.include_router(routes_of(Resolve()))
