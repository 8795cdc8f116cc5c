"""What an e-mail address looks like: the one grammar, for the registry, for letters and for the wire.

A dot-atom (RFC 5322) before the @ with letters of any script (RFC 6531), and parts between dots after it. Names in
quotation marks, comments and addresses in brackets are none of ours. Whether a domain can be registered, and whether a
mail server takes the address, is decided where a letter is sent.
"""

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"""[^\s@,;:<>()\[\]"\\.]+"""
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def fault_of_address(written: str) -> str | None:
    """What keeps a text from being one e-mail address, as the end of a sentence about it; None where it is one."""
    local_part, at, domain = written.rpartition("@")
    if not at:
        return "has no @"
    if not (_LOCAL_PART.fullmatch(local_part) and local_part.isprintable()):
        return "has no plain name before the @: letters, digits and marks, in parts between dots"
    if not _DOMAIN.fullmatch(domain):
        return "has no plain domain after the @: parts between dots, as in host.example"
    return None


def domain_of(address: str) -> str:
    """What stands after the last @."""
    return address.rpartition("@")[2]
