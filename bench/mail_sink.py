"""The smallest mail server that takes letters: it removes doubled dots, answers with a checksum and keeps nothing.

It serves one client at a time with PIPELINING and checks nothing else. A complete mail server would be slower than any
client and hide the client's time. `python -m bench.mail_sink` prints its port.
"""

import socket
import sys
import zlib

_REPLIES = {
    b"EHLO": b"250-sink.example\r\n250-SIZE 10485760\r\n250 PIPELINING\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_END = b"\r\n.\r\n"


def main() -> None:
    """Serve one client after the other; answer each letter with the checksum of its bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            client, _ = listening.accept()
            with client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.sendall(b"220 sink.example\r\n")
                _serve(client)


def _serve(client: socket.socket) -> None:
    unread = b""
    while piece := client.recv(262_144):
        unread += piece
        in_text, answers = False, []
        while not in_text and (end := unread.find(b"\n") + 1):
            verb, unread = unread[:4].upper(), unread[end:]
            answers.append(_REPLIES.get(verb, b"250 ok\r\n"))
            in_text = verb == b"DATA"
        client.sendall(b"".join(answers))
        if in_text:
            text, unread = _text(client, unread)
            client.sendall(b"250 taken %08x\r\n" % zlib.crc32(text))


def _text(client: socket.socket, unread: bytes) -> tuple[bytes, bytes]:
    """Read a letter; return it as it was before its dots were doubled, and the bytes that came after it."""
    text = unread
    while not text.endswith(_END) and _END not in text:
        piece = client.recv(262_144)
        if not piece:
            break
        text += piece
    letter, _, after = text.partition(_END)
    return letter.replace(b"\r\n..", b"\r\n.") + b"\r\n", after


if __name__ == "__main__":
    main()
