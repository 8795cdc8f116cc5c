"""A mail server on loopback with one chosen fault, which keeps every letter that it got complete.

    with FaultServer("dot_drop") as server:
        ...  # server.port, or server.settings() and server.connection_fields()
    assert server.bodies == {"<1@sender.example>": [b"..."]}

`MODES` says for each mode what has to be known about a letter after one try: a delivery state, or `stop` for the batch.
"""

import re
import select
import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.mail.smtp_settings import SmtpSettings
from tests.smtp.certificates import authority_file, server_context
from tests.smtp.fault_modes import MODES, SCRIPTS, Action, HangUp, Mode, Phase, Say, Stall

__all__ = ["LOGIN", "MODES", "PASSWORD", "FaultServer"]

LOGIN, PASSWORD = "letters@sender.example", "hush-do-not-tell"
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_REPLY_PHASES = {"banner", "ehlo", "starttls", "handshake", "auth", "mail", "rcpt", "data"}
IN_VAIN = 0.3  # seconds for which a client waits where nothing comes; everywhere else it may take 20


class _Over(Exception):
    """Raised to end a conversation."""


class FaultServer:
    """Serves any number of conversations until its block ends; each fault happens `times` times, or always if None."""

    def __init__(self, mode: str, *, times: int | None = None) -> None:
        self.mode: Mode = SCRIPTS[mode]
        self.bodies: dict[str, list[bytes]] = {}  # by Message-ID, each text that came with its final dot
        self.kept: dict[str, list[bytes]] = {}  # those of them that were not refused with 4yz or 5yz
        self.recipients: dict[str, list[str]] = {}  # by Message-ID, the recipients
        self.unfinished: list[bytes] = []  # the received parts of texts without their final dot
        self.commands: list[str] = []
        self.conversations = 0
        self.open: list[_Conversation] = []
        self.stopped = threading.Event()
        self._times = times
        self._happened: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __enter__(self) -> "FaultServer":
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation, bind_and_activate=False)
        self._server.request_queue_size = 64
        self._server.faults = self  # type: ignore[attr-defined]
        self._server.server_bind()
        self._server.server_activate()
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Stop, and wait until each conversation has recorded what it got."""
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def settings(self, **changes: Any) -> SmtpSettings:
        """The settings of a client of this server; its time limits are short only if this mode makes it wait."""
        return SmtpSettings.from_connection(self.connection_fields(**changes))

    def connection_fields(self, **extra: object) -> ConnectionFields:
        """The same settings as a connection; `extra` is added to the connection's extra."""
        slow = {phase for phase, action in self.mode.at.items() if isinstance(action, Stall) or _is_slow(action)}
        patience: dict[str, object] = {
            "connect_timeout": 20,
            "reply_timeout": IN_VAIN if slow & _REPLY_PHASES else 20,
            "final_dot_timeout": IN_VAIN if slow & {"dot", "text"} else 20,
            "quit_timeout": IN_VAIN if slow & {"rset", "quit"} else 20,
            "security": self.mode.security,
        }
        if self.mode.security != "none":
            patience["ca_file"] = str(authority_file())
        login, password = (LOGIN, PASSWORD) if self.mode.login else (None, None)
        return ConnectionFields(
            "letters_smtp", "smtp", "127.0.0.1", self.port, login, password, extra={**patience, **extra}
        )

    def limit(self, times: int) -> None:
        """Let the mode's faults happen this many more times."""
        with self._lock:
            self._times = times
            self._happened.clear()

    def hang_up(self) -> None:
        """End every conversation now, and return when all have ended."""
        for conversation in list(self.open):
            with suppress(OSError):
                conversation.request.shutdown(socket.SHUT_RDWR)
            conversation.ended.wait()

    def action(self, phase: Phase, recipient: str) -> Action | None:
        """What this mode does in this phase, or None if the server answers as usual."""
        action = self.mode.at.get(phase)
        if action is None or (self.mode.one_recipient_only and not recipient.startswith("nobody@")):
            return None
        with self._lock:
            self._happened[recipient if self.mode.first_time_only else phase] += 1
            happened = self._happened[recipient if self.mode.first_time_only else phase]
        most = 1 if self.mode.first_time_only else self._times
        return action if most is None or happened <= most else None

    def keep(self, text: bytes, recipient: str, answer: Action | None) -> None:
        """Record a complete letter before it is answered."""
        found = _MESSAGE_ID.search(text)
        message_id = found[1].decode("latin-1") if found else ""
        turned_away = not isinstance(answer, Stall) and answer is not None and answer.text[:1] in (b"4", b"5")
        with self._lock:
            self.bodies.setdefault(message_id, []).append(text)
            self.recipients.setdefault(message_id, []).append(recipient)
            if not turned_away:
                self.kept.setdefault(message_id, []).append(text)


def _is_slow(action: Action) -> bool:
    return isinstance(action, Say) and action.pause > 0


