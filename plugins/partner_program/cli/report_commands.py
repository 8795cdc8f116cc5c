"""Commands that answer a question about months that were settled; each prints one report and writes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from partner_program.cli.inputs import AMOUNT, MONTH, PERCENT, installation
from partner_program.cli.options import all_rows, example
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal

if TYPE_CHECKING:
    from partner_program.domain.report import Report

_Command = TypeVar("_Command", bound=Callable[..., Any])


def form_option(words: str) -> Callable[[_Command], _Command]:
    """The option that says for whom an answer is printed; `words` are its help."""
    forms = click.Choice(["text", "json", "csv"])
    return click.option("--format", "form", type=forms, default="text", show_default=True, help=words)


def report_options(command: _Command) -> _Command:
    """The options of every report: its form, the table for a CSV file, every row."""
    form = form_option("For people, programs, or a spreadsheet: one table.")
    table = click.option("--table", default="", metavar="NAME", help="Of CSV: which table; default: the first.")
    return form(table(all_rows(command)))


def tell(report: "Report", *, form: str, table: str, every: bool) -> None:
    """Print a report in the form that is asked for."""
    from partner_program.usecases.reports.questions import report_file, tiers_of_report

    tiers = tiers_of_report(installation(), report)
    if form == "text":
        from partner_program.cli.report_tables import print_report

        print_report(report, every=every, names=tiers)
        return
    click.echo(report_file(report, "json" if form == "json" else "csv", table, tiers=tiers), nl=False)


def tell_what_was_asked(report: "Report", *, refused: str | None = None, **shown: Any) -> None:
    """Print what the entities were asked for; then refuse what is not known, with each entity, or is `refused`."""
    tell(report, **shown)
    unknown = "not known: " + "; ".join(report.unknown) if report.unknown else None
    if unknown or refused:
        raise Refusal("; ".join(filter(None, [refused, unknown])))


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


@click.command(epilog=example("partner-program leakage 2015-07 --fail-over 100.00"))
@click.argument("month", type=MONTH)
@click.option(
    "--fail-over",
    "fail_over_cents",
    type=AMOUNT,
    metavar="AMOUNT",
    help="Exit with status 1 where more than this was given beyond what was due, with a right to less or to none; in "
    "the programme's currency.",
)
@report_options
def leakage(month: BillingMonth, fail_over_cents: int | None, **shown: Any) -> None:
    """Hold the partner discount given on each counted line of MONTH against what was due on its order's day.

    Asks every entity's billing database for its lines as they are now. What we owe to partners is told first. An entity
    that cannot be read is named, and the status is 1.
    """
    from partner_program.usecases.reports.leakage import find_leakage, leakage_report

    orders, found = find_leakage(installation(), month)
    too_much, unit = None, orders.program.unit
    limit = None if fail_over_cents is None else unit.of_hundredths(fail_over_cents)
    if limit is not None and found.too_much_cents > limit:
        given = f"{unit.amount(found.too_much_cents)} were given beyond what was due"
        too_much = f"{given}, more than {unit.amount(limit)}"
    tell_what_was_asked(leakage_report(orders, found), refused=too_much, **shown)


@click.command(epilog=example("partner-program cost 2015-07", "partner-program cost 2015-07 --posting discounts.csv"))
@click.argument("month", type=MONTH)
@click.option(
    "--posting",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the discounts given as a file that a ledger imports; its accounts are program/ledger_accounts.csv.",
)
@report_options
def cost(month: BillingMonth, posting: Path | None, **shown: Any) -> None:
    """Say what the programme cost in MONTH: list value, discount given and due by tier, entity and product family.

    Then what is committed at the rates of the orders' days, and until when. Asks every entity's billing database for
    its lines as they are now. An entity that cannot be read is named, and the status is 1. Nothing is accrued.
    """
    from partner_program.usecases.reports.cost import cost_report, find_cost, write_posting

    found = find_cost(installation(), month)
    refused = None
    if posting is not None:
        try:
            is_new = write_posting(found, posting)
            click.echo(f"{posting}: {'written' if is_new else 'is there already, the same'}", err=True)
        except Refusal as refusal:
            refused = str(refusal)
    tell_what_was_asked(cost_report(found), refused=refused, **shown)


@click.command(epilog=example("partner-program forecast", "partner-program forecast 2015-08 --back 3"))
@click.argument("month", type=MONTH, required=False)
@click.option(
    "--back",
    type=click.IntRange(0, 24),
    default=1,
    show_default=True,
    help="How many settled months to forecast too, and hold against what came.",
)
@report_options
def forecast(month: BillingMonth | None, back: int, **shown: Any) -> None:
    """Forecast MONTH for each partner: what is sure, expected and at risk, who will drop unless, who will rise.

    Default: the month after the newest in force. The entities are asked now; no rate or letter follows. An entity that
    cannot be read is named, its partners are not known, and the exit status is 1.
    """
    from partner_program.usecases.reports.forecast import forecast as look_ahead

    tell_what_was_asked(look_ahead(installation(), month, back=back), **shown)
