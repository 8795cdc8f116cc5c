"""A mail server on loopback that takes one letter whole and hangs up before it says so.

Nobody can tell afterwards whether such a letter arrived: a person has to look for it in the mail server's log.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOOPBACK = "127.0.0.1"
_SECONDS = 60


@contextmanager
def hanging_up() -> Iterator[int]:
    """Serve one conversation while the block runs; gives the port."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        listening.settimeout(_SECONDS)
        serving = threading.Thread(target=_converse, args=(listening,), daemon=True)
        serving.start()
        yield int(listening.getsockname()[1])
        serving.join(_SECONDS)


def _converse(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(_SECONDS)
        connection.sendall(b"220 mail.example\r\n")
        with connection.makefile("rb") as heard:
            for line in heard:
                if line.upper().startswith(b"DATA"):
                    connection.sendall(b"354 go on\r\n")
                    break
                connection.sendall(b"250 mail.example\r\n")
            for line in heard:
                if line == b".\r\n":
                    return
