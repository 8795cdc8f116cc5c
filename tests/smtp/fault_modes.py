"""The faults of a mail server, by name, each with what has to be known about the letter afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Say:
    """Answer with these bytes and go on; `pause` is the time between two bytes in seconds, 0 sends all at once."""

    text: bytes
    pause: float = 0.0


@dataclass(frozen=True)
class HangUp:
    """Send these bytes and the end of the connection in one packet."""

    text: bytes = b""


@dataclass(frozen=True)
class Stall:
    """Read and send nothing more."""


Action = Say | HangUp | Stall
Phase = Literal[
    "banner", "ehlo", "starttls", "handshake", "auth", "mail", "rcpt", "data", "text", "dot", "rset", "quit", "idle"
]


@dataclass(frozen=True)
class Mode:
    """What is known about a letter after one try, and what the server does in place of its usual answers."""

    expected: str
    at: Mapping[Phase, Action] = field(default_factory=dict)
    offers: tuple[str, ...] = ("SIZE 10485760",)
    security: Literal["none", "starttls", "tls"] = "none"
    certificate: str = "good"
    login: bool = False
    first_time_only: bool = False  # per recipient, as greylisting does
    one_recipient_only: bool = False  # the fault happens only for addresses that begin with nobody@


GARBAGE = b"\x00\xff\xfe<html>how may we help?</html>\r\n"
ENDLESS = b"250-" + b"x" * 100_000 + b"\r\n250 ok\r\n"
SLOW = 0.05
_LONG = b"".join(b"250-line %d\r\n" % number for number in range(20_000)) + b"250 ok\r\n"  # about 300 kB
_OPEN: tuple[str, ...] = ("SIZE 10485760",)
_PIPED = (*_OPEN, "PIPELINING")
_TLS = (*_OPEN, "STARTTLS")
_AUTH = (*_TLS, "AUTH PLAIN LOGIN")


def _of(expected: str, phase: Phase, action: Action, **more: object) -> Mode:
    return Mode(expected, {phase: action}, **more)  # type: ignore[arg-type]


_SOUND = {
    "plain": Mode("accepted"),
    "pipelining": Mode("accepted", offers=_PIPED),
    "smtputf8": Mode("accepted", offers=(*_PIPED, "8BITMIME", "SMTPUTF8")),
    "starttls": Mode("accepted", offers=_TLS, security="starttls"),
    "tls": Mode("accepted", offers=_PIPED, security="tls"),
    "auth_plain": Mode("accepted", offers=_AUTH, security="starttls", login=True),
    "auth_login": Mode("accepted", offers=(*_TLS, "AUTH LOGIN"), security="starttls", login=True),
}
_BEFORE_LETTERS = {
    "banner_554": _of("stop", "banner", Say(b"554 we do not like you\r\n")),
    "banner_421": _of("stop", "banner", HangUp(b"421 too busy\r\n")),
    "banner_drop": _of("stop", "banner", HangUp()),
    "banner_stall": _of("stop", "banner", Stall()),
    "banner_garbage": _of("stop", "banner", Say(GARBAGE)),
    "banner_one_byte_at_a_time": _of("stop", "banner", Say(ENDLESS, SLOW)),
    "banner_oversized": _of("stop", "banner", Say(b"220 " + b"x" * 1_000_000)),
    "banner_multi_line": _of("accepted", "banner", Say(b"220-one moment\r\n220-please\r\n220 go on\r\n")),
    "ehlo_502": _of("stop", "ehlo", Say(b"502 what?\r\n")),
    "ehlo_421": _of("stop", "ehlo", HangUp(b"421 closing\r\n")),
    "ehlo_drop": _of("stop", "ehlo", HangUp()),
    "ehlo_stall": _of("stop", "ehlo", Stall()),
    "ehlo_garbage": _of("stop", "ehlo", Say(GARBAGE)),
    "ehlo_non_ascii": _of("accepted", "ehlo", Say(b"250-m\xe9l\r\n250-\xff\xfe\x00\r\n250 X-\xc3\xbc\r\n")),
}
_TLS_AND_LOGIN = {
    "starttls_missing": Mode("stop", security="starttls"),
    "starttls_454": _of("stop", "starttls", Say(b"454 not now\r\n"), offers=_TLS, security="starttls"),
    "starttls_drop": _of("stop", "starttls", HangUp(), offers=_TLS, security="starttls"),
    "starttls_stall": _of("stop", "starttls", Stall(), offers=_TLS, security="starttls"),
    "starttls_then_more": _of(
        "stop", "starttls", Say(b"220 go on\r\n250 AUTH PLAIN\r\n"), offers=_TLS, security="starttls"
    ),
    "handshake_garbage": _of("stop", "handshake", Say(GARBAGE), offers=_TLS, security="starttls"),
    "handshake_drop": _of("stop", "handshake", HangUp(), offers=_TLS, security="starttls"),
    "handshake_stall": _of("stop", "handshake", Stall(), offers=_TLS, security="starttls"),
    "certificate_self_signed": Mode("stop", offers=_TLS, security="starttls", certificate="self_signed"),
    "certificate_expired": Mode("stop", offers=_TLS, security="starttls", certificate="expired"),
    "certificate_of_another": Mode("stop", security="tls", certificate="other_name"),
    "auth_missing": Mode("stop", offers=_TLS, security="starttls", login=True),
    "auth_535": _of("stop", "auth", Say(b"535 5.7.8 no\r\n"), offers=_AUTH, security="starttls", login=True),
    "auth_454": _of("stop", "auth", Say(b"454 4.7.0 not now\r\n"), offers=_AUTH, security="starttls", login=True),
    "auth_drop": _of("stop", "auth", HangUp(), offers=_AUTH, security="starttls", login=True),
    "auth_stall": _of("stop", "auth", Stall(), offers=_AUTH, security="starttls", login=True),
    "auth_garbage": _of("stop", "auth", Say(GARBAGE), offers=_AUTH, security="starttls", login=True),
}
_BEFORE_TEXT = {
    "mail_450": _of("deferred", "mail", Say(b"450 4.1.8 not now\r\n")),
    "mail_550": _of("stop", "mail", Say(b"550 5.7.1 not from you\r\n")),
    "mail_553": _of("stop", "mail", Say(b"553 sender address rejected: not owned by user letters\r\n")),
    "mail_501": _of("stop", "mail", Say(b"501 5.1.7 bad sender address\r\n")),
    "mail_554_of_two_lines": _of("stop", "mail", Say(b"554-5.7.1 client host blocked\r\n554 5.7.1 see us\r\n")),
    "mail_552": _of("refused", "mail", Say(b"552 5.3.4 larger than we take\r\n")),
    "mail_554_size": _of("refused", "mail", Say(b"554 5.3.4 larger than we take\r\n")),
    "mail_550_smtputf8": _of("refused", "mail", Say(b"550 5.6.7 no SMTPUTF8 there\r\n")),
    "mail_530": _of("stop", "mail", Say(b"530 5.7.0 log in first\r\n")),
    "mail_421": _of("deferred", "mail", HangUp(b"421 closing\r\n")),
    "mail_drop": _of("approved", "mail", HangUp()),
    "mail_stall": _of("approved", "mail", Stall()),
    "mail_garbage": _of("approved", "mail", Say(GARBAGE)),
    "mail_oversized": _of("approved", "mail", Say(ENDLESS)),
    "mail_one_byte_at_a_time": _of("approved", "mail", Say(ENDLESS, SLOW)),
    "rcpt_450": _of("deferred", "rcpt", Say(b"450 4.2.1 not now\r\n")),
    "greylisting": _of("deferred", "rcpt", Say(b"450 4.7.1 greylisted\r\n"), first_time_only=True),
    "rcpt_550": _of("refused", "rcpt", Say(b"550 5.1.1 nobody of that name\r\n")),
    "rcpt_550_relay": _of("refused", "rcpt", Say(b"550 5.7.1 unable to relay for this host\r\n")),
    "rcpt_550_binary": _of("refused", "rcpt", Say(b"550-5.1.1 \x00\x1b[31m\r\n550 5.1.1 \xe2\x80\xae\xff\r\n")),
    "rcpt_421": _of("deferred", "rcpt", HangUp(b"421 closing\r\n")),
    "rcpt_354": _of("approved", "rcpt", Say(b"354 go on\r\n")),
    "rcpt_drop": _of("approved", "rcpt", HangUp()),
    "rcpt_stall": _of("approved", "rcpt", Stall()),
    "one_of_two_recipients_refused": _of("accepted", "rcpt", Say(b"550 5.1.1 no\r\n"), one_recipient_only=True),
    "data_451": _of("deferred", "data", Say(b"451 not now\r\n")),
    "data_554": _of("refused", "data", Say(b"554 no\r\n")),
    "data_250": _of("approved", "data", Say(b"250 ok\r\n")),
    "data_drop": _of("approved", "data", HangUp()),
    "data_stall": _of("approved", "data", Stall()),
    "data_garbage": _of("approved", "data", Say(GARBAGE)),
    "pipelined_drop": _of("approved", "mail", HangUp(), offers=_PIPED),
    "pipelined_rcpt_550": _of("refused", "rcpt", Say(b"550 5.1.1 no\r\n"), offers=_PIPED),
    "pipelined_rcpt_550_data_354": Mode(
        "refused", {"rcpt": Say(b"550 5.1.1 no\r\n"), "data": Say(b"354 go on\r\n")}, offers=_PIPED
    ),
    "pipelined_mail_550": _of("stop", "mail", Say(b"550 5.7.1 not from you\r\n"), offers=_PIPED),
    "pipelined_mail_450": _of("deferred", "mail", Say(b"450 not now\r\n"), offers=_PIPED),
    "pipelined_rcpt_421": _of("deferred", "rcpt", HangUp(b"421 closing\r\n"), offers=_PIPED),
}
_TEXT = {
    "text_drop": _of("approved", "data", HangUp(b"354 go on\r\n")),
    "text_452": _of("deferred", "data", Say(b"354 go on\r\n452 disk full\r\n")),
    "text_552": _of("refused", "data", Say(b"354 go on\r\n552 too much\r\n")),
    "text_421": _of("deferred", "data", HangUp(b"354 go on\r\n421 closing\r\n")),
    "text_stall": _of("ambiguous", "text", Stall()),
    "text_250": _of("approved", "data", Say(b"354 go on\r\n250 ok\r\n")),
}
_AFTER_DOT = {
    "dot_drop": _of("ambiguous", "dot", HangUp()),
    "dot_stall": _of("ambiguous", "dot", Stall()),
    "dot_garbage": _of("ambiguous", "dot", Say(GARBAGE)),
    "dot_empty_line": _of("ambiguous", "dot", Say(b"\r\n")),
    "dot_354": _of("ambiguous", "dot", Say(b"354 go on\r\n")),
    "dot_999": _of("ambiguous", "dot", Say(b"999 ok\r\n")),
    "dot_half_a_reply": _of("ambiguous", "dot", HangUp(b"250 ok")),
    "dot_half_of_two_lines": _of("ambiguous", "dot", HangUp(b"250-ok\r\n")),
    "dot_mixed_codes": _of("ambiguous", "dot", Say(b"250-ok\r\n550 no\r\n")),
    "dot_two_replies": _of("ambiguous", "dot", Say(b"250 ok\r\n550 no\r\n")),
    "dot_oversized": _of("ambiguous", "dot", Say(b"250 " + b"x" * 1_000_000 + b"\r\n")),
    "dot_oversized_lines": _of("ambiguous", "dot", Say(_LONG)),
    "dot_one_byte_at_a_time": _of("ambiguous", "dot", Say(ENDLESS, SLOW)),
    "dot_421": _of("deferred", "dot", HangUp(b"421 closing\r\n")),
    "dot_451": _of("deferred", "dot", Say(b"451 4.3.0 not now\r\n")),
    "dot_452": _of("deferred", "dot", Say(b"452 4.3.1 disk full\r\n")),
    "dot_552": _of("refused", "dot", Say(b"552 5.3.4 too much\r\n")),
    "dot_554": _of("refused", "dot", Say(b"554 5.7.1 spam\r\n")),
    "dot_multi_line": _of("accepted", "dot", Say(b"250-2.0.0 ok\r\n250 queued as AB12\r\n")),
    "dot_code_only": _of("accepted", "dot", Say(b"250\r\n")),
    "dot_non_ascii": _of("accepted", "dot", Say(b"250 gr\xfc\xdfe \x00 \xe2\x80\xae\r\n")),
    "dot_250_then_drop": _of("accepted", "dot", HangUp(b"250 ok\r\n")),
    "rset_drop": Mode("refused", {"rcpt": Say(b"550 no\r\n"), "rset": HangUp()}),
    "rset_stall": Mode("refused", {"rcpt": Say(b"550 no\r\n"), "rset": Stall()}),
    "rset_garbage": Mode("refused", {"rcpt": Say(b"550 no\r\n"), "rset": Say(GARBAGE)}),
    "rset_502": Mode("refused", {"rcpt": Say(b"550 no\r\n"), "rset": Say(b"502 what?\r\n")}),
    "quit_drop": _of("accepted", "quit", HangUp()),
    "quit_stall": _of("accepted", "quit", Stall()),
    "quit_garbage": _of("accepted", "quit", Say(GARBAGE)),
    "quit_554": _of("accepted", "quit", Say(b"554 never\r\n")),
    "idle_drop": _of("accepted", "idle", HangUp()),
    "idle_421": _of("accepted", "idle", HangUp(b"421 idle for too long\r\n")),
}
SCRIPTS: Mapping[str, Mode] = {**_SOUND, **_BEFORE_LETTERS, **_TLS_AND_LOGIN, **_BEFORE_TEXT, **_TEXT, **_AFTER_DOT}
# These refuse every recipient in the same words, which are about us: the whole month stops.
ALIKE = ("rcpt_550_relay", "data_554", "dot_554", "rset_drop", "rset_stall", "rset_garbage", "rset_502")
MODES: Mapping[str, str] = {name: mode.expected for name, mode in SCRIPTS.items()}
