"""Commands about contracts of a long term that end."""

from collections.abc import Mapping, Sequence
from typing import Literal

import click

from partner_program.cli.inputs import MONTH, installation
from partner_program.cli.options import all_rows, example, table_or_file
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal


@click.group()
def contracts() -> None:
    """Contracts of 12 months: which of them end, and what going on with a shorter term costs."""


@contracts.command("ending", epilog=example("partner-program contracts ending --month 2015-12"))
@click.option("--month", type=MONTH, help="The month in which their last day lies; default: the next month.")
@table_or_file
@all_rows
def contracts_ending(month: BillingMonth | None, form: Literal["table", "json", "csv"], every: bool) -> None:
    """List the contracts whose last day lies in a month, by partner, as the billing databases show them now.

    With each: a month of 1, 3 and 6 months, in per cent of the list price, at the partner's rate on the day after.
    An entity that cannot be read is named, and the exit status is 1.
    """
    from partner_program.usecases.contracts import contracts_ending as find
    from partner_program.usecases.contracts import contracts_file

    here = installation()
    asked = month or BillingMonth.of(here.today()).following
    ending = find(here, first=asked.first_day, last=asked.last_day)
    if form == "table":
        from partner_program.cli.contract_tables import print_contracts

        print_contracts(ending, every=every)
    else:
        click.echo(contracts_file(ending, form), nl=False)
    tell_unread(ending.not_read, ending.faulty_lines)


def tell_unread(not_read: Mapping[str, str], faulty_lines: Mapping[str, Sequence[str]]) -> None:
    """Say on stderr which lines could not be judged; raises `Refusal` where an entity could not be read."""
    for entity, lines in faulty_lines.items():
        click.echo(f"{entity}: {plural(len(lines), 'line')} at fault, not listed: {', '.join(lines[:5])}", err=True)
    if not_read:
        raise Refusal("not read: " + "; ".join(f"{entity}: {why}" for entity, why in not_read.items()))
