"""Commands about a restatement: show what would change, accept it, reject it."""

from datetime import date

import click

from partner_program.cli.inputs import DAY, MONTH, WORDS, installation
from partner_program.cli.options import example, looked_at, text_or_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural


@click.group()
def restatement() -> None:
    """Restatements: a month in force whose inputs changed. Nothing changes until a person accepts."""


@restatement.command("show", epilog=example("partner-program restatement show 2015-06"))
@click.argument("month", type=MONTH)
@click.option("--effective-on", type=DAY, help="First day of the corrected rates, as for `accept`; default: today.")
@text_or_json
def restatement_show(month: BillingMonth, effective_on: date | None, form: str) -> None:
    """Show what accepting MONTH's proposal on a day does: the month's record, rates and letters, partner by partner."""
    from partner_program.cli.tables import print_outlook
    from partner_program.usecases.month.restatement import show_restatement
    from partner_program.usecases.whole_month import restatement_file

    here = installation()
    today = here.today()
    day = effective_on or today
    if form == "json":
        click.echo(restatement_file(here, month, on=day, today=today), nl=False)
    else:
        print_outlook(show_restatement(here, month, on=day, today=today), is_today=day == today)


@restatement.command(
    "accept", epilog=example('partner-program restatement accept 2015-06 --reason "credit note arrived late"')
)
@click.argument("month", type=MONTH)
@click.option("--effective-on", type=DAY, help="First day of the corrected rates; default: today.")
@click.option("--reason", type=WORDS, required=True, help="Why the new figures are right; kept on record.")
@looked_at("accepted_by")
def restatement_accept(month: BillingMonth, effective_on: date | None, reason: str, accepted_by: str) -> None:
    """Put the proposed figures of MONTH in force: rates for new orders from the day of acceptance, new letters."""
    from partner_program.domain.acceptance import summary_words
    from partner_program.usecases.month.restatement import Acceptance
    from partner_program.usecases.whole_month import accept_whole_restatement

    here = installation()
    today = here.today()
    acceptance = Acceptance(effective_on or today, accepted_by, reason)
    done = accept_whole_restatement(here, month, acceptance, today=today)
    click.echo(f"{month}: revision {done.proposal.revision}, {summary_words(done.consequences)}")


@restatement.command(
    "reject", epilog=example('partner-program restatement reject 2015-06 --reason "entered twice by mistake"')
)
@click.argument("month", type=MONTH)
@click.option("--reason", type=WORDS, required=True, help="Why the month stays as it is; kept on record.")
@looked_at("rejected_by")
def restatement_reject(month: BillingMonth, reason: str, rejected_by: str) -> None:
    """Leave MONTH as it is; the same differences are not proposed again."""
    from partner_program.usecases.month.restatement import reject_restatement

    proposal = reject_restatement(installation(), month, rejected_by=rejected_by, reason=reason)
    click.echo(f"{month}: stays as it is, {plural(len(proposal.differences), 'difference')} rejected")
