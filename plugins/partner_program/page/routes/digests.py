"""Digests for partner managers: how each stands, and what a person says of one that cannot go on by itself."""

import time
from datetime import date

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.acts import DIGEST_ARRIVED, DIGEST_NEVER_CAME, Doer
from partner_program.domain.digests import STUCK, Digest, week_named
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.page.forms import DAY, SHOWN, Act, After, Filled, Look, Shown, routes_of
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_ACT
from partner_program.page.routes.letters import said
from partner_program.page.view import ThisView, View
from partner_program.page.words import day
from partner_program.usecases.acts import newest_act
from partner_program.usecases.digests.listing import list_digests
from partner_program.usecases.digests.resolution import (
    DigestResolution,
    find_digest,
    possible_resolutions,
    resolve_digest,
    standing_of,
)
from partner_program.usecases.installation import Installation

router = APIRouter()
ROWS = 200
ANSWERS: dict[DigestResolution, tuple[str, str]] = {
    "accepted": ("It arrived", "its Message-ID is in the mail server's log as taken: nothing is sent again"),
    "not_sent": ("It did not arrive", "it is sent again in its week; after it, the next one tells again what ended"),
}


@router.get("/digests")
def digests(view: ThisView, here: Installed) -> HTMLResponse:
    """The digests, the newest week first, and before them those that need a person."""
    found = list_digests(here)
    return view.page(
        "digests.html",
        title="Digests for partner managers",
        stuck=[each for each in found if each.status in STUCK],
        rows=found[:ROWS],
        more=len(found[ROWS:]),
        can=possible_resolutions,
        said=said,
        resolve=lambda each: view.links("digests", "resolve", f"{each.week_of} {each.account_manager_id}"),
        who_could=WHO_MAY_ACT,
    )


def _of_subject(subject: str) -> tuple[date, str]:
    written, _, manager_id = subject.partition(" ")
    try:
        return DAY(written), manager_id
    except Refusal:
        raise NotThere(f"there is no digest {subject[:40]}") from None


def _answer(written: str) -> DigestResolution:
    if written not in ANSWERS:
        raise Refusal("Say whether it arrived.")
    return written


class Resolve(Act):
    """Say what became of a digest."""

    path = ("digests", "resolve")
    template = "digest_resolve.html"

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The digest, and what can be said of it."""
        digest = find_digest(here, *_of_subject(subject))
        offered = [(each, *ANSWERS[each]) for each in possible_resolutions(digest)]
        return Shown(
            f"Resolve the digest for {digest.account_manager_id}",
            view.links("digests"),
            "Digests",
            "" if offered else f"It is {digest.status.replace('_', ' ')}: there is nothing to resolve.",
            {"digest": digest, "offered": offered, SHOWN: standing_of(digest)},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say what becomes of it."""
        digest, answer, reason = self._resolve(view, here, subject, filled, only_try=True)
        words, means = ANSWERS[answer]
        return Look(
            "Check before you resolve it",
            [
                ("Digest", f"the week of {day(digest.week_of)}, for {digest.account_manager_id}"),
                ("It is", digest.status.replace("_", " ")),
                ("Message-ID", digest.message_id or "none"),
                ("You say", f"{words}: {means}"),
                ("Your reason", reason),
                ("On record as", view.person.name),
            ],
            f"{words}: resolve it",
            danger=answer == "not_sent",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Resolve it, once."""
        self._resolve(view, here, subject, filled, only_try=False)
        return subject

    def after(self, view: View, here: Installation, subject: str) -> After:
        """How it stands, and what sends it again."""
        digest = find_digest(here, *_of_subject(subject))
        then = {
            "approved": "It is sent with the next sending of its week: the DAG programme_reminders, or "
            "partner-program reminders send.",
            "undeliverable": "Its week is over: the next digest tells again what had ended.",
        }.get(digest.status, "Nothing more: it counts as accepted.")
        return After(
            f"The digest for {digest.account_manager_id} is resolved",
            newest_act(here, week_named(digest.week_of), DIGEST_ARRIVED, DIGEST_NEVER_CAME),
            [then],
            [(view.links("digests"), "Digests"), (view.links(""), "Today")],
        )

    def _resolve(
        self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool
    ) -> tuple[Digest, DigestResolution, str]:
        week, manager_id = _of_subject(subject)
        answer = filled.must("answer", _answer, "Say whether it arrived.")
        reason, standing = filled.reason, filled.shown
        filled.sound()
        by = Doer(view.person.name, reason, int(time.time()))
        digest = resolve_digest(here, week, manager_id, answer, by, shown=standing, only_try=only_try)
        return digest, answer, reason


router.include_router(routes_of(Resolve()))
