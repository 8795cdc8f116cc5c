"""The delivery of a letter to one recipient: its states, and which may follow which (rule 12).

A letter is handed over at most once unless a person says otherwise. What is not known to have gone wrong before the
final dot of the message is `ambiguous`: it may have arrived, and is never sent again by itself.
"""

from dataclasses import dataclass
from typing import Literal, get_args

DeliveryState = Literal[
    "planned",  # owed, its body not yet rendered
    "rendered",  # body rendered and hashed, waiting for a person's approval
    "approved",  # may be sent
    "claimed",  # a sender is at it; nothing of its body has been completed
    "dot_pending",  # written down before the final dot: from here on it may have arrived
    "accepted",  # the mail server took it
    "deferred",  # the mail server said: later
    "refused",  # the mail server said: never; or a bounce came back
    "ambiguous",  # it may have arrived; a person decides
    "undeliverable",  # it cannot be sent as it is: no address, or one that this mail server cannot take
]
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
SendResult = Literal["accepted", "deferred", "refused", "ambiguous", "undeliverable", "approved"]
Key = tuple[str, int, str, str]
REPLACED = "took its place"
NO_RECIPIENT = ""  # a letter whose partner has no billing contact is owed all the same

NEXT: dict[DeliveryState, tuple[DeliveryState, ...]] = {
    "planned": ("rendered", "undeliverable"),
    "rendered": ("rendered", "approved", "undeliverable", "ambiguous"),
    "approved": ("claimed", "rendered", "undeliverable", "ambiguous"),
    "claimed": ("dot_pending", "approved", "deferred", "refused", "undeliverable", "ambiguous"),
    "dot_pending": ("accepted", "deferred", "refused", "ambiguous"),
    "deferred": ("claimed", "rendered", "undeliverable", "ambiguous"),
    "accepted": ("refused", "rendered"),  # back only where it went to a file, by a person's word
    "refused": ("rendered",),
    "ambiguous": ("accepted", "rendered"),
    "undeliverable": ("rendered",),
}


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
    def key(self) -> Key:
        """What names the row."""
        return self.billing_month, self.revision, self.partner_id, self.recipient


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: the state to write down, and the server's words or our reason, escaped and bounded.

    `approved` means: nothing was completed, the same letter may be tried again at once.
    """

    state: SendResult
    reply: str
