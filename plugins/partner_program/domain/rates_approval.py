"""A person's approval of what a month would put in force, bound to the hash of the decision (rule 13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.domain.acts import Doer, same_person
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotApproved, RatesWait

Answer = Literal["waits", "approved", "refused"]


@dataclass(frozen=True, slots=True)
class RatesAsked:
    """A decision that waits for a person, with the day on which it was asked about and the request that led to it.

    `effective_on` is the day that was asked for, None where the rates hold from the day on which they are committed;
    `program_file` is the path of a programme file given by hand.
    """

    decision_hash: str
    asked_by: str
    asked_on: date
    effective_on: date | None
    migration: bool
    program_file: str | None


@dataclass(frozen=True, slots=True)
class RatesAnswered:
    """A person's answer about a decision."""

    decision_hash: str
    answer: Answer
    doer: Doer


@dataclass(frozen=True, slots=True)
class MonthTookForce:
    """The month was run and took force: what was asked and answered before is over."""


@dataclass(frozen=True, slots=True)
class RatesApproval:
    """The decision that was asked about last, and the answer to it."""

    asked: RatesAsked
    answer: Answer = "waits"
    answered: Doer | None = None

    @property
    def decision_hash(self) -> str:
        """The hash that the answer is bound to."""
        return self.asked.decision_hash

    def is_answered(self, decision_hash: str, answer: Answer) -> bool:
        """Whether exactly this decision has this answer."""
        return (self.decision_hash, self.answer) == (decision_hash, answer)


def rates_approval(events: Iterable[RatesAsked | RatesAnswered | MonthTookForce]) -> RatesApproval | None:
    """The decision of a month that was asked about last; `events` are the month's, oldest first.

    None where nothing was asked since the month last took force. An answer counts for the decision that it names, and
    only as long as no other one is asked about: what is decided anew waits anew. The last answer counts.
    """
    found: RatesApproval | None = None
    for event in events:
        if isinstance(event, MonthTookForce):
            found = None
        elif isinstance(event, RatesAsked):
            found = RatesApproval(event)
        elif found is not None and event.decision_hash == found.decision_hash:
            found = RatesApproval(found.asked, event.answer, event.doer)
    return found


def check_may_approve(month: BillingMonth, approval: RatesApproval, *, by: str) -> None:
    """Refuse the approval of whoever asked for it: somebody else looks at what takes force."""
    if same_person(approval.asked.asked_by, by):
        raise NotApproved(f"{by} started the run of {month}: somebody else has to look at its rates and approve them")


def check_approved(month: BillingMonth, approval: RatesApproval | None, decision_hash: str) -> None:
    """Raise `RatesWait` unless exactly this decision was approved; the message says what to do next."""
    look = f"partner-program month book {month}"
    approve = f"partner-program month approve {month} --by NAME --reason TEXT"
    if approval is None or approval.decision_hash != decision_hash:
        raise RatesWait(f"the rates of {month} wait for an approval and were decided anew since: run the month again")
    if approval.answer == "waits":
        raise RatesWait(
            f"the rates of {month} wait for an approval by somebody other than {approval.asked.asked_by}; nothing took "
            f"force. Look at them: {look}, then: {approve}, and run the month again as it was run"
        )
    if approval.answer == "refused" and approval.answered is not None:
        raise RatesWait(
            f"{approval.answered.done_by} refused the rates of {month}: {approval.answered.reason}. Nothing took "
            f"force. Correct the cause and run the month again; or, if they are right after all: {approve}"
        )
