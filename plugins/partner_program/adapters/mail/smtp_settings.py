"""Reads how to reach the mail server from the connection `letters_smtp`, and checks it before the first letter."""

import ipaddress
import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, cast, get_args

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.mail.connection_keys import refuse_unknown_keys
from partner_program.adapters.mail.timeouts import SmtpTimeouts
from partner_program.domain.refusals import Refusal

Security = Literal["starttls", "tls", "none"]
_USUAL_PORT = {"starttls": 587, "tls": 465, "none": 25}
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_MOST_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server and how to reach it; printing this shows no password."""

    host: str
    port: int
    security: Security = "starttls"
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    local_hostname: str | None = None  # None: the address of our end of the connection
    timeouts: SmtpTimeouts = field(default_factory=SmtpTimeouts)
    max_reply_bytes: int = 65_536

    @classmethod
    def from_connection(cls, connection: ConnectionFields) -> "SmtpSettings":
        """Read the connection; raises `Refusal` that names the wrong field and never shows the password."""
        if not connection.host:
            raise _wrong(connection, "host", "expected the name of the mail server")
        refuse_unknown_keys(connection.conn_id, connection.extra)
        extra = _Extra(connection)
        security = extra.security()
        settings = cls(
            host=connection.host,
            port=connection.port or _USUAL_PORT[security],
            security=security,
            login=connection.login,
            password=connection.password,
            ca_file=extra.ca_file(),
            local_hostname=extra.local_hostname(),
            timeouts=extra.timeouts(),
            max_reply_bytes=int(extra.number("max_reply_bytes", 65_536, least=1_024, most=1_048_576)),
        )
        _refuse_open_wire(connection, settings)
        return settings

    @property
    def place(self) -> str:
        """Return the server's name for messages."""
        return f"mail server {self.host}:{self.port}"


class _Extra:
    """The keys of a connection's extra that are about the mail server."""

    def __init__(self, connection: ConnectionFields) -> None:
        self._connection = connection

    def _take(self, key: str) -> object:
        return self._connection.extra.get(key)

    def security(self) -> Security:
        value = self._take("security")
        if value is None:
            return "starttls"
        if value not in get_args(Security):
            raise _wrong(self._connection, "security", f"expected one of {', '.join(get_args(Security))}")
        return cast("Security", value)

    def ca_file(self) -> Path | None:
        value = self._take("ca_file")
        if value is None:
            return None
        if not isinstance(value, str) or not Path(value).is_file():
            raise _wrong(self._connection, "ca_file", "expected the path of a file with certificates (PEM)")
        return Path(value)

    def local_hostname(self) -> str | None:
        value = self._take("local_hostname")
        if value is None:
            return None
        if not isinstance(value, str) or not _HOST_NAME.fullmatch(value):
            raise _wrong(self._connection, "local_hostname", "expected the name of this host, as in mail.example")
        return value

    def timeouts(self) -> SmtpTimeouts:
        usual = SmtpTimeouts()
        given = {
            one.name: self.number(f"{one.name}_timeout", getattr(usual, one.name), least=0.001, most=_MOST_SECONDS)
            for one in fields(SmtpTimeouts)
        }
        return replace(usual, **given)

    def number(self, key: str, usual: float, *, least: float, most: float) -> float:
        """Read a number of the extra, which is text if the connection was written in Airflow's URI form."""
        value = self._take(key)
        if value is None:
            return usual
        try:
            number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not least <= number <= most:
            raise _wrong(self._connection, key, f"expected a number from {least:g} to {most:g}")
        return number


def _refuse_open_wire(connection: ConnectionFields, settings: SmtpSettings) -> None:
    if settings.security == "none" and not _is_loopback(settings.host):
        raise _wrong(
            connection, "security", "none is allowed only for a mail server on this host; expected starttls or tls"
        )
    if bool(settings.login) != bool(settings.password):
        raise _wrong(connection, "login and password", "expected both or neither")
    if settings.login and settings.security == "none":
        raise _wrong(connection, "login", "a password is only sent under TLS; expected security starttls or tls")
    if not 1 <= settings.port <= 65_535:
        raise _wrong(connection, "port", "expected 1 to 65535")
    if not _HOST_NAME.fullmatch(settings.host) and not _is_address(settings.host):
        raise _wrong(connection, "host", "expected the name of the mail server, or its address")
    if any("\0" in (text or "") for text in (settings.login, settings.password)):
        raise _wrong(connection, "login and password", "expected no NUL in them")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _wrong(connection: ConnectionFields, key: str, expected: str) -> Refusal:
    return Refusal(f"connection {connection.conn_id}: {key}: {expected}")
