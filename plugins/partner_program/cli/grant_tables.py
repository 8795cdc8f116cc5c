"""Prints grace grants for people in a terminal, on stdout."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from partner_program.cli.long_tables import print_rows
from partner_program.cli.table_cells import euros
from partner_program.domain.grace import months_words, verdict_words

if TYPE_CHECKING:
    from partner_program.domain.grace import GrantStanding
    from partner_program.domain.program_unit import Unit


def print_grants(standings: "Sequence[GrantStanding]", *, on: date, every: bool, unit: "Unit") -> None:
    """Print one row a grant: its tier and days, what it needs, what was counted last, the months left, the verdict."""
    print_rows(
        f"Grace grants on {on}",
        {
            "partner": "left",
            "grant": "left",
            "tier": "right",
            "from": "left",
            "until": "left",
            unit.headed("needs EUR"): "right",
            "counted last": "right",
            "months left": "left",
            "verdict": "left",
        },
        (
            (
                each.partner_id,
                each.grant_id,
                str(each.tier),
                str(each.starts_on),
                str(each.ends_on),
                euros(each.needed_eur_cents, unit),
                f"{each.counted_month}: {euros(each.counted_eur_cents, unit)}" if each.counted_month else "",
                "" if each.settled_by else months_words(each.months_left),
                verdict_words(each, unit),
            )
            for each in standings
        ),
        every=every,
        total=len(standings),
        rest="grants; every one: --all, or --format csv",
    )
