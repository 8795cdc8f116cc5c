"""Judges an application to become a partner by the programme's list; a person decides."""

from dataclasses import replace
from pathlib import Path

from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.files.application import read_application
from partner_program.adapters.reports.application import application_json
from partner_program.domain.authorisation import ApplicationCheck, alike_partners, check_application
from partner_program.usecases.installation import Installation


def check_application_file(installation: Installation, file: Path) -> ApplicationCheck:
    """Judge an application in JSON or YAML by the programme in force today, and compare it with the registry.

    Without a programme database there is no registry to compare with.
    """
    answers = read_application(file)
    program = installation.program_on(installation.today())
    checked = check_application(requirements=program.authorisation_requirements, answers=answers)
    if installation.connections.get(CONN_ID) is None:
        return checked
    with installation.database.reading() as connection:
        registry = load_registry(connection)
    alike = alike_partners(answers=answers, partners=registry.partners, contacts=registry.contacts)
    return replace(checked, partners=tuple(alike))


def as_json(checked: ApplicationCheck) -> str:
    """Return what an application comes to as JSON (contract 6)."""
    return application_json(checked)
