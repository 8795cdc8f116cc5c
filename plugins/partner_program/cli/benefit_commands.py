"""Commands about benefits on request: ask, approve, refuse, withdraw, say what came of it, list."""

from datetime import date
from typing import TYPE_CHECKING, Literal

import click

from partner_program.cli.contract_commands import tell_unread
from partner_program.cli.inputs import AMOUNT, CODE, DAY, WORDS, installation, whole
from partner_program.cli.options import all_rows, as_of, example, person, table_or_file, text_or_json
from partner_program.domain.benefits import said_of

if TYPE_CHECKING:
    from partner_program.domain.program_unit import Unit
    from partner_program.usecases.benefits import Done

_UNITS = whole("UNITS", 1, 1_000_000)


@click.group()
def benefit() -> None:
    """Benefits on request: ask for one, decide, see how each request stands.

    Every step stays on record with who, when and why. A request is named by partner, benefit and first day, or by its
    own id. The same act again with the same values writes nothing.
    """


@benefit.command(
    epilog=example(
        "partner-program benefit request P001 seeding_options --quantity 3 --until 2015-12-01 --reason tests",
        "partner-program benefit request P001 mdf --activity fair --market hosting-NL --amount 1500.00 --reason leads",
        title="Examples:",
    )
)
@click.argument("partner")
@click.argument("benefit_key", metavar="BENEFIT")
@click.option("--quantity", type=_UNITS, help="How many units, where the benefit is counted.")
@click.option("--from", "valid_from", type=DAY, help="The day from which it is wanted; default: today.")
@click.option("--until", "valid_to", type=DAY, help="The first day on which it is not wanted any more.")
@click.option("--activity", type=WORDS, help="Of a proposal: what is to be done.")
@click.option("--market", type=WORDS, help="Of a proposal: for which market.")
@click.option("--amount", "amount_cents", type=AMOUNT, help="Of a proposal: the amount, in the programme's currency.")
@click.option("--id", "request_id", type=CODE, help="An id for the request.")
@person("by", "Who asks.")
@click.option("--reason", type=WORDS, required=True, help="What for; kept on record.")
def request(
    partner: str,
    benefit_key: str,
    quantity: int | None,
    valid_from: date | None,
    valid_to: date | None,
    activity: str | None,
    market: str | None,
    amount_cents: int | None,
    request_id: str | None,
    by: str,
    reason: str,
) -> None:
    """Ask for BENEFIT for PARTNER: one that its tier has on request."""
    from partner_program.usecases.benefits import Asked, Said, request_benefit

    here = installation()
    today = here.today()
    asked = Asked(
        partner,
        benefit_key,
        valid_from or today,
        valid_to,
        quantity,
        amount_cents,
        activity or "",
        market or "",
        request_id,
    )
    _print(request_benefit(here, asked, Said(by, reason, today)), here.program_on_or_first(here.today()).unit)


