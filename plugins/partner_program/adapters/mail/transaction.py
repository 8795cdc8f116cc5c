"""Sends one letter's MAIL, RCPT, DATA, text and final dot, and decides what each reply means (RFC 5321, RFC 2920)."""

import re
from collections.abc import Mapping
from typing import Literal

from partner_program.adapters.mail.conversation import Conversation
from partner_program.adapters.mail.envelope import Envelope, dot_stuffed, fault_of_message
from partner_program.adapters.mail.refusals import StopSending
from partner_program.adapters.mail.replies import NoReply, Reply
from partner_program.adapters.mail.smtp_settings import SmtpSettings
from partner_program.adapters.mail.wire import Deadline
from partner_program.domain.delivery import Outcome

_LOGIN_WANTED = (530, 534, 535, 538)  # RFC 4954, 6: about the session, not the letter
_CLOSING = 421
_WHO_WE_ARE = "check bounce_address; ask whoever runs it whether this host may send"
# size (RFC 1870, RFC 3463) and SMTPUTF8 (RFC 6531) are about one letter; all else in an answer to MAIL is about us
_ABOUT_THE_LETTER = re.compile(r"to MAIL: (?:552\b|555\b|5\d\d 5\.(?:2\.3|3\.4|6\.\d{1,3})\b)")
_SAID_NO: Mapping[int, Literal["deferred", "refused"]] = {4: "deferred", 5: "refused"}


def lacking(envelope: Envelope, offers: Mapping[str, str]) -> str | None:
    """Return what this letter needs and the server does not offer, or None."""
    if envelope.needs_smtputf8 and "SMTPUTF8" not in offers:
        return "the mail server does not take addresses beyond ASCII (SMTPUTF8)"
    if not envelope.message.isascii() and "8BITMIME" not in offers:
        return "the mail server takes 7-bit text only (8BITMIME), the message has other bytes"
    most = offers.get("SIZE", "")
    if most.isdecimal() and 0 < int(most) < len(envelope.message):
        return f"the mail server takes at most {int(most)} bytes, the message has {len(envelope.message)}"
    return None


class Transaction:
    """The steps of one letter, to be called in order; each returns the letter's outcome, or None to go on.

    The time for the steps before the final dot begins when this is made.
    """

    def __init__(self, conversation: Conversation, settings: SmtpSettings, envelope: Envelope) -> None:
        self._wire = conversation.wire
        self._secrets = conversation.secrets
        self._offers = conversation.offers
        self._settings = settings
        self._envelope = envelope
        self._until_dot = Deadline(settings.timeouts.message)
        self._text = b""
        self.untouched = True  # the server never looked at the letter: it had left, or was about to
        self.may_go_on = True  # the next letter can use the same conversation

    def offer(self) -> Outcome | None:
        """Send MAIL, RCPT and DATA, in one write if the server allows it (PIPELINING)."""
        together = "PIPELINING" in self._offers
        steps = self._steps()
        no: Outcome | None = None
        deadline = Deadline(self._settings.timeouts.reply, within=self._until_dot)
        if together:
            self._wire.send(b"".join([command for _, command in steps]), deadline)
        fault = fault_of_message(self._envelope.message)  # checked here, while the server is working
        if fault is not None:
            self.untouched = False
            self.may_go_on = (
                not together
            )  # if DATA went out already, hang up: no text was sent, so nothing is delivered
            return Outcome("undeliverable", fault)
        self._text = dot_stuffed(self._envelope.message)
        for step, command in steps:
            try:
                if not together:
                    deadline = Deadline(self._settings.timeouts.reply, within=self._until_dot)
                    self._wire.send(command, deadline)
                reply = self._wire.reply(deadline)
                no = self._after(step, reply, no)
            except NoReply:
                self.may_go_on = False
                if no is None:
                    raise
            if no is not None and not (together and self.may_go_on):
                break
        if no is not None and self.may_go_on:
            self._reset()
        return no

    def _steps(self) -> tuple[tuple[str, bytes], ...]:
        size = f" SIZE={len(self._envelope.message)}" if "SIZE" in self._offers else ""
        eight_bit = "" if self._envelope.message.isascii() else " BODY=8BITMIME"
        utf8 = " SMTPUTF8" if self._envelope.needs_smtputf8 else ""
        return (
            ("MAIL", f"MAIL FROM:<{self._envelope.return_path}>{size}{eight_bit}{utf8}\r\n".encode()),
            ("RCPT", f"RCPT TO:<{self._envelope.recipient}>\r\n".encode()),
            ("DATA", b"DATA\r\n"),
        )

    def _after(self, step: str, reply: Reply, no: Outcome | None) -> Outcome | None:
        """Return the letter's outcome after this reply; of several refusals (`no`) the first one counts."""
        closing = reply.code == _CLOSING
        self.untouched = step == "MAIL" and closing
        self.may_go_on = self.may_go_on and not closing
        if no is not None:
            # 354 although no recipient was accepted: hang up, since an empty text might be delivered
            self.may_go_on = self.may_go_on and reply.kind != 3
            return no
        if reply.code == 354 if step == "DATA" else reply.kind == 2:
            return None
        said = f"to {step}: {reply.printable(self._secrets)}"
        if step == "MAIL" and reply.kind == 5 and not _ABOUT_THE_LETTER.match(said):
            check = "check security, login and password" if reply.code in _LOGIN_WANTED else _WHO_WE_ARE
            raise StopSending(f"{self._settings.place}: {said}; {check}")
        return _said_no(reply, said)

    def _reset(self) -> None:
        """Send RSET; if the server does not accept it, the next letter needs a new connection."""
        deadline = Deadline(self._settings.timeouts.quit)
        try:
            self._wire.send(b"RSET\r\n", deadline)
            self.may_go_on = self._wire.reply(deadline).kind == 2
        except NoReply:
            self.may_go_on = False

    def send_text(self) -> Outcome | None:
        """Send the text without the final dot; a server that answers meanwhile has already decided."""
        self._wire.hold_last_packet(True)  # sends the dot with it: one packet less, and the server wakes up once less
        try:
            self._wire.send(self._text, self._until_dot)
        except NoReply:
            if not self._wire.has_news():
                raise
        if not self._wire.has_news():
            return None
        self.may_go_on = False
        reply = self._wire.reply(self._until_dot)
        said = f"during the text: {reply.printable(self._secrets)}"
        return _said_no(reply, said)

    def finish(self) -> Outcome:
        """Send the final dot and return what the server says of the letter."""
        deadline = Deadline(self._settings.timeouts.final_dot)
        try:
            self._wire.send(b".\r\n", deadline)
            self._wire.hold_last_packet(False)
            reply = self._wire.reply(deadline)
        except NoReply as lost:
            self.may_go_on = False
            return Outcome("ambiguous", f"after the final dot: the server {lost}")
        said = reply.printable(self._secrets)
        self.may_go_on = reply.code != _CLOSING and not self._wire.unread
        if self._wire.unread and not self._wire.unread.startswith(b"421"):
            return Outcome("ambiguous", f"after the final dot: more than one answer, the first is {said}")
        if reply.kind == 2:
            return Outcome("accepted", said)
        return Outcome(_SAID_NO.get(reply.kind, "ambiguous"), f"after the final dot: {said}")


def _said_no(reply: Reply, said: str) -> Outcome:
    """Return the outcome of a reply that refuses; raises `NoReply` for any other reply, which does not belong there."""
    if reply.kind not in _SAID_NO:
        raise NoReply(f"answered what does not belong there, {said}")
    return Outcome(_SAID_NO[reply.kind], said)
