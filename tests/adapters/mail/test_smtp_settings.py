"""The connection `letters_smtp`: its settings, and which ones are refused by name without showing a secret."""

from pathlib import Path

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.mail.smtp_settings import SmtpSettings, SmtpTimeouts
from partner_program.domain.refusals import Refusal

SECRET = "correct-horse-battery"  # noqa: S105


def connection(host: str | None = "mail.example", port: int | None = None, **extra: object) -> ConnectionFields:
    return ConnectionFields("letters_smtp", "smtp", host=host, port=port, login="sender", password=SECRET, extra=extra)


def test_starttls_and_its_port_are_the_default() -> None:
    settings = SmtpSettings.from_connection(connection())
    assert (settings.security, settings.port) == ("starttls", 587)
    assert settings.timeouts == SmtpTimeouts()
    assert settings.timeouts.final_dot == 600


def test_tls_from_the_first_byte_has_its_own_port() -> None:
    assert SmtpSettings.from_connection(connection(security="tls")).port == 465
    assert SmtpSettings.from_connection(connection(security="tls", port=2465)).port == 2465


def test_every_setting_is_read(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    extra = {"ca_file": str(authority), "local_hostname": "sender.example", "final_dot_timeout": "700"}
    settings = SmtpSettings.from_connection(connection(port=2525, max_reply_bytes=2048, reply_timeout=9, **extra))
    assert (settings.port, settings.ca_file, settings.local_hostname) == (2525, authority, "sender.example")
    assert settings.max_reply_bytes == 2048
    assert (settings.timeouts.final_dot, settings.timeouts.reply) == (700, 9)


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"securty": "tls"}, "securty: not known; known are allowed_domains, approval_days"),
        ({"security": "ssl"}, "security: expected one of starttls, tls, none"),
        ({"security": None, "tls": True}, "tls: not known"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file: expected the path"),
        ({"ca_file": 7}, "ca_file: expected the path"),
        ({"local_hostname": "a\r\nMAIL FROM:<x@y.example>"}, "local_hostname: expected the name"),
        ({"final_dot_timeout": "soon"}, "final_dot_timeout: expected a number"),
        ({"final_dot_timeout": True}, "final_dot_timeout: expected a number"),
        ({"final_dot_timeout": "nan"}, "final_dot_timeout: expected a number"),
        ({"reply_timeout": 0}, "reply_timeout: expected a number"),
        ({"max_reply_bytes": 10}, "max_reply_bytes: expected a number from 1024"),
        ({"security": "none"}, "none is allowed only for a mail server on this host"),
    ],
)
def test_a_wrong_key_is_refused_by_its_name(extra: dict[str, object], named: str) -> None:
    with pytest.raises(Refusal) as refused:
        SmtpSettings.from_connection(connection(**extra))
    assert str(refused.value).startswith("connection letters_smtp: ")
    assert named in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("host", [None, "", "mail.example\r\nQUIT", "mail example", "-x"])
def test_an_invalid_host_is_refused(host: str | None) -> None:
    with pytest.raises(Refusal, match="host: expected"):
        SmtpSettings.from_connection(connection(host=host))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_sending_without_tls_is_for_this_host_only(host: str) -> None:
    fields = ConnectionFields("letters_smtp", "smtp", host=host, extra={"security": "none"})
    assert SmtpSettings.from_connection(fields).port == 25


def test_a_password_is_never_sent_without_tls() -> None:
    with pytest.raises(Refusal, match="only sent under TLS"):
        SmtpSettings.from_connection(connection(host="127.0.0.1", security="none"))


@pytest.mark.parametrize(("login", "password"), [("sender", None), (None, SECRET)])
def test_half_a_login_is_refused(login: str | None, password: str | None) -> None:
    fields = ConnectionFields("letters_smtp", "smtp", host="mail.example", login=login, password=password)
    with pytest.raises(Refusal, match="both or neither") as refused:
        SmtpSettings.from_connection(fields)
    assert SECRET not in str(refused.value)


def test_printing_the_settings_shows_no_password() -> None:
    assert SECRET not in repr(SmtpSettings.from_connection(connection()))
