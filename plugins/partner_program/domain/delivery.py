"""The delivery of a letter to one recipient: its states, and which may follow which (rule 12).

A letter is handed to the mail server at most once, unless a person asks for it again. Where it is not certain that an
attempt failed before the final dot of the message, the letter is `ambiguous`: it may have arrived, and is never sent
again automatically.
"""

from dataclasses import dataclass
from typing import Literal, get_args

DeliveryState = Literal[
    "planned",  # owed, its body not yet rendered
    "rendered",  # body rendered and hashed, waiting for a person's approval
    "approved",  # may be sent
    "claimed",  # a sender has it; the mail server does not have the whole body yet
    "dot_pending",  # recorded before the final dot is sent: from here on it may have arrived
    "accepted",  # the mail server took it
    "deferred",  # the mail server said: later
    "refused",  # the mail server said: never; or a bounce came back
    "ambiguous",  # it may have arrived; a person decides
    "undeliverable",  # it cannot be sent as it is: no address, or one that this mail server cannot take
]
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
SendResult = Literal["accepted", "deferred", "refused", "ambiguous", "undeliverable", "approved"]
# The states through which a sender moves mail, whatever it says.
HandoverState = SendResult | Literal["claimed", "dot_pending"]
Key = tuple[str, int, str, str]
REPLACED = "took its place"
NO_RECIPIENT = ""  # of a letter whose partner has no billing contact: it is owed anyway

# The database holds these moves too (migration 0011, `delivery_guard_moves`), whoever writes to it.
NEXT: dict[DeliveryState, tuple[DeliveryState, ...]] = {
    "planned": ("rendered", "undeliverable", "ambiguous"),
    "rendered": ("approved", "undeliverable", "ambiguous"),
    "approved": ("claimed", "rendered", "undeliverable", "ambiguous"),
    "claimed": ("dot_pending", "approved", "deferred", "refused", "undeliverable", "ambiguous"),
    "dot_pending": ("accepted", "deferred", "refused", "ambiguous"),
    "deferred": ("claimed", "rendered", "refused", "undeliverable", "ambiguous"),
    "accepted": ("refused", "rendered"),  # `rendered` only if it was written to a file, and a person asks
    "refused": ("rendered", "undeliverable"),  # `undeliverable` where another letter or address took its place
    "ambiguous": ("accepted", "refused", "rendered"),  # `refused` if it came back: so it had been sent
    "undeliverable": ("rendered",),
}


def state_words(state: str) -> str:
    """A state in words for people."""
    return {
        "planned": "not rendered yet",
        "rendered": "waiting for approval",
        "claimed": "being handed over",
        "dot_pending": "handed over without an answer",
    }.get(state, state)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's row of the outbox with the kind of its letter; times are seconds since 1970, UTC."""

    billing_month: str
    revision: int
    partner_id: str
    recipient: str
    recipient_name: str
    status: DeliveryState
    resend_number: int
    approval_id: int | None
    content_hash: str | None
    message_id: str | None
    dated: int | None
    claimed_by: str | None
    claimed_until: int | None
    not_before: int | None
    attempts: int
    reply: str | None
    kind: str
    letter_hash: str | None

    @property
    def is_replaced(self) -> bool:
        """Whether a corrected letter took this one's place."""
        return (self.reply or "").endswith(REPLACED)

    @property
    def was_never_sent(self) -> bool:
        """Whether no approval and no resend ever touched it: such a row may be deleted with its contact."""
        waits = self.status in ("planned", "rendered", "undeliverable")
        return waits and self.approval_id is None and not self.resend_number

    @property
    def key(self) -> Key:
        """The row's primary key."""
        return self.billing_month, self.revision, self.partner_id, self.recipient


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one attempt: the new state, and the server's words or our reason, escaped and shortened.

    `approved` means that nothing was completed: the same letter may be tried again at once.
    """

    state: SendResult
    reply: str
