"""Commands about applications: what an application comes to, field by field."""

from datetime import date
from pathlib import Path

import click

from partner_program.cli.inputs import DAY, FILE, WORDS, installation
from partner_program.cli.options import example, into_registry, person, text_or_json
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
    from partner_program.usecases.application import as_json, judge_application

    checked = judge_application(installation(), file)
    if form == "json":
        click.echo(as_json(checked), nl=False)
    else:
        print_application(checked)
    if checked.partners is None:
        click.echo("warning: no programme database is set: the applicant was compared with no partner", err=True)
    if checked.unfulfilled:
        raise Refusal(f"the application does not fulfil: {', '.join(each.field for each in checked.unfulfilled)}")


@application.command(
    "accept",
    epilog=example(
        "partner-program application accept application.yaml --into registry/ --manager M1 "
        "--by pat --reason 'met on 3 August'"
    ),
)
@click.argument("file", type=FILE)
@into_registry
@click.option("--manager", "manager_id", required=True, type=WORDS, help="Its partner manager: an account_manager_id.")
@click.option("--on", "authorized_on", type=DAY, help="First day as authorised partner; default: today.")
@click.option("--other-than", multiple=True, metavar="PARTNER", help="It is another company than this partner.")
@person("accepted_by", "Who accepts it.")
@click.option("--reason", required=True, type=WORDS, help="Why; kept on record.")
def application_accept(
    file: Path,
    folder: Path,
    manager_id: str,
    authorized_on: date | None,
    other_than: tuple[str, ...],
    accepted_by: str,
    reason: str,
) -> None:
    """Make the partner of the application in FILE, its contacts and account links, and load them.

    Refused while a field is not fulfilled: who accepts other applications changes the programme file. Its first rate
    comes with the next month, or with a grant. Warnings are those of `load`.
    """
    from partner_program.usecases.application import accept_application, accepted_words
    from partner_program.usecases.registry_doubts import doubts_of_now

    here = installation()
    accepted = accept_application(
        here,
        file,
        folder,
        manager_id=manager_id,
        authorized_on=authorized_on or here.today(),
        other_than=other_than,
        accepted_by=accepted_by,
        reason=reason,
    )
    click.echo(accepted_words(accepted))
    for said in accepted.to_verify:
        click.echo(f"warning: verify: {said}", err=True)
    for doubt in doubts_of_now(here):
        click.echo(f"warning: {doubt}", err=True)
