"""The connection to a mail server, byte by byte: each step ends by a deadline, however slowly the bytes come."""

import contextlib
import socket
import ssl
import struct
import time

from partner_program.adapters.smtp_replies import HungUp, NoReply, Reply, ReplyLines

_PIECE = 65_536
_CLOSE_AT_ONCE = struct.pack("ii", 1, 0)


class Deadline:
    """A moment by which a step has to be done; another one may bound it."""

    def __init__(self, seconds: float, within: "Deadline | None" = None) -> None:
        """Begin now."""
        self.seconds = seconds
        self._moment = time.monotonic() + seconds
        if within is not None and within._moment < self._moment:
            self.seconds, self._moment = within.seconds, within._moment

    def left(self) -> float:
        """The seconds that are left, more than 0; NoReply where there are none."""
        left = self._moment - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> NoReply:
        """What to say when it has passed."""
        return NoReply(f"did not finish within {self.seconds:g} s")


class Wire:
    """A socket, and what has come in on it and is not read yet."""

    def __init__(self, connected: socket.socket, most: int) -> None:
        """Take the socket, and the most bytes that a reply may have."""
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot must not wait for the text's ACK
        self._socket = connected
        self._most = most
        self.unread = bytearray()

    @property
    def local_address(self) -> str:
        """Our end, as EHLO wants it."""
        address = str(self._socket.getsockname()[0])
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def send(self, text: bytes, deadline: Deadline) -> None:
        """Send it all."""
        rest = memoryview(text)
        while rest:
            self._socket.settimeout(deadline.left())
            try:
                rest = rest[self._socket.send(rest[:_PIECE]) :]
            except TimeoutError:
                raise deadline.passed() from None
            except OSError:
                raise HungUp() from None

    def reply(self, deadline: Deadline) -> Reply:
        """The next reply, whole."""
        lines, most = ReplyLines(), self._most
        while True:
            line = self._line(deadline, most)
            most -= len(line)
            reply = lines.add(line.rstrip(b"\r\n"))
            if reply is not None:
                return reply

    def _line(self, deadline: Deadline, most: int) -> bytes:
        while (end := self.unread.find(b"\n") + 1) == 0 and len(self.unread) <= most:
            self._receive(deadline)
        if end == 0 or end > most:
            raise NoReply(f"answered with more than {self._most} bytes")
        line = bytes(self.unread[:end])
        del self.unread[:end]
        return line

    def _receive(self, deadline: Deadline) -> None:
        self._socket.settimeout(deadline.left())
        try:
            piece = self._socket.recv(_PIECE)
        except TimeoutError:
            raise deadline.passed() from None
        except OSError:
            piece = b""
        if not piece:
            raise HungUp()
        self.unread += piece

    def has_news(self) -> bool:
        """Whether the server said something unasked, or hung up; never waits."""
        if self.unread:
            return True
        self._socket.settimeout(0)
        try:
            self.unread += self._socket.recv(_PIECE)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            pass
        return True

    def start_tls(self, context: ssl.SSLContext, host: str, deadline: Deadline) -> None:
        """Go on under TLS; ssl.SSLError or NoReply where that fails. The caller looks first that nothing is unread."""
        self._socket.settimeout(deadline.left())
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLError:
            raise
        except TimeoutError:
            raise deadline.passed() from None
        except OSError:
            raise HungUp() from None

    def abort(self) -> None:
        """Hang up at once: what is not sent yet never will be."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_AT_ONCE)
        self.close()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._socket.close()


def connected(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A socket to the first of the host's addresses that answers; OSError or NoReply where none does."""
    fault: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        one = socket.socket(family, kind, protocol)
        try:
            one.settimeout(deadline.left())
            one.connect(address)
        except (OSError, NoReply) as refused:
            one.close()
            if isinstance(refused, NoReply):
                raise
            fault = refused
        else:
            return one
    raise fault or OSError("no address")
