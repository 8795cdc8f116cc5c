"""Measures sending letters over one connection, against a client that only writes the same bytes.

The other client checks and interprets nothing: for each letter it makes two writes, of bytes made beforehand, and
reads two answers. Ours checks the letter and its addresses, doubles the dots, keeps deadlines, reads each answer, and
stops before the final dot so that its caller can commit. The mail server is a minimal one in its own process. It
answers each letter with a checksum, which both clients compare.
"""

import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from statistics import median

from bench import Measurement
from partner_program.adapters.mail.client import Envelope, SmtpClient, SmtpSettings
from partner_program.domain.delivery import Outcome

PAIRS = 41
LETTERS_A_SIDE = 100
LETTER_BYTES = 15_000
_SENDER = "bounces+1@sender.example"


def measure() -> list[Measurement]:
    """Let both clients send the same letters to one sink, in turn; the median ratio of the pairs counts."""
    letters = [(f"partner{number}@partner.example", _message(number)) for number in range(LETTERS_A_SIDE)]
    with subprocess.Popen([sys.executable, "-m", "bench.mail_sink"], stdout=subprocess.PIPE, text=True) as sink:
        try:
            assert sink.stdout is not None  # noqa: S101
            port = int(sink.stdout.readline())
            pairs = _pairs(letters, port)
        finally:
            sink.kill()
    ours = median(one for one, _ in pairs) / LETTERS_A_SIDE
    bare = median(other for _, other in pairs) / LETTERS_A_SIDE
    note = (
        f"{1 / ours:,.0f} letters/s, bare {1 / bare:,.0f}, {LETTER_BYTES / 1000:g} kB each; "
        f"{PAIRS} interleaved pairs of {LETTERS_A_SIDE}, the sink in a process of its own"
    )
    ratio = median(one / other for one, other in pairs)
    return [Measurement("letters: sending / bare pipelined conversation", ratio, 2.5, "x", note)]


def _message(number: int) -> bytes:
    head = f"Message-ID: <{number}@sender.example>\r\nSubject: Your tier\r\n\r\n".encode()
    line = b"Your tier in the partner program is shown below, with what it brings.=\r\n"
    return head + line * ((LETTER_BYTES - len(head)) // len(line))


def _pairs(letters: list[tuple[str, bytes]], port: int) -> list[tuple[float, float]]:
    envelopes = [
        (Envelope(_SENDER, recipient, message), f"250 taken {zlib.crc32(message):08x}")
        for recipient, message in letters
    ]
    conversation = [_spoken(recipient, message) for recipient, message in letters]
    settings = SmtpSettings("127.0.0.1", port, "none")

    def ours() -> float:
        return _timed(lambda: _send(settings, envelopes))

    def bare() -> float:
        return _timed(lambda: _send_bare(port, conversation))

    ours(), bare()
    pairs = []
    for step in range(PAIRS):
        if step % 2:
            mine, other = ours(), bare()
        else:
            other, mine = bare(), ours()
        pairs.append((mine, other))
    return pairs


def _timed(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _send(settings: SmtpSettings, envelopes: list[tuple[Envelope, str]]) -> None:
    dots = 0

    def before_dot() -> None:
        nonlocal dots
        dots += 1

    with SmtpClient(settings) as session:
        for envelope, answer in envelopes:
            outcome = session.deliver(envelope, before_dot)
            if outcome != Outcome("accepted", answer):
                raise ValueError(f"the sink did not take a letter as it was: {outcome}")
    if dots != len(envelopes):
        raise ValueError("a letter went without its commit")


def _spoken(recipient: str, message: bytes) -> tuple[bytes, bytes, bytes]:
    """The commands of a letter, its text (no line of which begins with a dot) and the expected answer."""
    commands = f"MAIL FROM:<{_SENDER}> SIZE={len(message)}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n"
    return commands.encode(), message + b".\r\n", b"250 taken %08x" % zlib.crc32(message)


def _send_bare(port: int, conversation: list[tuple[bytes, bytes, bytes]]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _heard(wire, b"220 ")
        wire.sendall(b"EHLO bare.example\r\n")
        _heard(wire, b"250 PIPELINING")
        for commands, text, answer in conversation:
            wire.sendall(commands)
            _heard(wire, b"354 ")
            wire.sendall(text)
            _heard(wire, answer)
        wire.sendall(b"QUIT\r\n")
        _heard(wire, b"221 ")


def _heard(wire: socket.socket, last: bytes) -> None:
    """Read until the expected last line has come."""
    heard = b""
    while not (last in heard and heard.endswith(b"\n")):
        piece = wire.recv(65_536)
        if not piece:
            raise ConnectionError("the sink hung up")
        heard += piece
