"""What errands do: each act as its command does it, with the lines that the command would print.

They run in a process apart: what they are given beside the installation is plain values.
"""

import re
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from partner_program.adapters.plain_names import plain_name
from partner_program.domain.acts import Doer
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal
from partner_program.usecases.application import accept_application, accepted_words
from partner_program.usecases.erasure import erase_contact, erase_person, erased_words, pseudonym_key
from partner_program.usecases.installation import REGISTRY_VARIABLE, Installation
from partner_program.usecases.partner_managers import assign_partners
from partner_program.usecases.partner_status import Step, change_status, status_words
from partner_program.usecases.publication import publish_owed
from partner_program.usecases.registry_doubts import doubts_of_now


def registry_folder(installation: Installation) -> Path:
    """The registry's folder, which acts change together with the database; refused where this machine has none."""
    if installation.registry is None:
        raise Refusal(
            f"this machine has no folder of the registry ({REGISTRY_VARIABLE} is not set): on the one that has it, "
            "partner-program does the same with --into"
        )
    if not installation.registry.is_dir():
        raise Refusal(f"{REGISTRY_VARIABLE} names {installation.registry}, which is no folder on this machine")
    return installation.registry


def publish(installation: Installation, entity: str | None, by: str) -> list[str]:
    """Publish what is owed to an entity's order database, or to each; refused where one has not taken it."""
    said: list[str] = []
    today = installation.today()
    failed = publish_owed(installation, published_on=today, only=entity, done_by=by, progress=said.append)
    if failed:
        raise Refusal("\n".join([*said, f"not published, still owed: {', '.join(failed)}"]))
    return said or ["no entity has an order database"]


def change_partner(
    installation: Installation, partner_id: str, step: Step, day: date, today: date, by: str, reason: str
) -> list[str]:
    """Suspend or end a partner, or let it go on; then publish what new orders get."""
    folder = registry_folder(installation)
    change = change_status(installation, partner_id, folder, step=step, day=day, today=today, done_by=by, reason=reason)
    said = [status_words(change)]
    if change.changed:
        failed = publish_owed(installation, published_on=today)
        if failed:
            said.append(f"not published yet, publish again: {', '.join(failed)}")
    return said


def assign(
    installation: Installation, from_manager: str, to_manager: str, only: Sequence[str], by: str, reason: str
) -> list[str]:
    """Move a manager's partners to another."""
    moved = assign_partners(
        installation,
        registry_folder(installation),
        from_manager=from_manager,
        to_manager=to_manager,
        only=only,
        done_by=by,
        reason=reason,
    )
    if not moved:
        return [f"{from_manager} has no partner: nothing is written"]
    return [f"{plural(len(moved), 'partner')} moved from {from_manager} to {to_manager}", ", ".join(moved)]


def accept(
    installation: Installation,
    application: str,
    manager_id: str,
    authorized_on: date,
    other_than: Sequence[str],
    by: str,
    reason: str,
) -> list[str]:
    """Make the partner of a pasted application."""
    accepted = accept_application(
        installation,
        application,
        registry_folder(installation),
        manager_id=manager_id,
        authorized_on=authorized_on,
        other_than=other_than,
        accepted_by=by,
        reason=reason,
    )
    doubts = [f"to look at: {each}" for each in doubts_of_now(installation)]
    return [accepted_words(accepted), *(f"verify: {said}" for said in accepted.to_verify), *doubts]


def erase_a_contact(installation: Installation, address: str, by: str, reason: str) -> list[str]:
    """Erase the contact with an address; what is said of it does not name it."""
    try:
        report = erase_contact(installation, address, installation.registry, by=Doer(by, reason, int(time.time())))
    except Refusal as refusal:
        raise _without([address], refusal) from None
    return [erased_words(report)]


def erase_one_of_the_staff(
    installation: Installation, name: str, also: Sequence[str], by: str, reason: str
) -> list[str]:
    """Erase one of the own staff; what is said of it does not name them."""
    doer = Doer(by, reason, int(time.time()))
    try:
        report = erase_person(installation, name, installation.registry, also=also, by=doer)
    except Refusal as refusal:
        raise _without([name, plain_name(name), *also], refusal) from None
    return [erased_words(report)]


def no_key_for_pseudonyms(installation: Installation) -> str:
    """Why nobody can be erased here; empty where somebody can."""
    try:
        pseudonym_key(installation.connections)
    except Refusal as refusal:
        return f"Nobody can be erased here: {refusal}."
    return ""


def _without(words: Sequence[str], refusal: Refusal) -> Refusal:
    """A refusal that is kept for days does not name who is to be erased."""
    said = str(refusal)
    for each in filter(None, words):
        said = re.sub(re.escape(each), "this person", said, flags=re.IGNORECASE)
    return Refusal(said.replace("with --into", f"to the api-server, as {REGISTRY_VARIABLE}"))
