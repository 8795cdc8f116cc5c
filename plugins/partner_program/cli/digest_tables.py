"""Prints digests for people in a terminal: what a sending did on stdout, and the table of all."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from partner_program.cli.long_tables import print_rows, visible
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.domain.digests import Digest
    from partner_program.usecases.digests.listing import WeekOfDigests
    from partner_program.usecases.digests.sending import DigestReport


def sent_text(week: date, report: "DigestReport") -> str:
    """Say how many digests reached each state, and how many wait."""
    counts = Counter(report.outcomes.values())
    done = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing new"
    waiting = f"\n{plural(report.waiting, 'waits', 'wait')}: the mail server asked to" if report.waiting else ""
    return f"week of {week}: {done}{waiting}"


def print_open(counted: "WeekOfDigests") -> None:
    """Name each manager whose digest was not taken, with the reason; on stderr."""
    for each in counted.open:
        told = f"{each.account_manager_id}: {each.status}: {each.reply or 'not sent yet'}"
        click.echo(visible(told), err=True)


def print_digests(digests: "Sequence[Digest]", *, every: bool) -> None:
    """Print one row a week and manager."""
    print_rows(
        "Digests",
        {
            "week": "left",
            "manager": "left",
            "state": "left",
            "on": "left",
            "ended after": "left",
            "things": "right",
            "not read": "left",
            "tried": "right",
            "Message-ID": "left",
            "reply": "left",
        },
        (
            (
                str(each.week_of),
                each.account_manager_id,
                each.status.replace("_", " "),
                str(each.listed_on),
                str(each.told_from),
                str(each.reminders),
                each.not_read,
                str(each.attempts),
                each.message_id or "",
                each.reply or "",
            )
            for each in digests
        ),
        every=every,
        total=len(digests),
        rest="digests; every one: --all, or --format json",
    )
