"""Reads one e-mail address into the form that mail servers take (rule 12): an ASCII domain, the local part as written.

`domain.email_address` says what an address looks like; here its domain must also be one that can be registered.

Domains outside ASCII become A-labels by IDNA 2008 (UTS 46); the standard library's codec is IDNA 2003 and would write
`strasse` for `straße`, another domain. A local part outside ASCII stays: it needs a mail server that offers SMTPUTF8.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import idna

from partner_program.domain.email_address import fault_of_address
from partner_program.domain.refusals import Undeliverable

LONGEST_ADDRESS = 254  # octets, of which
LONGEST_LOCAL_PART = 64
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)


@dataclass(frozen=True, slots=True)
class MailAddress:
    """A local part as written and a domain in ASCII."""

    local_part: str
    domain: str

    @property
    def needs_smtputf8(self) -> bool:
        """Return whether only a mail server that offers SMTPUTF8 can take this address."""
        return not self.local_part.isascii()

    def __str__(self) -> str:
        """Return the address as it is written in an envelope or between angle brackets."""
        return f"{self.local_part}@{self.domain}"


@lru_cache(maxsize=1024)
def parse_address(written: str) -> MailAddress:
    """Read one address; raises `Undeliverable`, which says what is wrong with it."""
    fault = fault_of_address(written)
    if fault is not None:
        raise _undeliverable(written, fault)
    local_part, _, domain = written.rpartition("@")
    address = MailAddress(local_part, _ascii_domain(written, domain))
    octets = len(local_part.encode())
    if octets > LONGEST_LOCAL_PART:
        raise _undeliverable(written, f"has {octets} octets before the @, more than {LONGEST_LOCAL_PART}")
    if octets + 1 + len(address.domain) > LONGEST_ADDRESS:
        raise _undeliverable(written, f"is longer than {LONGEST_ADDRESS} octets")
    return address


def sending_domain(domain: str) -> str:
    """Return a domain as mail servers know it, so that two spellings are one; else in small letters."""
    try:
        return parse_address(f"any@{domain}").domain
    except Undeliverable:
        return domain.lower()


def _ascii_domain(written: str, domain: str) -> str:
    try:
        found = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise _undeliverable(written, "has a domain that cannot be registered") from error
    labels = found.split(".")
    if len(labels) < 2 or labels[-1].isdecimal() or not all(_LABEL.fullmatch(label) for label in labels):
        raise _undeliverable(written, "has no whole domain after the @, as in host.example")
    return found


def _undeliverable(written: str, fault: str) -> Undeliverable:
    shown = written if len(written) <= LONGEST_ADDRESS else f"{written[:60]}…"
    return Undeliverable(f"e-mail address {shown!a} {fault}")
