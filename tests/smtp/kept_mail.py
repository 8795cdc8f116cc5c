"""A real mail server on loopback, aiosmtpd, which requires STARTTLS and a login and keeps every letter."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from time import time
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.smtp.certificates import authority_file, server_context
from topology.local_places import LOOPBACK, free_ports

LOGIN, PASSWORD = "letters", "c0rrect-h0rse/b@ttery"


@dataclass(frozen=True)
class Kept:
    """One letter as it arrived: time, recipient, Message-ID and bytes."""

    arrived_at: float
    recipients: tuple[str, ...]
    message_id: str
    body: bytes


class _Keeping:
    """Accepts every letter."""

    def __init__(self, kept: list[Kept]) -> None:
        self._kept = kept

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        body = bytes(envelope.content or b"")
        message = message_from_bytes(body, policy=policy.SMTP)
        self._kept.append(Kept(time(), tuple(envelope.rcpt_tos), str(message["Message-ID"]), body))
        return "250 kept"


def _log_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (LOGIN.encode(), PASSWORD.encode()))


@contextmanager
def kept_mail() -> Iterator[tuple[dict[str, Any], list[Kept]]]:
    """The fields of a connection to the server, and the letters that have arrived there."""
    kept: list[Kept] = []
    port = free_ports(("mail",))["mail"]
    server = Controller(
        _Keeping(kept),
        hostname=LOOPBACK,
        port=port,
        tls_context=server_context("good"),
        require_starttls=True,
        authenticator=_log_in,
        auth_required=True,
        auth_require_tls=True,
    )
    server.start()
    try:
        fields = {"conn_type": "smtp", "host": LOOPBACK, "port": port, "login": LOGIN, "password": PASSWORD}
        yield {**fields, "extra": {"ca_file": str(authority_file())}}, kept
    finally:
        server.stop()
