"""Hands letters to a mail server, one at a time over one connection, and returns for each what became of it.

The final dot of the text decides. Before it, nothing was handed over, and a letter that breaks off may be tried again.
The caller records that the dot is about to be sent; after that only the server's own answer decides about the letter.
Without a clear answer the letter is `ambiguous`, and nothing here ever sends it a second time.
"""

from collections.abc import Callable
from types import TracebackType

from partner_program.adapters.mail.conversation import Conversation
from partner_program.adapters.mail.envelope import Envelope, fault_of_addresses
from partner_program.adapters.mail.refusals import MailServerAway, StopSending
from partner_program.adapters.mail.replies import HungUp, NoReply
from partner_program.adapters.mail.smtp_settings import SmtpSettings
from partner_program.adapters.mail.transaction import Transaction, lacking
from partner_program.domain.delivery import Outcome

__all__ = ["Envelope", "MailServerAway", "SmtpClient", "SmtpSettings", "StopSending"]


class SmtpClient:
    """A mail server for one batch: connects on entering (not before), sends QUIT on leaving."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._conversation: Conversation | None = None

    def __enter__(self) -> "SmtpClient":
        """Connect; raises `StopSending` if the server cannot take letters at all."""
        self._conversation = Conversation(self._settings)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Send QUIT and hang up; a QUIT that fails changes nothing about what was delivered."""
        if self._conversation is not None and kind is None:
            self._conversation.quit()
            self._conversation = None
        self._hang_up()

    def deliver(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        """Hand over one letter and return what became of it.

        `before_dot` is called at most once; if it raises, the letter was not handed over. Raises `StopSending` if
        nothing of this letter was sent. The outcome `approved` is never returned after `before_dot` was called.
        """
        fault = fault_of_addresses(envelope)
        if fault is not None:
            return Outcome("undeliverable", fault)
        try:
            return self._deliver(envelope, before_dot)
        except BaseException:
            self._hang_up()  # the state of the conversation is unknown: no further letter may use it
            raise

    def _deliver(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        if self._conversation is not None and self._conversation.wire.has_news():
            self._hang_up()  # the server hung up, or said 421, while we had nothing to send
        used_before = self._conversation is not None
        outcome, untouched = self._attempt(envelope, before_dot)
        if used_before and untouched:  # the server had left before this letter: a new connection may take it
            outcome, _ = self._attempt(envelope, before_dot)
        return outcome

    def _attempt(self, envelope: Envelope, before_dot: Callable[[], None]) -> tuple[Outcome, bool]:
        """Try one letter, connecting first if needed; return its outcome and whether the server never looked at it."""
        if self._conversation is None:
            self._conversation = Conversation(self._settings)
        needed = lacking(envelope, self._conversation.offers)
        if needed is not None:
            return Outcome("undeliverable", needed), False
        transaction = Transaction(self._conversation, self._settings, envelope)
        try:
            outcome = transaction.offer() or transaction.send_text()
        except NoReply as lost:
            self._hang_up()
            untouched = transaction.untouched and isinstance(lost, HungUp)
            return Outcome("approved", f"before the final dot: the server {lost}"), untouched
        if outcome is None:
            before_dot()
            outcome = transaction.finish()
        if not transaction.may_go_on:
            self._hang_up()
        return outcome, transaction.untouched

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.wire.abort()
            self._conversation = None
