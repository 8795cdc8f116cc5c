"""Commands about applications: what an application comes to, field by field."""

from pathlib import Path

import click

from partner_program.cli.inputs import FILE, installation
from partner_program.cli.options import example, text_or_json
from partner_program.domain.refusals import Refusal


@click.group()
def application() -> None:
    """Applications to become an authorised partner."""


@application.command("check", epilog=example("partner-program application check application.yaml"))
@click.argument("file", type=FILE)
@text_or_json
def application_check(file: Path, form: str) -> None:
    """Judge the application in FILE (JSON or YAML, field: value) by the programme's list; a person decides.

    Each field is fulfilled, not fulfilled or missing, beside the programme's words. Partners that the applicant may be
    are named. Status 1 while a field is not fulfilled.
    """
    from partner_program.cli.application_tables import print_application
    from partner_program.usecases.application import as_json, check_application_file

    checked = check_application_file(installation(), file)
    if form == "json":
        click.echo(as_json(checked), nl=False)
    else:
        print_application(checked)
    if checked.partners is None:
        click.echo("warning: no programme database is set: the applicant was compared with no partner", err=True)
    if checked.unfulfilled:
        raise Refusal(f"the application does not fulfil: {', '.join(each.field for each in checked.unfulfilled)}")
