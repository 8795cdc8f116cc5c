"""Commands about a month: run it, show it, explain it, release its brake."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from partner_program.cli.inputs import DAY, FILE, MONTH, WORDS, installation
from partner_program.cli.options import (
    ROWS_SHOWN,
    all_rows,
    example,
    looked_at,
    person,
    progress,
    table_or_file,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.domain.rates_approval import RatesAsked
    from partner_program.usecases.month.commit import RunOutcome
    from partner_program.usecases.month.inputs import MonthRequest
    from partner_program.usecases.whole_month import WholeMonth


@click.command(epilog=example("partner-program run 2015-06 --effective-on 2015-07-27 --migration"))
@click.argument("month", type=MONTH)
@click.option("--effective-on", type=DAY, help="First day of the rates that this run decides; default: today.")
@click.option("--history", is_flag=True, help="Totals and tiers for information: no rates, no letters.")
@click.option("--migration", is_flag=True, help="Every authorised partner gets the migration letter.")
@click.option("--program", "program_file", type=FILE, help="Use this programme file instead of the dated folder.")
@person("started_by", "Who runs it: on record, and not to approve its letters.")
def run(
    month: BillingMonth,
    effective_on: date | None,
    history: bool,
    migration: bool,
    program_file: Path | None,
    started_by: str,
) -> None:
    """Assess MONTH (YYYY-MM) and settle it, up to rendered letters.

    Nothing takes force before everything is decided. Running a month again with equal inputs changes nothing;
    partners that were held are released by a later run. Letters and reports are written below
    PARTNER_PROGRAM_OUT (default: out).
    """
    from partner_program.cli.findings import print_warnings
    from partner_program.usecases.month.inputs import MonthRequest
    from partner_program.usecases.whole_month import said_before_the_first_month, settle_whole_month

    here = installation()
    request = MonthRequest(month, here.today(), effective_on, history, migration, program_file, started_by)
    for line in [] if history else said_before_the_first_month(here):
        click.echo(line, err=True)
    settled = settle_whole_month(here, request, progress=progress)
    click.echo(_outcome_text(request, settled))
    for line in [] if history else about_days(month, settled.outcome):
        click.echo(line, err=True)
    print_warnings(settled.warnings, settled.report)
    if settled.unpublished:
        click.echo(f"not published, still owed: {', '.join(settled.unpublished)}: run `partner-program publish`")


def _outcome_text(request: "MonthRequest", settled: "WholeMonth") -> str:
    outcome = settled.outcome
    force = "history only" if request.history else f"in force from {outcome.effective_on}"
    what = f"{plural(outcome.assigned, 'partner')} assigned" if outcome.changed else "nothing new"
    answer = f"{request.month}: {force}, {what}, {outcome.held} held, {plural(settled.letters, 'letter')} rendered: "
    answer += f"see {settled.page}"
    if settled.owed_to_nobody:
        answer += f"\n{settled.owed_to_nobody}"
    if outcome.failing:
        answer += (
            f"\n{', '.join(outcome.failing)}: cannot be relied on now, nothing of it was compared; what is in force "
            f"stays: see the quality report, or `partner-program close check ENTITY {request.month}`"
        )
    if outcome.proposed:
        # Programs look for these words, whatever the number: they stay as they are.
        answer += (
            f"\n{outcome.proposed} partners would come out differently now; what is in force stays: "
            f"see `partner-program restatement show {request.month}`"
        )
    return answer


def about_days(month: BillingMonth, outcome: "RunOutcome") -> Iterator[str]:
    """Say from which day this run's releases hold, and which day to name for those that are still held."""
    own = outcome.own_effective_on
    if outcome.assigned and outcome.effective_on > own:
        yield (
            f"{month} took force on {own}, what it decided now holds from {outcome.effective_on}: "
            "no later month may begin before that day"
        )
    if outcome.held:
        yield (
            f"a later run of {month} releases those held: `--effective-on {own}` gives them the month's own day; "
            "without it their rates hold from the day of that run, and no later month may begin before it"
        )


