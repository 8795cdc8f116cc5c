"""Checks an application to become a partner against the programme's list; a person decides."""

from pathlib import Path

from partner_program.adapters.files.application import read_application
from partner_program.domain.authorisation import ApplicationCheck, check_application
from partner_program.usecases.installation import Installation


def check_application_file(installation: Installation, file: Path) -> ApplicationCheck:
    """Check an application in JSON or YAML by the newest programme: what is given, is missing, has to be verified."""
    return check_application(program=installation.programs[-1], application=read_application(file))
