"""Is a mail server's refusal about a letter, or about us? The same words to several recipients are about us.

A server that blocks this host, or does not know its sender, may say so only to RCPT or after the final dot, where a
refusal is otherwise about one letter. A month must not be used up by that.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from partner_program.domain.delivery import Outcome

SAME_WORDS = 3  # so many recipients, and no letter taken before
# RFC 3463: no such recipient (5.1), mailbox full or closed (5.2), too large (5.3.4), what is in the letter (5.6)
_ABOUT_THE_LETTER = re.compile(r"(?<![\d.])(?:552 |5\.(?:1\.(?:[0-6]|10)|2\.\d{1,3}|3\.4|6\.\d{1,3})(?![\d.]))")


class ToSomebody(Protocol):
    """A mail to one recipient."""

    @property
    def recipient(self) -> str:
        """To whom it goes."""


Mail = TypeVar("Mail", bound=ToSomebody)


@dataclass(slots=True)
class RefusedAlike(Generic[Mail]):
    """The outcomes of one sending, in order; refusals wait here until it is known whether they are about us.

    `record` is called with each outcome. One that waits is recorded as `deferred`, so that the letter is tried again if
    the sender ends now; as soon as the server takes a letter, or at the end, it is recorded as `refused`.
    """

    record: Callable[[Mail, Outcome], None]
    refuse_deferred: Callable[[Mail, Outcome], None]
    _held: list[tuple[Mail, Outcome]] = field(default_factory=list)
    _nothing_taken: bool = True

    def add(self, row: Mail, outcome: Outcome) -> str | None:
        """Record an outcome; return the server's words if it has said the same to too many: then nothing is refused."""
        if outcome.state == "accepted":
            self._nothing_taken = False
            self.end()
        if not (outcome.state == "refused" and self._nothing_taken) or _ABOUT_THE_LETTER.search(outcome.reply):
            self.record(row, outcome)
            return None
        self.record(row, Outcome("deferred", outcome.reply))
        self._held.append((row, outcome))
        alike = [each for each in self._held if each[1].reply == outcome.reply]
        if len({each.recipient for each, _ in alike}) < SAME_WORDS:
            return None
        self._held = [each for each in self._held if each not in alike]
        self.end()
        return outcome.reply

    def end(self) -> None:
        """Record the refusals that have waited: they are about their letters."""
        for row, outcome in self._held:
            self.refuse_deferred(row, outcome)
        self._held.clear()
