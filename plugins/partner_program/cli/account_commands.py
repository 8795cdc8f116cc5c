"""Commands about accounts at the entities."""

from typing import Any

import click

from partner_program.cli.inputs import MONTH, installation
from partner_program.cli.options import example
from partner_program.cli.report_commands import report_options, tell_what_was_asked
from partner_program.domain.billing_month import BillingMonth


@click.group()
def accounts() -> None:
    """Accounts at the entities: which of them nobody linked to a partner."""


@accounts.command("suggest", epilog=example("partner-program accounts suggest 2015-07"))
@click.argument("month", type=MONTH, required=False)
@report_options
def suggest(month: BillingMonth | None, **shown: Any) -> None:
    """List the reseller accounts that nobody linked, whose each may be, and what it would have changed.

    MONTH is settled already; default: the newest one in force. The entities are asked now; nothing is linked by itself.
    JSON and CSV have the row of account_links.csv that would link an account. An entity that cannot be read is named,
    and the exit status is 1.
    """
    from partner_program.usecases.reports.missing_accounts import missing_accounts, newest_month

    here = installation()
    tell_what_was_asked(missing_accounts(here, month or newest_month(here)), **shown)
