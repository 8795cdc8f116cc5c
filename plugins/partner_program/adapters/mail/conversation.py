"""Opens a connection up to the first MAIL: greeting, EHLO, TLS, login. A failure here stops the whole batch."""

import base64
import re
import socket
import ssl
from collections.abc import Mapping

from partner_program.adapters.mail.refusals import MailServerAway, StopSending
from partner_program.adapters.mail.replies import NoReply, Reply, printable
from partner_program.adapters.mail.smtp_settings import SmtpSettings
from partner_program.adapters.mail.wire import Deadline, Wire, connect

_ENHANCED_CODE = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?= |$)")


class Conversation:
    """A mail server that is ready for letters, and what it offers: keyword -> parameters."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Connect, greet, start TLS and log in; raises `StopSending` if one of these fails."""
        self._settings = settings
        self.secrets = _secrets(settings)
        self.offers: Mapping[str, str] = {}
        self.wire = self._connect()
        try:
            self._begin()
        except NoReply as lost:
            self.wire.abort()
            raise MailServerAway(f"{settings.place}: {lost} before any letter; is it a mail server?") from None
        except BaseException:
            self.wire.abort()
            raise

    def command(self, line: str) -> Reply:
        """Send one line and return the reply."""
        deadline = Deadline(self._settings.timeouts.reply)
        self.wire.send(line.encode("ascii") + b"\r\n", deadline)
        return self.wire.reply(deadline)

    def quit(self) -> None:
        """Send QUIT and close; its reply does not matter, since each letter has had its answer."""
        try:
            deadline = Deadline(self._settings.timeouts.quit)
            self.wire.send(b"QUIT\r\n", deadline)
            self.wire.reply(deadline)
        except NoReply:
            pass
        finally:
            self.wire.close()

    def _connect(self) -> Wire:
        settings = self._settings
        try:
            found = connect(settings.host, settings.port, Deadline(settings.timeouts.connect))
        except (OSError, UnicodeError) as fault:
            why = fault.strerror if isinstance(fault, OSError) and fault.strerror else "no such host"
            raise MailServerAway(
                f"{settings.place}: not reachable ({why}); is it running, is the port right?"
            ) from None
        except NoReply as lost:
            raise MailServerAway(f"{settings.place}: {lost}; is it running, is the port right?") from None
        return Wire(found, settings.max_reply_bytes)

    def _begin(self) -> None:
        settings = self._settings
        if settings.security == "tls":
            self._wrap_in_tls()
        self._expect("its greeting", self.wire.reply(Deadline(settings.timeouts.reply)), 220)
        self._hello()
        if settings.security == "starttls":
            self._start_tls()
            self._hello()  # an attacker may have written what was offered before TLS
        if settings.login and settings.password:
            self._log_in(settings.login, settings.password)

    def _hello(self) -> None:
        settings = self._settings
        reply = self.command(f"EHLO {settings.local_hostname or _host_name() or self.wire.local_address}")
        self._expect("EHLO", reply, 250)
        self.offers = _offers(reply)

    def _start_tls(self) -> None:
        place = self._settings.place
        if "STARTTLS" not in self.offers:
            raise StopSending(f"{place}: offers no STARTTLS; no letter is sent without TLS. Ask whoever runs it")
        self._expect("STARTTLS", self.command("STARTTLS"), 220)
        if self.wire.unread:
            raise StopSending(f"{place}: sent more than its answer to STARTTLS; somebody may be in between")
        self._wrap_in_tls()

    def _wrap_in_tls(self) -> None:
        settings = self._settings
        try:
            context = ssl.create_default_context(cafile=settings.ca_file)
        except (OSError, ssl.SSLError):
            raise StopSending(f"{settings.place}: ca_file {settings.ca_file}: expected certificates (PEM)") from None
        try:
            self.wire.start_tls(context, settings.host, Deadline(settings.timeouts.reply))
        except ssl.SSLCertVerificationError as fault:
            why = f"{settings.place}: its certificate is not good ({fault.verify_message})"
            raise StopSending(f"{why}; if its authority is your own, name it as ca_file") from None
        except ssl.SSLError as fault:
            raise MailServerAway(f"{settings.place}: TLS failed ({fault.reason}); is the port one for TLS?") from None

    def _log_in(self, login: str, password: str) -> None:
        offered = self.offers.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            reply = self.command("AUTH PLAIN " + _base64("\0".join(("", login, password))))
        elif "LOGIN" in offered:
            reply = self.command("AUTH LOGIN")
            for answer in (login, password):
                if reply.code == 334:
                    reply = self.command(_base64(answer))
        else:
            raise StopSending(
                f"{self._settings.place}: offers neither AUTH PLAIN nor LOGIN, the connection has a login"
            )
        if reply.code == 235:
            return
        # the server's text may repeat the password: show only its codes
        enhanced = _ENHANCED_CODE.match(reply.lines[-1])
        code = f"{reply.code} {enhanced[0].decode()}" if enhanced else str(reply.code)
        if reply.kind == 4:
            raise MailServerAway(f"{self._settings.place}: cannot log in now ({code}); try again later")
        raise StopSending(f"{self._settings.place}: refused the login ({code}); check login and password")

    def _expect(self, step: str, reply: Reply, code: int) -> None:
        if reply.code == code:
            return
        said = f"{self._settings.place}: to {step}: {reply.printable(self.secrets)}"
        if reply.kind == 4:
            raise MailServerAway(f"{said}; try again later")
        raise StopSending(f"{said}; ask whoever runs it whether this host may send")


def _offers(reply: Reply) -> dict[str, str]:
    """Return each keyword that the server offers with its parameters; the first line is the server's name."""
    offers: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = printable(line).partition(" ")
        offers[keyword.upper()] = parameters
    return offers


def _host_name() -> str | None:
    """Return this host's name if it is a full one; the resolver is not asked, as that may take minutes."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name) else None


def _secrets(settings: SmtpSettings) -> tuple[bytes, ...]:
    """Return the password in each form in which it is sent."""
    if not settings.password:
        return ()
    plain = _base64("\0".join(("", settings.login or "", settings.password)))
    return (settings.password.encode(), _base64(settings.password).encode(), plain.encode())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
