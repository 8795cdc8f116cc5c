"""The errors that stop a whole batch; the message names the mail server and what to do, and never a secret."""

from partner_program.domain.refusals import Refusal, Unavailable


class StopSending(Refusal):
    """No letter can be sent to this mail server now, and nothing of the current letter was sent."""


class MailServerAway(StopSending, Unavailable):
    """The mail server cannot be reached or says that it is busy: trying again later may help."""
