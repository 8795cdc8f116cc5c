"""Commands about disputes: open one, answer or withdraw it, list them."""

from datetime import date
from typing import TYPE_CHECKING, Literal

import click

from partner_program.cli.inputs import AT_ENTITY, CODE, MONTH, WORDS, installation, whole
from partner_program.cli.options import all_rows, as_of, example, person, table_or_file
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import About, Subject, said_of

if TYPE_CHECKING:
    from partner_program.usecases.disputes import Done


@click.group()
def dispute() -> None:
    """Disputes: a partner says that a month's result is wrong. None changes a result by itself.

    Every step stays on record with who, when and why. The same act again with the same values writes nothing.
    """


@dispute.command(
    "open",
    epilog=example(
        'partner-program dispute open P001 2015-07 --account NL/A17 --reason "the credit of July counts twice"',
        'partner-program dispute open P001 2015-07 --missing-account US/B3 --reason "bought with a company"',
        title="Examples:",
    ),
)
@click.argument("partner")
@click.argument("month", type=MONTH)
@click.option("--account", type=AT_ENTITY, help="It is about an account that the partner has or had.")
@click.option("--missing-account", type=AT_ENTITY, help="It is about an account that the partner misses.")
@click.option("--line", type=AT_ENTITY, help="It is about a line; its id is kept as the partner says it.")
@person("by", "Who opens it.")
@click.option("--reason", type=WORDS, required=True, help="What the partner says; kept on record.")
def dispute_open(
    partner: str,
    month: BillingMonth,
    account: tuple[str, str] | None,
    missing_account: tuple[str, str] | None,
    line: tuple[str, str] | None,
    by: str,
    reason: str,
) -> None:
    """Open a dispute of PARTNER about the result of MONTH, which was settled."""
    from partner_program.usecases.disputes import open_dispute

    named: dict[About, tuple[str, str] | None] = {"account": account, "missing_account": missing_account, "line": line}
    subjects = [Subject(about, *found) for about, found in named.items() if found is not None]
    if len(subjects) != 1:
        raise click.UsageError("one of --account, --missing-account and --line is needed")
    here = installation()
    done = open_dispute(here, partner, month, subjects[0], by=by, reason=reason, today=here.today())
    _print(done)
    click.echo(f"{done.dispute.subject} in {month}: an answer is due on {done.dispute.due_on}")


@dispute.command(
    "answer", epilog=example('partner-program dispute answer P001-2015-07-1 --rejected --reason "L17 is of August"')
)
@click.argument("dispute_id", metavar="DISPUTE", type=CODE)
@click.option("--accepted", is_flag=True, help="The partner is right: now the data has to be corrected.")
@click.option("--rejected", is_flag=True, help="The result is right.")
@person("by", "Who answers.")
@click.option("--reason", type=WORDS, required=True, help="The answer; kept on record. A person tells it the partner.")
def dispute_answer(dispute_id: str, accepted: bool, rejected: bool, by: str, reason: str) -> None:
    """Answer DISPUTE, with a reason. No result changes by it: what was wrong is corrected in its data."""
    from partner_program.usecases.disputes import answer_dispute

    if accepted == rejected:
        raise click.UsageError("one of --accepted and --rejected is needed")
    here = installation()
    verdict: Literal["accepted", "rejected"] = "accepted" if accepted else "rejected"
    done = answer_dispute(here, dispute_id, verdict, by=by, reason=reason, today=here.today())
    _print(done)
    if accepted:
        month = done.dispute.billing_month
        click.echo(
            f"the result of {month} has not changed: correct the data that was wrong, then run the month again, which "
            f"proposes a restatement: partner-program run {month}"
        )


@dispute.command(
    "withdraw", epilog=example('partner-program dispute withdraw P001-2015-07-1 --reason "found the line"')
)
@click.argument("dispute_id", metavar="DISPUTE", type=CODE)
@person("by", "Who withdraws it.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
def dispute_withdraw(dispute_id: str, by: str, reason: str) -> None:
    """Withdraw DISPUTE: its partner no longer asks."""
    from partner_program.usecases.disputes import withdraw_dispute

    here = installation()
    _print(withdraw_dispute(here, dispute_id, by=by, reason=reason, today=here.today()))


@dispute.command("list", epilog=example("partner-program dispute list --due 7 --manager M1"))
@click.option("--month", type=MONTH, help="Only those about this month.")
@click.option("--manager", type=CODE, help="Only those of this partner manager's partners.")
@click.option(
    "--due", "due_days", type=whole("DAYS", 0, 3650), help="Only those that are overdue or due within so many days."
)
@as_of
@click.option("--past", is_flag=True, help="Those that were answered or withdrawn too.")
@table_or_file
@all_rows
def dispute_list(
    month: BillingMonth | None,
    manager: str | None,
    due_days: int | None,
    on: date | None,
    past: bool,
    form: Literal["table", "json", "csv"],
    every: bool,
) -> None:
    """List open disputes by the day on which an answer is due: those that are overdue come first."""
    from partner_program.usecases.disputes import disputes_file, list_disputes

    here = installation()
    day = on or here.today()
    lines = list_disputes(here, on=day, due_days=due_days, manager_id=manager, month=month, past=past)
    if form == "table":
        from partner_program.cli.dispute_tables import print_disputes

        print_disputes(lines, on=day, every=every)
    else:
        click.echo(disputes_file(lines, form), nl=False)


def _print(done: "Done") -> None:
    own, said = done.dispute.dispute_id, said_of(done.dispute.steps[-1])
    click.echo(f"{own} {said}" if done.is_new else f"{own} was {said}: nothing new is written")