@click.command(epilog=example("partner-program register 2015-06 --format xlsx > register.xlsx"))
@click.argument("month", type=MONTH)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "xlsx"]),
    default="table",
    show_default=True,
    help="For people, programs, or a spreadsheet; a workbook goes to stdout too.",
)
@click.option("--cost", is_flag=True, help="Ask the entities what the month cost, for sheets of the workbook.")
@all_rows
def register(month: BillingMonth, form: Literal["table", "json", "csv", "xlsx"], cost: bool, every: bool) -> None:
    """Show what MONTH decided for every authorised partner, and where every line went."""
    from partner_program.usecases.register import register_file, register_start

    if form == "table":
        from partner_program.cli.tables import print_register

        print_register(register_start(installation(), month, None if every else ROWS_SHOWN), every=every)
    else:
        click.echo(register_file(installation(), month, form, ask_entities=cost), nl=False)


@click.command(epilog=example("partner-program explain P001 2015-06 --for partner --language nl"))
@click.argument("partner")
@click.argument("month", type=MONTH)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="For people, for programs, or with --for partner as a page.",
)
@click.option("--program", "program_file", type=FILE, help="The programme file, if the month ran with one by hand.")
@click.option(
    "--lines",
    "with_lines",
    is_flag=True,
    help="Name each line too: read now from the billing databases, and compared with what was counted.",
)
@click.option(
    "--for",
    "reader",
    type=click.Choice(["staff", "partner"]),
    default="staff",
    show_default=True,
    help="The receipt with everything, or sentences for the partner in its own language.",
)
@click.option("--language", help="With --for partner: a language of the letters, such as nl.  [default: the partner's]")
@all_rows
def explain(
    partner: str,
    month: BillingMonth,
    form: Literal["text", "json", "html"],
    program_file: Path | None,
    with_lines: bool,
    reader: str,
    language: str | None,
    every: bool,
) -> None:
    """Print the receipt of PARTNER's result in MONTH: every amount counted and excluded, each rate and rule.

    With `--for partner` it is told in sentences that can be sent to the partner, with the smallest single change that
    would have given another tier.
    """
    if reader == "partner":
        if with_lines or every:
            raise click.UsageError("--lines and --all are for the receipt: leave out --for partner")
        from partner_program.usecases.partner_words import explain_to_partner, explanation_file

        here = installation()
        about = explain_to_partner(here, partner, month, program_file)
        click.echo(explanation_file(here, about, form, language), nl=False)
        return
    if form == "html" or language:
        raise click.UsageError("--format html and --language need --for partner")
    from partner_program.usecases.explain import explain as explain_result
    from partner_program.usecases.explain import receipt_file

    receipt = explain_result(installation(), partner, month, program_file, with_lines=with_lines)
    if form == "json":
        click.echo(receipt_file(receipt), nl=False)
    else:
        from partner_program.cli.receipt_tables import print_receipt

        print_receipt(receipt, every=every)


@click.group()
def brake() -> None:
    """The brake: a run that would change too much waits for a person's decision."""


@brake.command("release", epilog=example('partner-program brake release 2015-08 --reason "large partner left"'))
@click.argument("month", type=MONTH)
@click.option("--reason", type=WORDS, required=True, help="Why these changes are right; kept on record.")
@looked_at("released_by")
def brake_release(month: BillingMonth, reason: str, released_by: str) -> None:
    """Release what the brake stopped in MONTH; the month then has to be run again."""
    from partner_program.usecases.month.brake import release_brake

    for why in release_brake(installation(), month, released_by=released_by, reason=reason):
        click.echo(f"released: {why}")
    click.echo(f"now run the month again as it was run: partner-program run {month} [--effective-on DAY]")


@click.group()
def month() -> None:
    """A month's decisions by people: its rates looked at, approved or refused; the month signed."""


