"""One letter as it goes to the mail server: refuses what may not be sent, and doubles leading dots in the text."""

from dataclasses import dataclass, field

from partner_program.domain.email_address import domain_of, fault_of_address

_LONGEST_LINE = 998  # RFC 5322, 2.1.1, without its CRLF
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without its angle brackets


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message for one recipient: each line of `message` ends in CRLF; an empty `return_path` is the null path."""

    return_path: str
    recipient: str
    message: bytes = field(repr=False)
    needs_smtputf8: bool = False


def fault_of_addresses(envelope: Envelope) -> str | None:
    """Return why these addresses may not be sent to a server, or None: a line end in one would begin a new command."""
    path = _fault_of_address("return path", envelope.return_path, envelope) if envelope.return_path else None
    return path or _fault_of_address("recipient", envelope.recipient, envelope)


def _fault_of_address(what: str, address: str, envelope: Envelope) -> str | None:
    fault = fault_of_address(address)
    if fault is not None:
        return f"{what}: {fault}"
    if not address.isprintable():
        return f"{what}: has an invisible sign"
    if not domain_of(address).isascii() and not envelope.needs_smtputf8:
        return f"{what}: its domain is not ASCII; expected its A-label (xn--...)"
    if not address.isascii() and not envelope.needs_smtputf8:
        return f"{what}: not ASCII, and the letter does not say that it needs SMTPUTF8"
    if len(address.encode("utf-8", "replace")) > _LONGEST_ADDRESS:
        return f"{what}: longer than {_LONGEST_ADDRESS} bytes"
    return None


def fault_of_message(message: bytes) -> str | None:
    """Return why this text may not be sent to a server, or None: a CR or LF alone could end the text early."""
    lines = message.splitlines()  # splits at a CR or an LF alone too: then joining gives another text
    together = b"\r\n".join(lines)
    if message != (together + b"\r\n" if message.endswith(b"\r\n") else together):
        return "message: has a CR or LF alone; expected CRLF at each line's end"
    if b"\0" in message:
        return "message: has a NUL"
    if _has_long_line(message):
        return f"message: has a line of more than {_LONGEST_LINE} bytes"
    return None


def _has_long_line(message: bytes) -> bool:
    """Return whether a line is too long.

    Jumps from line end to line end, each time to the last one within the allowed length: faster than looking at each.
    """
    begin = 0
    while len(message) - begin > _LONGEST_LINE:
        begin = message.rfind(b"\n", begin, begin + _LONGEST_LINE + 2) + 1
        if begin == 0:
            return True
    return False


def dot_stuffed(message: bytes) -> bytes:
    """Return the text without the final dot: leading dots doubled, the last line ended (RFC 5321, 4.5.2)."""
    text = message.replace(b"\r\n.", b"\r\n..")
    if text.startswith(b"."):
        text = b"." + text
    return text if not text or text.endswith(b"\r\n") else text + b"\r\n"
