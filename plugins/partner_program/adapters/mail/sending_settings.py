"""Reads how letters are sent from the extra of the connection `letters_smtp`; without it they are written to files.

{"conn_type": "smtp", "host": "mail.host.example", "port": 587, "login": "...", "password": "...",
"extra": {"live": true, "allowed_domains": ["*"], "bounce_address": "bounces@host.example"}}
"""

from collections.abc import Mapping
from dataclasses import fields, replace

from partner_program.adapters.connections import ConnectionFields, Connections
from partner_program.domain.refusals import Refusal
from partner_program.domain.sending_settings import SendingSettings

CONN_ID = "letters_smtp"
_OWN = {field.name for field in fields(SendingSettings)}


def sending_settings(connections: Connections) -> SendingSettings:
    """Return the settings of this installation; raises `Refusal` if live sending has no allowed domains."""
    found = connections.get(CONN_ID)
    if found is None:
        return SendingSettings()
    settings = _read(found.extra)
    if settings.live and not settings.allowed_domains:
        raise Refusal(
            f'connection {CONN_ID}: live sending needs "allowed_domains" in its extra, '
            'as in ["partner.example"], or ["*"] for every domain'
        )
    return settings


def mail_server_fields(connections: Connections) -> ConnectionFields:
    """Return the connection without the extra fields that `sending_settings` reads."""
    found = connections.get(CONN_ID)
    if found is None:
        raise Refusal(f"connection {CONN_ID} is not set: letters can only be written to files")
    return replace(found, extra={key: value for key, value in found.extra.items() if key not in _OWN})


def _read(extra: Mapping[str, object]) -> SendingSettings:
    kept = SendingSettings()
    return SendingSettings(
        live=_switch(extra, "live"),
        allowed_domains=_domains(extra.get("allowed_domains", [])),
        bounce_address=_text(extra.get("bounce_address")),
        per_minute=_whole(extra, "per_minute", kept.per_minute),
        per_domain_per_minute=_whole(extra, "per_domain_per_minute", kept.per_domain_per_minute),
        approval_days=_whole(extra, "approval_days", kept.approval_days),
        auto_approval=_switch(extra, "auto_approval"),
    )


def _switch(extra: Mapping[str, object], key: str) -> bool:
    """Read true or false; a text is refused, because "false" as a text would count as true."""
    value = extra.get(key, False)
    if not isinstance(value, bool):
        raise Refusal(f'connection {CONN_ID}: "{key}" is {value!r}, expected true or false')
    return value


def _whole(extra: Mapping[str, object], key: str, otherwise: int) -> int:
    value = extra.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Refusal(f'connection {CONN_ID}: "{key}" is {value!r}, expected a whole number from 1')
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _domains(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise Refusal(f'connection {CONN_ID}: "allowed_domains" is expected to be a list of domains, or ["*"]')
    return tuple(each.lower() for each in value)