_SEEN = click.option("--hash", "decision_hash", type=WORDS, help="Hash of what was looked at; `month book` shows it.")


@month.command("book", epilog=example("partner-program month book 2015-06"))
@click.argument("month", type=MONTH)
@table_or_file
@all_rows
def month_book_command(month: BillingMonth, form: Literal["table", "json", "csv"], every: bool) -> None:
    """Show what waits for an approval in MONTH: who falls, rises, is held, with the revenue counted; unusual first."""
    from partner_program.usecases.month.approval import book_file, month_book
    from partner_program.usecases.month_unit import unit_of_month

    book, unit = month_book(installation(), month), unit_of_month(installation(), month)
    if form == "table":
        from partner_program.cli.book_tables import print_book

        print_book(book, every=every, unit=unit)
    else:
        click.echo(book_file(book, form, unit), nl=False)


@month.command("approve", epilog=example('partner-program month approve 2015-06 --by robin --reason "looked at it"'))
@click.argument("month", type=MONTH)
@click.option("--reason", type=WORDS, required=True, help="Why the changes are right; kept on record.")
@looked_at("approved_by")
@_SEEN
def month_approve(month: BillingMonth, reason: str, approved_by: str, decision_hash: str | None) -> None:
    """Approve the rates of MONTH that wait, as they are now; whoever started its run may not.

    What is decided anew after that waits anew. Approving twice is once.
    """
    from partner_program.usecases.month.approval import approve_rates

    done = approve_rates(installation(), month, approved_by=approved_by, reason=reason, decision_hash=decision_hash)
    by = done.answered.done_by if done.answered else approved_by
    click.echo(
        f"{month}: rates approved by {by} ({done.decision_hash[:12]}); now run the month again as it was run: "
        f"partner-program run {month}{_as_run(done.asked)}"
    )


@month.command("refuse", epilog=example('partner-program month refuse 2015-06 --by robin --reason "NL is too low"'))
@click.argument("month", type=MONTH)
@click.option("--reason", type=WORDS, required=True, help="What is wrong; kept on record.")
@looked_at("refused_by")
@_SEEN
def month_refuse(month: BillingMonth, reason: str, refused_by: str, decision_hash: str | None) -> None:
    """Refuse the rates of MONTH that wait: nothing takes force until they are decided anew, or approved after all."""
    from partner_program.usecases.month.approval import refuse_rates

    done = refuse_rates(installation(), month, refused_by=refused_by, reason=reason, decision_hash=decision_hash)
    by = done.answered.done_by if done.answered else refused_by
    click.echo(f"{month}: rates refused by {by} ({done.decision_hash[:12]}); nothing of the month takes force")


def _as_run(asked: "RatesAsked") -> str:
    """The options with which the month was run."""
    words = [f"--effective-on {asked.effective_on}"] if asked.effective_on else []
    words += ["--migration"] if asked.migration else []
    words += [f"--program {asked.program_file}"] if asked.program_file else []
    return "".join(f" {word}" for word in words)


@month.command("sign", epilog=example("partner-program month sign 2015-06 --role finance --by robin"))
@click.argument("month", type=MONTH)
@click.option("--role", type=WORDS, required=True, help="In which role: finance.")
@click.option("--reason", type=WORDS, default="nothing is open", show_default=True, help="Why; kept on record.")
@person("signed_by", "Who signs.")
def month_sign(month: BillingMonth, role: str, reason: str, signed_by: str) -> None:
    """Sign MONTH, as it is now: after that only a restatement changes it.

    Refused while something is open: partners held, a restatement proposed, rates not published, letters not delivered.
    """
    from partner_program.usecases.month.signing import sign_month

    signed, revision = sign_month(installation(), month, role=role, signed_by=signed_by, reason=reason)
    click.echo(f"{month}: revision {revision} signed by {signed.done_by} ({role}), {signed.done_at:%Y-%m-%d %H:%M %Z}")
