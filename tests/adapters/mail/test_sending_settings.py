"""How letters are sent, from the connection `letters_smtp`: a wrong key is refused by its name before any letter."""

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.mail.connection_keys import SENDING_KEYS, SERVER_KEYS
from partner_program.adapters.mail.sending_settings import bounce_address_for, mail_server_fields, sending_settings
from partner_program.adapters.mail.smtp_settings import SmtpSettings
from partner_program.adapters.mail_address import sending_domain
from partner_program.domain.refusals import Refusal
from partner_program.domain.sending_settings import SendingSettings

SENDER = "partners@host.example"
ROOM = 31  # of 64 octets before the @, 33 are for the letter


class Set:
    """Connections with `letters_smtp` set to this extra."""

    def __init__(self, **extra: object) -> None:
        self.fields = ConnectionFields("letters_smtp", "smtp", host="mail.example", extra=extra)

    def get(self, conn_id: str) -> ConnectionFields | None:
        return self.fields if conn_id == "letters_smtp" else None


EVERY_KEY: dict[str, object] = {
    "live": True,
    "allowed_domains": ["p.example"],
    "bounce_address": "b@host.example",
    "per_minute": 5,
    "per_domain_per_minute": 4,
    "approval_days": 3,
    "auto_approval": True,
    "security": "tls",
    "local_hostname": "here.example",
    "max_reply_bytes": 2_048,
    **{f"{step}_timeout": 7 for step in ("connect", "reply", "message", "final_dot", "quit")},
}


def test_both_readers_together_read_every_known_key_and_no_other() -> None:
    assert {*SENDING_KEYS, *SERVER_KEYS} == EVERY_KEY.keys() | {"ca_file"}
    made = Set(**EVERY_KEY)
    settings, server = sending_settings(made), SmtpSettings.from_connection(mail_server_fields(made))
    assert settings == SendingSettings(True, ("p.example",), "b@host.example", 5, 4, 3, True)
    assert (server.security, server.local_hostname, server.max_reply_bytes) == ("tls", "here.example", 2_048)
    assert {server.timeouts.connect, server.timeouts.reply, server.timeouts.quit} == {7}


@pytest.mark.parametrize(
    "allowed", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE"]
)
def test_a_domain_is_allowed_however_it_is_spelt(allowed: str) -> None:
    settings = sending_settings(Set(live=True, allowed_domains=[allowed]))
    for domain in ("bücher.example", "Bücher.Example", "xn--bcher-kva.example"):
        assert settings.allows(sending_domain(domain))
    assert not settings.allows(sending_domain("bucher.example"))


@pytest.mark.parametrize("key", ["bounce_adress", "Live", "alowed_domains", "disable_tls", "timeout"])
@pytest.mark.parametrize("live", [True, False])
def test_a_misspelt_key_is_refused_by_both_readers_and_all_known_ones_are_named(key: str, live: bool) -> None:
    made = Set(live=live, allowed_domains=["*"], **{key: True})
    for read in (sending_settings, lambda found: SmtpSettings.from_connection(mail_server_fields(found))):
        with pytest.raises(Refusal) as refused:
            read(made)
        assert str(refused.value).startswith(f"connection letters_smtp: {key}: not known; known are ")
        assert all(known in str(refused.value) for known in (*SENDING_KEYS, *SERVER_KEYS))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bounce_address", 5),
        ("bounce_address", ["b@host.example"]),
        ("live", "true"),
        ("auto_approval", 1),
        ("per_minute", "60"),
        ("approval_days", 0),
        ("allowed_domains", "*"),
        ("allowed_domains", ["@p.example"]),
        ("allowed_domains", ["jo@p.example"]),
        ("allowed_domains", ["p.example, q.example"]),
        ("allowed_domains", ["p..example"]),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(key: str, value: object) -> None:
    with pytest.raises(Refusal, match=f'connection letters_smtp: "{key}" '):
        sending_settings(Set(**{key: value}))


@pytest.mark.parametrize(
    "written",
    [
        "bounces",
        "bounces@",
        "@host.example",
        "bounces@host",
        "bounces @host.example",
        "Bounces <bounces@host.example>",
        "bounces@host.example,ops@host.example",
        "bounces@b@host.example",
        "bounces@host.example\r\nRCPT TO:<x@y.example>",
        "bounces@host_name.example",
        "bönces@host.example",
        "x" * (ROOM + 1) + "@host.example",
        "b@" + "x." * 110 + "example",
    ],
)
def test_a_bounce_address_that_cannot_carry_a_letter_is_refused(written: str) -> None:
    settings = sending_settings(Set(bounce_address=written))
    with pytest.raises(Refusal, match=r"^connection letters_smtp: bounce_address: "):
        bounce_address_for(settings, SENDER)


@pytest.mark.parametrize(
    ("written", "used"),
    [
        (None, SENDER),
        ("", SENDER),
        ("b@host.example", "b@host.example"),
        ("b@bücher.example", "b@xn--bcher-kva.example"),
        ("x" * ROOM + "@host.example", "x" * ROOM + "@host.example"),
    ],
)
def test_a_bounce_address_has_the_form_that_mail_servers_take(written: str | None, used: str) -> None:
    assert bounce_address_for(sending_settings(Set(bounce_address=written)), SENDER) == used


def test_a_sender_without_room_is_refused_by_its_own_name() -> None:
    with pytest.raises(Refusal, match=r"^sender_address in brand\.yaml: "):
        bounce_address_for(SendingSettings(), "x" * (ROOM + 1) + "@host.example")
