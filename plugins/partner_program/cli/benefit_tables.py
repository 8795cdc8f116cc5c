"""Prints requests for benefits for people in a terminal, on stdout."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from partner_program.cli.long_tables import print_rows, visible
from partner_program.cli.table_cells import euros
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import EURO, Unit

if TYPE_CHECKING:
    from partner_program.domain.free_units import FreeUnits
    from partner_program.usecases.benefits import BenefitLine


def print_benefits(
    lines: "Sequence[BenefitLine]",
    *,
    on: date,
    every: bool,
    unit: Unit = EURO,
    unit_of: "Callable[[BenefitLine], Unit] | None" = None,
) -> None:
    """Print one row a request: how it stands, what and until when, units in force beside the limit, who and why.

    Amounts are in the `unit`, but where `unit_of` says another of a request: that one then stands beside its own.
    """

    def amount(each: "BenefitLine") -> str:
        own = unit_of(each) if unit_of else unit
        return euros(each.amount_eur_cents, own) + (f" {own.name}" if own != unit and each.amount_eur_cents else "")

    print_rows(
        f"Benefits on request on {on}",
        {
            "partner": "left",
            "id": "left",
            "state": "left",
            "units": "right",
            unit.headed("EUR"): "right",
            "from": "left",
            "until": "left",
            "in force": "left",
            "by": "left",
            "why": "left",
        },
        (
            (
                each.partner_id,
                each.request_id,
                each.state.replace("_", " "),
                "" if each.quantity is None else str(each.quantity),
                amount(each),
                "" if each.valid_from is None else str(each.valid_from),
                "" if each.valid_to is None else str(each.valid_to),
                "" if each.units_limit is None else f"{each.units_in_force} of {each.units_limit}",
                each.decided_by or each.requested_by,
                each.reason or each.purpose,
            )
            for each in lines
        ),
        every=every,
        total=len(lines),
        rest="requests; every one: --all, or --format csv",
    )


def print_free_units(found: "FreeUnits") -> None:
    """Print each counted benefit with its approvals, then the lines of nothing that run that day."""
    for each in found.benefits:
        limit = "" if each.units_limit is None else f" of {each.units_limit}"
        click.echo(f"{each.benefit} of {found.partner_id} on {found.on}: {each.units_in_force}{limit} units in force")
        for approval in each.approvals:
            until = "" if approval.valid_to is None else f" until {approval.valid_to}"
            stopped = ", stopped: the partner is not authorised" if approval.state == "stopped" else ""
            click.echo(
                f"  {visible(approval.request_id)}: {plural(approval.units, 'unit')} "
                f"from {approval.valid_from}{until}{stopped}"
            )
    if not found.benefits:
        click.echo(f"{found.partner_id} has no units in force on {found.on}")
    without = f", without {', '.join(found.not_read)}" if found.not_read else ""
    click.echo(f"{plural(len(found.lines), 'line')} of 0.00 that day{without}" + (":" if found.lines else ""))
    for line in found.lines:
        where = f"{line.entity}/{line.account_id} line {line.line_id}"
        click.echo(f"  {visible(where)}: from {line.service_start} until {line.service_end}")
