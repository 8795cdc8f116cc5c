"""Commands about sources: the queries that stand in for an entity's relations."""

import click

from partner_program.cli.inputs import MONTH, installation
from partner_program.cli.options import example, text_or_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal

_OWN = "none"


@click.group()
def source() -> None:
    """Sources: queries that give a billing system's revenue, one folder a system."""


@source.command(
    "check",
    epilog=example(
        "partner-program source check killbill --connection billing_nl --month 2015-06",
        "partner-program source check --connection billing_nl --month 2015-06   # the entity's own views",
        title="Examples:",
    ),
)
@click.argument("name", default=_OWN)
@click.option("--connection", "connection_id", required=True, metavar="ID", help="As in billing_nl.")
@click.option("--month", type=MONTH, required=True, help="The month to look through.")
@text_or_json
def source_check(name: str, connection_id: str, month: BillingMonth, form: str) -> None:
    """Look through a month of the source NAME, a folder of include/sql/sources, and say what is wrong with it.

    Says whether its relations are right, which lines are faulty, where all lines go, what the largest accounts are made
    of, what looks wrong, and the figures to record as the month's close. Reads only, and needs no programme database.
    Without NAME, or with `none`, the entity's own tables or views are looked at. Exit status 1 if anything is faulty.
    """
    from partner_program.usecases.source_check import WrongQuestion, check_source, close_commands, source_check_file

    try:
        check = check_source(installation(), None if name == _OWN else name, connection_id, month)
    except WrongQuestion as refusal:
        raise click.UsageError(str(refusal)) from refusal
    if form == "json":
        click.echo(source_check_file(check), nl=False)
    else:
        from partner_program.cli.source_tables import print_source_check

        print_source_check(check, close_commands(check))
    if not check.sound:
        raise Refusal("something is faulty: see above")
