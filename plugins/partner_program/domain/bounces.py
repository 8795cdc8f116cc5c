"""What a notification says about a letter's recipients, and which of it counts (rule 12, RFC 3464)."""

from collections.abc import Sequence
from dataclasses import dataclass

FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """What became of one recipient.

    `recipients` are its addresses in lower case: the final one, and the original one where it was forwarded. `action`
    is `failed`, `delayed`, `delivered` ...; `status` is a code such as 5.1.1.
    """

    recipients: frozenset[str]
    action: str
    status: str = ""
    diagnostic: str = ""


def status_that_counts(said: Sequence[RecipientStatus], recipient: str) -> RecipientStatus | None:
    """Return what a notification says about a letter to this recipient; None where it says nothing.

    A notification may name several recipients: the letter's own one counts. Where none of them is (an alias was
    expanded into others), all of them do. A failure comes after what was tried before it, so it counts first.
    """
    own = [each for each in said if recipient.lower() in each.recipients] or said
    failures = [each for each in own if each.action == FAILED]
    return next(iter([*failures, *own]), None)
