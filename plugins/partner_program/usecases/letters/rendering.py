"""Renders the letters that a month owes, from the committed facts, into files that a person can look at."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import sweep_drafts, write_if_changed
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database.deliveries import OwedChanges
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.letters.templates import LetterTemplates, RenderedLetter, templates_in
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letter_facts import OwedLetter, facts_of_letters
from partner_program.domain.registry import Contact
from partner_program.usecases.installation import Installation

TEMPLATE_VERSION = "v1"
BATCH = 500


def letters_folder(installation: Installation, month: BillingMonth) -> Path:
    """The folder of a month's letters."""
    return installation.out / "letters" / str(month)


def letter_file_name(partner_id: str) -> str:
    """The name of a partner's files, without its ending: one file in one folder, whatever characters the id has.

    It is never `index`: the folder's `index.html` is the preview book.
    """
    name = quote(partner_id, safe="").replace(".", "%2E")
    return f"%{ord(name[0]):02X}{name[1:]}" if name.lower() == "index" else name


def letter_templates(installation: Installation) -> LetterTemplates:
    """Load the templates that letters are written with now; equal files are compiled once a process."""
    return templates_in(installation.include / "templates" / "letters" / TEMPLATE_VERSION)


def letter_hash(rendered: RenderedLetter) -> str:
    """The sha256 of a letter's parts: what a person approves, and what is compared before it is sent."""
    return hashlib.sha256("\0".join((rendered.subject, rendered.text, rendered.html)).encode()).hexdigest()


def letter_batches(installation: Installation, month: BillingMonth) -> list[list[str]]:
    """The partners that are owed a letter, in batches; a task renders one batch."""
    with installation.database.reading() as connection:
        owed = letter_store.owed_partners(connection, month)
    return [owed[start : start + BATCH] for start in range(0, len(owed), BATCH)]


def render_letters(
    installation: Installation, month: BillingMonth, partners: Sequence[str], program_file: Path | None = None
) -> int:
    """Render one batch of letters and record their hashes; return how many. Equal facts give equal bytes."""
    templates = letter_templates(installation)
    with installation.database.reading() as connection:
        registry = load_registry(connection, partners)
        owed = letter_store.owed_letters(connection, month, partners)
    programs = installation.programs_with(program_file)
    folder = letters_folder(installation, month)
    sweep_drafts(folder)
    rendered = []
    for letter, facts in facts_of_letters(owed=owed, registry=registry, programs=programs):
        written = templates.render(facts)
        name = letter_file_name(letter.partner_id)
        write_if_changed(folder / f"{name}.html", written.html)
        write_if_changed(folder / f"{name}.txt", f"Subject: {written.subject}\n\n{written.text}")
        digest = letter_hash(written)
        if digest != letter.content_hash:
            rendered.append((letter.partner_id, letter.revision, digest))
    _record(installation, month, registry.contacts, owed, rendered, templates.version)
    return len(owed)


def _record(
    installation: Installation,
    month: BillingMonth,
    contacts: Sequence[Contact],
    owed: Sequence[OwedLetter],
    rendered: Sequence[tuple[str, int, str]],
    version: str,
) -> None:
    """Record what was rendered and its recipients; where a letter was rendered anew, ask for an approval again."""
    letters = [(each.partner_id, each.revision) for each in owed]
    partners = [each.partner_id for each in owed]

    def changes(connection: Connection) -> OwedChanges:
        there = delivery_store.deliveries(connection, month, partners=partners)  # of this batch alone
        return delivery_store.changes_owed(month, letters, contacts, there=there)

    with installation.database.reading() as connection:
        is_new = bool(rendered or changes(connection))
    if not is_new:
        return
    known = {(each.partner_id, each.revision) for each in owed if each.content_hash is not None}
    with installation.database.writing() as connection:
        letter_store.mark_rendered(connection, month, rendered, version)
        changes(connection).apply(connection)
        delivery_store.mark_rendered(connection, month, letters)
        if any((partner_id, revision) in known for partner_id, revision, _ in rendered):
            delivery_store.ask_again(connection, month, "a letter of this month was rendered anew")
