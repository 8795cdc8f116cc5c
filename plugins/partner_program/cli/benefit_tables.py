"""Prints requests for benefits for people in a terminal, on stdout."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from partner_program.cli.long_tables import print_rows
from partner_program.cli.table_cells import euros

if TYPE_CHECKING:
    from partner_program.usecases.benefits import BenefitLine


def print_benefits(lines: "Sequence[BenefitLine]", *, on: date, every: bool) -> None:
    """Print one row a request: how it stands, what and until when, units in force beside the limit, who and why."""
    print_rows(
        f"Benefits on request on {on}",
        {
            "partner": "left",
            "id": "left",
            "state": "left",
            "units": "right",
            "EUR": "right",
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
                euros(each.amount_eur_cents),
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
