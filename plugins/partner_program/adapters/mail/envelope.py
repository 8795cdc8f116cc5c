"""One letter as it goes on the wire: what may not be sent at all, and its text with the dots doubled."""

from dataclasses import dataclass, field

from partner_program.domain.email_address import domain_of, fault_of_address

_LONGEST_LINE = 998  # RFC 5322, 2.1.1, without its CRLF
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without its angle brackets


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message for one recipient: `message` has CRLF at each line's end; an empty `return_path` is the null one."""

    return_path: str
    recipient: str
    message: bytes = field(repr=False)
    needs_smtputf8: bool = False


def fault_of_addresses(envelope: Envelope) -> str | None:
    """Why no mail server may hear these addresses, or None: a line end in one would be a command of its own."""
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
    """Why no mail server may get this text, or None: a line end of another kind could end it early."""
    lines = message.splitlines()  # at a CR and at an LF alone, too: put together again, these would be another text
    together = b"\r\n".join(lines)
    if message != (together + b"\r\n" if message.endswith(b"\r\n") else together):
        return "message: has a CR or LF alone; expected CRLF at each line's end"
    if b"\0" in message:
        return "message: has a NUL"
    if _has_long_line(message):
        return f"message: has a line of more than {_LONGEST_LINE} bytes"
    return None


def _has_long_line(message: bytes) -> bool:
    """Leaps from line end to line end, each time to the last one that is near enough."""
    begin = 0
    while len(message) - begin > _LONGEST_LINE:
        begin = message.rfind(b"\n", begin, begin + _LONGEST_LINE + 2) + 1
        if begin == 0:
            return True
    return False


def dot_stuffed(message: bytes) -> bytes:
    """The text up to the final dot, which is not in it: leading dots doubled, the last line ended (RFC 5321, 4.5.2)."""
    text = message.replace(b"\r\n.", b"\r\n..")
    if text.startswith(b"."):
        text = b"." + text
    return text if not text or text.endswith(b"\r\n") else text + b"\r\n"
