"""Prints disputes for people in a terminal, on stdout."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from partner_program.cli.long_tables import print_rows
from partner_program.domain.disputes import Subject
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.usecases.disputes import DisputeLine

_HEADINGS = ("due", "state", "id", "manager", "month", "about", "by", "why")


def print_disputes(lines: "Sequence[DisputeLine]", *, on: date, every: bool) -> None:
    """Print one row a dispute: how long it is overdue, whose it is, about what, and what was said."""
    print_rows(
        f"Disputes on {on}",
        dict.fromkeys(_HEADINGS, "left"),
        (
            (
                str(each.due_on),
                _state_text(each),
                each.dispute_id,
                each.account_manager_id,
                _month_text(each),
                str(Subject(each.about, each.entity, each.subject_id)),
                each.ended_by or each.opened_by,
                each.answer or each.reason,
            )
            for each in lines
        ),
        every=every,
        total=len(lines),
        rest="disputes; every one: --all, or --format csv",
    )


def _state_text(line: "DisputeLine") -> str:
    if line.days_left is not None and line.days_left < 0:
        return f"overdue by {plural(-line.days_left, 'day')}"
    return line.verdict or line.state


def _month_text(line: "DisputeLine") -> str:
    """The month, with its newest revision where that came after the dispute was opened."""
    newer = line.newest_revision > line.revision
    return f"{line.billing_month}, revision {line.newest_revision} since" if newer else str(line.billing_month)
