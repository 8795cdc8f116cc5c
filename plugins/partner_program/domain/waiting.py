"""What waits for a person: each thing with who can act on it, and how far the newest months are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import DeliveryState
from partner_program.domain.digests import RESENT, Digest
from partner_program.domain.events import OutboxEvent
from partner_program.domain.exchange_rates import JudgedRate
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.plurals import plural

WaitKind = Literal[
    "brake",
    "brake_released",
    "rates",
    "restatement",
    "held",
    "letters_to_approve",
    "letters_to_send",
    "letters_need_a_person",
    "signature",
    "letters_to_render",
    "unpublished",
    "benefit_request",
    "benefit_ends",
    "grant_ends",
    "dispute",
    "rate_in_doubt",
    "digest",
    "event",
]
Who = Literal["decide", "act", "operate"]
StepState = Literal["done", "now", "later"]
REASONS_NAMED = 10  # of a month, why partners are held
THINGS_NAMED = 20  # of a kind, one by one; the others stand on their own page
NEED_A_PERSON: tuple[DeliveryState, ...] = ("ambiguous", "refused", "undeliverable")
_NEED: Mapping[DeliveryState, str] = {
    "ambiguous": "of which nobody knows whether it arrived",
    "refused": "refused by a mail server",
    "undeliverable": "that can go to nobody",
}
ON_THE_WAY: tuple[DeliveryState, ...] = ("approved", "claimed", "dot_pending", "deferred")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: what to do, in words that begin with a verb, and more of it in a second line.

    `who` can do it: those who decide about months, those who act for partners, or those who operate the installation.
    `month`, `partner_id` and `subject_id` say what it is about, None where it is about none. `day` is when it is due.
    `things` is how many things it stands for: more than one where they are not named one by one.
    """

    kind: WaitKind
    who: Who
    words: str
    more: str
    month: BillingMonth | None = None
    partner_id: str | None = None
    subject_id: str | None = None
    day: date | None = None
    things: int = 1


@dataclass(frozen=True, slots=True)
class BrakeStop:
    """What the brake stopped in a month and nobody released: why, and the hash of each decision that it stopped."""

    reasons: tuple[str, ...]
    decision_hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Partners that the last settlement of a month holds for one reason; `partner_id` is the only one, if it is."""

    month: BillingMonth
    reason: str
    partners: int
    partner_id: str | None


@dataclass(frozen=True, slots=True)
class MonthProgress:
    """How far a month is; `steps` are in order, with their state."""

    month: BillingMonth
    status: MonthStatus | None
    effective_on: date | None
    steps: tuple[tuple[str, StepState], ...]


def signature_waits(progress: MonthProgress) -> list[Waiting]:
    """A month of which nothing is open waits for a signature."""
    *before, (_, last) = progress.steps
    if progress.status != "in_force" or last == "done" or any(state != "done" for _, state in before):
        return []
    return [Waiting("signature", "decide", f"Sign {progress.month}", "nothing of it is open", progress.month)]


def brake_waits(month: BillingMonth, reasons: Sequence[str]) -> Waiting:
    """The brake stopped a month."""
    return Waiting("brake", "decide", f"Look at {month}: the brake stopped it", "; ".join(reasons), month)


def brake_released(month: BillingMonth, released_by: str) -> Waiting:
    """The brake of a month was released, and nobody has run it since."""
    more = f"{released_by} released the brake; nothing takes force before the month is run"
    return Waiting("brake_released", "decide", f"Run {month} again", more, month)


def rates_wait(month: BillingMonth, asked_by: str, decision_hash: str) -> Waiting:
    """A month's rates wait for a second person."""
    more = f"{asked_by} ran the month; somebody else approves ({decision_hash[:12]})"
    return Waiting("rates", "decide", f"Approve the rates of {month}", more, month)


def restatement_waits(month: BillingMonth, partners: int) -> Waiting:
    """A month in force would come out differently."""
    more = f"{plural(partners, 'partner')} would have another result: accept or reject"
    return Waiting("restatement", "decide", f"Decide about the restatement of {month}", more, month)


def other_reasons(month: BillingMonth, reasons: int, partners: int) -> HeldGroup:
    """The groups of a month that are not named, as one: each bad line is a reason of its own."""
    return HeldGroup(month, plural(reasons, "other reason"), partners, None)


def held_wait(group: HeldGroup) -> Waiting:
    """Partners are held."""
    if group.partner_id:
        words = f"Release {group.partner_id}, held in {group.month}"
    else:
        words = f"Release {plural(group.partners, 'held partner')} of {group.month}"
    return Waiting("held", "operate", words, group.reason, group.month, group.partner_id)


