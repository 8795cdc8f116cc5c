"""Commands about signals: list a month's, and put on record that somebody has seen one."""

from typing import Any

import click

from partner_program.cli.inputs import CODE, MONTH, WORDS, installation
from partner_program.cli.options import example, looked_at
from partner_program.cli.report_commands import report_options, tell
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.signals import SIGNALS


class _MonthFirst(click.Group):
    """`signals 2015-07` is `signals list 2015-07`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what is no command for the arguments of `list`."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_MonthFirst)
def signals() -> None:
    """Signals: what finance should look at in a month. None changes a result, and no letter mentions them."""


@signals.command("list", epilog=example("partner-program signals list 2015-07"))
@click.argument("month", type=MONTH)
@report_options
def signals_list(month: BillingMonth, **shown: Any) -> None:
    """List the signals of MONTH with their figures, how common each is, and who has seen which."""
    from partner_program.usecases.reports.signals import signals_with_orders as look

    tell(look(installation(), month), **shown)


@signals.command("seen", epilog=example('partner-program signals seen 2015-07 jump P016 --reason "a new project"'))
@click.argument("month", type=MONTH)
@click.argument("signal", type=click.Choice(SIGNALS))
@click.argument("partner", type=CODE)
@looked_at("by")
@click.option("--reason", type=WORDS, required=True, help="Why it is well, or what is done; kept on record.")
def signals_seen(month: BillingMonth, signal: str, partner: str, by: str, reason: str) -> None:
    """Put on record that somebody has looked at a SIGNAL of a PARTNER in MONTH, as it is now."""
    from partner_program.usecases.reports.signals import mark_seen

    before = mark_seen(installation(), month, signal, partner, by=by, reason=reason)
    click.echo(f"{month} {signal} {partner}: seen by {by}{', as it was before' if before.is_seen(by, reason) else ''}")
