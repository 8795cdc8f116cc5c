"""Reads where events go, and how, from the connection `events_webhook`; without it nothing is sent.

{"conn_type": "http", "password": "whsec_...", "extra": {"url": "https://hooks.crm.example/partner-programme",
"hosts": ["hooks.crm.example"]}}
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import SplitResult, urlsplit

from partner_program.adapters.connections import Connections
from partner_program.domain.refusals import Refusal

CONN_ID = "events_webhook"
KEYS = ("url", "hosts", "addresses", "amounts", "source", "timeout")
_SECRET_BYTES = range(24, 65)
_MOST_SECRETS = 2


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """An endpoint; its address may have a token in it, so that messages name the host alone.

    `addresses` are networks that may be connected to although they are not public. `amounts` says whether events tell
    euros and discounts too; `seconds` is how long one event may take.
    """

    host: str
    port: int
    is_tls: bool
    path: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    addresses: tuple[IPv4Network | IPv6Network, ...]
    amounts: bool
    source: str
    seconds: int


def webhook_settings(connections: Connections) -> WebhookSettings | None:
    """Return the endpoint of this installation, None where there is none; raises `Refusal` that names the wrong key."""
    found = connections.get(CONN_ID)
    if found is None:
        return None
    extra = found.extra
    unknown = sorted(extra.keys() - set(KEYS))
    if unknown:
        raise _fault(f"{', '.join(unknown)}: not known; known are {', '.join(sorted(KEYS))}")
    url = _url(extra.get("url"))
    host = (url.hostname or "").lower().rstrip(".")
    if host not in _texts(extra, "hosts"):
        raise _fault('the host of "url" is not one of "hosts": list each host to which events may go')
    return WebhookSettings(
        host=host,
        port=url.port or (443 if url.scheme == "https" else 80),
        is_tls=url.scheme == "https",
        path=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        secrets=_secrets(found.password),
        addresses=_addresses(extra),
        amounts=_switch(extra, "amounts"),
        source=_source(extra.get("source", "/partner-program")),
        seconds=_seconds(extra.get("timeout", 20)),
    )


def _fault(what: str) -> Refusal:
    return Refusal(f"connection {CONN_ID}: {what}")


def _url(value: object) -> SplitResult:
    """Read the address; a fault never shows it."""
    try:
        url = urlsplit(value) if isinstance(value, str) and value.isascii() and value.isprintable() else None
        sound = url is not None and url.scheme in ("https", "http") and bool(url.hostname) and " " not in url.geturl()
        if url is not None and sound and "@" not in url.netloc and not url.fragment and url.port != 0:
            return url
    except ValueError:  # refused below: the error's text would quote the address
        pass
    raise _fault('"url": expected an address as in https://hooks.crm.example/events, without a login (not shown)')


def _texts(extra: Mapping[str, object], key: str) -> list[str]:
    value = extra.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise _fault(f'"{key}": expected a list of texts')
    return [each.lower().rstrip(".") for each in value]


def _addresses(extra: Mapping[str, object]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each) for each in _texts(extra, "addresses"))
    except ValueError:
        raise _fault('"addresses": expected addresses or networks, as in ["10.1.2.3", "10.2.0.0/16"]') from None


def _secrets(password: str | None) -> tuple[str, ...]:
    """Read one secret, or two while it is replaced: the new one first."""
    found = tuple((password or "").split())
    if not 1 <= len(found) <= _MOST_SECRETS or not all(_is_secret(each) for each in found):
        raise _fault(
            "password: expected whsec_ and 24 to 64 bytes in base64, or two of them with a blank between while the "
            "secret is replaced (not shown)"
        )
    return found


def _is_secret(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith("whsec_") and len(key) in _SECRET_BYTES


def _switch(extra: Mapping[str, object], key: str) -> bool:
    value = extra.get(key, False)
    if not isinstance(value, bool):
        raise _fault(f'"{key}" is {value!r}, expected true or false')
    return value


def _source(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable() or " " in value:
        raise _fault('"source": expected a URI reference, as in /partner-program')
    return value


def _seconds(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 30:
        raise _fault('"timeout": expected whole seconds from 1 to 30')
    return value