def letters_wait(month: BillingMonth, states: Mapping[DeliveryState, int]) -> list[Waiting]:
    """What of a month's letters waits: to be approved, to be sent, for a person, to be rendered."""

    def counted(which: Collection[DeliveryState]) -> int:
        return sum(states.get(state, 0) for state in which)

    found = []
    if stuck := counted(NEED_A_PERSON):
        named = ", ".join(f"{states[state]} {_NEED[state]}" for state in NEED_A_PERSON if states.get(state))
        found.append(
            Waiting("letters_need_a_person", "act", f"See to {plural(stuck, 'letter')} of {month}", named, month)
        )
    if rendered := counted(["rendered"]):
        found.append(
            Waiting(
                "letters_to_approve",
                "act",
                f"Approve {plural(rendered, 'letter')} of {month}",
                "somebody else than who ran the month looks at them first",
                month,
            )
        )
    if ready := counted(ON_THE_WAY):
        more = "they are approved, and not all handed over yet"
        found.append(Waiting("letters_to_send", "act", f"Send {plural(ready, 'letter')} of {month}", more, month))
    if planned := counted(["planned"]):
        more = "run the month again up to its letters"
        found.append(
            Waiting("letters_to_render", "decide", f"Render {plural(planned, 'letter')} of {month}", more, month)
        )
    return found


def rate_waits(judged: JudgedRate) -> Waiting:
    """An exchange rate is in doubt, and counts as missing until somebody stands for it."""
    rate = judged.rate
    return Waiting(
        "rate_in_doubt",
        "decide",
        f"Confirm the rate of {rate.currency} in {rate.billing_month}, or correct it",
        f"{rate.units_per_eur} for 1 EUR: {' and '.join(judged.doubts)}",
        rate.billing_month,
        subject_id=f"{rate.billing_month} {rate.currency}",
    )


def digest_waits(digest: Digest) -> Waiting:
    """A partner manager's digest does not go on by itself."""
    what = {
        "ambiguous": "nobody knows whether it arrived",
        "refused": "the mail server refused it",
    }.get(digest.status, "it can go to nobody: correct the manager's address")
    can_be_resolved = digest.status in RESENT
    return Waiting(
        "digest",
        "act",
        f"See to the digest of {digest.week_of} for {digest.account_manager_id}",
        what,
        subject_id=f"{digest.week_of} {digest.account_manager_id}" if can_be_resolved else None,
    )


def event_waits(event: OutboxEvent) -> Waiting:
    """An event was not taken so often that it is not tried again by itself; later ones of its partner wait."""
    return Waiting(
        "event",
        "decide",
        f"Resolve the event {event.kind} about {event.subject}",
        f"not taken {event.attempts} times; later ones of its partner wait: {event.reply or 'no answer'}",
        partner_id=event.partner_id,
        subject_id=event.event_id,
    )


def others_wait(kind: WaitKind, of: int, words: str, words_of_many: str, *, who: Who = "act") -> list[Waiting]:
    """The things of a kind that are not named one by one, as one, where there are any."""
    others = of - THINGS_NAMED
    if others <= 0:
        return []
    return [Waiting(kind, who, plural(others, words, words_of_many), "the list has all of them", things=others)]


def unpublished_wait(entity: str, accounts: int) -> Waiting:
    """Rates that are in force with us and not in an entity's order database."""
    return Waiting(
        "unpublished",
        "decide",
        f"Publish the rates of {plural(accounts, 'account')} at {entity}",
        "orders there do not get them yet",
        subject_id=entity,
    )


def steps_of(
    *,
    status: MonthStatus | None,
    is_stopped: bool,
    held: int,
    unpublished: int | None,
    letters: Mapping[DeliveryState, int],
    is_signed: bool,
) -> tuple[tuple[str, StepState], ...]:
    """The steps of a month, with what each still lacks.

    `is_stopped` says that it waits for a decision before anything takes force; `unpublished` is None where no entity
    has an order database.
    """
    if status == "history":
        return (("history only: nothing of it is in force", "done"),)
    if status is None:
        words = "decided, waits for a person" if is_stopped else "not decided"
        return ((words, "now"), *((name, "later") for name in ("in force", "letters sent", "signed")))
    rendered = letters.get("rendered", 0) + letters.get("planned", 0)
    ready = sum(letters.get(state, 0) for state in (*ON_THE_WAY, *NEED_A_PERSON))
    steps: list[tuple[str, StepState]] = [("in force", "done")]
    if held or is_stopped:
        steps.append((f"{held} held" if held else "waits for a decision", "now"))
    if unpublished is not None:
        steps.append(("rates published", "done") if not unpublished else (f"{unpublished} unpublished", "now"))
    steps.append(("letters approved", "done") if not rendered else (f"{plural(rendered, 'letter')} to approve", "now"))
    if rendered:
        steps.append(("letters sent", "later"))
    else:
        steps.append(("letters sent", "done") if not ready else (f"{plural(ready, 'letter')} not delivered", "now"))
    steps.append(("signed", "done" if is_signed else "later"))
    return tuple(steps)
