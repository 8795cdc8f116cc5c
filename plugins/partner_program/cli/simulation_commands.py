"""The command that tries other programme files on settled months, and prints its answer for people."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from partner_program.cli.inputs import DAY, FILE, FOLDER, MONTH, SWEEP, installation, whole
from partner_program.cli.options import all_rows, example
from partner_program.cli.report_commands import form_option, tell
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.families import families_words
from partner_program.domain.money import BP, percent_text, round_half_away
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.domain.program import Program
    from partner_program.domain.program_sweep import Sweep
    from partner_program.domain.simulation import Discounts, SimulatedMonth, SimulatedResult
    from partner_program.domain.tier_names import TierNames


@click.command(
    epilog=example(
        "partner-program simulate --program draft.yaml --from 2015-06 --to 2015-09",
        "partner-program simulate --from 2015-06 --to 2015-09 --held-out 1 \\",
        "  --vary tiers.3.from_mrr_cents=450000..600000/25000 --vary tiers.3.monthly_fee_discount_bp=900..1100/50",
    )
)
@click.option(
    "--program", "program_files", type=FILE, multiple=True, help="The programme file to try; several are compared."
)
@click.option(
    "--vary",
    "sweeps",
    type=SWEEP,
    multiple=True,
    help="Compare every value of a cell of the tier table, as tiers.3.from_mrr_cents=450000..600000/25000.",
)
@click.option("--from", "first", type=MONTH, required=True, help="The first month, settled already.")
@click.option("--to", "last", type=MONTH, required=True, help="The last month.")
@click.option(
    "--held-out", type=whole("MONTHS", 0, 600), default=0, help="So many last months choose no draft, and judge them."
)
@click.option("--save", "number", type=whole("DRAFT", 1, 1_000_000), help="Write this draft as a programme file.")
@click.option("--in-force-from", "day", type=DAY, help="The day of the file that --save writes.")
@click.option("--into", "folder", type=FOLDER, help="The folder of the file that --save writes.")
@form_option("For people, programs, or a spreadsheet with the partners that differ, or the drafts.")
@all_rows
def simulate(
    program_files: tuple[Path, ...],
    sweeps: tuple["Sweep", ...],
    first: BillingMonth,
    last: BillingMonth,
    held_out: int,
    number: int | None,
    day: date | None,
    folder: Path | None,
    form: Literal["text", "json", "csv"],
    every: bool,
) -> None:
    """Show what another programme file would have decided in settled months; nothing is written.

    The file is used for all these months, whatever its first day. Each month keeps its effective date and what was
    counted; grace periods follow the simulated months before. Held partners, and rates written between two months,
    are left out.

    Several files, or --vary, are compared draft by draft: what each costs, who wins and loses, how often tiers change,
    and which of them no other beats. Each --vary is tried with each other one, on the last file or on the newest
    programme. --save writes one of them for a day, as a draft that loads.
    """
    if not program_files and not sweeps:
        raise click.UsageError("which programme? Give --program FILE, or --vary")
    if len(program_files) == 1 and not sweeps:
        if held_out or number:
            raise click.UsageError("--held-out and --save are for several drafts")
        _simulate_one(program_files[0], first, last, form)
        return
    from partner_program.usecases.reports.program_design import Design, compare, save_draft

    design = Design(program_files, sweeps, first, last, held_out)
    if number is not None:
        if day is None or folder is None:
            raise click.UsageError("--save needs the day, --in-force-from, and a folder, --into")
        click.echo(f"wrote {save_draft(installation(), design, number, day=day, path=folder)}")
        return
    tell(compare(installation(), design), form=form, table="", every=every)


def _simulate_one(
    program_file: Path, first: BillingMonth, last: BillingMonth, form: Literal["text", "json", "csv"]
) -> None:
    from partner_program.usecases.simulation import simulate as simulate_months
    from partner_program.usecases.simulation import simulation_file

    here = installation()
    found = simulate_months(here, program_file, first, last)
    if form == "text":
        for month in found.months:
            _print_month(month, found.program, here.tier_names)
    else:
        click.echo(simulation_file(found, form), nl=False)


def _print_month(month: "SimulatedMonth", program: "Program", names: "TierNames") -> None:
    since = f"in force from {month.effective_on}" if month.effective_on else "history only"
    moves, unit = month.moves, program.unit
    click.echo(
        f"{month.month}, {since}: {plural(len(month.results), 'partner')}, {month.held} held, "
        f"{plural(len(month.differing), 'differs', 'differ')}"
    )
    click.echo(f"  tier: {moves['up']} up, {moves['down']} down")
    for (before, now), partners in month.tiers:
        if before != now:
            was = names.on(month.effective_on, before)
            click.echo(f"    {_tier(before, was)} -> {_tier(now, program.tier_name(now))}: {partners}")
    for side, words in ((1, "higher"), (-1, "lower"), (None, "higher for some product families, lower for others")):
        changed = month.changed(side)
        if changed or side is not None:
            counted = unit.amount(sum(each.settled.mrr_eur_cents for each in changed))
            click.echo(f"  monthly fee discount {words}: {plural(len(changed), 'partner')}, counted MRR {counted}")
    click.echo(f"  counted MRR times the difference: {_weighed(month, program)}")
    for each in month.differing:
        was = names.on(each.settled.effective_on, each.settled.tier)
        click.echo(f"  {_change(each, program, was)}")


def _weighed(month: "SimulatedMonth", program: "Program") -> str:
    weighed = month.mrr_cents_times_bp
    if weighed is not None:
        return f"{program.unit.amount(round_half_away(weighed, BP))} (not a forecast: only new orders get it)"
    if program.unit.is_counted:
        return f"not known; {program.unit.name} have no price of which a discount could be told"
    unsaid = sum(each.mrr_cents_times_bp is None for each in month.results)
    return (
        f"not known; {plural(unsaid, 'partner')} would have differences that are not the same for each product family, "
        "and a settled month does not keep its revenue by family"
    )


def _change(result: "SimulatedResult", program: "Program", tier_name: str) -> str:
    settled = result.settled
    return (
        f"{settled.partner_id}: tier {_tier(settled.tier, tier_name)} -> "
        f"{_tier(result.tier, program.tier_name(result.tier))}, "
        f"{_discounts(settled.discounts, program)} -> {_discounts(result.discounts, program)}"
    )


def _tier(tier: int | None, name: str) -> str:
    return "no table in force" if tier is None else name or str(tier or "none")


def _discounts(given: "Discounts | None", program: "Program") -> str:
    """What a rate gives; what neither it nor the programme has is left out."""
    if given is None:
        return "no rate"
    own = families_words(given.families)
    said = [percent_text(given.monthly_fee_bp) + " monthly" + (f" ({', '.join(own)})" if own else "")]
    if given.setup_fee_bp or program.has("setup_fee"):
        said.append(f"{percent_text(given.setup_fee_bp)} setup")
    if given.sla or program.has("sla"):
        said.append(given.sla or "no SLA")
    return ", ".join(said)
