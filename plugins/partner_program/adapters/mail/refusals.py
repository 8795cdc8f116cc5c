"""Why a whole batch stops at a mail server; the message names the server and what to do, and never a secret."""

from partner_program.domain.refusals import Refusal, Unavailable


class StopSending(Refusal):
    """No letter can be sent to this mail server now, and nothing of the one at hand was."""


class MailServerAway(StopSending, Unavailable):
    """The mail server is not there, or says that it is busy: trying again later may help."""
