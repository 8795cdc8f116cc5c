"""Hands one event to the endpoint: an HTTP POST, signed by the Standard Webhooks scheme.

The address is looked up once, checked, and connected to by number, so that a name that changes in between leads nowhere
else. No redirect is followed, no proxy is asked, and no more than a little of an answer is read, which is never kept.
"""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from partner_program.adapters.deadline import Deadline, NoAnswer, answer_within
from partner_program.adapters.webhook_settings import CONN_ID, WebhookSettings
from partner_program.domain.refusals import Refusal, Unavailable

_TAKEN, _LATER, _REDIRECTS = range(200, 300), (429, 502, 503, 504), range(300, 400)
_READ_BYTES = 4_096
_NAT64 = IPv6Network("64:ff9b::/96")
_Address = IPv4Address | IPv6Address


class NotReached(Unavailable):
    """The endpoint takes nothing at all now: this says nothing about the event."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the endpoint took an event; `words` say why not."""

    taken: bool
    words: str = ""


def post_event(settings: WebhookSettings, event_id: str, body: bytes, *, now: float) -> Answer:
    """Send an event; raises `NotReached` where the endpoint takes nothing now, `Refusal` where it may not be asked."""
    handed_over: list[bool] = []
    try:
        return answer_within(
            settings.seconds, lambda deadline: _post(settings, event_id, body, now, deadline, handed_over)
        )
    except NoAnswer as fault:
        if handed_over:
            return Answer(False, str(fault))
        raise NotReached(f"{settings.host}: {fault}") from None


def signed_headers(secrets: tuple[str, ...], event_id: str, body: bytes, *, now: float) -> dict[str, str]:
    """The headers of the scheme, with a signature by each secret, so that either of them verifies it."""
    from standardwebhooks import Webhook

    second = datetime.fromtimestamp(int(now), UTC)
    signatures = [Webhook(secret).sign(event_id, second, body.decode()) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(signatures),
    }


def _post(
    settings: WebhookSettings,
    event_id: str,
    body: bytes,
    now: float,
    deadline: Deadline,
    handed_over: list[bool],
) -> Answer:
    headers = {
        **signed_headers(settings.secrets, event_id, body, now=now),
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "partner-program",
        "connection": "close",
    }
    connection = HTTPConnection(settings.host, settings.port)
    connection.sock = _connected(settings, deadline)
    try:
        handed_over.append(True)  # from here on it may have arrived
        connection.request("POST", settings.path, body, headers)
        response = connection.getresponse()
        status = response.status
        response.read(_READ_BYTES)
    except (OSError, HTTPException) as fault:
        return Answer(False, f"no whole answer: {type(fault).__name__}")
    finally:
        connection.close()
    if status in _LATER:
        raise NotReached(f"{settings.host}: HTTP {status}")
    redirected = ": redirects are not followed" if status in _REDIRECTS else ""
    return Answer(status in _TAKEN, "" if status in _TAKEN else f"HTTP {status}{redirected}")


def _connected(settings: WebhookSettings, deadline: Deadline) -> socket.socket:
    """Connect to an address of the host, each of which has to be one that may be connected to."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached(f"{settings.host}: its name is not known") from None
    for *_, place in found:
        _check(settings, str(place[0]))
    for family, kind, protocol, _, place in found:
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(max(0.1, deadline.seconds_left()))
            plain.connect(place)
            deadline.will_end(plain.fileno())
            _check(settings, str(plain.getpeername()[0]))
            return (
                ssl.create_default_context().wrap_socket(plain, server_hostname=settings.host)
                if settings.is_tls
                else plain
            )
        except OSError as fault:
            plain.close()
            why = (
                "its certificate does not hold" if isinstance(fault, ssl.SSLCertVerificationError) else "no connection"
            )
    raise NotReached(f"{settings.host}: {why}")


def _check(settings: WebhookSettings, text: str) -> None:
    """Refuse an address that is not public and not listed, and one without TLS that is not this machine's."""
    address = _inner(ip_address(text.partition("%")[0]))
    is_listed = any(address.version == each.version and address in each for each in settings.addresses)
    if not is_listed and (not address.is_global or address.is_multicast):
        raise Refusal(
            f'connection {CONN_ID}: {settings.host} leads to an address that is not public and not in "addresses"'
        )
    if not settings.is_tls and not (is_listed and address.is_loopback):
        raise Refusal(f'connection {CONN_ID}: http is for this machine alone, listed in "addresses"; expected https')


def _inner(address: _Address) -> _Address:
    """The address that is meant by one of IPv6 that has another within it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