@benefit.command(
    epilog=example("partner-program benefit approve P001-seeding_options-2015-08-03 --quantity 2 --reason fits")
)
@click.argument("request_id", metavar="REQUEST", type=CODE)
@click.option("--quantity", type=_UNITS, help="How many units; default: as many as were asked for.")
@click.option("--amount", "amount_cents", type=AMOUNT, help="Of a proposal: the amount; default: what was asked for.")
@click.option("--from", "valid_from", type=DAY, help="First day; default: the day asked for.")
@click.option("--until", "valid_to", type=DAY, help="First day after it; default: as asked for.")
@person("by", "Who approves.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
def approve(
    request_id: str,
    quantity: int | None,
    amount_cents: int | None,
    valid_from: date | None,
    valid_to: date | None,
    by: str,
    reason: str,
) -> None:
    """Approve REQUEST, at most what was asked for, within the programme's limits on every day."""
    from partner_program.usecases.benefits import Granted, Said, approve_benefit

    here = installation()
    granted = Granted(quantity, amount_cents, valid_from, valid_to)
    _print(
        approve_benefit(here, request_id, granted, Said(by, reason, here.today())),
        here.program_on_or_first(here.today()).unit,
    )


@benefit.command(epilog=example('partner-program benefit refuse P001-mdf-2015-08-03 --reason "no budget"'))
@click.argument("request_id", metavar="REQUEST", type=CODE)
@person("by", "Who refuses.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record. No letter tells it: a person does.")
def refuse(request_id: str, by: str, reason: str) -> None:
    """Refuse REQUEST, which is undecided; a new one can be made later."""
    from partner_program.usecases.benefits import Said, refuse_benefit

    here = installation()
    _print(
        refuse_benefit(here, request_id, Said(by, reason, here.today())), here.program_on_or_first(here.today()).unit
    )


@benefit.command(epilog=example('partner-program benefit withdraw P001-post_payment-2015-08-03 --reason "unpaid"'))
@click.argument("request_id", metavar="REQUEST", type=CODE)
@click.option("--from", "valid_from", type=DAY, help="Of an approval: the first day without it; default: today.")
@person("by", "Who withdraws it.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
def withdraw(request_id: str, valid_from: date | None, by: str, reason: str) -> None:
    """Withdraw REQUEST, whether it is undecided or approved."""
    from partner_program.usecases.benefits import Said, withdraw_benefit

    here = installation()
    _print(
        withdraw_benefit(here, request_id, Said(by, reason, here.today()), valid_from=valid_from),
        here.program_on_or_first(here.today()).unit,
    )


@benefit.command(
    epilog=example('partner-program benefit outcome P001-mdf-2015-08-03 --spent 1480.00 --reason "40 leads, 3 orders"')
)
@click.argument("request_id", metavar="REQUEST", type=CODE)
@click.option("--spent", "spent_cents", type=AMOUNT, required=True, help="What was spent, in the programme's currency.")
@person("by", "Who says it.")
@click.option("--reason", type=WORDS, required=True, help="What came of it; kept on record.")
def outcome(request_id: str, spent_cents: int, by: str, reason: str) -> None:
    """Say what was spent of the approved proposal REQUEST, and what came of it; a correction is said again."""
    from partner_program.usecases.benefits import Said, tell_outcome

    here = installation()
    _print(
        tell_outcome(here, request_id, Said(by, reason, here.today()), spent_cents=spent_cents),
        here.program_on_or_first(here.today()).unit,
    )


@benefit.command("list", epilog=example("partner-program benefit list --due 30"))
@click.argument("partner", required=False)
@click.option(
    "--due", "due_days", type=whole("DAYS", 0, 3650), help="Only what is in force and ends within so many days."
)
@as_of
@click.option("--past", is_flag=True, help="Those that are refused, withdrawn or have ended, too.")
@table_or_file
@all_rows
def benefit_list(
    partner: str | None,
    due_days: int | None,
    on: date | None,
    past: bool,
    form: Literal["table", "json", "csv"],
    every: bool,
) -> None:
    """List requests, of PARTNER or of all, with how each stands: requested, upcoming, in force, stopped.

    `stopped` is one that is approved and whose partner is not authorised: suspended or ended, and its day has come.
    """
    from partner_program.usecases.benefits import benefits_file, line_unit, list_benefits

    here = installation()
    day = on or here.today()
    lines = list_benefits(here, on=day, partner_id=partner, due_days=due_days, past=past)
    if form == "table":
        from partner_program.cli.benefit_tables import print_benefits

        unit = here.program_on_or_first(day).unit
        print_benefits(lines, on=day, every=every, unit=unit, unit_of=lambda each: line_unit(here, each, unit))
    else:
        click.echo(benefits_file(here, lines, form, on=day), nl=False)


@benefit.command("units", epilog=example("partner-program benefit units P001 --on 2015-08-03"))
@click.argument("partner")
@as_of
@text_or_json
def benefit_units(partner: str, on: date | None, form: str) -> None:
    """Show PARTNER's units free of charge on a day beside the lines of 0.00 that run that day at its accounts.

    Lines are posted recurring fees, asked from the billing databases now. Which of them is a unit, a person compares:
    a system may bill other things at nothing. Where bills come at a month's end, name a day of the last month. An
    entity that cannot be read is named, and the exit status is 1.
    """
    from partner_program.usecases.free_units import find_free_units, free_units_file

    here = installation()
    found = find_free_units(here, partner, on=on or here.today())
    if form == "json":
        click.echo(free_units_file(found), nl=False)
    else:
        from partner_program.cli.benefit_tables import print_free_units

        print_free_units(found)
    tell_unread(found.not_read, found.faulty_lines)


def _print(done: "Done", unit: "Unit") -> None:
    said = said_of(done.step, unit)
    click.echo(
        f"{done.request.request_id} {said}"
        if done.is_new
        else f"{done.request.request_id} was {said}: nothing new is written"
    )
