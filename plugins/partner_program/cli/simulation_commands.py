"""The command that tries another programme file on settled months, and prints its answer for people."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from partner_program.cli.inputs import FILE, MONTH, installation
from partner_program.cli.options import example
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import BP, euros_text, percent_text, round_half_away
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.domain.simulation import Discounts, SimulatedMonth, SimulatedResult


@click.command(epilog=example("partner-program simulate --program draft.yaml --from 2015-06 --to 2015-09"))
@click.option("--program", "program_file", type=FILE, required=True, help="The programme file to try on these months.")
@click.option("--from", "first", type=MONTH, required=True, help="The first month, settled already.")
@click.option("--to", "last", type=MONTH, required=True, help="The last month.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="For people, programs, or a spreadsheet with the partners that differ.",
)
def simulate(program_file: Path, first: BillingMonth, last: BillingMonth, form: Literal["text", "json", "csv"]) -> None:
    """Show what another programme file would have decided in settled months; nothing is written.

    The file is used for all these months, whatever its first day. Each month keeps its effective date and what was
    counted; grace periods follow the simulated months before. Held partners, and rates written between two months,
    are left out.
    """
    from partner_program.usecases.simulation import simulate as simulate_months
    from partner_program.usecases.simulation import simulation_file

    found = simulate_months(installation(), program_file, first, last)
    if form == "text":
        for month in found.months:
            _print_month(month)
    else:
        click.echo(simulation_file(found, form), nl=False)


def _print_month(month: "SimulatedMonth") -> None:
    since = f"in force from {month.effective_on}" if month.effective_on else "history only"
    moves = month.moves
    click.echo(
        f"{month.month}, {since}: {plural(len(month.results), 'partner')}, {month.held} held, "
        f"{plural(len(month.differing), 'differs', 'differ')}"
    )
    click.echo(f"  tier: {moves['up']} up, {moves['down']} down")
    for (before, now), partners in month.tiers:
        if before != now:
            click.echo(f"    {_tier(before)} -> {_tier(now)}: {partners}")
    for sign, word in ((1, "higher"), (-1, "lower")):
        changed = month.changed(sign)
        counted = sum(each.settled.mrr_eur_cents for each in changed)
        click.echo(
            f"  monthly fee discount {word}: {plural(len(changed), 'partner')}, counted MRR {euros_text(counted)} EUR"
        )
    weighed = euros_text(round_half_away(month.mrr_cents_times_bp, BP))
    click.echo(f"  counted MRR times the difference: {weighed} EUR (not a forecast: only new orders get it)")
    for each in month.differing:
        click.echo(f"  {_change(each)}")


def _change(result: "SimulatedResult") -> str:
    settled = result.settled
    return (
        f"{settled.partner_id}: tier {_tier(settled.tier)} -> {_tier(result.tier)}, "
        f"{_discounts(settled.discounts)} -> {_discounts(result.discounts)}"
    )


def _tier(tier: int | None) -> str:
    return "no table in force" if tier is None else str(tier or "none")


def _discounts(given: "Discounts | None") -> str:
    if given is None:
        return "no rate"
    monthly, setup = percent_text(given.monthly_fee_bp), percent_text(given.setup_fee_bp)
    return f"{monthly} monthly, {setup} setup, {given.sla or 'no SLA'}"
