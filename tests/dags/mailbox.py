"""A mail server on loopback that accepts and keeps every message, for one test."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

_REPLIES = {
    b"EHLO": b"250-mail.example\r\n250 AUTH PLAIN",
    b"AUTH": b"235 welcome",
    b"DATA": b"354 go on",
    b"QUIT": b"221 bye",
}


class _Session(socketserver.StreamRequestHandler):
    """One SMTP conversation: answers each command and keeps the text after DATA."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail.example\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            self.wfile.write(_REPLIES.get(word, b"250 ok") + b"\r\n")
            if word == b"DATA":
                kept = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.messages.append(message_from_bytes(kept, policy=policy.default))  # type: ignore[attr-defined]
                self.wfile.write(b"250 kept\r\n")
            elif word == b"QUIT":
                return


@contextmanager
def mailbox() -> Iterator[tuple[int, list[EmailMessage]]]:
    """The port of a mail server, and the messages that it has accepted."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.messages = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], server.messages  # type: ignore[attr-defined]
        finally:
            server.shutdown()