class _Conversation(socketserver.BaseRequestHandler):
    """The conversation with one client."""

    def handle(self) -> None:
        self.faults: FaultServer = self.server.faults  # type: ignore[attr-defined]
        self.faults.conversations += 1
        self.ended = threading.Event()
        self.faults.open.append(self)
        self.incoming = bytearray()
        self.sender: str | None = None
        self.recipient: str | None = None
        with suppress(_Over, OSError):
            if self.faults.mode.security == "tls":
                self._under_tls()
            self._answer("banner", b"220 faults.example\r\n")
            for line in self._lines():
                self._command(line)
        self.request.close()
        self.ended.set()

    def _command(self, line: bytes) -> None:
        self.said = line.decode("latin-1").rstrip("\r\n")
        self.faults.commands.append(self.said)
        verb = self.said[:4].upper()
        known = {"EHLO": self._ehlo, "STAR": self._starttls, "AUTH": self._auth, "MAIL": self._mail,
                 "RCPT": self._rcpt, "DATA": self._data, "RSET": self._rset, "QUIT": self._quit}  # fmt: skip
        known.get(verb, self._unknown)()

    def _unknown(self) -> None:
        self.request.sendall(b"502 what?\r\n")

    def _ehlo(self) -> None:
        offers = [each for each in self.faults.mode.offers if each != "STARTTLS" or not self._is_tls()]
        lines = ["faults.example", *[each for each in offers if not each.startswith("AUTH") or self._is_tls()]]
        joined = [f"250{'-' if one is not lines[-1] else ' '}{one}\r\n" for one in lines]
        self._answer("ehlo", "".join(joined).encode())

    def _starttls(self) -> None:
        self._answer("starttls", b"220 go on\r\n")
        action = self.faults.action("handshake", "")
        if action is not None:
            self._do(action)
        self._under_tls()

    def _auth(self) -> None:
        if self.said.upper() == "AUTH LOGIN":
            for prompt in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
                self.request.sendall(prompt)
                self.faults.commands.append(next(self._lines()).decode("latin-1").rstrip("\r\n"))
        self._answer("auth", b"235 welcome\r\n")

    def _mail(self) -> None:
        self.sender = self.said if self._answer("mail", b"250 ok\r\n")[:1] == b"2" else None

    def _rcpt(self) -> None:
        recipient = self.said.partition("<")[2].partition(">")[0]
        usual = b"250 ok\r\n" if self.sender else b"503 MAIL first\r\n"
        self.recipient = recipient if self._answer("rcpt", usual, recipient)[:1] == b"2" else None

    def _data(self) -> None:
        usual = b"354 go on\r\n" if self.recipient else b"554 no valid recipients\r\n"
        if not self._answer("data", usual).startswith(b"354"):
            return
        stop_reading = self.faults.action("text", self.recipient or "")
        if stop_reading is not None:
            self._do(stop_reading)
        text = bytearray()
        for line in self._lines(text):
            if line == b".\r\n":
                break
            text += line[1:] if line.startswith(b".") else line
        else:
            return
        recipient, self.sender, self.recipient = self.recipient or "", None, None
        answer = self.faults.action("dot", recipient)
        self.faults.keep(bytes(text), recipient, answer)
        self._do(answer or Say(b"250 2.0.0 kept as Q1\r\n"))
        idle = self.faults.action("idle", recipient)
        if idle is not None:
            self._do(idle)

    def _rset(self) -> None:
        self.sender = self.recipient = None
        self._answer("rset", b"250 forgotten\r\n")

    def _quit(self) -> None:
        self._answer("quit", b"221 bye\r\n")
        raise _Over

    def _lines(self, text: bytearray | None = None) -> Iterator[bytes]:
        """Yield each line; if the client leaves within a text, record the received part as unfinished."""
        while True:
            while (end := self.incoming.find(b"\n") + 1) == 0:
                piece = b""
                with suppress(OSError):
                    piece = self.request.recv(65_536)
                if not piece:
                    if text is not None:
                        self.faults.unfinished.append(bytes(text + self.incoming))
                    raise _Over
                self.incoming += piece
            line = bytes(self.incoming[:end])
            del self.incoming[:end]
            yield line

    def _answer(self, phase: Phase, usual: bytes, recipient: str = "") -> bytes:
        action = self.faults.action(phase, recipient) or Say(usual)
        self._do(action)
        return action.text if isinstance(action, Say) else b""

    def _do(self, action: Action) -> None:
        if isinstance(action, Say) and action.pause:
            for place in range(len(action.text)):
                self.request.sendall(action.text[place : place + 1])
                if self.faults.stopped.wait(action.pause):
                    raise _Over
        elif isinstance(action, Say):
            self.request.sendall(action.text)
        elif isinstance(action, HangUp):
            self._hang_up(action.text)
        else:
            self.faults.stopped.wait()
            raise _Over

    def _hang_up(self, text: bytes) -> None:
        """Send the bytes and the end in one packet, so that no client sees one without the other."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        if text:
            self.request.sendall(text)
        self.request.shutdown(socket.SHUT_WR)
        # closing with unread data would send a reset, which may arrive before the bytes
        while not self.faults.stopped.is_set():
            if select.select([self.request], [], [], 0.02)[0] and not self.request.recv(65_536):
                break
        raise _Over

    def _is_tls(self) -> bool:
        return isinstance(self.request, ssl.SSLSocket)

    def _under_tls(self) -> None:
        self.incoming.clear()
        self.request = server_context(self.faults.mode.certificate).wrap_socket(self.request, server_side=True)
