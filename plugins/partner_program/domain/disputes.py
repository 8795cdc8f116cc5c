"""A partner's dispute about a month's result: opened, answered with a reason or withdrawn; it changes no result.

A dispute that is right ends in a correction of data, from which the month proposes a restatement as ever. Its state
follows from its steps, which are only ever added; whether it is overdue follows from the day on which one asks.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal

DUE_DAYS = 30  # where a programme file does not say it
DisputeAct = Literal["opened", "answered", "withdrawn"]
DisputeState = Literal["open", "overdue", "answered", "withdrawn"]
ABOUT: tuple[Literal["account", "line"], ...] = ("account", "line")


@dataclass(frozen=True, slots=True)
class DisputeStep:
    """One act on a dispute: who, on which day, why or with which answer."""

    act: DisputeAct
    done_by: str
    done_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a partner disputes of a month: an account or a line, by its id; the steps have the opening first."""

    dispute_id: str
    partner_id: str
    billing_month: BillingMonth
    about: Literal["account", "line"]
    about_id: str
    due_on: date
    steps: tuple[DisputeStep, ...]

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered or withdrawn it."""
        return self.steps[-1].act == "opened"

    def state(self, day: date) -> DisputeState:
        """Its state on a day: open until its due day, overdue after it."""
        newest = self.steps[-1].act
        if newest == "opened":
            return "overdue" if day > self.due_on else "open"
        return newest

    def check_open(self) -> None:
        """Refuse a second end."""
        newest = self.steps[-1]
        if not self.is_open:
            raise Refusal(
                f"dispute {self.dispute_id} was {newest.act} on {newest.done_on} by {newest.done_by}: open another one"
            )


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute as it stands on a day, for the partner manager; `days_left` is negative where it is overdue.

    `answer` is what it was answered with, or why it was withdrawn; None while it is open.
    """

    dispute_id: str
    partner_id: str
    account_manager_id: str
    billing_month: BillingMonth
    about: str
    about_id: str
    state: DisputeState
    opened_on: date
    opened_by: str
    reason: str
    due_on: date
    days_left: int | None
    ended_on: date | None
    ended_by: str | None
    answer: str | None


def row_on(dispute: Dispute, account_manager_id: str, day: date) -> DisputeRow:
    """How a dispute stands on a day."""
    opened, newest = dispute.steps[0], dispute.steps[-1]
    is_open = dispute.is_open
    return DisputeRow(
        dispute_id=dispute.dispute_id,
        partner_id=dispute.partner_id,
        account_manager_id=account_manager_id,
        billing_month=dispute.billing_month,
        about=dispute.about,
        about_id=dispute.about_id,
        state=dispute.state(day),
        opened_on=opened.done_on,
        opened_by=opened.done_by,
        reason=opened.reason,
        due_on=dispute.due_on,
        days_left=(dispute.due_on - day).days if is_open else None,
        ended_on=None if is_open else newest.done_on,
        ended_by=None if is_open else newest.done_by,
        answer=None if is_open else newest.reason,
    )
