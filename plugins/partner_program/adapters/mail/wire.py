"""Sends and receives the bytes of a connection; each step ends by a deadline, however slowly the bytes come."""

import contextlib
import select
import socket
import ssl
import struct
import time

from partner_program.adapters.mail.replies import ONE_LINE_REPLY, HungUp, NoReply, Reply, reply_line

_PIECE = 65_536
_WOULD_WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_CORK: int | None = getattr(socket, "TCP_CORK", None)
_CLOSE_AT_ONCE = struct.pack("ii", 1, 0)


class Deadline:
    """The moment by which a step has to be done: so many seconds from now, but not after the deadline `within`."""

    __slots__ = ("_moment", "seconds")

    def __init__(self, seconds: float, within: "Deadline | None" = None) -> None:
        self.seconds = seconds
        self._moment = time.monotonic() + seconds
        if within is not None and within._moment < self._moment:
            self.seconds, self._moment = within.seconds, within._moment

    def left(self) -> float:
        """Return the seconds that are left, more than 0; raises `NoReply` if none are."""
        left = self._moment - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> NoReply:
        """Return the error to raise when the deadline has passed."""
        return NoReply(f"did not finish within {self.seconds:g} s")


class Wire:
    """A connected socket and the bytes received on it that were not read yet; a reply has at most `most` bytes.

    The socket itself never waits: a call that can finish at once needs one system call, all others wait by `poll`.
    """

    def __init__(self, connected: socket.socket, most: int) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot must not wait for the text's ACK
        connected.settimeout(0)
        self._socket = connected
        self._incoming = select.poll()
        self._incoming.register(connected.fileno(), select.POLLIN)  # TLS keeps this file number
        self._most = most
        self.unread = bytearray()

    @property
    def local_address(self) -> str:
        """Return the address of our end in the form that EHLO wants."""
        address = str(self._socket.getsockname()[0])
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def send(self, text: bytes, deadline: Deadline) -> None:
        """Send the whole text."""
        rest = memoryview(text)
        while rest:
            try:
                rest = rest[self._socket.send(rest[:_PIECE]) :]
            except _WOULD_WAIT as wait:
                self._wait(wait, select.POLLOUT, deadline)
            except OSError:
                raise HungUp() from None

    def hold_last_packet(self, hold: bool) -> None:
        """Hold back a packet that is not full until more is sent or the hold ends, at most 200 ms (Linux only)."""
        if _CORK is None:
            return
        with contextlib.suppress(OSError):  # if the connection is gone, the next step reports it
            self._socket.setsockopt(socket.IPPROTO_TCP, _CORK, hold)

    def reply(self, deadline: Deadline) -> Reply:
        """Return the next whole reply: one line, or several lines with the same code."""
        if not self.unread:
            self._receive(deadline)
        alone = ONE_LINE_REPLY.match(self.unread, 0, self._most)
        if alone is not None:  # the fast way, for nearly all replies
            reply = Reply(int(alone[1]), (alone[2] or b"",))
            del self.unread[: alone.end()]
            return reply
        lines: list[bytes] = []
        first, most = 0, self._most
        while True:
            line = self._line(deadline, most)
            most -= len(line)
            code, text, is_last = reply_line(line)
            if lines and code != first:
                raise NoReply("answered with lines of different codes")
            first = code
            lines.append(text)
            if is_last:
                return Reply(code, lines)

    def _line(self, deadline: Deadline, most: int) -> bytes:
        while (end := self.unread.find(b"\n") + 1) == 0 and len(self.unread) <= most:
            self._receive(deadline)
        if end == 0 or end > most:
            raise NoReply(f"answered with more than {self._most} bytes")
        line = bytes(self.unread[:end])
        del self.unread[:end]
        return line

    def _receive(self, deadline: Deadline) -> None:
        if not self._decrypted() and not self._incoming.poll(deadline.left() * 1000):
            raise deadline.passed()
        while True:
            try:
                piece = self._socket.recv(_PIECE)
            except _WOULD_WAIT as wait:
                self._wait(wait, select.POLLIN, deadline)
            except OSError:
                raise HungUp() from None
            else:
                break
        if not piece:
            raise HungUp()
        self.unread += piece
        deadline.left()  # a byte now and then does not extend the deadline

    def _wait(self, wait: OSError, usual: int, deadline: Deadline) -> None:
        """Wait until the socket is ready; TLS may have to write in order to read, or read in order to write."""
        if isinstance(wait, ssl.SSLError):
            usual = select.POLLIN if isinstance(wait, ssl.SSLWantReadError) else select.POLLOUT
        poll = select.poll()
        poll.register(self._socket, usual)
        if not poll.poll(deadline.left() * 1000):
            raise deadline.passed()

    def has_news(self) -> bool:
        """Return whether the server sent something unasked or hung up; never waits."""
        if self.unread:
            return True
        if not self._incoming.poll(0) and not self._decrypted():
            return False
        try:
            self.unread += self._socket.recv(_PIECE)
        except _WOULD_WAIT:
            return False
        except OSError:
            pass
        return True

    def _decrypted(self) -> int:
        """Return how many bytes TLS has taken from the socket and not given to us yet."""
        return self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0

    def start_tls(self, context: ssl.SSLContext, host: str, deadline: Deadline) -> None:
        """Go on under TLS; raises `ssl.SSLError` or `NoReply`. The caller first checks that nothing is unread."""
        self._socket.settimeout(deadline.left())
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLError:
            raise
        except TimeoutError:
            raise deadline.passed() from None
        except OSError:
            raise HungUp() from None
        self._socket.settimeout(0)

    def abort(self) -> None:
        """Hang up at once; bytes that were not sent yet are dropped."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_AT_ONCE)
        self.close()

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._socket.close()


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first of the host's addresses that answers; raises `OSError` or `NoReply` if none does."""
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
