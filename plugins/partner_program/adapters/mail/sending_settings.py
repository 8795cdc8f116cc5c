"""Reads how letters are sent from the extra of the connection `letters_smtp`; without it they are written to files.

{"conn_type": "smtp", "host": "mail.host.example", "port": 587, "login": "...", "password": "...",
"extra": {"live": true, "allowed_domains": ["*"], "bounce_address": "bounces@host.example"}}
"""

from collections.abc import Mapping

from partner_program.adapters.connections import ConnectionFields, Connections
from partner_program.adapters.mail.connection_keys import refuse_unknown_keys
from partner_program.adapters.mail_address import parse_address, sending_domain
from partner_program.domain.email_address import fault_of_address
from partner_program.domain.letter_ids import return_path
from partner_program.domain.refusals import Refusal, Undeliverable
from partner_program.domain.sending_settings import EVERY_DOMAIN, SendingSettings

CONN_ID = "letters_smtp"
_ANY_LETTER = f"<{'0' * 32}@any.example>"


def sending_settings(connections: Connections) -> SendingSettings:
    """Return the settings of this installation; raises `Refusal` that names the key that is wrong."""
    found = connections.get(CONN_ID)
    if found is None:
        return SendingSettings()
    refuse_unknown_keys(CONN_ID, found.extra)
    settings = _read(found.extra)
    if settings.live and not settings.allowed_domains:
        raise Refusal(
            f'connection {CONN_ID}: live sending needs "allowed_domains" in its extra, '
            'as in ["partner.example"], or ["*"] for every domain'
        )
    return settings


def mail_server_fields(connections: Connections) -> ConnectionFields:
    """Return the connection to the mail server; raises `Refusal` if there is none."""
    found = connections.get(CONN_ID)
    if found is None:
        raise Refusal(f"connection {CONN_ID} is not set: letters can only be written to files")
    return found


def bounce_address_for(settings: SendingSettings, sender_address: str) -> str:
    """Return the mailbox for bounces as it goes into an envelope, where it gets the 33 characters of a letter.

    Raises `Refusal` if it cannot: then no letter may be sent, as each would fail or come back to nobody.
    """
    written = settings.bounces_to(sender_address)
    whose = f"connection {CONN_ID}: bounce_address" if settings.bounce_address else "sender_address in brand.yaml"
    try:
        mailbox = parse_address(written)
        parse_address(return_path(_ANY_LETTER, str(mailbox)))
    except Undeliverable as fault:
        raise Refusal(f"{whose}: {fault}; bounces+<32 characters>@host.example has to fit") from None
    if mailbox.needs_smtputf8:
        raise Refusal(f"{whose}: {written!a} has characters beyond ASCII before the @, which few mail servers take")
    return str(mailbox)


def _read(extra: Mapping[str, object]) -> SendingSettings:
    kept = SendingSettings()
    return SendingSettings(
        live=_switch(extra, "live"),
        allowed_domains=_domains(extra.get("allowed_domains", [])),
        bounce_address=_bounce_address(extra.get("bounce_address")),
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


def _bounce_address(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Refusal(f'connection {CONN_ID}: "bounce_address" is {value!r}, expected an address, as in b@host.example')
    return value or None


def _domains(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise Refusal(f'connection {CONN_ID}: "allowed_domains" is expected to be a list of domains, or ["*"]')
    for each in value:
        if each != EVERY_DOMAIN and fault_of_address(f"any@{each}"):
            raise Refusal(
                f'connection {CONN_ID}: "allowed_domains" has {each!a}, expected a whole domain, as in '
                'partner.example, or "*" for every domain'
            )
    return tuple(each if each == EVERY_DOMAIN else sending_domain(each) for each in value)
