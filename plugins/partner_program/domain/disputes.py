"""A partner's dispute about a month's result: opened, answered with a reason or withdrawn; it changes no result.

What people did is kept as steps; the state follows from them, and whether an answer is overdue from the day on which
one asks. A dispute that is right ends in a correction of data, from which the month proposes a restatement as ever.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal

DUE_DAYS = 30  # where a programme file does not say it
DisputeAct = Literal["opened", "answered", "withdrawn"]
DisputeState = Literal["open", "answered", "withdrawn"]
Verdict = Literal["accepted", "rejected"]
About = Literal["account", "missing_account", "line"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is disputed of a month, as the partner says it: an account, one that it misses, or a line, at an entity."""

    about: About
    entity: str
    subject_id: str

    def __str__(self) -> str:
        """Print as `line NL/L1`."""
        return f"{self.about.replace('_', ' ')} {self.entity}/{self.subject_id}"


@dataclass(frozen=True, slots=True)
class DisputeStep:
    """One act on a dispute: who, on which day, why or with which answer; `verdict` stands with an answer alone."""

    act: DisputeAct
    done_by: str
    done_on: date
    reason: str
    verdict: Verdict | None = None

    def same_values(self, other: "DisputeStep") -> bool:
        """Whether another step says the same; on which day does not count."""
        return replace(self, done_on=other.done_on) == other


@dataclass(frozen=True, slots=True)
class Dispute:
    """A partner's dispute with all that was done about it, the opening first; never without a step.

    `revision` is the newest one that the month had when it was opened; an answer is due on `due_on` at the latest.
    """

    dispute_id: str
    partner_id: str
    billing_month: BillingMonth
    subject: Subject
    revision: int
    due_on: date
    steps: tuple[DisputeStep, ...]

    @property
    def state(self) -> DisputeState:
        """What its newest step says."""
        newest = self.steps[-1].act
        return "open" if newest == "opened" else newest

    def is_due_within(self, days: int, *, day: date) -> bool:
        """Whether it is open and due at most so many days after a day, or overdue."""
        return self.state == "open" and (self.due_on - day).days <= days

    def as_on(self, day: date) -> "Dispute | None":
        """The dispute as it was on a day, None before it was opened."""
        steps = tuple(step for step in self.steps if step.done_on <= day)
        return replace(self, steps=steps) if steps else None


def check_opened(
    dispute: Dispute,
    *,
    entities: Collection[str],
    accounts: Collection[tuple[str, str]],
    counted: Collection[tuple[str, str]],
) -> None:
    """Refuse a new dispute whose subject cannot be meant, with the one sentence that says why.

    `accounts` are those that were ever linked to the partner, by entity and id; `counted` those linked to it on the
    month's last day. A line is kept as it is said: that nobody can find it may be the very complaint.
    """
    _check_named(dispute.steps[0], "opens it")
    subject, partner = dispute.subject, f"partner {dispute.partner_id}"
    name, account = f"{subject.entity}/{subject.subject_id}", (subject.entity, subject.subject_id)
    if subject.entity not in entities:
        known = ", ".join(sorted(entities))
        raise Refusal(f"{name}: entity {subject.entity} is not in the registry, which has {known}")
    if subject.about == "account" and account not in accounts:
        close = did_you_mean(name, ("/".join(each) for each in accounts))
        raise Refusal(
            f"account {name} was never linked to {partner} (one that it misses is a --missing-account){close}"
        )
    if subject.about == "missing_account" and account in counted:
        raise Refusal(
            f"account {name} was linked to {partner} on {dispute.billing_month.last_day}, so it is not missing: "
            "what is wrong with it is disputed with --account"
        )


def find_same(known: Collection[Dispute], dispute: Dispute) -> Dispute | None:
    """The partner's open dispute of the same month and subject, None where there is none.

    Raises `Refusal` that names it where it was opened by somebody else or for another reason.
    """
    here = (dispute.billing_month, dispute.subject)
    same = next((each for each in known if each.state == "open" and (each.billing_month, each.subject) == here), None)
    if same is not None and not same.steps[0].same_values(dispute.steps[0]):
        raise Refusal(
            f"{same.subject} in {same.billing_month} is disputed already: {same.dispute_id} {said_of(same.steps[0])}"
        )
    return same


def dispute_id_of(partner_id: str, month: BillingMonth, known: Collection[Dispute]) -> str:
    """The id of a partner's next dispute of a month, after those that it has had: `P1-2015-06-1`."""
    return f"{partner_id}-{month}-{sum(each.billing_month == month for each in known) + 1}"


def end(dispute: Dispute, step: DisputeStep) -> Dispute:
    """Return a dispute with its answer or its withdrawal, or as it is where the same is its newest step.

    Raises `Refusal` where it has ended otherwise.
    """
    newest = dispute.steps[-1]
    if newest.same_values(step):
        return dispute
    if newest.act == step.act:
        raise Refusal(f"{dispute.dispute_id} was already {said_of(newest)}: with other values, nothing is written")
    if dispute.state != "open":
        raise Refusal(
            f"{dispute.dispute_id} cannot be {step.act}: it was {said_of(newest)}; a new dispute can be opened"
        )
    _check_named(step, "answers" if step.act == "answered" else "withdraws it")
    return replace(dispute, steps=(*dispute.steps, step))


def said_of(step: DisputeStep) -> str:
    """A step in words: what, by whom, when and why."""
    verdict = f" as {step.verdict}" if step.verdict else ""
    return f"{step.act}{verdict} by {step.done_by} on {step.done_on} ({step.reason})"


def _check_named(step: DisputeStep, does: str) -> None:
    if not step.done_by.strip() or not step.reason.strip():
        raise Refusal(f"say who {does}, and why")
