"""Commands that answer a question about months that were settled; each prints one report and writes nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from partner_program.cli.inputs import MONTH, PERCENT, installation
from partner_program.cli.options import all_rows, example
from partner_program.domain.billing_month import BillingMonth

if TYPE_CHECKING:
    from partner_program.domain.report import Report

_Command = TypeVar("_Command", bound=Callable[..., Any])


def report_options(command: _Command) -> _Command:
    """The options of every report: its form, the table for a CSV file, every row."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json", "csv"]),
        default="text",
        show_default=True,
        help="For people, programs, or a spreadsheet: one table.",
    )
    table = click.option("--table", default="", metavar="NAME", help="Of CSV: which table; default: the first.")
    return form(table(all_rows(command)))


def tell(report: "Report", *, form: str, table: str, every: bool) -> None:
    """Print a report in the form that is asked for."""
    if form == "text":
        from partner_program.cli.report_tables import print_report

        print_report(report, every=every)
        return
    from partner_program.usecases.reports.questions import report_file

    click.echo(report_file(report, "json" if form == "json" else "csv", table), nl=False)


@click.command(epilog=example("partner-program near 2015-07 --within 2"))
@click.argument("month", type=MONTH)
@click.option("--within", "within_bp", type=PERCENT, default="2", show_default=True, help="Per cent of a threshold.")
@report_options
def near(month: BillingMonth, within_bp: int, **shown: Any) -> None:
    """List the partners whose MONTH lies near a threshold: what is missing to the next tier, what is above the own."""
    from partner_program.usecases.reports.near import near as find

    tell(find(installation(), month, within_bp), **shown)


@click.command(epilog=example("partner-program movements 2015-06 2015-07"))
@click.argument("first", metavar="FROM", type=MONTH)
@click.argument("last", metavar="TO", type=MONTH)
@report_options
def movements(first: BillingMonth, last: BillingMonth, **shown: Any) -> None:
    """Say what moved revenue from month FROM to month TO, to the cent: new, lost, exchange rates, held and the rest."""
    from partner_program.usecases.reports.movements import movements_between

    tell(movements_between(installation(), first, last), **shown)
