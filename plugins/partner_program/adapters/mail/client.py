"""Hands letters to a mail server, one at a time over one connection, and says for each what is known of it.

The phase decides. Until the final dot is sent, nothing was handed over: what breaks off may be tried again. From the
moment before the dot, which the caller writes down first, only the server's own word settles a letter; without a clear
one the letter is `ambiguous`, and nothing here ever sends it a second time.
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
    """A mail server for one batch: connects on entering, says goodbye on leaving."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Take the settings; nothing is connected yet."""
        self._settings = settings
        self._conversation: Conversation | None = None

    def __enter__(self) -> "SmtpClient":
        """Connect; StopSending where the server cannot take letters at all."""
        self._conversation = Conversation(self._settings)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Leave; a goodbye that goes wrong changes nothing of what was delivered."""
        if self._conversation is not None and kind is None:
            self._conversation.quit()
            self._conversation = None
        self._hang_up()

    def deliver(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        """Hand over one letter. `before_dot` is called at most once; where it raises, the letter was not handed over.

        StopSending says that nothing of this letter was sent. `approved` is never returned after `before_dot`.
        """
        fault = fault_of_addresses(envelope)
        if fault is not None:
            return Outcome("undeliverable", fault)
        try:
            return self._delivered(envelope, before_dot)
        except BaseException:
            self._hang_up()  # nobody knows where this conversation stands
            raise

    def _delivered(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        if self._conversation is not None and self._conversation.wire.has_news():
            self._hang_up()  # it hung up, or said 421, while we had nothing to send
        used_before = self._conversation is not None
        outcome, untouched = self._attempt(envelope, before_dot)
        if used_before and untouched:  # it left while nothing was sent to it: no word about this letter
            outcome, _ = self._attempt(envelope, before_dot)
        return outcome

    def _attempt(self, envelope: Envelope, before_dot: Callable[[], None]) -> tuple[Outcome, bool]:
        """One letter, over a new connection where there is none; whether the server took no notice of it."""
        if self._conversation is None:
            self._conversation = Conversation(self._settings)
        needed = lacking(envelope, self._conversation.offers)
        if needed is not None:
            return Outcome("undeliverable", needed), False
        transaction = Transaction(self._conversation, self._settings, envelope)
        try:
            outcome = transaction.offered() or transaction.text_sent()
        except NoReply as lost:
            self._hang_up()
            untouched = transaction.untouched and isinstance(lost, HungUp)
            return Outcome("approved", f"before the final dot: the server {lost}"), untouched
        if outcome is None:
            before_dot()
            outcome = transaction.finished()
        if not transaction.may_go_on:
            self._hang_up()
        return outcome, transaction.untouched

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.wire.abort()
            self._conversation = None
