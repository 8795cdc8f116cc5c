"""The forms of acts that take longer than a page may: looked at twice as any other, then done by a process apart."""

import re
import secrets
from abc import abstractmethod
from collections.abc import Mapping

from partner_program.domain.refusals import NotThere, Refusal
from partner_program.page.forms import Act, After, Filled
from partner_program.page.view import View
from partner_program.usecases.desk.errand_acts import registry_folder
from partner_program.usecases.desk.errands import Asked, ErrandAct, begin_errand
from partner_program.usecases.installation import Installation

KEY = "errand"


class Errand(Act):
    """An act that a process apart does: its page says how far it is, and what came of it."""

    @abstractmethod
    def errand(self, view: View, here: Installation, subject: str, filled: Filled) -> tuple[Asked, ErrandAct]:
        """What it is called, and what does it; raises `Unreadable`."""

    def sent_on(self) -> Mapping[str, str]:
        """A key of its own for each last look: the same look sent twice is one errand."""
        return {KEY: secrets.token_hex(16)}

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Begin it; return its key."""
        key = filled.must(KEY, _key, "Look at it once more, and send it from there.")
        asked, act = self.errand(view, here, subject, filled)
        begin_errand(here, key, asked, act, by=view.person.name)
        return key

    def next_page(self, view: View, done: str) -> str:
        """Its page."""
        return view.links("errands", done)

    def after(self, _view: View, _here: Installation, _subject: str) -> After:
        """Each errand has a page of its own."""
        raise NotThere("there is no such page: each errand has one of its own")


def why_no_registry(here: Installation) -> str:
    """Why this machine cannot change the registry's files; empty where it can."""
    try:
        registry_folder(here)
    except Refusal as refusal:
        return f"It cannot be done on a page here: {refusal}."
    return ""


def _key(written: str) -> str:
    if re.fullmatch(r"[0-9a-f]{32}", written) is None:
        raise Refusal("Look at it once more, and send it from there.")
    return written
