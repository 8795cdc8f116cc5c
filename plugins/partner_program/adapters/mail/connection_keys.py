"""The keys that the extra of the connection `letters_smtp` may have: one list, whoever reads them."""

from collections.abc import Iterable
from dataclasses import fields

from partner_program.adapters.mail.timeouts import SmtpTimeouts
from partner_program.domain.refusals import Refusal
from partner_program.domain.sending_settings import SendingSettings

SENDING_KEYS = tuple(field.name for field in fields(SendingSettings))
TIMEOUT_KEYS = tuple(f"{field.name}_timeout" for field in fields(SmtpTimeouts))
SERVER_KEYS = ("security", "ca_file", "local_hostname", "max_reply_bytes", *TIMEOUT_KEYS)


def refuse_unknown_keys(conn_id: str, keys: Iterable[str]) -> None:
    """Refuse keys that nobody reads; the message names them and all that are known."""
    unknown = sorted(set(keys) - {*SENDING_KEYS, *SERVER_KEYS})
    if unknown:
        known = ", ".join(sorted((*SENDING_KEYS, *SERVER_KEYS)))
        raise Refusal(f"connection {conn_id}: {', '.join(unknown)}: not known; known are {known}")
