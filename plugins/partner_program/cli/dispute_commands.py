"""Commands about disputes: open one, answer or withdraw it, list them."""

import time
from datetime import date
from typing import Literal

import click

from partner_program.cli.inputs import MONTH, WORDS, installation
from partner_program.cli.options import all_rows, as_of, due, example, person, table_or_file
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth


@click.group()
def dispute() -> None:
    """Disputes: a partner says that a month's result is wrong. None changes a result by itself."""


@dispute.command(
    "open",
    epilog=example(
        'partner-program dispute open P004 2015-07 --account A17 --by pat --reason "not all invoices count"'
    ),
)
@click.argument("partner")
@click.argument("month", type=MONTH)
@click.option("--account", type=WORDS, help="The account that it is about; one that was not counted may be meant.")
@click.option("--line", type=WORDS, help="Or the line that it is about.")
@click.option("--reason", type=WORDS, required=True, help="What the partner says; kept on record.")
@person("opened_by", "Who opens it.")
def dispute_open(
    partner: str, month: BillingMonth, account: str | None, line: str | None, reason: str, opened_by: str
) -> None:
    """Open a dispute of PARTNER about an account or a line of MONTH."""
    from partner_program.usecases.disputes import open_dispute

    if (account is None) == (line is None):
        raise click.UsageError("name one of --account and --line")
    about: Literal["account", "line"] = "line" if account is None else "account"
    here = installation()
    by = Doer(opened_by, reason, int(time.time()))
    found = open_dispute(here, partner, month, about=about, about_id=account or line or "", by=by, today=here.today())
    click.echo(f"dispute {found.dispute_id}: due on {found.due_on}")


@dispute.command("answer", epilog=example('partner-program dispute answer D1 --by kim --reason "invoice 17 is void"'))
@click.argument("dispute_id", metavar="DISPUTE")
@click.option("--reason", type=WORDS, required=True, help="The answer; kept on record.")
@person("answered_by", "Who answers.")
def dispute_answer(dispute_id: str, reason: str, answered_by: str) -> None:
    """Answer DISPUTE with a reason. What was wrong is corrected in its data; the month then proposes a restatement."""
    from partner_program.usecases.disputes import answer_dispute

    here = installation()
    found = answer_dispute(here, dispute_id, by=Doer(answered_by, reason, int(time.time())), today=here.today())
    click.echo(f"dispute {found.dispute_id}: answered")


@dispute.command("withdraw", epilog=example('partner-program dispute withdraw D1 --by pat --reason "found the line"'))
@click.argument("dispute_id", metavar="DISPUTE")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
@person("withdrawn_by", "Who withdraws it.")
def dispute_withdraw(dispute_id: str, reason: str, withdrawn_by: str) -> None:
    """Withdraw DISPUTE: its partner no longer asks."""
    from partner_program.usecases.disputes import withdraw_dispute

    here = installation()
    found = withdraw_dispute(here, dispute_id, by=Doer(withdrawn_by, reason, int(time.time())), today=here.today())
    click.echo(f"dispute {found.dispute_id}: withdrawn")


@dispute.command("list", epilog=example("partner-program dispute list --due 7"))
@due
@as_of
@click.option("--closed", is_flag=True, help="Those that were answered or withdrawn too.")
@table_or_file
@all_rows
def dispute_list(
    due_days: int | None, on: date | None, closed: bool, form: Literal["table", "json", "csv"], every: bool
) -> None:
    """List open disputes by partner manager: about what, since when, due on which day."""
    from partner_program.usecases.disputes import disputes_file, list_disputes

    here = installation()
    day = on or here.today()
    rows = list_disputes(here, on=day, due_days=due_days, closed=closed)
    if form != "table":
        click.echo(disputes_file(rows, form), nl=False)
        return
    from partner_program.cli.long_tables import print_rows

    headings = ("manager", "dispute", "partner", "month", "about", "opened", "due", "state", "reason")
    print_rows(
        f"Disputes on {day}",
        dict.fromkeys(headings, "left"),
        (
            (
                each.account_manager_id,
                each.dispute_id,
                each.partner_id,
                str(each.billing_month),
                f"{each.about} {each.about_id}",
                str(each.opened_on),
                str(each.due_on),
                each.state,
                each.reason if each.answer is None else f"{each.reason}: {each.answer}",
            )
            for each in rows
        ),
        every=every,
        total=len(rows),
        rest="disputes; every one: --all, or --format csv",
    )
