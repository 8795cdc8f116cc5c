"""Documents for download from committed facts: a partner's letter of a month and its certificate as PDF, its badge."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from partner_program.adapters.atomic_write import write_bytes_if_changed
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database.registry import find_partner, load_registry
from partner_program.adapters.letters.badge import badge_svg
from partner_program.adapters.letters.pdf import LetterPdf
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.certificate import CertificateFacts, Document, certificate_facts
from partner_program.domain.letter_facts import facts_of_letters
from partner_program.domain.program import Program
from partner_program.domain.refusals import NotDefined
from partner_program.domain.tier_changes import AT_ONCE
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import (
    letter_file_name,
    letter_templates,
    letters_folder,
)


def letter_pdf(
    installation: Installation,
    partner_id: str,
    month: BillingMonth,
    *,
    out: Path | None = None,
    program_file: Path | None = None,
) -> Path:
    """Write the PDF of a partner's newest letter for a month: to `out`, or beside its HTML."""
    content = letter_pdf_content(installation, partner_id, month, program_file=program_file)
    path = out or letters_folder(installation, month) / f"{letter_file_name(partner_id)}.pdf"
    write_bytes_if_changed(path, content)
    return path


def letter_pdf_content(
    installation: Installation, partner_id: str, month: BillingMonth, *, program_file: Path | None = None
) -> bytes:
    """Return the PDF of a partner's newest letter for a month; nothing is written."""
    with installation.database.reading() as connection:
        find_partner(connection, partner_id)
        registry = load_registry(connection, [partner_id])
        owed = letter_store.owed_letters(connection, month, [partner_id])
    if not owed:
        raise NotDefined(f"partner {partner_id} has no letter for {month}: the month owes it none, or is not settled")
    programs = installation.programs_with(program_file)
    ((_, facts),) = facts_of_letters(owed=owed, registry=registry, programs=programs)
    return _typesetter(installation).letter(facts)


def certificate_pdf(
    installation: Installation, partner_id: str, *, on: date, today: date, out: Path | None = None
) -> Path:
    """Write a partner's certificate for a day up to today, from the rate in force on that day."""
    made = document_content(installation, partner_id, "certificate", on=on, today=today)
    path = out or installation.out / "certificates" / made.name
    write_bytes_if_changed(path, made.content)
    return path


def badge(installation: Installation, partner_id: str, *, on: date, today: date, out: Path | None = None) -> Path:
    """Write a partner's badge for its website for a day up to today, as SVG; it has the number of the certificate."""
    made = document_content(installation, partner_id, "badge", on=on, today=today)
    path = out or installation.out / "badges" / made.name
    write_bytes_if_changed(path, made.content)
    return path


class MadeDocument(NamedTuple):
    """A certificate or a badge: the name of its file, which has its number, and its bytes."""

    name: str
    content: bytes


def document_content(
    installation: Installation, partner_id: str, document: Document, *, on: date, today: date
) -> MadeDocument:
    """Return a partner's certificate as PDF or badge as SVG, for a day up to today; nothing is written."""
    facts, program = _stated(installation, partner_id, on, today, document)
    name = letter_file_name(facts.number)
    if document == "certificate":
        return MadeDocument(f"{name}.pdf", _typesetter(installation).certificate(facts, program.changes or AT_ONCE))
    return MadeDocument(f"{name}.svg", badge_svg(facts, letter_templates(installation)).encode())


def _stated(
    installation: Installation, partner_id: str, on: date, today: date, document: Document
) -> tuple[CertificateFacts, Program]:
    """What holds on a day, by the rate in force on it, and the programme of that day."""
    if on > today:
        raise NotDefined(f"a {document} states what is in force: {on} has not come yet, expected at most {today}")
    with installation.database.reading() as connection:
        partner = find_partner(connection, partner_id)
        rate = rate_store.rate_on(connection, partner_id, on)
    program = installation.program_on(on)
    return certificate_facts(partner=partner, rate=rate, program=program, day=on, document=document), program


def _typesetter(installation: Installation) -> LetterPdf:
    return LetterPdf(letter_templates(installation), installation.fonts_folder)
