"""How long each step with a mail server may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SmtpTimeouts:
    """Seconds for each whole step, however slowly its bytes come; the defaults are those of RFC 5321, 4.5.3.2."""

    connect: float = 30.0
    reply: float = 300.0
    message: float = 600.0  # from MAIL to the last byte before the final dot
    final_dot: float = 600.0  # if the server needs longer than this, a letter may be sent twice: RFC 1047
    quit: float = 5.0
