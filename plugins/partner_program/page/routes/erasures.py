"""Erasing a person: a contact of a partner by the address, or one of the own staff by name."""

from functools import partial

from fastapi import APIRouter

from partner_program.domain.refusals import NotThere
from partner_program.page.errand_forms import Errand
from partner_program.page.forms import Filled, Look, Shown, routes_of, words
from partner_program.page.view import View
from partner_program.usecases.desk.errand_acts import erase_a_contact, erase_one_of_the_staff, no_key_for_pseudonyms
from partner_program.usecases.desk.errands import Asked, ErrandAct
from partner_program.usecases.erasure import contacts_of_partner
from partner_program.usecases.installation import Installation

router = APIRouter()
STAFF = "staff"
GONE = "a pseudonym stands in its place; nobody can bring the name back"


class EraseContact(Errand):
    """Erase a contact; the address stands in the form alone, never in a link."""

    path = ("erase", "contact")
    template = "erase_contact.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The partner's contacts, and what erasing one does."""
        partner, contacts = contacts_of_partner(here, subject)
        return Shown(
            f"Erase a contact of {partner.company_name}",
            view.links.partner(subject),
            partner.company_name,
            no_key_for_pseudonyms(here),
            {"partner": partner, "contacts": contacts, "has_folder": here.registry is not None},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Say whom, and what cannot be brought back."""
        address, reason = self._read(filled)
        partner, contacts = contacts_of_partner(here, subject)
        known = next((each for each in contacts if each.email.casefold() == address.casefold()), None)
        return Look(
            "Check before you erase this person",
            [
                ("Address", address),
                ("Who", f"{known.name}, {known.role} of {partner.company_name}" if known else "no contact of now"),
                ("Leaves", "registry, outbox, letters, messages, acts, benefits and disputes, of every partner"),
                ("Stays", f"what was decided and sent; {GONE}"),
                ("Your reason", reason),
                ("On record as", view.person.name),
            ],
            "Erase this person",
            danger=True,
        )

    def errand(self, view: View, here: Installation, subject: str, filled: Filled) -> tuple[Asked, ErrandAct]:
        """Search everything that was written, and change it."""
        address, reason = self._read(filled)
        contacts_of_partner(here, subject)
        act = partial(erase_a_contact, address=address, by=view.person.name, reason=reason)
        return Asked("Erase a contact", partner_id=subject), act

    def _read(self, filled: Filled) -> tuple[str, str]:
        address = filled.must("address", words, "Give the e-mail address.")
        reason = filled.reason
        filled.sound()
        return address, reason


class ErasePerson(Errand):
    """Erase one of the own staff."""

    path = ("erase", "person")
    template = "erase_person.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """What erasing somebody does."""
        _check(subject)
        return Shown(
            "Erase one of the own staff",
            view.links("acts"),
            "Acts",
            no_key_for_pseudonyms(here),
            {"has_folder": here.registry is not None},
        )

    def look(self, view: View, _here: Installation, subject: str, filled: Filled) -> Look:
        """Say whom, and what cannot be brought back."""
        _check(subject)
        name, also, reason = self._read(filled)
        return Look(
            "Check before you erase this person",
            [
                ("Name", name),
                ("Also", ", ".join(also) or "nothing more: they are found by the name alone"),
                ("Leaves", "who acted and why, who granted and decided, letters and messages in which they are named"),
                ("Stays", f"what was decided and sent; {GONE}"),
                ("Your reason", reason),
                ("On record as", view.person.name),
            ],
            "Erase this person",
            danger=True,
        )

    def errand(self, view: View, _here: Installation, subject: str, filled: Filled) -> tuple[Asked, ErrandAct]:
        """Search everything that was written, and change it."""
        _check(subject)
        name, also, reason = self._read(filled)
        act = partial(erase_one_of_the_staff, name=name, also=also, by=view.person.name, reason=reason)
        return Asked("Erase one of the own staff"), act

    def _read(self, filled: Filled) -> tuple[str, tuple[str, ...], str]:
        name = filled.must("name", words, "Give the name.")
        also = tuple(each.strip() for each in (filled.may("also", words) or "").split(",") if each.strip())
        reason = filled.reason
        filled.sound()
        return name, also, reason


def _check(subject: str) -> None:
    if subject != STAFF:
        raise NotThere("there is no such page")


for each in (EraseContact(), ErasePerson()):
    router.include_router(routes_of(each))
