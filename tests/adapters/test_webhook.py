"""Where events may be sent, by the address that is connected to, and how they are signed."""

import base64
import hashlib
import hmac
import socket
from typing import Any

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.webhook import NotReached, post_event, signed_headers
from partner_program.adapters.webhook_settings import WebhookSettings, webhook_settings
from partner_program.domain.refusals import Refusal

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the scheme's own published test


def settings(url: str = "https://hooks.crm.example/", *addresses: str) -> WebhookSettings:
    extra = {"url": url, "hosts": ["hooks.crm.example"], "addresses": list(addresses), "timeout": 1}
    found = webhook_settings(
        {"events_webhook": ConnectionFields("events_webhook", "http", password=SECRET, extra=extra)}
    )
    assert found is not None
    return found


def leading_to(patch: pytest.MonkeyPatch, *addresses: str) -> list[Any]:
    """Let the host lead to these addresses; return what was connected to, nothing of which answers."""
    connected: list[Any] = []

    def found(_host: str, port: int, **_kind: Any) -> list[Any]:
        families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in addresses]
        return [(each, socket.SOCK_STREAM, 6, "", (at, port)) for each, at in zip(families, addresses, strict=True)]

    class Nowhere(socket.socket):
        def connect(self, place: Any) -> None:
            connected.append(place[0])
            raise ConnectionRefusedError

    patch.setattr(socket, "getaddrinfo", found)
    patch.setattr(socket, "socket", Nowhere)
    return connected


PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:db8::1",
    "fd00:ec2::254",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_never_connected_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    connected = leading_to(monkeypatch, address)
    with pytest.raises(Refusal, match=r"hooks\.crm\.example leads to an address that is not public"):
        post_event(settings(), "evt_1", b"{}", now=1.0)
    assert connected == []


def test_one_address_of_several_that_is_not_public_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = leading_to(monkeypatch, "93.184.216.34", "10.1.2.3")
    with pytest.raises(Refusal, match="not public"):
        post_event(settings(), "evt_1", b"{}", now=1.0)
    assert connected == []


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("93.184.216.34", ()),
        ("2606:2800:220:1::1", ()),
        ("10.1.2.3", ("10.1.0.0/16",)),
        ("10.1.2.3", ("10.1.2.3",)),
        ("fd00::7", ("fd00::/8",)),
    ],
)
def test_a_public_or_listed_one_is_connected_to_by_number(
    monkeypatch: pytest.MonkeyPatch, address: str, listed: tuple[str, ...]
) -> None:
    connected = leading_to(monkeypatch, address)
    with pytest.raises(NotReached, match=r"hooks\.crm\.example: no connection"):
        post_event(settings("https://hooks.crm.example/", *listed), "evt_1", b"{}", now=1.0)
    assert connected == [address]


@pytest.mark.parametrize(
    ("address", "listed"), [("93.184.216.34", ()), ("10.1.2.3", ("10.0.0.0/8",)), ("127.0.0.1", ())]
)
def test_without_tls_only_this_machine_where_it_is_listed(
    monkeypatch: pytest.MonkeyPatch, address: str, listed: tuple[str, ...]
) -> None:
    connected = leading_to(monkeypatch, address)
    with pytest.raises(Refusal, match=r"http is for this machine alone|not public"):
        post_event(settings("http://hooks.crm.example/", *listed), "evt_1", b"{}", now=1.0)
    assert connected == []


def test_the_signature_is_that_of_the_scheme() -> None:
    body = b'{"test": 2432232314}'
    headers = signed_headers((SECRET, SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", body, now=1_614_265_330.9)
    signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body
    digest = hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()
    own = f"v1,{base64.b64encode(digest).decode()}"
    assert own == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": f"{own} {own}",
    }
